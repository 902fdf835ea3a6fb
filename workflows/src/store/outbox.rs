//! Messages to send, one part a row. A row is written with its cause; [`claim`] hands rows out by
//! channel, class and province, [`settle`] records what became of them, [`receipts`] what the
//! provider said later, [`stand_ins`] which messages go in place of others. [`flow`] is a channel's
//! pace, money and health.

mod claim;
mod flow;
mod receipts;
mod settle;
mod stand_ins;

use uuid::Uuid;

pub use claim::{ClaimedMessage, ClaimedOutbox};
pub use flow::{ChannelFlow, Pace};
pub use receipts::ReceiptRow;
pub use settle::{Settled, Swept};

use super::StoreError;
use super::bulk::{self, Cell, Table, bytes};
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{OutboundId, ProvinceId};
use crate::message::{ChannelId, Class, PartOf};

/// Channels are shared by provinces: what belongs to a channel as a whole is filed under this
/// scope, as the service's jobs are.
pub(super) const SERVICE: &str = "service";

/// Statements of the parts of this module, for the test that prepares each.
pub(super) const PARTS: [&[&str]; 5] = [
    claim::ALL,
    flow::ALL,
    receipts::ALL,
    settle::ALL,
    stand_ins::ALL,
];

statements! {
    // Chosen before they are grouped, or SQLite reads every row in the order of its state.
    COUNTS = "SELECT state, COUNT(*) AS messages, \
        CAST(COALESCE(MIN(due_at), 0) AS BIGINT) AS oldest_due_at FROM (\
        SELECT state, due_at FROM outbox WHERE state IN ('queued', 'sending') \
        UNION ALL SELECT state, due_at FROM outbox WHERE settled_at >= $1) AS o GROUP BY state";
    BY_CHANNEL = "SELECT channel, state, class_order, COUNT(*) AS messages, \
        CAST(MIN(due_at) AS BIGINT) AS oldest_due_at FROM outbox \
        WHERE state IN ('queued', 'sending') OR settled_at >= $1 \
        OR (state = 'unknown' AND settled_at IS NULL) \
        GROUP BY channel, state, class_order";
    STATE_OF_CAUSE = "SELECT state, attempts, last_code FROM outbox \
        WHERE province = $1 AND channel = $2 AND cause LIKE $3 ORDER BY cause";
    DEAD = "SELECT province, id, channel, class, state, attempts, last_code, recipient, \
        created_at FROM outbox WHERE province = $1 \
        AND (state IN ('refused', 'expired') OR (state = 'unknown' AND settled_at IS NOT NULL)) \
        AND settled_at >= $2 ORDER BY created_at DESC, id LIMIT $3";
    // A report may be sent by hand again at any time, and then goes to nobody who has got it.
    FORGET = "DELETE FROM outbox WHERE (province, id) IN (SELECT province, id FROM outbox \
        WHERE settled_at < $1 AND class <> 'report' ORDER BY settled_at LIMIT $2)";
    REQUEUE = "UPDATE outbox SET state = 'queued', attempts = 0, due_at = $3, deadline_at = $4, \
        settled_at = NULL WHERE province = $1 AND id = $2 \
        AND (state IN ('refused', 'expired') OR (state = 'unknown' AND settled_at IS NOT NULL))";
    // Notices that wait are few: the index of what is open finds them.
    SPARE_CHAT = "UPDATE outbox SET state = 'spared', settled_at = $4 WHERE province = $1 \
        AND channel = $2 AND class_order = 2 AND state IN ('queued', 'sending') \
        AND state = 'queued' AND address = $3";
    SPARE_NOTICES = "UPDATE outbox SET state = 'spared', settled_at = $4 WHERE province = $1 \
        AND channel = $2 AND class_order = 2 AND state IN ('queued', 'sending') \
        AND state = 'queued' AND cause LIKE $3";
}

static OUTBOX: Table = Table {
    name: "outbox",
    columns: &[
        "province",
        "id",
        "channel",
        "class",
        "class_order",
        "cause",
        "recipient",
        "body",
        "address",
        "units",
        "part_number",
        "part_total",
        "state",
        "attempts",
        "due_at",
        "deadline_at",
        "lease_until",
        "epoch",
        "created_at",
        "instead_of",
    ],
    tail: "ON CONFLICT (province, channel, cause) DO NOTHING",
};

/// A message to send, as it is stored: one part of a text, or one mail.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Whose message.
    pub province: ProvinceId,
    /// Its id; part of a mail's Message-ID.
    pub id: OutboundId,
    /// `mail`, or a configured channel.
    pub channel: ChannelId,
    /// Why it is sent.
    pub class: Class,
    /// What made it necessary, unique per channel: the same cause never sends twice. The parts of
    /// one text need different ones.
    pub cause: String,
    /// Sealed address.
    pub recipient: Vec<u8>,
    /// Sealed content.
    pub body: Vec<u8>,
    /// Blind index of the recipient's number under the channel's province; none for mail. Receipts
    /// are matched by it.
    pub address: Option<[u8; 16]>,
    /// Parts that the provider charges: 1 for a row that is one part.
    pub units: i64,
    /// Its place in a long text.
    pub part: Option<PartOf>,
    /// Not before; messages of one class leave in this order.
    pub due_at: Moment,
    /// Not after.
    pub deadline_at: Moment,
    /// The message of the same province that it stands in for, written before it or with it: this
    /// one waits until that one cannot arrive any more, and is spared when that one was taken.
    pub instead_of: Option<OutboundId>,
}

row! {
    /// Messages by state.
    #[derive(Clone, Debug)]
    pub struct OutboxCounts {
        /// `queued`, `sending`, `sent`, `delivered`, `read`, `refused`, `unknown`, `expired`,
        /// `stopped` or `spared`.
        pub state: String,
        /// How many.
        pub messages: i64,
        /// When the oldest of them is due.
        pub oldest_due_at: i64,
    }
}

row! {
    /// A channel's messages by state and class: the open ones, and those that ended lately.
    #[derive(Clone, Debug)]
    pub struct ChannelCounts {
        /// Channel.
        pub channel: String,
        /// State.
        pub state: String,
        /// Place of the class in [`Class::ALL`].
        pub class_order: i64,
        /// How many.
        pub messages: i64,
        /// When the oldest of them is due, microseconds UTC.
        pub oldest_due_at: i64,
    }
}

row! {
    /// A message that did not get through.
    #[derive(Clone, Debug)]
    pub struct DeadMessage {
        /// Province.
        pub province: String,
        /// Id.
        pub id: Uuid,
        /// Channel.
        pub channel: String,
        /// Class.
        pub class: String,
        /// `refused`, `expired` or `unknown`.
        pub state: String,
        /// Tries.
        pub attempts: i64,
        /// The last code, without personal data.
        pub last_code: Option<String>,
        /// Sealed address.
        pub recipient: Vec<u8>,
        /// When it was written.
        pub created_at: i64,
    }
}

/// A class as the number that rows are ordered by.
fn class_order(class: Class) -> i64 {
    let place = Class::ALL.iter().position(|c| *c == class);
    place.and_then(|p| i64::try_from(p).ok()).unwrap_or(0)
}

impl Tx {
    pub(super) async fn append_outbox(
        &mut self,
        rows: &[OutboxRow],
        now: Moment,
    ) -> Result<(), StoreError> {
        let cells = rows.iter().map(|row| cells(row, now)).collect();
        bulk::insert(self, &OUTBOX, cells).await
    }

    /// Adds messages; one whose cause was there already is left as it is.
    pub async fn add_outbox(&mut self, rows: &[OutboxRow], now: Moment) -> Result<(), StoreError> {
        self.append_outbox(rows, now).await
    }

    /// Messages by state: the open ones, and the others that ended since then.
    pub async fn outbox_counts(&mut self, since: Moment) -> Result<Vec<OutboxCounts>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(COUNTS).bind(since.0).fetch_all(c).await?))
    }

    /// Messages by channel, state and class: the open ones, and the others that ended since then.
    pub async fn channel_counts(
        &mut self,
        since: Moment,
    ) -> Result<Vec<ChannelCounts>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(BY_CHANNEL).bind(since.0).fetch_all(c).await?))
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

    /// Messages of the scope's province that ended since then without getting through, the newest
    /// first.
    pub async fn dead_messages(
        &mut self,
        since: Moment,
        limit: i64,
    ) -> Result<Vec<DeadMessage>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(DEAD).bind(province).bind(since.0).bind(limit)
            .fetch_all(c).await?),
        )
    }

    /// Deletes up to `limit` messages that ended before, reports apart; how many.
    pub async fn forget_messages(&mut self, before: Moment, limit: i64) -> Result<u64, StoreError> {
        Ok(
            on!(self, c => sqlx::query(FORGET).bind(before.0).bind(limit)
            .execute(c).await?.rows_affected()),
        )
    }

    /// Puts a message of the scope's province back that did not get through. `false`: it is not
    /// there, or not dead; or the same thing has reached its reader by another message that stands
    /// in for it, or may yet.
    pub async fn requeue_message(
        &mut self,
        id: OutboundId,
        now: Moment,
        deadline: Moment,
    ) -> Result<bool, StoreError> {
        let province = self.province();
        if self.has_live_relatives((&province, id.0)).await? {
            return Ok(false);
        }
        let done = on!(self, c => sqlx::query(REQUEUE).bind(province).bind(id.0).bind(now.0)
            .bind(deadline.0).execute(c).await?.rows_affected());
        Ok(done == 1)
    }
}

impl Tx {
    /// Spares the notices of the scope's province whose cause begins so and that still wait; how
    /// many. The beginning holds neither `%` nor `_`.
    pub(crate) async fn spare_notices(
        &mut self,
        channel: &ChannelId,
        cause_prefix: &str,
        now: Moment,
    ) -> Result<u64, StoreError> {
        let province = self.province();
        let like = format!("{cause_prefix} %");
        Ok(
            on!(self, c => sqlx::query(SPARE_NOTICES).bind(province).bind(channel.as_str())
            .bind(like).bind(now.0).execute(c).await?.rows_affected()),
        )
    }

    /// Spares the notices that wait for a chat: it has just said that it wants none.
    pub(super) async fn spare_notices_of(
        &mut self,
        (home, channel): (&ProvinceId, &ChannelId),
        address: &[u8; 16],
        now: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(SPARE_CHAT).bind(home.as_str()).bind(channel.as_str())
            .bind(address.as_slice()).bind(now.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

fn cells(row: &OutboxRow, now: Moment) -> Vec<Cell<'_>> {
    vec![
        Cell::Text(row.province.as_str()),
        Cell::Id(row.id.0),
        Cell::Text(row.channel.as_str()),
        Cell::Text(row.class.as_str()),
        Cell::Int(class_order(row.class)),
        Cell::Text(&row.cause),
        Cell::Blob(&row.recipient),
        Cell::Blob(&row.body),
        Cell::MaybeBlob(bytes(row.address.as_ref())),
        Cell::Int(row.units),
        Cell::MaybeInt(row.part.map(|p| i64::from(p.number))),
        Cell::MaybeInt(row.part.map(|p| i64::from(p.total))),
        Cell::Text("queued"),
        Cell::Int(0),
        Cell::Int(row.due_at.0),
        Cell::Int(row.deadline_at.0),
        Cell::Int(0),
        Cell::Int(0),
        Cell::Int(now.0),
        Cell::MaybeId(row.instead_of.map(|first| first.0)),
    ]
}
