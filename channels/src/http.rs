//! The one outgoing HTTP client: bounded in time and size, follows no redirect, uses no proxy
//! from the environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Certificate, Client, Identity, Response, Url, redirect};

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
        .connect_timeout(settings.timeout)
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
