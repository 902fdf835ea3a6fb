//! The same as the spoken code for those who have only digits: phone keypads, number pads.

use std::fmt;

use super::NotACode;
use crate::clock::Clock;

const LEN: usize = 10;
const FIRST: u8 = 3;
const LONGEST_INPUT: usize = 64;

/// The quasigroup of order ten from H. M. Damm's thesis (2004): weakly totally anti-symmetric,
/// with zeros on its diagonal, so that a number with its check digit comes to zero.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// A code of ten digits: the first is 3 to 9, so that it is no phone number, neither with its 0
/// nor without (old mobile ones then began with 1, those of houses with 2); its length is that of
/// neither CMND nor CCCD; the last is a check, by which every single wrong digit and every two
/// exchanged neighbours are noticed. The others are random, 29.4 bits: like the spoken code it
/// opens nothing but an officer's counted look-up, and two passes may by chance share one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DigitCode([u8; LEN]);

impl DigitCode {
    /// A fresh code.
    pub fn random(clock: &Clock) -> Self {
        let mut digits = [0; LEN];
        let mut filled = 0;
        while filled < LEN - 1 {
            // 250 is the largest multiple of 10 in a byte: all digits equally likely.
            for byte in clock.random::<16>().into_iter().filter(|b| *b < 250) {
                let digit = byte % 10;
                if filled < LEN - 1 && (filled > 0 || digit >= FIRST) {
                    digits[filled] = digit;
                    filled += 1;
                }
            }
        }
        digits[LEN - 1] = check(&digits[..LEN - 1]);
        Self(digits)
    }

    /// Reads what a person typed; spaces, dashes and dots do not matter.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        read(text).ok_or(NotACode)
    }

    /// The ten digits, as the store keeps them.
    pub fn plain(&self) -> String {
        self.0.iter().map(|d| char::from(b'0' + d)).collect()
    }

    /// Stored digits as people read them, in groups: `123 456 7890`.
    pub fn grouped(plain: &str) -> String {
        match (plain.get(..3), plain.get(3..6), plain.get(6..)) {
            (Some(head), Some(middle), Some(tail)) => format!("{head} {middle} {tail}"),
            _ => plain.to_owned(),
        }
    }
}

impl fmt::Display for DigitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::grouped(&self.plain()))
    }
}

impl fmt::Debug for DigitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigitCode(…)")
    }
}

fn read(text: &str) -> Option<DigitCode> {
    if text.len() > LONGEST_INPUT {
        return None;
    }
    let mut digits = [0; LEN];
    let mut filled = 0;
    for symbol in text.chars().filter(|c| !super::code::between(*c)) {
        let digit = symbol.to_digit(10)?;
        *digits.get_mut(filled)? = u8::try_from(digit).ok()?;
        filled += 1;
    }
    let holds = filled == LEN && digits[0] >= FIRST && check(&digits) == 0;
    holds.then_some(DigitCode(digits))
}

/// The digit that brings these to zero; zero if they already have it.
fn check(digits: &[u8]) -> u8 {
    digits
        .iter()
        .fold(0, |at, digit| DAMM[usize::from(at)][usize::from(*digit)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Moment;
    use crate::person::{Document, DocumentKind, Phone};

    proptest! {
        #[test]
        fn any_wrong_digit_and_any_two_exchanged_neighbours_are_noticed(seed: u64) {
            let code = DigitCode::random(&Clock::fixed(Moment(0), seed));
            prop_assert_eq!(DigitCode::parse(&code.to_string()), Ok(code));
            for at in 0..LEN {
                for wrong in (0..10).filter(|d| *d != code.0[at]) {
                    let mut other = code;
                    other.0[at] = wrong;
                    prop_assert_eq!(DigitCode::parse(&other.plain()), Err(NotACode));
                }
            }
            for at in 1..LEN {
                let mut other = code;
                other.0.swap(at - 1, at);
                let same = code.0[at - 1] == code.0[at];
                prop_assert_eq!(DigitCode::parse(&other.plain()).is_ok(), same);
            }
        }

        #[test]
        fn a_code_is_neither_a_phone_number_nor_an_identity_number(seed: u64) {
            let code = DigitCode::random(&Clock::fixed(Moment(0), seed)).plain();
            prop_assert!(Phone::parse(&code).is_err());
            prop_assert!(Document::parse(DocumentKind::Cccd, &code).is_err());
            prop_assert!(Document::parse(DocumentKind::Cmnd, &code).is_err());
        }

        #[test]
        fn no_input_breaks_the_reader(text in "\\PC{0,80}|[0-9 ]{0,20}") {
            let _ = DigitCode::parse(&text);
            let _ = DigitCode::grouped(&text);
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        // The example that accompanies the method everywhere: 572 has the check digit 4.
        assert_eq!(check(&[5, 7, 2]), 4);
        let code = DigitCode(code_of("300000572"));
        let plain = code.plain();
        for typed in [
            plain.clone(),
            code.to_string(),
            format!(" {}-{}.{} ", &plain[..2], &plain[2..7], &plain[7..]),
        ] {
            assert_eq!(DigitCode::parse(&typed), Ok(code), "{typed}");
        }
        for typed in [
            "",
            "5724",
            "0000005724",
            "1000000005",
            "12345",
            &format!("{plain}0"),
        ] {
            assert_eq!(DigitCode::parse(typed), Err(NotACode), "{typed}");
        }
    }

    fn code_of(nine: &str) -> [u8; LEN] {
        let mut digits = [0; LEN];
        for (digit, symbol) in digits.iter_mut().zip(nine.bytes()) {
            *digit = symbol - b'0';
        }
        digits[LEN - 1] = check(&digits[..LEN - 1]);
        digits
    }
}
