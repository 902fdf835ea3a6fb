//! Messages in and out, whatever carries them: text messages, USSD screens, chats.

mod address;
mod chat;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use address::Address;
pub use chat::{Act, Button, ChatFits, ChatText, Does, PictureBy, TemplateText};

use crate::clock::Moment;
use crate::ids::is_slug;

/// A configured way in or out, such as `sms-main`: the name of its section in the configuration
/// and of its address under `/hooks/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChannelId(Arc<str>);

impl ChannelId {
    /// Accepts lower-case ASCII letters, digits and inner dashes, at most 32 of them.
    pub fn parse(text: &str) -> Option<Self> {
        is_slug(text).then(|| Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ChannelId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a channel id is lower-case letters, digits and dashes")
    }
}

impl From<ChannelId> for String {
    fn from(id: ChannelId) -> Self {
        id.0.as_ref().into()
    }
}

/// What a provider hands over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Somebody wrote.
    Message(Inbound),
    /// What became of a message that we sent.
    Receipt(Receipt),
    /// Well formed and of no use to us, in words of ours.
    Ignored(String),
}

/// A text that somebody sent, or one part of a long one; or what somebody did in a chat.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The provider's name for it; none where the protocol has none (SMPP).
    pub event_id: Option<String>,
    /// The sender's number as the provider writes it; in a chat the chat's id.
    pub from: String,
    /// The number it was sent to; in a chat the account it was sent to, if the provider says so.
    pub to: String,
    /// The text as it was sent; what else it is, `act` says.
    pub text: String,
    /// What the sender did.
    #[serde(default)]
    pub act: Act,
    /// The language that the sender's app speaks, as the provider writes it (`vi`, `en-GB`).
    #[serde(default)]
    pub language: Option<String>,
    /// Which part of a long text this is; none for a whole one.
    pub part: Option<PartOf>,
    /// The provider's time of it.
    pub sent_at: Option<Moment>,
}

/// The place of a part in a long text (TS 23.040, concatenated short messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PartOf {
    /// What the parts of one text share: 8 or 16 bits.
    pub reference: u16,
    /// From 1.
    pub number: u8,
    /// How many there are.
    pub total: u8,
}

/// What became of a message that was sent, as far as a provider knows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The provider's id of the message, as text and unchanged.
    pub provider_id: String,
    /// The number it went to, where the receipt says so.
    pub to: Option<String>,
    /// What became of it.
    pub state: ReceiptState,
    /// The provider's own code, unread.
    pub code: Option<String>,
}

/// States of a receipt, in the order in which they may follow each other: a later receipt never
/// takes a message back to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptState {
    /// The provider is still at it (ENROUTE, ACCEPTD, buffered).
    Underway,
    /// It will not arrive (EXPIRED, DELETED, UNDELIV, REJECTD).
    Failed,
    /// It arrived.
    Delivered,
    /// It was opened.
    Read,
}

/// One request of a USSD dialogue, to be answered at once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The gateway's name of the dialogue.
    pub session: String,
    /// The caller's number as the gateway writes it.
    pub from: String,
    /// The code dialled, such as `*123#`; with what followed it on direct dial
    /// (`*123*5#`), if the gateway gives it there.
    pub code: String,
    /// What was typed.
    pub input: TurnInput,
}

/// What a gateway tells of what was typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnInput {
    /// The dialogue begins.
    Begin,
    /// Only what was typed last.
    Latest(String),
    /// Everything typed in this dialogue, joined by `*`: empty at the beginning. Because an answer
    /// may itself hold a `*`, the newest one is what follows the history known so far.
    History(String),
    /// The caller hung up or the network cut the dialogue; nobody reads an answer.
    Ended,
}

/// What a USSD caller sees next.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// The text: at most 182 septets of the GSM alphabet.
    pub text: String,
    /// Whether an answer is awaited; otherwise the dialogue ends with this screen.
    pub continues: bool,
}

/// How much a sender's number can be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// It can be forged on the way, as an SMS sender can: the post asks for the document.
    #[default]
    Low,
    /// The network itself says who calls.
    Network,
}

/// Why a message is sent; the order is the order of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Somebody waits for it now.
    Reply,
    /// A pass.
    Pass,
    /// One thing that its reader must know.
    Notice,
    /// A daily report.
    Report,
    /// To many at once.
    Bulk,
}

impl Class {
    /// Every class, the most urgent first.
    pub const ALL: [Self; 5] = [
        Self::Reply,
        Self::Pass,
        Self::Notice,
        Self::Report,
        Self::Bulk,
    ];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Pass => "pass",
            Self::Notice => "notice",
            Self::Report => "report",
            Self::Bulk => "bulk",
        }
    }

    /// The class of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == word)
    }
}

/// One part of a text message as it is sealed in the outbox: one part is one row, so that a
/// second try never repeats another part.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPart {
    /// The text of this part, already within its alphabet and length.
    pub text: String,
    /// Its place in a long text.
    pub part: Option<PartOf>,
}

macro_rules! silent {
    ($($name:ident),+) => {$(
        /// Shows nothing of what it holds, so that it may stand in a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

silent!(
    Event,
    Inbound,
    Receipt,
    Turn,
    TurnInput,
    Screen,
    TextPart,
    ChatText,
    TemplateText,
    Button
);
