//! Looking things up in what the host hands over.

use crate::bindings::khaibao::province::types::{
    Answer, Context, Declaration, Place, Reply, Value,
};

/// Values by their number (settings, facts).
pub trait Known {
    /// The value, or 0 when it was not given.
    fn value(&self, key: u16) -> i64;

    /// Whether the value is anything but 0.
    fn is_on(&self, key: u16) -> bool {
        self.value(key) != 0
    }

    /// The value as a number of hours or days, cut to what fits.
    fn small(&self, key: u16) -> u16 {
        u16::try_from(self.value(key).max(0)).unwrap_or(u16::MAX)
    }
}

impl Known for [Value] {
    fn value(&self, key: u16) -> i64 {
        self.iter().find(|v| v.key == key).map_or(0, |v| v.value)
    }
}

/// Answers by their question.
pub trait Ask {
    /// The answer, if there is one.
    fn answer(&self, to: u16) -> Option<&Answer>;

    /// Whether the question was answered yes.
    fn says_yes(&self, to: u16) -> bool {
        matches!(self.answer(to), Some(Answer::Yes))
    }

    /// The number answered.
    fn number(&self, to: u16) -> Option<i64> {
        match self.answer(to)? {
            Answer::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The option chosen, from 0.
    fn choice(&self, to: u16) -> Option<u16> {
        match self.answer(to)? {
            Answer::Choice(n) => Some(*n),
            _ => None,
        }
    }

    /// The day answered.
    fn day(&self, to: u16) -> Option<i32> {
        match self.answer(to)? {
            Answer::On(day) => Some(*day),
            _ => None,
        }
    }
}

impl Ask for [Reply] {
    fn answer(&self, to: u16) -> Option<&Answer> {
        self.iter().find(|r| r.to == to).map(|r| &r.answer)
    }
}

impl Declaration {
    /// Whether the journey leads into this province from elsewhere.
    pub fn enters(&self, home: Place) -> bool {
        !is_inside(home, self.origin) && is_inside(home, self.destination)
    }

    /// Whether the journey leads out of this province.
    pub fn leaves(&self, home: Place) -> bool {
        is_inside(home, self.origin) && !is_inside(home, self.destination)
    }
}

impl Context {
    /// The risk of a place: its commune's if known, else its province's; `None` if neither is.
    pub fn risk_of(&self, place: Place) -> Option<u8> {
        let of = |wanted: Place| {
            self.risks
                .iter()
                .find(|r| r.place == wanted)
                .map(|r| r.level)
        };
        of(place).or_else(|| {
            of(Place {
                commune: 0,
                ..place
            })
        })
    }
}

/// Whether a place lies in the province of `home` (both on the same map of units).
pub fn is_inside(home: Place, place: Place) -> bool {
    (home.epoch, home.province) == (place.epoch, place.province)
}
