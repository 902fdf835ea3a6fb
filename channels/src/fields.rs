//! The named fields of a hook's request, whatever wraps them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::inbound::{HookError, HookRequest};

/// Where a provider puts its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrapping {
    /// In the address.
    Query,
    /// In a body of `application/x-www-form-urlencoded`.
    #[default]
    Form,
    /// In a body of JSON. A name that begins with `/` is a JSON pointer (RFC 6901), any other one
    /// the name of a member at the top.
    Json,
}

/// The fields of one request.
pub(crate) enum Fields<'a> {
    Pairs(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    Tree(Value),
}

impl<'a> Fields<'a> {
    /// Reads a request; fails only on a body that is no JSON where JSON is due.
    pub(crate) fn of(wrapping: Wrapping, request: &HookRequest<'a>) -> Result<Self, HookError> {
        Ok(match wrapping {
            Wrapping::Query => Self::Pairs(pairs(request.query.as_bytes())),
            Wrapping::Form => Self::Pairs(pairs(request.body)),
            Wrapping::Json => Self::Tree(
                serde_json::from_slice(request.body).map_err(|_| HookError::Malformed("json"))?,
            ),
        })
    }

    /// A field's text; numbers and truth values as JSON writes them. None where it is missing,
    /// null, or no single value.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Pairs(pairs) => pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone().into_owned()),
            Self::Tree(tree) => leaf(tree, name),
        }
    }

    /// A field that may not be missing or empty.
    pub(crate) fn need(&self, name: &str) -> Result<String, HookError> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or(HookError::Malformed("a field is missing"))
    }
}

/// The pairs of a query or a form, decoded.
pub(crate) fn pairs(text: &[u8]) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(text).collect()
}

/// The text at a place in a tree of JSON.
pub(crate) fn leaf(tree: &Value, name: &str) -> Option<String> {
    let value = if name.starts_with('/') {
        tree.pointer(name)?
    } else {
        tree.get(name)?
    };
    scalar(value)
}

/// A text, a number or a truth as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The octets of a query's field that is no text in UTF-8; none where it is missing.
pub(crate) fn octets(query: &str, name: &str) -> Vec<u8> {
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default();
    let (mut octets, mut rest) = (Vec::with_capacity(value.len()), value.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let pair = after.first_chunk().filter(|_| *first == b'%');
        let digit = |octet: u8| {
            char::from(octet)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let escaped = pair.and_then(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?));
        rest = after;
        match (escaped, first) {
            (Some(octet), _) => {
                octets.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            (None, b'+') => octets.push(b' '),
            (None, plain) => octets.push(*plain),
        }
    }
    octets
}
