//! Entries about a person's class, and stated contacts. Append-only: a release is an entry that
//! names the one it ends.

use uuid::Uuid;

use super::StoreError;
use super::bulk::{self, Cell, Table};
use super::conn::{Tx, on, row, statements};
use crate::clock::{Day, Moment};
use crate::ids::{CheckpointId, MarkId, OfficerId, ProvinceId};

statements! {
    OF_PERSON = "SELECT id, person, class, source, ends, evidence, marked_at FROM marks \
        WHERE province = $1 AND person = $2 ORDER BY marked_at, id";
    ONE_AND_ENDS = "SELECT id, person, class, source, ends, evidence, marked_at FROM marks \
        WHERE province = $1 AND (id = $2 OR ends = $2)";
    /// What an F1 rests on rests on nothing else, so one step up is the whole way.
    STANDING = "SELECT id, person, class, source, ends, evidence, marked_at FROM marks m \
        WHERE province = $1 AND class = $2 AND NOT EXISTS (SELECT 1 FROM marks e \
            WHERE e.province = m.province AND e.ends IN (m.id, m.source)) \
        ORDER BY marked_at DESC, id DESC LIMIT $3";
    ELSEWHERE = "SELECT marked_in, mark FROM marks_elsewhere WHERE province = $1 AND person = $2";
    ADD_ELSEWHERE = "INSERT INTO marks_elsewhere (province, person, marked_in, mark) \
        VALUES ($1, $2, $3, $4)";
    CLASS_COUNTS = "SELECT class, COUNT(DISTINCT person) FROM marks \
        WHERE province = $1 AND marked_at >= $2 AND marked_at < $3 GROUP BY class";
    RESTING = "WITH RECURSIVE r(id, person) AS (\
        SELECT id, person FROM marks WHERE province = $1 AND id = $2 \
        UNION SELECT m.id, m.person FROM marks m JOIN r ON m.source = r.id \
        WHERE m.province = $1) SELECT DISTINCT person FROM r";
    ADD_CONTACT = "INSERT INTO contacts (province, id, one, other, met_on, stated_by, stated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
}

static MARKS: Table = Table {
    name: "marks",
    columns: &[
        "province",
        "id",
        "person",
        "class",
        "source",
        "ends",
        "evidence",
        "marked_by",
        "checkpoint",
        "marked_at",
    ],
    tail: "",
};

/// An entry about a person's class, as it is stored.
#[derive(Clone, Debug)]
pub struct MarkRow {
    /// Province whose blind index names the person.
    pub province: ProvinceId,
    /// Its id.
    pub id: MarkId,
    /// Whom it is about.
    pub person: [u8; 16],
    /// `suspected`, `f0`, `f1`, `f2` or `released`.
    pub class: String,
    /// The entry of the person this one is a contact of, for F1 and F2.
    pub source: Option<MarkId>,
    /// The entry this one ends, for a release.
    pub ends: Option<MarkId>,
    /// Sealed evidence.
    pub evidence: Option<Vec<u8>>,
    /// The medical officer; nobody when the answers said so.
    pub marked_by: Option<OfficerId>,
    /// The post, when it was made there.
    pub checkpoint: Option<CheckpointId>,
    /// When.
    pub marked_at: Moment,
}

/// A stated, dated contact between two people.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// Its id.
    pub id: Uuid,
    /// One of them.
    pub one: [u8; 16],
    /// The other.
    pub other: [u8; 16],
    /// The day they met.
    pub met_on: Day,
    /// Who stated it.
    pub stated_by: OfficerId,
    /// When it was stated.
    pub stated_at: Moment,
}

row! {
    /// A stored entry.
    #[derive(Clone, Debug)]
    pub struct StoredMark {
        /// Its id.
        pub id: Uuid,
        /// Whom it is about.
        pub person: Vec<u8>,
        /// Class.
        pub class: String,
        /// Contact of.
        pub source: Option<Uuid>,
        /// Entry it ends.
        pub ends: Option<Uuid>,
        /// Sealed evidence.
        pub evidence: Option<Vec<u8>>,
        /// When, microseconds UTC.
        pub marked_at: i64,
    }
}

impl Tx {
    pub(super) async fn append_marks(&mut self, rows: &[MarkRow]) -> Result<(), StoreError> {
        bulk::insert(self, &MARKS, rows.iter().map(MarkRow::cells).collect()).await
    }

    /// Adds one entry.
    pub async fn add_mark(&mut self, row: &MarkRow) -> Result<(), StoreError> {
        bulk::insert(self, &MARKS, vec![row.cells()]).await
    }

    /// Every entry about a person, oldest first.
    pub async fn marks_of(&mut self, person: &[u8; 16]) -> Result<Vec<StoredMark>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(OF_PERSON).bind(province).bind(person.as_slice())
            .fetch_all(c).await?),
        )
    }

    /// An entry and the entries that end it.
    pub async fn mark_and_ends(&mut self, id: MarkId) -> Result<Vec<StoredMark>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ONE_AND_ENDS).bind(province).bind(id.0)
            .fetch_all(c).await?),
        )
    }

    /// The person of an entry, and those of the entries that rest on it.
    pub(crate) async fn people_resting_on(
        &mut self,
        id: MarkId,
    ) -> Result<Vec<[u8; 16]>, StoreError> {
        let province = self.province();
        let people: Vec<Vec<u8>> = on!(self, c => sqlx::query_scalar(RESTING).bind(province)
            .bind(id.0).fetch_all(c).await?);
        let corrupt = |_| StoreError::Corrupt {
            table: "marks",
            column: "person",
        };
        let index = |person: Vec<u8>| person.try_into().map_err(corrupt);
        people.into_iter().map(index).collect()
    }

    /// The newest entries of a class (`suspected`, `f0` or `f1`) that stand.
    pub async fn standing_marks(
        &mut self,
        class: &str,
        limit: i64,
    ) -> Result<Vec<StoredMark>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(STANDING).bind(province).bind(class).bind(limit)
            .fetch_all(c).await?),
        )
    }

    /// Persons by class entered in a half-open window.
    pub async fn class_counts(
        &mut self,
        from: Moment,
        until: Moment,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(CLASS_COUNTS).bind(province).bind(from.0).bind(until.0)
            .fetch_all(c).await?),
        )
    }

    /// Entries that other provinces made about this province's holder of a pass; they may have
    /// been released.
    pub async fn marks_elsewhere(
        &mut self,
        person: &[u8; 16],
    ) -> Result<Vec<(ProvinceId, MarkId)>, StoreError> {
        let province = self.province();
        let rows: Vec<(String, Uuid)> = on!(self, c => sqlx::query_as(ELSEWHERE).bind(province)
            .bind(person.as_slice()).fetch_all(c).await?);
        let read = |(marked_in, mark): (String, Uuid)| {
            let province = ProvinceId::parse(&marked_in).ok_or(StoreError::Corrupt {
                table: "marks_elsewhere",
                column: "marked_in",
            })?;
            Ok((province, MarkId(mark)))
        };
        rows.into_iter().map(read).collect()
    }

    /// Tells the province that issued the person's pass of an entry of this one.
    pub async fn point_to_mark(
        &mut self,
        (issuer, person): (&ProvinceId, &[u8; 16]),
        mark: MarkId,
    ) -> Result<(), StoreError> {
        self.open_also(issuer).await?;
        let here = self.province();
        on!(self, c => sqlx::query(ADD_ELSEWHERE).bind(issuer.as_str()).bind(person.as_slice())
            .bind(here).bind(mark.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Adds a stated contact.
    pub async fn add_contact(&mut self, row: &ContactRow) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(ADD_CONTACT).bind(province).bind(row.id)
            .bind(row.one.as_slice()).bind(row.other.as_slice()).bind(i64::from(row.met_on.0))
            .bind(row.stated_by.0).bind(row.stated_at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl MarkRow {
    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Text(self.province.as_str()),
            Cell::Id(self.id.0),
            Cell::Blob(&self.person),
            Cell::Text(&self.class),
            Cell::MaybeId(self.source.map(|m| m.0)),
            Cell::MaybeId(self.ends.map(|m| m.0)),
            Cell::MaybeBlob(self.evidence.as_deref()),
            Cell::MaybeId(self.marked_by.map(|o| o.0)),
            Cell::MaybeInt(self.checkpoint.map(|c| c.0)),
            Cell::Int(self.marked_at.0),
        ]
    }
}
