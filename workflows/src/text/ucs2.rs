//! UCS-2 of text messages: UTF-16, big end first, as phones use it.

/// UTF-16 units that a text takes; an emoji takes two.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text in octets.
pub fn encode(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// The text of octets, without a byte order mark. A half pair and an odd octet at the end become
/// U+FFFD.
pub fn decode(octets: &[u8]) -> String {
    let (pairs, odd) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    let mut text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_pairs_read_back() {
        assert_eq!(encode("ế"), [0x1e, 0xbf]);
        assert_eq!(encode("😷"), [0xd8, 0x3d, 0xde, 0x37]);
        assert_eq!(units("ế😷"), 3);
        assert_eq!(decode(&encode("Ánh Đào 😷")), "Ánh Đào 😷");
    }

    #[test]
    fn half_a_pair_an_odd_octet_and_a_mark_are_no_obstacle() {
        assert_eq!(decode(&[0xd8, 0x3d, 0x00, 0x41]), "\u{fffd}A");
        assert_eq!(decode(&[0x00, 0x41, 0x00]), "A\u{fffd}");
        assert_eq!(decode(&[0xfe, 0xff, 0x00, 0x41]), "A");
        assert_eq!(decode(&[]), "");
    }
}
