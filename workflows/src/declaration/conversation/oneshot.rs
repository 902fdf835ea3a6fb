//! A whole declaration in one message: `KB <document> <name> <place> <symptoms>`, read from both
//! ends (CHANNELS.md E5).

use super::state::Draft;
use super::{World, answer, place};
use crate::form::{QuestionId, national};
use crate::person::{Document, FullName};
use crate::place::UnitCode;
use crate::text;
use crate::units::{Resolved, Units};
use crate::vehicle::{Plate, PlateKind};

/// What a message says.
#[derive(Default)]
pub(super) struct Said {
    pub(super) document: Option<Document>,
    pub(super) name: Option<String>,
    pub(super) places: Vec<UnitCode>,
    pub(super) plate: Option<String>,
    pub(super) checkpoint: Option<i64>,
    /// Digits behind everything else.
    pub(super) digits: Option<String>,
    /// Numbers only, as in `KB 5 1`.
    pub(super) numbers: Vec<i64>,
}

/// Reads the words behind the keyword.
pub(super) fn read(text: &str) -> Said {
    let mut said = Said::default();
    let mut words = words(text);
    said.plate = take_plate(&mut words);
    said.checkpoint = take_checkpoint(&mut words);
    if !words.is_empty() && words.iter().all(|w| number(w).is_some()) {
        said.numbers = words.iter().filter_map(|w| number(w)).collect();
        return said;
    }
    said.document = take_document(&mut words);
    said.digits = take_digits(&mut words);
    let fields = fields(&words);
    match fields.as_slice() {
        [] => {}
        [only] => name_and_place(&mut said, only),
        [name, place @ ..] => {
            said.places = in_fields(place);
            said.name = full_name(name);
        }
    }
    said
}

/// `Ba Dinh, Ha Noi` is one place in two fields.
fn in_fields(fields: &[Vec<&str>]) -> Vec<UnitCode> {
    let whole: Vec<String> = fields.iter().map(|words| words.join(" ")).collect();
    let found = Units::embedded().named(&whole.join(", "));
    if !found.is_empty() {
        return found;
    }
    let last = fields.last().map(Vec::as_slice).unwrap_or_default();
    if let Some((_, found)) = place::at_end(last) {
        return found;
    }
    match place::find(&last.join(" ")) {
        Resolved::One(code) => vec![code],
        Resolved::Many(codes) => codes,
        Resolved::None => Vec::new(),
    }
}

fn name_and_place(said: &mut Said, words: &[&str]) {
    match place::at_end(words) {
        Some((count, found)) => {
            said.places = found;
            said.name = full_name(words.get(..words.len() - count).unwrap_or_default());
        }
        None => said.name = full_name(words),
    }
}

fn full_name(words: &[&str]) -> Option<String> {
    let name = words.join(" ");
    FullName::parse(&name).ok().map(|_| name)
}

/// Words, with `;` where the sender set a comma, a semicolon or a line end.
fn words(text: &str) -> Vec<String> {
    let spaced = text.replace([',', ';', '/'], " ; ");
    let words = spaced.split_whitespace();
    let bare = words.map(|word| word.trim_end_matches(['.', '!']).to_owned());
    bare.filter(|word| !word.is_empty()).take(60).collect()
}

fn fields(words: &[String]) -> Vec<Vec<&str>> {
    words
        .split(|w| w == ";")
        .map(|field| field.iter().map(String::as_str).collect::<Vec<_>>())
        .filter(|field| !field.is_empty())
        .collect()
}

fn number(word: &str) -> Option<i64> {
    let short = (1..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    short.then(|| word.parse().ok()).flatten()
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// A plate in one word or two, wherever it stands.
fn take_plate(words: &mut Vec<String>) -> Option<String> {
    let is_plate = |text: &str| {
        let plate = Plate::parse(text)?;
        let letters = text.chars().any(char::is_alphabetic);
        let known = matches!(
            plate.kind(),
            PlateKind::Civil | PlateKind::Trailer | PlateKind::Foreign
        );
        let starts = plate.as_str().starts_with(|c: char| c.is_ascii_digit());
        (letters && starts && known).then(|| plate.as_str().to_owned())
    };
    for at in 0..words.len() {
        let one = words.get(at).and_then(|word| is_plate(word));
        if let Some(plate) = one {
            words.remove(at);
            return Some(plate);
        }
        let (Some(series), Some(rest)) = (words.get(at), words.get(at + 1)) else {
            continue;
        };
        let starts = series.len() <= 4 && series.chars().any(char::is_alphabetic);
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if starts
            && rest.starts_with(|c: char| c.is_ascii_digit())
            && (4..=5).contains(&digits.len())
            && let Some(plate) = is_plate(&format!("{series}{digits}"))
        {
            words.drain(at..=at + 1);
            return Some(plate);
        }
    }
    None
}

/// `C5`, `CHOT 5`, `chốt5`.
fn take_checkpoint(words: &mut Vec<String>) -> Option<i64> {
    for at in 0..words.len() {
        let key = words.get(at).map(|w| text::fold(w)).unwrap_or_default();
        let alone = key.strip_prefix("chot").or_else(|| key.strip_prefix('c'));
        if let Some(found) = alone.and_then(number) {
            words.remove(at);
            return Some(found);
        }
        if key == "chot"
            && let Some(found) = words.get(at + 1).and_then(|w| number(w))
        {
            words.drain(at..=at + 1);
            return Some(found);
        }
    }
    None
}

/// The document stands first; its digits may be parted.
fn take_document(words: &mut Vec<String>) -> Option<Document> {
    let digits = words.iter().take_while(|w| is_digits(w)).count();
    for count in (1..=digits).rev() {
        let joined: String = words.iter().take(count).map(String::as_str).collect();
        if matches!(joined.len(), 9 | 12) {
            let document = Document::guess(&joined).ok();
            if document.is_some() {
                words.drain(..count);
                return document;
            }
        }
    }
    let first = words.first()?;
    let document = answer::document(first).ok()?;
    words.remove(0);
    Some(document)
}

/// What stands last and is digits: the symptoms, parted or not.
fn take_digits(words: &mut Vec<String>) -> Option<String> {
    let mut digits = String::new();
    while let Some(last) = words.last()
        && (last == ";" || (is_digits(last) && last.len() <= 8) || is_none(last))
    {
        let last = words.pop().unwrap_or_default();
        if is_none(&last) {
            digits.insert(0, '0');
        } else if last != ";" {
            digits.insert_str(0, &last);
        }
    }
    (!digits.is_empty()).then_some(digits)
}

fn is_none(word: &str) -> bool {
    matches!(text::fold(word).as_str(), "khong" | "ko" | "no" | "none")
}

/// Puts the digits of a one-message declaration to the form's symptoms. `0` says that there are
/// neither symptoms nor exposures, as the help text promises; 1 to 7 are the symptoms, after
/// which exposures are asked.
pub(super) fn health(world: &World<'_>, draft: &mut Draft, digits: &str) {
    let asked = |id: &QuestionId| world.form.item(*id).is_some();
    let symptoms = national::SYMPTOMS.into_iter().filter(asked);
    let chosen: Vec<usize> = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .filter_map(|d| usize::try_from(d).ok())
        .collect();
    if chosen.iter().any(|d| *d > national::SYMPTOMS.len()) {
        return;
    }
    let none = chosen.iter().all(|d| *d == 0);
    for (at, id) in symptoms.enumerate() {
        draft
            .answers
            .insert(id, vec![yes_no(chosen.contains(&(at + 1)))]);
    }
    if none {
        no_exposure(world, draft);
    }
}

/// Says no to what is asked of exposures.
pub(super) fn no_exposure(world: &World<'_>, draft: &mut Draft) {
    let exposures = [
        national::MET_PATIENT,
        national::MET_SYMPTOMS,
        national::WAS_IN_AREA,
    ];
    for id in exposures {
        if world.form.item(id).is_some() {
            draft.answers.insert(id, vec![yes_no(false)]);
        }
    }
}

pub(super) fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
