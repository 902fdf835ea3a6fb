//! Which octets a text is, and which text octets are (SMPP 3.4 §5.2.19, TS 23.038 §4).

use super::gsm;
use super::settings::{DefaultAlphabet, SmppSettings};
use super::wire::latin1;

/// How an account labels its alphabets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codings {
    gsm: u8,
    ucs2: u8,
    default: DefaultAlphabet,
}

impl Codings {
    pub(super) fn of(settings: &SmppSettings) -> Self {
        Self {
            gsm: settings.gsm_coding,
            ucs2: settings.ucs2_coding,
            default: settings.default_alphabet,
        }
    }

    /// The octets of a text and their `data_coding`: GSM where the text has only such
    /// characters, one octet for a septet; UCS-2 otherwise.
    pub(super) fn encode(self, text: &str) -> (u8, Vec<u8>) {
        match gsm::encode(text) {
            Some(septets) => (self.gsm, septets),
            None => (self.ucs2, ucs2(text)),
        }
    }

    /// The text of octets; none where they are no text.
    pub(super) fn decode(self, data_coding: u8, octets: &[u8]) -> Option<String> {
        match data_coding {
            coding if coding == self.ucs2 => Some(from_ucs2(octets)),
            coding if coding == self.gsm => Some(self.in_default_alphabet(octets)),
            0x08 | 0x18..=0x1b | 0xe0..=0xef => Some(from_ucs2(octets)),
            0x01 => Some(latin1(octets)),
            0x03 => Some(latin1(octets)),
            // Binary: ring tones, settings of a phone.
            0x02 | 0x04 | 0x14..=0x17 | 0xf4..=0xf7 | 0xfc..=0xff => None,
            _ => Some(self.in_default_alphabet(octets)),
        }
    }

    fn in_default_alphabet(self, octets: &[u8]) -> String {
        match self.default {
            DefaultAlphabet::Gsm => gsm::decode(octets),
            DefaultAlphabet::Latin1 | DefaultAlphabet::Ascii => latin1(octets),
        }
    }
}

/// UTF-16, most significant octet first: phones send characters beyond UCS-2 as surrogates.
fn ucs2(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn from_ucs2(octets: &[u8]) -> String {
    let units: Vec<u16> = octets
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}
