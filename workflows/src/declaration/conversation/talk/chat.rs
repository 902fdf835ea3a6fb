//! What a conversation has in a chat beside questions: the menu, buttons that may be stale, the
//! page that takes what is private, and the chat's number, tied to it by proof only.

use super::super::ask::Field;
use super::super::say::{Line, Opens, Say};
use super::super::state::{At, Proving};
use super::super::{Effect, Medium};
use super::Talk;
use crate::clock::Moment;
use crate::declaration::handover::PAGE_MINUTES;
use crate::declaration::raw::RawForm;
use crate::form::Kind;
use crate::person::Phone;

/// What a menu offers: a keyword and its words.
const MENU: [(&str, &str); 3] = [
    ("KB", "chat-declare"),
    ("THE", "chat-my-pass"),
    ("/ngonngu", "chat-language"),
];
/// What is typed or pressed when enough is ticked.
const DONE: &str = "ok";
const CODE_MINUTES: i64 = 10;
const CODE_TRIES: u32 = 5;
/// What is typed for another page.
pub(super) const AGAIN: &str = "1";

/// A code is wanted, or another one, or none after all.
pub(super) fn code_wanted(key: &str) -> Say {
    Say::key(key).menu(&[("/sdt", "chat-code-again"), ("/huy", "chat-cancel")])
}

impl Talk<'_> {
    /// A button is good for the question it stood under; a keyword's at any time.
    pub(in super::super) fn pressed(&mut self, token: &str) -> Option<Say> {
        let (step, typed) = token.split_once(':').unwrap_or(("", token));
        let step: Option<u32> = step.parse().ok();
        if step == Some(0) || step == Some(self.state.asked) {
            return self.text(typed);
        }
        self.touch();
        let Some(mut say) = self.current() else {
            return Some(self.menu());
        };
        say.lead = Some(Line::key("chat-stale"));
        Some(say)
    }

    /// The first word to somebody new.
    pub(in super::super) fn welcome(&mut self) -> Say {
        self.reset();
        self.ended = true;
        Say::line(Line::Province("chat-welcome".into())).menu(&MENU)
    }

    /// What there is to do.
    pub(in super::super) fn menu(&mut self) -> Say {
        self.ended = self.state.at == At::Idle;
        Say::key("chat-menu").menu(&MENU)
    }

    pub(in super::super) fn languages(&mut self) -> Say {
        self.ended = self.state.at == At::Idle;
        Say::key("chat-languages").menu(&[("VI", "chat-vietnamese"), ("EN", "chat-english")])
    }

    /// Whether a link to the bot named a post.
    pub(in super::super) fn is_post_text(&self, rest: &str) -> bool {
        rest.parse().is_ok_and(|post| self.is_post(post))
    }

    /// Gives the rest to a page of the web: a chat's provider keeps what is said there.
    pub(in super::super) fn hand_over(&mut self, raw: RawForm) -> Say {
        self.state.at = At::Web;
        self.effect = Effect::HandOver(raw);
        Say {
            opens: Some(Opens::Handover),
            ..Say::key("chat-web")
        }
    }

    /// How long the page has waited. A new link would end the one whose page may just be filled
    /// in, so it is only given to who asks.
    pub(super) fn page_waits(&self) -> Say {
        let now = self.world.now;
        let until = self.state.link_until.unwrap_or(Moment(0));
        let key = if now < until {
            "chat-web-open"
        } else if now < until.plus_minutes(PAGE_MINUTES) {
            "chat-web-late"
        } else {
            "chat-web-gone"
        };
        Say::key(key).menu(&[(AGAIN, "chat-web-again")])
    }

    /// What is ticked, as it would be typed, when that is taken for the answer.
    pub(in super::super) fn ticked(&mut self, field: &Field, typed: &str) -> Option<String> {
        if typed != DONE || self.options(field).is_none() {
            return None;
        }
        let picked = std::mem::take(&mut self.state.picked);
        let numbers: Vec<String> = picked.iter().map(usize::to_string).collect();
        Some(if numbers.is_empty() {
            "0".to_owned()
        } else {
            numbers.join(" ")
        })
    }

    /// Ticks one of several options. None where only one can be chosen or something else was
    /// typed.
    pub(in super::super) fn tick(&mut self, field: &Field, typed: &str) -> Option<Say> {
        let options = self.options(field)?;
        let at = typed.strip_prefix('t')?.parse().ok()?;
        if !(1..=options).contains(&at) {
            return None;
        }
        if !self.state.picked.remove(&at) {
            self.state.picked.insert(at);
        }
        Some(Say {
            replaces: true,
            ..self.prompt(field)
        })
    }

    /// How many options a field has that can be ticked.
    fn options(&self, field: &Field) -> Option<usize> {
        if self.world.medium != Medium::Chat {
            return None;
        }
        match field {
            Field::Group(ids) => Some(ids.len()),
            Field::Item(id) => {
                let item = self.world.form.item(*id)?;
                (item.kind == Kind::Choices).then_some(item.options.len())
            }
            _ => None,
        }
    }

    /// Offers to tie a number to the chat once there is a pass to send to it.
    pub(in super::super) fn offer_number(&self, say: &mut Say) {
        if self.world.medium == Medium::Chat && self.world.phone.is_none() {
            *say = std::mem::take(say).menu(&[("/sdt", "chat-share-number")]);
        }
    }

    pub(in super::super) fn number_wanted(&mut self) -> Say {
        self.state.at = At::Number;
        Say {
            asks_number: true,
            ..Say::key("chat-number").menu(&[("/huy", "chat-cancel")])
        }
    }

    /// A number that was typed: nobody vouches for it.
    pub(in super::super) fn give_number(&mut self, typed: &str) -> Option<Say> {
        if typed.is_empty() {
            return Some(self.number_wanted());
        }
        match Phone::parse(typed) {
            Ok(phone) => self.number(&phone, false),
            Err(error) => {
                let mut say = self.number_wanted();
                say.lead = Some(Line::key(format!("error-{}", error.code())));
                Some(say)
            }
        }
    }

    /// A number is the chat's when its provider says so, or after a code that went there.
    pub(in super::super) fn number(&mut self, phone: &Phone, vouched: bool) -> Option<Say> {
        self.touch();
        if self.world.phone == Some(phone) {
            return Some(self.beside("chat-linked"));
        }
        if vouched {
            self.effect = Effect::Link(phone.clone());
            return Some(self.beside("chat-linked"));
        }
        self.effect = Effect::Prove(phone.clone());
        None
    }

    pub(in super::super) fn code_sent(&mut self, phone: &Phone, code: &str) -> Say {
        self.state.proving = Some(Proving {
            phone: phone.clone(),
            code: code.to_owned(),
            until: self.world.now.plus_minutes(CODE_MINUTES),
            tries: 0,
        });
        self.state.at = At::Code;
        code_wanted("chat-code-sent")
    }

    pub(in super::super) fn answer_code(&mut self, typed: &str) -> Say {
        let now = self.world.now;
        let Some(proving) = self.state.proving.as_mut().filter(|p| p.until > now) else {
            self.state.proving = None;
            return self.closed("chat-code-gone");
        };
        let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
        if typed == proving.code {
            self.effect = Effect::Link(proving.phone.clone());
            self.state.proving = None;
            return self.beside("chat-linked");
        }
        proving.tries += 1;
        if proving.tries >= CODE_TRIES {
            self.state.proving = None;
            return self.closed("chat-code-gone");
        }
        code_wanted("chat-code-wrong")
    }

    /// Says something in passing: what was asked stays asked, and a declaration that was left for
    /// a number can be gone on with.
    pub(in super::super) fn beside(&mut self, key: &str) -> Say {
        if matches!(self.state.at, At::Number | At::Code) {
            if !self.can_resume() {
                return self.closed(key);
            }
            self.offer_to_resume();
        }
        match self.current() {
            Some(mut say) => {
                say.lead = Some(Line::key(key));
                say
            }
            None => self.closed(key),
        }
    }

    /// Who looked at the record stands on the pass's page: what was done there may say more of
    /// somebody's health than a chat should hold.
    pub(in super::super) fn looks(&mut self) -> Say {
        self.ended = self.state.at == At::Idle;
        match self.state.passes.iter().find_map(|p| p.link.clone()) {
            Some(link) => Say {
                opens: Some(Opens::Pass(link)),
                ..Say::key("chat-looks")
            },
            None => Say::key("talk-no-pass"),
        }
    }

    pub(in super::super) fn notices(&mut self, on: bool) -> Say {
        self.effect = Effect::Notices(on);
        self.ended = self.state.at == At::Idle;
        Say::key(if on {
            "chat-notices-on"
        } else {
            "chat-notices-off"
        })
    }
}
