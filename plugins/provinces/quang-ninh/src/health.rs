//! Symptoms, tests and doses.

use province_sdk::national::{self, reasons};
use province_sdk::{
    Arg, Ask, Clause, Context, Declaration, HoursAfter, Judge, Known, Level, Reply, Task, Value,
    days_between, level, plain, reason, start_of,
};

use crate::{LAST_DOSE_ON, RECOVERED, set, text};

/// Rules 1–7 (symptoms) and 20–22 (exposures). One symptom is enough for a sample here.
pub(crate) fn symptoms(judge: &mut Judge, declared: &Declaration) {
    let replies = declared.replies.as_slice();
    for symptom in national::SYMPTOMS {
        if replies.says_yes(symptom) {
            let strict = match symptom {
                national::FATIGUE | national::SORE_THROAT => Level::Caution,
                _ => Level::Hold,
            };
            judge.rule(
                symptom,
                strict,
                reason(text::SYMPTOM, vec![Arg::Asked(symptom)]),
            );
            judge.task(Task::LabTest);
        }
    }
    if replies.says_yes(national::MET_PATIENT) {
        judge.rule(20, Level::Hold, plain(reasons::MET_PATIENT));
        judge.task(Task::Trace);
    }
    if replies.says_yes(national::MET_SYMPTOMS) {
        judge.rule(21, Level::Caution, plain(text::MET_SYMPTOMS));
    }
    if replies.says_yes(national::WAS_IN_AREA) {
        judge.rule(22, Level::Caution, plain(text::WAS_IN_AREA));
    }
}

/// Rules 40–43: the test that entering needs, and the end it puts to the pass.
pub(crate) fn test(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    let replies = declared.replies.as_slice();
    let day = replies.day(national::SAMPLED_ON);
    match (replies.choice(national::TEST_RESULT), day) {
        (Some(national::POSITIVE), _) => {
            judge.rule(40, Level::Hold, plain(reasons::TESTED_POSITIVE));
            judge.task(Task::LabTest);
            judge.task(Task::Trace);
        }
        (Some(national::NOT_KNOWN), Some(day)) => {
            let strict = level(s.value(set::LEVEL_TEST_WAITS));
            judge.rule(41, strict, reason(text::TEST_WAITS, vec![Arg::On(day)]));
            judge.task(Task::CallBack);
        }
        (Some(national::NEGATIVE), Some(day)) => negative(judge, context, declared, day),
        _ => judge.rule(43, level(s.value(set::LEVEL_NO_TEST)), plain(text::NO_TEST)),
    }
}

fn negative(judge: &mut Judge, context: &Context, declared: &Declaration, day: i32) {
    let s = context.settings.as_slice();
    // Only the day is known, so the hours count from its start: never too long.
    let start = start_of(day);
    let ends = start + s.value(set::TEST_HOURS) * 60;
    if ends <= start_of(declared.travels).max(context.now) {
        let said = vec![Arg::On(day), Arg::Number(s.value(set::TEST_HOURS))];
        judge.rule(
            42,
            level(s.value(set::LEVEL_NO_TEST)),
            reason(text::TEST_OLD, said),
        );
    } else {
        let hours = s.small(set::TEST_HOURS);
        judge.ends(Clause::HoursAfter(HoursAfter { start, hours }));
    }
}

/// Day of the last test when it was negative.
pub(crate) fn negative_on(replies: &[Reply]) -> Option<i32> {
    let negative = replies.choice(national::TEST_RESULT) == Some(national::NEGATIVE);
    replies.day(national::SAMPLED_ON).filter(|_| negative)
}

/// Enough doses, the last long enough before the journey, or recovered lately.
pub(crate) fn is_protected(settings: &[Value], declared: &Declaration) -> bool {
    let replies = declared.replies.as_slice();
    let doses = replies.number(national::DOSES).unwrap_or(0);
    let settled = replies
        .day(LAST_DOSE_ON)
        .is_some_and(|day| days_between(day, declared.travels) >= settings.value(set::DOSE_DAYS));
    replies.says_yes(RECOVERED) || (doses >= settings.value(set::LEAST_DOSES) && settled)
}
