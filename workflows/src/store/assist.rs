//! One-time codes by which a citizen lets somebody else declare.

use uuid::Uuid;

use super::StoreError;
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{CheckpointId, OfficerId};

statements! {
    ADD = "INSERT INTO assists (province, id, officer, phone, number, code, checkpoint, tries, \
        sent_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)";
    // Counted and read in one statement: tries made at the same time cannot pass the limit.
    TRY = "UPDATE assists SET tries = tries + 1 WHERE province = $1 AND id = $2 AND officer = $3 \
        AND proven_at IS NULL AND expires_at > $4 AND tries < $5 \
        RETURNING id, phone, number, code, checkpoint, tries, sent_at, proven_at";
    PROVEN = "UPDATE assists SET proven_at = $3 WHERE province = $1 AND id = $2 \
        AND proven_at IS NULL";
    ONE = "SELECT id, phone, number, code, checkpoint, tries, sent_at, proven_at FROM assists \
        WHERE province = $1 AND id = $2 AND officer = $3";
    FORGET = "DELETE FROM assists WHERE sent_at < $1";
}

/// A code to keep.
#[derive(Clone)]
pub struct NewAssist {
    /// Its id.
    pub id: Uuid,
    /// Who asked for it; nobody else can use it.
    pub officer: OfficerId,
    /// Blind index of the number.
    pub phone: [u8; 16],
    /// Sealed number.
    pub number: Vec<u8>,
    /// Keyed hash of the code.
    pub code: [u8; 16],
    /// Post of whoever asked.
    pub checkpoint: Option<CheckpointId>,
    /// When it was made.
    pub sent_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
}

row! {
    /// A kept code.
    #[derive(Clone)]
    pub struct AssistRow {
        /// Its id.
        pub id: Uuid,
        /// Blind index of the number.
        pub phone: Vec<u8>,
        /// Sealed number.
        pub number: Vec<u8>,
        /// Keyed hash of the code.
        pub code: Vec<u8>,
        /// Post of whoever asked.
        pub checkpoint: Option<i64>,
        /// Codes tried so far.
        pub tries: i64,
        /// When it was made.
        pub sent_at: i64,
        /// When the right code was given.
        pub proven_at: Option<i64>,
    }
}

impl Tx {
    /// Keeps a code.
    pub async fn add_assist(&mut self, assist: &NewAssist) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(ADD).bind(province).bind(assist.id).bind(assist.officer.0)
            .bind(assist.phone.as_slice()).bind(assist.number.as_slice())
            .bind(assist.code.as_slice()).bind(assist.checkpoint.map(|c| c.0))
            .bind(assist.sent_at.0).bind(assist.expires_at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Counts one more try of a code that still stands. `None`: there is no such code for this
    /// officer, it ended, was used, or was tried `most` times.
    pub async fn claim_assist_try(
        &mut self,
        (id, officer): (Uuid, OfficerId),
        now: Moment,
        most: i64,
    ) -> Result<Option<AssistRow>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(TRY).bind(province).bind(id).bind(officer.0)
            .bind(now.0).bind(most).fetch_optional(c).await?),
        )
    }

    /// Notes that the right code was given.
    pub async fn set_assist_proven(&mut self, id: Uuid, at: Moment) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(PROVEN).bind(province).bind(id).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// A code of this officer.
    pub async fn assist(
        &mut self,
        id: Uuid,
        officer: OfficerId,
    ) -> Result<Option<AssistRow>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ONE).bind(province).bind(id).bind(officer.0)
            .fetch_optional(c).await?),
        )
    }

    /// Forgets codes made before an instant.
    pub async fn forget_assists_before(&mut self, before: Moment) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(FORGET).bind(before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
