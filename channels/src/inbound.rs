//! The way in. HTTP gateways come to a hook, which parses raw bytes and does nothing else; an
//! SMPP bind is a connection of ours and hands its events to the [`Inlet`] by itself.

use std::net::IpAddr;

use async_trait::async_trait;
use workflows::message::{Event, Screen, Turn};

/// The event could not be stored: the provider must be told to send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not stored")]
pub struct NotStored;

/// Where events go. The server implements it; one inlet belongs to one configured channel.
#[async_trait]
pub trait Inlet: Send + Sync {
    /// Keeps an event. After `Ok` it is durable and the provider may be told so; an event that
    /// was kept before is `Ok` too.
    async fn take(&self, event: Event) -> Result<(), NotStored>;

    /// Answers one request of a USSD dialogue; the answer is durable. A repeated request gets the
    /// same screen.
    async fn turn(&self, turn: Turn) -> Result<Screen, NotStored>;
}

/// A request at a hook, untouched.
#[derive(Clone, Copy)]
pub struct HookRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The address as the provider called it, with its query: our public address in front.
    pub url: &'a str,
    /// The query without its question mark.
    pub query: &'a str,
    /// Looks a header up by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// Where the connection comes from; behind a proxy, the proxy.
    pub source: Option<IpAddr>,
}

/// What a hook answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookReply {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

impl HookReply {
    /// 200 with a plain text.
    pub fn text(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            content_type: "text/plain; charset=utf-8",
            body: body.into(),
        }
    }
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// Badly signed, or from somebody who does not know the secret: 401 without detail.
    #[error("not signed")]
    Unsigned,
    /// Not what the provider's documents say: 400.
    #[error("malformed: {0}")]
    Malformed(&'static str),
}

/// The hook of an SMS gateway or of a chat's provider. Pure: no store, no network, and a clock only
/// to tell an event that is too old.
pub trait EventHook: Send + Sync {
    /// The events of a request; the signature is checked first, on the raw bytes.
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError>;

    /// What the gateway wants to hear once the events are durable.
    fn taken(&self) -> HookReply;
}

/// The hook of a USSD gateway. Pure, as [`EventHook`].
pub trait UssdHook: Send + Sync {
    /// The turn of a request.
    fn turn(&self, request: &HookRequest<'_>) -> Result<Turn, HookError>;

    /// A screen as this gateway wants it; `session` is the turn's.
    fn screen(&self, turn: &Turn, screen: &Screen) -> HookReply;
}
