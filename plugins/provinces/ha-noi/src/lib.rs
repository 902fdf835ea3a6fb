//! The rules of Hà Nội, after what was found of August–October 2021 (DOMAIN.md §0, §5.1, §5.3):
//! a pass of 72 hours, documents compared even with a QR code, no way out of the city without a
//! valid reason, a travel permit for work, and eyes on journeys from orange and red zones.

mod text;

use province_sdk::national::{self, PURPOSE, figures, reasons};
use province_sdk::{
    Answer, Arg, Ask, Clause, Context, Count, Decision, Declaration, Direction, Draft, Figure,
    Judge, Kind, Known, Level, Line, Need, Outcome, Part, Post, Province, Reply, Scan, Section,
    Sheet, Task, Test, Value, Verdict, level, plain, reason,
};

struct HaNoi;

/// Settings by number, as in `settings.toml`.
mod set {
    pub(crate) const PASS_HOURS: u16 = 1;
    pub(crate) const ORANGE_LOCAL_DAYS: u16 = 2;
    pub(crate) const LEVEL_FROM_ORANGE: u16 = 10;
    pub(crate) const LEVEL_FROM_RED: u16 = 11;
    pub(crate) const LEVEL_EXIT_WITHOUT_REASON: u16 = 12;
    pub(crate) const LEVEL_NO_TRAVEL_PAPER: u16 = 13;
    pub(crate) const MANY_CROSSINGS: u16 = 20;
}

/// The province's own questions.
const HAS_PERMIT: u16 = 100;
const INNER_CITY: u16 = 101;
const INNER_PLACE: u16 = 102;
const OTHER_REASON: u16 = 103;

/// Options of the purpose that rules look at.
mod purpose {
    pub(crate) const WORK: u16 = 0;
    pub(crate) const OTHER: u16 = 6;
}
/// The option "another place" of [`INNER_PLACE`].
const ANOTHER_PLACE: u16 = 4;

impl Province for HaNoi {
    fn form(_: &[Value]) -> Sheet {
        let yes = |to: u16| {
            Test::Equals(Reply {
                to,
                answer: Answer::Yes,
            })
        };
        Draft::default()
            .part(Part::Permanent, Need::Required)
            .part(Part::Temporary, Need::Optional)
            .part(Part::Staying, Need::Required)
            .part(Part::Vehicle, Need::Optional)
            .page(national::texts::JOURNEY_PAGE)
            .ask(PURPOSE, Kind::Choice, text::PURPOSE)
            .options(&text::PURPOSES)
            .required()
            .ask(HAS_PERMIT, Kind::YesNo, text::HAS_PERMIT)
            .required()
            .shown_when_chosen(PURPOSE, purpose::WORK)
            .ask(OTHER_REASON, Kind::Text, text::OTHER_REASON)
            .help(text::OTHER_REASON_HELP)
            .shown_when_chosen(PURPOSE, purpose::OTHER)
            .ask(INNER_CITY, Kind::YesNo, text::INNER_CITY)
            .required()
            .ask(INNER_PLACE, Kind::Choice, text::INNER_PLACE)
            .options(&text::INNER_PLACES)
            .required()
            .shown_when(yes(INNER_CITY))
            .symptoms()
            .exposures()
            .done()
    }

    fn assess(context: &Context, declared: &Declaration) -> Verdict {
        let mut judge = Judge::default();
        judge.ends(Clause::HoursAfterIssue(
            context.settings.small(set::PASS_HOURS),
        ));
        health(&mut judge, declared);
        zone(&mut judge, context, declared);
        journey(&mut judge, context, declared);
        judge.done()
    }

    fn decide(context: &Context, scan: &Scan) -> Decision {
        let mut post = Post::of(scan.level);
        let replies = scan.declared.replies.as_slice();
        // The way out is decided by the crossing itself, not by what was declared as the goal:
        // posts turned back whoever had no valid reason to leave (DOMAIN.md §5.3).
        if scan.direction == Direction::Exit && replies.choice(PURPOSE) == Some(purpose::OTHER) {
            post.rule(50, Outcome::TurnBack, plain(text::EXIT_WITHOUT_REASON));
        }
        // "Hà Nội required re-check of documents even with a QR" (DOMAIN.md §5.1).
        post.rule(51, Outcome::Check, plain(text::COMPARE));
        if replies.choice(PURPOSE) == Some(purpose::WORK) {
            post.rule(52, Outcome::Check, plain(text::CHECK_PERMIT));
        }
        let crossings = context.facts.value(national::facts::CROSSINGS_TODAY);
        let many = context.settings.value(set::MANY_CROSSINGS);
        if many > 0 && crossings >= many {
            let why = reason(text::MANY_CROSSINGS, vec![Arg::Number(crossings)]);
            post.rule(53, Outcome::Check, why);
            post.task(Task::Officer);
        }
        if context.facts.value(national::facts::REGISTRY) >= 2
            || context.facts.is_on(national::facts::LOW_TRUST_CHANNEL)
        {
            post.rule(54, Outcome::Check, plain(text::NOT_CONFIRMED));
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
        let (crossings, turned) = (total(figures::CROSSINGS), total(figures::TURNED_BACK));
        let mut lines = vec![
            figure(text::CROSSINGS, crossings),
            figure(text::VEHICLES, total(figures::VEHICLES)),
            figure(text::TURNED_BACK, turned),
        ];
        if crossings > 0 {
            let share = turned.saturating_mul(1_000) / crossings;
            lines.push(figure(text::TURNED_BACK_SHARE, share));
        }
        lines.push(figure(text::EXPIRED_MET, total(figures::EXPIRED_MET)));
        vec![Section {
            title: text::SECTION,
            lines,
        }]
    }
}

/// Rules 1–8: symptoms, one alone and several. Rules 20–22: exposures. What was declared is a
/// suspicion (nghi ngờ), never a class: only a laboratory confirms (DOMAIN.md §5.2).
fn health(judge: &mut Judge, declared: &Declaration) {
    let replies = declared.replies.as_slice();
    let mut count = 0;
    for symptom in national::SYMPTOMS {
        if !replies.says_yes(symptom) {
            continue;
        }
        count += 1;
        let strict = match symptom {
            national::BREATHLESS | national::PNEUMONIA | national::TASTE_LOSS => Level::Hold,
            _ => Level::Caution,
        };
        judge.rule(
            symptom,
            strict,
            reason(text::SYMPTOM, vec![Arg::Asked(symptom)]),
        );
        if strict == Level::Hold {
            judge.task(Task::LabTest);
        }
    }
    if count >= 2 {
        judge.rule(8, Level::Hold, plain(text::TWO_SYMPTOMS));
        judge.task(Task::LabTest);
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

/// Rules 30 and 31: entering from an orange or a red zone.
fn zone(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    let place = vec![Arg::Place(declared.origin)];
    match context.risk_of(declared.origin) {
        Some(2) => {
            let strict = level(s.value(set::LEVEL_FROM_ORANGE));
            judge.rule(30, strict, reason(text::FROM_ORANGE, place));
            judge.ends(Clause::LocalDays(s.small(set::ORANGE_LOCAL_DAYS)));
        }
        Some(3..) => {
            let strict = level(s.value(set::LEVEL_FROM_RED));
            judge.rule(31, strict, reason(text::FROM_RED, place));
            judge.task(Task::HomeVisit);
        }
        _ => {}
    }
}

/// Rules 40–42: the purpose of the journey.
fn journey(judge: &mut Judge, context: &Context, declared: &Declaration) {
    let s = context.settings.as_slice();
    let replies = declared.replies.as_slice();
    let purpose = replies.choice(PURPOSE);
    if declared.leaves(context.home) && purpose.is_none_or(|p| p == purpose::OTHER) {
        let strict = level(s.value(set::LEVEL_EXIT_WITHOUT_REASON));
        judge.rule(40, strict, plain(text::EXIT_WITHOUT_REASON));
    }
    if purpose == Some(purpose::WORK) && !replies.says_yes(HAS_PERMIT) {
        let strict = level(s.value(set::LEVEL_NO_TRAVEL_PAPER));
        judge.rule(41, strict, plain(text::NO_PERMIT));
    }
    let inner = replies.says_yes(INNER_CITY);
    if inner
        && replies
            .choice(INNER_PLACE)
            .is_none_or(|p| p == ANOTHER_PLACE)
    {
        judge.rule(42, Level::Caution, plain(text::INNER_UNCLEAR));
    }
}

province_sdk::province!(HaNoi);
