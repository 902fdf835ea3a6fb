//! Raw events that came in: stored before they are acknowledged, done in the write of their
//! effects. [`claim`] hands them out in order for each number.

mod claim;

use uuid::Uuid;

pub use claim::{ClaimedInbound, PartRow};

pub(super) use claim::ALL as CLAIM_ALL;

use super::StoreError;
use super::bulk::{self, Cell, Table};
use super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{InboundId, ProvinceId};
use crate::message::{ChannelId, PartOf};

statements! {
    BY_KEY = "SELECT id, state, reply FROM inbox \
        WHERE province = $1 AND channel = $2 AND event_key = $3";
    // What a number said last, apart from turns; of a part the last of the same place.
    LAST = "SELECT id, state, event, received_at FROM inbox \
        WHERE province = $1 AND channel = $2 AND address = $3 AND reply IS NULL \
        AND (CAST($4 AS BIGINT) IS NULL \
        OR (part_reference = $4 AND part_number = $5 AND part_total = $6)) \
        ORDER BY received_at DESC, id DESC LIMIT 1";
    SETTLE = "UPDATE inbox SET state = 'done', settled_at = $4, lease_until = 0 \
        WHERE province = $1 AND id = $2 AND epoch = $3 AND state = 'working'";
    RELEASE = "UPDATE inbox SET state = $4, due_at = $5, last_code = $6, settled_at = $7, \
        lease_until = 0 WHERE province = $1 AND id = $2 AND epoch = $3 AND state = 'working'";
    REQUEUE = "UPDATE inbox SET state = 'new', attempts = 0, due_at = $3, settled_at = NULL \
        WHERE province = $1 AND id = $2 AND state = 'dead'";
    COUNTS = "SELECT channel, state, COUNT(*) AS events, \
        CAST(MIN(received_at) AS BIGINT) AS oldest_at FROM inbox \
        WHERE state IN ('new', 'working', 'part') GROUP BY channel, state \
        UNION ALL SELECT channel, state, COUNT(*) AS events, \
        CAST(MIN(received_at) AS BIGINT) AS oldest_at FROM inbox \
        WHERE state = 'dead' GROUP BY channel, state";
    DEAD = "SELECT province, id, channel, attempts, last_code, received_at FROM inbox \
        WHERE province = $1 AND state = 'dead' ORDER BY received_at DESC, id LIMIT $2";
    FORGET = "DELETE FROM inbox WHERE (state IN ('done', 'joined') AND received_at < $1) \
        OR (state = 'dead' AND received_at < $2)";
}

/// PostgreSQL's settling of many at once; SQLite runs `SETTLE` for each, which costs it nothing.
pub(super) const SETTLE_POSTGRES: &str = "UPDATE inbox i SET state = 'done', settled_at = $4, \
     lease_until = 0 FROM UNNEST($1::TEXT[], $2::UUID[], $3::BIGINT[]) AS v(province, id, epoch) \
     WHERE i.province = v.province AND i.id = v.id AND i.epoch = v.epoch AND i.state = 'working' \
     RETURNING i.id";

static INBOX: Table = Table {
    name: "inbox",
    columns: &[
        "province",
        "id",
        "channel",
        "event_key",
        "address",
        "event",
        "state",
        "part_reference",
        "part_number",
        "part_total",
        "reply",
        "attempts",
        "epoch",
        "due_at",
        "lease_until",
        "received_at",
        "settled_at",
    ],
    tail: "ON CONFLICT (province, channel, event_key) DO NOTHING RETURNING id",
};

/// How long the parts of a long text wait for the missing ones, in seconds.
pub const PARTS_WAIT_SECONDS: i64 = 120;

/// A raw event as it is stored.
#[derive(Clone, Debug)]
pub struct InboundRow {
    /// The channel's province.
    pub province: ProvinceId,
    /// Its id (UUID version 7).
    pub id: InboundId,
    /// The channel it came by.
    pub channel: ChannelId,
    /// Keyed hash of what makes a provider's repeat equal to the first, unique on the channel.
    pub event_key: [u8; 16],
    /// Blind index of the sender's number under the channel's province.
    pub address: [u8; 16],
    /// Sealed [`crate::message::Event`].
    pub event: Vec<u8>,
    /// Which part of a long text it is: it then waits for the others.
    pub part: Option<PartOf>,
    /// The sealed screen that answered it in its turn: it is done as it is stored.
    pub reply: Option<Vec<u8>>,
    /// When it came; the order of one number's events, so it must rise from event to event.
    pub received_at: Moment,
}

/// A claim that a request settles: if it was lost, nothing of the request is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundClaim {
    /// The channel's province.
    pub province: ProvinceId,
    /// The claimed row.
    pub id: InboundId,
    /// Fencing number of the claim.
    pub epoch: i64,
}

row! {
    /// An event that was stored before.
    #[derive(Clone, Debug)]
    pub struct KnownInbound {
        /// Id.
        pub id: Uuid,
        /// `new`, `working`, `part`, `joined`, `done` or `dead`.
        pub state: String,
        /// Sealed screen, for a turn.
        pub reply: Option<Vec<u8>>,
    }
}

row! {
    /// What a number said last.
    #[derive(Clone, Debug)]
    pub struct LastInbound {
        /// Id.
        pub id: Uuid,
        /// `new`, `working`, `part`, `joined`, `done` or `dead`.
        pub state: String,
        /// Sealed [`crate::message::Event`].
        pub event: Vec<u8>,
        /// When it came, microseconds UTC.
        pub received_at: i64,
    }
}

row! {
    /// Events by channel and state, those that are done left out.
    #[derive(Clone, Debug)]
    pub struct InboxCounts {
        /// Channel.
        pub channel: String,
        /// `new`, `working`, `part` or `dead`.
        pub state: String,
        /// How many.
        pub events: i64,
        /// When the oldest came, microseconds UTC.
        pub oldest_at: i64,
    }
}

row! {
    /// An event that was given up.
    #[derive(Clone, Debug)]
    pub struct DeadInbound {
        /// Province.
        pub province: String,
        /// Id.
        pub id: Uuid,
        /// Channel.
        pub channel: String,
        /// Tries.
        pub attempts: i64,
        /// Why, without personal data.
        pub last_code: Option<String>,
        /// When it came.
        pub received_at: i64,
    }
}

/// What becomes of a claimed event that left nothing behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// To be tried again, not before.
    Again(Moment, String),
    /// A person must look.
    Dead(String),
    /// There was nothing to do.
    Done,
}

impl Tx {
    /// Stores new events and returns the ids of those that were not there before.
    pub(super) async fn append_inbound(
        &mut self,
        rows: &[&InboundRow],
    ) -> Result<Vec<Uuid>, StoreError> {
        bulk::insert_new(self, &INBOX, rows.iter().map(|row| cells(row)).collect()).await
    }

    /// Settles claims and returns the ids of those that still stood.
    pub(super) async fn settle_inbound(
        &mut self,
        claims: &[&InboundClaim],
        now: Moment,
    ) -> Result<Vec<Uuid>, StoreError> {
        match self.connection() {
            Either::Sqlite(c) => {
                let mut settled = Vec::with_capacity(claims.len());
                for claim in claims {
                    let done = sqlx::query(SETTLE)
                        .bind(claim.province.as_str())
                        .bind(claim.id.0)
                        .bind(claim.epoch)
                        .bind(now.0)
                        .execute(&mut *c)
                        .await?;
                    settled.extend((done.rows_affected() == 1).then_some(claim.id.0));
                }
                Ok(settled)
            }
            Either::Postgres(c) => {
                let provinces: Vec<&str> = claims.iter().map(|s| s.province.as_str()).collect();
                let ids: Vec<Uuid> = claims.iter().map(|s| s.id.0).collect();
                let epochs: Vec<i64> = claims.iter().map(|s| s.epoch).collect();
                Ok(sqlx::query_scalar(SETTLE_POSTGRES)
                    .bind(provinces)
                    .bind(ids)
                    .bind(epochs)
                    .bind(now.0)
                    .fetch_all(c)
                    .await?)
            }
        }
    }

    /// The event of this key on a channel of the scope's province.
    pub async fn inbound_by_key(
        &mut self,
        channel: &ChannelId,
        event_key: [u8; 16],
    ) -> Result<Option<KnownInbound>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(BY_KEY).bind(province).bind(channel.as_str())
            .bind(event_key.as_slice()).fetch_optional(c).await?),
        )
    }

    /// What a number said last on a channel of the scope's province; of a part, the last that was
    /// the same part.
    pub async fn last_inbound(
        &mut self,
        channel: &ChannelId,
        address: [u8; 16],
        part: Option<PartOf>,
    ) -> Result<Option<LastInbound>, StoreError> {
        let province = self.province();
        let (reference, number, total) = (
            part.map(|p| i64::from(p.reference)),
            part.map(|p| i64::from(p.number)),
            part.map(|p| i64::from(p.total)),
        );
        Ok(
            on!(self, c => sqlx::query_as(LAST).bind(province).bind(channel.as_str())
            .bind(address.as_slice()).bind(reference).bind(number).bind(total)
            .fetch_optional(c).await?),
        )
    }

    /// Ends a claim outside an append. `false`: the lease was lost to another node.
    pub async fn release_inbound(
        &mut self,
        claim: &InboundClaim,
        released: &Released,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let (state, due_at, code, settled_at) = match released {
            Released::Again(at, why) => ("new", *at, Some(why.as_str()), None),
            Released::Dead(why) => ("dead", now, Some(why.as_str()), Some(now.0)),
            Released::Done => ("done", now, None, Some(now.0)),
        };
        let done = on!(self, c => sqlx::query(RELEASE).bind(claim.province.as_str())
            .bind(claim.id.0).bind(claim.epoch).bind(state).bind(due_at.0).bind(code)
            .bind(settled_at).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Puts a dead event of the scope's province back. `false`: it is not there or not dead.
    pub async fn requeue_inbound(
        &mut self,
        id: InboundId,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let province = self.province();
        let done = on!(self, c => sqlx::query(REQUEUE).bind(province).bind(id.0).bind(now.0)
            .execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Events by channel and state, for metrics and the channels' page.
    pub async fn inbox_counts(&mut self) -> Result<Vec<InboxCounts>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(COUNTS).fetch_all(c).await?))
    }

    /// Dead events of the scope's province, newest first.
    pub async fn dead_inbound(&mut self, limit: i64) -> Result<Vec<DeadInbound>, StoreError> {
        let province = self.province();
        Ok(on!(self, c => sqlx::query_as(DEAD).bind(province).bind(limit).fetch_all(c).await?))
    }

    /// Deletes what was done and came before `done`, and what was given up and came before
    /// `dead`; how many rows.
    pub async fn forget_inbound(&mut self, done: Moment, dead: Moment) -> Result<u64, StoreError> {
        Ok(on!(self, c => sqlx::query(FORGET).bind(done.0).bind(dead.0)
            .execute(c).await?.rows_affected()))
    }
}

fn cells(row: &InboundRow) -> Vec<Cell<'_>> {
    let answered = row.reply.is_some();
    let (state, due_at) = match row.part {
        _ if answered => ("done", row.received_at),
        Some(_) => ("part", row.received_at.plus_seconds(PARTS_WAIT_SECONDS)),
        None => ("new", row.received_at),
    };
    vec![
        Cell::Text(row.province.as_str()),
        Cell::Id(row.id.0),
        Cell::Text(row.channel.as_str()),
        Cell::Blob(&row.event_key),
        Cell::Blob(&row.address),
        Cell::Blob(&row.event),
        Cell::Text(state),
        Cell::MaybeInt(row.part.map(|p| i64::from(p.reference))),
        Cell::MaybeInt(row.part.map(|p| i64::from(p.number))),
        Cell::MaybeInt(row.part.map(|p| i64::from(p.total))),
        Cell::MaybeBlob(row.reply.as_deref()),
        Cell::Int(0),
        Cell::Int(0),
        Cell::Int(due_at.0),
        Cell::Int(0),
        Cell::Int(row.received_at.0),
        Cell::MaybeInt(answered.then_some(row.received_at.0)),
    ]
}
