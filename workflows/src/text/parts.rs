//! Text messages counted and cut into parts (3GPP TS 23.040 §9.2.3.24.1).

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::plain::{Denied, plain};
use super::{gsm, ucs2};

/// The alphabet of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charset {
    /// The GSM 7-bit default alphabet with its extension table, counted in septets.
    #[default]
    Gsm,
    /// UTF-16, counted in its units.
    Ucs2,
}

impl Charset {
    /// The cheapest alphabet that has all characters of a text: what a part that [`split`] made
    /// must be sent in.
    pub fn of(text: &str) -> Self {
        match gsm::septets(text) {
            Some(_) => Self::Gsm,
            None => Self::Ucs2,
        }
    }

    /// What one character takes: septets, or UTF-16 units. A character that the GSM alphabet
    /// lacks takes nothing there; [`split`] leaves none.
    fn width(self, c: char) -> usize {
        match self {
            Self::Gsm => gsm::width(c).unwrap_or(0),
            Self::Ucs2 => c.len_utf16(),
        }
    }

    fn length(self, text: &str) -> usize {
        match self {
            Self::Gsm => gsm::septets(text).unwrap_or(0),
            Self::Ucs2 => ucs2::units(text),
        }
    }
}

/// What fits into one message, in the units of its alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// A message of one part.
    pub single: usize,
    /// Each part of a longer one, beside the header that joins them.
    pub part: usize,
}

impl Sizes {
    /// SMS in the GSM alphabet, joined by an 8-bit reference: 160 and 153 septets.
    pub const GSM: Self = Self {
        single: 160,
        part: 153,
    };
    /// SMS in UCS-2, joined by an 8-bit reference: 70 and 67 units.
    pub const UCS2: Self = Self {
        single: 70,
        part: 67,
    };
}

/// What a channel takes as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `Gsm` makes every text plain; `Ucs2` keeps accents, and counts a text in septets when the
    /// GSM alphabet has all of it.
    pub charset: Charset,
    /// The most parts of one message, from 1.
    pub max_parts: usize,
    /// Sizes in septets.
    pub gsm: Sizes,
    /// Sizes in UTF-16 units.
    pub ucs2: Sizes,
    /// Units of the first part that the provider takes for itself, such as 38 for the label of
    /// an advertisement (122, 268, 421 instead of 160, 306, 459).
    pub reserved: usize,
    /// Characters that the provider refuses.
    pub deny: Denied,
    /// The provider takes whole texts, and cuts and joins them by itself.
    pub whole: bool,
}

impl Default for Limits {
    /// Plain SMS of at most three parts: 160, 306 or 459 septets.
    fn default() -> Self {
        Self {
            charset: Charset::Gsm,
            max_parts: 3,
            gsm: Sizes::GSM,
            ucs2: Sizes::UCS2,
            reserved: 0,
            deny: Denied::default(),
            whole: false,
        }
    }
}

impl Limits {
    fn sizes(&self, charset: Charset) -> Sizes {
        match charset {
            Charset::Gsm => self.gsm,
            Charset::Ucs2 => self.ucs2,
        }
    }
}

/// A text that a channel cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsendable {
    /// It takes more parts than allowed.
    #[error("the text takes more than {max_parts} parts")]
    TooLong {
        /// How many are allowed.
        max_parts: usize,
    },
    /// It holds a code to dial, and the provider refuses one of its signs.
    #[error("the text holds a sign that the provider refuses and that cannot be replaced")]
    Denied,
}

/// The text as a channel will carry it, in one piece: plain if its alphabet asks for it, without
/// refused characters, without a final space.
pub fn fit(text: &str, limits: &Limits) -> Result<String, Unsendable> {
    let text = match limits.charset {
        Charset::Gsm => plain(text),
        Charset::Ucs2 => text.to_owned(),
    };
    let spared = limits.deny.spare(&text).ok_or(Unsendable::Denied)?;
    Ok(spared.trim_end().to_owned())
}

/// What is handed over of a text, piece by piece: its parts, or the whole where the provider cuts by
/// itself; and how many parts of each are charged.
pub fn pieces(text: &str, limits: &Limits) -> Result<Vec<(String, i64)>, Unsendable> {
    let parts = split(text, limits)?;
    if limits.whole {
        let units = i64::try_from(parts.len()).unwrap_or(i64::MAX);
        return Ok(vec![(parts.concat(), units)]);
    }
    Ok(parts.into_iter().map(|part| (part, 1)).collect())
}

/// The parts of a text, each filled as far as it goes, at least one. No character is cut: neither
/// an escape from its septet nor a pair of UTF-16. Parts joined give [`fit`]'s text.
pub fn split(text: &str, limits: &Limits) -> Result<Vec<String>, Unsendable> {
    let text = fit(text, limits)?;
    let charset = Charset::of(&text);
    let sizes = limits.sizes(charset);
    if charset.length(&text) + limits.reserved <= sizes.single {
        return Ok(vec![text]);
    }
    let too_long = Unsendable::TooLong {
        max_parts: limits.max_parts,
    };
    let mut parts = Vec::new();
    let (mut part, mut used) = (String::new(), limits.reserved);
    for c in text.chars() {
        let width = charset.width(c);
        if used + width > sizes.part {
            if parts.len() + 1 >= limits.max_parts {
                return Err(too_long);
            }
            parts.push(std::mem::take(&mut part));
            used = 0;
        }
        part.push(c);
        used += width;
    }
    parts.push(part);
    if parts.len() > limits.max_parts {
        return Err(too_long);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cuts_by_itself_gets_the_whole_and_is_paid_for_its_parts() {
        let text = "a".repeat(310);
        let cut = Limits::default();
        let whole = Limits {
            whole: true,
            ..Limits::default()
        };
        let units = |limits| {
            let pieces = pieces(&text, limits).unwrap();
            pieces.iter().map(|(_, units)| *units).collect::<Vec<_>>()
        };
        assert_eq!(units(&cut), [1, 1, 1]);
        assert_eq!(units(&whole), [3]);
        assert_eq!(pieces(&text, &whole).unwrap()[0].0, text);
        let long = "a".repeat(500);
        assert!(pieces(&long, &whole).is_err(), "max_parts holds for both");
    }

    fn accented() -> Limits {
        Limits {
            charset: Charset::Ucs2,
            max_parts: 255,
            ..Limits::default()
        }
    }

    fn lengths(text: &str, limits: &Limits) -> Vec<usize> {
        let parts = split(text, limits).expect("it fits");
        parts.iter().map(|p| Charset::of(text).length(p)).collect()
    }

    #[test]
    fn plain_text_has_160_septets_in_one_part_and_153_in_each_of_several() {
        for (length, parts) in [
            (0, vec![0]),
            (160, vec![160]),
            (161, vec![153, 8]),
            (306, vec![153, 153]),
            (307, vec![153, 153, 1]),
            (459, vec![153, 153, 153]),
        ] {
            assert_eq!(lengths(&"a".repeat(length), &Limits::default()), parts);
        }
        assert_eq!(
            split(&"a".repeat(460), &Limits::default()),
            Err(Unsendable::TooLong { max_parts: 3 })
        );
    }

    #[test]
    fn one_accented_letter_makes_160_characters_three_parts() {
        let text = format!("{}ế", "a".repeat(159));
        assert_eq!(lengths(&text, &accented()), [67, 67, 26]);
        assert_eq!(lengths(&"ế".repeat(70), &accented()), [70]);
        assert_eq!(lengths(&"ế".repeat(71), &accented()), [67, 4]);
        // The same text made plain is one part.
        assert_eq!(split(&text, &Limits::default()).map(|p| p.len()), Ok(1));
    }

    #[test]
    fn a_brace_takes_two_septets_and_is_never_cut() {
        assert_eq!(lengths(&"{".repeat(80), &Limits::default()), [160]);
        assert_eq!(lengths(&"{".repeat(81), &Limits::default()), [152, 10]);
        let text = format!("{}{{{}", "a".repeat(152), "b".repeat(20));
        assert_eq!(lengths(&text, &Limits::default()), [152, 22]);
    }

    #[test]
    fn a_pair_of_utf16_is_never_cut() {
        let text = format!("{}😷{}", "ế".repeat(66), "b".repeat(20));
        let parts = split(&text, &accented()).expect("it fits");
        assert_eq!(parts[0], "ế".repeat(66));
        assert!(parts[1].starts_with('😷'));
    }

    #[test]
    fn an_advertisement_has_38_septets_less() {
        let limits = Limits {
            reserved: 38,
            ..Limits::default()
        };
        for (length, parts) in [(122, 1), (123, 2), (268, 2), (269, 3), (421, 3)] {
            assert_eq!(lengths(&"a".repeat(length), &limits).len(), parts);
        }
        assert!(split(&"a".repeat(422), &limits).is_err());
    }

    #[test]
    fn replaced_characters_are_counted_as_they_are_sent() {
        let limits = Limits {
            deny: Denied::parse("# @").expect("signs"),
            ..Limits::default()
        };
        let text = format!("{}#", "a".repeat(159));
        assert_eq!(lengths(&text, &limits), [153, 9]);
        assert_eq!(split("Goi *1#", &limits), Err(Unsendable::Denied));
    }

    #[test]
    fn text_of_the_alphabet_stays_cheap_where_accents_are_allowed() {
        assert_eq!(lengths(&"à".repeat(160), &accented()), [160]);
    }

    proptest::proptest! {
        #[test]
        fn parts_join_to_the_text_and_each_fits(
            text in "(?s)[a-zà-ỹ{}€😷\n ]{0,500}", ucs2: bool,
        ) {
            let limits = Limits {
                charset: if ucs2 { Charset::Ucs2 } else { Charset::Gsm },
                max_parts: 255,
                ..Limits::default()
            };
            let whole = fit(&text, &limits).expect("nothing is refused");
            let parts = split(&text, &limits).expect("255 parts suffice");
            proptest::prop_assert_eq!(parts.concat(), whole.as_str());
            let charset = Charset::of(&whole);
            let sizes = limits.sizes(charset);
            let room = if parts.len() == 1 { sizes.single } else { sizes.part };
            for (at, part) in parts.iter().enumerate() {
                let length = charset.length(part);
                proptest::prop_assert!(length <= room);
                // No room is wasted but for a character that takes two.
                proptest::prop_assert!(at + 1 == parts.len() || length + 1 >= room);
            }
        }
    }
}
