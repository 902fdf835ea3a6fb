//! Signing passes, publishing the keys, and opening passes with them.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coset::{CoseSign1, CoseSign1Builder, Header, HeaderBuilder, TaggedCborSerializable};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::token::{self, ALGORITHM};
use super::{LARGEST, PREFIX, PassClaims, PassError, SealError};
use crate::vault::{KeyFile, PassKey};

/// Characters of the largest pass: base45 makes three of two bytes.
const LONGEST_TEXT: usize = PREFIX.len() + LARGEST.div_ceil(2) * 3;

/// Eight characters that name a public key: base64url of the first six bytes of its SHA-256. The
/// same characters stand in the COSE header and in the published list, so that libraries which
/// compare the two as text find the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct KeyId(String);

impl KeyId {
    fn of(key: &VerifyingKey) -> Self {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        Self(URL_SAFE_NO_PAD.encode(&hash[..6]))
    }

    fn header(&self) -> Header {
        HeaderBuilder::new()
            .algorithm(ALGORITHM)
            .key_id(self.0.clone().into_bytes())
            .build()
    }
}

/// Signs passes with the newest key of the key file.
pub struct PassSigner {
    newest: SigningKey,
    id: KeyId,
    /// Every key whose passes are still good, newest first.
    trusted: Vec<VerifyingKey>,
}

impl fmt::Debug for PassSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PassSigner({}, …)", self.id.0)
    }
}

impl PassSigner {
    /// The signer over a key file.
    pub fn new(keys: &KeyFile) -> Self {
        let signing = |key: &PassKey| SigningKey::from_bytes(&key.seed);
        let newest = signing(keys.newest_pass_key());
        let trusted = keys
            .pass_keys()
            .map(|key| signing(key).verifying_key())
            .collect();
        Self {
            id: KeyId::of(&newest.verifying_key()),
            newest,
            trusted,
        }
    }

    /// The QR text of a pass, in characters of a QR code's alphanumeric mode. It fits version 9
    /// at level M (262 characters) for province ids of up to 20 characters.
    pub fn seal(&self, claims: &PassClaims) -> Result<String, SealError> {
        let bytes = CoseSign1Builder::new()
            .protected(self.id.header())
            .payload(token::to_cwt(claims)?)
            .create_signature(b"", |signed| self.newest.sign(signed).to_bytes().to_vec())
            .build()
            .to_tagged_vec()
            .map_err(|_| SealError)?;
        Ok(format!("{PREFIX}{}", base45::encode(bytes)))
    }

    /// The public keys as a JWK set (RFC 7517, RFC 8037), newest first, for
    /// `/.well-known/khaibao-keys.json`.
    pub fn published_keys(&self) -> serde_json::Value {
        let keys: Vec<_> = self.trusted.iter().map(Jwk::of).collect();
        serde_json::json!({ "keys": keys })
    }
}

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    alg: String,
    #[serde(rename = "use")]
    usage: String,
    kid: String,
    x: String,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

impl Jwk {
    fn of(key: &VerifyingKey) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            usage: "sig".into(),
            kid: KeyId::of(key).0,
            x: URL_SAFE_NO_PAD.encode(key.as_bytes()),
        }
    }

    fn key(&self) -> Option<VerifyingKey> {
        let kind = (&*self.kty, &*self.crv, &*self.alg, &*self.usage);
        let x: [u8; 32] = URL_SAFE_NO_PAD.decode(&self.x).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&x).ok().filter(|k| !k.is_weak())?;
        let ours = kind == ("OKP", "Ed25519", "EdDSA", "sig") && self.kid == KeyId::of(&key).0;
        ours.then_some(key)
    }
}

/// A published key list cannot be trusted as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a list of pass keys")]
pub struct KeySetError;

/// Opens passes with a list of trusted public keys. Never takes a key from a pass.
#[derive(Clone, Debug)]
pub struct PassVerifier {
    keys: HashMap<KeyId, VerifyingKey>,
}

impl PassVerifier {
    /// Trusts the signer's keys.
    pub fn from_signer(signer: &PassSigner) -> Self {
        Self::over(signer.trusted.iter().copied())
    }

    /// Trusts a published list ([`PassSigner::published_keys`]).
    pub fn from_published(list: &serde_json::Value) -> Result<Self, KeySetError> {
        let set = JwkSet::deserialize(list).map_err(|_| KeySetError)?;
        let keys = set.keys.iter().map(Jwk::key).collect::<Option<Vec<_>>>();
        Ok(Self::over(keys.ok_or(KeySetError)?))
    }

    fn over(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self {
            keys: keys.into_iter().map(|k| (KeyId::of(&k), k)).collect(),
        }
    }

    /// Opens a scanned text. White space around it and letter case do not matter (a scanner that
    /// types may have Caps Lock on). Whether the pass has expired or was revoked is for the
    /// caller to ask.
    pub fn open(&self, text: &str) -> Result<PassClaims, PassError> {
        // The last character of a base45 text is never its space, so trimming takes nothing.
        let text = text.trim();
        let start = text.get(..PREFIX.len()).ok_or(PassError::NotAPass)?;
        if !start.eq_ignore_ascii_case(PREFIX) {
            return Err(PassError::NotAPass);
        }
        if text.len() > LONGEST_TEXT {
            return Err(PassError::Malformed);
        }
        let body = text[PREFIX.len()..].to_ascii_uppercase();
        let bytes = base45::decode(&body).map_err(|_| PassError::Malformed)?;
        // The decoder lets an overflowing last pair of characters wrap round.
        if base45::encode(&bytes) != body {
            return Err(PassError::Malformed);
        }
        self.open_bytes(&bytes)
    }

    fn open_bytes(&self, bytes: &[u8]) -> Result<PassClaims, PassError> {
        let malformed = PassError::Malformed;
        let cose = CoseSign1::from_tagged_slice(bytes).map_err(|_| malformed)?;
        // What the signature does not cover (tag, lengths, outer header) may have one form only.
        let canonical = cose
            .clone()
            .to_tagged_vec()
            .is_ok_and(|again| again == bytes);
        if !canonical || !cose.unprotected.is_empty() {
            return Err(malformed);
        }
        let header = &cose.protected.header;
        let id = String::from_utf8(header.key_id.clone())
            .map(KeyId)
            .map_err(|_| malformed)?;
        if *header != id.header() {
            return Err(malformed);
        }
        let key = self.keys.get(&id).ok_or(PassError::UnknownKey)?;
        cose.verify_signature(b"", |signature, signed| {
            let signature =
                Signature::from_slice(signature).map_err(|_| PassError::BadSignature)?;
            key.verify_strict(signed, &signature)
                .map_err(|_| PassError::BadSignature)
        })?;
        token::from_cwt(cose.payload.as_deref().ok_or(malformed)?)
    }
}

#[cfg(test)]
mod tests;
