//! Speaks to the outside: one file per provider, no decisions.
//!
//! Out: a [`Sender`] takes one [`Outbound`] for one recipient and says in a word what became
//! of it ([`Sent`]); when to send again is the outbox's business. In: a hook parses raw requests,
//! a bind listens by itself; both lead to the [`inbound::Inlet`]. Aside: [`registry_http`] asks
//! the population registry.

mod breaker;
pub mod chat;
pub mod demo;
pub mod email;
pub mod fields;
pub mod gate;
pub mod http;
pub mod inbound;
pub mod registry_http;
mod settings;
pub mod smpp;
pub mod sms;
pub mod ussd;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use workflows::clock::Moment;
use workflows::ids::OutboundId;
use workflows::message::{ChannelId, ChatText, Class, TextPart};

pub use settings::{Secret, SettingsError};

/// One message for one recipient.
///
/// Its `Debug` shows the id and the medium only, so that it may stand in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The outbox row that caused it.
    pub id: OutboundId,
    /// The recipient as the medium writes it: `name@host` for mail.
    pub to: String,
    /// What to say, in the shape of one medium.
    pub content: Content,
}

/// What a message says, one shape per medium.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// An e-mail.
    Mail(Mail),
    /// One part of a text message; `to` is a number in E.164.
    Text(TextPart),
    /// A message in a chat; `to` is the chat's id.
    Chat(Box<ChatMessage>),
    /// A text whose words the provider holds; `to` is a number in E.164.
    Template(TemplateValues),
}

/// A message in a chat with what goes beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Words, buttons and what they answer. Its QR text is drawn in `picture`.
    pub words: ChatText,
    /// The picture of a pass.
    pub picture: Option<Picture>,
    /// Why it is sent.
    pub class: Class,
}

/// A picture of a pass.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// The same for the same picture, and without meaning: under it a provider's copy may be
    /// used again.
    pub name: String,
    /// A PNG.
    pub png: Arc<Vec<u8>>,
    /// Where the provider may fetch it, once and soon; only for channels that fetch.
    pub url: Option<String>,
}

/// Values for a text that the provider holds, by their name.
pub type TemplateValues = std::collections::BTreeMap<String, String>;

/// The content of an e-mail. Every attempt at the same outbox row must carry the same values:
/// equal `Message-ID`s let a mail reader fold a copy that was sent twice after an
/// [`Sent::Unknown`].
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line; line breaks and other control characters are sent as spaces.
    pub subject: String,
    /// The plain text, always present.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// `<local@domain>` of ASCII letters, digits and `.-_`; see [`email::message_id`].
    pub message_id: String,
    /// What the mails of one series share, as a dotted name such as
    /// `daily.ha-noi.khaibao.example` (RFC 2919); none for a single mail.
    pub list_id: Option<String>,
    /// When the mail was written; becomes its `Date`.
    pub written_at: Moment,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let medium = match self.content {
            Content::Mail(_) => "mail",
            Content::Text(_) => "text",
            Content::Chat(_) => "chat",
            Content::Template(_) => "template",
        };
        write!(f, "Outbound({medium} {})", self.id)
    }
}

/// Where a channel stands: its name and the address under which the outside reaches us.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The channel's name.
    pub channel: &'a ChannelId,
    /// Our public address, without a slash at its end.
    pub public_url: &'a str,
}

impl Place<'_> {
    /// The address of the channel's hook.
    pub fn hook_url(&self) -> String {
        format!("{}/hooks/{}", self.public_url, self.channel)
    }
}

/// What became of one attempt to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The provider took the message over.
    Accepted {
        /// The name under which the provider, or the recipient, knows it.
        id: String,
    },
    /// The provider will never take this message; a retry is pointless.
    Refused {
        /// The provider's code, or one of ours in words; never its text, which may name people.
        code: String,
    },
    /// The provider is there and takes this message later: it was too fast, for this recipient
    /// perhaps.
    Throttled {
        /// Not earlier than this.
        after: Duration,
    },
    /// The provider is there and takes nothing of ours, whoever it is for, until then.
    Held {
        /// Not earlier than this.
        after: Duration,
    },
    /// Nothing was handed over: nobody was reached, or our account there is not in order.
    Away {
        /// Not earlier than this.
        after: Duration,
    },
    /// The message left and no answer came: it may or may not arrive. Whether to send it again
    /// is the channel's policy; for mail it is safe with the same `Message-ID`.
    Unknown {
        /// What broke, without personal data.
        why: String,
    },
    /// The recipient wants no more messages on this channel.
    Stopped,
}

/// A configured way out.
///
/// An implementation returns within its own total time-out, never panics on what the provider
/// answers, and puts no personal data in logs or results.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Tries once to hand one message over.
    async fn send(&self, message: &Outbound) -> Sent;

    /// Changes each time the provider is there again, for a sender that knows: whoever left it
    /// alone because it failed may try at once.
    fn returns(&self) -> Option<watch::Receiver<u64>> {
        None
    }
}
