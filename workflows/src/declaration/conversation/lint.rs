//! Every prompt that a form can make, for the test that measures them (DESIGN.md §7).

use super::World;
use super::ask::{self, Field};
use super::say::{Line, Say};
use crate::form::{Kind, national};
use crate::place::{Epoch, UnitCode};
use crate::units::{Unit, Units};

/// Every question of the form as it would be asked, alone and in its page's group, and every
/// sentence that the conversation says beside them. Each comes with a name for the report.
pub fn prompts(world: &World<'_>) -> Vec<(String, Say)> {
    let core = [
        Field::Document,
        Field::Name,
        Field::Birth,
        Field::Gender,
        Field::Nationality,
        Field::Origin,
        Field::Plate,
        Field::Seat,
        Field::Return,
    ];
    let mut fields: Vec<Field> = core.into();
    for page in &world.form.pages {
        let items = page.items.iter().filter_map(|id| world.form.item(*id));
        let shown: Vec<_> = items
            .filter(|item| item.required || item.kind != Kind::Text)
            .collect();
        fields.extend(shown.iter().map(|item| Field::Item(item.id)));
        if shown.iter().any(|item| item.id == national::SAMPLED_ON) {
            fields.push(Field::Test);
        }
        // Optional texts between yes/no questions are passed over, so that more may meet.
        let yes_no = shown.iter().filter(|item| item.kind == Kind::YesNo);
        let group: Vec<_> = yes_no.map(|item| item.id).take(8).collect();
        if group.len() > 1 {
            fields.push(Field::Group(group));
        }
    }
    let asked = fields
        .iter()
        .map(|field| (format!("{field:?}"), ask::prompt(world, field)));
    asked.chain(sentences()).collect()
}

const MISMATCHES: [&str; 4] = [
    "talk-mismatch",
    "talk-mismatch-name",
    "talk-mismatch-birth",
    "talk-mismatch-gender",
];
const HOLDER: &str = "NTHMALAD ..999";

/// Lists that may have more than one page, as long as they get.
fn lists() -> [(String, Say); 2] {
    let household = Say::key("talk-household")
        .choices((1..=8).map(|_| Line::Plain(HOLDER.to_owned())))
        .tail("talk-household-other");
    let places = longest_places().into_iter().cycle().take(12);
    let places = Say::key("talk-which-place").choices(places.map(Line::Place));
    [
        ("talk-household".to_owned(), household),
        ("talk-which-place".to_owned(), places),
    ]
}

/// The places that take the most room: whole, without their parents, and as a province alone.
fn longest_places() -> Vec<UnitCode> {
    let units = Units::embedded();
    let provinces = [Epoch::Since2025, Epoch::Before2025]
        .into_iter()
        .flat_map(|epoch| units.provinces(epoch));
    let all: Vec<&Unit> = provinces
        .flat_map(|p| {
            let communes = units.communes(p.code.epoch, p.code.province);
            std::iter::once(p).chain(communes)
        })
        .collect();
    let longest = |length: fn(&Unit) -> usize| all.iter().max_by_key(|unit| length(unit));
    let longest = [
        longest(|unit| unit.path().chars().count()),
        longest(|unit| unit.full_name().chars().count()),
        longest(|unit| unit.province.chars().count()),
    ];
    longest
        .into_iter()
        .flatten()
        .map(|unit| unit.code)
        .collect()
}

/// What is said beside the form's questions, with the longest values it may have.
fn sentences() -> Vec<(String, Say)> {
    let values = vec![
        ("holder".to_owned(), HOLDER.to_owned()),
        (
            "code".to_owned(),
            "ABCD-EFGH (0123-4567-8901-2345)".to_owned(),
        ),
        ("until".to_owned(), "23:59 30/11/2026".to_owned()),
    ];
    let passes = [
        "talk-pass",
        "talk-pass-look",
        "talk-pass-unsure",
        "talk-pass-hold",
    ];
    let pass = |key: &str| Line::Key(key.to_owned(), values.clone());
    let alone = [
        "talk-help",
        "talk-resume",
        "talk-cancelled",
        "talk-forgotten",
        "talk-kept",
        "talk-failed",
        "talk-later",
        "talk-too-long",
        "talk-too-many-mismatches",
        "talk-no-pass",
        "talk-language",
    ];
    let welcome =
        Say::line(Line::Province("talk-welcome".to_owned())).and(Line::key("talk-document"));
    let mut all: Vec<(String, Say)> = alone
        .iter()
        .map(|key| ((*key).to_owned(), Say::key(key)))
        .collect();
    all.push(("welcome".to_owned(), welcome));
    all.extend(lists());
    all.extend(longest_places().into_iter().map(|place| {
        let say = Say::line(pass("talk-summary")).and(Line::Place(place));
        ("summary".to_owned(), say.tail("talk-summary-choices"))
    }));
    all.extend(MISMATCHES.map(|key| {
        let say = Say::key(key).and(Line::key("talk-document"));
        (key.to_owned(), say)
    }));
    all.push(("talk-refused".to_owned(), Say::line(pass("talk-refused"))));
    let others = (2..=8).map(|n| (n, HOLDER.to_owned()));
    all.extend(passes.iter().map(|key| {
        let say = Say {
            others: others.clone().collect(),
            ..Say::line(pass(key))
        };
        ((*key).to_owned(), say)
    }));
    all
}
