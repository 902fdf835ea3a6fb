//! The spoken code and the page address of a pass.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use crate::clock::Clock;

/// Digits and letters without `I L O S U`, which are heard or read as `1 1 0 5 V`. Thirty-one is
/// a prime, which the check symbol needs.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKMNPQRTVWXYZ";
const LEN: usize = 8;
const LONGEST_INPUT: usize = 64;

/// The text is not a spoken code: too short, too long, foreign symbols, or the check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a code")]
pub struct NotACode;

/// A code for the telephone, paper and SMS: eight symbols, the last one a check.
///
/// Symbol values weighted 8, 7, … 1 sum to a multiple of 31. A wrong symbol changes the sum by
/// weight × difference, exchanged neighbours by the difference of their values: neither is a
/// multiple of the prime 31, so each is noticed. The other seven symbols are random: 34.7 bits,
/// enough only because a look-up asks for a second fact or an officer's log-in and is counted
/// (SECURITY.md §4 T1). Two passes may by chance share a code; whoever looks one up must expect
/// several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpokenCode([u8; LEN]);

impl SpokenCode {
    /// A fresh code.
    pub fn random(clock: &Clock) -> Self {
        let mut values = [0; LEN];
        let mut filled = 0;
        while filled < LEN - 1 {
            // 248 is the largest multiple of 31 in a byte: all symbols equally likely.
            for byte in clock.random::<LEN>().into_iter().filter(|b| *b < 248) {
                if filled < LEN - 1 {
                    values[filled] = byte % 31;
                    filled += 1;
                }
            }
        }
        values[LEN - 1] = u8::try_from(30 - (weighted(values) + 30) % 31).unwrap_or(0);
        Self(values.map(|v| ALPHABET[usize::from(v)]))
    }

    /// Reads what a person typed: case, spaces, dashes, dots and underscores do not matter, `I`
    /// and `L` are read as `1`, `O` as `0`, `S` as `5`, `U` as `V`, `Đ` as `D`. Eight
    /// symbols must remain and the check must hold.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        read(text).ok_or(NotACode)
    }

    /// The eight symbols without a dash, as the store keeps them.
    pub fn plain(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl fmt::Display for SpokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, symbol) in self.0.iter().enumerate() {
            let dash = if at == LEN / 2 { "-" } else { "" };
            write!(f, "{dash}{}", char::from(*symbol))?;
        }
        Ok(())
    }
}

impl fmt::Debug for SpokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpokenCode(…)")
    }
}

fn read(text: &str) -> Option<SpokenCode> {
    if text.len() > LONGEST_INPUT {
        return None;
    }
    let mut values = [0; LEN];
    let mut filled = 0;
    for symbol in text.chars().filter(|c| !between(*c)) {
        *values.get_mut(filled)? = value(symbol)?;
        filled += 1;
    }
    let holds = filled == LEN && weighted(values).is_multiple_of(31);
    holds.then(|| SpokenCode(values.map(|v| ALPHABET[usize::from(v)])))
}

fn weighted(values: [u8; LEN]) -> u32 {
    values
        .iter()
        .zip((1..=8).rev())
        .map(|(value, weight)| u32::from(*value) * weight)
        .sum()
}

fn value(symbol: char) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        'S' => '5',
        'U' => 'V',
        'Đ' | 'đ' => 'D',
        other => other,
    };
    let at = ALPHABET.iter().position(|s| char::from(*s) == symbol)?;
    u8::try_from(at).ok()
}

pub(super) fn between(symbol: char) -> bool {
    symbol.is_whitespace() || matches!(symbol, '-' | '_' | '.' | '\u{2010}'..='\u{2015}')
}

/// The unguessable part of a citizen's pass page address: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link(pub [u8; 16]);

impl Link {
    /// A fresh address.
    pub fn random(clock: &Clock) -> Self {
        Self(clock.random())
    }

    /// Reads the 22 characters of [`Link`]'s display form.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 22 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Moment;

    proptest! {
        #[test]
        fn any_wrong_symbol_and_any_two_exchanged_neighbours_are_noticed(seed: u64) {
            let code = SpokenCode::random(&Clock::fixed(Moment(0), seed));
            prop_assert_eq!(SpokenCode::parse(&code.to_string()), Ok(code));
            for at in 0..LEN {
                for wrong in ALPHABET.iter().filter(|s| **s != code.0[at]) {
                    let mut symbols = code;
                    symbols.0[at] = *wrong;
                    prop_assert_eq!(SpokenCode::parse(&symbols.plain()), Err(NotACode));
                }
            }
            for at in 1..LEN {
                let mut symbols = code;
                symbols.0.swap(at - 1, at);
                let same = code.0[at - 1] == code.0[at];
                prop_assert_eq!(SpokenCode::parse(&symbols.plain()).is_ok(), same);
            }
        }

        #[test]
        fn no_input_breaks_the_reader(text in "\\PC{0,80}") {
            let _ = SpokenCode::parse(&text);
            let _ = Link::parse(&text);
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        // 8·1 + 7·0 + 6·5 + 5·26 + 4·13 + 3·1 + 2·0 = 223 = 8·31 - 25, so the check is 25 (T).
        let code = SpokenCode::parse("105V-D10T").expect("the sum worked out by hand holds");
        for typed in [
            "105vd10t",
            " 1 0 5 V – D 1 0 T ",
            "los u.đ lo t",
            "IOSU_DIOT",
        ] {
            assert_eq!(SpokenCode::parse(typed), Ok(code), "{typed}");
        }
        for typed in ["", "105V-D10", "105V-D10TM", "105V-D10N", "105V*D10T"] {
            assert_eq!(SpokenCode::parse(typed), Err(NotACode), "{typed}");
        }
        assert_eq!(
            (code.to_string(), code.plain()),
            ("105V-D10T".into(), "105VD10T".into())
        );
    }

    #[test]
    fn a_link_reads_back_and_only_in_its_one_form() {
        let link = Link([0xff; 16]);
        assert_eq!(link.to_string(), "_____________________w");
        assert_eq!(Link::parse("_____________________w"), Some(link));
        assert_eq!(Link::parse("_____________________x"), None);
        assert_eq!(Link::parse("_____________________w="), None);
    }
}
