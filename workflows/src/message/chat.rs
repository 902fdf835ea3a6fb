//! What chats have beside words: buttons, pictures, shared numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// What the sender of an [`super::Inbound`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Wrote the text. Commands such as `/start` are texts too.
    #[default]
    Wrote,
    /// Pressed a button of ours; the text is what the button says ([`Does::Say`]).
    Pressed {
        /// The provider's name of the press, where it waits for an answer.
        press: Option<String>,
        /// The provider's name of the message that the button stands under.
        message: Option<String>,
    },
    /// Shared the number of their own account, for which the provider vouches; the text is the
    /// number.
    SharedOwnNumber,
    /// Gave a number for which nobody vouches, by a form of the provider's or as somebody else's
    /// contact; the text is the number.
    GaveNumber,
    /// Began to follow the account, without a word.
    Followed,
    /// Left or blocked the account: nothing more may be sent.
    Left,
    /// Wrote where others read along.
    InGroup,
}

/// A message in a chat, as it is sealed in the outbox.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatText {
    /// The words, already within the channel's length.
    pub text: String,
    /// What can be pressed below them, in the order of reading. Everything that a button says
    /// can be typed too.
    pub buttons: Vec<Button>,
    /// The QR text of a pass that goes with it as a picture.
    pub qr: Option<String>,
    /// Whether it asks for the number of the chat's account.
    pub asks_number: bool,
    /// The press that it answers, by the provider's name of it.
    pub answers: Option<String>,
    /// The message of ours in whose place it may stand, by the provider's name of it.
    pub replaces: Option<String>,
    /// When the chat was last heard: providers price and refuse by it.
    pub heard_at: Option<Moment>,
}

/// One thing to press.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its words.
    pub label: String,
    /// What pressing it does.
    pub does: Does,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Says this to us, at most 64 bytes of printable ASCII: a step of the conversation and what
    /// to type for it, so that a stale button is recognised.
    Say(String),
    /// Opens this address.
    Open(String),
}

/// The values for a text whose words a provider holds, as it is sealed in the outbox.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateText {
    /// By the name that the words have for each.
    pub values: BTreeMap<String, String>,
}

/// What a chat provider takes as one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatFits {
    /// Longest text, in UTF-16 units, which no provider counts more strictly.
    pub text: usize,
    /// Longest text beside a picture.
    pub caption: usize,
    /// Most buttons; 0 where there are none, and everything is typed.
    pub buttons: usize,
    /// Longest words of a button.
    pub label: usize,
    /// How a picture goes.
    pub picture: PictureBy,
    /// Whether buttons stand beside a picture. Where they do not, its words list what can be
    /// typed instead.
    pub beside_picture: bool,
    /// Whether the provider has a way to ask for the account's number.
    pub asks_number: bool,
    /// Whether a message can be put in the place of an earlier one.
    pub replaces: bool,
}

/// How a picture reaches a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureBy {
    /// We hand its bytes over.
    Upload,
    /// The provider fetches it from an address of ours, which serves it once.
    Fetch,
}
