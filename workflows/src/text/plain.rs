//! Text that fits one alphabet: unaccented, and free of what a provider refuses.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{gsm, is_invisible, unaccent};

/// Text for a plain SMS, always within the GSM alphabet: Vietnamese without its marks, quotes,
/// dashes and spaces in their ASCII form, other scripts and signs spelled in Latin letters, `?`
/// for what has no spelling. Line breaks stay.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in unaccent(&text.replace("\r\n", "\n")).chars() {
        match c {
            '\n' => out.push('\n'),
            ' '..='~' if c != '`' => out.push(c),
            '`' | '´' | '‘'..='‛' => out.push('\''),
            '\u{2010}'..='\u{2015}' | '−' | '•' | '·' => out.push('-'),
            '°' | 'º' => {}
            c if c.is_whitespace() => out.push(' '),
            c if c.is_control() || is_invisible(c) => {}
            c if !c.is_alphabetic() && gsm::width(c).is_some() => out.push(c),
            c => spell(c, &mut out),
        }
    }
    out
}

fn spell(c: char, out: &mut String) {
    let spelled = deunicode::deunicode_char(c).unwrap_or("?");
    out.extend(
        spelled
            .trim_end()
            .chars()
            .filter(|c| gsm::width(*c).is_some()),
    );
}

/// The characters that a provider refuses; none by default.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Denied(String);

/// What stands for a refused character: the first whose own characters are allowed, else a
/// space. Signs of comparison are taken for brackets, which is how people write them.
const HARMLESS: &[(char, &[&str])] = &[
    ('#', &["No.", "so "]),
    ('&', &["+", "va"]),
    ('%', &["/100"]),
    ('@', &["(at)", " at "]),
    ('[', &["("]),
    ('{', &["("]),
    ('<', &["("]),
    (']', &[")"]),
    ('}', &[")"]),
    ('>', &[")"]),
    ('\\', &["/", "-"]),
    ('|', &["/", "-"]),
    ('/', &["-", "."]),
    ('~', &["-"]),
    ('_', &["-"]),
    ('^', &[""]),
    ('€', &["EUR"]),
    ('£', &["GBP"]),
    ('$', &["USD"]),
    (';', &[",", "."]),
    ('"', &["'", ""]),
    ('\'', &[""]),
    ('!', &["."]),
];

impl Denied {
    /// Takes the characters in any order; spaces between them do not count. None if a letter or a
    /// digit is among them: nothing could be said without those.
    pub fn parse(list: &str) -> Option<Self> {
        let list: String = list.chars().filter(|c| !c.is_whitespace()).collect();
        (!list.chars().any(char::is_alphanumeric)).then_some(Self(list))
    }

    /// The same text without refused characters. None where a replacement would tell the reader
    /// something wrong: a code to dial (`*123#`) must stay as it is.
    pub fn spare(&self, text: &str) -> Option<String> {
        if !text.contains(|c| self.has(c)) {
            return Some(text.to_owned());
        }
        if (self.has('#') || self.has('*')) && names_a_dialled_code(text) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if self.has(c) {
                out.push_str(self.instead_of(c));
            } else {
                out.push(c);
            }
        }
        Some(out)
    }

    fn has(&self, c: char) -> bool {
        self.0.contains(c)
    }

    fn instead_of(&self, c: char) -> &'static str {
        HARMLESS
            .iter()
            .filter(|(refused, _)| *refused == c)
            .flat_map(|(_, offers)| *offers)
            .find(|offer| !offer.contains(|o| self.has(o)))
            .copied()
            .unwrap_or(" ")
    }
}

/// Whether `*`, digits and `*`, `#` follow each other, as in `*123#` and `*123*4#`.
fn names_a_dialled_code(text: &str) -> bool {
    text.split('*').skip(1).any(|after| {
        after
            .split_once('#')
            .is_some_and(|(code, _)| !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()))
    })
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Denied({:?})", self.0)
    }
}

impl TryFrom<String> for Denied {
    type Error = &'static str;
    fn try_from(list: String) -> Result<Self, Self::Error> {
        Self::parse(&list).ok_or("refused characters cannot be letters or digits")
    }
}

impl From<Denied> for String {
    fn from(denied: Denied) -> Self {
        denied.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_keeps_its_letters_and_loses_its_marks() {
        assert_eq!(plain("Nguyễn Thị Ánh Đào"), "Nguyen Thi Anh Dao");
        for letter in crate::text::tests::accented_letters() {
            let base = plain(&letter.to_string());
            assert!(
                base.len() == 1 && base.chars().all(|c| c.is_ascii_alphabetic()),
                "{letter} became {base}"
            );
            assert_eq!(
                letter.is_uppercase(),
                base.chars().all(char::is_uppercase),
                "{letter}"
            );
        }
    }

    #[test]
    fn signs_become_their_ascii_form() {
        for (typed, sent) in [
            ("“Chốt 1” – ‘A’…", "\"Chot 1\" - 'A'..."),
            ("a\u{a0}b\u{202f}c\td\u{200b}\u{feff}", "a b c d"),
            ("một\r\nhai", "mot\nhai"),
            ("０９１２", "0912"),
            ("37,5°C • 5×3 ½", "37,5C - 5x3 1/2"),
            ("10€ {x} §1", "10€ {x} §1"),
            ("`Δ` Straße Москва", "'D' Strasse Moskva"),
            ("\u{e000}", "?"),
        ] {
            assert_eq!(plain(typed), sent, "{typed}");
        }
    }

    #[test]
    fn refused_characters_are_replaced_by_harmless_ones() {
        let denied = Denied::parse("# & % [ ] { } \\ < @").expect("signs only");
        for (text, sent) in [
            ("Nha #5 & 6, 70% [a] {b}", "Nha No.5 + 6, 70/100 (a) (b)"),
            ("a@b.vn, 3<5, C:\\x", "a(at)b.vn, 3(5, C:/x"),
            ("Ma 105V-D10T", "Ma 105V-D10T"),
        ] {
            assert_eq!(denied.spare(text).as_deref(), Some(sent));
        }
        let narrow = Denied::parse("@()&+=").expect("signs only");
        assert_eq!(narrow.spare("a@b & c=d").as_deref(), Some("a at b va c d"));
        assert_eq!(Denied::default().spare("#@").as_deref(), Some("#@"));
    }

    #[test]
    fn a_code_to_dial_is_refused_rather_than_spoiled() {
        let denied = Denied::parse("#").expect("a sign");
        assert_eq!(denied.spare("Goi *123#"), None);
        assert_eq!(denied.spare("Goi *123*45#"), None);
        assert_eq!(denied.spare("*Nha #5").as_deref(), Some("*Nha No.5"));
    }

    #[test]
    fn letters_and_digits_cannot_be_refused() {
        assert!(Denied::parse("#a").is_none());
        assert!(Denied::parse("5").is_none());
        assert!(
            toml::from_str::<std::collections::BTreeMap<String, Denied>>("deny = 'é'").is_err()
        );
    }

    proptest::proptest! {
        #[test]
        fn plain_text_is_always_in_the_alphabet_and_stays_as_it_is(text in "\\PC{0,60}|.{0,60}") {
            let once = plain(&text);
            proptest::prop_assert!(gsm::septets(&once).is_some(), "{once:?}");
            proptest::prop_assert_eq!(plain(&once), once);
        }

        #[test]
        fn no_refused_character_is_left(text in "[ -~€£]{0,60}", list in "[!-/:-@\\[-`{-~]{0,30}") {
            let denied = Denied::parse(&list).expect("signs only");
            if let Some(spared) = denied.spare(&text) {
                proptest::prop_assert!(!spared.contains(|c| denied.has(c)));
                proptest::prop_assert!(gsm::septets(&plain(&spared)).is_some());
            }
        }
    }
}
