//! A message in a chat: words, and buttons for what can be chosen.

use super::{Line, Say, Voice};
use crate::declaration::conversation::keyword;
use crate::message::{Button, ChatFits, ChatText, Does};
use crate::phrase::{self, Language};

/// What surrounds a message in a chat.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// What the provider takes.
    pub fits: &'a ChatFits,
    /// The step that its buttons belong to.
    pub asked: u32,
    /// The address of the page that it opens, if there is one.
    pub link: Option<&'a str>,
}

/// What the words of a question offer to type, as choices; in their place stand buttons.
const OFFERS: [(&str, &[(&str, &str)]); 10] = [
    ("talk-yes-no", &[("1", "chat-yes"), ("0", "chat-no")]),
    ("talk-number-skip", &[("bo", "talk-skip")]),
    ("talk-day-skip", &[("0", "talk-skip")]),
    (
        "talk-summary-choices",
        &[
            ("1", "chat-as-before"),
            ("2", "chat-anew"),
            ("9", "chat-other"),
        ],
    ),
    ("talk-household-other", &[("9", "chat-other")]),
    ("talk-resume", &[("1", "chat-continue"), ("2", "chat-anew")]),
    (
        "talk-gender",
        &[
            ("1", "chat-male"),
            ("2", "chat-female"),
            ("3", "chat-gender-other"),
        ],
    ),
    ("talk-plate", &[("0", "chat-no-vehicle")]),
    ("talk-test", &[("0", "chat-not-tested")]),
    ("talk-agree", &[("DY", "chat-agree")]),
];
const GROUP: &str = "talk-group";

/// What can be typed, and its words.
type Choice = (String, String);

impl Voice<'_> {
    /// The message as the provider takes it, without a picture.
    pub fn chat(&self, say: &Say, frame: &Frame<'_>) -> ChatText {
        let fits = &fitting(say, frame.fits);
        let frame = &Frame { fits, ..*frame };
        let ticks = self.ticks(say, fits);
        let choices = ticks.clone().unwrap_or_else(|| self.choices(say));
        let listed = ticks.is_none() && lists(&choices, say, fits);
        let others = self.others(say);
        let mut lines = vec![self.body(say, ticks.is_some())];
        let in_text = choices.iter().filter(|_| listed).chain(&others);
        lines.extend(in_text.map(|(typed, words)| format!("{typed} – {words}")));
        let shown = if listed && !say.choices.is_empty() && has_key(say.tail.as_ref(), GROUP) {
            self.offers(say)
        } else {
            paged(&choices, say.page, fits.buttons, || self.word("chat-more"))
        };
        let number = listed && shown.len() > 1;
        let mut buttons = buttons(&shown, frame, number);
        let opens = usize::from(frame.link.is_some());
        let room = fits.buttons.saturating_sub(buttons.len() + opens);
        let others = others.get(..room.min(others.len())).unwrap_or_default();
        buttons.extend(self::buttons(others, frame, false));
        if let Some(link) = frame.link {
            if buttons.len() < fits.buttons {
                let open = Button {
                    label: label(&self.word("chat-open"), fits.label),
                    does: Does::Open(link.to_owned()),
                };
                buttons.insert(0, open);
            } else {
                lines.push(link.to_owned());
            }
        }
        let longest = match say.pass {
            Some(_) => fits.caption,
            None => fits.text,
        };
        ChatText {
            text: cut(&lines.join("\n"), longest),
            buttons,
            asks_number: say.asks_number,
            ..ChatText::default()
        }
    }

    fn word(&self, key: &str) -> String {
        self.line(&Line::key(key))
    }

    /// Lead, words and tail; without what the buttons say anyway.
    fn body(&self, say: &Say, ticks: bool) -> String {
        let body: Vec<String> = say.body.iter().map(|line| self.line(line)).collect();
        let tick = ticks.then(|| Line::key("chat-tick"));
        let tail = say.tail.as_ref().filter(|tail| !is_offer(tail));
        let tail = tick.as_ref().or(tail);
        let note = say.note.as_ref().filter(|note| !is_offer(note));
        let lines = [
            say.lead.as_ref().map(|line| self.line(line)),
            Some(body.join(" ")),
            tail.map(|line| self.line(line)),
            note.map(|line| self.line(line)),
        ];
        let lines: Vec<String> = lines
            .into_iter()
            .flatten()
            .filter(|l| !l.is_empty())
            .collect();
        lines.join("\n")
    }

    fn choices(&self, say: &Say) -> Vec<Choice> {
        let own = say
            .choices
            .iter()
            .map(|c| (c.typed.clone(), self.brief(&c.line)));
        own.chain(self.offers(say)).collect()
    }

    /// Other passes, each by its keyword. They stand in the text too: not every provider has
    /// buttons beside a picture.
    fn others(&self, say: &Say) -> Vec<Choice> {
        let word = match self.language {
            Language::Vi => "/the",
            Language::En => "/pass",
        };
        let other = |(number, holder): &(usize, String)| {
            let values = vec![("holder".to_owned(), holder.clone())];
            let words = self.line(&Line::Key("chat-pass-of".to_owned(), values));
            (format!("{word}{number}"), words)
        };
        say.others.iter().map(other).collect()
    }

    /// The words of a choice: a question that stands among others is short.
    fn brief(&self, line: &Line) -> String {
        match line {
            Line::Form(code) => {
                phrase::short_form_text(self.rules, &self.province.id, self.language, *code)
            }
            line => self.line(line),
        }
    }

    fn offers(&self, say: &Say) -> Vec<Choice> {
        let keys = say.body.iter().chain(&say.tail).chain(&say.note);
        let keys = keys.filter_map(|line| match line {
            Line::Key(key, _) => Some(key.as_str()),
            _ => None,
        });
        let mut offers: Vec<Choice> = Vec::new();
        for key in keys {
            let offered = OFFERS.iter().filter(|(of, _)| *of == key);
            for (typed, word) in offered.flat_map(|(_, offers)| offers.iter()) {
                offers.push(((*typed).to_owned(), self.word(word)));
            }
            if key == GROUP {
                offers.push(("0".to_owned(), self.word("chat-none")));
            }
        }
        offers
    }

    /// A group to tick, where a message can change under the finger.
    fn ticks(&self, say: &Say, fits: &ChatFits) -> Option<Vec<Choice>> {
        let is_group = has_key(say.tail.as_ref(), GROUP) && !say.choices.is_empty();
        if !is_group || !fits.replaces || say.choices.len() + 2 > fits.buttons {
            return None;
        }
        let tick = |(at, choice): (usize, &super::Choice)| {
            let sign = if say.picked.contains(&(at + 1)) {
                "☑"
            } else {
                "☐"
            };
            (
                format!("t{}", choice.typed),
                format!("{sign} {}", self.brief(&choice.line)),
            )
        };
        let mut ticks: Vec<Choice> = say.choices.iter().enumerate().map(tick).collect();
        ticks.push(if say.picked.is_empty() {
            ("0".to_owned(), self.word("chat-none"))
        } else {
            ("ok".to_owned(), self.word("chat-done"))
        });
        Some(ticks)
    }
}

/// What the provider takes of this message: beside the picture of a pass there may be no buttons.
fn fitting(say: &Say, fits: &ChatFits) -> ChatFits {
    let has_none = say.pass.is_some() && !fits.beside_picture;
    ChatFits {
        buttons: if has_none { 0 } else { fits.buttons },
        ..*fits
    }
}

/// Whether choices stand in the text: where there are no buttons, too few, or too narrow ones.
fn lists(choices: &[Choice], say: &Say, fits: &ChatFits) -> bool {
    if choices.is_empty() {
        return false;
    }
    let narrow = choices
        .iter()
        .any(|(_, words)| words.chars().count() > fits.label);
    let group = has_key(say.tail.as_ref(), GROUP) && !say.choices.is_empty();
    fits.buttons == 0 || narrow || group
}

/// A button for each choice, with its number or its words; none where there are no buttons.
fn buttons(choices: &[Choice], frame: &Frame<'_>, number: bool) -> Vec<Button> {
    let button = |(typed, words): &Choice| Button {
        label: label(if number { typed } else { words }, frame.fits.label),
        does: Does::Say(token(frame.asked, typed)),
    };
    let has_some = frame.fits.buttons > 0;
    choices.iter().filter(|_| has_some).map(button).collect()
}

/// One page of choices, as many as there are buttons; `0` turns it.
fn paged(
    choices: &[Choice],
    page: usize,
    buttons: usize,
    more: impl Fn() -> String,
) -> Vec<Choice> {
    if choices.len() <= buttons || buttons < 2 {
        return choices.to_vec();
    }
    let pages = choices.chunks(buttons - 1);
    let page = page % pages.len().max(1);
    let mut shown = choices
        .chunks(buttons - 1)
        .nth(page)
        .unwrap_or_default()
        .to_vec();
    shown.push(("0".to_owned(), more()));
    shown
}

/// A keyword is good at any time; an answer only for its question.
fn token(asked: u32, typed: &str) -> String {
    let always = keyword::slash(typed).is_some() || keyword::command(typed).is_some();
    format!("{}:{typed}", if always { 0 } else { asked })
}

fn is_offer(line: &Line) -> bool {
    let is = |key: &str| key == GROUP || OFFERS.iter().any(|(of, _)| *of == key);
    matches!(line, Line::Key(key, _) if is(key) && !keeps_words(key))
}

/// Sentences that ask something beside what they offer.
fn keeps_words(key: &str) -> bool {
    matches!(key, "talk-test" | GROUP)
}

fn has_key(line: Option<&Line>, of: &str) -> bool {
    matches!(line, Some(Line::Key(key, _)) if key == of)
}

fn label(words: &str, longest: usize) -> String {
    if words.chars().count() <= longest {
        return words.to_owned();
    }
    let short = words.chars().take(longest.saturating_sub(1));
    short.chain(['…']).collect()
}

/// Cut to so many UTF-16 units; a last resort.
fn cut(text: &str, longest: usize) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= longest
    };
    text.chars().take_while(fits).collect()
}
