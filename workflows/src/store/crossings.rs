//! Crossings: one row per passage of a person at a post. Append-only.

use uuid::Uuid;

use super::StoreError;
use super::bulk::{self, Cell, Table, bytes};
use super::conn::{Tx, on, row, statements};
use crate::clock::{Day, Moment};
use crate::ids::{CheckpointId, CrossingId, OfficerId, PassId, ProvinceId};

statements! {
    /// `province || ''` is in no index: what is left to read by is the person.
    KNOWN_OF = "SELECT CASE WHEN EXISTS (SELECT 1 FROM marks \
            WHERE province = $1 AND person = $2) THEN 1 ELSE 0 END AS marked, \
        CASE WHEN EXISTS (SELECT 1 FROM marks_elsewhere \
            WHERE province = $1 AND person = $2) THEN 1 ELSE 0 END AS elsewhere, \
        (SELECT COUNT(*) FROM crossings \
            WHERE person = $2 AND scanned_at >= $3 AND province || '' = $1) AS crossings";
    ONE = "SELECT id, checkpoint, officer, direction, status, advised, gate, overridden, reasons, \
        scanned_at, pass_province, pass FROM crossings \
        WHERE province = $1 AND local_day = $2 AND id = $3";
    AT_POST = "SELECT id, checkpoint, officer, direction, status, advised, gate, overridden, \
        reasons, scanned_at, pass_province, pass FROM crossings WHERE province = $1 AND checkpoint = $2 \
        AND scanned_at >= $3 ORDER BY scanned_at DESC LIMIT $4";
    BY_GATE = "SELECT gate, COUNT(*) FROM crossings WHERE province = $1 AND checkpoint = $2 \
        AND scanned_at >= $3 GROUP BY gate";
    FIGURES = "SELECT checkpoint, direction, gate, status, \
        CASE WHEN overridden THEN 1 ELSE 0 END AS overridden, COUNT(*) AS passages, \
        COUNT(plate) AS with_plate FROM crossings \
        WHERE province = $1 AND scanned_at >= $2 AND scanned_at < $3 \
        GROUP BY checkpoint, direction, gate, status, overridden";
    PERSONS = "SELECT COUNT(DISTINCT person), COUNT(DISTINCT plate) FROM crossings \
        WHERE province = $1 AND scanned_at >= $2 AND scanned_at < $3";
}

static CROSSINGS: Table = Table {
    name: "crossings",
    columns: &[
        "province",
        "local_day",
        "id",
        "checkpoint",
        "officer",
        "direction",
        "status",
        "advised",
        "gate",
        "overridden",
        "note",
        "reasons",
        "pass_province",
        "pass",
        "person",
        "plate",
        "scanned_at",
        "recorded_at",
    ],
    tail: "ON CONFLICT (province, local_day, id) DO NOTHING RETURNING id",
};

/// A crossing as it is stored.
#[derive(Clone, Debug)]
pub struct CrossingRow {
    /// The post's province.
    pub province: ProvinceId,
    /// Made by the device; the same scan sent again carries the same id.
    pub id: CrossingId,
    /// The post.
    pub checkpoint: CheckpointId,
    /// Who decided.
    pub officer: OfficerId,
    /// `entry` or `exit`, seen from the post's zone.
    pub direction: String,
    /// Pass status code (DOMAIN.md §5.1).
    pub status: String,
    /// What the rules advised.
    pub advised: String,
    /// What the officer did.
    pub gate: String,
    /// Whether that differs.
    pub overridden: bool,
    /// Sealed reason of the override.
    pub note: Option<Vec<u8>>,
    /// Reasons shown, JSON object.
    pub reasons: String,
    /// The pass, if one was found.
    pub pass: Option<(ProvinceId, PassId)>,
    /// Blind index of the person in the post's province.
    pub person: Option<[u8; 16]>,
    /// Blind index of the plate in the post's province.
    pub plate: Option<[u8; 16]>,
    /// When the pass was scanned.
    pub scanned_at: Moment,
    /// When it reached us.
    pub recorded_at: Moment,
}

row! {
    /// A crossing for a list: nothing that identifies the person.
    #[derive(Clone, Debug)]
    pub struct ListedCrossing {
        /// Its id.
        pub id: Uuid,
        /// The post.
        pub checkpoint: i64,
        /// Who decided.
        pub officer: Uuid,
        /// Which way.
        pub direction: String,
        /// Pass status.
        pub status: String,
        /// Advised.
        pub advised: String,
        /// Done.
        pub gate: String,
        /// Whether these differ.
        pub overridden: bool,
        /// Reasons, JSON.
        pub reasons: String,
        /// When, microseconds UTC.
        pub scanned_at: i64,
        /// Who issued the pass, if one was found.
        pub pass_province: Option<String>,
        /// The pass.
        pub pass: Option<Vec<u8>>,
    }
}

row! {
    /// Passages of a window by post, direction, decision and status.
    #[derive(Clone, Debug)]
    pub struct PassageCount {
        /// The post.
        pub checkpoint: i64,
        /// Which way.
        pub direction: String,
        /// What was done.
        pub gate: String,
        /// Pass status.
        pub status: String,
        /// 1 when the officer overrode the advice.
        pub overridden: i32,
        /// How many.
        pub passages: i64,
        /// How many of them in a vehicle with a plate.
        pub with_plate: i64,
    }
}

row! {
    /// What a province knows of a person that counts at its posts.
    #[derive(Clone, Copy, Debug)]
    pub struct Known {
        /// 1 when there is any entry about the person's class, standing or not.
        pub marked: i32,
        /// 1 when there is any such entry of another province.
        pub elsewhere: i32,
        /// Passages recorded since the instant asked for.
        pub crossings: i64,
    }
}

/// The local day a crossing is filed under: the day inside its id (UUIDv7 time), so that a
/// repeat after midnight meets the same key. Other ids fall back to the day of the scan.
pub(crate) fn filed_on(id: CrossingId, scanned_at: Moment) -> Day {
    id.0.get_timestamp().map_or(scanned_at.day(), |t| {
        let (seconds, nanos) = t.to_unix();
        let micros = i64::try_from(seconds)
            .unwrap_or(0)
            .saturating_mul(1_000_000);
        Moment(micros.saturating_add(i64::from(nanos / 1_000))).day()
    })
}

impl Tx {
    pub(super) async fn append_crossings(
        &mut self,
        rows: &[&CrossingRow],
    ) -> Result<Vec<Uuid>, StoreError> {
        bulk::insert_new(self, &CROSSINGS, rows.iter().map(|r| r.cells()).collect()).await
    }

    /// What this province knows of a person: whether there are marks, and the passages since an
    /// instant.
    pub async fn known_of(
        &mut self,
        person: &[u8; 16],
        since: Moment,
    ) -> Result<Known, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(KNOWN_OF).bind(province).bind(person.as_slice())
            .bind(since.0).fetch_one(c).await?),
        )
    }

    /// One crossing by its id.
    pub async fn crossing(
        &mut self,
        id: CrossingId,
        scanned_at: Moment,
    ) -> Result<Option<ListedCrossing>, StoreError> {
        let province = self.province();
        let day = i64::from(filed_on(id, scanned_at).0);
        Ok(
            on!(self, c => sqlx::query_as(ONE).bind(province).bind(day).bind(id.0)
            .fetch_optional(c).await?),
        )
    }

    /// A post's crossings since an instant, newest first.
    pub async fn crossings_at(
        &mut self,
        checkpoint: CheckpointId,
        since: Moment,
        limit: i64,
    ) -> Result<Vec<ListedCrossing>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(AT_POST).bind(province).bind(checkpoint.0)
            .bind(since.0).bind(limit).fetch_all(c).await?),
        )
    }

    /// How many passages a post recorded since an instant, by what was done.
    pub async fn gate_counts(
        &mut self,
        checkpoint: CheckpointId,
        since: Moment,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(BY_GATE).bind(province).bind(checkpoint.0)
            .bind(since.0).fetch_all(c).await?),
        )
    }

    /// Passages in a half-open window, grouped.
    pub async fn passage_counts(
        &mut self,
        from: Moment,
        until: Moment,
    ) -> Result<Vec<PassageCount>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(FIGURES).bind(province).bind(from.0).bind(until.0)
            .fetch_all(c).await?),
        )
    }

    /// Distinct persons and distinct vehicles in a half-open window.
    pub async fn distinct_counts(
        &mut self,
        from: Moment,
        until: Moment,
    ) -> Result<(i64, i64), StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(PERSONS).bind(province).bind(from.0).bind(until.0)
            .fetch_one(c).await?),
        )
    }
}

impl CrossingRow {
    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Text(self.province.as_str()),
            Cell::Int(i64::from(filed_on(self.id, self.scanned_at).0)),
            Cell::Id(self.id.0),
            Cell::Int(self.checkpoint.0),
            Cell::Id(self.officer.0),
            Cell::Text(&self.direction),
            Cell::Text(&self.status),
            Cell::Text(&self.advised),
            Cell::Text(&self.gate),
            Cell::Flag(self.overridden),
            Cell::MaybeBlob(self.note.as_deref()),
            Cell::Text(&self.reasons),
            Cell::MaybeText(self.pass.as_ref().map(|(p, _)| p.as_str())),
            Cell::MaybeBlob(self.pass.as_ref().map(|(_, id)| id.0.as_slice())),
            Cell::MaybeBlob(bytes(self.person.as_ref())),
            Cell::MaybeBlob(bytes(self.plate.as_ref())),
            Cell::Int(self.scanned_at.0),
            Cell::Int(self.recorded_at.0),
        ]
    }
}
