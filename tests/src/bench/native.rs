//! The rules of Hà Nội's `assess` (plugins/provinces/ha-noi) once more, in native code over the
//! core's own types: what a plugin call is measured against.

use workflows::answers::{Answer, Reply, answer, says_yes};
use workflows::form::national;
use workflows::place::UnitCode;
use workflows::rules::{Context, Facts};
use workflows::verdict::{Arg, Clause, Level, Reason, Task, Verdict, reasons};

const HAS_PERMIT: u16 = 100;
const INNER_CITY: u16 = 101;
const INNER_PLACE: u16 = 102;
const WORK: u16 = 0;
const OTHER: u16 = 6;
const ANOTHER_PLACE: u16 = 4;

/// The settings' defaults.
const PASS_HOURS: u16 = 72;
const ORANGE_LOCAL_DAYS: u16 = 1;

/// Assesses as the plugin does.
pub(crate) fn assess(context: &Context, declared: &Facts) -> Verdict {
    let mut verdict = Verdict {
        level: Level::Clear,
        clauses: vec![Clause::HoursAfterIssue(PASS_HOURS)],
        reasons: Vec::new(),
        tasks: Vec::new(),
        trail: Vec::new(),
    };
    symptoms(&mut verdict, &declared.replies);
    exposures(&mut verdict, &declared.replies);
    zone(&mut verdict, context, declared);
    journey(&mut verdict, context, declared);
    verdict
}

fn rule(verdict: &mut Verdict, number: u16, level: Level, why: Reason) {
    if !verdict.trail.contains(&number) {
        verdict.trail.push(number);
    }
    if level == Level::Clear || verdict.reasons.contains(&why) {
        return;
    }
    if level > verdict.level {
        verdict.level = level;
        verdict.reasons.insert(0, why);
    } else {
        verdict.reasons.push(why);
    }
}

fn task(verdict: &mut Verdict, task: Task) {
    if !verdict.tasks.contains(&task) {
        verdict.tasks.push(task);
    }
}

fn symptoms(verdict: &mut Verdict, replies: &[Reply]) {
    let mut count = 0;
    for symptom in national::SYMPTOMS {
        if !says_yes(replies, symptom) {
            continue;
        }
        count += 1;
        let level = match symptom {
            national::BREATHLESS | national::PNEUMONIA | national::TASTE_LOSS => Level::Hold,
            _ => Level::Caution,
        };
        let why = Reason {
            code: 1_025,
            args: vec![Arg::Asked(symptom)],
        };
        rule(verdict, symptom, level, why);
        if level == Level::Hold {
            task(verdict, Task::LabTest);
        }
    }
    if count >= 2 {
        rule(verdict, 8, Level::Hold, Reason::plain(1_028));
        task(verdict, Task::LabTest);
    }
}

fn exposures(verdict: &mut Verdict, replies: &[Reply]) {
    if says_yes(replies, national::MET_PATIENT) {
        rule(
            verdict,
            20,
            Level::Hold,
            Reason::plain(reasons::MET_PATIENT),
        );
        task(verdict, Task::Trace);
    }
    if says_yes(replies, national::MET_SYMPTOMS) {
        rule(verdict, 21, Level::Caution, Reason::plain(1_026));
    }
    if says_yes(replies, national::WAS_IN_AREA) {
        rule(verdict, 22, Level::Caution, Reason::plain(1_027));
    }
}

fn zone(verdict: &mut Verdict, context: &Context, declared: &Facts) {
    let place = vec![Arg::Place(declared.origin)];
    match risk_of(context, declared.origin) {
        Some(2) => {
            rule(
                verdict,
                30,
                Level::Caution,
                Reason {
                    code: 1_022,
                    args: place,
                },
            );
            verdict.clauses.push(Clause::LocalDays(ORANGE_LOCAL_DAYS));
        }
        Some(3..) => {
            rule(
                verdict,
                31,
                Level::Hold,
                Reason {
                    code: 1_023,
                    args: place,
                },
            );
            task(verdict, Task::HomeVisit);
        }
        _ => {}
    }
}

fn journey(verdict: &mut Verdict, context: &Context, declared: &Facts) {
    let replies = declared.replies.as_slice();
    let purpose = choice(replies, national::PURPOSE);
    let leaves =
        is_inside(context.home, declared.origin) && !is_inside(context.home, declared.destination);
    if leaves && purpose.is_none_or(|p| p == OTHER) {
        rule(verdict, 40, Level::Refuse, Reason::plain(1_020));
    }
    if purpose == Some(WORK) && !says_yes(replies, HAS_PERMIT) {
        rule(verdict, 41, Level::Caution, Reason::plain(1_021));
    }
    let inner = choice(replies, INNER_PLACE);
    if says_yes(replies, INNER_CITY) && inner.is_none_or(|p| p == ANOTHER_PLACE) {
        rule(verdict, 42, Level::Caution, Reason::plain(1_024));
    }
}

fn choice(replies: &[Reply], to: u16) -> Option<u16> {
    match answer(replies, to) {
        Some(Answer::Choice(option)) => Some(*option),
        _ => None,
    }
}

fn risk_of(context: &Context, unit: UnitCode) -> Option<u8> {
    let of = |wanted| {
        context
            .risk
            .iter()
            .find(|(u, _)| *u == wanted)
            .map(|(_, risk)| *risk)
    };
    of(unit).or_else(|| of(UnitCode { commune: 0, ..unit }))
}

fn is_inside(home: UnitCode, unit: UnitCode) -> bool {
    (home.epoch, home.province) == (unit.epoch, unit.province)
}
