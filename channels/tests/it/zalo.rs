//! What the tests of Zalo share. There is no Zalo to talk to and no emulator of it: the answers
//! come from a small server on a socket, in the shapes that CHANNELS.md B5 collected.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use channels::chat::{
    ChatChannel, NewTokens, Opening, PROVIDERS, Shared, SharedError, Tokens, Turn,
};
use channels::inbound::{Inlet, NotStored};
use channels::{ChatMessage, Content, Outbound, Picture, Place, SettingsError};
use uuid::Uuid;
use workflows::clock::{Clock, Moment};
use workflows::ids::OutboundId;
use workflows::message::{ChannelId, ChatText, Class, Event, Screen};

use crate::calls::{ID, PUBLIC};

/// 23 November 2025, 09:05 in Vietnam: the time of the signed events.
pub(crate) const NOW: Moment = Moment(1_763_863_500_000_000);

/// What the nodes share, in memory.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Inner>);

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) tokens: Option<(String, String, Moment)>,
    pub(crate) version: i64,
    pub(crate) turns: i64,
    pub(crate) is_taken: bool,
    pub(crate) locked: Option<String>,
    /// Nothing can be written now.
    pub(crate) is_away: bool,
}

impl Memory {
    /// With a token that lasts.
    pub(crate) fn fresh() -> Arc<Self> {
        Self::until(NOW.plus_minutes(20 * 60))
    }

    pub(crate) fn until(end: Moment) -> Arc<Self> {
        let memory = Self::default();
        memory.lock().tokens = Some(("access-1".into(), "refresh-1".into(), end));
        Arc::new(memory)
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Shared for Memory {
    async fn tokens(&self) -> Result<Option<Tokens>, SharedError> {
        let inner = self.lock();
        let tokens = inner.tokens.clone();
        Ok(tokens.map(|(access, refresh, access_until)| Tokens {
            version: inner.version,
            access,
            refresh,
            access_until,
            locked: inner.locked.is_some(),
        }))
    }

    async fn claim_renewal(&self, version: i64) -> Result<Option<Turn>, SharedError> {
        let mut inner = self.lock();
        if inner.is_taken || inner.version != version || inner.locked.is_some() {
            return Ok(None);
        }
        inner.is_taken = true;
        inner.turns += 1;
        let epoch = inner.turns;
        Ok(Some(Turn { version, epoch }))
    }

    async fn renewed(&self, turn: Turn, new: &NewTokens) -> Result<bool, SharedError> {
        let mut inner = self.lock();
        if inner.is_away {
            return Err(SharedError);
        }
        if turn.version != inner.version {
            return Ok(false);
        }
        let tokens = (new.access.clone(), new.refresh.clone(), new.access_until);
        inner.tokens = Some(tokens);
        (inner.version, inner.is_taken, inner.locked) = (inner.version + 1, false, None);
        Ok(true)
    }

    async fn locked_out(&self, _: Turn, code: &str) -> Result<(), SharedError> {
        self.lock().locked = Some(code.into());
        Ok(())
    }

    async fn keeps_turn(&self) -> Result<bool, SharedError> {
        Ok(true)
    }

    async fn position(&self) -> Result<Option<i64>, SharedError> {
        Ok(None)
    }

    async fn moved_to(&self, _: i64) -> Result<(), SharedError> {
        Ok(())
    }
}

struct NoInlet;

#[async_trait]
impl Inlet for NoInlet {
    async fn take(&self, _: Event) -> Result<(), NotStored> {
        Err(NotStored)
    }

    async fn turn(&self, _: workflows::message::Turn) -> Result<Screen, NotStored> {
        Err(NotStored)
    }
}

pub(crate) fn clock() -> Clock {
    Clock::fixed(NOW, 1)
}

pub(crate) fn try_open(
    provider: &str,
    settings: &str,
    clock: &Clock,
    shared: Arc<Memory>,
) -> Result<ChatChannel, SettingsError> {
    let channel = ChannelId::parse("zalo").unwrap();
    let provider = PROVIDERS.iter().find(|p| p.name == provider).unwrap();
    (provider.open)(&Opening {
        settings: &settings.parse().unwrap(),
        place: Place {
            channel: &channel,
            public_url: PUBLIC,
        },
        clock,
        inlet: Arc::new(NoInlet),
        shared,
    })
}

/// An Official Account that calls this address.
pub(crate) fn oa(url: &str, more: &str, clock: &Clock, shared: &Arc<Memory>) -> ChatChannel {
    let settings = format!("{}\n{more}", oa_settings(url));
    try_open("zalo-oa", &settings, clock, Arc::clone(shared)).unwrap_or_else(|why| panic!("{why}"))
}

pub(crate) fn oa_settings(url: &str) -> String {
    format!(
        "app_id = \"3601\"\napp_secret = \"app-secret-key\"\noa_secret = \"oa-secret-key\"\n\
         url = \"{url}\"\noauth_url = \"{url}\"\ntimeout_milliseconds = 400"
    )
}

pub(crate) fn words(text: &str) -> ChatText {
    ChatText {
        text: text.into(),
        ..ChatText::default()
    }
}

pub(crate) fn picture() -> Picture {
    Picture {
        name: "0123".into(),
        png: Arc::new(b"\x89PNG".to_vec()),
        url: None,
    }
}

pub(crate) fn chat(words: ChatText, picture: Option<Picture>, class: Class) -> Outbound {
    Outbound {
        id: OutboundId(Uuid::parse_str(ID).unwrap()),
        to: "246845883529".into(),
        content: Content::Chat(Box::new(ChatMessage {
            words,
            picture,
            class,
        })),
    }
}

pub(crate) fn reply(text: &str) -> Outbound {
    chat(words(text), None, Class::Reply)
}

/// The JSON that a request carries.
pub(crate) fn json(request: &str) -> serde_json::Value {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}
