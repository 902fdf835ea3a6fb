//! The rules of a province that needs numbers only: everything is a setting (`settings.toml`).

mod settings;

use province_sdk::{
    Arg, Ask, Clause, Context, Count, Decision, Declaration, Direction, Draft, Figure, HoursAfter,
    Judge, Known, Line, Need, Outcome, Part, Post, Province, Reply, Scan, Section, Sheet, Task,
    Transport, Value, Verdict, level, minute_of_day, national, plain, reason, start_of,
};

use settings as set;

struct Base;

mod text {
    pub(crate) const SAMPLED_ON: u16 = 1_001;
    pub(crate) const SAMPLED_ON_HELP: u16 = 1_002;
    pub(crate) const NO_TEST: u16 = 1_020;
    pub(crate) const TEST_OLD: u16 = 1_021;
    pub(crate) const FEW_DOSES: u16 = 1_022;
    pub(crate) const MANY_SYMPTOMS: u16 = 1_023;
    pub(crate) const MET_SYMPTOMS: u16 = 1_024;
    pub(crate) const WAS_IN_AREA: u16 = 1_025;
    pub(crate) const FROM_RISK: u16 = 1_026;
    pub(crate) const FROM_UNKNOWN: u16 = 1_027;
    pub(crate) const SYMPTOM: u16 = 1_028;
    pub(crate) const CLOSED: u16 = 1_040;
    pub(crate) const COMPARE: u16 = 1_041;
    pub(crate) const MANY_CROSSINGS: u16 = 1_042;
    pub(crate) const LOW_TRUST: u16 = 1_043;
    pub(crate) const NOT_COMPARED: u16 = 1_044;
    pub(crate) const SECTION: u16 = 1_060;
    pub(crate) const CROSSINGS: u16 = 1_061;
    pub(crate) const TURNED_BACK: u16 = 1_062;
    pub(crate) const NO_CROSSINGS: u16 = 1_063;
}

impl Province for Base {
    fn form(settings: &[Value]) -> Sheet {
        let mut draft = Draft::default()
            .part(Part::Permanent, Need::Required)
            .part(Part::Temporary, Need::Optional)
            .part(Part::Staying, Need::Optional)
            .part(Part::Vehicle, Need::Optional)
            .symptoms()
            .exposures();
        if settings.is_on(set::ASKS_TEST) || settings.is_on(set::ASKS_DOSES) {
            draft = draft.page(national::texts::HEALTH_PAGE);
        }
        if settings.is_on(set::ASKS_TEST) {
            draft = draft.test(text::SAMPLED_ON, text::SAMPLED_ON_HELP);
        }
        if settings.is_on(set::ASKS_DOSES) {
            draft = draft.doses().required();
        }
        draft.done()
    }

    fn assess(context: &Context, declared: &Declaration) -> Verdict {
        let mut judge = Judge::default();
        symptoms(&mut judge, context, declared);
        exposures(&mut judge, context, declared);
        origin(&mut judge, context, declared);
        health(&mut judge, context, declared);
        validity(&mut judge, context, declared);
        judge.done()
    }

    fn decide(context: &Context, scan: &Scan) -> Decision {
        let s = context.settings.as_slice();
        let mut post = Post::of(scan.level);
        let (from, until) = (
            s.value(set::OPEN_FROM_MINUTE),
            s.value(set::OPEN_UNTIL_MINUTE),
        );
        let exempt =
            scan.declared.transport == Transport::Freight && s.is_on(set::FREIGHT_ANY_HOUR);
        if scan.direction == Direction::Entry
            && !exempt
            && !(from..until).contains(&minute_of_day(context.now))
        {
            let hours = vec![Arg::Number(from), Arg::Number(until)];
            post.rule(50, Outcome::TurnBack, reason(text::CLOSED, hours));
        }
        if s.is_on(set::ALWAYS_CHECK) {
            post.rule(51, Outcome::Check, plain(text::COMPARE));
        }
        let crossings = context.facts.value(national::facts::CROSSINGS_TODAY);
        let many = s.value(set::MANY_CROSSINGS);
        if many > 0 && crossings >= many {
            let why = reason(text::MANY_CROSSINGS, vec![Arg::Number(crossings)]);
            post.rule(52, Outcome::Check, why);
        }
        if context.facts.is_on(national::facts::LOW_TRUST_CHANNEL) {
            post.rule(53, Outcome::Check, plain(text::LOW_TRUST));
        }
        if context.facts.value(national::facts::REGISTRY) >= 2 {
            post.rule(54, Outcome::Check, plain(text::NOT_COMPARED));
        }
        post.done()
    }

    fn sections(_: &Context, counts: &[Count]) -> Vec<Section> {
        let total = |key: u16| {
            counts
                .iter()
                .find(|c| c.key == key && c.by == 0)
                .map(|c| c.value)
        };
        let figure = |label: u16, value: i64| Line::Figure(Figure { label, value });
        let lines = match total(national::figures::CROSSINGS) {
            None | Some(0) => vec![Line::Text(text::NO_CROSSINGS)],
            Some(crossings) => vec![
                figure(text::CROSSINGS, crossings),
                figure(
                    text::TURNED_BACK,
                    total(national::figures::TURNED_BACK).unwrap_or(0),
                ),
            ],
        };
        vec![Section {
            title: text::SECTION,
            lines,
        }]
    }
}

/// Rules 1–7, one per symptom, and 8, many of them.
fn symptoms(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    let mut count = 0;
    for (question, setting) in national::SYMPTOMS.into_iter().zip(set::SYMPTOM_LEVELS) {
        if declared.replies.says_yes(question) {
            count += 1;
            let why = reason(text::SYMPTOM, vec![Arg::Asked(question)]);
            judge.rule(question, level(s.value(setting)), why);
        }
    }
    let many = s.value(set::MANY_SYMPTOMS);
    if many > 0 && count >= many {
        let why = reason(text::MANY_SYMPTOMS, vec![Arg::Number(many)]);
        judge.rule(8, level(s.value(set::LEVEL_MANY_SYMPTOMS)), why);
    }
}

/// Rules 20–22, numbered like their questions.
fn exposures(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let whys = [
        national::reasons::MET_PATIENT,
        text::MET_SYMPTOMS,
        text::WAS_IN_AREA,
    ];
    for ((question, setting), code) in national::EXPOSURES
        .into_iter()
        .zip(set::EXPOSURE_LEVELS)
        .zip(whys)
    {
        if declared.replies.says_yes(question) {
            judge.rule(
                question,
                level(context.settings.value(setting)),
                plain(code),
            );
        }
    }
    if declared.replies.says_yes(national::MET_PATIENT) {
        judge.task(Task::Trace);
    }
}

/// Rule 30: the zone of origin.
fn origin(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let place = Arg::Place(declared.origin);
    let (setting, why) = match context.risk_of(declared.origin) {
        Some(0) => return,
        Some(risk) => {
            let setting = match risk {
                1 => set::LEVEL_FROM_YELLOW,
                2 => set::LEVEL_FROM_ORANGE,
                _ => set::LEVEL_FROM_RED,
            };
            (
                setting,
                reason(text::FROM_RISK, vec![place, Arg::Number(i64::from(risk))]),
            )
        }
        None => (
            set::LEVEL_FROM_UNKNOWN,
            reason(text::FROM_UNKNOWN, vec![place]),
        ),
    };
    judge.rule(30, level(context.settings.value(setting)), why);
}

/// Rules 40–43: tests and doses.
fn health(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    let replies = declared.replies.as_slice();
    if replies.choice(national::TEST_RESULT) == Some(national::POSITIVE) {
        let why = plain(national::reasons::TESTED_POSITIVE);
        judge.rule(40, level(s.value(set::LEVEL_POSITIVE)), why);
        judge.task(Task::LabTest);
    } else if s.value(set::ASKS_TEST) == 2 {
        match negative_on(replies) {
            None => {
                let strict = level(s.value(set::LEVEL_TEST_MISSING));
                judge.rule(41, strict, plain(text::NO_TEST));
            }
            Some(day) if counted_until(day, s) <= start_of(declared.travels) => {
                let hours = Arg::Number(s.value(set::TEST_HOURS));
                let why = reason(text::TEST_OLD, vec![Arg::On(day), hours]);
                judge.rule(42, level(s.value(set::LEVEL_TEST_OLD)), why);
            }
            Some(_) => {}
        }
    }
    let doses = replies.number(national::DOSES).unwrap_or(0);
    if s.is_on(set::ASKS_DOSES) && doses < s.value(set::LEAST_DOSES) {
        let args = vec![Arg::Number(doses), Arg::Number(s.value(set::LEAST_DOSES))];
        let strict = level(s.value(set::LEVEL_FEW_DOSES));
        judge.rule(43, strict, reason(text::FEW_DOSES, args));
    }
}

fn validity(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    if s.is_on(set::PASS_HOURS) {
        judge.ends(Clause::HoursAfterIssue(s.small(set::PASS_HOURS)));
    }
    if s.is_on(set::PASS_LOCAL_DAYS) {
        judge.ends(Clause::LocalDays(s.small(set::PASS_LOCAL_DAYS)));
    }
    if s.is_on(set::TEST_ENDS_PASS)
        && let Some(day) = negative_on(&declared.replies)
        && counted_until(day, s) > context.now
    {
        let hours = s.small(set::TEST_HOURS);
        judge.ends(Clause::HoursAfter(HoursAfter {
            start: start_of(day),
            hours,
        }));
    }
}

fn negative_on(replies: &[Reply]) -> Option<i32> {
    let negative = replies.choice(national::TEST_RESULT) == Some(national::NEGATIVE);
    replies.day(national::SAMPLED_ON).filter(|_| negative)
}

/// Only the day of a test is known, so its hours count from that day's start.
fn counted_until(day: i32, settings: &[Value]) -> i64 {
    start_of(day) + settings.value(set::TEST_HOURS) * 60
}

province_sdk::province!(Base);
