//! Accounts at chat providers, one row each, shared by all nodes: the sealed pair of tokens, whose
//! turn it is to renew them, which node is the account's keeper.

use super::StoreError;
use super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;
use crate::message::ChannelId;

const MICROS: i64 = 1_000_000;

statements! {
    OPEN = "INSERT INTO channel_accounts (province, channel, version, access_until, turn_epoch, \
        turn_until, keeper, keeper_until) VALUES ('service', $1, 0, 0, 0, 0, '', 0) \
        ON CONFLICT (province, channel) DO NOTHING";
    TOKENS = "SELECT version, access_token, refresh_token, access_until, locked_at \
        FROM channel_accounts WHERE province = 'service' AND channel = $1 \
        AND access_token IS NOT NULL AND refresh_token IS NOT NULL";
    TURN_SQLITE = "UPDATE channel_accounts SET turn_epoch = turn_epoch + 1, \
        turn_until = $3 + $4 WHERE province = 'service' AND channel = $1 AND version = $2 \
        AND locked_at IS NULL AND turn_until < $3 RETURNING turn_epoch";
    // A refresh token buys once: what was bought with this version's is the pair that is good,
    // whoever has the turn by now or was told that the token is dead.
    RENEW = "UPDATE channel_accounts SET version = version + 1, \
        former_access_token = access_token, former_refresh_token = refresh_token, \
        access_token = $3, refresh_token = $4, access_until = $5, obtained_at = $6, \
        turn_until = 0, locked_code = NULL, locked_at = NULL \
        WHERE province = 'service' AND channel = $1 AND version = $2";
    GIVE = "UPDATE channel_accounts SET version = version + 1, \
        former_access_token = access_token, former_refresh_token = refresh_token, \
        access_token = $2, refresh_token = $3, access_until = 0, obtained_at = $4, \
        turn_epoch = turn_epoch + 1, turn_until = 0, locked_code = NULL, locked_at = NULL \
        WHERE province = 'service' AND channel = $1";
    LOCK = "UPDATE channel_accounts SET locked_code = $4, locked_at = $5, turn_until = 0 \
        WHERE province = 'service' AND channel = $1 AND version = $2 AND turn_epoch = $3";
    KEEP_SQLITE = "UPDATE channel_accounts SET keeper = $2, keeper_until = $3 + $4 \
        WHERE province = 'service' AND channel = $1 AND (keeper = $2 OR keeper_until < $3)";
    POSITION = "SELECT position FROM channel_accounts \
        WHERE province = 'service' AND channel = $1";
    MOVE = "UPDATE channel_accounts SET position = $2 \
        WHERE province = 'service' AND channel = $1";
    EVERY = "SELECT channel, version, access_until, obtained_at, locked_code, locked_at, keeper, \
        keeper_until, position FROM channel_accounts WHERE province = 'service' \
        ORDER BY channel";
}

/// PostgreSQL's turn: leases go by the database's clock, which all nodes share.
const TURN_POSTGRES: &str = "UPDATE channel_accounts SET turn_epoch = turn_epoch + 1, \
     turn_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) + $3 \
     WHERE province = 'service' AND channel = $1 AND version = $2 AND locked_at IS NULL \
     AND turn_until < CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) \
     RETURNING turn_epoch";

/// The same for the keeper's turn.
const KEEP_POSTGRES: &str = "UPDATE channel_accounts SET keeper = $2, \
     keeper_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) + $3 \
     WHERE province = 'service' AND channel = $1 AND (keeper = $2 OR keeper_until < \
     CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT))";

row! {
    /// An account's tokens, sealed.
    #[derive(Clone, Debug)]
    pub struct SealedTokens {
        /// Rises with each pair.
        pub version: i64,
        /// What opens the provider's doors.
        pub access_token: Vec<u8>,
        /// What buys the next pair.
        pub refresh_token: Vec<u8>,
        /// When the first of them ends, microseconds UTC.
        pub access_until: i64,
        /// Since when the pair cannot be renewed.
        pub locked_at: Option<i64>,
    }
}

row! {
    /// How an account stands, without its tokens.
    #[derive(Clone, Debug)]
    pub struct AccountStatus {
        /// Channel.
        pub channel: String,
        /// How many pairs of tokens it has had.
        pub version: i64,
        /// When what opens the provider's doors ends; 0 when it must be renewed first.
        pub access_until: i64,
        /// When the pair was obtained; none for an account without tokens.
        pub obtained_at: Option<i64>,
        /// Why the tokens cannot be renewed, in the provider's code.
        pub locked_code: Option<String>,
        /// Since when.
        pub locked_at: Option<i64>,
        /// The node that works as its keeper, or worked last.
        pub keeper: String,
        /// Until when the keeper's turn lasts.
        pub keeper_until: i64,
        /// How far events were fetched.
        pub position: Option<i64>,
    }
}

impl Tx {
    /// Makes sure that a channel has a row.
    pub async fn open_account(&mut self, channel: &ChannelId) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(OPEN).bind(channel.as_str()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The pair of tokens that stands.
    pub async fn account_tokens(
        &mut self,
        channel: &ChannelId,
    ) -> Result<Option<SealedTokens>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(TOKENS).bind(channel.as_str())
            .fetch_optional(c).await?))
    }

    /// Takes the turn to renew the pair of this version, for `seconds`. Its number keeps late
    /// holders from locking the account.
    pub async fn claim_account_renewal(
        &mut self,
        (channel, version): (&ChannelId, i64),
        now: Moment,
        seconds: i64,
    ) -> Result<Option<i64>, StoreError> {
        let lease = seconds.saturating_mul(MICROS);
        Ok(match self.connection() {
            Either::Sqlite(c) => {
                sqlx::query_scalar(TURN_SQLITE)
                    .bind(channel.as_str())
                    .bind(version)
                    .bind(now.0)
                    .bind(lease)
                    .fetch_optional(c)
                    .await?
            }
            Either::Postgres(c) => {
                sqlx::query_scalar(TURN_POSTGRES)
                    .bind(channel.as_str())
                    .bind(version)
                    .bind(lease)
                    .fetch_optional(c)
                    .await?
            }
        })
    }

    /// Puts a new pair in the place of the one that bought it, locked or not, and ends the turn.
    /// `false`: another pair stands there by now.
    pub async fn renew_account(
        &mut self,
        (channel, version): (&ChannelId, i64),
        (access, refresh): (&[u8], &[u8]),
        access_until: Moment,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let rows = on!(self, c => sqlx::query(RENEW).bind(channel.as_str()).bind(version)
            .bind(access).bind(refresh).bind(access_until.0).bind(now.0)
            .execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// Puts a pair that somebody gave in the place of what stands, locked or not; turns that were
    /// taken are lost, and what was bought with the pair before is not kept.
    pub async fn give_account(
        &mut self,
        channel: &ChannelId,
        (access, refresh): (&[u8], &[u8]),
        now: Moment,
    ) -> Result<(), StoreError> {
        self.open_account(channel).await?;
        on!(self, c => sqlx::query(GIVE).bind(channel.as_str()).bind(access).bind(refresh)
            .bind(now.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Notes that the pair of a turn cannot be renewed.
    pub async fn lock_account(
        &mut self,
        (channel, version, epoch): (&ChannelId, i64, i64),
        code: &str,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let rows = on!(self, c => sqlx::query(LOCK).bind(channel.as_str()).bind(version)
            .bind(epoch).bind(code).bind(now.0).execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// Takes or keeps the turn of the one node that is an account's keeper, for `seconds`.
    pub async fn keep_account(
        &mut self,
        channel: &ChannelId,
        node: &str,
        now: Moment,
        seconds: i64,
    ) -> Result<bool, StoreError> {
        self.open_account(channel).await?;
        let lease = seconds.saturating_mul(MICROS);
        let rows = match self.connection() {
            Either::Sqlite(c) => sqlx::query(KEEP_SQLITE)
                .bind(channel.as_str())
                .bind(node)
                .bind(now.0)
                .bind(lease)
                .execute(c)
                .await?
                .rows_affected(),
            Either::Postgres(c) => sqlx::query(KEEP_POSTGRES)
                .bind(channel.as_str())
                .bind(node)
                .bind(lease)
                .execute(c)
                .await?
                .rows_affected(),
        };
        Ok(rows == 1)
    }

    /// How far events were fetched, in the provider's count.
    pub async fn account_position(
        &mut self,
        channel: &ChannelId,
    ) -> Result<Option<i64>, StoreError> {
        let position: Option<Option<i64>> = on!(self, c => sqlx::query_scalar(POSITION)
            .bind(channel.as_str()).fetch_optional(c).await?);
        Ok(position.flatten())
    }

    /// Notes how far events were fetched. Providers may count anew: it may go back.
    pub async fn move_account(
        &mut self,
        channel: &ChannelId,
        position: i64,
    ) -> Result<(), StoreError> {
        self.open_account(channel).await?;
        on!(self, c => sqlx::query(MOVE).bind(channel.as_str()).bind(position)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// How every account stands.
    pub async fn accounts(&mut self) -> Result<Vec<AccountStatus>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(EVERY).fetch_all(c).await?))
    }
}
