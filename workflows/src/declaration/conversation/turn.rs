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
    /// The code that was dialled.
    #[serde(default)]
    code: String,
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
        let known = self.dialogue.as_ref().filter(|d| d.session == turn.session);
        // Names of dialogues come again: one longer past than a network lets it live is another.
        let open = known.filter(|d| now < d.at.plus_seconds(limits.ussd_seconds));
        let repeats = open.is_some_and(|d| now < d.at.plus_seconds(limits.repeat_seconds));
        let begin = |mut more: Vec<String>| {
            let mut all = dialled(&turn.code, base);
            if !all.ends_with(&more) {
                all.append(&mut more);
            }
            Heard::Begin(all)
        };
        if turn.input == TurnInput::Ended {
            return Heard::Gone;
        }
        if let Some(open) = open.filter(|open| open.is_repeated_by(turn, repeats)) {
            return open.again();
        }
        // A slow answer is one all the same: what it answers is for the conversation to say.
        let goes_on = known.filter(|d| d.continues);
        match (&turn.input, goes_on) {
            (TurnInput::Latest(text), Some(_)) => Heard::Text(text.clone()),
            (TurnInput::Latest(text), None) if known.is_none() || text.starts_with('*') => {
                begin(dialled(text, base))
            }
            (TurnInput::History(history), Some(known))
                if !history.is_empty() && (open.is_some() || known.precedes(history)) =>
            {
                Heard::Text(known.newest(history))
            }
            (TurnInput::History(history), _) => {
                let typed = history.split('*').filter(|part| !part.is_empty());
                begin(typed.map(str::to_owned).collect())
            }
            _ => begin(Vec::new()),
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
            code: turn.code.clone(),
        });
    }
}

impl Dialogue {
    /// Whether this is the last request again. One that begins, and one of a gateway that tells
    /// only the latest input, are soon new ones.
    fn is_repeated_by(&self, turn: &Turn, soon: bool) -> bool {
        let heard = match &turn.input {
            TurnInput::Begin | TurnInput::Ended => "",
            TurnInput::Latest(text) | TurnInput::History(text) => text,
        };
        let same = self.heard == heard;
        match &turn.input {
            _ if heard.is_empty() => same && soon && self.code == turn.code,
            TurnInput::Latest(_) => same && (soon || !self.continues),
            _ => same,
        }
    }

    /// Whether a history goes on from where this one is.
    fn precedes(&self, history: &str) -> bool {
        let rest = history.strip_prefix(&self.heard);
        rest.is_some_and(|rest| self.heard.is_empty() || rest.starts_with('*'))
    }

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
