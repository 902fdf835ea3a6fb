//! Whom a channel reaches.

use super::ChannelId;
use crate::person::Phone;
use crate::vault::Field;

/// Where somebody is reached on a channel: a number, or a chat of the channel's account. The two
/// are tied together only by proof, never because somebody typed a number.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A mobile number.
    Phone(Phone),
    /// A chat, by the provider's id of it.
    Chat(ChannelId, String),
}

/// Longest id of a chat; the providers' are shorter.
const CHAT_MAX: usize = 64;

impl Address {
    /// The chat of an id; none for an id that no provider gives.
    pub fn chat(channel: &ChannelId, id: &str) -> Option<Self> {
        let fits = (1..=CHAT_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self::Chat(channel.clone(), id.to_owned()))
    }

    /// As the channel's provider writes it: a number in E.164, or the chat's id.
    pub fn recipient(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.e164(),
            Self::Chat(_, id) => id,
        }
    }

    /// The number, if it is one.
    pub fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Phone(phone) => Some(phone),
            Self::Chat(..) => None,
        }
    }

    /// What its blind index is made of.
    pub fn index_key(&self) -> (Field, String) {
        match self {
            Self::Phone(phone) => (Field::Phone, phone.index_key()),
            Self::Chat(channel, id) => (Field::Chat, format!("{channel}:{id}")),
        }
    }
}

/// Shows nothing of what it holds, so that it may stand in a log.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(…)")
    }
}
