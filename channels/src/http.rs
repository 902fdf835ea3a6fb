//! The one outgoing HTTP client: bounded in time and size, follows no redirect, uses no proxy
//! from the environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Certificate, Client, Identity, RequestBuilder, Response, Url, redirect};

use crate::Sent;
use crate::settings::{SettingsError, is_loopback, read};

/// What a client needs to know of its peer.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Total time for one exchange, from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// PEM file with the only authorities to trust; without it, those of the system.
    pub ca_file: Option<PathBuf>,
    /// PEM files of our certificate (with its chain) and its key, for mutual TLS.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Builds a client that verifies its peer with rustls and *ring*.
pub fn client(settings: &HttpSettings) -> Result<Client, SettingsError> {
    // Losing the race to install it means that somebody else has, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .timeout(settings.timeout)
        // Shorter than the whole, so that a peer who never picked up is told from one who took
        // the request and fell silent.
        .connect_timeout(settings.timeout / 2)
        .pool_idle_timeout(Duration::from_secs(15))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("khaibao/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = &settings.ca_file {
        builder = builder.tls_certs_only(authorities(path)?);
    }
    if let Some((certificate, key)) = &settings.certificate {
        let mut pem = read(certificate)?;
        pem.push(b'\n');
        pem.extend(read(key)?);
        let identity = Identity::from_pem(&pem)
            .map_err(|_| SettingsError::invalid("client certificate and key", "not valid PEM"))?;
        builder = builder.identity(identity);
    }
    builder
        .build()
        .map_err(|e| SettingsError::invalid("outgoing HTTP client", chain(&e)))
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, SettingsError> {
    let found = Certificate::from_pem_bundle(&read(path)?).unwrap_or_default();
    if found.is_empty() {
        return Err(SettingsError::invalid(
            "ca_file",
            "holds no PEM certificate",
        ));
    }
    Ok(found)
}

/// Parses an address that may be called: HTTPS, or plain HTTP on this machine only.
pub fn url(key: &'static str, text: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(text).map_err(|e| SettingsError::invalid(key, e))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" if !host.is_empty() => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        _ => Err(SettingsError::invalid(
            key,
            "must be https (http only to this machine)",
        )),
    }
}

/// Why an answer's body was not read. Carries no text of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More bytes than allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// The connection broke or time ran out.
    #[error("the answer broke off")]
    Broken,
}

/// Reads at most `limit` bytes of an answer's body.
pub async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| BodyError::Broken)? {
        if bytes.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// How long nothing is sent after a connection failed or a peer asked for patience unspecified.
const PAUSE: Duration = Duration::from_secs(5);
/// The same after a peer refused us, not the message: somebody must mend the settings.
const LONG_PAUSE: Duration = Duration::from_mins(1);
/// No peer makes us wait longer than this.
const LONGEST_PAUSE: u64 = 3_600;

/// Headers in which peers say how many requests they will take yet.
const REMAINING: [&str; 2] = ["x-ratelimit-remaining", "x-ratelimit-remain"];

/// What a peer said to a message.
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// How long it wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// How many requests it will take yet, where it says so.
    pub(crate) remaining: Option<u64>,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

/// Sends a message's request once. The error says what became of a message without an answer:
/// away if it never left, unknown if it did.
pub(crate) async fn exchange(request: RequestBuilder, limit: usize) -> Result<Answer, Sent> {
    let response = request.send().await.map_err(|e| {
        if e.is_builder() {
            Sent::Refused {
                code: "request".into(),
            }
        } else if e.is_connect() {
            Sent::Away { after: PAUSE }
        } else if e.is_timeout() {
            unknown("no answer in time")
        } else {
            unknown("the connection broke")
        }
    })?;
    let status = response.status();
    let number = |name: &str| -> Option<u64> {
        let value = response.headers().get(name)?;
        value.to_str().ok()?.trim().parse().ok()
    };
    let retry_after =
        number(RETRY_AFTER.as_str()).map(|seconds| Duration::from_secs(seconds.min(LONGEST_PAUSE)));
    let remaining = REMAINING.iter().find_map(|name| number(name));
    let body = match body(response, limit).await {
        Ok(bytes) => bytes,
        // A refusal stands without its reasons.
        Err(_) if !status.is_success() => Vec::new(),
        Err(why) => return Err(unknown(&why.to_string())),
    };
    Ok(Answer {
        status: status.as_u16(),
        retry_after,
        remaining,
        body,
    })
}

impl Answer {
    /// Whether the status is 2xx.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// We were too fast. A time that the peer names is for everything that we send.
    pub(crate) fn throttled(&self) -> Sent {
        match self.retry_after {
            Some(after) => Sent::Held { after },
            None => Sent::Throttled { after: PAUSE },
        }
    }

    /// The peer is out of service; it may say for how long.
    fn out_of_service(&self) -> Sent {
        match self.retry_after {
            Some(after) => Sent::Held { after },
            None => Sent::Away { after: PAUSE },
        }
    }

    /// Something between us and the peer is not set up; the message is not at fault.
    pub(crate) fn misconfigured() -> Sent {
        Sent::Away { after: LONG_PAUSE }
    }

    /// What a status means that no provider gave a meaning of its own: wrong keys and addresses
    /// are our fault and must not turn messages into dead letters, and a server that broke may
    /// have sent the message before.
    pub(crate) fn by_status(&self) -> Sent {
        match self.status {
            300..=399 | 401 | 403 | 407 => Self::misconfigured(),
            429 => self.throttled(),
            503 => self.out_of_service(),
            400..=407 | 409..=499 => Sent::Refused {
                code: format!("http {}", self.status),
            },
            _ => unknown(&format!("http {}", self.status)),
        }
    }
}

pub(crate) fn unknown(why: &str) -> Sent {
    Sent::Unknown { why: why.into() }
}

/// A provider's code as it may be kept: short, and no sentence that could name somebody.
pub(crate) fn code(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c));
    let kept: String = kept.take(32).collect();
    if kept.is_empty() { "?".into() } else { kept }
}

/// The causes of an error in one line, without the address that was called.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        text.push_str(": ");
        text.push_str(&e.to_string());
        cause = e.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(url("url", "https://registry.example/compare").is_ok());
        assert!(url("url", "http://127.0.0.1:9000/compare").is_ok());
        for bad in [
            "http://registry.example/",
            "ftp://127.0.0.1/",
            "registry",
            "https://",
        ] {
            assert!(url("url", bad).is_err(), "{bad}");
        }
    }
}
