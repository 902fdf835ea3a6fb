//! Classes of exposure, thin: entries by answers or by a medical officer, and the holds that
//! follow. Nothing is edited: a correction is a new entry. The tracing engine to come reads the
//! same entries and the contacts stated beside them.

mod elsewhere;

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use elsewhere::Issuer;

use crate::Workflows;
use crate::audit::{AuditEntry, Purpose};
use crate::clock::{Day, Moment};
use crate::ids::{CheckpointId, MarkId, OfficerId, ProvinceId};
use crate::notices::Told;
use crate::sealing::{Column, SealError};
use crate::store::{ContactRow, MarkRow, Scope, StoreError, StoredMark, Tx};

/// Sealed evidence of an entry.
pub(crate) const EVIDENCE: Column = Column::new("marks", "evidence");

/// A person's class (DOMAIN.md §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nghi ngờ: symptoms or exposure, not confirmed.
    Suspected,
    /// Confirmed positive.
    F0,
    /// Close contact of an F0.
    F1,
    /// Close contact of an F1.
    F2,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Suspected, Self::F0, Self::F1, Self::F2];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::F0 => "f0",
            Self::F1 => "f1",
            Self::F2 => "f2",
        }
    }

    /// The class of a word; `released` is none.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == word)
    }
}

/// A medical officer, acting.
#[derive(Clone, Debug)]
pub struct MedicalOfficer {
    /// Whose officer.
    pub province: ProvinceId,
    /// Account.
    pub id: OfficerId,
    /// Post on duty at, if any.
    pub checkpoint: Option<CheckpointId>,
    /// The request acted in.
    pub request_id: String,
}

/// What a medical officer enters about a person.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Blind index of the person in the officer's province.
    pub person: [u8; 16],
    /// Who issued the person's pass, when that is another province.
    pub issuer: Option<Issuer>,
    /// Class.
    pub class: Class,
    /// For F1 and F2: the entry of the person this one met.
    pub source: Option<MarkId>,
    /// For F1 and F2: when they met.
    pub met_on: Option<Day>,
    /// Laboratory number, document, observation; needed for F0.
    pub evidence: String,
}

/// Why a finding was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// F0 needs evidence, and so does a release.
    #[error("evidence is needed")]
    NoEvidence,
    /// F1 and F2 need a standing entry one class above, and a day.
    #[error("a contact needs the entry and the day of whom the person met")]
    NoSource,
    /// There is no such standing entry.
    #[error("there is no such standing entry")]
    NotStanding,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// An entry of a person's history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: MarkId,
    /// Class, or `released`.
    pub class: String,
    /// When it was entered.
    pub at: Moment,
    /// Whether it stands.
    pub standing: bool,
    /// What it rests on.
    pub evidence: Option<String>,
}

/// Entries of one class that are offered to rest on. Each class has its own share: in an epidemic
/// suspicions are many, and must not hide a patient.
const SOURCES: i64 = 100;
/// Entries deeper than this are not followed: F2 → F1 → F0.
const DEPTH: usize = 3;

impl Workflows {
    /// Enters a finding. Its hold works from the next scan on.
    pub async fn mark(&self, by: &MedicalOfficer, finding: &Finding) -> Result<MarkId, MarkError> {
        if finding.class == Class::F0 && finding.evidence.trim().is_empty() {
            return Err(MarkError::NoEvidence);
        }
        let now = self.clock.now();
        let id = MarkId(self.clock.uuid());
        let evidence = self.sealed_evidence(by, id, &finding.evidence, now).await?;
        let about = (&finding.person, id);
        let told = self.hold_notices(&by.province, about, now).await?;
        let mut tx = self.store.write(&Scope::of(&by.province)).await?;
        // Who is held already has been told.
        let told = Told::of_held(&mut tx, told, false).await?;
        if matches!(finding.class, Class::F1 | Class::F2) {
            let contact = self.stated_contact(&mut tx, by, finding, now).await?;
            tx.add_contact(&contact).await?;
        }
        let row = MarkRow {
            province: by.province.clone(),
            id,
            person: finding.person,
            class: finding.class.as_str().into(),
            source: finding.source,
            ends: None,
            evidence,
            marked_by: Some(by.id),
            checkpoint: by.checkpoint,
            marked_at: now,
        };
        tx.add_mark(&row).await?;
        if let Some(issuer) = &finding.issuer {
            elsewhere::tell(&mut tx, issuer, &row, entry(by, "class-entered", &row, now)).await?;
        }
        Told::write(&mut tx, told, now).await?;
        tx.audit(&by.province, entry(by, "class-entered", &row, now));
        tx.commit().await?;
        Ok(id)
    }

    /// Ends an entry by a new one. Entries that rest on it stop holding too.
    pub async fn release(
        &self,
        by: &MedicalOfficer,
        ended: MarkId,
        evidence: &str,
    ) -> Result<MarkId, MarkError> {
        if evidence.trim().is_empty() {
            return Err(MarkError::NoEvidence);
        }
        let now = self.clock.now();
        let id = MarkId(self.clock.uuid());
        let evidence = self.sealed_evidence(by, id, evidence, now).await?;
        let told = self.release_notices(&by.province, (ended, id), now).await?;
        let mut tx = self.store.write(&Scope::of(&by.province)).await?;
        let told = Told::of_held(&mut tx, told, true).await?;
        let about = tx.mark_and_ends(ended).await?;
        let standing = about
            .iter()
            .find(|m| m.id == ended.0)
            .filter(|_| about.len() == 1);
        let person = standing
            .map(|m| m.person.clone())
            .ok_or(MarkError::NotStanding)?;
        let row = MarkRow {
            province: by.province.clone(),
            id,
            person: index(&person)?,
            class: "released".into(),
            source: None,
            ends: Some(ended),
            evidence,
            marked_by: Some(by.id),
            checkpoint: by.checkpoint,
            marked_at: now,
        };
        tx.add_mark(&row).await?;
        let freed = Told::of_held(&mut tx, told, false).await?;
        Told::write_releases(&mut tx, freed, now).await?;
        tx.audit(&by.province, entry(by, "class-released", &row, now));
        tx.commit().await?;
        Ok(id)
    }

    /// Every entry about a person, newest first, with its evidence opened.
    pub async fn class_history(
        &self,
        by: &MedicalOfficer,
        person: &[u8; 16],
    ) -> Result<Vec<Entry>, MarkError> {
        let mut tx = self.store.read(&Scope::of(&by.province)).await?;
        let marks = tx.marks_of(person).await?;
        let mut standing = Vec::with_capacity(marks.len());
        for mark in &marks {
            standing.push(mark.ends.is_none() && stands(&mut tx, mark).await?);
        }
        drop(tx);
        let mut entries = Vec::with_capacity(marks.len());
        for (mark, standing) in marks.into_iter().zip(standing) {
            let evidence = match &mark.evidence {
                None => None,
                Some(sealed) => {
                    let row = mark.id.into_bytes();
                    Some(
                        self.sealing
                            .open(&by.province, EVIDENCE, &row, sealed)
                            .await?,
                    )
                }
            };
            entries.push(Entry {
                id: MarkId(mark.id),
                class: mark.class,
                at: Moment(mark.marked_at),
                standing,
                evidence,
            });
        }
        entries.reverse();
        Ok(entries)
    }

    /// Standing entries that an F1 or F2 can rest on, newest first.
    pub async fn sources(&self, by: &MedicalOfficer) -> Result<Vec<StoredMark>, MarkError> {
        let mut tx = self.store.read(&Scope::of(&by.province)).await?;
        let mut sources = Vec::new();
        for class in [Class::F0, Class::F1, Class::Suspected] {
            sources.extend(tx.standing_marks(class.as_str(), SOURCES).await?);
        }
        sources.sort_by_key(|m| Reverse((m.marked_at, m.id)));
        Ok(sources)
    }

    /// F1 must have met a standing F0 (or suspected person), F2 a standing F1.
    async fn stated_contact(
        &self,
        tx: &mut Tx,
        by: &MedicalOfficer,
        finding: &Finding,
        now: Moment,
    ) -> Result<ContactRow, MarkError> {
        let (Some(source), Some(met_on)) = (finding.source, finding.met_on) else {
            return Err(MarkError::NoSource);
        };
        let about = tx.mark_and_ends(source).await?;
        let met = about
            .iter()
            .find(|m| m.id == source.0)
            .ok_or(MarkError::NotStanding)?;
        if !stands(tx, met).await? {
            return Err(MarkError::NotStanding);
        }
        let fits = match (finding.class, Class::parse(&met.class)) {
            (Class::F1, Some(above)) => matches!(above, Class::F0 | Class::Suspected),
            (Class::F2, Some(above)) => above == Class::F1,
            _ => false,
        };
        let one = index(&met.person)?;
        if !fits || one == finding.person {
            return Err(MarkError::NoSource);
        }
        Ok(ContactRow {
            id: self.clock.uuid(),
            one,
            other: finding.person,
            met_on,
            stated_by: by.id,
            stated_at: now,
        })
    }

    async fn sealed_evidence(
        &self,
        by: &MedicalOfficer,
        id: MarkId,
        evidence: &str,
        now: Moment,
    ) -> Result<Option<Vec<u8>>, SealError> {
        let text = evidence.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let key = self.sealing.key(&by.province, now).await?;
        self.sealing
            .seal(&key, EVIDENCE, &id.0.into_bytes(), &text)
            .map(Some)
    }
}

/// The strictest class that stands for a person, with its entry: F0 before F1 before F2 before
/// suspected.
pub(crate) async fn standing_class(
    tx: &mut Tx,
    person: &[u8; 16],
) -> Result<Option<(Class, MarkId)>, StoreError> {
    let marks = tx.marks_of(person).await?;
    let mut found: Option<(Class, MarkId)> = None;
    for mark in marks.iter().filter(|m| m.ends.is_none()) {
        let Some(class) = Class::parse(&mark.class) else {
            continue;
        };
        let stricter = found.is_none_or(|(f, _)| rank(class) < rank(f));
        if stricter && stands(tx, mark).await? {
            found = Some((class, MarkId(mark.id)));
        }
    }
    Ok(found)
}

fn rank(class: Class) -> u8 {
    match class {
        Class::F0 => 0,
        Class::F1 => 1,
        Class::F2 => 2,
        Class::Suspected => 3,
    }
}

/// Whether an entry stands: nothing ends it, and what it rests on stands.
pub(crate) async fn stands(tx: &mut Tx, mark: &StoredMark) -> Result<bool, StoreError> {
    let mut next: Option<Uuid> = Some(mark.id);
    for _ in 0..DEPTH {
        let Some(id) = next else { return Ok(true) };
        let about = tx.mark_and_ends(MarkId(id)).await?;
        if about.iter().any(|m| m.ends == Some(id)) {
            return Ok(false);
        }
        match about.iter().find(|m| m.id == id) {
            None => return Ok(false),
            Some(m) => next = m.source,
        }
    }
    Ok(true)
}

fn index(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt {
        table: "marks",
        column: "person",
    })
}

fn entry(by: &MedicalOfficer, action: &'static str, row: &MarkRow, now: Moment) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: by.id.to_string().into(),
        role: "medical".into(),
        purpose: Purpose::CareFollowUp,
        action: action.into(),
        subject: Some(row.person),
        detail: format!("{} {}", row.id, row.class),
        request_id: by.request_id.clone(),
    }
}
