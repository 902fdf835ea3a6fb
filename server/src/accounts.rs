//! What the nodes share about one account at a chat provider: its tokens, and whose turn it is.
//! Kept in rows; the tokens are sealed with the key of the channel's tenant.

use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use channels::chat::{NewTokens, Shared, SharedError, Tokens, Turn};
use workflows::audit::{AuditEntry, Purpose};
use workflows::clock::Moment;
use workflows::ids::ProvinceId;
use workflows::message::ChannelId;
use workflows::sealing::{Column, SealError};
use workflows::store::{Scope, SealedTokens, Tx};

use crate::state::App;

/// Their row is the channel's name. The pair before moves to other columns and keeps its seal.
const ACCESS: Column = Column::new("channel_accounts", "access_token");
const REFRESH: Column = Column::new("channel_accounts", "refresh_token");
/// Longer than any provider takes to answer a renewal: a turn that ran out is another node's.
const TURN_SECONDS: i64 = 60;
/// Longer than a keeper takes from one look at its turn to the next.
const KEEPER_SECONDS: i64 = 120;

/// What the nodes share about the account of a channel.
pub(crate) fn open(app: &App, channel: &ChannelId) -> Arc<dyn Shared> {
    Arc::new(Account {
        app: app.clone(),
        channel: channel.clone(),
    })
}

/// Puts a refresh token that somebody obtained in the place of what stands; the rest is bought
/// with it before the next message.
pub(crate) async fn give(app: &App, channel: &ChannelId, refresh: &str) -> Result<()> {
    let account = Account {
        app: app.clone(),
        channel: channel.clone(),
    };
    let province = account.province().context("the channel has no section")?;
    let now = app.workflows.clock.now();
    let sealed = account.seal(("", refresh), now).await?;
    let mut tx = app.workflows.store.write(&scope()).await?;
    let pair = (sealed.0.as_slice(), sealed.1.as_slice());
    tx.give_account(channel, pair, now).await?;
    let entry = AuditEntry {
        at: now,
        actor: "system".into(),
        role: "admin".into(),
        purpose: Purpose::Administer,
        action: "channel-tokens-given".into(),
        subject: None,
        detail: channel.to_string(),
        request_id: String::new(),
    };
    tx.audit(&province, entry);
    tx.commit().await?;
    Ok(())
}

struct Account {
    app: App,
    channel: ChannelId,
}

fn scope() -> Scope {
    Scope::National(Purpose::Support)
}

impl Account {
    fn province(&self) -> Option<ProvinceId> {
        let config = self.app.config.channel.get(&self.channel)?;
        Some(config.province.clone())
    }

    async fn seal(
        &self,
        (access, refresh): (&str, &str),
        now: Moment,
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let province = self.province().context("the channel has no section")?;
        let sealing = &self.app.workflows.sealing;
        let key = sealing.key(&province, now).await?;
        let row = self.channel.as_str().as_bytes();
        let access = sealing.seal(&key, ACCESS, row, &access)?;
        let refresh = sealing.seal(&key, REFRESH, row, &refresh)?;
        Ok((access, refresh))
    }

    async fn unseal(&self, sealed: &SealedTokens) -> Result<Tokens> {
        let province = self.province().context("the channel has no section")?;
        let sealing = &self.app.workflows.sealing;
        let row = self.channel.as_str().as_bytes();
        let access = sealing.open(&province, ACCESS, row, &sealed.access_token);
        let refresh = sealing.open(&province, REFRESH, row, &sealed.refresh_token);
        Ok(Tokens {
            version: sealed.version,
            access: access.await?,
            refresh: refresh.await?,
            access_until: Moment(sealed.access_until),
            locked: sealed.locked_at.is_some(),
        })
    }

    async fn stored(&self) -> Result<Option<Tokens>> {
        let mut tx = self.app.workflows.store.read(&scope()).await?;
        let sealed = tx.account_tokens(&self.channel).await?;
        drop(tx);
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        match self.unseal(&sealed).await {
            Ok(tokens) => Ok(Some(tokens)),
            // Retention destroyed the key of a week in which nobody renewed: as if none were there.
            Err(error) if is_destroyed(&error) => {
                tracing::error!(channel = %self.channel, "the tokens' key was destroyed: give new ones");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn renew(&self, turn: Turn, tokens: &NewTokens) -> Result<bool> {
        let now = self.app.workflows.clock.now();
        let sealed = self.seal((&tokens.access, &tokens.refresh), now).await?;
        let bought_with = (&self.channel, turn.version);
        let pair = (sealed.0.as_slice(), sealed.1.as_slice());
        let mut tx = self.write().await?;
        let renewed = tx
            .renew_account(bought_with, pair, tokens.access_until, now)
            .await?;
        tx.commit().await?;
        Ok(renewed)
    }

    async fn lock(&self, turn: Turn, code: &str) -> Result<()> {
        let now = self.app.workflows.clock.now();
        let turn = (&self.channel, turn.version, turn.epoch);
        let mut tx = self.write().await?;
        let locked = tx.lock_account(turn, code, now).await?;
        tx.commit().await?;
        if locked {
            tracing::error!(channel = %self.channel, code, "locked out: give a new refresh token");
        }
        Ok(())
    }

    async fn write(&self) -> Result<Tx> {
        Ok(self.app.workflows.store.write(&scope()).await?)
    }

    fn failed(&self, error: &anyhow::Error) -> SharedError {
        tracing::error!(channel = %self.channel, "the account cannot be read or written: {error:#}");
        SharedError
    }
}

fn is_destroyed(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(SealError::Destroyed))
}

#[async_trait]
impl Shared for Account {
    async fn tokens(&self) -> Result<Option<Tokens>, SharedError> {
        self.stored().await.map_err(|error| self.failed(&error))
    }

    async fn claim_renewal(&self, version: i64) -> Result<Option<Turn>, SharedError> {
        let claimed = async {
            let now = self.app.workflows.clock.now();
            let mut tx = self.write().await?;
            let pair = (&self.channel, version);
            let epoch = tx.claim_account_renewal(pair, now, TURN_SECONDS).await?;
            tx.commit().await?;
            Ok(epoch.map(|epoch| Turn { version, epoch }))
        };
        claimed.await.map_err(|error| self.failed(&error))
    }

    async fn renewed(&self, turn: Turn, tokens: &NewTokens) -> Result<bool, SharedError> {
        let renewed = self.renew(turn, tokens).await;
        renewed.map_err(|error| self.failed(&error))
    }

    async fn locked_out(&self, turn: Turn, code: &str) -> Result<(), SharedError> {
        let locked = self.lock(turn, code).await;
        locked.map_err(|error| self.failed(&error))
    }

    async fn keeps_turn(&self) -> Result<bool, SharedError> {
        let keeps = async {
            let now = self.app.workflows.clock.now();
            let node = &self.app.config.node;
            let mut tx = self.write().await?;
            let keeps = tx
                .keep_account(&self.channel, node, now, KEEPER_SECONDS)
                .await?;
            tx.commit().await?;
            Ok(keeps)
        };
        keeps.await.map_err(|error| self.failed(&error))
    }

    async fn position(&self) -> Result<Option<i64>, SharedError> {
        let position = async {
            let mut tx = self.app.workflows.store.read(&scope()).await?;
            Ok(tx.account_position(&self.channel).await?)
        };
        position.await.map_err(|error| self.failed(&error))
    }

    async fn moved_to(&self, position: i64) -> Result<(), SharedError> {
        let moved = async {
            let mut tx = self.write().await?;
            tx.move_account(&self.channel, position).await?;
            tx.commit().await?;
            Ok(())
        };
        moved.await.map_err(|error| self.failed(&error))
    }
}
