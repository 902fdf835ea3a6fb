//! The population registry over HTTP, with mutual TLS where its operator wants it.
//!
//! One question is one POST of JSON, so that nothing personal stands in an address:
//! `{"document":"cccd","number":"…","name":"…","birth":"1990-05-01","gender":"female"}`; `birth`
//! is a year alone when no more is known. The answer is
//! `{"result":"match|mismatch|unknown","fields":["name","birth","gender"]}`. Vietnam publishes no
//! such interface; this one is ours, for the gateway that an operator puts in front of theirs.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use workflows::clock::Clock;
use workflows::person::{Birth, Identity};
use workflows::registry::{Registry, RegistryAnswer, RegistryField};
use workflows::rules::Gender;

use crate::SettingsError;
use crate::breaker::Breaker;
use crate::http::{self, HttpSettings};

const ANSWER_BYTES: usize = 16 * 1024;

/// Where the registry answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrySettings {
    /// The address that takes the question; HTTPS except on this machine.
    pub url: String,
    /// PEM file with the only authorities to trust; without it, those of the system.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// PEM file of our certificate and its chain, for mutual TLS.
    #[serde(default)]
    pub certificate_file: Option<PathBuf>,
    /// PEM file of that certificate's key.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Total time for one question in milliseconds.
    #[serde(default = "total_milliseconds")]
    pub timeout_milliseconds: u64,
    /// Questions under way at once; one more is answered "unavailable" without being asked.
    #[serde(default = "questions_at_once")]
    pub at_once: usize,
}

const fn total_milliseconds() -> u64 {
    2_000
}

const fn questions_at_once() -> usize {
    256
}

/// Asks a registry over HTTP. After five failures in a row it does not ask for 30 s.
pub struct HttpRegistry {
    client: Client,
    url: Url,
    clock: Clock,
    breaker: Breaker,
    turns: Semaphore,
}

impl HttpRegistry {
    /// Checks the settings and reads the files they name; connects nowhere.
    pub fn open(settings: &RegistrySettings, clock: Clock) -> Result<Self, SettingsError> {
        let certificate = match (&settings.certificate_file, &settings.key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            _ => {
                return Err(SettingsError::invalid(
                    "certificate_file, key_file",
                    "need each other",
                ));
            }
        };
        let client = http::client(&HttpSettings {
            timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(1, 60_000)),
            ca_file: settings.ca_file.clone(),
            certificate,
        })?;
        Ok(Self {
            client,
            url: http::url("url", &settings.url)?,
            clock,
            breaker: Breaker::default(),
            turns: Semaphore::new(settings.at_once.clamp(1, 65_536)),
        })
    }

    async fn ask(&self, identity: &Identity) -> Result<RegistryAnswer, Failure> {
        let question =
            serde_json::to_vec(&Question::of(identity)).map_err(|_| Failure::Question)?;
        let response = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(question)
            .send()
            .await
            .map_err(|e| Failure::of(&e))?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(Failure::Status(response.status().as_u16()));
        }
        let bytes = http::body(response, ANSWER_BYTES).await?;
        serde_json::from_slice::<Answer>(&bytes)
            .ok()
            .and_then(Answer::read)
            .ok_or(Failure::Answer)
    }
}

impl Registry for HttpRegistry {
    fn compare<'a>(
        &'a self,
        identity: &'a Identity,
    ) -> Pin<Box<dyn Future<Output = RegistryAnswer> + Send + 'a>> {
        Box::pin(async move {
            let Ok(_turn) = self.turns.try_acquire() else {
                return RegistryAnswer::Unavailable;
            };
            if !self.breaker.admits(self.clock.now()) {
                return RegistryAnswer::Unavailable;
            }
            match self.ask(identity).await {
                Ok(answer) => {
                    self.breaker.succeeded();
                    answer
                }
                Err(why) => {
                    let opened = self.breaker.failed(self.clock.now());
                    tracing::warn!(%why, opened, "the population registry did not answer");
                    RegistryAnswer::Unavailable
                }
            }
        })
    }
}

/// Why there is no answer. Never carries what was asked or what was said.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the question cannot be written")]
    Question,
    #[error("no connection")]
    Connection,
    #[error("out of time")]
    Time,
    #[error("the exchange broke")]
    Exchange,
    #[error("status {0}")]
    Status(u16),
    #[error(transparent)]
    Body(#[from] http::BodyError),
    #[error("an answer that makes no sense")]
    Answer,
}

impl Failure {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Time
        } else if error.is_connect() {
            Self::Connection
        } else {
            Self::Exchange
        }
    }
}

#[derive(Serialize)]
struct Question<'a> {
    document: &'static str,
    number: &'a str,
    name: &'a str,
    birth: String,
    gender: Gender,
}

impl<'a> Question<'a> {
    fn of(identity: &'a Identity) -> Self {
        Self {
            document: identity.document.kind().code(),
            number: identity.document.number(),
            name: identity.name.as_str(),
            birth: match identity.birth {
                Birth::Year(year) => format!("{year:04}"),
                Birth::Date(day) => day.iso(),
            },
            gender: identity.gender,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    result: Outcome,
    #[serde(default)]
    fields: Vec<RegistryField>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Match,
    Mismatch,
    Unknown,
}

impl Answer {
    /// The answer's meaning; none where it contradicts itself.
    fn read(self) -> Option<RegistryAnswer> {
        match (self.result, self.fields.is_empty()) {
            (Outcome::Match, true) => Some(RegistryAnswer::Match),
            (Outcome::Mismatch, false) => Some(RegistryAnswer::Mismatch(self.fields)),
            (Outcome::Unknown, _) => Some(RegistryAnswer::Unknown),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<RegistryAnswer> {
        serde_json::from_str::<Answer>(text)
            .ok()
            .and_then(Answer::read)
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_none() {
        assert_eq!(read(r#"{"result":"match","fields":["name"]}"#), None);
        assert_eq!(read(r#"{"result":"mismatch","fields":[]}"#), None);
        assert_eq!(read(r#"{"result":"mismatch","fields":["shoe"]}"#), None);
        assert_eq!(read(r#"{"result":"perhaps"}"#), None);
        assert_eq!(
            read(r#"{"result":"match","fields":[],"version":2}"#),
            Some(RegistryAnswer::Match)
        );
    }
}
