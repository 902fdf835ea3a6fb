//! Who may call a hook: a shared secret where the provider can carry one, and addresses of
//! origin. Secrets are compared in a time that tells nothing of them.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::fields::pairs;
use crate::inbound::{HookError, HookRequest};
use crate::settings::{Secret, SettingsError};

/// What a caller must show; everything that is set must hold, and something must be set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSettings {
    /// A header with a secret.
    pub header: Option<Carried>,
    /// A field of the address's query with a secret.
    pub query: Option<Carried>,
    /// Basic authentication.
    pub basic: Option<Login>,
    /// Addresses and networks that may call, such as `203.0.113.7` or `203.0.113.0/24`. Of use
    /// only where no proxy stands in between.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// A secret under a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// Name of the header or field.
    pub name: String,
    /// What must stand in it.
    pub secret: Secret,
}

/// A name and its password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// The checks of one channel.
pub(crate) struct Gate {
    header: Option<(String, String)>,
    query: Option<(String, String)>,
    basic: Option<String>,
    sources: Vec<Network>,
}

impl Gate {
    /// Reads the secrets. A gate that anybody could pass is refused.
    pub(crate) fn open(settings: &GateSettings) -> Result<Self, SettingsError> {
        let carried = |c: &Option<Carried>| {
            c.as_ref()
                .map(|c| Ok((c.name.clone(), reveal(&c.secret)?)))
                .transpose()
        };
        let gate = Self {
            header: carried(&settings.header)?.map(|(name, s)| (name.to_ascii_lowercase(), s)),
            query: carried(&settings.query)?,
            basic: settings
                .basic
                .as_ref()
                .map(|login| Ok(format!("{}:{}", login.username, reveal(&login.password)?)))
                .transpose()?,
            sources: settings
                .sources
                .iter()
                .map(|text| Network::parse(text))
                .collect::<Result<_, _>>()?,
        };
        let open = gate.header.is_none()
            && gate.query.is_none()
            && gate.basic.is_none()
            && gate.sources.is_empty();
        if open {
            return Err(SettingsError::invalid(
                "gate",
                "needs a header, a query field, a basic login or sources",
            ));
        }
        Ok(gate)
    }

    /// A gate with nothing but a secret in the query.
    pub(crate) fn of_query(name: &str, secret: &Secret) -> Result<Self, SettingsError> {
        Self::open(&GateSettings {
            query: Some(Carried {
                name: name.into(),
                secret: secret.clone(),
            }),
            ..GateSettings::default()
        })
    }

    /// The secret in the query as `name=secret`, for addresses that we give away.
    pub(crate) fn query_pair(&self) -> Option<(&str, &str)> {
        self.query
            .as_ref()
            .map(|(name, s)| (name.as_str(), s.as_str()))
    }

    /// Lets a request in or not. Every check is made, whatever the others say.
    pub(crate) fn check(&self, request: &HookRequest<'_>) -> Result<(), HookError> {
        let mut pass = Choice::from(1);
        if let Some((name, secret)) = &self.header {
            pass &= equal((request.header)(name).unwrap_or_default(), secret);
        }
        if let Some((name, secret)) = &self.query {
            let pairs = pairs(request.query.as_bytes());
            let shown = pairs.iter().find(|(key, _)| key == name);
            pass &= equal(shown.map_or("", |(_, value)| value), secret);
        }
        if let Some(login) = &self.basic {
            let shown = (request.header)("authorization").and_then(basic);
            pass &= equal(&shown.unwrap_or_default(), login);
        }
        if !self.sources.is_empty() {
            let known = |source: IpAddr| self.sources.iter().any(|n| n.holds(source));
            pass &= Choice::from(u8::from(request.source.is_some_and(known)));
        }
        if bool::from(pass) {
            Ok(())
        } else {
            Err(HookError::Unsigned)
        }
    }
}

/// A secret that is worth the name.
fn reveal(secret: &Secret) -> Result<String, SettingsError> {
    let text = secret.reveal()?;
    if text.len() < 8 {
        return Err(SettingsError::invalid(
            "gate",
            "a secret has 8 characters or more",
        ));
    }
    Ok(text)
}

/// Compares digests, so that not even the lengths show in the time it takes.
pub(crate) fn equal(shown: &str, secret: &str) -> Choice {
    let (shown, secret) = (Sha256::digest(shown), Sha256::digest(secret));
    shown.as_slice().ct_eq(secret.as_slice())
}

/// In lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn basic(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()
}

/// An address with the number of its leading bits that count.
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Self, SettingsError> {
        let wrong = || SettingsError::invalid("gate.sources", "an address or address/bits");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }

    fn holds(&self, source: IpAddr) -> bool {
        match (self.address, source.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or(0);
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            _ => false,
        }
    }
}
