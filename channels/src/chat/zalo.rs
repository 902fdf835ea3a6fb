//! What Zalo's Official Account, its templates (ZNS) and their settings share: requests that carry
//! the account's token, and what its error numbers mean.

mod account;
mod codes;

use std::sync::Mutex;
use std::sync::PoisonError;

use reqwest::RequestBuilder;
use serde_json::Value;
use workflows::clock::{Clock, Moment};

pub(crate) use account::{Account, AccountSettings, LOOK};
pub(crate) use codes::{MESSAGE, Meaning, TEMPLATE, outcome};

use crate::Sent;
use crate::fields::leaf;
use crate::http::{self, Answer, exchange};

/// Most of an answer that is read.
const ANSWER_BYTES: usize = 64 * 1024;
/// Zalo counts requests by the minute.
const MINUTE_SECONDS: i64 = 60;

/// Zalo's answer to a request: its number says more than the status, which is 200 for errors too.
pub(crate) struct Said {
    /// 0 is success.
    pub(crate) error: i64,
    /// What came with it.
    pub(crate) data: Value,
}

/// Calls Zalo with the account's token.
pub(crate) struct Caller {
    pub(crate) account: Account,
    pub(crate) clock: Clock,
    /// Until when Zalo's count of requests leaves no room.
    rests_until: Mutex<Option<Moment>>,
}

impl Caller {
    pub(crate) fn new(account: Account, clock: Clock) -> Self {
        Self {
            account,
            clock,
            rests_until: Mutex::new(None),
        }
    }

    /// Makes a request with a token, and once more with a new one if that was refused. `Err` says
    /// what it means for the message when there is no answer to read.
    pub(crate) async fn call(
        &self,
        meaning: fn(i64) -> Meaning,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Said, Sent> {
        self.room()?;
        let mut access = self.account.access().await?;
        for renewed in [false, true] {
            let request = self.account.sign(build(), &access);
            let said = self.read(&exchange(request, ANSWER_BYTES).await?)?;
            if meaning(said.error) != Meaning::Token {
                return Ok(said);
            }
            if !renewed {
                access = self.account.instead_of(&access).await?;
            }
        }
        tracing::warn!("a token that was just renewed is refused");
        Err(Answer::misconfigured())
    }

    /// Whether Zalo's count leaves room for a request.
    fn room(&self) -> Result<(), Sent> {
        let now = self.clock.now();
        match *self.lock() {
            Some(until) if now < until => Err(codes::throttled((until.0 - now.0) / 1_000_000 + 1)),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Moment>> {
        self.rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, answer: &Answer) -> Result<Said, Sent> {
        if answer.remaining == Some(0) {
            tracing::warn!("the account's requests of this minute are used up");
            *self.lock() = Some(self.clock.now().plus_seconds(MINUTE_SECONDS));
        }
        if !answer.is_success() {
            return Err(answer.by_status());
        }
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let error = leaf(&body, "error").and_then(|error| error.parse().ok());
        let Some(error) = error else {
            return Err(http::unknown("an answer that makes no sense"));
        };
        let data = body.get_mut("data").map(Value::take).unwrap_or_default();
        Ok(Said { error, data })
    }
}
