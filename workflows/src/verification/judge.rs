//! What a found pass is worth at this post: its state, then the province's rules, then the core.

use super::find::{Found, Reference, Standing};
use super::{Duty, Holder, PassStatus, ScanError, Scanned};
use crate::Workflows;
use crate::answers::Reply;
use crate::clock::Moment;
use crate::declaration::{
    ANSWERS, IDENTITY, SealedIdentity, StoredFacts, level, national, registry_fact,
};
use crate::form::is_shared;
use crate::ids::{CrossingId, ProvinceId};
use crate::rules::{Direction, Facts, Scan, facts};
use crate::store::{PassWithDeclaration, Scope, StoreError};
use crate::vault::Field;
use crate::verdict::{Decision, Gate, Level, Reason, Verdict, reasons};

/// A pass opened: facts, answers and identity.
pub(super) struct Opened {
    sealed: SealedIdentity,
    facts: Facts,
    level: Level,
    verdict: Verdict,
    pub(super) held: bool,
    low_trust: bool,
}

/// The holder as the post's province indexes them: crossings belong to the post's province,
/// whoever issued the pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Here {
    pub(super) person: Option<[u8; 16]>,
    pub(super) plate: Option<[u8; 16]>,
}

impl Workflows {
    pub(super) async fn judge(
        &self,
        duty: &Duty,
        found: &Found,
        direction: Direction,
        now: Moment,
    ) -> Result<(Scanned, Here), ScanError> {
        let crossing = CrossingId(self.clock.uuid());
        let (Some(pass), Some(newest)) = (&found.pass, &found.newest) else {
            return Ok((
                nothing_found(duty, &found.reference, crossing),
                Here::default(),
            ));
        };
        let mut opened = self.opened(newest, found.standing.held).await?;
        let (person, plate) = self.index_here(duty, &opened.sealed);
        let here = self.standing_here(duty, found, &person, now).await?;
        opened.held |= here.held
            || self.any_stands(&found.standing.elsewhere).await?
            || self.any_stands(&here.elsewhere).await?;
        let status = status(pass, newest, &opened, now);
        let mut decision = self.decide(duty, newest, &opened, (direction, here.crossings_today));
        tighten(&mut decision, status, &opened);
        let scanned = Scanned {
            crossing,
            reference: found.reference.clone(),
            status,
            decision,
            holder: Some(opened.holder()),
            rules_of: duty.province.clone(),
            expires_at: Some(Moment(newest.expires_at)),
            channel: Some(newest.channel.clone()),
            registry: Some(newest.registry.clone()),
        };
        Ok((
            scanned,
            Here {
                person: Some(person),
                plate,
            },
        ))
    }

    /// Opens a pass; `held` says whether its province holds the person.
    pub(super) async fn opened(
        &self,
        pass: &PassWithDeclaration,
        held: bool,
    ) -> Result<Opened, ScanError> {
        let corrupt = |column| StoreError::Corrupt {
            table: "declarations",
            column,
        };
        let province = ProvinceId::parse(&pass.province).ok_or_else(|| corrupt("province"))?;
        let row = pass.declaration.into_bytes();
        let sealed: SealedIdentity = self
            .sealing
            .open(&province, IDENTITY, &row, &pass.identity)
            .await?;
        let replies: Vec<Reply> = self
            .sealing
            .open(&province, ANSWERS, &row, &pass.answers)
            .await?;
        let stored: StoredFacts =
            serde_json::from_str(&pass.facts).map_err(|_| corrupt("facts"))?;
        let verdict: Verdict =
            serde_json::from_str(&pass.verdict).map_err(|_| corrupt("verdict"))?;
        Ok(Opened {
            low_trust: stored.low_trust,
            facts: stored.into_facts(Moment(pass.created_at), replies),
            level: level(&pass.level)?,
            sealed,
            verdict,
            held,
        })
    }

    fn decide(
        &self,
        duty: &Duty,
        pass: &PassWithDeclaration,
        opened: &Opened,
        (direction, crossings_today): (Direction, i64),
    ) -> Decision {
        let units = [opened.facts.origin, opened.facts.destination];
        let Some(mut context) = self.context(&duty.province, &units) else {
            return Decision::unsure();
        };
        context.checkpoint = Some(duty.checkpoint);
        context.facts = vec![
            (facts::CROSSINGS_TODAY, crossings_today),
            (facts::REGISTRY, registry_fact(&pass.registry)),
            (facts::LOW_TRUST_CHANNEL, i64::from(opened.low_trust)),
        ];
        let elsewhere = pass.province != duty.province.as_str();
        let mut declared = opened.facts.clone();
        if elsewhere {
            // The same number is another question here.
            declared.replies.retain(|reply| is_shared(reply.to));
        }
        let scan = Scan {
            declared,
            level: opened.level,
            issued_at: Moment(pass.issued_at),
            expires_at: Moment(pass.expires_at),
            direction,
        };
        let decided = self.rules.decide(&duty.province, &context, &scan);
        let mut decision = decided.unwrap_or_else(|error| {
            tracing::error!(province = %duty.province, "a scan was not judged: {error}");
            Decision::unsure()
        });
        if elsewhere {
            // What this province asks and the other does not is on no declaration.
            decision.tighten(Gate::Check, Reason::plain(reasons::OTHER_PROVINCE));
        }
        decision
    }

    /// The person's standing in the post's own province, asked for when another one issued the
    /// pass.
    async fn standing_here(
        &self,
        duty: &Duty,
        found: &Found,
        person: &[u8; 16],
        now: Moment,
    ) -> Result<Standing, ScanError> {
        match &found.reference {
            Reference::Pass(province, _) if *province == duty.province => Ok(Standing {
                elsewhere: Vec::new(),
                ..found.standing
            }),
            _ => {
                let mut tx = self.store.read(&Scope::of(&duty.province)).await?;
                Ok(Standing::of(&mut tx, person, now).await?)
            }
        }
    }

    fn index_here(&self, duty: &Duty, sealed: &SealedIdentity) -> ([u8; 16], Option<[u8; 16]>) {
        let index = |field, key: String| self.sealing.index(&duty.province, field, &key);
        let plate = sealed
            .plate
            .as_ref()
            .map(|p| index(Field::Plate, p.index_key()));
        (
            index(Field::Document, sealed.identity.document.index_key()),
            plate,
        )
    }
}

/// The state of the pass scanned. A later declaration replaces it, and then the later one is
/// what counts at the post.
pub(super) fn status(
    pass: &PassWithDeclaration,
    newest: &PassWithDeclaration,
    opened: &Opened,
    now: Moment,
) -> PassStatus {
    if newest.revoked_at.is_some() {
        PassStatus::Revoked
    } else if opened.held {
        PassStatus::HeldClass
    } else if opened.level == Level::Refuse {
        PassStatus::Refused
    } else if now >= Moment(newest.expires_at) {
        PassStatus::Expired
    } else if pass.later != 0 {
        PassStatus::Superseded
    } else {
        PassStatus::Valid
    }
}

/// What the core demands whatever the province's rules said. Reasons for a hold are neutral:
/// the officer learns that a medical officer must come, not why.
fn tighten(decision: &mut Decision, status: PassStatus, opened: &Opened) {
    let plain = Reason::plain;
    match status {
        PassStatus::Superseded => {
            decision.reasons.push(plain(reasons::SUPERSEDED));
        }
        PassStatus::HeldClass => {
            decision.tighten(Gate::Isolate, plain(reasons::MEDICAL_HOLD));
        }
        PassStatus::Revoked => decision.tighten(Gate::TurnBack, plain(reasons::REVOKED)),
        PassStatus::Expired => decision.tighten(Gate::TurnBack, plain(reasons::EXPIRED)),
        PassStatus::Refused => {
            decision.tighten(Gate::TurnBack, plain(reasons::REFUSED));
            decision
                .reasons
                .extend(opened.verdict.reasons.iter().cloned());
        }
        PassStatus::Valid
        | PassStatus::BadSignature
        | PassStatus::UnknownKey
        | PassStatus::NotFound => {}
    }
    if opened.level == Level::Unsure {
        decision.tighten(Gate::Unsure, plain(reasons::RULES_FAILED));
    }
    if opened.level == Level::Caution && !opened.held {
        decision.tighten(Gate::Check, caution(opened));
    }
}

/// Symptoms are health data: an officer reads them only as "look twice", unless the reason is
/// about the document.
fn caution(opened: &Opened) -> Reason {
    let about_document = opened.verdict.reasons.iter().find(|r| {
        matches!(
            r.code,
            reasons::IDENTITY_TO_CHECK | reasons::IDENTITY_UNKNOWN
        )
    });
    match about_document {
        Some(reason) if !national::has_symptoms(&opened.facts.replies) => reason.clone(),
        _ => Reason::plain(reasons::LOOK_TWICE),
    }
}

fn nothing_found(duty: &Duty, reference: &Reference, crossing: CrossingId) -> Scanned {
    let (status, gate, reason) = match reference {
        Reference::Forged => (
            PassStatus::BadSignature,
            Gate::TurnBack,
            reasons::BAD_SIGNATURE,
        ),
        Reference::UnknownKey => (PassStatus::UnknownKey, Gate::Unsure, reasons::UNKNOWN_KEY),
        Reference::Nothing | Reference::Pass(..) => {
            (PassStatus::NotFound, Gate::Check, reasons::NOT_FOUND)
        }
    };
    Scanned {
        crossing,
        reference: reference.clone(),
        status,
        decision: Decision {
            gate,
            reasons: vec![Reason::plain(reason)],
            tasks: Vec::new(),
            trail: Vec::new(),
        },
        holder: None,
        rules_of: duty.province.clone(),
        expires_at: None,
        channel: None,
        registry: None,
    }
}

impl Opened {
    pub(super) fn name(&self) -> &str {
        self.sealed.identity.name.as_str()
    }

    /// Whether the declaration's own answers held it.
    pub(super) fn is_hold(&self) -> bool {
        self.level == Level::Hold
    }

    pub(super) fn birth_year(&self) -> u16 {
        self.sealed.identity.birth.year()
    }

    pub(super) fn reasons(&self) -> Vec<Reason> {
        self.verdict.reasons.clone()
    }

    fn holder(&self) -> Holder {
        let identity = &self.sealed.identity;
        let number = identity.document.number();
        let tail = number
            .char_indices()
            .rev()
            .nth(3)
            .map_or(number, |(i, _)| &number[i..]);
        Holder {
            name: identity.name.upper(),
            birth_year: identity.birth.year(),
            document_kind: identity.document.kind().code(),
            document_tail: tail.to_owned(),
            plate: self.sealed.plate.as_ref().map(|p| p.as_str().to_owned()),
            origin: self.facts.origin,
            destination: self.facts.destination,
        }
    }
}

impl StoredFacts {
    fn into_facts(self, sent_at: Moment, replies: Vec<Reply>) -> Facts {
        Facts {
            sent_at,
            birth_year: self.birth_year,
            gender: self.gender,
            vietnamese: self.vietnamese,
            origin: self.origin,
            destination: self.destination,
            transport: self.transport,
            travels_on: self.travels_on,
            returns_on: self.returns_on,
            replies,
        }
    }
}
