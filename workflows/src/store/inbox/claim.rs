//! The claim of events: in order for each number, several numbers at once.

use uuid::Uuid;

use super::super::StoreError;
use super::super::conn::{Either, Tx, on, row, statements};
use super::InboundClaim;
use crate::clock::Moment;
use crate::ids::{InboundId, ProvinceId};
use crate::message::ChannelId;

/// Which rows may be taken, `$1` being the instant of what is due and `{now}` that of leases: a
/// new one that is due, one whose holder died, a part whose text is complete or waited long
/// enough; and never while another of the same number is at work or came before it. Of the parts
/// of one text only the first is taken, the others follow it.
macro_rules! choice {
    ($now:literal, $tail:literal) => {
        concat!(
            "SELECT i.province, i.id FROM inbox i \
             WHERE i.state IN ('new', 'working', 'part') \
             AND ((i.state = 'new' AND i.due_at <= $1) \
             OR (i.state = 'working' AND i.lease_until < ",
            $now,
            ") \
             OR (i.state = 'part' AND (i.due_at <= $1 OR i.part_total <= \
             (SELECT COUNT(DISTINCT s.part_number) FROM inbox s WHERE s.province = i.province \
             AND s.channel = i.channel AND s.address = i.address \
             AND s.state IN ('new', 'working', 'part') AND s.state = 'part' \
             AND s.part_reference = i.part_reference AND s.part_total = i.part_total)))) \
             AND NOT EXISTS (SELECT 1 FROM inbox o WHERE o.province = i.province \
             AND o.channel = i.channel AND o.address = i.address \
             AND o.state IN ('new', 'working', 'part') AND o.id <> i.id \
             AND ((o.state = 'working' AND o.lease_until >= ",
            $now,
            ") \
             OR (o.state IN ('new', 'working') \
             AND (o.received_at, o.id) < (i.received_at, i.id)) \
             OR (o.state = 'part' AND i.state = 'part' \
             AND o.part_reference = i.part_reference AND o.part_total = i.part_total \
             AND (o.received_at, o.id) < (i.received_at, i.id)))) \
             ORDER BY i.due_at, i.id LIMIT $3",
            $tail
        )
    };
}

statements! {
    CLAIM_SQLITE = concat!("UPDATE inbox SET state = 'working', attempts = attempts + 1, \
        epoch = epoch + 1, lease_until = $1 + $2 WHERE (province, id) IN (", choice!("$1", ""),
        ") RETURNING province, id, channel, address, event, part_reference, part_number, \
        part_total, attempts, epoch, received_at");
    JOIN = "UPDATE inbox SET state = 'joined', whole = $2, settled_at = $6 \
        WHERE province = $1 AND channel = $3 AND address = $4 \
        AND state IN ('new', 'working', 'part') AND state = 'part' \
        AND part_reference = $5 AND part_total = $7";
    PARTS = "SELECT id, part_number, event FROM inbox WHERE province = $1 AND whole = $2 \
        ORDER BY part_number, received_at";
}

/// PostgreSQL's claim: nodes skip each other's rows, leases go by the database's clock, and the
/// choice is materialised (see the outbox's claim).
pub(in crate::store) const CLAIM_POSTGRES: &str = concat!(
    "WITH clock AS MATERIALIZED (SELECT \
     CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now), \
     chosen AS MATERIALIZED (",
    choice!("(SELECT now FROM clock)", " FOR UPDATE OF i SKIP LOCKED"),
    ") UPDATE inbox i SET state = 'working', attempts = i.attempts + 1, epoch = i.epoch + 1, \
     lease_until = (SELECT now FROM clock) + $2 \
     FROM chosen c WHERE i.province = c.province AND i.id = c.id \
     RETURNING i.province, i.id, i.channel, i.address, i.event, i.part_reference, \
     i.part_number, i.part_total, i.attempts, i.epoch, i.received_at"
);

row! {
    struct Taken {
        province: String,
        id: Uuid,
        channel: String,
        address: Vec<u8>,
        event: Vec<u8>,
        part_reference: Option<i64>,
        part_number: Option<i64>,
        part_total: Option<i64>,
        attempts: i64,
        epoch: i64,
        received_at: i64,
    }
}

row! {
    /// Another part of a claimed text.
    #[derive(Clone, Debug)]
    pub struct PartRow {
        /// Its own id, which its seal is bound to.
        pub id: Uuid,
        /// Its place, from 1.
        pub part_number: i64,
        /// Sealed [`crate::message::Event`].
        pub event: Vec<u8>,
    }
}

/// A claimed event.
#[derive(Clone, Debug)]
pub struct ClaimedInbound {
    /// What settles it ([`super::super::Rows::settles`]).
    pub claim: InboundClaim,
    /// The channel it came by.
    pub channel: ChannelId,
    /// Blind index of the sender's number.
    pub address: [u8; 16],
    /// Sealed [`crate::message::Event`], bound to the claim's id.
    pub event: Vec<u8>,
    /// Its place in a long text, from 1, and the number of parts; none for a whole one.
    pub part: Option<(i64, i64)>,
    /// The other parts of its text, in their order; a part sent twice is there twice.
    pub others: Vec<PartRow>,
    /// Tries so far, this one included.
    pub attempts: i64,
    /// When it came.
    pub received_at: Moment,
}

impl Tx {
    /// Claims up to `limit` events for `lease_seconds`: of each number only the oldest that is
    /// not done, and none while another of it is at work.
    pub async fn claim_inbox(
        &mut self,
        now: Moment,
        lease_seconds: i64,
        limit: i64,
    ) -> Result<Vec<ClaimedInbound>, StoreError> {
        let lease = lease_seconds.saturating_mul(1_000_000);
        let taken: Vec<Taken> = match self.connection() {
            Either::Sqlite(c) => {
                let claim = sqlx::query_as(CLAIM_SQLITE);
                claim
                    .bind(now.0)
                    .bind(lease)
                    .bind(limit)
                    .fetch_all(c)
                    .await?
            }
            Either::Postgres(c) => {
                let claim = sqlx::query_as(CLAIM_POSTGRES);
                claim
                    .bind(now.0)
                    .bind(lease)
                    .bind(limit)
                    .fetch_all(c)
                    .await?
            }
        };
        let mut claimed = Vec::with_capacity(taken.len());
        for row in taken {
            let others = self.join_parts(&row, now).await?;
            claimed.push(row.claimed(others)?);
        }
        claimed.sort_by_key(|c| (c.received_at, c.claim.id));
        Ok(claimed)
    }

    /// Ties the other parts to the one taken; a second claim finds them tied already.
    async fn join_parts(&mut self, row: &Taken, now: Moment) -> Result<Vec<PartRow>, StoreError> {
        let (Some(reference), Some(total)) = (row.part_reference, row.part_total) else {
            return Ok(Vec::new());
        };
        on!(self, c => sqlx::query(JOIN).bind(row.province.as_str()).bind(row.id)
            .bind(row.channel.as_str()).bind(row.address.as_slice()).bind(reference)
            .bind(now.0).bind(total).execute(c).await.map(|_| ()))?;
        Ok(
            on!(self, c => sqlx::query_as(PARTS).bind(row.province.as_str()).bind(row.id)
            .fetch_all(c).await?),
        )
    }
}

impl Taken {
    fn claimed(self, others: Vec<PartRow>) -> Result<ClaimedInbound, StoreError> {
        let corrupt = |column| StoreError::Corrupt {
            table: "inbox",
            column,
        };
        Ok(ClaimedInbound {
            claim: InboundClaim {
                province: ProvinceId::parse(&self.province).ok_or(corrupt("province"))?,
                id: InboundId(self.id),
                epoch: self.epoch,
            },
            channel: ChannelId::parse(&self.channel).ok_or(corrupt("channel"))?,
            address: self.address.try_into().map_err(|_| corrupt("address"))?,
            event: self.event,
            part: self.part_number.zip(self.part_total),
            others,
            attempts: self.attempts,
            received_at: Moment(self.received_at),
        })
    }
}
