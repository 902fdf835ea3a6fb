//! The claim of messages: within a channel's pace and money, the urgent classes first, the
//! provinces of one class in turn.

use uuid::Uuid;

use super::super::StoreError;
use super::super::conn::{Either, Tx, on, row, statements};
use super::flow::{Admitted, ChannelFlow, Pace};
use crate::clock::Moment;
use crate::message::{ChannelId, Class};

/// Columns of a claimed row.
macro_rules! claimed {
    ($o:literal) => {
        concat!(
            " RETURNING ",
            $o,
            "province, ",
            $o,
            "id, ",
            $o,
            "channel, ",
            $o,
            "class, ",
            $o,
            "cause, ",
            $o,
            "recipient, ",
            $o,
            "body, ",
            $o,
            "address, ",
            $o,
            "units, ",
            $o,
            "attempts, ",
            $o,
            "doubtful, ",
            $o,
            "epoch, ",
            $o,
            "deadline_at, ",
            $o,
            "created_at, ",
            "EXISTS (SELECT 1 FROM stopped_addresses s WHERE s.province = 'service' \
             AND s.channel = ",
            $o,
            "channel AND s.address = ",
            $o,
            "address) AS stopped, ",
            "EXISTS (SELECT 1 FROM outbox w WHERE w.province = ",
            $o,
            "province AND w.instead_of = ",
            $o,
            "id) AS stood_in_for"
        )
    };
}

/// A row whose predecessor may still arrive waits, however long it is due. A predecessor that only
/// lies there past its deadline is dead before its channel says so; a minute is for the clocks of
/// several nodes. In a channel that keeps its order, what somebody is told waits for what they were
/// told before, unless that is not tried again for half a minute: an answer that comes late is
/// worth more than one that never comes.
macro_rules! may_go {
    () => {
        " AND (w.instead_of IS NULL OR NOT EXISTS (SELECT 1 FROM outbox f \
         WHERE f.province = w.province AND f.id = w.instead_of AND (f.state = 'sending' \
         OR (f.state = 'queued' AND f.deadline_at > $4 - 60000000) \
         OR (f.state = 'unknown' AND f.settled_at IS NULL)))) \
         AND (CAST($7 AS BIGINT) = 0 OR w.class_order > 1 OR NOT EXISTS (SELECT 1 FROM outbox e \
         WHERE e.channel = w.channel AND e.address = w.address \
         AND e.state IN ('queued', 'sending') AND e.class_order <= 1 \
         AND e.due_at <= $4 + 30000000 \
         AND (e.created_at, e.id) < (w.created_at, w.id))) "
    };
}

statements! {
    // A loose scan of the index: one step for each class and province that has open rows, however
    // many rows those are.
    GROUPS = "WITH RECURSIVE g(class_order, province) AS (\
        SELECT CAST(r.column1 AS BIGINT), (SELECT MIN(o.province) FROM outbox o \
        WHERE o.channel = $1 AND o.class_order = CAST(r.column1 AS BIGINT) \
        AND o.state IN ('queued', 'sending')) FROM (VALUES (0), (1), (2), (3), (4)) AS r \
        UNION ALL SELECT g.class_order, (SELECT MIN(o.province) FROM outbox o \
        WHERE o.channel = $1 AND o.class_order = g.class_order AND o.province > g.province \
        AND o.state IN ('queued', 'sending')) FROM g WHERE g.province IS NOT NULL) \
        SELECT class_order, province FROM g WHERE province IS NOT NULL \
        ORDER BY class_order, province";
    CLAIM_SQLITE = concat!("UPDATE outbox SET state = 'sending', attempts = attempts + 1, \
        epoch = epoch + 1, lease_until = $4 + $5 \
        WHERE (province, id) IN (SELECT w.province, w.id FROM outbox w \
        WHERE w.channel = $1 AND w.class_order = $2 AND w.province = $3 \
        AND w.state IN ('queued', 'sending') AND w.due_at <= $4 \
        AND (w.state = 'queued' OR w.lease_until < $4)", may_go!(),
        "ORDER BY w.due_at, w.id LIMIT $6)", claimed!("outbox."));
    // Rows that wait because the channel failed: not because of themselves, nor because the
    // provider named a time.
    WAKE = "UPDATE outbox SET due_at = $2 WHERE (province, id) IN (SELECT province, id \
        FROM outbox WHERE channel = $1 AND state IN ('queued', 'sending') AND state = 'queued' \
        AND due_at > $2 AND last_code IN ('away', 'unknown') \
        ORDER BY class_order, due_at, id LIMIT $3)";
    NEXT_DUE = "SELECT CAST(MIN(due_at) AS BIGINT) FROM outbox \
        WHERE channel = $1 AND state IN ('queued', 'sending') AND state = 'queued' \
        AND due_at > $2";
}

/// PostgreSQL's claim: several nodes take different rows without waiting for each other, and
/// leases go by the database's clock. The choice is materialised, because a subquery with a limit
/// may be run again for every row it is compared with and then takes more than its limit.
pub(in crate::store) const CLAIM_POSTGRES: &str = concat!(
    "WITH clock AS MATERIALIZED (SELECT \
     CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now), \
     chosen AS MATERIALIZED (SELECT w.province, w.id FROM outbox w \
     WHERE w.channel = $1 AND w.class_order = $2 AND w.province = $3 \
     AND w.state IN ('queued', 'sending') AND w.due_at <= $4 \
     AND (w.state = 'queued' OR w.lease_until < (SELECT now FROM clock))",
    may_go!(),
    "ORDER BY w.due_at, w.id LIMIT $6 FOR UPDATE SKIP LOCKED) \
     UPDATE outbox o SET state = 'sending', attempts = o.attempts + 1, epoch = o.epoch + 1, \
     lease_until = (SELECT now FROM clock) + $5 \
     FROM chosen c WHERE o.province = c.province AND o.id = c.id",
    claimed!("o.")
);

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
        /// Blind index of the recipient's number.
        pub address: Option<Vec<u8>>,
        /// Parts that are charged.
        pub units: i64,
        /// Tries so far, this one included.
        pub attempts: i64,
        /// How often it was sent again after an unknown outcome.
        pub doubtful: i64,
        /// Fencing number of this claim.
        pub epoch: i64,
        /// Not after, microseconds UTC.
        pub deadline_at: i64,
        /// When it was written.
        pub created_at: i64,
        /// Whether its recipient wants nothing more of this channel.
        pub stopped: bool,
        /// Whether another message stands in for it.
        pub stood_in_for: bool,
    }
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub struct ClaimedOutbox {
    /// The messages, in the order in which they should leave.
    pub messages: Vec<ClaimedMessage>,
    /// Until when pace or health let nothing more go, whatever comes.
    pub rests_until: Option<Moment>,
    /// Whether failures have stopped the channel: the message claimed, if any, is a try.
    pub stopped: bool,
    /// Whether messages wait for money.
    pub capped: bool,
}

impl Tx {
    /// Claims up to `limit` messages of a channel that are due, for `lease_seconds`. A claim whose
    /// lease ran out is taken again under a higher epoch, which shuts the earlier holder out.
    /// National scope.
    pub async fn claim_outbox(
        &mut self,
        channel: &ChannelId,
        pace: &Pace,
        now: Moment,
        (lease_seconds, limit): (i64, i64),
    ) -> Result<ClaimedOutbox, StoreError> {
        let mut flow = self.hold_flow(channel).await?;
        flow.refill(pace, now);
        let (most, stopped) = match flow.admits(pace, now) {
            Admitted::None(until) => {
                return Ok(ClaimedOutbox {
                    rests_until: Some(until),
                    stopped: flow.is_stopped(),
                    ..ClaimedOutbox::default()
                });
            }
            Admitted::All => (limit, false),
            Admitted::One => {
                self.wake_outbox(channel, now, 1).await?;
                (1, true)
            }
        };
        flow.turn += 1;
        let lease = lease_seconds.saturating_mul(1_000_000);
        let mut taking = Taking {
            channel,
            pace,
            flow,
            times: (now, lease),
            left: most,
            capped: false,
            messages: Vec::new(),
        };
        taking.take(self).await?;
        self.save_flow(&taking.flow).await?;
        let rests_until = if stopped {
            Some(Moment(taking.flow.open_until))
        } else {
            taking.flow.rests_until(pace, now)
        };
        Ok(ClaimedOutbox {
            messages: taking.messages,
            rests_until,
            stopped,
            capped: taking.capped,
        })
    }

    /// When the first message of a channel is due that is due later than this. National scope.
    pub async fn next_outbox(
        &mut self,
        channel: &ChannelId,
        after: Moment,
    ) -> Result<Option<Moment>, StoreError> {
        let due: Option<i64> = on!(self, c => sqlx::query_scalar(NEXT_DUE)
            .bind(channel.as_str()).bind(after.0).fetch_one(c).await?);
        Ok(due.map(Moment))
    }

    /// Makes messages due that wait because their channel failed; the most urgent first.
    pub(super) async fn wake_outbox(
        &mut self,
        channel: &ChannelId,
        now: Moment,
        limit: i64,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(WAKE).bind(channel.as_str()).bind(now.0).bind(limit)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    async fn claim_group(
        &mut self,
        taking: &Taking<'_>,
        (class, province): (i64, &str),
        limit: i64,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        let (now, lease) = taking.times;
        let in_order = i64::from(taking.pace.in_order);
        let mut claimed: Vec<ClaimedMessage> = match self.connection() {
            Either::Sqlite(c) => {
                let claim = sqlx::query_as(CLAIM_SQLITE).bind(taking.channel.as_str());
                let claim = claim.bind(class).bind(province).bind(now.0).bind(lease);
                claim.bind(limit).bind(in_order).fetch_all(c).await?
            }
            Either::Postgres(c) => {
                let claim = sqlx::query_as(CLAIM_POSTGRES).bind(taking.channel.as_str());
                let claim = claim.bind(class).bind(province).bind(now.0).bind(lease);
                claim.bind(limit).bind(in_order).fetch_all(c).await?
            }
        };
        claimed.sort_by_key(|m| (m.created_at, m.id));
        Ok(claimed)
    }
}

/// A claim under way.
struct Taking<'a> {
    channel: &'a ChannelId,
    pace: &'a Pace,
    flow: ChannelFlow,
    /// Now, and the lease in microseconds.
    times: (Moment, i64),
    left: i64,
    capped: bool,
    messages: Vec<ClaimedMessage>,
}

/// The last class that waits for no money but the hard cap.
const PASS: i64 = 1;

impl Taking<'_> {
    async fn take(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let groups: Vec<(i64, String)> = on!(tx, c => sqlx::query_as(GROUPS)
            .bind(self.channel.as_str()).fetch_all(c).await?);
        for class in 0..Class::ALL.len() {
            let class = i64::try_from(class).unwrap_or(0);
            let mut provinces: Vec<&str> = groups
                .iter()
                .filter(|(c, _)| *c == class)
                .map(|(_, p)| p.as_str())
                .collect();
            if provinces.is_empty() {
                continue;
            }
            // Where there are more provinces than parts, another one begins each time.
            let first = usize::try_from(self.flow.turn).unwrap_or(0) % provinces.len();
            provinces.rotate_left(first);
            self.take_class(tx, class, provinces).await?;
        }
        Ok(())
    }

    /// Shares what may go among the provinces; who has less leaves the rest to the others.
    async fn take_class(
        &mut self,
        tx: &mut Tx,
        class: i64,
        mut provinces: Vec<&str>,
    ) -> Result<(), StoreError> {
        while !provinces.is_empty() {
            let may = self.may(class);
            if may < 1 {
                break;
            }
            let count = i64::try_from(provinces.len()).unwrap_or(1);
            let share = (may / count).max(1);
            let mut hungry = Vec::new();
            for province in provinces {
                let limit = share.min(self.may(class));
                if limit < 1 {
                    break;
                }
                let taken = tx.claim_group(self, (class, province), limit).await?;
                if i64::try_from(taken.len()) == Ok(limit) {
                    hungry.push(province);
                }
                self.took(taken);
            }
            provinces = hungry;
        }
        Ok(())
    }

    fn may(&mut self, class: i64) -> i64 {
        let with_money = self.flow.budget(self.pace, class > PASS);
        let without = Pace {
            cost: 0,
            ..*self.pace
        };
        self.capped |= with_money < 1 && self.flow.budget(&without, false) >= 1;
        with_money.min(self.left)
    }

    fn took(&mut self, taken: Vec<ClaimedMessage>) {
        for message in &taken {
            self.flow.charge(self.pace, message.units);
            self.left -= 1;
        }
        self.messages.extend(taken);
    }
}
