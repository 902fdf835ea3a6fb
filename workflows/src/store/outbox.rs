//! Messages to send. A row is written with its cause; delivery claims it with a lease.

use uuid::Uuid;

use super::StoreError;
use super::bulk::{self, Cell, Table};
use super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{OutboundId, ProvinceId};

statements! {
    CLAIM_SQLITE = "UPDATE outbox SET state = 'sending', attempts = attempts + 1, \
        epoch = epoch + 1, lease_until = $1 + $2 \
        WHERE (province, id) IN (SELECT province, id FROM outbox \
        WHERE (state = 'queued' AND due_at <= $1) OR (state = 'sending' AND lease_until < $1) \
        ORDER BY due_at, id LIMIT $3) \
        RETURNING province, id, channel, class, cause, recipient, body, attempts, epoch, \
        deadline_at, created_at";
    SETTLE = "UPDATE outbox SET state = $4, provider_id = $5, last_code = $6, due_at = $7, \
        settled_at = $8, lease_until = 0 WHERE province = $1 AND id = $2 AND epoch = $3";
    COUNTS = "SELECT state, COUNT(*) AS messages, CAST(COALESCE(MIN(due_at), 0) AS BIGINT) AS \
        oldest_due_at FROM outbox GROUP BY state";
    STATE_OF_CAUSE = "SELECT state, attempts, last_code FROM outbox \
        WHERE province = $1 AND channel = $2 AND cause LIKE $3 ORDER BY cause";
}

/// PostgreSQL's claim: several nodes take different rows without waiting for each other, and
/// leases go by the database's clock. The choice is materialised, because a subquery with a limit
/// may be run again for every row it is compared with and then takes more than its limit.
pub(super) const CLAIM_POSTGRES: &str = "WITH clock AS MATERIALIZED (SELECT \
     CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now), \
     chosen AS MATERIALIZED (SELECT province, id FROM outbox \
     WHERE (state = 'queued' AND due_at <= $1) \
     OR (state = 'sending' AND lease_until < (SELECT now FROM clock)) \
     ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) \
     UPDATE outbox o SET state = 'sending', attempts = o.attempts + 1, epoch = o.epoch + 1, \
     lease_until = (SELECT now FROM clock) + $2 \
     FROM chosen c WHERE o.province = c.province AND o.id = c.id \
     RETURNING o.province, o.id, o.channel, o.class, o.cause, o.recipient, o.body, o.attempts, \
     o.epoch, o.deadline_at, o.created_at";

static OUTBOX: Table = Table {
    name: "outbox",
    columns: &[
        "province",
        "id",
        "channel",
        "class",
        "cause",
        "recipient",
        "body",
        "state",
        "attempts",
        "due_at",
        "deadline_at",
        "lease_until",
        "epoch",
        "created_at",
    ],
    tail: "ON CONFLICT (province, channel, cause) DO NOTHING",
};

/// A message to send, as it is stored.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Whose message.
    pub province: ProvinceId,
    /// Its id; part of a mail's Message-ID.
    pub id: OutboundId,
    /// `mail` (later `sms`, `telegram`, …).
    pub channel: String,
    /// `report`, `reply`, `pass`, `notice`.
    pub class: String,
    /// What made it necessary, unique per channel: the same cause never sends twice.
    pub cause: String,
    /// Sealed address.
    pub recipient: Vec<u8>,
    /// Sealed content.
    pub body: Vec<u8>,
    /// Not before.
    pub due_at: Moment,
    /// Not after.
    pub deadline_at: Moment,
}

row! {
    /// A claimed message.
    #[derive(Clone, Debug)]
    pub struct ClaimedMessage {
        /// Province.
        pub province: String,
        /// Id.
        pub id: Uuid,
        /// Channel.
        pub channel: String,
        /// Class.
        pub class: String,
        /// Cause.
        pub cause: String,
        /// Sealed address.
        pub recipient: Vec<u8>,
        /// Sealed content.
        pub body: Vec<u8>,
        /// Tries so far, this one included.
        pub attempts: i64,
        /// Fencing number of this claim.
        pub epoch: i64,
        /// Not after, microseconds UTC.
        pub deadline_at: i64,
        /// When it was written.
        pub created_at: i64,
    }
}

row! {
    /// Messages by state.
    #[derive(Clone, Debug)]
    pub struct OutboxCounts {
        /// `queued`, `sending`, `sent`, `refused`, `unknown`, `expired`.
        pub state: String,
        /// How many.
        pub messages: i64,
        /// When the oldest of them is due.
        pub oldest_due_at: i64,
    }
}

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
    /// To be tried again.
    Again {
        /// Not before.
        due_at: Moment,
        /// Why, without personal data.
        code: String,
    },
    /// Its deadline passed.
    Expired,
}

impl Tx {
    pub(super) async fn append_outbox(
        &mut self,
        rows: &[OutboxRow],
        now: Moment,
    ) -> Result<(), StoreError> {
        let cells = rows
            .iter()
            .map(|o| {
                vec![
                    Cell::Text(o.province.to_string()),
                    Cell::Id(o.id.0),
                    Cell::Text(o.channel.clone()),
                    Cell::Text(o.class.clone()),
                    Cell::Text(o.cause.clone()),
                    Cell::Blob(o.recipient.clone()),
                    Cell::Blob(o.body.clone()),
                    Cell::Text("queued".into()),
                    Cell::Int(0),
                    Cell::Int(o.due_at.0),
                    Cell::Int(o.deadline_at.0),
                    Cell::Int(0),
                    Cell::Int(0),
                    Cell::Int(now.0),
                ]
            })
            .collect();
        bulk::insert(self, &OUTBOX, cells).await
    }

    /// Adds messages; one whose cause was there already is left as it is.
    pub async fn add_outbox(&mut self, rows: &[OutboxRow], now: Moment) -> Result<(), StoreError> {
        self.append_outbox(rows, now).await
    }

    /// Claims up to `limit` messages that are due, for `lease_seconds`. A claim whose lease ran
    /// out is taken again under a higher epoch, which shuts the earlier holder out.
    pub async fn claim_outbox(
        &mut self,
        now: Moment,
        lease_seconds: i64,
        limit: i64,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        Ok(match self.connection() {
            Either::Sqlite(c) => {
                sqlx::query_as(CLAIM_SQLITE)
                    .bind(now.0)
                    .bind(lease_seconds.saturating_mul(1_000_000))
                    .bind(limit)
                    .fetch_all(c)
                    .await?
            }
            Either::Postgres(c) => {
                sqlx::query_as(CLAIM_POSTGRES)
                    .bind(now.0)
                    .bind(lease_seconds.saturating_mul(1_000_000))
                    .bind(limit)
                    .fetch_all(c)
                    .await?
            }
        })
    }

    /// Records what became of a claimed message. `false`: the lease was lost to another node.
    pub async fn settle_outbox(
        &mut self,
        claimed: &ClaimedMessage,
        settled: &Settled,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let (state, provider_id, code, due_at, settled_at) = match settled {
            Settled::Sent { provider_id } => {
                ("sent", Some(provider_id.as_str()), None, now, Some(now.0))
            }
            Settled::Refused { code } => ("refused", None, Some(code.as_str()), now, Some(now.0)),
            Settled::Again { due_at, code } => ("queued", None, Some(code.as_str()), *due_at, None),
            Settled::Expired => ("expired", None, None, now, Some(now.0)),
        };
        let done = on!(self, c => sqlx::query(SETTLE).bind(claimed.province.as_str())
            .bind(claimed.id).bind(claimed.epoch).bind(state).bind(provider_id).bind(code)
            .bind(due_at.0).bind(settled_at).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Messages by state, for metrics and the queue page.
    pub async fn outbox_counts(&mut self) -> Result<Vec<OutboxCounts>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(COUNTS).fetch_all(c).await?))
    }

    /// State, tries and last code of the messages whose cause begins so.
    pub async fn outbox_of(
        &mut self,
        channel: &str,
        cause_prefix: &str,
    ) -> Result<Vec<(String, i64, Option<String>)>, StoreError> {
        let province = self.province();
        let like = format!("{cause_prefix}%");
        Ok(
            on!(self, c => sqlx::query_as(STATE_OF_CAUSE).bind(province).bind(channel).bind(like)
            .fetch_all(c).await?),
        )
    }
}
