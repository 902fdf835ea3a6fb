//! Declarations and the paper they were keyed from. Append-only.

use uuid::Uuid;

use super::StoreError;
use super::bulk::{self, Cell, Table, bytes};
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{CheckpointId, DeclarationId, OfficerId, PassId, ProvinceId};

statements! {
    BY_KEY = "SELECT d.id, d.request_hash, p.id AS pass FROM declarations d \
        JOIN passes p ON p.province = d.province AND p.declaration = d.id \
        WHERE d.province = $1 AND d.idem_key = $2";
    SHEET = "SELECT serial, documents, picture, keyed_by, keyed_at FROM paper_sheets \
        WHERE province = $1 AND declaration = $2";
}

static DECLARATIONS: Table = Table {
    name: "declarations",
    columns: &[
        "province",
        "id",
        "local_day",
        "created_at",
        "idem_key",
        "request_hash",
        "person",
        "phone",
        "plate",
        "identity",
        "answers",
        "facts",
        "checkpoint",
        "channel",
        "language",
        "keyed_by",
        "registry",
        "level",
        "verdict",
        "rules",
        "symptoms",
        "suspected",
    ],
    tail: "ON CONFLICT (province, idem_key) DO NOTHING RETURNING id",
};

static SHEETS: Table = Table {
    name: "paper_sheets",
    columns: &[
        "province",
        "declaration",
        "serial",
        "documents",
        "picture",
        "keyed_by",
        "keyed_at",
    ],
    tail: "",
};

/// A declaration as it is stored: what identifies a person is sealed or a keyed index.
#[derive(Clone, Debug)]
pub struct DeclarationRow {
    /// Whose form it answered.
    pub province: ProvinceId,
    /// Its id (UUID version 7).
    pub id: DeclarationId,
    /// When it was accepted.
    pub created_at: Moment,
    /// Keyed hash of the client's idempotency key, unique in the province.
    pub idem_key: [u8; 16],
    /// Keyed hash of what was sent, so that a reused key with other content is refused.
    pub request_hash: [u8; 16],
    /// Blind index of the identity document.
    pub person: [u8; 16],
    /// Blind index of the phone.
    pub phone: Option<[u8; 16]>,
    /// Blind index of the plate.
    pub plate: Option<[u8; 16]>,
    /// Sealed [`crate::declaration::SealedIdentity`].
    pub identity: Vec<u8>,
    /// Sealed replies.
    pub answers: Vec<u8>,
    /// Facts without identity, JSON object.
    pub facts: String,
    /// Post the person heads for, if chosen.
    pub checkpoint: Option<CheckpointId>,
    /// `web`, `api`, `paper`.
    pub channel: String,
    /// `vi` or `en`.
    pub language: String,
    /// The officer who keyed it, for paper.
    pub keyed_by: Option<OfficerId>,
    /// `match`, `unknown`, `unavailable` or `not-asked`.
    pub registry: String,
    /// Verdict's level.
    pub level: String,
    /// Verdict, JSON object.
    pub verdict: String,
    /// Rules version, JSON object.
    pub rules: String,
    /// Whether symptoms were declared.
    pub symptoms: bool,
    /// Whether the answers made the person suspected.
    pub suspected: bool,
}

/// The paper behind a keyed declaration.
#[derive(Clone, Debug)]
pub struct SheetRow {
    /// Province of the declaration.
    pub province: ProvinceId,
    /// The declaration.
    pub declaration: DeclarationId,
    /// Number printed on the sheet, if any.
    pub serial: String,
    /// Documents compared, JSON object.
    pub documents: String,
    /// Sealed picture.
    pub picture: Option<Vec<u8>>,
    /// Who keyed it.
    pub keyed_by: OfficerId,
    /// When.
    pub keyed_at: Moment,
}

row! {
    /// A declaration found by its idempotency key.
    #[derive(Clone, Debug)]
    pub(super) struct KeyedRow {
        /// Its id.
        pub id: Uuid,
        /// Hash of what was sent then.
        pub request_hash: Vec<u8>,
        /// Its pass.
        pub pass: Vec<u8>,
    }
}

row! {
    /// A stored sheet.
    #[derive(Clone, Debug)]
    pub struct StoredSheet {
        /// Number printed on the sheet.
        pub serial: String,
        /// Documents compared, JSON object.
        pub documents: String,
        /// Sealed picture.
        pub picture: Option<Vec<u8>>,
        /// Who keyed it.
        pub keyed_by: Uuid,
        /// When, microseconds UTC.
        pub keyed_at: i64,
    }
}

impl Tx {
    pub(super) async fn append_declarations(
        &mut self,
        rows: &[&DeclarationRow],
    ) -> Result<Vec<Uuid>, StoreError> {
        let cells = rows.iter().map(|d| d.cells()).collect();
        bulk::insert_new(self, &DECLARATIONS, cells).await
    }

    pub(super) async fn append_sheets(&mut self, rows: &[SheetRow]) -> Result<(), StoreError> {
        let cells = rows
            .iter()
            .map(|s| {
                vec![
                    Cell::Text(s.province.as_str()),
                    Cell::Id(s.declaration.0),
                    Cell::Text(&s.serial),
                    Cell::Text(&s.documents),
                    Cell::MaybeBlob(s.picture.as_deref()),
                    Cell::Id(s.keyed_by.0),
                    Cell::Int(s.keyed_at.0),
                ]
            })
            .collect();
        bulk::insert(self, &SHEETS, cells).await
    }

    /// The declaration stored under an idempotency key: its id, request hash and pass.
    pub async fn declaration_by_key(
        &mut self,
        idem_key: &[u8; 16],
    ) -> Result<Option<(DeclarationId, [u8; 16], PassId)>, StoreError> {
        let province = self.province();
        let row: Option<KeyedRow> = on!(self, c => sqlx::query_as(BY_KEY).bind(province)
            .bind(idem_key.as_slice()).fetch_optional(c).await?);
        let corrupt = |column| StoreError::Corrupt {
            table: "declarations",
            column,
        };
        row.map(|r| {
            let hash = r
                .request_hash
                .try_into()
                .map_err(|_| corrupt("request_hash"))?;
            let pass = r.pass.try_into().map_err(|_| corrupt("pass"))?;
            Ok((DeclarationId(r.id), hash, PassId(pass)))
        })
        .transpose()
    }

    /// The paper a declaration was keyed from.
    pub async fn sheet(&mut self, of: DeclarationId) -> Result<Option<StoredSheet>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(SHEET).bind(province).bind(of.0)
            .fetch_optional(c).await?),
        )
    }
}

impl DeclarationRow {
    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Text(self.province.as_str()),
            Cell::Id(self.id.0),
            Cell::Int(i64::from(self.created_at.day().0)),
            Cell::Int(self.created_at.0),
            Cell::Blob(&self.idem_key),
            Cell::Blob(&self.request_hash),
            Cell::Blob(&self.person),
            Cell::MaybeBlob(bytes(self.phone.as_ref())),
            Cell::MaybeBlob(bytes(self.plate.as_ref())),
            Cell::Blob(&self.identity),
            Cell::Blob(&self.answers),
            Cell::Text(&self.facts),
            Cell::MaybeInt(self.checkpoint.map(|c| c.0)),
            Cell::Text(&self.channel),
            Cell::Text(&self.language),
            Cell::MaybeId(self.keyed_by.map(|o| o.0)),
            Cell::Text(&self.registry),
            Cell::Text(&self.level),
            Cell::Text(&self.verdict),
            Cell::Text(&self.rules),
            Cell::Flag(self.symptoms),
            Cell::Flag(self.suspected),
        ]
    }
}
