//! Passes that were declared in a chat, and whether that chat wants to hear of them.

mod locks;

pub(super) use locks::ALL as LOCKS_ALL;

use super::StoreError;
use super::bulk::{self, Cell, Table};
use super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{PassId, ProvinceId};
use crate::message::ChannelId;
use crate::phrase::Language;

macro_rules! watched {
    () => {
        "SELECT w.province, w.pass, w.person, w.channel, w.home, w.address, w.recipient, \
         w.language, w.proven, w.heard_at, w.issued_at, w.expires_at, w.due_at, w.superseded_at, \
         p.level, \
         (SELECT c.updated_at FROM conversations c WHERE c.province = w.home \
            AND c.channel = w.channel AND c.address = w.address) AS talked_at, \
         EXISTS (SELECT 1 FROM revoked_passes r WHERE r.province = w.province \
            AND r.pass = w.pass) AS revoked, \
         EXISTS (SELECT 1 FROM passes l WHERE l.province = w.province AND l.person = w.person \
            AND l.issued_at > w.issued_at) AS overtaken, \
         EXISTS (SELECT 1 FROM notices_off n WHERE n.province = w.home \
            AND n.channel = w.channel AND n.address = w.address) AS unwanted, \
         EXISTS (SELECT 1 FROM declarations o WHERE o.province = w.province \
            AND o.id = p.declaration AND o.phone IS NOT NULL AND NOT EXISTS (\
            SELECT 1 FROM declarations d WHERE d.province = w.province AND d.person = w.person \
            AND (d.phone IS NULL OR d.phone <> o.phone))) AS agreed \
         FROM watches w JOIN passes p ON p.province = w.province AND p.id = w.pass "
    };
}

statements! {
    SUPERSEDE = "UPDATE watches SET superseded_at = $4, due_at = CASE WHEN proven \
        AND expires_at > $4 AND NOT (channel = $5 AND address = $6) THEN $4 ELSE NULL END \
        WHERE province = $1 AND person = $2 AND pass <> $3 AND superseded_at IS NULL \
        AND issued_at < $4";
    DUE = concat!(watched!(), "WHERE w.due_at <= $1 ORDER BY w.due_at, w.pass LIMIT $2");
    LIVE = concat!(watched!(), "WHERE w.province = $1 AND w.person = $2 \
        AND w.superseded_at IS NULL AND w.expires_at > $3");
    // The time that was seen must still stand: another node may have told it, or something newer
    // may be due.
    SETTLE = "UPDATE watches SET due_at = $4, told_at = COALESCE($5, told_at) \
        WHERE province = $1 AND pass = $2 AND due_at = $3";
    FORGET = "DELETE FROM watches WHERE expires_at < $1";
    UNWATCH = "DELETE FROM watches WHERE channel = $1 AND address = $2";
    TURN_OFF = "INSERT INTO notices_off (province, channel, address, off_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (province, channel, address) DO NOTHING";
    TURN_ON = "DELETE FROM notices_off WHERE province = $1 AND channel = $2 AND address = $3";
    IS_OFF = "SELECT COUNT(*) FROM notices_off WHERE province = $1 AND channel = $2 \
        AND address = $3";
}

/// PostgreSQL's superseding by many at once; SQLite runs `SUPERSEDE` for each. Two lanes may do it
/// at once: rows are locked in their one order.
const SUPERSEDE_POSTGRES: &str = "WITH theirs AS (SELECT w.province, w.pass, v.at, v.channel, \
     v.address FROM watches w \
     JOIN UNNEST($1::TEXT[], $2::BYTEA[], $3::BYTEA[], $4::BIGINT[], $5::TEXT[], $6::BYTEA[]) \
     AS v(province, person, pass, at, channel, address) \
     ON w.province = v.province AND w.person = v.person AND w.pass <> v.pass \
     WHERE w.superseded_at IS NULL AND w.issued_at < v.at \
     ORDER BY w.province, w.pass FOR UPDATE OF w) \
     UPDATE watches w SET superseded_at = t.at, \
     due_at = CASE WHEN w.proven AND w.expires_at > t.at \
     AND NOT (w.channel = t.channel AND w.address = t.address) THEN t.at ELSE NULL END \
     FROM theirs t WHERE w.province = t.province AND w.pass = t.pass";

static WATCHES: Table = Table {
    name: "watches",
    columns: &[
        "province",
        "pass",
        "person",
        "channel",
        "home",
        "address",
        "recipient",
        "language",
        "proven",
        "heard_at",
        "issued_at",
        "expires_at",
        "due_at",
    ],
    tail: "ON CONFLICT (province, pass) DO NOTHING",
};

/// A pass that was declared in a chat, as it is stored; made by [`crate::Workflows::watch`].
#[derive(Clone, Debug)]
pub struct WatchRow {
    /// Who issued the pass.
    pub province: ProvinceId,
    /// The pass.
    pub pass: PassId,
    /// Blind index of its holder.
    pub person: [u8; 16],
    /// The chat's channel.
    pub channel: ChannelId,
    /// The channel's own province.
    pub home: ProvinceId,
    /// Blind index of the chat under the channel's province.
    pub address: [u8; 16],
    /// Sealed id of the chat.
    pub recipient: Vec<u8>,
    /// The chat's language.
    pub language: Language,
    /// Whether the chat proved the number that the declaration gives.
    pub proven: bool,
    /// When the chat was last heard.
    pub heard_at: Moment,
    /// When the pass was issued.
    pub issued_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// When its holder is reminded of the end, if at all.
    pub due_at: Option<Moment>,
}

row! {
    /// A watch with what became of its pass.
    #[derive(Clone, Debug)]
    pub struct Watch {
        /// Province of the pass.
        pub province: String,
        /// The pass.
        pub pass: Vec<u8>,
        /// Its holder.
        pub person: Vec<u8>,
        /// The chat's channel.
        pub channel: String,
        /// The channel's own province.
        pub home: String,
        /// Blind index of the chat.
        pub address: Vec<u8>,
        /// Sealed id of the chat.
        pub recipient: Vec<u8>,
        /// Language.
        pub language: String,
        /// Whether the chat proved the number that the declaration gives.
        pub proven: bool,
        /// When the chat was heard, as the watch was made.
        pub heard_at: i64,
        /// When the pass was issued, microseconds UTC.
        pub issued_at: i64,
        /// When it ends.
        pub expires_at: i64,
        /// When something is to be told.
        pub due_at: Option<i64>,
        /// When a later declaration replaced the pass.
        pub superseded_at: Option<i64>,
        /// Level of the pass.
        pub level: String,
        /// When the exchange with the chat was last written.
        pub talked_at: Option<i64>,
        /// Whether the pass was revoked.
        pub revoked: bool,
        /// Whether there is a later pass, also one that was stored before this one.
        pub overtaken: bool,
        /// Whether the chat wants no notices.
        pub unwanted: bool,
        /// Whether every declaration of this document gives the number that this one gives.
        pub agreed: bool,
    }
}

/// A declaration that replaces others: its province, person, pass, time, and the chat it came
/// from, if it came from one.
pub(super) struct Superseding {
    pub(super) province: String,
    pub(super) person: [u8; 16],
    pub(super) pass: [u8; 16],
    pub(super) at: i64,
    pub(super) chat: (String, Vec<u8>),
}

impl Tx {
    pub(super) async fn append_watches(&mut self, rows: &[WatchRow]) -> Result<(), StoreError> {
        bulk::insert(self, &WATCHES, rows.iter().map(WatchRow::cells).collect()).await
    }

    /// Adds one watch; a pass has one at most.
    pub async fn add_watch(&mut self, row: &WatchRow) -> Result<(), StoreError> {
        bulk::insert(self, &WATCHES, vec![row.cells()]).await
    }

    /// Later declarations end the watches of a person's earlier passes: no more reminder; what
    /// came from elsewhere is to be told.
    pub(super) async fn supersede_watches(&mut self, by: &[Superseding]) -> Result<(), StoreError> {
        match self.connection() {
            Either::Sqlite(c) => {
                for s in by {
                    let query = sqlx::query(SUPERSEDE).bind(s.province.as_str());
                    let query = query.bind(s.person.as_slice()).bind(s.pass.as_slice());
                    let query = query.bind(s.at).bind(s.chat.0.as_str());
                    query.bind(s.chat.1.as_slice()).execute(&mut *c).await?;
                }
            }
            Either::Postgres(c) => {
                let query = sqlx::query(SUPERSEDE_POSTGRES)
                    .bind(by.iter().map(|s| s.province.as_str()).collect::<Vec<_>>())
                    .bind(by.iter().map(|s| s.person.as_slice()).collect::<Vec<_>>())
                    .bind(by.iter().map(|s| s.pass.as_slice()).collect::<Vec<_>>())
                    .bind(by.iter().map(|s| s.at).collect::<Vec<_>>())
                    .bind(by.iter().map(|s| s.chat.0.as_str()).collect::<Vec<_>>())
                    .bind(by.iter().map(|s| s.chat.1.as_slice()).collect::<Vec<_>>());
                query.execute(c).await?;
            }
        }
        Ok(())
    }

    /// Watches with something to tell by now, the oldest first. National scope.
    pub async fn due_watches(&mut self, now: Moment, limit: i64) -> Result<Vec<Watch>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(DUE).bind(now.0).bind(limit).fetch_all(c).await?))
    }

    /// Watches of a person's passes that have neither ended nor been replaced. National scope,
    /// because a chat says under its channel's province what it wants to hear.
    pub async fn live_watches(
        &mut self,
        province: &ProvinceId,
        person: &[u8; 16],
        now: Moment,
    ) -> Result<Vec<Watch>, StoreError> {
        Ok(
            on!(self, c => sqlx::query_as(LIVE).bind(province.as_str()).bind(person.as_slice())
            .bind(now.0).fetch_all(c).await?),
        )
    }

    /// Records that what was due is told (`told_at`), or when to look again. `false`: something
    /// else was recorded meanwhile. National scope, or the pass's.
    pub async fn settle_watch(
        &mut self,
        watch: &Watch,
        again_at: Option<Moment>,
        told_at: Option<Moment>,
    ) -> Result<bool, StoreError> {
        let rows = on!(self, c => sqlx::query(SETTLE).bind(watch.province.as_str())
            .bind(watch.pass.as_slice()).bind(watch.due_at).bind(again_at.map(|at| at.0))
            .bind(told_at.map(|at| at.0)).execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// Forgets the watches of passes that ended before this. National scope.
    pub async fn forget_watches(&mut self, before: Moment) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(FORGET).bind(before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Forgets every watch of a chat, for one that is unlinked: nothing is told there any more,
    /// whatever happens to the passes. `address` is the chat's blind index under the channel's
    /// province. National scope, because the passes may be of any province.
    pub async fn unwatch(
        &mut self,
        channel: &ChannelId,
        address: &[u8; 16],
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(UNWATCH).bind(channel.as_str()).bind(address.as_slice())
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// A chat wants no notices (`off`), or wants them again; `address` is its blind index under
    /// the channel's province. Nothing is reminded or told there from now on; what was asked for is
    /// still answered, and passes are still handed over. Scope of the channel's province.
    pub async fn set_notices_off(
        &mut self,
        channel: &ChannelId,
        address: &[u8; 16],
        off: bool,
        now: Moment,
    ) -> Result<(), StoreError> {
        let home = ProvinceId::parse(&self.province());
        let home = home.ok_or(StoreError::Corrupt {
            table: "notices_off",
            column: "province",
        })?;
        self.turn_notices((&home, channel), address, off, now).await
    }

    /// The same for whatever province the channel is of.
    pub(super) async fn turn_notices(
        &mut self,
        (home, channel): (&ProvinceId, &ChannelId),
        address: &[u8; 16],
        off: bool,
        now: Moment,
    ) -> Result<(), StoreError> {
        let province = home.as_str();
        if off {
            on!(self, c => sqlx::query(TURN_OFF).bind(province).bind(channel.as_str())
                .bind(address.as_slice()).bind(now.0).execute(c).await.map(|_| ()))?;
            self.spare_notices_of((home, channel), address, now).await?;
        } else {
            on!(self, c => sqlx::query(TURN_ON).bind(province).bind(channel.as_str())
                .bind(address.as_slice()).execute(c).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Whether a chat wants no notices. Scope of the channel's province.
    pub async fn are_notices_off(
        &mut self,
        channel: &ChannelId,
        address: &[u8; 16],
    ) -> Result<bool, StoreError> {
        let province = self.province();
        let rows: i64 = on!(self, c => sqlx::query_scalar(IS_OFF).bind(province)
            .bind(channel.as_str()).bind(address.as_slice()).fetch_one(c).await?);
        Ok(rows > 0)
    }
}

impl WatchRow {
    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Text(self.province.as_str()),
            Cell::Blob(&self.pass.0),
            Cell::Blob(&self.person),
            Cell::Text(self.channel.as_str()),
            Cell::Text(self.home.as_str()),
            Cell::Blob(&self.address),
            Cell::Blob(&self.recipient),
            Cell::Text(self.language.as_str()),
            Cell::Flag(self.proven),
            Cell::Int(self.heard_at.0),
            Cell::Int(self.issued_at.0),
            Cell::Int(self.expires_at.0),
            Cell::MaybeInt(self.due_at.map(|at| at.0)),
        ]
    }
}
