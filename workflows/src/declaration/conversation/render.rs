//! Words for one medium: unaccented Vietnamese or English, one SMS part or one USSD screen; in a
//! chat Vietnamese as it is written, with buttons.

mod chat;

pub use chat::Frame;

use serde::{Deserialize, Serialize};

use super::say::{Choice, Line, Say};
use crate::phrase::{self, Language, Values};
use crate::place::{Epoch, Province, UnitCode};
use crate::rules::Rules;
use crate::text::{self, gsm};
use crate::units::{Unit, Units};

/// Septets of one SMS part (3GPP TS 23.038), and what a USSD prompt may take without its footer.
pub const TEXT_SEPTETS: usize = 160;
/// Septets of one USSD screen: 160 octets.
pub const SCREEN_SEPTETS: usize = 182;

/// What carries the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Medium {
    /// One message for one message.
    Sms,
    /// A screen in the same turn.
    Ussd,
    /// A message in a chat, with buttons.
    Chat,
}

/// Who speaks: gives a [`Say`] its words.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// Whose sentences the plugin holds.
    pub rules: &'a dyn Rules,
    /// The province.
    pub province: &'a Province,
    /// The language.
    pub language: Language,
    /// What carries the words.
    pub medium: Medium,
}

impl Voice<'_> {
    /// The text of a message: always one part or one screen.
    pub fn render(&self, say: &Say) -> String {
        let mut text = self.with_others(self.prompt(say), &say.others);
        if let Some(note) = &say.note {
            let note = self.line(note);
            if septets(&text) + septets(&note) < self.longest() {
                text = format!("{text} {note}");
            }
        }
        if self.medium == Medium::Ussd && say.has_back {
            let footer = format!("\n{}", self.line(&Line::key("talk-back")));
            if septets(&text) + septets(&footer) <= SCREEN_SEPTETS {
                text.push_str(&footer);
            }
        }
        cut(&text, self.longest())
    }

    /// Septets that the question takes with nothing before or behind it; a prompt that takes
    /// more than [`TEXT_SEPTETS`] cannot be asked whole. For the lint.
    pub fn length(&self, say: &Say) -> usize {
        let bare = Say {
            lead: None,
            ..say.clone()
        };
        septets(&self.naming(&self.prompt(&bare), &say.others, 0))
    }

    /// Names as many of the other passes as fit, and of the rest the numbers.
    fn with_others(&self, text: String, others: &[(usize, String)]) -> String {
        (0..=others.len())
            .rev()
            .map(|named| self.naming(&text, others, named))
            .find(|text| septets(text) <= self.longest())
            .unwrap_or(text)
    }

    fn naming(&self, text: &str, others: &[(usize, String)], named: usize) -> String {
        let (named, rest) = others.split_at_checked(named).unwrap_or((others, &[]));
        let other = |(number, holder): &(usize, String)| {
            let values = vec![
                ("number".to_owned(), number.to_string()),
                ("holder".to_owned(), holder.clone()),
            ];
            self.line(&Line::Key("talk-pass-other".to_owned(), values))
        };
        let numbers = match (rest.first(), rest.last()) {
            (Some((from, _)), Some((to, _))) if from == to => Some(from.to_string()),
            (Some((from, _)), Some((to, _))) => Some(format!("{from}-{to}")),
            _ => None,
        };
        let rest = numbers.map(|numbers| {
            let values = vec![("numbers".to_owned(), numbers)];
            self.line(&Line::Key("talk-pass-rest".to_owned(), values))
        });
        let lines = named.iter().map(other).chain(rest);
        let lines: Vec<String> = std::iter::once(text.to_owned()).chain(lines).collect();
        lines.join(self.gap())
    }

    /// What parts choices.
    fn gap(&self) -> &'static str {
        match self.medium {
            Medium::Sms => " ",
            Medium::Ussd | Medium::Chat => "\n",
        }
    }

    fn longest(&self) -> usize {
        match self.medium {
            Medium::Sms => TEXT_SEPTETS,
            Medium::Ussd => SCREEN_SEPTETS,
            Medium::Chat => usize::MAX,
        }
    }

    /// Lead, body, one page of choices and tail. The lead gives way first.
    fn prompt(&self, say: &Say) -> String {
        let asked = self.asked(say);
        let Some(lead) = &say.lead else { return asked };
        [self.line(lead), self.line(&Line::key("talk-again"))]
            .iter()
            .map(|lead| format!("{lead} {asked}"))
            .find(|text| septets(text) <= TEXT_SEPTETS)
            .unwrap_or(asked)
    }

    /// Body, one page of choices and tail. Of a place so much is said as leaves room for the rest:
    /// what is chosen and sworn stands in it.
    fn asked(&self, say: &Say) -> String {
        let whole = self.paged(say);
        if septets(&whole) <= TEXT_SEPTETS {
            return whole;
        }
        [Unit::full_name, |unit: &Unit| unit.province.to_owned()]
            .into_iter()
            .map(|name| self.paged(&shortened(say, name)))
            .find(|text| septets(text) <= TEXT_SEPTETS)
            .unwrap_or(whole)
    }

    fn paged(&self, say: &Say) -> String {
        let body: Vec<String> = say.body.iter().map(|line| self.line(line)).collect();
        let body = body.join(" ");
        let tail = say.tail.as_ref().map(|line| self.line(line));
        let whole = self.join(&body, &say.choices, tail.as_deref());
        if septets(&whole) <= TEXT_SEPTETS || say.choices.len() < 2 {
            return whole;
        }
        let more = self.line(&Line::key("talk-more"));
        let tail = tail.map_or_else(|| more.clone(), |tail| format!("{tail} {more}"));
        let pages = self.pages(&body, &say.choices, &tail);
        let page = say.page.checked_rem(pages.len()).unwrap_or(0);
        let choices = pages.get(page).copied().unwrap_or_default();
        self.join(&body, choices, Some(&tail))
    }

    /// As many choices on each page as fit.
    fn pages<'c>(&self, body: &str, choices: &'c [Choice], tail: &str) -> Vec<&'c [Choice]> {
        let mut pages = Vec::new();
        let mut rest = choices;
        while !rest.is_empty() {
            let fits = |count: &usize| {
                let page = rest.get(..*count).unwrap_or_default();
                septets(&self.join(body, page, Some(tail))) <= TEXT_SEPTETS
            };
            let count = (1..=rest.len()).rev().find(fits).unwrap_or(1);
            let (page, more) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            pages.push(page);
            rest = more;
        }
        pages
    }

    fn join(&self, body: &str, choices: &[Choice], tail: Option<&str>) -> String {
        let sign = match self.medium {
            Medium::Sms => "=",
            Medium::Ussd | Medium::Chat => " ",
        };
        let choices = choices
            .iter()
            .map(|c| format!("{}{sign}{}", c.typed, self.line(&c.line)));
        let lines: Vec<String> = std::iter::once(body.to_owned())
            .chain(choices)
            .chain(tail.map(str::to_owned))
            .filter(|line| !line.is_empty())
            .collect();
        lines.join(self.gap())
    }

    fn line(&self, line: &Line) -> String {
        let language = self.language;
        let words = match line {
            Line::Key(key, values) => {
                let values: Values = values
                    .iter()
                    .map(|(name, value)| (name.clone().into(), value.clone().into()))
                    .collect();
                match self.medium {
                    Medium::Chat => phrase::chat_with(language, key, &values),
                    Medium::Sms | Medium::Ussd => phrase::short_with(language, key, &values),
                }
            }
            Line::Province(key) => {
                let name = match language {
                    Language::Vi => self.province.name_vi.clone(),
                    Language::En => self.province.name_en.clone(),
                };
                let values = Values::from([("province".into(), name.into())]);
                match self.medium {
                    Medium::Chat => phrase::chat_with(language, key, &values),
                    Medium::Sms | Medium::Ussd => phrase::text_with(language, key, &values),
                }
            }
            Line::Form(code) if self.medium == Medium::Chat => {
                phrase::form_text(self.rules, &self.province.id, language, *code)
            }
            Line::Form(code) => {
                phrase::short_form_text(self.rules, &self.province.id, language, *code)
            }
            Line::Reason(reason) => {
                phrase::reason_text(self.rules, &self.province.id, language, reason)
            }
            Line::Place(unit) => place(*unit, language),
            Line::Plain(text) => text.clone(),
        };
        match self.medium {
            Medium::Chat => words,
            Medium::Sms | Medium::Ussd => plain(&words),
        }
    }
}

/// With less of the places in its body.
fn shortened(say: &Say, name: impl Fn(&Unit) -> String) -> Say {
    let short = |line: &Line| match line {
        Line::Place(code) => match Units::embedded().unit(*code) {
            Some(unit) => Line::Plain(name(unit)),
            None => line.clone(),
        },
        line => line.clone(),
    };
    Say {
        body: say.body.iter().map(short).collect(),
        ..say.clone()
    }
}

/// `Phuong Ba Dinh, Ha Noi`; of the old map with a word.
fn place(code: UnitCode, language: Language) -> String {
    let Some(unit) = Units::embedded().unit(code) else {
        return String::new();
    };
    let old = match (code.epoch, language) {
        (Epoch::Since2025, _) => "",
        (Epoch::Before2025, Language::Vi) => " (cũ)",
        (Epoch::Before2025, Language::En) => " (old)",
    };
    format!("{}{old}", unit.path())
}

/// Only what every phone and every operator takes: the GSM alphabet without its extensions and
/// without the signs that Vietnamese operators refuse (DOMAIN.md §5.6).
fn plain(text: &str) -> String {
    text::plain(text)
        .chars()
        .filter_map(|c| match c {
            '[' | '{' | '<' => Some('('),
            ']' | '}' | '>' => Some(')'),
            '&' => Some('+'),
            '#' | '%' | '\\' | '@' | '^' | '~' | '|' | '€' => None,
            c => Some(c),
        })
        .collect()
}

/// Septets of a text that [`plain`] made.
fn septets(text: &str) -> usize {
    gsm::septets(text).unwrap_or(usize::MAX)
}

/// The last resort: never a second part, never a refused screen.
fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}
