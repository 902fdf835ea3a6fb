//! Outcomes: of assessing a declaration (a verdict) and at a post (a decision).

use serde::{Deserialize, Serialize};

use crate::clock::{Day, Moment};
use crate::form::{QuestionId, TextCode};

/// How a declaration was assessed. The order is the order of tightening: a stricter level
/// replaces a laxer one, and [`Level::Unsure`] (an officer decides) sits between those a citizen
/// passes with and those that stop the journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing against the journey.
    Clear,
    /// May go; the officer is told why to look twice.
    Caution,
    /// The rules could not say: an officer checks by hand.
    Unsure,
    /// The pass is held until a medical officer releases it.
    Hold,
    /// The declaration does not entitle to the journey.
    Refuse,
}

/// What is to happen at a post, in the order of tightening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Let through.
    LetThrough,
    /// Check documents, temperature or papers first.
    Check,
    /// The rules could not say: an officer checks by hand.
    Unsure,
    /// Keep apart and call the medical officer.
    Isolate,
    /// Turn back.
    TurnBack,
}

/// Work that a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Call the person.
    CallBack,
    /// Take a sample.
    LabTest,
    /// Visit the home.
    HomeVisit,
    /// Trace contacts.
    Trace,
    /// An officer looks at it.
    Officer,
}

/// A value inside a reason's sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arg {
    /// A number.
    Number(i64),
    /// A day.
    On(Day),
    /// An administrative unit.
    Place(crate::place::UnitCode),
    /// A question of the form, shown by its words.
    Asked(QuestionId),
    /// A short text from the plugin, escaped and capped.
    Text(String),
}

/// Why: a numbered sentence with values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The sentence (core: `reason-<n>`, province: its own table from 1000).
    pub code: TextCode,
    /// Its values, in order.
    pub args: Vec<Arg>,
}

impl Reason {
    /// A sentence without values.
    pub fn plain(code: TextCode) -> Self {
        Self {
            code,
            args: Vec::new(),
        }
    }
}

/// Reasons of the core. Their sentences are `reason-<n>` in the locales.
pub mod reasons {
    use crate::form::TextCode;

    /// The province's rules gave no answer; an officer checks by hand.
    pub const RULES_FAILED: TextCode = 1;
    /// Contact with a patient was declared.
    pub const MET_PATIENT: TextCode = 2;
    /// Symptoms were declared.
    pub const SYMPTOMS: TextCode = 3;
    /// A positive test was declared.
    pub const TESTED_POSITIVE: TextCode = 4;
    /// A medical officer must see the person first (neutral words for any mark).
    pub const MEDICAL_HOLD: TextCode = 5;
    /// The registry could not be asked: compare the document at the post.
    pub const IDENTITY_TO_CHECK: TextCode = 6;
    /// The registry does not know this number: compare the document at the post.
    pub const IDENTITY_UNKNOWN: TextCode = 7;
    /// Pass ended.
    pub const EXPIRED: TextCode = 10;
    /// A newer declaration replaced this pass; the valid one was found.
    pub const SUPERSEDED: TextCode = 11;
    /// Pass was withdrawn.
    pub const REVOKED: TextCode = 12;
    /// The code is not a genuine pass.
    pub const BAD_SIGNATURE: TextCode = 13;
    /// The key that signed it is not known.
    pub const UNKNOWN_KEY: TextCode = 14;
    /// No pass was found for this code or number.
    pub const NOT_FOUND: TextCode = 15;
    /// Pass begins later.
    pub const NOT_YET: TextCode = 16;
    /// Something in the declaration asks for a second look (neutral words).
    pub const LOOK_TWICE: TextCode = 8;
    /// The declaration was refused.
    pub const REFUSED: TextCode = 17;
    /// The pass was declared for another province, which asks other questions.
    pub const OTHER_PROVINCE: TextCode = 18;
}

/// One clause of a pass's validity; the earliest end applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clause {
    /// So many hours after issue.
    HoursAfterIssue(u16),
    /// Until the end of the n-th local day, the day of issue being the first.
    LocalDays(u16),
    /// So many hours after a local day's start or after an exact minute (test results).
    HoursAfter {
        /// Local minute the hours count from.
        from: i64,
        /// Hours.
        hours: u16,
    },
    /// Until this local minute.
    Until(i64),
}

impl Clause {
    /// The instant this clause ends for a pass issued at `issued`.
    pub fn ends_at(self, issued: Moment) -> Moment {
        let local_minute = |m: i64| Day(0).start().plus_minutes(m);
        match self {
            Self::HoursAfterIssue(h) => issued.plus_minutes(i64::from(h) * 60),
            Self::LocalDays(n) => issued.day().plus(i32::from(n.max(1)) - 1).end(),
            Self::HoursAfter { from, hours } => {
                local_minute(from).plus_minutes(i64::from(hours) * 60)
            }
            Self::Until(minute) => local_minute(minute),
        }
    }
}

/// The longest any pass lives, whatever a province says: 14 days.
pub const NATIONAL_MAX_HOURS: u16 = 14 * 24;

/// The earliest end of all clauses, never later than the national maximum.
pub fn earliest_end(issued: Moment, clauses: &[Clause]) -> Moment {
    clauses
        .iter()
        .chain(&[Clause::HoursAfterIssue(NATIONAL_MAX_HOURS)])
        .map(|c| c.ends_at(issued))
        .min()
        .unwrap_or(issued)
}

/// The outcome of assessing a declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How it was assessed.
    pub level: Level,
    /// Validity clauses that apply; the earliest end counts.
    pub clauses: Vec<Clause>,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
    /// Work asked for.
    pub tasks: Vec<Task>,
    /// Numbers of the rules that fired: explains the verdict to citizen and auditor.
    pub trail: Vec<u16>,
}

impl Verdict {
    /// Makes the verdict at least as strict as `level`, saying why if that changed it.
    pub fn tighten(&mut self, level: Level, reason: Reason) {
        if level > self.level {
            self.level = level;
            self.reasons.insert(0, reason);
        } else if level != Level::Clear && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// What a failing plugin yields: an officer checks by hand, for one day.
    pub fn unsure() -> Self {
        Self {
            level: Level::Unsure,
            clauses: vec![Clause::HoursAfterIssue(24)],
            reasons: vec![Reason::plain(reasons::RULES_FAILED)],
            tasks: vec![Task::Officer],
            trail: Vec::new(),
        }
    }
}

/// The outcome at a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What is to happen.
    pub gate: Gate,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
    /// Work asked for.
    pub tasks: Vec<Task>,
    /// Numbers of the rules that fired.
    pub trail: Vec<u16>,
}

impl Decision {
    /// Makes the decision at least as strict as `gate`, saying why.
    pub fn tighten(&mut self, gate: Gate, reason: Reason) {
        if gate > self.gate {
            self.gate = gate;
            self.reasons.insert(0, reason);
        } else if gate != Gate::LetThrough && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// What a failing plugin yields.
    pub fn unsure() -> Self {
        Self {
            gate: Gate::Unsure,
            reasons: vec![Reason::plain(reasons::RULES_FAILED)],
            tasks: vec![Task::Officer],
            trail: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str, minute: i64) -> Moment {
        Day::parse(day).unwrap().at_minute(minute)
    }

    #[test]
    fn seventy_two_hours_and_three_local_days_end_apart() {
        let issued = at("12/08/2021", 23 * 60 + 50);
        let hours = Clause::HoursAfterIssue(72);
        assert_eq!(hours.ends_at(issued), at("15/08/2021", 23 * 60 + 50));
        assert_eq!(Clause::LocalDays(3).ends_at(issued), at("15/08/2021", 0));
    }

    #[test]
    fn the_earliest_clause_ends_the_pass() {
        let issued = at("14/08/2021", 0);
        let test = Clause::HoursAfter {
            from: at("13/08/2021", 8 * 60).local_minute(),
            hours: 72,
        };
        assert_eq!(test.ends_at(issued), at("16/08/2021", 8 * 60));
        assert_eq!(
            earliest_end(issued, &[Clause::HoursAfterIssue(72), test]),
            at("16/08/2021", 8 * 60)
        );
        assert_eq!(earliest_end(issued, &[]), issued.plus_minutes(14 * 1_440));
    }

    #[test]
    fn tightening_never_loosens() {
        let mut verdict = Verdict::unsure();
        verdict.tighten(Level::Caution, Reason::plain(reasons::SYMPTOMS));
        assert_eq!(verdict.level, Level::Unsure);
        verdict.tighten(Level::Hold, Reason::plain(reasons::MET_PATIENT));
        assert_eq!(verdict.level, Level::Hold);
        assert_eq!(verdict.reasons[0].code, reasons::MET_PATIENT);
    }
}
