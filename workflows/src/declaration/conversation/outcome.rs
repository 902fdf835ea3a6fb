//! What became of a form, said back.

use super::ask::Field;
use super::say::{Line, Opens, Say};
use super::state::{HeldPass, Person};
use super::talk::Talk;
use super::{Effect, Outcome, answer};
use crate::declaration::raw::{Complaint, FieldError};
use crate::registry::RegistryField;
use crate::verdict::Level;

impl Talk<'_> {
    /// Asks the first of the wrong fields again; the others follow because they are open too.
    pub(super) fn refused(&mut self, errors: &[FieldError]) -> Option<Say> {
        // What may stay open was passed over or answered before.
        self.state.draft.brief = true;
        let mut first = None;
        for error in errors {
            if error.field == "checkpoint" {
                self.state.draft.checkpoint = None;
                continue;
            }
            let Some(field) = field(&error.field) else {
                tracing::error!(field = error.field, "a conversation left a field wrong");
                return Some(self.failed());
            };
            answer::clear(&mut self.state.draft, &field);
            self.state.trail.retain(|known| *known != field);
            first.get_or_insert_with(|| (field, line(&error.why)));
        }
        match first {
            Some((field, lead)) => {
                let mut say = self.ask(field);
                say.lead = Some(lead);
                Some(say)
            }
            None => self.proceed(),
        }
    }

    /// Says which kinds of fields differ and asks them again, the document too: a wrong digit
    /// there looks like a wrong name.
    pub(super) fn mismatch(&mut self, fields: &[RegistryField]) -> Say {
        let draft = &mut self.state.draft;
        draft.document = None;
        draft.brief = true;
        for differs in fields {
            match differs {
                RegistryField::Name => draft.name = None,
                RegistryField::Birth => draft.birth = None,
                RegistryField::Gender => draft.gender = None,
            }
        }
        self.state.trail.clear();
        let lead = match fields {
            [RegistryField::Name] => "talk-mismatch-name",
            [RegistryField::Birth] => "talk-mismatch-birth",
            [RegistryField::Gender] => "talk-mismatch-gender",
            _ => "talk-mismatch",
        };
        self.state.at = super::state::At::Ask(Field::Document);
        let mut say = super::ask::prompt(self.world, &Field::Document);
        say.lead = Some(Line::key(lead));
        say
    }

    /// Something of ours failed; what was answered is kept.
    pub(super) fn failed(&mut self) -> Say {
        self.closed("talk-failed")
    }

    pub(super) fn declared(&mut self, outcome: &Outcome) -> Say {
        let draft = std::mem::take(&mut self.state.draft);
        let holder = draft.holder(self.world.medium);
        let say = pass(outcome, &holder);
        if let Some(document) = draft.document.clone() {
            self.state.passes.retain(|p| p.document != document);
            let held = HeldPass {
                holder,
                document,
                level: outcome.level,
                code: outcome.code.clone(),
                digits: outcome.digits.clone(),
                expires_at: outcome.expires_at,
                link: outcome.link.clone(),
            };
            self.state.passes.insert(0, held);
            self.state.passes.truncate(self.world.limits.persons);
        }
        let person = Person::of(&draft, self.world.now);
        let mut say = say;
        let told = self.state.told || self.world.profile.is_some();
        if outcome.kept.unwrap_or(told) {
            self.effect = Effect::Keep(self.profile_with(person));
        } else if outcome.kept.is_none() {
            self.state.pending = Some(person);
            if outcome.level != Level::Refuse {
                say.note = Some(Line::key("talk-agree"));
            }
        }
        self.reset();
        self.ended = true;
        self.offer_number(&mut say);
        say
    }

    /// A pass again: the newest, or the one with this number. The others are named with it.
    pub(super) fn pass_again(&mut self, number: Option<usize>) -> Say {
        self.ended = self.state.at == super::state::At::Idle;
        let usable = self.state.passes.iter();
        let usable: Vec<&HeldPass> = usable.filter(|p| p.level != Level::Refuse).collect();
        let at = number.and_then(|n| n.checked_sub(1));
        let at = at.filter(|at| *at < usable.len()).unwrap_or(0);
        let Some(held) = usable.get(at) else {
            return Say::key("talk-no-pass");
        };
        let outcome = Outcome {
            level: held.level,
            code: held.code.clone(),
            digits: held.digits.clone(),
            expires_at: held.expires_at,
            link: held.link.clone(),
            kept: None,
        };
        let numbered = usable.iter().enumerate();
        let others = numbered.filter(|(other, _)| *other != at);
        Say {
            others: others.map(|(n, p)| (n + 1, p.holder.clone())).collect(),
            ..pass(&outcome, &held.holder)
        }
    }
}

/// The message of a pass; the pass itself is one part.
fn pass(outcome: &Outcome, holder: &str) -> Say {
    let key = match outcome.level {
        Level::Clear => "talk-pass",
        Level::Caution => "talk-pass-look",
        Level::Unsure => "talk-pass-unsure",
        Level::Hold => "talk-pass-hold",
        Level::Refuse => "talk-refused",
    };
    let code = match &outcome.digits {
        Some(digits) => format!("{} ({digits})", outcome.code),
        None => outcome.code.clone(),
    };
    let values = vec![
        ("holder".into(), holder.to_owned()),
        ("code".into(), code),
        ("until".into(), outcome.expires_at.local_text()),
    ];
    let shown = |_: &String| outcome.level != Level::Refuse;
    Say {
        pass: outcome.link.clone().filter(shown),
        opens: outcome.link.clone().map(Opens::Pass),
        ..Say::line(Line::Key(key.into(), values))
    }
}

fn line(why: &Complaint) -> Line {
    match why {
        Complaint::Code(code) => Line::key(format!("error-{code}")),
        Complaint::Several(_) => Line::key("error-unit-unknown"),
        Complaint::Province(reason) => Line::Reason(reason.clone()),
    }
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "document" | "document_kind" => Field::Document,
        "name" => Field::Name,
        "birth" => Field::Birth,
        "gender" => Field::Gender,
        "nationality" => Field::Nationality,
        "origin" => Field::Origin,
        "plate" => Field::Plate,
        "seat" => Field::Seat,
        "returns_on" => Field::Return,
        _ => Field::Item(name.strip_prefix('q')?.parse().ok()?),
    })
}
