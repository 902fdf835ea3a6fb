//! Vietnamese text: cleaning what people type, and keys to find it again (DOMAIN.md §5.6); and
//! what text messages can carry of it.

pub mod gsm;
pub mod latin1;
mod parts;
mod plain;
pub mod ucs2;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

pub use self::parts::{Charset, Limits, Sizes, Unsendable, fit, pieces, split};
pub use self::plain::{Denied, plain};

/// Input as it is kept: NFC, trimmed, inner white space single, control and invisible format
/// characters dropped.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfc() {
        if c.is_whitespace() {
            gap = !out.is_empty();
        } else if !c.is_control() && !is_invisible(c) {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

/// Text without Vietnamese marks, case and everything else kept: `Ánh Đào` → `Anh Dao`, fit for
/// a plain SMS.
pub fn unaccent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for_each_base(text, |c| {
        if !is_combining_mark(c) {
            out.push(c);
        }
    });
    out
}

/// The search key: unaccented, lower case, single spaces. Apostrophes vanish, every other
/// punctuation mark parts words. `i` and `y` stay apart, because names differ by them.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for_each_base(text, |c| {
        if c.is_alphanumeric() {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.extend(c.to_lowercase());
        } else if !is_combining_mark(c) && !is_apostrophe(c) && !is_invisible(c) {
            gap = !out.is_empty();
        }
    });
    out
}

/// Hands over decomposed characters. The order of marks does not matter to those who drop them,
/// so this can be faster than a full normal form.
fn for_each_base(text: &str, mut take: impl FnMut(char)) {
    for c in text.chars() {
        if c.is_ascii() {
            take(c);
        } else {
            decompose_canonical(c, |part| take(without_stroke(part)));
        }
    }
}

/// Stroked letters have no decomposition. `Ð` (eth) looks like `Đ` and is often typed for it.
fn without_stroke(c: char) -> char {
    match c {
        'đ' | 'ð' => 'd',
        'Đ' | 'Ð' => 'D',
        _ => c,
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ')
}

/// Zero-width and direction characters that arrive by copying; they would make equal texts differ.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 134 letters of Vietnamese that ASCII lacks, composed.
    pub(in crate::text) fn accented_letters() -> Vec<char> {
        let marks = ["", "\u{301}", "\u{300}", "\u{309}", "\u{303}", "\u{323}"];
        let mut all = vec!['đ', 'Đ'];
        for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY".chars() {
            let toned = marks.map(|mark| format!("{vowel}{mark}").nfc().collect::<String>());
            all.extend(
                toned
                    .iter()
                    .flat_map(|t| t.chars())
                    .filter(|c| !c.is_ascii()),
            );
        }
        all
    }

    #[test]
    fn a_name_loses_its_marks_for_sms_and_its_case_for_search() {
        assert_eq!(unaccent("Nguyễn Thị Ánh Đào"), "Nguyen Thi Anh Dao");
        assert_eq!(fold("Nguyễn Thị Ánh Đào"), "nguyen thi anh dao");
    }

    #[test]
    fn both_styles_of_tone_marks_and_both_normal_forms_have_one_key() {
        let decomposed: String = "Thủy".nfd().collect();
        for text in ["Thuỷ", "Thủy", &decomposed, "THỦY"] {
            assert_eq!(fold(text), "thuy");
        }
        assert_eq!(fold("hoà"), fold("hòa"));
        assert_eq!(fold("Đăk Lăk"), fold("Dak Lak"));
        assert_eq!(fold("Đắk Lắk"), fold("ÐĂK LĂK"));
    }

    #[test]
    fn punctuation_parts_words_and_apostrophes_join_them() {
        assert_eq!(fold("  Bà Rịa - Vũng Tàu "), "ba ria vung tau");
        assert_eq!(fold("Ea H’Leo, P.12"), "ea hleo p 12");
        assert_ne!(fold("Lý"), fold("Lí y"));
    }

    #[test]
    fn input_is_composed_trimmed_and_rid_of_what_cannot_be_seen() {
        let typed = format!(
            "\u{feff} \t{}\n\n Đào\u{0}\u{200b} ",
            "Ánh".nfd().collect::<String>()
        );
        assert_eq!(clean(&typed), "Ánh Đào");
        assert_eq!(clean(" \u{200e}\r\n "), "");
    }

    proptest::proptest! {
        #[test]
        fn cleaning_and_folding_twice_changes_nothing(text in "\\PC{0,40}") {
            assert_eq!(clean(&clean(&text)), clean(&text));
            assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
