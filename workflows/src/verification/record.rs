//! Recording who crosses: once per crossing id, with advice, decision and officer.

use super::find::{Found, Reference};
use super::{Duty, ScanError, Scanned, direction_word, gate_word};
use crate::Workflows;
use crate::audit::{AuditEntry, Purpose};
use crate::clock::Moment;
use crate::ids::{CrossingId, ProvinceId};
use crate::rules::Direction;
use crate::sealing::Column;
use crate::store::{Appended, CrossingRow, Rows, Scope};
use crate::verdict::Gate;

/// Sealed reason of an override.
pub(crate) const NOTE: Column = Column::new("crossings", "note");

/// A crossing older than this is not taken from a screen: it belongs to the offline sync.
const OLDEST_MINUTES: i64 = 12 * 60;
/// A device's clock may run ahead of ours by this much.
const AHEAD_MINUTES: i64 = 10;

/// What an officer decided about a scan.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Made at the scan; the same id records once.
    pub crossing: CrossingId,
    /// What was found.
    pub reference: Reference,
    /// Which way.
    pub direction: Direction,
    /// The officer's decision; `None` follows the advice when that is to let through or to
    /// turn back.
    pub gate: Option<Gate>,
    /// Reason in words, needed for an override.
    pub note: String,
}

/// A recorded crossing.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its id.
    pub crossing: CrossingId,
    /// What the officer did.
    pub gate: Gate,
    /// Whether that differs from the advice.
    pub overridden: bool,
    /// What the scan had shown.
    pub scanned: Scanned,
    /// Whether the same crossing had been recorded before.
    pub repeated: bool,
}

impl Workflows {
    /// Records a crossing after its scan was shown. The pass is judged afresh, so what is
    /// stored is what was true when it was recorded.
    pub async fn record(&self, duty: &Duty, recording: &Recording) -> Result<Recorded, ScanError> {
        let now = self.clock.now();
        let found = self.found(&recording.reference, now).await?;
        let looked = found.look_up(duty, now);
        self.record_found(duty, &found, recording, vec![looked])
            .await
    }

    /// Scans and records in one step, for a gate that follows the advice.
    pub async fn scan_and_record(
        &self,
        duty: &Duty,
        input: &str,
        recording: &Recording,
    ) -> Result<Recorded, ScanError> {
        let now = self.clock.now();
        self.refuse_guessing(duty, input, now).await?;
        let found = self.find(duty, input, now).await?;
        if found.is_miss() {
            self.count_miss(duty, now).await?;
        }
        let looked = found.look_up(duty, now);
        self.record_found(duty, &found, recording, vec![looked])
            .await
    }

    async fn record_found(
        &self,
        duty: &Duty,
        found: &Found,
        recording: &Recording,
        looks: Vec<(ProvinceId, AuditEntry)>,
    ) -> Result<Recorded, ScanError> {
        let now = self.clock.now();
        let made_at = made_at(recording.crossing, now)?;
        let (scanned, here) = self.judge(duty, found, recording.direction, now).await?;
        let gate = recording.gate.unwrap_or(scanned.decision.gate);
        let overridden = needs_reason(scanned.decision.gate, gate);
        if overridden && recording.note.trim().is_empty() {
            // Even this answer says something about the person.
            self.store
                .append(Rows {
                    looks,
                    ..Rows::default()
                })
                .await?;
            return Err(ScanError::NoReason);
        }
        let mut row = self
            .crossing_row(duty, recording, &scanned, (gate, overridden))
            .await?;
        row.person = here.person;
        row.plate = here.plate;
        let audit = vec![(duty.province.clone(), entry(duty, &row, here.person, now))];
        let crossing = Some(row.clone());
        let rows = Rows {
            crossing,
            audit,
            looks,
            ..Rows::default()
        };
        let repeated = self.store.append(rows).await? == Appended::Duplicate;
        if repeated {
            self.same_as_before(duty, &row, made_at).await?;
        }
        Ok(Recorded {
            crossing: recording.crossing,
            gate,
            overridden,
            scanned,
            repeated,
        })
    }

    async fn crossing_row(
        &self,
        duty: &Duty,
        recording: &Recording,
        scanned: &Scanned,
        (gate, overridden): (Gate, bool),
    ) -> Result<CrossingRow, ScanError> {
        let now = self.clock.now();
        let note = match recording.note.trim() {
            "" => None,
            text => {
                let key = self.sealing.key(&duty.province, now).await?;
                Some(
                    self.sealing
                        .seal(&key, NOTE, &recording.crossing.0.into_bytes(), &text)?,
                )
            }
        };
        let reasons = serde_json::json!({
            "reasons": scanned.decision.reasons,
            "trail": scanned.decision.trail,
            "rules": self.rules.version(&duty.province),
        });
        Ok(CrossingRow {
            province: duty.province.clone(),
            id: recording.crossing,
            checkpoint: duty.checkpoint,
            officer: duty.officer,
            direction: direction_word(recording.direction).into(),
            status: scanned.status.as_str().into(),
            advised: gate_word(scanned.decision.gate).into(),
            gate: gate_word(gate).into(),
            overridden,
            note,
            reasons: reasons.to_string(),
            pass: match &scanned.reference {
                Reference::Pass(province, id) => Some((province.clone(), *id)),
                _ => None,
            },
            person: None,
            plate: None,
            // A passage happens when the officer decides. Counted by the time of the scan, one
            // decided after the cut-off would be in no report.
            scanned_at: now,
            recorded_at: now,
        })
    }

    /// A repeat carries the same passage; anything else under the same id is refused, so that no
    /// second person is lost behind the first.
    async fn same_as_before(
        &self,
        duty: &Duty,
        row: &CrossingRow,
        made_at: Moment,
    ) -> Result<(), ScanError> {
        let mut tx = self.store.read(&Scope::of(&duty.province)).await?;
        let same = tx.crossing(row.id, made_at).await?.is_some_and(|before| {
            let pass = row.pass.as_ref();
            before.gate == row.gate
                && before.direction == row.direction
                && before.checkpoint == row.checkpoint.0
                && before.officer == row.officer.0
                && before.pass_province.as_deref() == pass.map(|(p, _)| p.as_str())
                && before.pass.as_deref() == pass.map(|(_, id)| id.0.as_slice())
        });
        if same {
            Ok(())
        } else {
            Err(ScanError::AlreadyRecorded)
        }
    }
}

/// The instant inside the crossing's id (UUIDv7), within what a screen can hold.
fn made_at(id: CrossingId, now: Moment) -> Result<Moment, ScanError> {
    let (seconds, nanos) =
        id.0.get_timestamp()
            .ok_or(ScanError::BadCrossing)?
            .to_unix();
    let seconds = i64::try_from(seconds).map_err(|_| ScanError::BadCrossing)?;
    let at = Moment(seconds.saturating_mul(1_000_000) + i64::from(nanos / 1_000));
    let within = at >= now.plus_minutes(-OLDEST_MINUTES) && at <= now.plus_minutes(AHEAD_MINUTES);
    // Ids carry milliseconds; a scan is never later than its recording.
    within.then_some(at.min(now)).ok_or(ScanError::BadCrossing)
}

/// Whether a decision goes against the advice and so needs a reason in words. `check` and
/// `unsure` ask the officer to decide, so no choice goes against them.
pub fn needs_reason(advised: Gate, done: Gate) -> bool {
    !matches!(advised, Gate::Check | Gate::Unsure) && advised != done
}

fn entry(duty: &Duty, row: &CrossingRow, subject: Option<[u8; 16]>, now: Moment) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: duty.officer.to_string().into(),
        role: duty.role.clone().into(),
        purpose: Purpose::VerifyAtGate,
        action: if row.overridden {
            "crossing-overridden".into()
        } else {
            "crossing-recorded".into()
        },
        subject,
        detail: format!(
            "{} post {} {} {}",
            row.id, row.checkpoint.0, row.direction, row.gate
        ),
        request_id: duty.request_id.clone(),
    }
}
