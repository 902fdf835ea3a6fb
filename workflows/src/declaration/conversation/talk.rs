//! One step: what was said meets what was asked.

mod answers;
mod begin;
mod chat;

use chat::code_wanted;
use sha2::{Digest, Sha256};

use super::answer;
use super::ask::{self, Field};
use super::keyword::{self, Command};
use super::say::{Line, Say};
use super::state::{At, Draft, Person, Profile, State};
use super::{Effect, Input, Medium, Step, World, sheet};
use crate::declaration::handover::LINK_MINUTES;
use crate::form::Kind;
use crate::ids::CheckpointId;
use crate::phrase::Language;
use crate::place::UnitCode;

/// What is typed for another page of a list, apart from its words.
const MORE: &str = "0";

pub(super) struct Talk<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) state: State,
    pub(super) effect: Effect,
    pub(super) ended: bool,
    /// A declaration was begun not too long ago.
    resumable: bool,
    /// What was asked before this step.
    before: At,
    /// A declaration was begun or dropped in this step.
    anew: bool,
}

impl<'a> Talk<'a> {
    pub(super) fn new(world: &'a World<'a>, state: &State) -> Self {
        let mut state = state.clone();
        state.passes.retain(|p| p.expires_at > world.now);
        if state.language.is_none() {
            state.language = world.profile.and_then(|p| p.language);
        }
        let since = world.now.plus_minutes(-world.limits.resume_hours * 60);
        let resumable = state.touched_at.is_some_and(|at| at > since);
        Self {
            world,
            before: state.at.clone(),
            anew: false,
            state,
            effect: Effect::None,
            ended: false,
            resumable,
        }
    }

    pub(super) fn hear(mut self, input: &Input) -> Step {
        let world = self.world;
        let heard = matches!(
            input,
            Input::Begin(_) | Input::Text(_) | Input::Pressed(_) | Input::Number(..)
        );
        if heard && !self.state.traffic.hears(world.limits, world.now) {
            return self.done(None);
        }
        let say = match input {
            Input::Begin(dialled) => self.begin(dialled),
            Input::Text(text) => self.text(text),
            Input::Pressed(token) => self.pressed(token),
            Input::Followed => Some(self.welcome()),
            Input::Number(phone, vouched) => self.number(phone, *vouched),
            Input::CodeSent(phone, code) => Some(self.code_sent(phone, code)),
            Input::CodeRefused(why) => Some(self.beside(why)),
            Input::Refused(errors) => self.refused(errors),
            Input::Mismatch(fields) => Some(self.mismatch(fields)),
            Input::TooMany => Some(self.closed("talk-too-many-mismatches")),
            Input::Failed => Some(self.failed()),
            Input::Declared(outcome) => Some(self.declared(outcome)),
        };
        if say.is_none() && world.medium == Medium::Ussd && matches!(self.effect, Effect::None) {
            // A dialogue cannot be silent: what there is to do is a truer answer than none.
            let say = self.start_or_resume("");
            return self.done(say);
        }
        self.done(say)
    }

    fn done(mut self, mut say: Option<Say>) -> Step {
        let same = !self.anew && self.state.at.asks_the_same(&self.before);
        if !same || self.state.asked == 0 {
            self.state.asked = self.state.asked.wrapping_add(1).max(1);
        }
        if let Some(words) = &say
            && self.world.medium != Medium::Ussd
            && !self
                .state
                .traffic
                .says(fingerprint(words), self.world.limits, self.world.now)
        {
            say = None;
            // A new link ends the one before, which is all that the chat has.
            if matches!(self.effect, Effect::HandOver(_)) {
                self.effect = Effect::None;
            }
        }
        if matches!(self.effect, Effect::HandOver(_)) {
            self.state.link_until = Some(self.world.now.plus_minutes(LINK_MINUTES));
        }
        Step {
            state: self.state,
            say,
            ended: self.ended,
            effect: self.effect,
        }
    }

    fn text(&mut self, typed: &str) -> Option<Say> {
        let typed = keyword::plain(typed, self.world.limits.text_chars);
        let live = self.is_live();
        let slash = match self.world.medium {
            Medium::Chat => keyword::slash(&typed),
            Medium::Sms | Medium::Ussd => None,
        };
        let command = slash.or_else(|| {
            if live && self.asks_words() {
                keyword::among_words(&typed)
            } else {
                keyword::command(&typed)
            }
        });
        if command.is_some() || live {
            self.touch();
        }
        match command {
            Some(command) => self.command(command),
            None if live => self.answer(&typed),
            None => self.unasked(&typed),
        }
    }

    fn command(&mut self, command: Command) -> Option<Say> {
        match command {
            Command::Start(rest) => self.start_or_resume(&rest),
            Command::Cancel if matches!(self.state.at, At::Number | At::Code) => {
                self.state.proving = None;
                Some(self.beside("chat-number-left"))
            }
            Command::Cancel => {
                self.reset();
                Some(self.closed("talk-cancelled"))
            }
            Command::Back => self.back(),
            Command::Help => Some(self.help()),
            Command::Language(language) => self.speak(language),
            Command::Pass(number) => Some(self.pass_again(number)),
            Command::Forget => {
                self.reset();
                (self.state.pending, self.state.told) = (None, false);
                self.effect = Effect::Forget;
                if self.world.medium == Medium::Chat {
                    (self.state.proving, self.state.passes) = (None, Vec::new());
                }
                Some(self.closed("talk-forgotten"))
            }
            Command::Agree => self.agree(),
            Command::Menu(rest) if self.is_post_text(&rest) => self.start_or_resume(&rest),
            Command::Menu(_) => Some(self.welcome()),
            Command::Languages => Some(self.languages()),
            Command::Looks => Some(self.looks()),
            Command::Number(rest) => self.give_number(&rest),
            Command::Notices(on) => Some(self.notices(on)),
        }
    }

    fn help(&mut self) -> Say {
        // The question stays open: what was typed so far is not lost.
        self.ended = self.state.at == At::Idle;
        match (&self.state.at, self.world.medium) {
            (At::Ask(field), Medium::Ussd) => {
                let mut say = self.prompt(&field.clone());
                say.lead = Some(Line::key("talk-help-short"));
                say
            }
            (At::Idle, _) | (_, Medium::Sms | Medium::Chat) => Say::key("talk-help"),
            (_, Medium::Ussd) => {
                let mut say = self.current().unwrap_or_default();
                say.lead = Some(Line::key("talk-help-short"));
                say
            }
        }
    }

    fn speak(&mut self, language: Language) -> Option<Say> {
        self.state.language = Some(language);
        if let Some(profile) = self.world.profile {
            self.effect = Effect::Keep(Profile {
                language: Some(language),
                ..profile.clone()
            });
        }
        match self.current() {
            Some(say) => Some(say),
            None if self.world.medium == Medium::Ussd => self.start(""),
            None => Some(self.closed("talk-language")),
        }
    }

    /// Asks what is missing, or declares.
    pub(super) fn proceed(&mut self) -> Option<Say> {
        if let Some(field) = ask::next(self.world, &self.state.draft) {
            return Some(self.ask(field));
        }
        let raw = sheet::raw_form(self.world, &self.state.draft);
        if !self.world.is_private {
            return Some(self.hand_over(raw));
        }
        self.state.at = At::Idle;
        self.effect = Effect::Declare(raw);
        None
    }

    pub(super) fn ask(&mut self, field: Field) -> Say {
        self.state.page = 0;
        self.state.picked.clear();
        let say = self.prompt(&field);
        self.state.at = At::Ask(field);
        say
    }

    /// The prompt of a field; the first one says what answering means.
    fn prompt(&mut self, field: &Field) -> Say {
        let first = self.world.profile.is_none()
            && match field {
                Field::Document => true,
                Field::Origin => !self.world.is_private && self.state.trail.is_empty(),
                _ => false,
            };
        let mut say = ask::prompt(self.world, field);
        if first {
            // What a page asks is consented to there.
            self.state.told = self.world.is_private;
            let welcome = if self.world.is_private {
                "talk-welcome"
            } else {
                "chat-journey"
            };
            say.body.insert(0, Line::Province(welcome.into()));
        }
        say.picked = self.state.picked.iter().copied().collect();
        say.has_back = !self.state.trail.is_empty();
        say.page = self.state.page;
        say
    }

    fn which(&mut self, units: Vec<UnitCode>) -> Say {
        let say = place_list(&units, 0);
        self.state.at = At::Which(units, 0);
        say
    }

    /// What is asked at present, in the present language.
    fn current(&mut self) -> Option<Say> {
        match self.state.at.clone() {
            At::Idle => None,
            At::Ask(field) => Some(self.prompt(&field)),
            At::Which(units, page) => Some(place_list(&units, page)),
            At::Resume => Some(Say::key("talk-resume")),
            At::Summary(person) => self.summary(person),
            At::Persons(page) => Some(self.household(page)),
            At::Web => Some(self.page_waits()),
            At::Number => Some(self.number_wanted()),
            At::Code => Some(code_wanted("chat-code-sent")),
        }
    }

    fn back(&mut self) -> Option<Say> {
        match self.state.trail.pop() {
            Some(field) => {
                answer::clear(&mut self.state.draft, &field);
                Some(self.ask(field))
            }
            None if self.state.at == At::Idle => None,
            None => self.start(""),
        }
    }

    fn agree(&mut self) -> Option<Say> {
        let Some(person) = self.state.pending.take() else {
            return self.current();
        };
        self.state.told = true;
        self.effect = Effect::Keep(self.profile_with(person));
        Some(self.closed("talk-kept"))
    }

    pub(super) fn profile_with(&self, person: Person) -> Profile {
        let mut profile = self.world.profile.cloned().unwrap_or_default();
        profile.language = self.state.language.or(profile.language);
        profile.keep(person, self.world.limits.persons.min(8));
        profile
    }

    /// Says something last.
    pub(super) fn closed(&mut self, key: &str) -> Say {
        self.state.at = At::Idle;
        self.ended = true;
        Say::key(key)
    }

    /// Forgets the declaration being made.
    pub(super) fn reset(&mut self) {
        self.state.draft = Draft::default();
        self.state.trail.clear();
        self.state.at = At::Idle;
        self.state.step = 0;
        self.anew = true;
    }

    pub(super) fn touch(&mut self) {
        self.state.touched_at = Some(self.world.now);
    }

    /// A list of options is turned over by `0`; elsewhere `0` is an answer.
    fn has_pages(&self, field: &Field) -> bool {
        let Field::Item(id) = field else { return false };
        let item = self.world.form.item(*id);
        item.is_some_and(|item| item.kind == Kind::Choice)
    }

    /// Whether names, places or words of one's own answer what is asked.
    fn asks_words(&self) -> bool {
        match &self.state.at {
            At::Which(..) | At::Ask(Field::Name | Field::Origin) => true,
            At::Ask(Field::Item(id)) => {
                let item = self.world.form.item(*id);
                item.is_some_and(|item| item.kind == Kind::Text)
            }
            _ => false,
        }
    }

    fn is_post(&self, post: i64) -> bool {
        let posts = self.world.checkpoints;
        posts.iter().any(|c| c.id == CheckpointId(post))
    }

    fn persons(&self) -> usize {
        self.world.profile.map_or(0, |p| p.persons.len())
    }

    fn person(&self, at: usize) -> Option<&'a Person> {
        self.world.profile?.persons.get(at)
    }
}

fn place_list(units: &[UnitCode], page: usize) -> Say {
    let mut say = Say::key("talk-which-place").choices(units.iter().map(|u| Line::Place(*u)));
    say.page = page;
    say.has_back = true;
    say
}

/// What words are recognised by, without keeping them.
fn fingerprint(say: &Say) -> u64 {
    let bytes = serde_json::to_vec(say).unwrap_or_default();
    let digest = Sha256::digest(&bytes);
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
