//! How much is too much.

/// Limits of a conversation; each is an option because each was once an incident somewhere
/// (CHANNELS.md A2, E6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one address in a minute that are heard; the rest meets silence.
    pub per_minute: u32,
    /// Answers of one conversation.
    pub steps: u32,
    /// Minutes after which a text is no answer any more to the question before it.
    pub sms_minutes: i64,
    /// Seconds a USSD dialogue lives (the networks' own limit, CHANNELS.md B3).
    pub ussd_seconds: i64,
    /// Hours in which an unfinished declaration can be continued.
    pub resume_hours: i64,
    /// Characters of a message that are read.
    pub text_chars: usize,
    /// How often the same words are said to one address within [`Limits::same_minutes`].
    pub same_text: usize,
    /// See [`Limits::same_text`].
    pub same_minutes: i64,
    /// Persons kept of one phone; at most 8, because 9 is "somebody else".
    pub persons: usize,
    /// Seconds in which the same USSD input counts as a repeated request, where the gateway
    /// tells only the latest input.
    pub repeat_seconds: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_minute: 20,
            steps: 60,
            sms_minutes: 30,
            ussd_seconds: 180,
            resume_hours: 24,
            text_chars: 480,
            same_text: 5,
            same_minutes: 10,
            persons: 8,
            repeat_seconds: 3,
        }
    }
}
