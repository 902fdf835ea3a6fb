//! The conversation of text channels (SMS, USSD, chats): a pure step over the same form that the
//! web asks (DESIGN.md §7, CHANNELS.md E4–E6).
//!
//! [`step`] takes what is kept and what was said and gives what to keep, what to say and what to
//! do. It knows no store, no clock and no rules; the result of a whole conversation is a
//! [`super::RawForm`], so that one set of rules checks every medium. What the check complains of
//! comes back as [`Input::Refused`] and is asked again.

mod answer;
mod ask;
mod keyword;
mod limits;
mod lint;
mod oneshot;
mod outcome;
mod place;
mod render;
mod say;
mod sheet;
mod state;
mod talk;
mod turn;

#[cfg(test)]
mod tests;

pub use ask::Field;
pub use keyword::{Command, command};
pub use limits::Limits;
pub use lint::prompts;
pub use render::{Frame, Medium, SCREEN_SEPTETS, TEXT_SEPTETS, Voice};
pub use say::{Choice, Line, Opens, Say};
pub use sheet::{for_text, raw_form};
pub use state::{Draft, HeldPass, Person, Profile, State};
pub use turn::{Heard, dialled};

use crate::clock::Moment;
use crate::form::Form;
use crate::person::Phone;
use crate::place::{Checkpoint, Province};
use crate::registry::RegistryField;
use crate::verdict::Level;

use super::raw::{FieldError, RawForm};

/// What surrounds a step; read before it and not changed by it.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Whose form is asked; its unit is where the journey goes.
    pub province: &'a Province,
    /// The form as a text channel asks it: see [`for_text`].
    pub form: &'a Form,
    /// The province's posts.
    pub checkpoints: &'a [Checkpoint],
    /// What carries the words.
    pub medium: Medium,
    /// Whether document numbers and answers about health may be said here. Where they may not, a
    /// page of the web takes them.
    pub is_private: bool,
    /// The sender's number: that of the telephone, or the one that the chat has proven.
    pub phone: Option<&'a Phone>,
    /// What the sender let us keep.
    pub profile: Option<&'a Profile>,
    /// How much is too much.
    pub limits: &'a Limits,
    /// The present instant.
    pub now: Moment,
}

/// What happened.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// A USSD dialogue begins; with what was dialled behind the code.
    Begin(Vec<String>),
    /// Somebody wrote.
    Text(String),
    /// Somebody pressed a button: a step, a colon, and what to type for it.
    Pressed(String),
    /// Somebody began to follow, without a word.
    Followed,
    /// Somebody gave a number; vouched for if it is the account's own, as the provider knows it.
    Number(Phone, bool),
    /// A one-time code went to this number.
    CodeSent(Phone, String),
    /// No code was sent: a sentence of the locales says why.
    CodeRefused(&'static str),
    /// The form was not taken: these fields need correcting.
    Refused(Vec<FieldError>),
    /// The registry knows the document with other data.
    Mismatch(Vec<RegistryField>),
    /// The registry has refused this document too often.
    TooMany,
    /// Something of ours failed.
    Failed,
    /// The form became a declaration.
    Declared(Outcome),
}

/// What became of a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict's level.
    pub level: Level,
    /// The spoken code as it is read out, `ABCD-EFGH`.
    pub code: String,
    /// The same in digits only, where the pass has it.
    pub digits: Option<String>,
    /// When the pass ends.
    pub expires_at: Moment,
    /// Address part of the pass's page; none where no page can be opened.
    pub link: Option<String>,
    /// What whoever filled a page in said about being remembered by the chat that led there: it
    /// may be somebody else's. None where the chat itself was told.
    pub kept: Option<bool>,
}

/// What a step gives.
#[derive(Clone, PartialEq)]
pub struct Step {
    /// What to keep.
    pub state: State,
    /// What to say: at most one message for one message.
    pub say: Option<Say>,
    /// Whether no answer is awaited.
    pub ended: bool,
    /// What to do.
    pub effect: Effect,
}

/// What a step wants done.
#[derive(Clone, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Check and declare this, and tell the conversation what became of it.
    Declare(RawForm),
    /// Keep this profile.
    Keep(Profile),
    /// Delete the profile, and untie the number of a chat.
    Forget,
    /// Give a link to a page that knows this already and asks the rest.
    HandOver(RawForm),
    /// Send a one-time code to this number.
    Prove(Phone),
    /// The chat has proven that this number is its own.
    Link(Phone),
    /// Send reminders and notices, or none.
    Notices(bool),
}

/// The next step of a conversation. The same arguments always give the same step.
pub fn step(world: &World<'_>, state: &State, input: &Input) -> Step {
    talk::Talk::new(world, state).hear(input)
}
