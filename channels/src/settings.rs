//! What the settings of all channels share.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a channel cannot be opened with its settings. Names the setting, never a secret.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that the settings name cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A value makes no sense.
    #[error("{key}: {why}")]
    Invalid {
        /// The setting.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl SettingsError {
    pub(crate) fn invalid(key: &'static str, why: impl fmt::Display) -> Self {
        Self::Invalid {
            key,
            why: why.to_string(),
        }
    }
}

/// A secret from the configuration: `"the value"` or `{ file = "path" }`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// The secret itself.
    Value(String),
    /// A file that holds it; one trailing line end is not part of it.
    #[serde(rename_all = "snake_case")]
    File {
        /// The file's path.
        file: PathBuf,
    },
}

impl Secret {
    /// The secret's text.
    pub fn reveal(&self) -> Result<String, SettingsError> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::File { file } => {
                let bytes = read(file)?;
                let text = String::from_utf8(bytes)
                    .map_err(|_| SettingsError::invalid("secret file", "is not UTF-8"))?;
                let text = text.strip_suffix('\n').unwrap_or(&text);
                Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Secret(…)"),
            Self::File { file } => write!(f, "Secret(in {})", file.display()),
        }
    }
}

/// Reads a section of the configuration; what does not belong there is refused.
pub(crate) fn section<T: DeserializeOwned>(
    key: &'static str,
    table: &toml::Table,
) -> Result<T, SettingsError> {
    toml::Value::Table(table.clone())
        .try_into()
        .map_err(|e: toml::de::Error| SettingsError::invalid(key, e.message()))
}

/// Lays one section over another, member by member.
pub(crate) fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(path).map_err(|source| SettingsError::Unreadable {
        path: path.into(),
        source,
    })
}

/// Whether a host name means this machine, where an unencrypted connection is nobody's risk.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_neither_its_value_nor_its_line_end() {
        assert_eq!(
            format!("{:?}", Secret::Value("hunter2".into())),
            "Secret(…)"
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\r\n").unwrap();
        let secret = Secret::File {
            file: file.path().into(),
        };
        assert_eq!(secret.reveal().unwrap(), "hunter2");
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "127.0.0.1.example", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
