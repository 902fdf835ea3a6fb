//! How a declaration begins: with a keyword, with a post, or with all of it in one message; and
//! how one that was left is gone on with.

use super::super::Medium;
use super::super::ask;
use super::super::oneshot::{self, Said};
use super::super::say::{Line, Say};
use super::super::state::At;
use super::Talk;
use crate::person::DocumentKind;

impl Talk<'_> {
    /// A USSD dialogue begins, with what was dialled behind the code.
    pub(super) fn begin(&mut self, dialled: &[String]) -> Option<Say> {
        self.touch();
        self.start_or_resume(&dialled.join(" "))
    }

    /// A first text that is no keyword: a whole declaration without its keyword, an answer that
    /// comes late, or something else, which is answered with help once a day.
    pub(super) fn unasked(&mut self, typed: &str) -> Option<Say> {
        if oneshot::read(typed)
            .document
            .is_some_and(|d| d.kind() != DocumentKind::Passport)
        {
            self.touch();
            return self.start(typed);
        }
        if self.can_resume() {
            self.touch();
            return Some(self.offer_to_resume());
        }
        match self.world.medium {
            Medium::Chat => {
                self.ended = true;
                Some(self.menu())
            }
            Medium::Sms => {
                let today = Some(self.world.now.day());
                let helped = std::mem::replace(&mut self.state.traffic.helped_on, today);
                self.ended = true;
                (helped != today).then(|| Say::key("talk-help"))
            }
            Medium::Ussd => {
                self.touch();
                self.start("")
            }
        }
    }

    /// Begins a declaration, unless one was left that what was said belongs to: somebody at the
    /// same post, who named nobody.
    pub(super) fn start_or_resume(&mut self, rest: &str) -> Option<Say> {
        let said = oneshot::read(rest);
        let (post, person) = self.post_and_person(&said);
        let names = said.document.is_some() || said.name.is_some() || person.is_some();
        if names || !self.can_resume() {
            return self.start(rest);
        }
        let lead = post.and_then(|post| self.take_post(post));
        if said.plate.is_some() {
            (self.state.draft.plate, self.state.draft.on_foot) = (said.plate, false);
        }
        Some(Say {
            lead,
            ..self.offer_to_resume()
        })
    }

    /// Begins a declaration with what came behind the keyword.
    pub(super) fn start(&mut self, rest: &str) -> Option<Say> {
        self.reset();
        let said = oneshot::read(rest);
        let (post, person) = self.post_and_person(&said);
        let mut lead = post.and_then(|post| self.take_post(post));
        if said.document.is_some() {
            // Who says everything at once needs no post.
            lead = (!self.world.is_private).then(|| Line::key("chat-private"));
        }
        if let Some(person) = person {
            return self.as_before(person);
        }
        let say = if said.document.is_some() || said.name.is_some() {
            self.take_all(said)
        } else {
            self.state.draft.plate = said.plate;
            match self.persons() {
                0 => self.proceed(),
                1 => self.summary(0),
                _ => Some(self.household(0)),
            }
        };
        say.map(|say| Say {
            lead: say.lead.clone().or(lead),
            ..say
        })
    }

    /// The declaration that was left is dropped; the post is where its sender stands.
    pub(super) fn start_over(&mut self) -> Option<Say> {
        let post = self.state.draft.checkpoint;
        self.start(&post.map_or_else(String::new, |post| format!("C{post}")))
    }

    /// The post that was named, and the person of the household.
    fn post_and_person(&self, said: &Said) -> (Option<i64>, Option<usize>) {
        let persons = self.persons();
        let numbers = said.numbers.as_slice();
        let person = numbers
            .iter()
            .rev()
            .find_map(|n| usize::try_from(*n - 1).ok().filter(|at| *at < persons));
        let alone = match (numbers, person) {
            ([post, _], Some(_)) | ([post, ..], None) => Some(*post),
            _ => None,
        };
        (said.checkpoint.or(alone), person)
    }

    /// Notes the post, or says that there is none.
    fn take_post(&mut self, post: i64) -> Option<Line> {
        let known = self.is_post(post);
        if known {
            self.state.draft.checkpoint = Some(post);
        }
        (!known).then(|| Line::key("talk-no-post"))
    }

    /// Whether an answer is still one to what was asked.
    pub(super) fn is_live(&self) -> bool {
        let limits = self.world.limits;
        let since = match self.world.medium {
            Medium::Sms => self.world.now.plus_minutes(-limits.sms_minutes),
            Medium::Chat => self.world.now.plus_minutes(-limits.resume_hours * 60),
            Medium::Ussd => self.world.now.plus_seconds(-limits.ussd_seconds),
        };
        self.state.at != At::Idle && self.state.touched_at.is_some_and(|at| at > since)
    }

    /// Whether a declaration was begun that can be gone on with.
    pub(super) fn can_resume(&self) -> bool {
        self.resumable && self.state.draft.is_begun()
    }

    /// A whole declaration in one message; what is missing is asked. What must not be said here
    /// is not taken.
    pub(super) fn take_all(&mut self, mut said: Said) -> Option<Say> {
        if !self.world.is_private {
            (said.document, said.digits) = (None, None);
        }
        let draft = &mut self.state.draft;
        draft.document = said.document.filter(|document| {
            let year = document.facts().map_or(0, |f| i32::from(f.birth_year));
            year <= self.world.now.day().year()
        });
        draft.name = said.name;
        draft.plate = said.plate.or_else(|| draft.plate.take());
        if let Some(digits) = &said.digits {
            oneshot::health(self.world, draft, digits);
        }
        draft.origin = said.places.first().copied();
        // Who said all that must be said is not asked for the rest.
        draft.brief = ask::is_whole(self.world, draft);
        if said.places.len() > 1 {
            draft.origin = None;
            return Some(self.which(said.places));
        }
        self.proceed()
    }
}
