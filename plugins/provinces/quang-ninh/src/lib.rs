//! The rules of Quảng Ninh: who enters shows a negative test of 72 hours, the pass ends with the
//! third local day and never outlives the test, one dose counts after 14 days, light goods
//! vehicles pass at any hour and heavy ones from 08:00 until 16:00. The building blocks are found
//! facts (DOMAIN.md §0, §5.1, §5.4); joining them in this province is a design of this project.

mod health;
mod text;

use province_sdk::national::{self, figures};
use province_sdk::{
    Arg, Ask, AtLeast, Clause, Context, Count, Decision, Declaration, Direction, Draft, Figure,
    Judge, Kind, Known, Level, Line, Need, Outcome, Part, Post, Province, Reason, Reply, Scan,
    Section, Sheet, Test, Value, Verdict, day_of, level, minute_of_day, plain, reason,
};

struct QuangNinh;

/// Settings by number, as in `settings.toml`.
mod set {
    pub(crate) const PASS_LOCAL_DAYS: u16 = 1;
    pub(crate) const TEST_HOURS: u16 = 2;
    pub(crate) const TEST_FROM_RESULT: u16 = 3;
    pub(crate) const LEVEL_NO_TEST: u16 = 4;
    pub(crate) const LEVEL_TEST_WAITS: u16 = 5;
    pub(crate) const DOSE_DAYS: u16 = 10;
    pub(crate) const LEAST_DOSES: u16 = 11;
    pub(crate) const LEVEL_FROM_ORANGE: u16 = 20;
    pub(crate) const LEVEL_FROM_RED: u16 = 21;
    pub(crate) const HEAVY_FROM_MINUTE: u16 = 30;
    pub(crate) const HEAVY_UNTIL_MINUTE: u16 = 31;
}

/// The province's own questions.
const LAST_DOSE_ON: u16 = 100;
const RECOVERED: u16 = 101;
const VEHICLE_CLASS: u16 = 102;

/// Options of [`VEHICLE_CLASS`] that rules look at.
mod vehicle {
    pub(crate) const LIGHT: u16 = 1;
    pub(crate) const HEAVY: u16 = 2;
}

impl Province for QuangNinh {
    fn form(settings: &[Value]) -> Sheet {
        let test_label = if settings.is_on(set::TEST_FROM_RESULT) {
            text::RESULT_ON
        } else {
            text::SAMPLED_ON
        };
        Draft::default()
            .part(Part::Permanent, Need::Optional)
            .part(Part::Staying, Need::Required)
            .part(Part::Vehicle, Need::Required)
            .part(Part::Seat, Need::Optional)
            .part(Part::Return, Need::Required)
            .page(text::JOURNEY_PAGE)
            .ask(VEHICLE_CLASS, Kind::Choice, text::VEHICLE_CLASS)
            .options(&text::VEHICLE_CLASSES)
            .required()
            .page(national::texts::HEALTH_PAGE)
            .test(test_label, text::TEST_HELP)
            .doses()
            .required()
            .ask(LAST_DOSE_ON, Kind::Day, text::LAST_DOSE_ON)
            .required()
            .shown_when(at_least_one_dose())
            .ask(RECOVERED, Kind::YesNo, text::RECOVERED)
            .required()
            .symptoms()
            .exposures()
            .done()
    }

    fn check(context: &Context, replies: &[Reply]) -> Vec<(u16, Reason)> {
        let today = day_of(context.now);
        let after_today = |to: u16| replies.day(to).is_some_and(|day| day > today);
        let result = replies.choice(national::TEST_RESULT);
        let rules = [
            (
                after_today(national::SAMPLED_ON),
                national::SAMPLED_ON,
                text::TEST_IN_FUTURE,
            ),
            (
                result.is_some() && replies.day(national::SAMPLED_ON).is_none(),
                national::SAMPLED_ON,
                text::RESULT_WITHOUT_DAY,
            ),
            (
                after_today(LAST_DOSE_ON),
                LAST_DOSE_ON,
                text::DOSE_IN_FUTURE,
            ),
            (
                replies.number(national::DOSES).is_some_and(|n| n > 9),
                national::DOSES,
                text::TOO_MANY_DOSES,
            ),
        ];
        rules
            .into_iter()
            .filter(|(bad, ..)| *bad)
            .map(|(_, to, why)| (to, plain(why)))
            .collect()
    }

    fn assess(context: &Context, declared: &Declaration) -> Verdict {
        let mut judge = Judge::default();
        judge.ends(Clause::LocalDays(
            context.settings.small(set::PASS_LOCAL_DAYS),
        ));
        health::symptoms(&mut judge, declared);
        if declared.enters(context.home) {
            health::test(&mut judge, context, declared);
            origin(&mut judge, context, declared);
        }
        judge.done()
    }

    fn decide(context: &Context, scan: &Scan) -> Decision {
        let s = context.settings.as_slice();
        let mut post = Post::of(scan.level);
        let replies = scan.declared.replies.as_slice();
        if scan.direction == Direction::Exit {
            // Whoever leaves is not asked for a test; a hold still holds.
            return post.done();
        }
        let class = replies.choice(VEHICLE_CLASS);
        let hours = s.value(set::HEAVY_FROM_MINUTE)..s.value(set::HEAVY_UNTIL_MINUTE);
        if class == Some(vehicle::HEAVY) && !hours.contains(&minute_of_day(context.now)) {
            let said = vec![Arg::Number(hours.start / 60), Arg::Number(hours.end / 60)];
            post.rule(50, Outcome::TurnBack, reason(text::HEAVY_CLOSED, said));
        }
        // Trucks of the green lane with a valid code are not stopped (decision of 29/7/21,
        // DOMAIN.md §5.4); everybody else shows the paper of the test.
        let green_lane = class == Some(vehicle::LIGHT) && scan.level == Level::Clear;
        if let Some(day) = health::negative_on(replies).filter(|_| !green_lane) {
            post.rule(
                51,
                Outcome::Check,
                reason(text::SEE_TEST, vec![Arg::On(day)]),
            );
        }
        if context.facts.value(national::facts::REGISTRY) >= 2
            || context.facts.is_on(national::facts::LOW_TRUST_CHANNEL)
        {
            post.rule(52, Outcome::Check, plain(text::COMPARE));
        }
        post.done()
    }

    fn sections(_: &Context, counts: &[Count]) -> Vec<Section> {
        let total = |key: u16| {
            counts
                .iter()
                .find(|c| c.key == key && c.by == 0)
                .map_or(0, |c| c.value)
        };
        let figure = |label: u16, value: i64| Line::Figure(Figure { label, value });
        let (entries, exits) = (total(figures::ENTRIES), total(figures::EXITS));
        let lines = if entries + exits == 0 {
            vec![Line::Text(text::QUIET)]
        } else {
            vec![
                figure(text::ENTRIES, entries),
                figure(text::EXITS, exits),
                figure(text::NET, entries - exits),
                figure(text::ISOLATED, total(figures::ISOLATED)),
            ]
        };
        vec![Section {
            title: text::SECTION,
            lines,
        }]
    }
}

fn at_least_one_dose() -> Test {
    Test::AtLeast(AtLeast {
        to: national::DOSES,
        number: 1,
    })
}

/// Rules 30–33: where the journey starts, milder for a protected person.
fn origin(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    let place = vec![Arg::Place(declared.origin)];
    let risk = context.risk_of(declared.origin).unwrap_or(0);
    match (risk, health::is_protected(s, declared)) {
        (0 | 1, true) => {}
        (0 | 1, false) => {
            let said = vec![
                Arg::Number(s.value(set::LEAST_DOSES)),
                Arg::Number(s.value(set::DOSE_DAYS)),
            ];
            judge.rule(30, Level::Caution, reason(text::NOT_PROTECTED, said));
        }
        (_, true) => judge.rule(31, Level::Caution, reason(text::FROM_RISK, place)),
        (2, false) => {
            let strict = level(s.value(set::LEVEL_FROM_ORANGE));
            judge.rule(32, strict, reason(text::FROM_ORANGE, place));
        }
        (_, false) => {
            let strict = level(s.value(set::LEVEL_FROM_RED));
            judge.rule(33, strict, reason(text::FROM_RED, place));
        }
    }
}

province_sdk::province!(QuangNinh);
