//! What became of claimed messages, many at once.

use uuid::Uuid;

use super::super::StoreError;
use super::super::conn::{Either, Tx, on, statements};
use super::claim::ClaimedMessage;
use super::flow::Pace;
use super::receipts::provider_key;
use crate::clock::Moment;
use crate::message::ChannelId;

statements! {
    SETTLE = "UPDATE outbox SET state = $4, provider_id = $5, provider_key = $6, last_code = $7, \
        due_at = COALESCE($8, due_at), settled_at = $9, cost = $10, \
        doubtful = doubtful + $11, lease_until = 0 \
        WHERE province = $1 AND id = $2 AND epoch = $3 AND state = 'sending'";
    STOP = "INSERT INTO stopped_addresses (province, channel, address, stopped_at) \
        VALUES ('service', $1, $2, $3) ON CONFLICT (province, channel, address) DO NOTHING";
    RESUME = "DELETE FROM stopped_addresses WHERE province = 'service' AND channel = $1 \
        AND address = $2";
    EXPIRE = "UPDATE outbox SET state = 'expired', settled_at = $2 WHERE channel = $1 \
        AND state IN ('queued', 'sending') AND state = 'queued' AND deadline_at <= $2";
    RESEND = "UPDATE outbox SET state = 'queued', doubtful = doubtful + 1, due_at = $2 \
        WHERE channel = $1 AND state = 'unknown' AND settled_at IS NULL AND due_at <= $2";
}

/// PostgreSQL's settling of many at once; SQLite runs `SETTLE` for each.
const SETTLE_POSTGRES: &str = "UPDATE outbox o SET state = v.state, \
     provider_id = v.provider_id, provider_key = v.provider_key, last_code = v.code, \
     due_at = COALESCE(v.due_at, o.due_at), settled_at = v.settled_at, \
     cost = v.cost, doubtful = o.doubtful + v.doubtful, \
     lease_until = 0 FROM UNNEST($1::TEXT[], $2::UUID[], $3::BIGINT[], $4::TEXT[], $5::TEXT[], \
     $6::TEXT[], $7::TEXT[], $8::BIGINT[], $9::BIGINT[], $10::BIGINT[], $11::BIGINT[]) \
     AS v(province, id, epoch, state, provider_id, provider_key, code, due_at, \
     settled_at, cost, doubtful) \
     WHERE o.province = v.province AND o.id = v.id AND o.epoch = v.epoch \
     AND o.state = 'sending' RETURNING o.id";

/// PostgreSQL's resuming of many at once; SQLite runs `RESUME` for each.
const RESUME_POSTGRES: &str = "DELETE FROM stopped_addresses s USING \
     UNNEST($1::TEXT[], $2::BYTEA[]) AS v(channel, address) WHERE s.province = 'service' \
     AND s.channel = v.channel AND s.address = v.address";

/// What became of a claimed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The provider took it.
    Sent {
        /// Provider's id.
        provider_id: String,
    },
    /// The provider will never take it.
    Refused {
        /// Its code, without personal data.
        code: String,
    },
    /// The provider answered that it is too early; to be tried again.
    Throttled {
        /// Not before.
        due_at: Moment,
        /// Until when nothing of the channel goes, where the provider said so.
        channel_until: Option<Moment>,
    },
    /// Nothing was handed over, for nobody answered; to be tried again.
    Again {
        /// Not before.
        due_at: Moment,
        /// Why, without personal data.
        code: String,
    },
    /// It left and no answer came: sent again, perhaps for the second time.
    Doubtful {
        /// Not before.
        due_at: Moment,
    },
    /// It left and no answer came: waits for a receipt, and is sent again if none comes.
    Awaiting {
        /// When it is sent again.
        until: Moment,
    },
    /// It left and no answer came: left at that.
    Unknown,
    /// Its deadline passed.
    Expired,
    /// Its recipient wants nothing more of this channel.
    Stopped,
}

/// What a sweep changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Messages whose deadline passed while they waited.
    pub expired: u64,
    /// Messages sent again because no receipt came.
    pub resent: u64,
}

/// The columns that an outcome sets.
struct Effect<'a> {
    message: &'a ClaimedMessage,
    state: &'static str,
    provider_id: Option<&'a str>,
    provider_key: Option<String>,
    code: Option<&'a str>,
    due_at: Option<i64>,
    settled_at: Option<i64>,
    cost: i64,
    doubtful: i64,
}

impl Tx {
    /// Records what became of claimed messages of a channel, and what that says of its health and
    /// money. Returns the ids of those whose lease still stood. National scope.
    pub async fn settle_outbox(
        &mut self,
        channel: &ChannelId,
        pace: &Pace,
        outcomes: &[(ClaimedMessage, Settled)],
        now: Moment,
    ) -> Result<Vec<Uuid>, StoreError> {
        if outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let mut flow = self.hold_flow(channel).await?;
        let was_stopped = flow.is_stopped();
        let mut effects = Vec::with_capacity(outcomes.len());
        for (message, settled) in outcomes {
            let cost = message.units.saturating_mul(pace.cost);
            let effect = effect(message, settled, (cost, now));
            match settled {
                Settled::Sent { .. } => {
                    flow.last_sent_at = Some(now.0);
                    flow.succeeded();
                }
                Settled::Refused { .. } | Settled::Stopped => flow.succeeded(),
                Settled::Throttled { channel_until, .. } => {
                    flow.succeeded();
                    flow.held(*channel_until);
                }
                Settled::Again { .. }
                | Settled::Doubtful { .. }
                | Settled::Awaiting { .. }
                | Settled::Unknown => flow.failed(now),
                Settled::Expired => {}
            }
            if effect.cost == 0 {
                flow.refund(message.units, cost);
            }
            effects.push(effect);
        }
        let settled = self.settle_effects(&effects).await?;
        self.settle_stand_ins(outcomes, &settled, now).await?;
        self.stop_addresses(channel, outcomes, now).await?;
        self.save_flow(&flow).await?;
        if was_stopped && !flow.is_stopped() {
            self.wake_outbox(channel, now, i64::MAX).await?;
        }
        let sent = outcomes
            .iter()
            .any(|(_, s)| matches!(s, Settled::Sent { .. }));
        if sent {
            self.match_orphans(channel, now).await?;
        }
        Ok(settled)
    }

    async fn settle_effects(&mut self, effects: &[Effect<'_>]) -> Result<Vec<Uuid>, StoreError> {
        match self.connection() {
            Either::Sqlite(c) => {
                let mut settled = Vec::with_capacity(effects.len());
                for e in effects {
                    let query = sqlx::query(SETTLE).bind(e.message.province.as_str());
                    let query = query.bind(e.message.id).bind(e.message.epoch).bind(e.state);
                    let query = query.bind(e.provider_id).bind(e.provider_key.as_deref());
                    let query = query.bind(e.code).bind(e.due_at).bind(e.settled_at);
                    let query = query.bind(e.cost).bind(e.doubtful);
                    let done = query.execute(&mut *c).await?;
                    settled.extend((done.rows_affected() == 1).then_some(e.message.id));
                }
                Ok(settled)
            }
            Either::Postgres(c) => Ok(sqlx::query_scalar(SETTLE_POSTGRES)
                .bind(column(effects, |e| e.message.province.as_str()))
                .bind(column(effects, |e| e.message.id))
                .bind(column(effects, |e| e.message.epoch))
                .bind(column(effects, |e| e.state))
                .bind(column(effects, |e| e.provider_id))
                .bind(column(effects, |e| e.provider_key.as_deref()))
                .bind(column(effects, |e| e.code))
                .bind(column(effects, |e| e.due_at))
                .bind(column(effects, |e| e.settled_at))
                .bind(column(effects, |e| e.cost))
                .bind(column(effects, |e| e.doubtful))
                .fetch_all(c)
                .await?),
        }
    }

    /// What stands in for these messages goes or is spared; one whose lease was lost decides
    /// nothing.
    async fn settle_stand_ins(
        &mut self,
        outcomes: &[(ClaimedMessage, Settled)],
        settled: &[Uuid],
        now: Moment,
    ) -> Result<(), StoreError> {
        let (mut taken, mut dead) = (Vec::new(), Vec::new());
        for (message, outcome) in outcomes {
            if !message.stood_in_for || !settled.contains(&message.id) {
                continue;
            }
            let key = (message.province.as_str(), message.id);
            match outcome {
                Settled::Sent { .. } => taken.push(key),
                Settled::Refused { .. }
                | Settled::Unknown
                | Settled::Expired
                | Settled::Stopped => dead.push(key),
                Settled::Throttled { .. }
                | Settled::Again { .. }
                | Settled::Doubtful { .. }
                | Settled::Awaiting { .. } => {}
            }
        }
        self.spare_stand_ins(&taken, now).await?;
        self.free_stand_ins(&dead, now).await
    }

    async fn stop_addresses(
        &mut self,
        channel: &ChannelId,
        outcomes: &[(ClaimedMessage, Settled)],
        now: Moment,
    ) -> Result<(), StoreError> {
        for (message, _) in outcomes.iter().filter(|(_, s)| *s == Settled::Stopped) {
            if let Some(address) = &message.address {
                self.stop_address(channel, address, now).await?;
            }
        }
        Ok(())
    }

    /// An address wants nothing more of a channel until it writes itself.
    pub(in crate::store) async fn stop_address(
        &mut self,
        channel: &ChannelId,
        address: &[u8],
        now: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(STOP).bind(channel.as_str()).bind(address)
            .bind(now.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Numbers that wrote to a channel may be written to again.
    pub(in crate::store) async fn resume_addresses(
        &mut self,
        addresses: &[(String, [u8; 16])],
    ) -> Result<(), StoreError> {
        match self.connection() {
            Either::Sqlite(c) => {
                for (channel, address) in addresses {
                    let resume = sqlx::query(RESUME).bind(channel.as_str());
                    resume.bind(address.as_slice()).execute(&mut *c).await?;
                }
            }
            Either::Postgres(c) => {
                let channels: Vec<&str> = addresses.iter().map(|(c, _)| c.as_str()).collect();
                let numbers: Vec<&[u8]> = addresses.iter().map(|(_, a)| a.as_slice()).collect();
                let resume = sqlx::query(RESUME_POSTGRES).bind(channels);
                resume.bind(numbers).execute(c).await?;
            }
        }
        Ok(())
    }

    /// What time does to a channel's messages: deadlines pass, receipts fail to come, receipts
    /// that came early find their message. National scope.
    pub async fn sweep_outbox(
        &mut self,
        channel: &ChannelId,
        now: Moment,
    ) -> Result<Swept, StoreError> {
        let expired = on!(self, c => sqlx::query(EXPIRE).bind(channel.as_str()).bind(now.0)
            .execute(c).await?.rows_affected());
        let resent = on!(self, c => sqlx::query(RESEND).bind(channel.as_str()).bind(now.0)
            .execute(c).await?.rows_affected());
        self.match_orphans(channel, now).await?;
        Ok(Swept { expired, resent })
    }
}

fn effect<'a>(
    message: &'a ClaimedMessage,
    settled: &'a Settled,
    (cost, now): (i64, Moment),
) -> Effect<'a> {
    let base = || Effect {
        message,
        state: "queued",
        provider_id: None,
        provider_key: None,
        code: None,
        due_at: None,
        settled_at: None,
        cost: 0,
        doubtful: 0,
    };
    let ended = |state, code| Effect {
        state,
        code,
        settled_at: Some(now.0),
        ..base()
    };
    match settled {
        Settled::Sent { provider_id } => Effect {
            state: "sent",
            provider_key: Some(provider_key(provider_id)),
            provider_id: Some(provider_id),
            settled_at: Some(now.0),
            cost,
            ..base()
        },
        Settled::Refused { code } => ended("refused", Some(code.as_str())),
        Settled::Expired => ended("expired", Some("deadline")),
        Settled::Stopped => ended("stopped", Some("stopped")),
        Settled::Unknown => Effect {
            cost,
            ..ended("unknown", Some("unknown"))
        },
        Settled::Throttled { due_at, .. } => Effect {
            code: Some("throttled"),
            due_at: Some(due_at.0),
            ..base()
        },
        Settled::Again { due_at, code } => Effect {
            code: Some(code),
            due_at: Some(due_at.0),
            ..base()
        },
        Settled::Doubtful { due_at } => Effect {
            code: Some("unknown"),
            due_at: Some(due_at.0),
            cost,
            doubtful: 1,
            ..base()
        },
        Settled::Awaiting { until } => Effect {
            state: "unknown",
            code: Some("unknown"),
            due_at: Some(until.0),
            cost,
            ..base()
        },
    }
}

fn column<'a, 'b, T>(effects: &'b [Effect<'a>], of: impl Fn(&'b Effect<'a>) -> T) -> Vec<T> {
    effects.iter().map(of).collect()
}
