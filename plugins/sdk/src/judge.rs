//! Building verdicts and decisions that only ever get stricter, with the trail of rules that
//! spoke.

use crate::bindings::exports::khaibao::province::assess::Verdict;
use crate::bindings::exports::khaibao::province::gate::{Decision, Outcome};
use crate::bindings::khaibao::province::types::{Arg, Clause, Level, Reason, Task};

/// A verdict in the making.
pub struct Judge(Verdict);

impl Default for Judge {
    fn default() -> Self {
        Self(Verdict {
            level: Level::Clear,
            clauses: Vec::new(),
            reasons: Vec::new(),
            tasks: Vec::new(),
            trail: Vec::new(),
        })
    }
}

impl Judge {
    /// A rule speaks: the verdict becomes at least `level`, and the strictest rule's reason
    /// comes first. A rule that says clear leaves only its trace in the trail.
    pub fn rule(&mut self, number: u16, level: Level, why: Reason) {
        note(&mut self.0.trail, number);
        if level == Level::Clear || self.0.reasons.contains(&why) {
            return;
        }
        if level > self.0.level {
            self.0.level = level;
            self.0.reasons.insert(0, why);
        } else {
            self.0.reasons.push(why);
        }
    }

    /// One more clause of validity.
    pub fn ends(&mut self, clause: Clause) {
        self.0.clauses.push(clause);
    }

    /// One more piece of work.
    pub fn task(&mut self, task: Task) {
        if !self.0.tasks.contains(&task) {
            self.0.tasks.push(task);
        }
    }

    /// The finished verdict.
    pub fn done(self) -> Verdict {
        self.0
    }
}

/// A decision at a post in the making.
pub struct Post(Decision);

impl Post {
    /// Starts from what the verdict's level means at a post everywhere.
    pub fn of(level: Level) -> Self {
        let outcome = match level {
            Level::Clear => Outcome::LetThrough,
            Level::Caution => Outcome::Check,
            Level::Unsure => Outcome::Unsure,
            Level::Hold => Outcome::Isolate,
            Level::Refuse => Outcome::TurnBack,
        };
        Self(Decision {
            outcome,
            reasons: Vec::new(),
            tasks: Vec::new(),
            trail: Vec::new(),
        })
    }

    /// A rule speaks: the outcome becomes at least this strict.
    pub fn rule(&mut self, number: u16, outcome: Outcome, why: Reason) {
        note(&mut self.0.trail, number);
        if outcome == Outcome::LetThrough || self.0.reasons.contains(&why) {
            return;
        }
        if outcome > self.0.outcome {
            self.0.outcome = outcome;
            self.0.reasons.insert(0, why);
        } else {
            self.0.reasons.push(why);
        }
    }

    /// One more piece of work.
    pub fn task(&mut self, task: Task) {
        if !self.0.tasks.contains(&task) {
            self.0.tasks.push(task);
        }
    }

    /// The finished decision.
    pub fn done(self) -> Decision {
        self.0
    }
}

fn note(trail: &mut Vec<u16>, number: u16) {
    if !trail.contains(&number) {
        trail.push(number);
    }
}

/// A reason without values.
pub fn plain(code: u16) -> Reason {
    Reason {
        code,
        args: Vec::new(),
    }
}

/// A reason with values.
pub fn reason(code: u16, args: Vec<Arg>) -> Reason {
    Reason { code, args }
}

/// The level a setting names: 0 clear, 1 caution, 2 unsure, 3 hold, 4 refuse; anything else is
/// unsure, because a wrong setting must neither wave through nor turn away.
pub fn level(setting: i64) -> Level {
    match setting {
        0 => Level::Clear,
        1 => Level::Caution,
        3 => Level::Hold,
        4 => Level::Refuse,
        _ => Level::Unsure,
    }
}
