//! The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038 §6.2.1), one septet in
//! one octet, as SMPP and most gateways carry it.

/// The default alphabet; the place is the septet. `\u{1b}` is the escape to the extension table.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_',
    'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#',
    '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
    '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö',
    'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// What may follow an escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

const ESCAPE: u8 = 0x1b;

enum Septets {
    One(u8),
    Escaped(u8),
}

fn septets_of(c: char) -> Option<Septets> {
    match c {
        '\u{1b}' => return None,
        ' '..='#' | '%'..='?' | 'A'..='Z' | 'a'..='z' | '\n' | '\r' => {
            return u8::try_from(c).ok().map(Septets::One);
        }
        _ => {}
    }
    if let Some((septet, _)) = EXTENSION.iter().find(|(_, known)| *known == c) {
        return Some(Septets::Escaped(*septet));
    }
    let at = BASIC.iter().position(|known| *known == c)?;
    u8::try_from(at).ok().map(Septets::One)
}

/// Septets that one character takes: 1, or 2 with its escape; none if the alphabet lacks it.
pub fn width(c: char) -> Option<usize> {
    septets_of(c).map(|s| match s {
        Septets::One(_) => 1,
        Septets::Escaped(_) => 2,
    })
}

/// Septets that a text takes, if the alphabet has all of its characters.
pub fn septets(text: &str) -> Option<usize> {
    text.chars().map(width).sum()
}

/// A text in septets, one to an octet, if the alphabet has all of its characters.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        match septets_of(c)? {
            Septets::One(septet) => octets.push(septet),
            Septets::Escaped(septet) => octets.extend([ESCAPE, septet]),
        }
    }
    Some(octets)
}

/// The text of septets, one to an octet. As TS 23.038 has it, an unknown character of the
/// extension table is read in the default one, and an escape with nothing behind it is a space.
/// An octet that is no septet becomes U+FFFD.
pub fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut rest = octets.iter().copied();
    while let Some(octet) = rest.next() {
        text.push(match octet {
            ESCAPE => rest.next().map_or(' ', extended),
            _ => basic(octet),
        });
    }
    text
}

fn basic(octet: u8) -> char {
    BASIC
        .get(usize::from(octet))
        .copied()
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn extended(octet: u8) -> char {
    match EXTENSION.iter().find(|(septet, _)| *septet == octet) {
        Some((_, c)) => *c,
        // Two escapes lead to a table that nobody has defined.
        None if octet == ESCAPE => ' ',
        None => basic(octet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_both_tables_reads_back() {
        let all = BASIC
            .into_iter()
            .chain(EXTENSION.map(|(_, c)| c))
            .filter(|c| *c != '\u{1b}');
        let mut count = 0;
        for c in all {
            let octets = encode(&c.to_string()).expect("it is in the table");
            assert_eq!(decode(&octets), c.to_string());
            assert_eq!(septets(&c.to_string()), Some(octets.len()));
            count += 1;
        }
        assert_eq!(count, 137);
    }

    #[test]
    fn seven_accented_letters_of_vietnamese_are_in_the_alphabet() {
        let letters = crate::text::tests::accented_letters();
        assert_eq!(letters.len(), 134);
        let inside: String = letters.iter().filter(|c| width(**c).is_some()).collect();
        assert_eq!(inside, "àéèìòùÉ");
    }

    #[test]
    fn characters_of_the_extension_table_count_twice_and_keep_their_place() {
        assert_eq!(septets("a{b}"), Some(6));
        assert_eq!(
            encode("a{b}"),
            Some(vec![0x61, 0x1b, 0x28, 0x62, 0x1b, 0x29])
        );
        // Known traps: the table has the capital cedilla only, and neither backtick nor tab.
        assert_eq!(septets("Ç"), Some(1));
        for foreign in ["ç", "`", "\t", "\u{1b}", "ế", "“"] {
            assert_eq!((septets(foreign), encode(foreign)), (None, None));
        }
    }

    #[test]
    fn what_the_tables_lack_is_shown_as_the_standard_says() {
        assert_eq!(decode(b"\x1b"), " ");
        assert_eq!(decode(b"a\x1b\x1bb"), "a b");
        assert_eq!(decode(b"\x1ba\x1b\x65"), "a€");
        assert_eq!(decode(b"\x80\xffA"), "\u{fffd}\u{fffd}A");
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_read_and_any_text_written_reads_back(
            octets: Vec<u8>, text in "[ -_a-~€£Δ\n]{0,200}",
        ) {
            let read = decode(&octets);
            proptest::prop_assert!(read.chars().count() <= octets.len());
            let written = encode(&text).expect("all in the alphabet");
            proptest::prop_assert_eq!(decode(&written), text);
        }
    }
}
