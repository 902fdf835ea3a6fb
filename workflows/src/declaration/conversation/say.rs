//! What is said, before it has a language and a medium.

use serde::{Deserialize, Serialize};

use crate::form::TextCode;
use crate::place::UnitCode;
use crate::verdict::Reason;

/// One message. It is a question unless the step has ended.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// What went wrong with the answer before; shortened where it does not fit.
    pub lead: Option<Line>,
    /// The words.
    pub body: Vec<Line>,
    /// What can be chosen. They are paged where they do not fit.
    pub choices: Vec<Choice>,
    /// Words behind the choices.
    pub tail: Option<Line>,
    /// A word more, said only where there is room for it.
    pub note: Option<Line>,
    /// Which page of the choices; counted on without end.
    pub page: usize,
    /// Whether the way back is worth a word.
    pub has_back: bool,
    /// The pass whose picture goes with it: address part of its page. For chats, as all below.
    pub pass: Option<String>,
    /// The page that can be opened from it.
    pub opens: Option<Opens>,
    /// Whether it asks for the account's number.
    pub asks_number: bool,
    /// Whether it may stand in the place of the message whose button was pressed.
    pub replaces: bool,
    /// Which choices are ticked, from 1.
    pub picked: Vec<usize>,
    /// Other passes that may be asked for: number and holder. They answer nothing, so that they
    /// may stand beside any question.
    pub others: Vec<(usize, String)>,
}

/// A page of the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opens {
    /// The page that takes what is private, once.
    Handover,
    /// The page of the pass with this address part.
    Pass(String),
}

/// One choice and what to type for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its number.
    pub typed: String,
    /// Its words.
    pub line: Line,
}

/// Words that a language is still to give.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// A sentence of the locales with its values.
    Key(String, Vec<(String, String)>),
    /// A sentence of the locales that names the province.
    Province(String),
    /// Words of the form, in their short form.
    Form(TextCode),
    /// A sentence of the province's rules.
    Reason(Reason),
    /// A place.
    Place(UnitCode),
    /// As it stands.
    Plain(String),
}

impl Line {
    /// A sentence of the locales.
    pub fn key(key: impl Into<String>) -> Self {
        Self::Key(key.into(), Vec::new())
    }
}

impl Say {
    /// What a screen shows to whom nothing is said: a dialogue cannot be silent.
    pub fn silent() -> Self {
        Self::key("talk-later")
    }

    /// What a group is told: this is for one person alone.
    pub fn in_group() -> Self {
        Self::key("chat-group")
    }

    /// What is said in place of a pass that no longer holds; its page says why.
    pub fn no_longer(pass: &Self) -> Self {
        Self {
            opens: pass.opens.clone(),
            others: pass.others.clone(),
            ..Self::key("chat-pass-no-longer")
        }
    }

    /// One sentence.
    pub(super) fn key(key: &str) -> Self {
        Self::line(Line::key(key))
    }

    /// One sentence with a choice for each of these keywords.
    pub(super) fn menu(mut self, keywords: &[(&str, &str)]) -> Self {
        let choice = |(typed, key): &(&str, &str)| Choice {
            typed: (*typed).to_owned(),
            line: Line::key(*key),
        };
        self.choices.extend(keywords.iter().map(choice));
        self
    }

    pub(super) fn line(line: Line) -> Self {
        Self {
            body: vec![line],
            ..Self::default()
        }
    }

    pub(super) fn and(mut self, line: Line) -> Self {
        self.body.push(line);
        self
    }

    pub(super) fn tail(mut self, key: &str) -> Self {
        self.tail = Some(Line::key(key));
        self
    }

    /// Adds choices numbered from 1.
    pub(super) fn choices(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        let from = self.choices.len() + 1;
        let choice = |(at, line): (usize, Line)| Choice {
            typed: (from + at).to_string(),
            line,
        };
        self.choices
            .extend(lines.into_iter().enumerate().map(choice));
        self
    }
}
