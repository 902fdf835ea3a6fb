//! Calls of the Bot API, and what becomes of them. teloxide writes and sends them; what comes
//! back is read no further than it is needed, so that a message is not doubted because Telegram's
//! description of it has grown.

use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use teloxide_core::payloads::{
    AnswerCallbackQuery, DeleteWebhook, EditMessageText, SendMessage, SendPhoto, SetMyCommands,
    SetWebhook,
};
use teloxide_core::requests::{JsonRequest, MultipartPayload, MultipartRequest, Payload};
use teloxide_core::types::{AllowedUpdate, InputFile};
use teloxide_core::{ApiError, Bot, RequestError};
use teloxide_reqwest::{Client, redirect};

use crate::Sent;
use crate::http::unknown;
use crate::settings::SettingsError;

/// How long nothing is sent after a connection failed or Telegram named no time.
const PAUSE: Duration = Duration::from_secs(5);
/// The same after it refused our token: somebody must mend the settings.
const LONG_PAUSE: Duration = Duration::from_mins(1);
/// Telegram does not make us wait longer than this.
const LONGEST_PAUSE: u64 = 3_600;
/// How long it may wait for something new before it answers that there is nothing.
pub(super) const POLL_SECONDS: u32 = 20;

/// A client of one bot. Total times are kept by its callers; its own covers the longest call.
pub(super) fn bot(token: String, url: Url, timeout: Duration) -> Result<Bot, SettingsError> {
    let longest = Duration::from_secs(u64::from(POLL_SECONDS)) + timeout;
    let client = Client::builder()
        .timeout(longest)
        // Shorter than the whole, so that a peer who never picked up is told from one who took
        // the request and fell silent.
        .connect_timeout(timeout / 2)
        .pool_idle_timeout(Duration::from_secs(15))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("khaibao/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| SettingsError::invalid("outgoing HTTP client", "cannot be built"))?;
    Ok(Bot::with_client(token, client).set_api_url(url))
}

/// One of teloxide's payloads under the documented spelling of its method, with an answer of ours.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Brief<P>(pub(super) P);

macro_rules! brief {
    ($($payload:ty => $name:literal, $output:ty;)+) => {$(
        impl Payload for Brief<$payload> {
            type Output = $output;
            const NAME: &'static str = $name;
        }
    )+};
}

brief! {
    SendMessage => "sendMessage", Taken;
    SendPhoto => "sendPhoto", Taken;
    EditMessageText => "editMessageText", Taken;
    AnswerCallbackQuery => "answerCallbackQuery", bool;
    SetWebhook => "setWebhook", bool;
    DeleteWebhook => "deleteWebhook", bool;
    SetMyCommands => "setMyCommands", bool;
    GetUpdates => "getUpdates", Vec<Value>;
}

impl MultipartPayload for Brief<SendPhoto> {
    fn copy_files(&self, into: &mut dyn FnMut(InputFile)) {
        self.0.copy_files(into);
    }

    fn move_files(&mut self, into: &mut dyn FnMut(InputFile)) {
        self.0.move_files(into);
    }
}

/// Asks for updates. Unlike teloxide's own it counts in 64 bits and leaves the updates unread.
#[derive(Serialize)]
pub(super) struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<i64>,
    pub(super) timeout: u32,
    pub(super) allowed_updates: Vec<AllowedUpdate>,
}

/// A message that Telegram took over.
#[derive(Deserialize)]
pub(super) struct Taken {
    pub(super) message_id: i64,
    #[serde(default)]
    photo: Vec<Size>,
}

#[derive(Deserialize)]
struct Size {
    file_id: String,
}

impl Taken {
    /// Telegram's name of the picture: that of its largest size.
    pub(super) fn file(&self) -> Option<&str> {
        self.photo.last().map(|size| size.file_id.as_str())
    }
}

/// What became of a call that was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Too fast: for this chat, or for all.
    Slower(Duration),
    /// Later: nobody was reached, or our token is not in order.
    Later(Duration),
    /// Never so.
    Refused,
    /// What is asked for is there already.
    Done,
    /// The person wants no more, or is not there.
    Stopped,
    /// It left, and no answer came.
    Unknown(&'static str),
}

impl Fault {
    /// In the words of the outbox.
    pub(super) fn sent(&self) -> Sent {
        match self {
            Self::Slower(after) => Sent::Throttled { after: *after },
            Self::Later(after) => Sent::Away { after: *after },
            Self::Refused | Self::Done => Sent::Refused {
                code: "telegram 400".into(),
            },
            Self::Stopped => Sent::Stopped,
            Self::Unknown(why) => unknown(why),
        }
    }

    /// For the log.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Slower(_) => "too fast",
            Self::Later(_) => "not now",
            Self::Refused => "refused",
            Self::Done => "done before",
            Self::Stopped => "forbidden",
            Self::Unknown(why) => why,
        }
    }
}

/// Calls a method once.
pub(super) async fn json<P>(bot: &Bot, payload: P) -> Result<<Brief<P> as Payload>::Output, Fault>
where
    Brief<P>: Payload + Serialize + 'static,
    <Brief<P> as Payload>::Output: serde::de::DeserializeOwned,
{
    let called = JsonRequest::new(bot.clone(), Brief(payload)).await;
    called.map_err(|error| fault(&error))
}

/// Sends a picture once.
pub(super) async fn multipart(bot: &Bot, payload: SendPhoto) -> Result<Taken, Fault> {
    let called = MultipartRequest::new(bot.clone(), Brief(payload)).await;
    called.map_err(|error| fault(&error))
}

fn fault(error: &RequestError) -> Fault {
    match error {
        RequestError::RetryAfter(wait) => slower(u64::from(wait.seconds())),
        // The group became another one.
        RequestError::MigrateToChatId(_) | RequestError::Io(_) => Fault::Refused,
        RequestError::Network(error) if error.is_builder() => Fault::Refused,
        RequestError::Network(error) if error.is_connect() => Fault::Later(PAUSE),
        RequestError::Network(error) if error.is_timeout() => Fault::Unknown("no answer in time"),
        RequestError::Network(_) => Fault::Unknown("the connection broke"),
        RequestError::InvalidJson { raw, .. } => unread(raw),
        RequestError::Api(ApiError::Unknown(description)) => described(description),
        RequestError::Api(error) => known(error),
    }
}

/// What teloxide has a name for.
fn known(error: &ApiError) -> Fault {
    match error {
        ApiError::BotBlocked
        | ApiError::BotKicked
        | ApiError::BotKickedFromSupergroup
        | ApiError::BotKickedFromChannel
        | ApiError::UserDeactivated
        | ApiError::CantInitiateConversation
        | ApiError::CantTalkWithBots
        | ApiError::ChatNotFound => Fault::Stopped,
        ApiError::InvalidToken
        | ApiError::CantGetUpdates
        | ApiError::TerminatedByOtherGetUpdates => Fault::Later(LONG_PAUSE),
        ApiError::MessageNotModified => Fault::Done,
        _ => Fault::Refused,
    }
}

/// What it has no name for: teloxide keeps the description only, and Telegram begins it with the
/// status in words.
fn described(description: &str) -> Fault {
    let begins = |words: &str| description.starts_with(words);
    if begins("Too Many Requests") {
        return Fault::Slower(PAUSE);
    }
    if begins("Forbidden") || description == "Bad Request: chat not found" {
        return Fault::Stopped;
    }
    if begins("Bad Request: message is not modified") {
        return Fault::Done;
    }
    if begins("Unauthorized") || begins("Not Found") || begins("Conflict") {
        return Fault::Later(LONG_PAUSE);
    }
    if begins("Bad Request") || begins("Request Entity Too Large") {
        return Fault::Refused;
    }
    Fault::Unknown("an error of Telegram's")
}

/// An answer that is not as teloxide expects it.
fn unread(raw: &str) -> Fault {
    #[derive(Deserialize)]
    struct Answer {
        ok: bool,
        error_code: Option<u16>,
        #[serde(default)]
        description: String,
    }
    match serde_json::from_str::<Answer>(raw) {
        Ok(answer) if answer.ok => Fault::Unknown("an answer without an id"),
        Ok(answer) => match answer.error_code {
            Some(429) => Fault::Slower(PAUSE),
            Some(401 | 404 | 409) => Fault::Later(LONG_PAUSE),
            Some(403) => Fault::Stopped,
            Some(400..=499) => described(&format!("Bad Request{}", suffix(&answer.description))),
            _ => Fault::Unknown("an error of Telegram's"),
        },
        Err(_) => Fault::Unknown("an answer of another shape"),
    }
}

fn suffix(description: &str) -> &str {
    description.strip_prefix("Bad Request").unwrap_or_default()
}

fn slower(seconds: u64) -> Fault {
    Fault::Slower(Duration::from_secs(seconds.clamp(1, LONGEST_PAUSE)))
}
