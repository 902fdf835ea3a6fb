//! What a mail server's settings say.

use std::path::PathBuf;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use serde::Deserialize;

use crate::settings::read;
use crate::{Secret, SettingsError};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// TLS from the first byte (usually port 465).
    Implicit,
    /// STARTTLS, and no mail without it (usually port 587).
    #[default]
    Starttls,
    /// STARTTLS where the server offers it; without it a password goes to this machine only.
    Opportunistic,
    /// No encryption; accepted for a server on this machine only.
    None,
}

/// Where mail goes out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// The server's name or address; its certificate must carry it.
    pub host: String,
    /// Its port.
    #[serde(default = "submission_port")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: Encryption,
    /// PEM file with the only authorities to trust; without it, those of the system.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The account, if the server wants one.
    #[serde(default)]
    pub username: Option<String>,
    /// The account's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The sender: `name@host` or `Words <name@host>`.
    pub from: String,
    /// What we call ourselves towards the server; the sender's domain by default.
    #[serde(default)]
    pub hello_name: Option<String>,
    /// Total time for one mail in seconds, from connecting to the server's last word.
    #[serde(default = "total_seconds")]
    pub timeout_seconds: u64,
}

const fn submission_port() -> u16 {
    587
}

const fn total_seconds() -> u64 {
    30
}

impl SmtpSettings {
    /// What the connection is protected with; none without encryption.
    pub(super) fn tls(&self) -> Result<Option<TlsParameters>, SettingsError> {
        if self.tls == Encryption::None {
            return Ok(None);
        }
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.ca_file {
            let authority = Certificate::from_pem(&read(path)?)
                .map_err(|_| SettingsError::invalid("ca_file", "holds no PEM certificate"))?;
            builder = builder
                .certificate_store(CertificateStore::None)
                .add_root_certificate(authority);
        }
        builder
            .build()
            .map(Some)
            .map_err(|e| SettingsError::invalid("tls", e))
    }

    /// The log-in, its password read.
    pub(super) fn credentials(&self) -> Result<Option<Credentials>, SettingsError> {
        match (&self.username, &self.password) {
            (None, None) => Ok(None),
            (Some(name), Some(password)) => {
                Ok(Some(Credentials::new(name.clone(), password.reveal()?)))
            }
            _ => Err(SettingsError::invalid(
                "username, password",
                "need each other",
            )),
        }
    }
}
