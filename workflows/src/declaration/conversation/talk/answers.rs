//! What an answer does to what was asked.

use super::super::Medium;
use super::super::answer::{self, Wrong};
use super::super::ask::{self, Field};
use super::super::oneshot;
use super::super::say::{Line, Say};
use super::super::state::{At, Draft};
use super::chat::AGAIN;
use super::{MORE, Talk, place_list};
use crate::place::UnitCode;

impl Talk<'_> {
    pub(super) fn answer(&mut self, typed: &str) -> Option<Say> {
        self.state.step = self.state.step.saturating_add(1);
        if self.state.step > self.world.limits.steps {
            self.reset();
            return Some(self.closed("talk-too-long"));
        }
        match self.state.at.clone() {
            At::Idle => self.unasked(typed),
            At::Ask(field) => self.answer_field(&field, typed),
            At::Which(units, page) => self.answer_which(&units, page, typed),
            At::Resume => self.answer_resume(typed),
            At::Summary(person) => self.answer_summary(person, typed),
            At::Persons(page) => self.answer_household(page, typed),
            At::Web if typed == AGAIN => self.proceed(),
            At::Web => self.current(),
            At::Number => self.give_number(typed),
            At::Code => Some(self.answer_code(typed)),
        }
    }

    pub(super) fn answer_field(&mut self, field: &Field, typed: &str) -> Option<Say> {
        if *field == Field::Document {
            // Who knows the short form may give all of it here.
            let said = oneshot::read(typed);
            if said.document.is_some() && (said.name.is_some() || !said.places.is_empty()) {
                let post = self.state.draft.checkpoint;
                let say = self.take_all(said);
                self.state.draft.checkpoint = post;
                return say;
            }
        }
        if let Some(say) = self.tick(field, typed) {
            return Some(say);
        }
        let ticked = self.ticked(field, typed);
        let typed = ticked.as_deref().unwrap_or(typed);
        if typed == MORE && self.has_pages(field) {
            self.state.page += 1;
            return Some(self.prompt(field));
        }
        match answer::take(self.world, &mut self.state.draft, field, typed) {
            Ok(()) => {
                self.state.trail.push(field.clone());
                self.proceed()
            }
            Err(Wrong::Which(units)) => Some(self.which(units)),
            Err(Wrong::Code(code)) => {
                let mut say = Say {
                    page: self.state.page,
                    ..ask::prompt(self.world, field)
                };
                // Who sends a number that must not stand here hears that, not that it is no place.
                let is_document = !self.world.is_private && answer::document(typed).is_ok();
                say.lead = Some(if is_document {
                    Line::key("chat-private")
                } else {
                    Line::key(format!("error-{code}"))
                });
                Some(say)
            }
        }
    }

    pub(super) fn answer_which(
        &mut self,
        units: &[UnitCode],
        page: usize,
        typed: &str,
    ) -> Option<Say> {
        if typed == MORE {
            self.state.at = At::Which(units.to_vec(), page + 1);
            return Some(place_list(units, page + 1));
        }
        let chosen = typed.parse::<usize>().ok();
        match chosen.and_then(|n| units.get(n.checked_sub(1)?)) {
            Some(unit) => {
                self.state.draft.origin = Some(*unit);
                self.state.trail.push(Field::Origin);
                self.proceed()
            }
            None if chosen.is_some() => Some(place_list(units, page)),
            None => self.answer_field(&Field::Origin, typed),
        }
    }

    pub(super) fn answer_resume(&mut self, typed: &str) -> Option<Say> {
        match typed {
            "1" => self.proceed(),
            "2" => self.start_over(),
            _ => Some(Say::key("talk-resume")),
        }
    }

    pub(super) fn answer_summary(&mut self, person: usize, typed: &str) -> Option<Say> {
        match typed {
            "1" => self.as_before(person),
            "2" => {
                let post = self.state.draft.checkpoint;
                let known = self.person(person)?.draft.clone();
                self.state.draft = Draft {
                    checkpoint: post,
                    document: known.document,
                    name: known.name,
                    birth: known.birth,
                    gender: known.gender,
                    nationality: known.nationality,
                    ..Draft::default()
                };
                self.proceed()
            }
            "9" => self.somebody_else(),
            _ => self.summary(person),
        }
    }

    pub(super) fn answer_household(&mut self, page: usize, typed: &str) -> Option<Say> {
        let chosen = typed.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        match (typed, chosen) {
            ("9", _) => self.somebody_else(),
            (MORE, _) => Some(self.household(page + 1)),
            (_, Some(person)) if person < self.persons() => self.summary(person),
            _ => Some(self.household(page)),
        }
    }

    pub(super) fn somebody_else(&mut self) -> Option<Say> {
        self.state.draft = Draft {
            checkpoint: self.state.draft.checkpoint,
            ..Draft::default()
        };
        self.proceed()
    }

    /// The person as declared before, with no symptoms and no exposures: that is what `1` says.
    pub(super) fn as_before(&mut self, person: usize) -> Option<Say> {
        let known = self.person(person)?.draft.clone();
        let now = &self.state.draft;
        let mut draft = Draft {
            checkpoint: now.checkpoint,
            plate: now.plate.clone().or_else(|| known.plate.clone()),
            brief: true,
            ..known
        };
        if self.world.is_private {
            oneshot::health(self.world, &mut draft, "0");
        }
        self.state.draft = draft;
        self.proceed()
    }

    pub(super) fn summary(&mut self, person: usize) -> Option<Say> {
        let known = self.person(person)?.clone();
        self.state.at = At::Summary(person);
        let who = Line::Key(
            "talk-summary".into(),
            vec![("holder".into(), known.holder(self.world.medium))],
        );
        let mut say = Say::line(who);
        if let Some(origin) = known.draft.origin {
            say = say.and(Line::Place(origin));
        }
        // As before means without symptoms; a button is too short to say so.
        let declares_health = self.world.medium == Medium::Chat && self.world.is_private;
        say.note = declares_health.then(|| Line::key("chat-as-before-means"));
        Some(say.tail("talk-summary-choices"))
    }

    pub(super) fn household(&mut self, page: usize) -> Say {
        self.state.at = At::Persons(page);
        let profile = self.world.profile.cloned().unwrap_or_default();
        let holders = profile.persons.iter();
        let medium = self.world.medium;
        let holders = holders.map(|p| Line::Plain(p.holder(medium)));
        let mut say = Say::key("talk-household")
            .choices(holders)
            .tail("talk-household-other");
        say.page = page;
        say
    }

    pub(super) fn offer_to_resume(&mut self) -> Say {
        self.state.at = At::Resume;
        Say::key("talk-resume")
    }
}
