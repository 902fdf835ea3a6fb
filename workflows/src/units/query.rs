//! What people type for a unit, brought to the form of the search keys.

use crate::text;

/// Other spellings and short forms, folded, whole words only.
const ALIASES: [(&str, &str); 9] = [
    ("thua thien hue", "hue"),
    ("tt hue", "hue"),
    ("tp hcm", "ho chi minh"),
    ("tphcm", "ho chi minh"),
    ("hcm", "ho chi minh"),
    ("hn", "ha noi"),
    ("brvt", "ba ria vung tau"),
    ("dac lac", "dak lak"),
    ("dac nong", "dak nong"),
];

/// Words for kinds of units; the longer first.
const KINDS: [&str; 9] = [
    "thanh pho",
    "thi tran",
    "thi xa",
    "dac khu",
    "phuong",
    "huyen",
    "quan",
    "tinh",
    "xa",
];

/// The folded form in which names are compared: Mỹ and Mĩ, Lý and Lí are the same there.
pub(super) fn key(text: &str) -> String {
    let mut folded = text::fold(text);
    if folded.contains('y') {
        let words: Vec<String> = folded.split(' ').map(plain_y).collect();
        folded = words.join(" ");
    }
    folded
}

fn plain_y(word: &str) -> String {
    match word.as_bytes() {
        [first, b'y'] if first.is_ascii_alphabetic() && !b"aeouiy".contains(first) => {
            format!("{}i", char::from(*first))
        }
        _ => word.to_owned(),
    }
}

/// The key of something typed: short forms written out, `q1` as `quan 1`.
pub(super) fn typed_key(text: &str) -> String {
    let mut padded = format!(" {} ", key(text));
    for (short, long) in ALIASES {
        padded = padded.replace(&format!(" {short} "), &format!(" {long} "));
    }
    let mut words: Vec<String> = Vec::new();
    for word in padded.split_ascii_whitespace() {
        let digits = word
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(word.len());
        let (letters, number) = word.split_at_checked(digits).unwrap_or((word, ""));
        words.extend((!letters.is_empty()).then(|| letters.to_owned()));
        let number = if number.len() > 1 {
            number.trim_start_matches('0')
        } else {
            number
        };
        words.extend((!number.is_empty()).then(|| number.to_owned()));
    }
    let last = words.len().saturating_sub(1);
    for (at, word) in words.iter_mut().enumerate() {
        if let Some(long) = long_kind(word, at == last) {
            *word = long.to_owned();
        }
    }
    words.join(" ")
}

/// A single letter stands for a kind only when more follows; alone it is a beginning.
fn long_kind(word: &str, is_last: bool) -> Option<&'static str> {
    match (word, is_last) {
        ("tp", _) => Some("thanh pho"),
        ("tt", _) => Some("thi tran"),
        ("tx", _) => Some("thi xa"),
        ("dk", _) => Some("dac khu"),
        ("p", false) => Some("phuong"),
        ("x", false) => Some("xa"),
        ("q", false) => Some("quan"),
        ("h", false) => Some("huyen"),
        ("t", false) => Some("tinh"),
        _ => None,
    }
}

/// The kind in front of a key and the rest, if a kind is there.
pub(super) fn split_kind(key: &str) -> Option<(&'static str, &str)> {
    KINDS
        .iter()
        .find_map(|kind| Some((*kind, key.strip_prefix(kind)?.strip_prefix(' ')?)))
}

/// A key without any kind in it: people often have the wrong one.
pub(super) fn without_kinds(key: &str) -> String {
    let mut padded = format!(" {} ", key.replace(' ', "  "));
    for kind in KINDS {
        padded = padded.replace(&format!(" {} ", kind.replace(' ', "  ")), " ");
    }
    padded
        .split_ascii_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// One bit for each first letter of the words; digits and others share the upper bits.
pub(super) fn initials(key: &str) -> u32 {
    key.split(' ')
        .filter_map(|word| word.bytes().next())
        .fold(0, |bits, first| {
            bits | 1
                << match first {
                    b'a'..=b'z' => first - b'a',
                    b'0'..=b'9' => 26,
                    _ => 27,
                }
        })
}

/// Whether each word begins some word of the key.
pub(super) fn begins_words(key: &str, words: &[&str]) -> bool {
    words
        .iter()
        .all(|word| begins_a_word(key.as_bytes(), word.as_bytes()))
}

fn begins_a_word(mut key: &[u8], word: &[u8]) -> bool {
    loop {
        if key.starts_with(word) {
            return true;
        }
        match key
            .iter()
            .position(|b| *b == b' ')
            .and_then(|space| key.get(space + 1..))
        {
            Some(rest) => key = rest,
            None => return false,
        }
    }
}
