//! A judged submission as rows to append.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Channel, DeclareError, Declared, Origin, Submission, expiry, national};
use crate::Workflows;
use crate::audit::{AuditEntry, Purpose};
use crate::clock::{Day, Moment};
use crate::declaration::Homes;
use crate::ids::{DeclarationId, MarkId, PassId, ProvinceId};
use crate::pass::{DigitCode, Holder, PassClaims, PassKind, SpokenCode};
use crate::person::Identity;
use crate::place::UnitCode;
use crate::registry::RegistryAnswer;
use crate::rules::{Gender, RulesVersion, Transport};
use crate::sealing::{Column, SealError};
use crate::store::{DeclarationRow, MarkRow, PassRow, Rows, SheetRow, StoreError};
use crate::vault::{DataKey, Field};
use crate::vehicle::Plate;
use crate::verdict::{Level, Verdict};

/// Sealed column of a declaration.
pub const IDENTITY: Column = Column::new("declarations", "identity");
/// Sealed replies of a declaration.
pub(crate) const ANSWERS: Column = Column::new("declarations", "answers");
/// Sealed picture of a sheet.
pub(crate) const PICTURE: Column = Column::new("paper_sheets", "picture");

/// What is sealed of a declaration's person and journey.
#[derive(Clone, Serialize, Deserialize)]
pub struct SealedIdentity {
    /// Who.
    pub identity: Identity,
    /// Addresses with their houses.
    pub homes: Homes,
    /// Plate.
    pub plate: Option<Plate>,
    /// Seat or flight.
    pub seat: String,
}

/// What is stored readable: nothing that names a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredFacts {
    /// Year of birth.
    pub birth_year: u16,
    /// Sex.
    pub gender: Gender,
    /// Vietnamese national.
    pub vietnamese: bool,
    /// Start.
    pub origin: UnitCode,
    /// End.
    pub destination: UnitCode,
    /// Means.
    pub transport: Transport,
    /// Day of travel.
    pub travels_on: Day,
    /// Day of return.
    pub returns_on: Option<Day>,
    /// It came by a channel whose sender may be forged.
    #[serde(default)]
    pub low_trust: bool,
}

pub(super) struct Judged<'a> {
    pub(super) submission: &'a Submission,
    pub(super) origin: &'a Origin,
    pub(super) verdict: &'a Verdict,
    pub(super) registry: &'a RegistryAnswer,
}

impl Workflows {
    pub(super) fn declaration_rows(
        &self,
        judged: &Judged<'_>,
        key: &DataKey,
    ) -> Result<(Rows, Declared), DeclareError> {
        let now = self.clock.now();
        let province = judged.submission.province.clone();
        let id = DeclarationId(self.clock.uuid());
        let declaration = self.declaration_row(judged, key, id, now)?;
        let pass = PassRow {
            province: province.clone(),
            id: PassId(self.clock.random()),
            declaration: id,
            person: declaration.person,
            level: declaration.level.clone(),
            code: SpokenCode::random(&self.clock).plain(),
            digits: Some(DigitCode::random(&self.clock).plain()),
            issued_at: now,
            expires_at: expiry(judged.verdict, now),
        };
        let declared = Declared {
            province: province.clone(),
            declaration: id,
            pass: pass.id,
            link: self.sealing.pass_link(&province, pass.id),
            code: pass.code.clone(),
            digits: pass.digits.clone(),
            level: judged.verdict.level,
            reasons: judged.verdict.reasons.clone(),
            qr_text: self.qr_text(&pass, judged)?,
            expires_at: pass.expires_at,
            repeated: false,
        };
        let entry = audit_entry(judged, &declaration, now);
        let rows = Rows {
            sheet: self.sheet_row(judged, key, id, now)?,
            mark: self.suspicion(judged, &declaration),
            declaration: Some((declaration, pass)),
            audit: vec![(province, entry)],
            ..Rows::default()
        };
        Ok((rows, declared))
    }

    fn qr_text(&self, pass: &PassRow, judged: &Judged<'_>) -> Result<Option<String>, DeclareError> {
        if judged.verdict.level == Level::Refuse {
            return Ok(None);
        }
        let identity = &judged.submission.identity;
        let claims = PassClaims {
            id: pass.id,
            province: pass.province.clone(),
            issued_at: pass.issued_at,
            expires_at: pass.expires_at,
            kind: PassKind::Person,
            class: class_letter(&pass.level),
            holder: Some(Holder::of(identity.name.as_str(), identity.birth.year())),
        };
        let corrupt = |_| SealError::Corrupt {
            table: "passes",
            column: "id",
        };
        Ok(Some(self.signer.seal(&claims).map_err(corrupt)?))
    }

    fn declaration_row(
        &self,
        judged: &Judged<'_>,
        key: &DataKey,
        id: DeclarationId,
        now: Moment,
    ) -> Result<DeclarationRow, DeclareError> {
        let Judged {
            submission,
            origin,
            verdict,
            registry,
        } = judged;
        let (province, identity) = (&submission.province, &submission.identity);
        let row = id.0.into_bytes();
        let sealed = SealedIdentity {
            identity: identity.clone(),
            homes: submission.homes.clone(),
            plate: submission.journey.plate.clone(),
            seat: submission.journey.seat.clone(),
        };
        let index = |field, text: String| self.sealing.index(province, field, &text);
        let plate = submission
            .journey
            .plate
            .as_ref()
            .map(|p| index(Field::Plate, p.index_key()));
        Ok(DeclarationRow {
            province: province.clone(),
            id,
            created_at: now,
            idem_key: self.idempotency_index(province, origin),
            request_hash: self.request_hash(province, origin),
            person: index(Field::Document, identity.document.index_key()),
            phone: identity
                .phone
                .as_ref()
                .map(|p| index(Field::Phone, p.index_key())),
            plate,
            identity: self.sealing.seal(key, IDENTITY, &row, &sealed)?,
            answers: self.sealing.seal(key, ANSWERS, &row, &submission.replies)?,
            facts: json(&submission.stored_facts(origin.channel), "facts")?,
            checkpoint: submission.checkpoint,
            channel: origin.channel.as_str().to_owned(),
            language: origin.language.clone(),
            keyed_by: origin.keyed_by(),
            registry: registry_word(registry).to_owned(),
            level: level_word(verdict.level).to_owned(),
            verdict: json(verdict, "verdict")?,
            rules: json(
                &self.rules.version(province).unwrap_or_else(no_rules),
                "rules",
            )?,
            symptoms: national::has_symptoms(&submission.replies),
            suspected: verdict.level == Level::Hold,
        })
    }

    /// The client's key as it is stored. An officer's keys are apart from all others; those of
    /// citizens must be random, which their forms' are.
    pub(super) fn idempotency_index(&self, province: &ProvinceId, origin: &Origin) -> [u8; 16] {
        let by = origin
            .keyed_by()
            .map_or_else(String::new, |o| o.to_string());
        let key = format!(
            "{} {by} {}",
            origin.channel.as_str(),
            origin.idempotency_key
        );
        self.sealing.index(province, Field::Key, &key)
    }

    /// A keyed hash of what was sent: a plain one could be tried against guessed answers.
    pub(super) fn request_hash(&self, province: &ProvinceId, origin: &Origin) -> [u8; 16] {
        let digest = Sha256::digest(&origin.sent);
        let text = digest
            .iter()
            .fold(String::from("request "), |mut text, byte| {
                use std::fmt::Write;
                let _ = write!(text, "{byte:02x}");
                text
            });
        self.sealing.index(province, Field::Key, &text)
    }

    fn sheet_row(
        &self,
        judged: &Judged<'_>,
        key: &DataKey,
        declaration: DeclarationId,
        now: Moment,
    ) -> Result<Option<SheetRow>, DeclareError> {
        let Some(paper) = &judged.origin.paper else {
            return Ok(None);
        };
        let row = declaration.0.into_bytes();
        let picture = paper
            .picture
            .as_ref()
            .map(|p| self.sealing.seal_bytes(key, PICTURE, &row, p))
            .transpose()?;
        Ok(Some(SheetRow {
            province: judged.submission.province.clone(),
            declaration,
            serial: paper.serial.clone(),
            documents: json(
                &serde_json::json!({ "compared": paper.compared }),
                "documents",
            )?,
            picture,
            keyed_by: paper.officer,
            keyed_at: now,
        }))
    }

    /// A held verdict makes the person suspected: the mark is what holds the pass until a
    /// medical officer releases it.
    fn suspicion(&self, judged: &Judged<'_>, declaration: &DeclarationRow) -> Option<MarkRow> {
        declaration.suspected.then(|| MarkRow {
            province: declaration.province.clone(),
            id: MarkId(self.clock.uuid()),
            person: declaration.person,
            class: "suspected".into(),
            source: None,
            ends: None,
            evidence: None,
            marked_by: None,
            checkpoint: judged.submission.checkpoint,
            marked_at: declaration.created_at,
        })
    }
}

fn audit_entry(judged: &Judged<'_>, row: &DeclarationRow, now: Moment) -> AuditEntry {
    let (actor, role) = match judged.origin.keyer() {
        Some((officer, role)) => (officer.to_string().into(), role.to_owned().into()),
        None => ("citizen".into(), "citizen".into()),
    };
    AuditEntry {
        at: now,
        actor,
        role,
        purpose: Purpose::Declare,
        action: match judged.origin.channel {
            Channel::Paper => "declared-on-paper".into(),
            Channel::Assisted | Channel::Hotline => "declared-for".into(),
            _ => "declared".into(),
        },
        subject: Some(row.person),
        detail: format!("{} {}", row.id, row.level),
        request_id: judged.origin.request_id.clone(),
    }
}

fn no_rules() -> RulesVersion {
    RulesVersion {
        name: "none".into(),
        digest: String::new(),
        settings: String::new(),
    }
}

fn json<T: Serialize>(value: &T, column: &'static str) -> Result<String, DeclareError> {
    serde_json::to_string(value).map_err(|_| {
        DeclareError::Seal(SealError::Corrupt {
            table: "declarations",
            column,
        })
    })
}

pub(super) fn registry_word(answer: &RegistryAnswer) -> &'static str {
    match answer {
        RegistryAnswer::Match => "match",
        RegistryAnswer::Mismatch(_) => "mismatch",
        RegistryAnswer::Unknown => "unknown",
        RegistryAnswer::Unavailable => "unavailable",
    }
}

/// What rules are told of the registry's answer; see [`crate::rules::facts::REGISTRY`].
pub(crate) fn registry_fact(word: &str) -> i64 {
    match word {
        "match" => 1,
        "unknown" => 2,
        "unavailable" => 3,
        _ => 0,
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Clear => "clear",
        Level::Caution => "caution",
        Level::Unsure => "unsure",
        Level::Hold => "hold",
        Level::Refuse => "refuse",
    }
}

/// The letter of a level inside a pass.
pub(crate) fn class_letter(level: &str) -> char {
    level.chars().next().unwrap_or('u').to_ascii_uppercase()
}

/// The level of a stored word.
pub fn level(word: &str) -> Result<Level, StoreError> {
    [
        Level::Clear,
        Level::Caution,
        Level::Unsure,
        Level::Hold,
        Level::Refuse,
    ]
    .into_iter()
    .find(|l| level_word(*l) == word)
    .ok_or(StoreError::Corrupt {
        table: "declarations",
        column: "level",
    })
}

impl Submission {
    fn stored_facts(&self, channel: Channel) -> StoredFacts {
        StoredFacts {
            birth_year: self.identity.birth.year(),
            gender: self.identity.gender,
            vietnamese: self.identity.is_vietnamese(),
            origin: self.journey.origin,
            destination: self.journey.destination,
            transport: self.journey.transport,
            travels_on: self.journey.travels_on,
            returns_on: self.journey.returns_on,
            low_trust: channel.is_low_trust(),
        }
    }
}
