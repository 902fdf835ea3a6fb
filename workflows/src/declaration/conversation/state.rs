//! What is kept between two messages. The driver seals all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ask::Field;
use super::turn::Dialogue;
use super::{Limits, Medium};
use crate::clock::{Day, Moment};
use crate::declaration::raw::RawForm;
use crate::declaration::submission::parse_unit;
use crate::form::{QuestionId, national};
use crate::person::{Birth, Document, Phone};
use crate::phrase::Language;
use crate::place::UnitCode;
use crate::rules::Gender;
use crate::verdict::Level;

/// The state of one address on one channel.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The language chosen, if one was.
    pub language: Option<Language>,
    /// Answers taken in this conversation.
    pub step: u32,
    /// Passes declared here that may still hold, the newest first.
    pub passes: Vec<HeldPass>,
    pub(super) at: At,
    /// Which page of a question's options is shown.
    pub(super) page: usize,
    pub(super) draft: Draft,
    /// Fields answered, in order: the way back.
    pub(super) trail: Vec<Field>,
    /// When the last message was taken.
    pub(super) touched_at: Option<Moment>,
    /// The sender saw that answering is consent.
    pub(super) told: bool,
    /// Who declared without having been told; kept if they agree.
    pub(super) pending: Option<Person>,
    pub(super) traffic: Traffic,
    pub(super) dialogue: Option<Dialogue>,
    /// Rises with every other question, so that a button of before is known as stale.
    pub(super) asked: u32,
    /// Which options of the group that is asked are ticked, from 1.
    pub(super) picked: BTreeSet<usize>,
    /// Until when the link to a page can be opened.
    pub(super) link_until: Option<Moment>,
    /// The number that a one-time code was sent to.
    pub(super) proving: Option<Proving>,
}

/// A number to be proven by the code that was sent to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proving {
    pub(super) phone: Phone,
    pub(super) code: String,
    pub(super) until: Moment,
    pub(super) tries: u32,
}

/// What an answer would answer.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum At {
    /// Nothing.
    #[default]
    Idle,
    /// A field of the form.
    Ask(Field),
    /// Which of these places.
    Which(Vec<UnitCode>, usize),
    /// Continue or start over.
    Resume,
    /// As before, changed, or somebody else.
    Summary(usize),
    /// Which person of the household.
    Persons(usize),
    /// The rest, on the page that a link leads to.
    Web,
    /// The number of the chat.
    Number,
    /// The code that went to a number.
    Code,
}

impl At {
    /// Whether an answer would answer the same, whichever page of a list is shown.
    pub(super) fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Which(units, _), Self::Which(others, _)) => units == others,
            (Self::Persons(_), Self::Persons(_)) => true,
            _ => self == other,
        }
    }
}

/// A declaration being made.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub(super) document: Option<Document>,
    pub(super) name: Option<String>,
    pub(super) birth: Option<Birth>,
    pub(super) gender: Option<Gender>,
    pub(super) nationality: Option<String>,
    pub(super) origin: Option<UnitCode>,
    pub(super) checkpoint: Option<i64>,
    pub(super) plate: Option<String>,
    pub(super) on_foot: bool,
    pub(super) seat: Option<String>,
    pub(super) returns_on: Option<Day>,
    pub(super) answers: BTreeMap<QuestionId, Vec<String>>,
    pub(super) skipped: BTreeSet<QuestionId>,
    /// Everything was said at once: what may stay open is not asked.
    pub(super) brief: bool,
}

/// A person of a household, as kept for the next time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub(super) draft: Draft,
    pub(super) declared_at: Moment,
}

/// What a sender let us keep. Families share a phone.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The language chosen.
    pub language: Option<Language>,
    /// In the order of their numbers.
    pub persons: Vec<Person>,
}

/// A pass as it can be shown again.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldPass {
    pub(super) holder: String,
    pub(super) document: Document,
    pub(super) level: Level,
    pub(super) code: String,
    pub(super) digits: Option<String>,
    pub(super) expires_at: Moment,
    #[serde(default)]
    pub(super) link: Option<String>,
}

/// What was said and heard of late.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Traffic {
    minute: i64,
    heard: u32,
    pub(super) helped_on: Option<Day>,
    said: Vec<(u64, Moment)>,
}

impl Traffic {
    /// Counts a message; whether it is within the limit.
    pub(super) fn hears(&mut self, limits: &Limits, now: Moment) -> bool {
        let minute = now.local_minute();
        if self.minute != minute {
            (self.minute, self.heard) = (minute, 0);
        }
        self.heard = self.heard.saturating_add(1);
        self.heard <= limits.per_minute
    }

    /// Counts words that are to be said; whether they may be. Two machines that answer each
    /// other say the same for ever.
    pub(super) fn says(&mut self, words: u64, limits: &Limits, now: Moment) -> bool {
        let since = now.plus_minutes(-limits.same_minutes);
        self.said.retain(|(_, at)| *at > since);
        let same = self.said.iter().filter(|(w, _)| *w == words).count();
        if same >= limits.same_text {
            return false;
        }
        self.said.push((words, now));
        true
    }
}

impl State {
    /// The question that buttons of the message just said belong to.
    pub fn asked(&self) -> u32 {
        self.asked
    }

    /// Takes over what a page of the web was told, so that it is known next time.
    pub fn handed(&mut self, raw: &RawForm) {
        let of = &mut self.draft;
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        of.document = Document::guess(raw.one("document")).ok();
        of.name = some(raw.one("name"));
        of.birth = Birth::parse(raw.one("birth"), Day(i32::MAX)).ok();
        of.gender = match raw.one("gender") {
            "female" => Some(Gender::Female),
            "male" => Some(Gender::Male),
            "other" => Some(Gender::Other),
            _ => None,
        };
        of.nationality = some(raw.one("nationality"));
        of.origin = parse_unit(raw.one("origin_unit"));
        of.plate = some(raw.one("plate"));
        of.on_foot = raw.one("transport") == "foot";
    }
}

impl Draft {
    /// Whether anything worth continuing was said.
    pub(super) fn is_begun(&self) -> bool {
        self.document.is_some() || self.origin.is_some()
    }

    /// Who it is about, without saying more than the sender's own household understands:
    /// initials with the last three digits; in a chat, whose provider reads along, with the year
    /// of birth, as in a pass.
    pub(super) fn holder(&self, medium: Medium) -> String {
        let initials = self
            .name
            .as_deref()
            .and_then(|name| crate::person::FullName::parse(name).ok())
            .map(|name| name.initials());
        let facts = self.document.as_ref().and_then(Document::facts);
        let born = self.birth.map(Birth::year).or(facts.map(|f| f.birth_year));
        let tail = self.document.as_ref().map(|document| {
            let number = document.number();
            let from = number.len().saturating_sub(3);
            format!("..{}", number.get(from..).unwrap_or_default())
        });
        let more = match medium {
            Medium::Chat => born.map(|year| year.to_string()),
            Medium::Sms | Medium::Ussd => tail,
        };
        [initials.unwrap_or_default(), more.unwrap_or_default()].join(" ")
    }

    /// What of it is true next time too: not how somebody feels, and not when they return.
    fn lasting(&self) -> Self {
        let mut kept = self.clone();
        kept.answers.retain(|id, _| !is_health(*id));
        kept.returns_on = None;
        kept.checkpoint = None;
        kept.skipped.clear();
        kept.brief = false;
        kept
    }
}

impl HeldPass {
    /// When it ends.
    pub fn expires_at(&self) -> Moment {
        self.expires_at
    }

    /// Address part of its page.
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}

/// Symptoms and exposures, which are stated anew each time.
pub(super) fn is_health(id: QuestionId) -> bool {
    national::SYMPTOMS.contains(&id)
        || matches!(
            id,
            national::MET_PATIENT | national::MET_SYMPTOMS | national::WAS_IN_AREA
        )
}

impl Person {
    /// What is true next time too.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// When it was last declared.
    pub fn declared_at(&self) -> Moment {
        self.declared_at
    }

    /// The document, in the form that a blind index is made of.
    pub fn index_key(&self) -> Option<String> {
        let document = self.draft.document.as_ref();
        document.map(crate::person::Document::index_key)
    }

    pub(super) fn of(draft: &Draft, now: Moment) -> Self {
        Self {
            draft: draft.lasting(),
            declared_at: now,
        }
    }

    pub(super) fn holder(&self, medium: Medium) -> String {
        self.draft.holder(medium)
    }
}

impl Profile {
    /// Keeps a person under their number; a full household loses whom it has not declared for
    /// the longest time.
    pub(super) fn keep(&mut self, person: Person, most: usize) {
        let same = |p: &Person| p.draft.document == person.draft.document;
        if let Some(known) = self.persons.iter_mut().find(|p| same(p)) {
            *known = person;
        } else if self.persons.len() < most {
            self.persons.push(person);
        } else if let Some(oldest) = self.persons.iter_mut().min_by_key(|p| p.declared_at) {
            *oldest = person;
        }
    }
}

macro_rules! silent {
    ($($name:ident),+) => {$(
        /// Shows nothing of what it holds, so that it may stand in a log.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

silent!(State, Draft, Person, Profile, HeldPass);
