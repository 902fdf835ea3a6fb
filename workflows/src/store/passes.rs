//! Passes. Append-only: what became of a pass is derived when it is read.

use uuid::Uuid;

use super::StoreError;
use super::bulk::{self, Cell, Table};
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{DeclarationId, PassId, ProvinceId};

macro_rules! select {
    () => {
        "SELECT p.province, p.id, p.declaration, p.person, p.code, p.digits, p.issued_at, p.expires_at, \
         d.identity, d.answers, d.facts, d.level, d.verdict, d.rules, d.registry, d.channel, \
         d.created_at, d.plate, \
         CASE WHEN EXISTS (SELECT 1 FROM passes n WHERE n.province = p.province \
            AND n.person = p.person AND n.issued_at > p.issued_at) THEN 1 ELSE 0 END AS later, \
         (SELECT r.revoked_at FROM revoked_passes r WHERE r.province = p.province \
            AND r.pass = p.id) AS revoked_at \
         FROM passes p JOIN declarations d ON d.province = p.province AND d.id = p.declaration "
    };
}

statements! {
    BY_ID = concat!(select!(), "WHERE p.province = $1 AND p.id = $2");
    BY_CODE = concat!(select!(), "WHERE p.province = $1 AND (p.code = $2 OR p.digits = $2) \
        ORDER BY CASE WHEN p.expires_at > $3 THEN 0 ELSE 1 END, p.issued_at DESC LIMIT 4");
    LATEST = concat!(select!(), "WHERE p.province = $1 AND p.person = $2 \
        ORDER BY p.issued_at DESC, p.id DESC LIMIT 1");
    BY_DECLARATION = concat!(select!(), "WHERE p.province = $1 AND p.declaration = $2");
    REVOKE = "INSERT INTO revoked_passes (province, pass, revoked_by, revoked_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (province, pass) DO NOTHING";
}

static PASSES: Table = Table {
    name: "passes",
    columns: &[
        "province",
        "id",
        "declaration",
        "person",
        "level",
        "code",
        "digits",
        "issued_at",
        "expires_at",
    ],
    tail: "",
};

/// A pass as it is stored.
#[derive(Clone, Debug)]
pub struct PassRow {
    /// Who issued it.
    pub province: ProvinceId,
    /// The random id inside the QR text.
    pub id: PassId,
    /// What it proves.
    pub declaration: DeclarationId,
    /// Blind index of its holder.
    pub person: [u8; 16],
    /// Level at issue.
    pub level: String,
    /// Spoken code without its dash.
    pub code: String,
    /// The same in digits, without spaces; passes of before 2026-11 have none.
    pub digits: Option<String>,
    /// When it was issued.
    pub issued_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
}

row! {
    /// A pass with the declaration behind it and what became of it.
    #[derive(Clone, Debug)]
    pub struct PassWithDeclaration {
        /// Who issued it.
        pub province: String,
        /// Its random id.
        pub id: Vec<u8>,
        /// The declaration.
        pub declaration: Uuid,
        /// Blind index of its holder.
        pub person: Vec<u8>,
        /// Spoken code.
        pub code: String,
        /// The same in digits.
        pub digits: Option<String>,
        /// When it was issued, microseconds UTC.
        pub issued_at: i64,
        /// When it ends, microseconds UTC.
        pub expires_at: i64,
        /// Sealed identity.
        pub identity: Vec<u8>,
        /// Sealed replies.
        pub answers: Vec<u8>,
        /// Facts, JSON.
        pub facts: String,
        /// Level.
        pub level: String,
        /// Verdict, JSON.
        pub verdict: String,
        /// Rules version, JSON.
        pub rules: String,
        /// Registry's outcome.
        pub registry: String,
        /// Channel.
        pub channel: String,
        /// When it was declared.
        pub created_at: i64,
        /// Blind index of the plate.
        pub plate: Option<Vec<u8>>,
        /// 1 when a later declaration replaced it.
        pub later: i32,
        /// When it was revoked, if it was.
        pub revoked_at: Option<i64>,
    }
}

impl Tx {
    pub(super) async fn append_passes(&mut self, rows: &[PassRow]) -> Result<(), StoreError> {
        let cells = rows
            .iter()
            .map(|p| {
                vec![
                    Cell::Text(p.province.as_str()),
                    Cell::Blob(&p.id.0),
                    Cell::Id(p.declaration.0),
                    Cell::Blob(&p.person),
                    Cell::Text(&p.level),
                    Cell::Text(&p.code),
                    Cell::MaybeText(p.digits.as_deref()),
                    Cell::Int(p.issued_at.0),
                    Cell::Int(p.expires_at.0),
                ]
            })
            .collect();
        bulk::insert(self, &PASSES, cells).await
    }

    /// The pass with this id.
    pub async fn pass(&mut self, id: PassId) -> Result<Option<PassWithDeclaration>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(BY_ID).bind(province).bind(id.0.as_slice())
            .fetch_optional(c).await?),
        )
    }

    /// Passes with this code, in letters or in digits (without dash or space): those in force, or when there is none the
    /// newest that ended.
    pub async fn passes_by_code(
        &mut self,
        code: &str,
        now: Moment,
    ) -> Result<Vec<PassWithDeclaration>, StoreError> {
        let province = self.province();
        let mut found: Vec<PassWithDeclaration> = on!(self, c => sqlx::query_as(BY_CODE)
            .bind(province).bind(code).bind(now.0).fetch_all(c).await?);
        let in_force = found.iter().filter(|p| p.expires_at > now.0).count();
        found.truncate(in_force.max(1));
        Ok(found)
    }

    /// A person's newest pass.
    pub async fn latest_pass(
        &mut self,
        person: &[u8; 16],
    ) -> Result<Option<PassWithDeclaration>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(LATEST).bind(province).bind(person.as_slice())
            .fetch_optional(c).await?),
        )
    }

    /// The pass of a declaration.
    pub async fn pass_of(
        &mut self,
        declaration: DeclarationId,
    ) -> Result<Option<PassWithDeclaration>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(BY_DECLARATION).bind(province).bind(declaration.0)
            .fetch_optional(c).await?),
        )
    }

    /// Withdraws a pass for good.
    pub async fn revoke_pass(
        &mut self,
        id: PassId,
        by: crate::ids::OfficerId,
        at: Moment,
    ) -> Result<bool, StoreError> {
        let province = self.province();
        let done = on!(self, c => sqlx::query(REVOKE).bind(province).bind(id.0.as_slice())
            .bind(by.0).bind(at.0).execute(c).await?.rows_affected());
        Ok(done == 1)
    }
}
