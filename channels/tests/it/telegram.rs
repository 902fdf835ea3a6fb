//! Telegram, case by case, against a small server on a socket. What an emulator that is not ours
//! makes of it is in `tests/it/telegram.rs` at the top of the tree; 429, 403, 5xx, the secret,
//! duplicates and everything that goes wrong are only here.

mod answers;
mod keeper;
mod sender;
mod updates;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use channels::chat::{
    ChatChannel, NewTokens, Opening, PROVIDERS, Shared, SharedError, Tokens, Turn,
};
use channels::inbound::{Inlet, NotStored};
use channels::{Place, SettingsError};
use workflows::clock::{Clock, Moment};
use workflows::message::{ChannelId, Event, Screen};

use crate::calls::PUBLIC;

pub(crate) const TOKEN: &str = "7700:AAsecretPartOfTheToken";
pub(crate) const SECRET: &str = "hook-secret-0123456789";

/// What surrounds a channel: an inbox that may be full, and what nodes share.
#[derive(Default)]
pub(crate) struct Around {
    kept: Mutex<Vec<Event>>,
    full: AtomicBool,
    elsewhere: AtomicBool,
    position: Mutex<Option<i64>>,
}

#[async_trait]
impl Inlet for Around {
    async fn take(&self, event: Event) -> Result<(), NotStored> {
        // One refusal, as when the database is away for a moment.
        if self.full.swap(false, Ordering::SeqCst) {
            return Err(NotStored);
        }
        self.kept.lock().unwrap().push(event);
        Ok(())
    }

    async fn turn(&self, _: workflows::message::Turn) -> Result<Screen, NotStored> {
        Err(NotStored)
    }
}

#[async_trait]
impl Shared for Around {
    async fn tokens(&self) -> Result<Option<Tokens>, SharedError> {
        Err(SharedError)
    }

    async fn claim_renewal(&self, _: i64) -> Result<Option<Turn>, SharedError> {
        Err(SharedError)
    }

    async fn renewed(&self, _: Turn, _: &NewTokens) -> Result<bool, SharedError> {
        Err(SharedError)
    }

    async fn locked_out(&self, _: Turn, _: &str) -> Result<(), SharedError> {
        Err(SharedError)
    }

    async fn keeps_turn(&self) -> Result<bool, SharedError> {
        Ok(!self.elsewhere.load(Ordering::SeqCst))
    }

    async fn position(&self) -> Result<Option<i64>, SharedError> {
        Ok(*self.position.lock().unwrap())
    }

    async fn moved_to(&self, position: i64) -> Result<(), SharedError> {
        *self.position.lock().unwrap() = Some(position);
        Ok(())
    }
}

pub(crate) fn try_open(settings: &str, around: &Arc<Around>) -> Result<ChatChannel, SettingsError> {
    let channel = ChannelId::parse("tg-main").unwrap();
    let provider = PROVIDERS.iter().find(|p| p.name == "telegram").unwrap();
    (provider.open)(&Opening {
        settings: &settings.parse().unwrap(),
        place: Place {
            channel: &channel,
            public_url: PUBLIC,
        },
        clock: &Clock::fixed(Moment(0), 1),
        inlet: Arc::clone(around) as Arc<dyn Inlet>,
        shared: Arc::clone(around) as Arc<dyn Shared>,
    })
}

pub(crate) fn open(address: &str, more: &str) -> ChatChannel {
    around(address, more, &Arc::default())
}

pub(crate) fn around(address: &str, more: &str, around: &Arc<Around>) -> ChatChannel {
    let settings = format!(
        "token = \"{TOKEN}\"\nsecret = \"{SECRET}\"\napi_url = \"{address}\"\n\
         timeout_seconds = 1\n{more}"
    );
    try_open(&settings, around).unwrap()
}

#[test]
fn settings_that_cannot_work_are_refused_without_showing_a_secret() {
    let token = format!("token = \"{TOKEN}\"");
    let secret = format!("secret = \"{SECRET}\"");
    let cases = [
        (format!("{token}\n{secret}"), "ok"),
        (format!("{token}\nmode = \"polling\""), "ok"),
        (token.clone(), "secret: 16 to 256"),
        (format!("{token}\nsecret = \"kurz\""), "secret: 16 to 256"),
        (
            format!("{token}\nsecret = \"0123456789 ünfit-{SECRET}\""),
            "secret: 16",
        ),
        (format!("token = \"geheim\"\n{secret}"), "token: digits"),
        (format!("token = \"1:a/b\"\n{secret}"), "token: digits"),
        (
            format!("{token}\n{secret}\ntimeout_seconds = 50"),
            "timeout_seconds: 1 to 49",
        ),
        (
            format!("{token}\n{secret}\napi_url = \"http://tg.example\""),
            "api_url: must be https",
        ),
        (
            format!("{token}\n{secret}\ncolour = 1"),
            "telegram: unknown field",
        ),
    ];
    for (settings, expected) in cases {
        let said = match try_open(&settings, &Arc::default()) {
            Ok(_) => "ok".to_owned(),
            Err(why) => format!("{why} {why:?}"),
        };
        assert!(said.starts_with(expected), "{settings}: {said}");
        assert!(
            !said.contains("AAsecret") && !said.contains("geheim"),
            "{said}"
        );
    }
}
