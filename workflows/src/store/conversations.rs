//! Unfinished exchanges, and what a number lets us remember.

use super::StoreError;
use super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::ProvinceId;
use crate::message::ChannelId;

statements! {
    ONE = "SELECT version, state, updated_at, expires_at FROM conversations \
        WHERE province = $1 AND channel = $2 AND address = $3";
    SAVE = "INSERT INTO conversations (province, channel, address, version, state, updated_at, \
        expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (province, channel, address) DO UPDATE SET version = excluded.version, \
        state = excluded.state, updated_at = excluded.updated_at, \
        expires_at = excluded.expires_at WHERE conversations.version = excluded.version - 1";
    FORGET = "DELETE FROM conversations WHERE expires_at < $1";
    PROFILE = "SELECT sealed, consented_at, updated_at FROM profiles \
        WHERE province = $1 AND address = $2";
    KEEP = "INSERT INTO profiles (province, address, sealed, consented_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (province, address) DO UPDATE SET \
        sealed = excluded.sealed, consented_at = excluded.consented_at, \
        updated_at = excluded.updated_at";
    DROP = "DELETE FROM profiles WHERE province = $1 AND address = $2";
}

/// PostgreSQL's saving of many at once; SQLite runs `SAVE` for each.
pub(super) const SAVE_POSTGRES: &str = "INSERT INTO conversations (province, channel, address, \
     version, state, updated_at, expires_at) SELECT * FROM UNNEST($1::TEXT[], $2::TEXT[], \
     $3::BYTEA[], $4::BIGINT[], $5::BYTEA[], $6::BIGINT[], $7::BIGINT[]) \
     ON CONFLICT (province, channel, address) DO UPDATE SET version = excluded.version, \
     state = excluded.state, updated_at = excluded.updated_at, \
     expires_at = excluded.expires_at WHERE conversations.version = excluded.version - 1 \
     RETURNING province, channel, address";

/// PostgreSQL's keeping of many profiles at once; SQLite runs `KEEP` for each.
pub(super) const KEEP_POSTGRES: &str = "INSERT INTO profiles (province, address, sealed, \
     consented_at, updated_at) SELECT * FROM UNNEST($1::TEXT[], $2::BYTEA[], $3::BYTEA[], \
     $4::BIGINT[], $5::BIGINT[]) ON CONFLICT (province, address) DO UPDATE SET \
     sealed = excluded.sealed, consented_at = excluded.consented_at, \
     updated_at = excluded.updated_at";

/// An exchange as it is written.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    /// The channel's province.
    pub province: ProvinceId,
    /// The channel.
    pub channel: ChannelId,
    /// Blind index of the number under the channel's province.
    pub address: [u8; 16],
    /// One more than the version it was read at; 1 for the first.
    pub version: i64,
    /// Sealed state.
    pub state: Vec<u8>,
    /// When it was written.
    pub updated_at: Moment,
    /// When it may be forgotten.
    pub expires_at: Moment,
}

row! {
    /// An exchange as it was read, one that has expired included: its version still counts.
    #[derive(Clone, Debug)]
    pub struct StoredConversation {
        /// Version; the next write carries one more.
        pub version: i64,
        /// Sealed state.
        pub state: Vec<u8>,
        /// When it was written, microseconds UTC.
        pub updated_at: i64,
        /// When it may be forgotten.
        pub expires_at: i64,
    }
}

/// What a number lets us remember.
#[derive(Clone, Debug)]
pub struct ProfileRow {
    /// The channel's province.
    pub province: ProvinceId,
    /// Blind index of the number under that province.
    pub address: [u8; 16],
    /// Sealed content.
    pub sealed: Vec<u8>,
    /// When its owner agreed.
    pub consented_at: Moment,
    /// When it was written.
    pub updated_at: Moment,
}

/// A change of what a number lets us remember.
#[derive(Clone, Debug)]
pub enum ProfileChange {
    /// Remember this in place of what was there.
    Keep(ProfileRow),
    /// Forget it.
    Forget {
        /// The channel's province.
        province: ProvinceId,
        /// Whose.
        address: [u8; 16],
    },
}

row! {
    /// What was remembered.
    #[derive(Clone, Debug)]
    pub struct StoredProfile {
        /// Sealed content.
        pub sealed: Vec<u8>,
        /// When its owner agreed, microseconds UTC.
        pub consented_at: i64,
        /// When it was written.
        pub updated_at: i64,
    }
}

/// Whose exchange: no two of one batch may share it.
pub(super) type ConversationKey = (String, String, [u8; 16]);

impl ConversationRow {
    pub(super) fn key(&self) -> ConversationKey {
        (
            self.province.to_string(),
            self.channel.to_string(),
            self.address,
        )
    }
}

impl ProfileChange {
    pub(super) fn province(&self) -> &ProvinceId {
        match self {
            Self::Keep(row) => &row.province,
            Self::Forget { province, .. } => province,
        }
    }

    pub(super) fn address(&self) -> [u8; 16] {
        match self {
            Self::Keep(row) => row.address,
            Self::Forget { address, .. } => *address,
        }
    }
}

impl Tx {
    /// A number's exchange on a channel of the scope's province.
    pub async fn conversation(
        &mut self,
        channel: &ChannelId,
        address: [u8; 16],
    ) -> Result<Option<StoredConversation>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ONE).bind(province).bind(channel.as_str())
            .bind(address.as_slice()).fetch_optional(c).await?),
        )
    }

    /// What a number of the scope's province lets us remember.
    pub async fn profile(
        &mut self,
        address: [u8; 16],
    ) -> Result<Option<StoredProfile>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(PROFILE).bind(province).bind(address.as_slice())
            .fetch_optional(c).await?),
        )
    }

    /// Writes exchanges and returns the keys of those that were not stale. `rows` are of
    /// different keys and in their order, so that no two nodes wait for each other in a circle.
    pub(super) async fn save_conversations(
        &mut self,
        rows: &[&ConversationRow],
    ) -> Result<Vec<ConversationKey>, StoreError> {
        match self.connection() {
            Either::Sqlite(c) => {
                let mut saved = Vec::with_capacity(rows.len());
                for row in rows {
                    let done = sqlx::query(SAVE)
                        .bind(row.province.as_str())
                        .bind(row.channel.as_str())
                        .bind(row.address.as_slice())
                        .bind(row.version)
                        .bind(row.state.as_slice())
                        .bind(row.updated_at.0)
                        .bind(row.expires_at.0)
                        .execute(&mut *c)
                        .await?;
                    saved.extend((done.rows_affected() == 1).then(|| row.key()));
                }
                Ok(saved)
            }
            Either::Postgres(c) => {
                let saved: Vec<(String, String, Vec<u8>)> = sqlx::query_as(SAVE_POSTGRES)
                    .bind(column(rows, |r| r.province.as_str()))
                    .bind(column(rows, |r| r.channel.as_str()))
                    .bind(column(rows, |r| r.address.as_slice()))
                    .bind(column(rows, |r| r.version))
                    .bind(column(rows, |r| r.state.as_slice()))
                    .bind(column(rows, |r| r.updated_at.0))
                    .bind(column(rows, |r| r.expires_at.0))
                    .fetch_all(c)
                    .await?;
                let key = |(p, c, a): (String, String, Vec<u8>)| Some((p, c, a.try_into().ok()?));
                Ok(saved.into_iter().filter_map(key).collect())
            }
        }
    }

    /// Changes profiles; of several changes to one the last stands.
    pub(super) async fn change_profiles(
        &mut self,
        changes: &[ProfileChange],
    ) -> Result<(), StoreError> {
        let mut last = std::collections::BTreeMap::new();
        for change in changes {
            last.insert((change.province().as_str(), change.address()), change);
        }
        let mut kept = Vec::new();
        for ((province, address), change) in last {
            match change {
                ProfileChange::Keep(row) => kept.push(row),
                ProfileChange::Forget { .. } => {
                    on!(self, c => sqlx::query(DROP).bind(province).bind(address.as_slice())
                        .execute(c).await.map(|_| ()))?;
                }
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        self.keep_profiles(&kept).await
    }

    async fn keep_profiles(&mut self, rows: &[&ProfileRow]) -> Result<(), StoreError> {
        match self.connection() {
            Either::Sqlite(c) => {
                for row in rows {
                    sqlx::query(KEEP)
                        .bind(row.province.as_str())
                        .bind(row.address.as_slice())
                        .bind(row.sealed.as_slice())
                        .bind(row.consented_at.0)
                        .bind(row.updated_at.0)
                        .execute(&mut *c)
                        .await?;
                }
            }
            Either::Postgres(c) => {
                sqlx::query(KEEP_POSTGRES)
                    .bind(column(rows, |r| r.province.as_str()))
                    .bind(column(rows, |r| r.address.as_slice()))
                    .bind(column(rows, |r| r.sealed.as_slice()))
                    .bind(column(rows, |r| r.consented_at.0))
                    .bind(column(rows, |r| r.updated_at.0))
                    .execute(c)
                    .await?;
            }
        }
        Ok(())
    }

    /// Forgets a profile of the scope's province; whether there was one.
    pub async fn forget_profile(&mut self, address: [u8; 16]) -> Result<bool, StoreError> {
        let province = self.province();
        let done = on!(self, c => sqlx::query(DROP).bind(province).bind(address.as_slice())
            .execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Deletes the exchanges that ended before then; how many.
    pub async fn forget_conversations(&mut self, before: Moment) -> Result<u64, StoreError> {
        Ok(on!(self, c => sqlx::query(FORGET).bind(before.0).execute(c).await?.rows_affected()))
    }
}

/// One column of the rows, as PostgreSQL's arrays want it.
fn column<'a, R, T>(rows: &'a [&'a R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(|row| of(row)).collect()
}
