//! Workflow 2, scan: find the pass, judge it at this post, and record who crosses.

mod find;
mod judge;
mod mine;
mod record;

use serde::{Deserialize, Serialize};

use find::Found;
pub use find::Reference;
pub use mine::{Look, MyPass, spaced};
pub use record::{Recorded, Recording, needs_reason};

use crate::Workflows;
use crate::attempts::Allowance;
use crate::audit::Purpose;
use crate::clock::Moment;
use crate::exposure::Issuer;
use crate::ids::{CheckpointId, CrossingId, OfficerId, ProvinceId};
use crate::pass::typed_code;
use crate::place::UnitCode;
use crate::rules::Direction;
use crate::sealing::SealError;
use crate::store::{Rows, Scope, StoreError};
use crate::verdict::{Decision, Gate};

/// What a pass turned out to be (DOMAIN.md §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PassStatus {
    /// In force.
    Valid,
    /// It ended.
    Expired,
    /// A later declaration replaced it; that one was judged.
    Superseded,
    /// A medical officer must see the person first.
    HeldClass,
    /// Withdrawn for good.
    Revoked,
    /// The declaration did not entitle to the journey.
    Refused,
    /// Not a genuine pass.
    BadSignature,
    /// Signed by a key we do not know.
    UnknownKey,
    /// Nothing was found.
    NotFound,
}

impl PassStatus {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Valid,
        Self::Expired,
        Self::Superseded,
        Self::HeldClass,
        Self::Revoked,
        Self::Refused,
        Self::BadSignature,
        Self::UnknownKey,
        Self::NotFound,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Expired => "EXPIRED",
            Self::Superseded => "SUPERSEDED",
            Self::HeldClass => "HELD_CLASS",
            Self::Revoked => "REVOKED",
            Self::Refused => "REFUSED",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::UnknownKey => "UNKNOWN_KEY",
            Self::NotFound => "NOT_FOUND",
        }
    }
}

/// An officer on duty at a post.
#[derive(Clone, Debug)]
pub struct Duty {
    /// Province of the post.
    pub province: ProvinceId,
    /// The post.
    pub checkpoint: CheckpointId,
    /// Who.
    pub officer: OfficerId,
    /// In which role.
    pub role: String,
    /// The request acted in.
    pub request_id: String,
}

/// The least an officer needs to compare with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Full name.
    pub name: String,
    /// Year of birth.
    pub birth_year: u16,
    /// Kind of document, a word.
    pub document_kind: &'static str,
    /// Last four characters of its number.
    pub document_tail: String,
    /// Plate, if declared.
    pub plate: Option<String>,
    /// Start of the journey.
    pub origin: UnitCode,
    /// Its end.
    pub destination: UnitCode,
}

/// Whom a medical officer has before them.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Whom to compare.
    pub holder: Holder,
    /// Blind index of the person in the post's province.
    pub person: [u8; 16],
    /// Who issued the pass, when that is another province.
    pub issuer: Option<Issuer>,
}

/// What a scan shows.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// Names the crossing to be recorded; sent back with it, so that a repeat is recognised.
    pub crossing: CrossingId,
    /// What was found, for recording without scanning again.
    pub reference: Reference,
    /// What the pass turned out to be.
    pub status: PassStatus,
    /// What is advised, with its reasons.
    pub decision: Decision,
    /// Whom to compare, when a person was found.
    pub holder: Option<Holder>,
    /// The province whose texts the reasons use.
    pub rules_of: ProvinceId,
    /// When the pass ends, if one was found.
    pub expires_at: Option<Moment>,
    /// How the declaration came in (`web`, `paper`, …).
    pub channel: Option<String>,
    /// What the registry had said.
    pub registry: Option<String>,
}

/// Why a scan gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Too many look-ups that found nothing; wait.
    #[error("too many look-ups found nothing")]
    TooMany,
    /// Too many codes in a minute; wait for the next.
    #[error("too many codes in a minute")]
    TooFast,
    /// An override needs a reason in words.
    #[error("an override needs a reason")]
    NoReason,
    /// The crossing was recorded before with another decision.
    #[error("this crossing was recorded before with another decision")]
    AlreadyRecorded,
    /// The crossing's id is not one made for a scan of these days.
    #[error("the crossing's id is not acceptable")]
    BadCrossing,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Look-ups that may find nothing, per officer and hour. Codes are 2^34 and a guess is logged,
/// so this leaves no room for guessing (SECURITY.md T1).
const MISSES_AN_HOUR: i64 = 120;

/// Codes, in letters or digits, that one officer may look up in a minute, found or not: nobody
/// types faster, and whoever guesses by volume is stopped alike by hits and misses.
const CODE_LOOK: Allowance = Allowance {
    kind: "code-look",
    purpose: Purpose::VerifyAtGate,
    minutes: 1,
    most: 10,
};

impl Workflows {
    /// Looks a pass up by whatever was scanned or typed: QR text, spoken code, card, number.
    /// The look-up is in the audit chain before its answer is given.
    pub async fn scan(
        &self,
        duty: &Duty,
        input: &str,
        direction: Direction,
    ) -> Result<Scanned, ScanError> {
        let now = self.clock.now();
        self.refuse_guessing(duty, input, now).await?;
        let found = self.find(duty, input, now).await?;
        if found.is_miss() {
            self.count_miss(duty, now).await?;
        }
        let (scanned, _) = self.judge(duty, &found, direction, now).await?;
        self.note_look(&found, duty, now).await?;
        Ok(scanned)
    }

    /// Judges a reference again, for the screen that asks for an override's reason.
    pub async fn look_again(
        &self,
        duty: &Duty,
        reference: &Reference,
        direction: Direction,
    ) -> Result<Scanned, ScanError> {
        let now = self.clock.now();
        let found = self.found(reference, now).await?;
        let (scanned, _) = self.judge(duty, &found, direction, now).await?;
        self.note_look(&found, duty, now).await?;
        Ok(scanned)
    }

    /// Who is behind a reference. The look is in the audit chain before its answer is given.
    pub async fn holder_of(
        &self,
        duty: &Duty,
        reference: &Reference,
    ) -> Result<Option<Subject>, ScanError> {
        let now = self.clock.now();
        let found = self.found(reference, now).await?;
        let (scanned, here) = self.judge(duty, &found, Direction::Entry, now).await?;
        self.note_look(&found, duty, now).await?;
        let issuer = match (found.reference, found.person) {
            (Reference::Pass(province, _), Some(person)) if province != duty.province => {
                Some(Issuer { province, person })
            }
            _ => None,
        };
        let subject = |(holder, person)| Subject {
            holder,
            person,
            issuer,
        };
        Ok(scanned.holder.zip(here.person).map(subject))
    }

    async fn note_look(&self, found: &Found, duty: &Duty, now: Moment) -> Result<(), ScanError> {
        let looks = vec![found.look_up(duty, now)];
        self.store
            .append(Rows {
                looks,
                ..Rows::default()
            })
            .await?;
        Ok(())
    }

    /// After too many misses no code and no number is looked up, or the hits would answer the
    /// guesses. Sealed passes cannot be guessed: the post goes on.
    async fn refuse_guessing(
        &self,
        duty: &Duty,
        input: &str,
        now: Moment,
    ) -> Result<(), ScanError> {
        if find::is_sealed(input) {
            return Ok(());
        }
        let subject = duty.officer.0.into_bytes();
        let mut tx = self
            .store
            .read(&Scope::National(Purpose::VerifyAtGate))
            .await?;
        let count = tx
            .attempt_count("scan-miss", &subject, now.plus_minutes(-60))
            .await?;
        if count >= MISSES_AN_HOUR {
            return Err(ScanError::TooMany);
        }
        if typed_code(input.trim()).is_some() {
            drop(tx);
            // Before it is made, so that a code that exists costs what another one costs.
            if !self.may_try(&CODE_LOOK, &subject, now).await? {
                return Err(ScanError::TooFast);
            }
        }
        Ok(())
    }

    async fn count_miss(&self, duty: &Duty, now: Moment) -> Result<(), ScanError> {
        let subject = duty.officer.0.into_bytes();
        let scope = Scope::National(Purpose::VerifyAtGate);
        let mut tx = self.store.write(&scope).await?;
        tx.add_attempt("scan-miss", &subject, self.clock.uuid(), now)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What an officer can do with a person at a post.
pub const CHOICES: [Gate; 3] = [Gate::LetThrough, Gate::Isolate, Gate::TurnBack];

/// The word stored for a decision.
pub fn gate_word(gate: Gate) -> &'static str {
    match gate {
        Gate::LetThrough => "let-through",
        Gate::Check => "check",
        Gate::Unsure => "unsure",
        Gate::Isolate => "isolate",
        Gate::TurnBack => "turn-back",
    }
}

/// The decision of a word.
pub fn parse_gate(word: &str) -> Option<Gate> {
    [
        Gate::LetThrough,
        Gate::Check,
        Gate::Unsure,
        Gate::Isolate,
        Gate::TurnBack,
    ]
    .into_iter()
    .find(|g| gate_word(*g) == word)
}

/// The word stored for a direction.
pub fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Entry => "entry",
        Direction::Exit => "exit",
    }
}

/// The direction of a word.
pub fn parse_direction(word: &str) -> Option<Direction> {
    match word {
        "entry" => Some(Direction::Entry),
        "exit" => Some(Direction::Exit),
        _ => None,
    }
}
