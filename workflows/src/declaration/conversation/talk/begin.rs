//! How a declaration begins: with a keyword, with a post, or with all of it in one message.

use super::super::ask;
use super::super::oneshot::{self, Said};
use super::super::say::{Line, Say};
use super::Talk;

impl Talk<'_> {
    /// Begins a declaration with what came behind the keyword.
    pub(super) fn start(&mut self, rest: &str) -> Option<Say> {
        self.reset();
        let said = oneshot::read(rest);
        let persons = self.persons();
        let numbers = &said.numbers;
        let chosen = numbers
            .iter()
            .rev()
            .find_map(|n| usize::try_from(*n - 1).ok().filter(|at| *at < persons));
        let alone = match (numbers.as_slice(), chosen) {
            ([post, _], Some(_)) | ([post, ..], None) => Some(*post),
            _ => None,
        };
        let post = said.checkpoint.or(alone);
        let mut lead = None;
        if said.document.is_some() && !self.world.is_private {
            lead = Some(Line::key("chat-private"));
        }
        if let Some(post) = post {
            if self.is_post(post) {
                self.state.draft.checkpoint = Some(post);
            } else if said.document.is_none() {
                lead = Some(Line::key("talk-no-post"));
            }
        }
        if let Some(person) = chosen {
            return self.as_before(person);
        }
        let say = if said.document.is_some() || said.name.is_some() {
            self.take_all(said)
        } else {
            self.state.draft.plate = said.plate;
            match persons {
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
