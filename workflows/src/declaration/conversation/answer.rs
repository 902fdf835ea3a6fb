//! Reading one answer.

use super::ask::Field;
use super::oneshot::yes_no;
use super::state::Draft;
use super::{World, place};
use crate::answers::TEXT_MAX;
use crate::clock::Day;
use crate::form::{Item, Kind, QuestionId, national};
use crate::person::{Birth, Document, FullName, PersonError, parse_nationality};
use crate::place::UnitCode;
use crate::rules::Gender;
use crate::text;
use crate::units::Resolved;
use crate::vehicle::Plate;

/// Why an answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A sentence `error-<code>` of the locales.
    Code(&'static str),
    /// It may be one of these places.
    Which(Vec<UnitCode>),
}

/// Longest seat taken, in bytes, as the form takes it.
const SEAT_MAX: usize = 20;

/// Puts an answer into the draft.
pub(super) fn take(
    world: &World<'_>,
    draft: &mut Draft,
    field: &Field,
    typed: &str,
) -> Result<(), Wrong> {
    let today = world.now.day();
    match field {
        Field::Document => draft.document = Some(document_today(typed, today)?),
        Field::Name => draft.name = Some(name(typed)?),
        Field::Birth => draft.birth = Some(birth(typed, today)?),
        Field::Gender => draft.gender = Some(gender(typed)?),
        Field::Nationality => {
            let code = parse_nationality(typed).map_err(|e| Wrong::Code(e.code()))?;
            draft.nationality = Some(code);
        }
        Field::Origin => draft.origin = Some(origin(typed)?),
        Field::Plate => plate(draft, typed)?,
        Field::Seat if typed.len() > SEAT_MAX => return Err(Wrong::Code("too-long")),
        Field::Seat => draft.seat = Some(typed.to_owned()),
        Field::Return => draft.returns_on = Some(day_from(typed, today)?),
        Field::Group(ids) => group(draft, ids, typed)?,
        Field::Test => test(draft, typed)?,
        Field::Item(id) => match world.form.item(*id) {
            Some(asked) => item(draft, asked, typed)?,
            None => return Err(Wrong::Code("choose")),
        },
    }
    Ok(())
}

/// Takes an answer back.
pub(super) fn clear(draft: &mut Draft, field: &Field) {
    let mut forget = |id: &QuestionId| {
        draft.answers.remove(id);
        draft.skipped.remove(id);
    };
    match field {
        Field::Document => draft.document = None,
        Field::Name => draft.name = None,
        Field::Birth => draft.birth = None,
        Field::Gender => draft.gender = None,
        Field::Nationality => draft.nationality = None,
        Field::Origin => draft.origin = None,
        Field::Plate => (draft.plate, draft.on_foot) = (None, false),
        Field::Seat => draft.seat = None,
        Field::Return => draft.returns_on = None,
        Field::Group(ids) => ids.iter().for_each(forget),
        Field::Test => [national::SAMPLED_ON, national::TEST_RESULT]
            .iter()
            .for_each(forget),
        Field::Item(id) => forget(id),
    }
}

/// A document whose kind is seen from its number.
pub(super) fn document(typed: &str) -> Result<Document, PersonError> {
    Document::guess(typed)
}

/// A CCCD number that says a birth in the future is mistyped.
fn document_today(typed: &str, today: Day) -> Result<Document, Wrong> {
    let document = document(typed).map_err(|e| Wrong::Code(e.code()))?;
    let future = document
        .facts()
        .is_some_and(|f| i32::from(f.birth_year) > today.year());
    if future {
        Err(Wrong::Code("document-odd"))
    } else {
        Ok(document)
    }
}

fn name(typed: &str) -> Result<String, Wrong> {
    FullName::parse(typed)
        .map(String::from)
        .map_err(|e| Wrong::Code(e.code()))
}

fn birth(typed: &str, today: Day) -> Result<Birth, Wrong> {
    Birth::parse(typed, today).map_err(|e| Wrong::Code(e.code()))
}

fn gender(typed: &str) -> Result<Gender, Wrong> {
    match text::fold(typed).as_str() {
        "1" | "nam" | "male" | "m" => Ok(Gender::Male),
        "2" | "nu" | "female" | "f" => Ok(Gender::Female),
        "3" | "khac" | "other" => Ok(Gender::Other),
        _ => Err(Wrong::Code("choose")),
    }
}

fn origin(typed: &str) -> Result<UnitCode, Wrong> {
    match place::find(typed) {
        Resolved::One(code) => Ok(code),
        Resolved::Many(codes) => Err(Wrong::Which(codes)),
        Resolved::None => Err(Wrong::Code("unit-unknown")),
    }
}

fn plate(draft: &mut Draft, typed: &str) -> Result<(), Wrong> {
    if says_none(typed) {
        (draft.plate, draft.on_foot) = (None, true);
        return Ok(());
    }
    let plate = Plate::parse(typed).filter(|p| p.as_str().len() >= 4);
    draft.plate = Some(plate.ok_or(Wrong::Code("missing"))?.as_str().to_owned());
    draft.on_foot = false;
    Ok(())
}

/// `ddmmyyyy`, `ddmmyy`, or with separators.
fn day(typed: &str) -> Option<Day> {
    let typed = typed.trim();
    if !typed.bytes().all(|b| b.is_ascii_digit()) {
        return Day::parse(&typed.replace(' ', "/"));
    }
    let (date, year) = typed.split_at_checked(4)?;
    let (day, month) = date.split_at_checked(2)?;
    let century = match year.len() {
        4 => "",
        2 => "20",
        _ => return None,
    };
    Day::parse(&format!("{day}/{month}/{century}{year}"))
}

fn day_from(typed: &str, today: Day) -> Result<Day, Wrong> {
    let day = day(typed).ok_or(Wrong::Code("date-form"))?;
    if day < today {
        return Err(Wrong::Code("return-before-travel"));
    }
    Ok(day)
}

/// The digits of what is so; `0` for nothing.
fn group(draft: &mut Draft, ids: &[QuestionId], typed: &str) -> Result<(), Wrong> {
    let chosen = chosen(typed, ids.len())?;
    for (at, id) in ids.iter().enumerate() {
        let yes = chosen.contains(&at);
        draft.answers.insert(*id, vec![yes_no(yes)]);
    }
    Ok(())
}

/// Places from 0 of the digits typed. Of up to nine options every digit is one; of more, numbers
/// are parted by anything.
fn chosen(typed: &str, options: usize) -> Result<Vec<usize>, Wrong> {
    if says_none(typed) {
        return Ok(Vec::new());
    }
    let is_number = |c: char| c.is_ascii_digit();
    let foreign = |c: char| !is_number(c) && !matches!(c, ' ' | ',' | ';' | '.' | '-' | '+' | '*');
    if typed.contains(foreign) {
        return Err(Wrong::Code("choose"));
    }
    let numbers: Vec<usize> = if options <= 9 {
        let digits = typed.chars().filter_map(|c| c.to_digit(10));
        digits.filter_map(|d| usize::try_from(d).ok()).collect()
    } else {
        let parts = typed.split(|c| !is_number(c)).filter(|p| !p.is_empty());
        parts.filter_map(|p| p.parse().ok()).collect()
    };
    let within = |n: &usize| (1..=options).contains(n);
    if numbers.is_empty() || !numbers.iter().all(within) {
        return Err(Wrong::Code("choose"));
    }
    Ok(numbers.into_iter().map(|n| n - 1).collect())
}

/// `0` and its words.
pub(super) fn says_none(typed: &str) -> bool {
    matches!(
        text::fold(typed).as_str(),
        "0" | "khong" | "ko" | "k" | "no" | "none" | "n"
    )
}

/// Day and result of the last test: `20112026 1`, or the day alone.
fn test(draft: &mut Draft, typed: &str) -> Result<(), Wrong> {
    if says_none(typed) {
        draft.skipped.insert(national::SAMPLED_ON);
        return Ok(());
    }
    let typed = typed.trim();
    let (date, result) = match typed.rsplit_once([' ', ',', ';']) {
        Some((date, result)) if result.len() == 1 => (date, Some(result)),
        _ => match typed.split_at_checked(8) {
            Some((date, result)) if result.len() == 1 => (date, Some(result)),
            _ => (typed, None),
        },
    };
    let on = day(date.trim_end_matches([',', ';'])).ok_or(Wrong::Code("date-form"))?;
    if let Some(result) = result {
        let at = chosen(result, 3)?.first().copied();
        let at = at.ok_or(Wrong::Code("choose"))?;
        let value = vec![at.to_string()];
        draft.answers.insert(national::TEST_RESULT, value);
    }
    let value = vec![on.local_text()];
    draft.answers.insert(national::SAMPLED_ON, value);
    Ok(())
}

fn item(draft: &mut Draft, item: &Item, typed: &str) -> Result<(), Wrong> {
    let optional = !item.required;
    let skips = optional
        && match item.kind {
            Kind::Number => matches!(text::fold(typed).as_str(), "bo" | "skip"),
            Kind::Choice => typed == (item.options.len() + 1).to_string(),
            Kind::Day => says_none(typed),
            _ => false,
        };
    if skips {
        draft.skipped.insert(item.id);
        return Ok(());
    }
    let one = |value: String| Ok(vec![value]);
    let values = match item.kind {
        Kind::YesNo => one(yes_no(yes(typed)?)),
        Kind::Number => match typed.parse::<u32>() {
            Ok(number) => one(number.to_string()),
            Err(_) => Err(Wrong::Code("number-form")),
        },
        Kind::Choice => match typed.parse::<usize>() {
            Ok(number) if (1..=item.options.len()).contains(&number) => {
                one((number - 1).to_string())
            }
            _ => Err(Wrong::Code("choose")),
        },
        Kind::Choices => {
            let chosen = chosen(typed, item.options.len())?;
            if chosen.is_empty() {
                draft.skipped.insert(item.id);
            }
            Ok(chosen.iter().map(usize::to_string).collect())
        }
        Kind::Day => match day(typed) {
            Some(day) => one(day.local_text()),
            None => Err(Wrong::Code("date-form")),
        },
        Kind::Text if typed.len() > TEXT_MAX => Err(Wrong::Code("too-long")),
        Kind::Text => one(typed.to_owned()),
    }?;
    draft.answers.insert(item.id, values);
    Ok(())
}

fn yes(typed: &str) -> Result<bool, Wrong> {
    match text::fold(typed).as_str() {
        "1" | "co" | "c" | "yes" | "y" => Ok(true),
        "2" => Ok(false),
        _ if says_none(typed) => Ok(false),
        _ => Err(Wrong::Code("choose")),
    }
}
