//! What the targets try. Each takes any bytes, and fails by a panic or by taking too long.

mod conversation;
mod hooks;
mod pdus;

pub use conversation::conversation;
pub use hooks::{sms_hooks, ussd_hooks};
pub use pdus::pdus;
use workflows::pass::{DigitCode, SpokenCode, typed_code};
use workflows::person::{Document, DocumentScan, Phone};
use workflows::text::{self, Charset, Limits, gsm, latin1, ucs2};

/// Octets of a text message in each coding: they are read, and what was read can be sent again.
pub fn gsm(octets: &[u8]) {
    let read = gsm::decode(octets);
    if let Some(written) = gsm::encode(&read) {
        assert_eq!(gsm::decode(&written), read);
        assert_eq!(gsm::septets(&read), Some(written.len()));
    }
    let wide = ucs2::decode(octets);
    assert_eq!(ucs2::encode(&wide).len(), 2 * ucs2::units(&wide));
    let _ = latin1::decode(octets);
}

/// A text on its way out: plain, and cut for every kind of channel without losing a character.
pub fn texts(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let plain = text::plain(&text);
    assert!(gsm::septets(&plain).is_some());
    assert_eq!(text::plain(&plain), plain);
    let _ = (text::clean(&text), text::fold(&text));
    for charset in [Charset::Gsm, Charset::Ucs2] {
        for reserved in [0, 38] {
            let limits = Limits {
                charset,
                reserved,
                max_parts: 255,
                ..Limits::default()
            };
            let (Ok(whole), Ok(parts)) = (text::fit(&text, &limits), text::split(&text, &limits))
            else {
                continue;
            };
            assert_eq!(parts.concat(), whole);
        }
    }
}

/// What is typed or scanned at a post.
pub fn codes(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    if let Ok(code) = SpokenCode::parse(&text) {
        assert_eq!(SpokenCode::parse(&code.to_string()), Ok(code));
    }
    if let Ok(code) = DigitCode::parse(&text) {
        assert_eq!(DigitCode::parse(&code.to_string()), Ok(code));
        assert!(SpokenCode::parse(&text).is_err());
    }
    let _ = typed_code(&text);
    let _ = Document::guess(&text);
    let _ = Phone::parse(&text);
    let today = workflows::clock::Moment(1_795_000_000_000_000).day();
    let _ = DocumentScan::parse(&text, today);
}
