//! Names of things: internal province slugs, post numbers and time-ordered ids.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A tenant: an internal slug such as `ha-noi`. Official unit codes were recycled in 2025, so
/// they never serve as the key (DESIGN.md §4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProvinceId(Arc<str>);

impl ProvinceId {
    /// Accepts lower-case ASCII letters, digits and inner dashes, at most 32 of them.
    pub fn parse(text: &str) -> Option<Self> {
        is_slug(text).then(|| Self(text.into()))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProvinceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProvinceId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a province id is lower-case letters, digits and dashes")
    }
}

impl From<ProvinceId> for String {
    fn from(id: ProvinceId) -> Self {
        id.0.as_ref().into()
    }
}

/// Lower-case ASCII letters, digits and inner dashes, from 1 to 32 of them: fit for an address, a
/// setting and a variable.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A post's number inside its province.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckpointId(pub i64);

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

uuid_ids! {
    /// One stored declaration.
    DeclarationId,
    /// One crossing; made by the device, so that a repeated submit is recognised.
    CrossingId,
    /// One officer's account.
    OfficerId,
    /// One entry about a person's class; corrections are new entries.
    MarkId,
    /// One message to send.
    OutboundId,
    /// One raw event that came in.
    InboundId,
}

/// The 16 random bytes inside a pass; the database key of its state.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PassId(pub [u8; 16]);

impl fmt::Debug for PassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PassId({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}
