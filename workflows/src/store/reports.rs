//! Reports as they were made, and whom they go to.

use uuid::Uuid;

use super::StoreError;
use super::conn::{Tx, on, row, statements};
use crate::clock::{Day, Moment};

macro_rules! report {
    () => {
        "SELECT kind, day, revision, from_at, until_at, content, content_hash, made_at \
         FROM reports "
    };
}

statements! {
    ADD = "INSERT INTO reports (province, kind, day, revision, from_at, until_at, content, \
        content_hash, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        ON CONFLICT (province, kind, day, revision) DO NOTHING";
    ONE = concat!(report!(), "WHERE province = $1 AND kind = $2 AND day = $3 \
        ORDER BY revision DESC LIMIT 1");
    RECENT = concat!(report!(), "WHERE province = $1 ORDER BY day DESC, revision DESC LIMIT $2");
    ADD_MEMBER = "INSERT INTO committee_members (province, id, name, address, language, active) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    MEMBERS = "SELECT id, name, address, language, active FROM committee_members \
        WHERE province = $1 AND active ORDER BY id";
    DECLARED = "SELECT channel, CASE WHEN symptoms THEN 1 ELSE 0 END AS symptoms, \
        CASE WHEN suspected THEN 1 ELSE 0 END AS suspected, COUNT(*) AS declarations \
        FROM declarations WHERE province = $1 AND created_at >= $2 AND created_at < $3 \
        GROUP BY channel, symptoms, suspected";
}

row! {
    /// A stored report.
    #[derive(Clone, Debug)]
    pub struct ReportRow {
        /// `daily`.
        pub kind: String,
        /// The local day its window ends on.
        pub day: i64,
        /// 0, then one more for each restatement.
        pub revision: i64,
        /// Window start (included), microseconds UTC.
        pub from_at: i64,
        /// Window end (excluded), microseconds UTC.
        pub until_at: i64,
        /// [`crate::reporting::Report`], JSON object.
        pub content: String,
        /// SHA-256 of the content.
        pub content_hash: Vec<u8>,
        /// When it was made.
        pub made_at: i64,
    }
}

row! {
    /// A member of the Steering Committee.
    #[derive(Clone, Debug)]
    pub struct MemberRow {
        /// Id.
        pub id: Uuid,
        /// Name.
        pub name: String,
        /// Sealed mail address.
        pub address: Vec<u8>,
        /// `vi` or `en`.
        pub language: String,
        /// Whether reports go to them.
        pub active: bool,
    }
}

row! {
    /// Declarations of a window by channel and finding.
    #[derive(Clone, Debug)]
    pub struct DeclaredCount {
        /// Channel.
        pub channel: String,
        /// 1 with symptoms.
        pub symptoms: i32,
        /// 1 when the answers made the person suspected.
        pub suspected: i32,
        /// How many.
        pub declarations: i64,
    }
}

impl Tx {
    /// Stores a report; `false` when that revision was there already.
    pub async fn add_report(&mut self, r: &ReportRow) -> Result<bool, StoreError> {
        let province = self.province();
        let rows = on!(self, c => sqlx::query(ADD).bind(province).bind(r.kind.as_str())
            .bind(r.day).bind(r.revision).bind(r.from_at).bind(r.until_at)
            .bind(r.content.as_str()).bind(r.content_hash.as_slice()).bind(r.made_at)
            .execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// The newest revision of a day's report.
    pub async fn report(&mut self, kind: &str, day: Day) -> Result<Option<ReportRow>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ONE).bind(province).bind(kind).bind(i64::from(day.0))
            .fetch_optional(c).await?),
        )
    }

    /// The newest reports.
    pub async fn recent_reports(&mut self, limit: i64) -> Result<Vec<ReportRow>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(RECENT).bind(province).bind(limit)
            .fetch_all(c).await?),
        )
    }

    /// Adds a committee member.
    pub async fn add_member(&mut self, m: &MemberRow) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(ADD_MEMBER).bind(province).bind(m.id).bind(m.name.as_str())
            .bind(m.address.as_slice()).bind(m.language.as_str()).bind(m.active)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The members that reports go to.
    pub async fn members(&mut self) -> Result<Vec<MemberRow>, StoreError> {
        let province = self.province();
        Ok(on!(self, c => sqlx::query_as(MEMBERS).bind(province).fetch_all(c).await?))
    }

    /// Declarations in a half-open window, grouped.
    pub async fn declared_counts(
        &mut self,
        from: Moment,
        until: Moment,
    ) -> Result<Vec<DeclaredCount>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(DECLARED).bind(province).bind(from.0).bind(until.0)
            .fetch_all(c).await?),
        )
    }
}
