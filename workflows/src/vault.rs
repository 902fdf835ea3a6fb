//! Sealed fields, blind indexes and the keys behind them.
//!
//! Personal cells are sealed with a data key per province and week. Data keys live in the store
//! wrapped under a key derived from the master key, which is in the [`KeyFile`] and never in the
//! database: a copied database reads as noise, and destroying one wrapped key makes its week
//! unreadable in every backup too (SECURITY.md §5.4, §5.7). What must be found again is found by
//! a keyed hash, because a plain hash of an identity number is undone in seconds
//! (SECURITY.md §0.15).

mod keyfile;
mod sealed;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

pub use self::keyfile::{KeyFile, KeyFileError, PassKey};
pub use self::sealed::{DataKey, Period, SealedCell, sealed_period};
use crate::clock::Clock;
use crate::ids::ProvinceId;

/// Thirty-two secret bytes, wiped when dropped.
pub type Secret = Zeroizing<[u8; 32]>;

const WRAP_VERSION: u8 = 1;
const NONCE_LEN: usize = 24;
const INDEX_VERSION: u8 = 1;

/// A cell or key could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VaultError {
    /// The bytes are not a sealed cell or wrapped key of a known version.
    #[error("not sealed by this vault")]
    NotSealed,
    /// Sealed under the key of another week; ask for [`sealed_period`] first.
    #[error("sealed under the key of another period")]
    OtherPeriod,
    /// Altered, moved from another cell, or sealed under other keys.
    #[error("the seal does not hold")]
    Broken,
    /// The cell names another province than the key's.
    #[error("the key belongs to another province")]
    OtherProvince,
    /// Too large to seal.
    #[error("too large to seal")]
    TooLarge,
}

/// What a blind index is computed over; each has keys of its own, so that equal texts in
/// different fields do not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Number of an identity document.
    Document,
    /// Phone number.
    Phone,
    /// Chat of a channel.
    Chat,
    /// Vehicle plate.
    Plate,
    /// Check of a pass page's address.
    Link,
    /// Key under which a repeated request is recognised.
    Key,
}

impl Field {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Document => b"document",
            Self::Phone => b"phone",
            Self::Chat => b"chat",
            Self::Plate => b"plate",
            Self::Link => b"link",
            Self::Key => b"key",
        }
    }
}

type Cache = HashMap<(ProvinceId, Period), Arc<DataKey>>;

/// Holds the master and index keys and the data keys in use.
pub struct Vault {
    master: Secret,
    index: Secret,
    cache: RwLock<Cache>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// A vault over the keys of a key file.
    pub fn new(keys: &KeyFile) -> Self {
        Self {
            master: keys.master.clone(),
            index: keys.index.clone(),
            cache: RwLock::default(),
        }
    }

    /// Makes the data key of a province and period, and its wrapped form for the store (73
    /// bytes). Two nodes may both do this: the store keeps the first row, and whoever lost
    /// unwraps that one instead.
    pub fn new_data_key(
        &self,
        clock: &Clock,
        province: &ProvinceId,
        period: Period,
    ) -> Result<(DataKey, Vec<u8>), VaultError> {
        let key = Zeroizing::new(clock.random::<32>());
        let nonce = clock.random::<NONCE_LEN>();
        let payload = Payload {
            msg: key.as_slice(),
            aad: &wrap_aad(province, period),
        };
        let sealed = self
            .wrapping(province)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::TooLarge)?;
        let mut wrapped = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        wrapped.push(WRAP_VERSION);
        wrapped.extend_from_slice(&nonce);
        wrapped.extend_from_slice(&sealed);
        Ok((DataKey::new(province.clone(), period, key), wrapped))
    }

    /// Opens a wrapped data key.
    pub fn unwrap(
        &self,
        province: &ProvinceId,
        period: Period,
        wrapped: &[u8],
    ) -> Result<DataKey, VaultError> {
        let (version, rest) = wrapped.split_first().ok_or(VaultError::NotSealed)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(VaultError::NotSealed)?;
        if *version != WRAP_VERSION {
            return Err(VaultError::NotSealed);
        }
        let payload = Payload {
            msg: sealed,
            aad: &wrap_aad(province, period),
        };
        let opened = self
            .wrapping(province)
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Broken)?;
        let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| VaultError::NotSealed)?;
        Ok(DataKey::new(province.clone(), period, Zeroizing::new(key)))
    }

    /// The data key if this process has it already.
    pub fn cached(&self, province: &ProvinceId, period: Period) -> Option<Arc<DataKey>> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        cache.get(&(province.clone(), period)).cloned()
    }

    /// Keeps a data key for [`Vault::cached`]. There is one per province and week, so the cache
    /// stays small without a limit.
    pub fn remember(&self, key: DataKey) -> Arc<DataKey> {
        let key = Arc::new(key);
        let name = (key.province().clone(), key.period());
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.insert(name, Arc::clone(&key));
        key
    }

    /// Drops a data key whose row was destroyed.
    pub fn forget(&self, province: &ProvinceId, period: Period) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.remove(&(province.clone(), period));
    }

    /// The blind index of a value that the caller has normalised: HMAC-SHA-256 cut to 16 bytes
    /// under a key of this province, field and index version (SECURITY.md §5.5).
    pub fn index(&self, province: &ProvinceId, field: Field, normalised: &str) -> [u8; 16] {
        let mut info = Vec::with_capacity(64);
        for part in [
            b"index".as_slice(),
            province.as_str().as_bytes(),
            field.name(),
        ] {
            put(&mut info, part);
        }
        info.push(INDEX_VERSION);
        let key = derive(&self.index, &info);
        let mac = hmac(&key, normalised.as_bytes());
        std::array::from_fn(|i| mac[i])
    }

    fn wrapping(&self, province: &ProvinceId) -> XChaCha20Poly1305 {
        let mut info = Vec::with_capacity(64);
        put(&mut info, b"wrap");
        put(&mut info, province.as_str().as_bytes());
        XChaCha20Poly1305::new(&Key::from(*derive(&self.master, &info)))
    }
}

/// HKDF-SHA-256 (RFC 5869) to one 32-byte key.
#[expect(
    clippy::expect_used,
    reason = "RFC 5869 §2.3: 32 is far below the limit of 8160 bytes"
)]
fn derive(secret: &Secret, info: &[u8]) -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(b"khaibao vault 1"), secret.as_slice())
        .expand(info, key.as_mut_slice())
        .expect("32 bytes can always be expanded");
    key
}

#[expect(
    clippy::expect_used,
    reason = "RFC 2104: HMAC takes a key of any length"
)]
fn hmac(key: &Secret, value: &[u8]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key.as_slice()).expect("any key fits");
    mac.update(value);
    mac.finalize().into_bytes().into()
}

fn wrap_aad(province: &ProvinceId, period: Period) -> Vec<u8> {
    let mut aad = Vec::with_capacity(64);
    put(&mut aad, b"data key");
    put(&mut aad, province.as_str().as_bytes());
    aad.extend_from_slice(&period.0.to_be_bytes());
    aad
}

/// Appends a part behind its length, so that no two lists of parts give the same bytes.
fn put(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    #[test]
    fn a_wrapped_key_opens_only_for_its_own_province_and_period() {
        let clock = Clock::fixed(Moment(0), 3);
        let vault = Vault::new(&KeyFile::generate(&clock));
        let [here, there] = ["ha-noi", "hai-phong"].map(|p| ProvinceId::parse(p).unwrap());
        let (_, wrapped) = vault.new_data_key(&clock, &here, Period(9)).unwrap();
        assert_eq!(wrapped.len(), 73);
        assert!(vault.unwrap(&here, Period(9), &wrapped).is_ok());
        let broken = Some(VaultError::Broken);
        assert_eq!(vault.unwrap(&there, Period(9), &wrapped).err(), broken);
        assert_eq!(vault.unwrap(&here, Period(8), &wrapped).err(), broken);
        let other = Vault::new(&KeyFile::generate(&clock));
        assert_eq!(other.unwrap(&here, Period(9), &wrapped).err(), broken);
        for short in 0..wrapped.len() {
            assert!(vault.unwrap(&here, Period(9), &wrapped[..short]).is_err());
        }
    }

    #[test]
    fn a_blind_index_repeats_and_differs_by_province_field_value_and_key() {
        let clock = Clock::fixed(Moment(0), 3);
        let vault = Vault::new(&KeyFile::generate(&clock));
        let [here, there] = ["ha-noi", "hai-phong"].map(|p| ProvinceId::parse(p).unwrap());
        let one = vault.index(&here, Field::Phone, "84912345678");
        assert_eq!(one, vault.index(&here, Field::Phone, "84912345678"));
        assert_ne!(one, vault.index(&here, Field::Phone, "84912345679"));
        assert_ne!(one, vault.index(&here, Field::Document, "84912345678"));
        assert_ne!(one, vault.index(&there, Field::Phone, "84912345678"));
        let other = Vault::new(&KeyFile::generate(&clock));
        assert_ne!(one, other.index(&here, Field::Phone, "84912345678"));
    }

    #[test]
    fn a_remembered_key_is_found_until_it_is_forgotten() {
        let clock = Clock::fixed(Moment(0), 3);
        let vault = Vault::new(&KeyFile::generate(&clock));
        let here = ProvinceId::parse("ha-noi").unwrap();
        assert!(vault.cached(&here, Period(1)).is_none());
        let (key, _) = vault.new_data_key(&clock, &here, Period(1)).unwrap();
        vault.remember(key);
        assert!(vault.cached(&here, Period(1)).is_some());
        vault.forget(&here, Period(1));
        assert!(vault.cached(&here, Period(1)).is_none());
    }
}
