//! Every prompt that a form can make, for the test that measures them (DESIGN.md §7).

use super::World;
use super::ask::{self, Field};
use super::say::{Line, Say};
use crate::form::{Kind, national};

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

/// What is said beside the form's questions, with the longest values it may have.
fn sentences() -> Vec<(String, Say)> {
    let values = vec![
        ("holder".to_owned(), "NTHMALAD ..999".to_owned()),
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
    let summary = Say::line(pass("talk-summary"))
        .and(Line::Plain("Bà Rịa - Vũng Tàu (cũ)".to_owned()))
        .tail("talk-summary-choices");
    let mut all: Vec<(String, Say)> = alone
        .iter()
        .map(|key| ((*key).to_owned(), Say::key(key)))
        .collect();
    all.push(("welcome".to_owned(), welcome));
    all.push(("summary".to_owned(), summary));
    all.push(("talk-refused".to_owned(), Say::line(pass("talk-refused"))));
    let others = (2..=8).map(|n| (n, "NTHMALAD ..999".to_owned()));
    all.extend(passes.iter().map(|key| {
        let say = Say {
            others: others.clone().collect(),
            ..Say::line(pass(key))
        };
        ((*key).to_owned(), say)
    }));
    all
}
