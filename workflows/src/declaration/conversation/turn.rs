//! One request of a USSD dialogue: what of it is new.

use serde::{Deserialize, Serialize};

use super::{Limits, State};
use crate::clock::Moment;
use crate::message::{Screen, Turn, TurnInput};

/// The dialogue that the last request belonged to, and what it saw.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dialogue {
    session: String,
    /// The latest input, or the whole history where the gateway tells it.
    heard: String,
    screen: String,
    continues: bool,
    at: Moment,
}

/// What a request says that was not said before.
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    /// Nothing: the same screen again.
    Again(Screen),
    /// A dialogue begins, with what was dialled behind the code.
    Begin(Vec<String>),
    /// An answer.
    Text(String),
    /// Nobody is there any more.
    Gone,
}

/// What was dialled behind a code: `*123*5#` over `*123#` is `5`. Without a known code the first
/// group is the code.
pub fn dialled(code: &str, base: Option<&str>) -> Vec<String> {
    let groups = |text: &str| -> Vec<String> {
        let text = text.trim().trim_end_matches('#').trim_matches('*');
        text.split('*')
            .map(|group| group.trim().to_owned())
            .filter(|group| !group.is_empty())
            .collect()
    };
    let all = groups(code);
    let base = base.map(groups).unwrap_or_default();
    let known = if !base.is_empty() && all.starts_with(&base) {
        base.len()
    } else {
        1
    };
    all.into_iter().skip(known).collect()
}

impl State {
    /// Reads a request; `base` is the code that the operator gave us.
    pub fn heard(&self, turn: &Turn, base: Option<&str>, limits: &Limits, now: Moment) -> Heard {
        let open = self.dialogue.as_ref().filter(|d| d.session == turn.session);
        let begin = |mut more: Vec<String>| {
            let mut all = dialled(&turn.code, base);
            if !all.ends_with(&more) {
                all.append(&mut more);
            }
            Heard::Begin(all)
        };
        match (&turn.input, open) {
            (TurnInput::Ended, _) => Heard::Gone,
            (TurnInput::Begin, Some(open)) if open.heard.is_empty() => open.again(),
            (TurnInput::Begin, _) => begin(Vec::new()),
            (TurnInput::Latest(text), None) => begin(dialled(text, base)),
            (TurnInput::Latest(text), Some(open)) => {
                let repeats = now < open.at.plus_seconds(limits.repeat_seconds);
                if open.heard == *text && (repeats || !open.continues) {
                    open.again()
                } else {
                    Heard::Text(text.clone())
                }
            }
            (TurnInput::History(history), None) => {
                let typed = history.split('*').filter(|part| !part.is_empty());
                begin(typed.map(str::to_owned).collect())
            }
            (TurnInput::History(history), Some(open)) if open.heard == *history => open.again(),
            (TurnInput::History(history), Some(open)) => Heard::Text(open.newest(history)),
        }
    }

    /// Notes the screen that answers a request, so that a repeat gets it again.
    pub fn answered(&mut self, turn: &Turn, screen: &Screen, now: Moment) {
        let heard = match &turn.input {
            TurnInput::Latest(text) | TurnInput::History(text) => text.clone(),
            TurnInput::Begin | TurnInput::Ended => String::new(),
        };
        self.dialogue = Some(Dialogue {
            session: turn.session.clone(),
            heard,
            screen: screen.text.clone(),
            continues: screen.continues,
            at: now,
        });
    }
}

impl Dialogue {
    fn again(&self) -> Heard {
        Heard::Again(Screen {
            text: self.screen.clone(),
            continues: self.continues,
        })
    }

    /// An answer may hold a `*` itself, so the newest one is what follows the history known so
    /// far. A history that forgot its beginning still ends with the newest.
    fn newest(&self, history: &str) -> String {
        let rest = match history.strip_prefix(&self.heard) {
            Some(rest) if self.heard.is_empty() => Some(rest),
            Some(rest) => rest.strip_prefix('*'),
            None => None,
        };
        let last = || history.rsplit('*').next().unwrap_or_default();
        rest.unwrap_or_else(last).to_owned()
    }
}
