//! Texts with holes: `{to}` and its like. What fills a hole is escaped by the one who asks, so
//! that a citizen's text never becomes part of the syntax around it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use workflows::message::TextPart;
use workflows::text::Charset;

use crate::Outbound;
use crate::settings::SettingsError;
use crate::sms::header_of;

/// The country whose national form `{to_national}` is.
const COUNTRY: &str = "84";

/// A hole that a message fills.
#[derive(Clone, Copy)]
enum Hole {
    /// `{to}`: `+84912345678`.
    To,
    /// `{to_plain}`: `84912345678`.
    ToPlain,
    /// `{to_national}`: `0912345678`.
    ToNational,
    /// `{text}`: one part's text.
    Text,
    /// `{id}`: the outbox row, 36 characters; the same at every attempt.
    Id,
    /// `{part}`: from 1.
    Part,
    /// `{parts}`: how many there are.
    Parts,
    /// `{unicode}`: 1 where the text does not fit the GSM alphabet, else 0.
    Unicode,
    /// `{udh}`: the user data header in hexadecimal; empty for a whole message.
    Udh,
}

impl Hole {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "to" => Self::To,
            "to_plain" => Self::ToPlain,
            "to_national" => Self::ToNational,
            "text" => Self::Text,
            "id" => Self::Id,
            "part" => Self::Part,
            "parts" => Self::Parts,
            "unicode" => Self::Unicode,
            "udh" => Self::Udh,
            _ => return None,
        })
    }

    fn fill<'a>(self, message: &'a Outbound, part: &'a TextPart) -> Cow<'a, str> {
        let plain = message.to.trim_start_matches('+');
        match self {
            Self::To => message.to.as_str().into(),
            Self::ToPlain => plain.into(),
            Self::ToNational => match plain.strip_prefix(COUNTRY) {
                Some(rest) => format!("0{rest}").into(),
                None => plain.into(),
            },
            Self::Text => part.text.as_str().into(),
            Self::Id => message.id.to_string().into(),
            Self::Part => part.part.map_or(1, |p| p.number).to_string().into(),
            Self::Parts => part.part.map_or(1, |p| p.total).to_string().into(),
            Self::Unicode => match Charset::of(&part.text) {
                Charset::Gsm => "0".into(),
                Charset::Ucs2 => "1".into(),
            },
            Self::Udh => part.part.map_or(Cow::Borrowed(""), |p| header_of(p).into()),
        }
    }
}

enum Piece {
    Fixed(String),
    /// What the settings name: known from the start, escaped all the same.
    Named(String),
    Hole(Hole),
}

/// A text with holes, ready to be filled.
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    /// Reads a text; `{{` stands for a brace. `named` are the settings' own names. Refuses a name
    /// that nobody knows.
    pub(super) fn compile(
        text: &str,
        named: &BTreeMap<String, String>,
    ) -> Result<Self, SettingsError> {
        let (mut pieces, mut fixed, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            fixed.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                fixed.push('{');
                rest = after;
                continue;
            }
            let unknown =
                |name: &str| SettingsError::invalid("template", format!("{{{name}}} is no name"));
            let (name, after) = after.split_once('}').ok_or_else(|| unknown("…"))?;
            pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
            pieces.push(match (named.get(name), Hole::parse(name)) {
                (Some(value), _) => Piece::Named(value.clone()),
                (None, Some(hole)) => Piece::Hole(hole),
                (None, None) => return Err(unknown(name)),
            });
            rest = after;
        }
        fixed.push_str(rest);
        pieces.push(Piece::Fixed(fixed));
        Ok(Self(pieces))
    }

    /// The text with its holes filled, each filling escaped.
    pub(super) fn fill(
        &self,
        message: &Outbound,
        part: &TextPart,
        escape: fn(&str) -> Cow<'_, str>,
    ) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Fixed(text) => text.clone(),
            Piece::Named(text) => escape(text).into_owned(),
            Piece::Hole(hole) => escape(&hole.fill(message, part)).into_owned(),
        });
        pieces.collect()
    }

    /// The text with every hole filled by a letter, to see whether it makes sense.
    pub(super) fn sample(&self) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Fixed(text) => text.as_str(),
            Piece::Named(_) | Piece::Hole(_) => "x",
        });
        pieces.collect()
    }
}

/// For bodies that escape whole values by themselves.
pub(super) fn as_it_is(text: &str) -> Cow<'_, str> {
    text.into()
}

/// For addresses: everything but letters, digits and `*-._` in per cent.
pub(super) fn percent(text: &str) -> Cow<'_, str> {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20").into()
}
