//! Which octets a text is, and which text octets are (SMPP 3.4 §5.2.19, TS 23.038 §4).

use workflows::text::{Charset, gsm, latin1, ucs2};

use super::settings::{DefaultAlphabet, SmppSettings};

/// How an account labels its alphabets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codings {
    gsm: u8,
    ucs2: u8,
    default: DefaultAlphabet,
}

/// A text as it goes out.
pub(super) struct Coded {
    pub(super) data_coding: u8,
    pub(super) charset: Charset,
    pub(super) octets: Vec<u8>,
}

impl Codings {
    pub(super) fn of(settings: &SmppSettings) -> Self {
        Self {
            gsm: settings.gsm_coding,
            ucs2: settings.ucs2_coding,
            default: settings.default_alphabet,
        }
    }

    /// The octets of a text, one to a septet where the GSM alphabet has all of its characters.
    pub(super) fn encode(self, text: &str) -> Coded {
        match gsm::encode(text) {
            Some(octets) => Coded {
                data_coding: self.gsm,
                charset: Charset::Gsm,
                octets,
            },
            None => Coded {
                data_coding: self.ucs2,
                charset: Charset::Ucs2,
                octets: ucs2::encode(text),
            },
        }
    }

    /// The text of octets; none where they are no text.
    pub(super) fn decode(self, data_coding: u8, octets: &[u8]) -> Option<String> {
        match data_coding {
            coding if coding == self.ucs2 => Some(ucs2::decode(octets)),
            coding if coding == self.gsm => Some(self.in_default_alphabet(octets)),
            0x08 | 0x18..=0x1b | 0xe0..=0xef => Some(ucs2::decode(octets)),
            0x01 | 0x03 => Some(latin1::decode(octets)),
            // Binary: ring tones, settings of a phone.
            0x02 | 0x04 | 0x14..=0x17 | 0xf4..=0xf7 | 0xfc..=0xff => None,
            _ => Some(self.in_default_alphabet(octets)),
        }
    }

    fn in_default_alphabet(self, octets: &[u8]) -> String {
        match self.default {
            DefaultAlphabet::Gsm => gsm::decode(octets),
            DefaultAlphabet::Latin1 | DefaultAlphabet::Ascii => latin1::decode(octets),
        }
    }
}
