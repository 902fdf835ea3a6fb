//! What is asked next, and in which words.

use serde::{Deserialize, Serialize};

use super::World;
use super::say::{Line, Say};
use super::sheet;
use super::state::Draft;
use crate::form::{Form, Item, Kind, Need, Part, QuestionId, national};
use crate::person::DocumentKind;

/// Most yes/no questions in one prompt: one digit each, and 9 stays free.
const GROUP: usize = 8;

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    /// Number of the identity document; with it anything else of the one-message form.
    Document,
    /// Full name.
    Name,
    /// Birth, where the document does not say it.
    Birth,
    /// Sex, where the document does not say it.
    Gender,
    /// Nationality, for passports.
    Nationality,
    /// Where the journey starts.
    Origin,
    /// Number plate.
    Plate,
    /// Seat or flight.
    Seat,
    /// Day of return.
    Return,
    /// Several yes/no questions of one page, answered by the digits of those that are so.
    Group(Vec<QuestionId>),
    /// Day and result of the last test in one answer.
    Test,
    /// One question of the province.
    Item(QuestionId),
}

/// What is asked next; none when the form is complete.
pub(super) fn next(world: &World<'_>, draft: &Draft) -> Option<Field> {
    open(world, draft, draft.brief)
}

/// Whether nothing that must be said is missing.
pub(super) fn is_whole(world: &World<'_>, draft: &Draft) -> bool {
    open(world, draft, true).is_none()
}

fn open(world: &World<'_>, draft: &Draft, required_only: bool) -> Option<Field> {
    if !world.is_private {
        return journey(world.form, draft);
    }
    person(draft)
        .or_else(|| journey(world.form, draft))
        .or_else(|| question(world.form, draft, required_only))
}

fn person(draft: &Draft) -> Option<Field> {
    let Some(document) = &draft.document else {
        return Some(Field::Document);
    };
    let says_all = document.facts().is_some();
    let passport = document.kind() == DocumentKind::Passport;
    [
        (draft.name.is_none(), Field::Name),
        (draft.birth.is_none() && !says_all, Field::Birth),
        (draft.gender.is_none() && !says_all, Field::Gender),
        (passport && draft.nationality.is_none(), Field::Nationality),
    ]
    .into_iter()
    .find_map(|(open, field)| open.then_some(field))
}

fn journey(form: &Form, draft: &Draft) -> Option<Field> {
    let needs = |part| form.need(part) == Some(Need::Required);
    let no_plate = draft.plate.is_none() && !draft.on_foot;
    [
        (draft.origin.is_none(), Field::Origin),
        (needs(Part::Vehicle) && no_plate, Field::Plate),
        (needs(Part::Seat) && draft.seat.is_none(), Field::Seat),
        (
            needs(Part::Return) && draft.returns_on.is_none(),
            Field::Return,
        ),
    ]
    .into_iter()
    .find_map(|(open, field)| open.then_some(field))
}

/// Required questions are asked, and optional ones but free texts, which no rule reads.
fn question(form: &Form, draft: &Draft, required_only: bool) -> Option<Field> {
    let replies = sheet::replies(form, draft);
    let is_open = |item: &&Item| {
        !draft.answers.contains_key(&item.id)
            && !draft.skipped.contains(&item.id)
            && (item.required || !(required_only || item.kind == Kind::Text))
            && form.is_shown(item, &replies)
    };
    for page in &form.pages {
        let items = page.items.iter().filter_map(|id| form.item(*id));
        let mut open = items.filter(is_open).peekable();
        let Some(first) = open.next() else { continue };
        if first.kind != Kind::YesNo {
            let has_result = form.item(national::TEST_RESULT).is_some();
            let test = first.id == national::SAMPLED_ON && first.kind == Kind::Day && has_result;
            return Some(if test {
                Field::Test
            } else {
                Field::Item(first.id)
            });
        }
        let mut group = vec![first.id];
        while let Some(item) = open.next_if(|i| i.kind == Kind::YesNo && group.len() < GROUP) {
            group.push(item.id);
        }
        return Some(match group.as_slice() {
            [only] => Field::Item(*only),
            _ => Field::Group(group),
        });
    }
    None
}

/// The prompt of a field.
pub(super) fn prompt(world: &World<'_>, field: &Field) -> Say {
    let form = world.form;
    let mut say = match field {
        Field::Document => Say::key("talk-document"),
        Field::Name => Say::key("talk-name"),
        Field::Birth => Say::key("talk-birth"),
        Field::Gender => Say::key("talk-gender"),
        Field::Nationality => Say::key("talk-nationality"),
        Field::Origin => Say::key("talk-origin"),
        Field::Plate => Say::key("talk-plate"),
        Field::Seat => Say::key("talk-seat"),
        Field::Return => Say::key("talk-return"),
        Field::Test => {
            let label = form.item(national::SAMPLED_ON).map(|i| i.label);
            Say::line(Line::Form(label.unwrap_or(national::SAMPLED_ON))).and(Line::key("talk-test"))
        }
        Field::Group(ids) => group(form, ids),
        Field::Item(id) => form.item(*id).map_or_else(Say::default, item),
    };
    say.has_back = !matches!(field, Field::Document);
    say
}

fn group(form: &Form, ids: &[QuestionId]) -> Say {
    let holds = |id: &&QuestionId| form.pages.iter().any(|p| p.items.contains(id));
    let title = ids.iter().find(holds).and_then(|first| {
        let page = form.pages.iter().find(|p| p.items.contains(first));
        page.map(|p| p.title)
    });
    let labels = ids.iter().filter_map(|id| form.item(*id)).map(|i| i.label);
    Say::line(Line::Form(title.unwrap_or(national::HEALTH_PAGE)))
        .choices(labels.map(Line::Form))
        .tail("talk-group")
}

fn item(item: &Item) -> Say {
    let say = Say::line(Line::Form(item.label));
    let options = item.options.iter().map(|code| Line::Form(*code));
    match (item.kind, item.required) {
        (Kind::YesNo, _) => say.tail("talk-yes-no"),
        (Kind::Number, true) => say.tail("talk-number"),
        (Kind::Number, false) => say.tail("talk-number-skip"),
        (Kind::Choice, true) => say.choices(options),
        (Kind::Choice, false) => say.choices(options.chain([Line::key("talk-skip")])),
        (Kind::Choices, _) => say.choices(options).tail("talk-group"),
        (Kind::Day, true) => say.tail("talk-day"),
        (Kind::Day, false) => say.tail("talk-day-skip"),
        (Kind::Text, _) => say,
    }
}
