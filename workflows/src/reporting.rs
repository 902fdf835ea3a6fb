//! Workflow 3, report: a province's figures for a half-open window, counts only, reproducible.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Workflows;
use crate::clock::{Day, Moment};
use crate::ids::ProvinceId;
use crate::rules::{Count, RulesVersion, Section};
use crate::store::{PassageCount, Scope, StoreError};

/// Keys of the figures (DOMAIN.md §5.3). Persons-passages (lượt người) count passages, not
/// persons; distinct persons have a figure of their own.
pub mod figures {
    /// Declarations taken.
    pub const DECLARATIONS: u16 = 1;
    /// Of them by paper.
    pub const PAPER: u16 = 2;
    /// Passages.
    pub const CROSSINGS: u16 = 3;
    /// Of them into the zone.
    pub const ENTRIES: u16 = 4;
    /// Of them out of it.
    pub const EXITS: u16 = 5;
    /// Let through.
    pub const LET_THROUGH: u16 = 6;
    /// Recorded while still being checked.
    pub const CHECKED: u16 = 7;
    /// Isolated.
    pub const ISOLATED: u16 = 8;
    /// Turned back.
    pub const TURNED_BACK: u16 = 9;
    /// Recorded undecided.
    pub const UNSURE: u16 = 10;
    /// Against the advice.
    pub const OVERRIDES: u16 = 11;
    /// Distinct persons.
    pub const PERSONS: u16 = 12;
    /// Passages of persons in a vehicle with a plate: everybody in it is one.
    pub const RIDERS: u16 = 13;
    /// Declarations with symptoms.
    pub const SYMPTOMS: u16 = 14;
    /// Persons newly suspected.
    pub const SUSPECTED: u16 = 15;
    /// Persons newly entered as F0.
    pub const F0: u16 = 16;
    /// As F1.
    pub const F1: u16 = 17;
    /// As F2.
    pub const F2: u16 = 18;
    /// Held passes met at posts.
    pub const HOLDS_MET: u16 = 19;
    /// Expired passes met.
    pub const EXPIRED_MET: u16 = 20;
    /// Forged or unknown codes met.
    pub const FORGED_MET: u16 = 21;
    /// Posts without a passage in the window.
    pub const SILENT_POSTS: u16 = 22;
    /// Posts.
    pub const POSTS: u16 = 23;
    /// Persons released from a class.
    pub const RELEASED: u16 = 24;
    /// Distinct vehicles, by plate. Passages of vehicles are not known: a crossing is one person's.
    pub const VEHICLES: u16 = 25;

    /// The figures that are shown for each post.
    pub const BY_POST: [u16; 8] = [
        CROSSINGS,
        ENTRIES,
        EXITS,
        LET_THROUGH,
        ISOLATED,
        TURNED_BACK,
        OVERRIDES,
        HOLDS_MET,
    ];
}

/// A province's report for one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whose.
    pub province: ProvinceId,
    /// The local day its window ends on.
    pub day: Day,
    /// Window start, included.
    pub from_at: Moment,
    /// Window end, excluded.
    pub until_at: Moment,
    /// Totals by figure key.
    pub totals: BTreeMap<u16, i64>,
    /// Figures by post number.
    pub posts: BTreeMap<i64, BTreeMap<u16, i64>>,
    /// The province's own sections.
    pub sections: Vec<Section>,
    /// Whether the sections are missing because the province's rules failed.
    pub sections_failed: bool,
    /// Rules that wrote the sections.
    pub rules: Option<RulesVersion>,
}

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// No such province.
    #[error("there is no such province")]
    UnknownProvince,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Report {
    /// Canonical JSON and its SHA-256: the same facts give the same bytes.
    pub fn content(&self) -> (String, [u8; 32]) {
        let text = serde_json::to_string(self).unwrap_or_default();
        let hash = Sha256::digest(text.as_bytes()).into();
        (text, hash)
    }

    /// A total, 0 when nothing was counted.
    pub fn total(&self, figure: u16) -> i64 {
        self.totals.get(&figure).copied().unwrap_or(0)
    }
}

impl Workflows {
    /// The window that ends at the province's cut-off on `day`: from the cut-off of the day
    /// before (included) to that of the day (excluded).
    pub fn report_window(
        &self,
        province: &ProvinceId,
        day: Day,
    ) -> Result<(Moment, Moment), ReportError> {
        let cutoff = self
            .places
            .province(province)
            .ok_or(ReportError::UnknownProvince)?
            .cutoff_minute;
        Ok((day.plus(-1).at_minute(cutoff), day.at_minute(cutoff)))
    }

    /// Counts a province's window.
    pub async fn report(&self, province: &ProvinceId, day: Day) -> Result<Report, ReportError> {
        let (from_at, until_at) = self.report_window(province, day)?;
        let mut tally = Tally::default();
        let mut tx = self.store.read(&Scope::of(province)).await?;
        for row in tx.declared_counts(from_at, until_at).await? {
            tally.add(figures::DECLARATIONS, row.declarations);
            tally.add_if(row.channel == "paper", figures::PAPER, row.declarations);
            tally.add_if(row.symptoms == 1, figures::SYMPTOMS, row.declarations);
        }
        for row in tx.passage_counts(from_at, until_at).await? {
            tally.add_passages(&row);
        }
        let (persons, vehicles) = tx.distinct_counts(from_at, until_at).await?;
        tally.add(figures::PERSONS, persons);
        tally.add(figures::VEHICLES, vehicles);
        for (class, count) in tx.class_counts(from_at, until_at).await? {
            tally.add_class(&class, count);
        }
        drop(tx);
        let posts = self.places.checkpoints(province);
        let heard = posts
            .iter()
            .filter(|p| tally.posts.contains_key(&p.id.0))
            .count();
        tally.add(figures::POSTS, to_count(posts.len()));
        tally.add(figures::SILENT_POSTS, to_count(posts.len() - heard));
        let (sections, sections_failed) = self.sections(province, &tally, until_at);
        Ok(Report {
            province: province.clone(),
            day,
            from_at,
            until_at,
            totals: tally.totals,
            posts: tally.posts,
            sections,
            sections_failed,
            rules: self.rules.version(province),
        })
    }

    /// A failing plugin costs the report its sections, never the report.
    fn sections(
        &self,
        province: &ProvinceId,
        tally: &Tally,
        until_at: Moment,
    ) -> (Vec<Section>, bool) {
        let Some(mut context) = self.context(province, &[]) else {
            return (Vec::new(), true);
        };
        // The window's end, not the present: the same report comes out whenever it is made.
        context.now = until_at;
        match self.rules.sections(province, &context, &tally.counts()) {
            Ok(sections) => (sections, false),
            Err(error) => {
                tracing::error!(%province, "a report lost its sections: {error}");
                (Vec::new(), true)
            }
        }
    }
}

fn to_count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[derive(Default)]
struct Tally {
    totals: BTreeMap<u16, i64>,
    posts: BTreeMap<i64, BTreeMap<u16, i64>>,
}

impl Tally {
    fn add(&mut self, figure: u16, count: i64) {
        *self.totals.entry(figure).or_default() += count;
    }

    fn add_if(&mut self, holds: bool, figure: u16, count: i64) {
        if holds {
            self.add(figure, count);
        }
    }

    fn add_passages(&mut self, row: &PassageCount) {
        let mut counted = vec![figures::CROSSINGS];
        counted.push(if row.direction == "entry" {
            figures::ENTRIES
        } else {
            figures::EXITS
        });
        counted.push(match row.gate.as_str() {
            "let-through" => figures::LET_THROUGH,
            "isolate" => figures::ISOLATED,
            "turn-back" => figures::TURNED_BACK,
            "check" => figures::CHECKED,
            _ => figures::UNSURE,
        });
        counted.extend((row.overridden == 1).then_some(figures::OVERRIDES));
        counted.extend(match row.status.as_str() {
            "HELD_CLASS" => Some(figures::HOLDS_MET),
            "EXPIRED" => Some(figures::EXPIRED_MET),
            "BAD_SIGNATURE" | "UNKNOWN_KEY" => Some(figures::FORGED_MET),
            _ => None,
        });
        self.add(figures::RIDERS, row.with_plate);
        for figure in counted {
            self.add(figure, row.passages);
            let post = self.posts.entry(row.checkpoint).or_default();
            *post.entry(figure).or_default() += row.passages;
        }
    }

    fn add_class(&mut self, class: &str, count: i64) {
        let figure = match class {
            "suspected" => figures::SUSPECTED,
            "f0" => figures::F0,
            "f1" => figures::F1,
            "f2" => figures::F2,
            _ => figures::RELEASED,
        };
        self.add(figure, count);
    }

    fn counts(&self) -> Vec<Count> {
        let totals = self.totals.iter().map(|(key, value)| Count {
            key: *key,
            by: 0,
            value: *value,
        });
        let posts = self.posts.iter().flat_map(|(post, figures)| {
            figures.iter().map(|(key, value)| Count {
                key: *key,
                by: *post,
                value: *value,
            })
        });
        totals.chain(posts).collect()
    }
}
