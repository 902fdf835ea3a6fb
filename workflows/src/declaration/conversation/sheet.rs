//! From a conversation's draft to the fields that every medium sends.

use super::World;
use super::state::Draft;
use crate::answers::{self, Reply};
use crate::clock::Day;
use crate::declaration::raw::RawForm;
use crate::declaration::submission::unit_text;
use crate::form::{Form, Need, Part, QuestionId};
use crate::person::{Birth, Document};
use crate::rules::Gender;

/// The form as a text channel asks it. Addresses are not asked there even where the web form
/// demands them: the permanent one stands on the identity card, and where the traveller stays is
/// taken from the journey's end. The post compares the document anyway, because a number can be
/// forged: the channel's low trust says so (fact `low-trust-channel`).
pub fn for_text(form: &Form) -> Form {
    let mut form = form.clone();
    for (part, need) in &mut form.parts {
        if matches!(part, Part::Permanent | Part::Temporary | Part::Staying) {
            *need = Need::Optional;
        }
    }
    form
}

/// The province's questions as answered so far.
pub(super) fn replies(form: &Form, draft: &Draft) -> Vec<Reply> {
    answers::so_far(form, &raw_answers(draft)).0
}

fn raw_answers(draft: &Draft) -> Vec<(QuestionId, String)> {
    draft
        .answers
        .iter()
        .flat_map(|(id, values)| values.iter().map(|v| (*id, v.clone())))
        .collect()
}

/// The fields of a finished draft. Travel is today, by road unless the sender has no vehicle, to
/// the province that the channel belongs to; commitment is given by answering, as the first
/// prompt says.
pub fn raw_form(world: &World<'_>, draft: &Draft) -> RawForm {
    let mut raw = RawForm::default();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            raw.add(name, value);
        }
    };
    let facts = draft.document.as_ref().and_then(Document::facts);
    let birth = draft
        .birth
        .or_else(|| facts.map(|f| Birth::Year(f.birth_year)));
    let gender = draft.gender.or_else(|| facts.map(|f| f.gender));
    let document = draft.document.as_ref();
    let transport = if draft.on_foot { "foot" } else { "road" };
    let destination = unit_text(world.province.unit);
    add("name", draft.name.clone());
    add(
        "document_kind",
        document.map(|d| d.kind().code().to_owned()),
    );
    add("document", document.map(|d| d.number().to_owned()));
    add("birth", birth.map(Birth::local_text));
    add("gender", gender.map(|g| gender_word(g).to_owned()));
    add("nationality", draft.nationality.clone());
    add("phone", world.phone.map(|p| p.e164().to_owned()));
    add("origin_unit", draft.origin.map(unit_text));
    add("destination_unit", Some(destination.clone()));
    if world.form.need(Part::Staying).is_some() {
        add("staying_unit", Some(destination));
    }
    add("transport", Some(transport.to_owned()));
    add("plate", draft.plate.clone());
    add("seat", draft.seat.clone());
    add("travels_on", Some(world.now.day().local_text()));
    add("returns_on", draft.returns_on.map(Day::local_text));
    add("checkpoint", draft.checkpoint.map(|c| c.to_string()));
    add("commitment", Some("on".to_owned()));
    for (id, value) in raw_answers(draft) {
        add(&format!("q{id}"), Some(value));
    }
    raw
}

fn gender_word(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Other => "other",
        Gender::Unknown => "unknown",
    }
}
