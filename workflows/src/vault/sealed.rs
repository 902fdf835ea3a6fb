//! Data keys and the cells they seal.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use super::{NONCE_LEN, Secret, VaultError, put};
use crate::clock::{Clock, Day};
use crate::ids::ProvinceId;

const SEAL_VERSION: u8 = 1;
const PERIOD_LEN: usize = 4;
const TAG_LEN: usize = 16;
const HEAD_LEN: usize = 1 + PERIOD_LEN + NONCE_LEN;

/// The week that a data key serves: local days since 1970, divided by seven. A week starts on a
/// Thursday, because 1970-01-01 was one; nobody sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub i32);

impl Period {
    /// The week of a local day.
    pub fn of(day: Day) -> Self {
        Self(day.0.div_euclid(7))
    }

    /// The first local day after the week.
    pub fn end(self) -> Day {
        Day(self.0.saturating_add(1).saturating_mul(7))
    }
}

/// Where a sealed value stands. It is bound into the seal, so that a value moved to another cell
/// does not open (SECURITY.md §4 T10).
#[derive(Clone, Copy, Debug)]
pub struct SealedCell<'a> {
    /// Table name.
    pub table: &'a str,
    /// Column name.
    pub column: &'a str,
    /// Key of the row inside its province.
    pub row: &'a [u8],
    /// Province of the row.
    pub province: &'a ProvinceId,
}

/// The key of one province and week.
pub struct DataKey {
    province: ProvinceId,
    period: Period,
    key: Secret,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({}, {:?}, …)", self.province, self.period)
    }
}

impl DataKey {
    pub(super) fn new(province: ProvinceId, period: Period, key: Secret) -> Self {
        Self {
            province,
            period,
            key,
        }
    }

    /// Whose key it is.
    pub fn province(&self) -> &ProvinceId {
        &self.province
    }

    /// Which week it serves.
    pub fn period(&self) -> Period {
        self.period
    }

    /// Seals a value for one cell: version (1 byte), period (4, big-endian), nonce (24, random),
    /// then ciphertext and tag of XChaCha20-Poly1305; 45 bytes longer than the value.
    pub fn seal(
        &self,
        clock: &Clock,
        cell: &SealedCell<'_>,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        if *cell.province != self.province {
            return Err(VaultError::OtherProvince);
        }
        let nonce = clock.random::<NONCE_LEN>();
        let payload = Payload {
            msg: plaintext,
            aad: &self.aad(cell),
        };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::TooLarge)?;
        let mut blob = Vec::with_capacity(HEAD_LEN + sealed.len());
        blob.push(SEAL_VERSION);
        blob.extend_from_slice(&self.period.0.to_be_bytes());
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Opens what [`DataKey::seal`] sealed for the same cell.
    pub fn open(&self, cell: &SealedCell<'_>, blob: &[u8]) -> Result<Vec<u8>, VaultError> {
        if *cell.province != self.province {
            return Err(VaultError::OtherProvince);
        }
        if sealed_period(blob).ok_or(VaultError::NotSealed)? != self.period {
            return Err(VaultError::OtherPeriod);
        }
        let (nonce, sealed) = blob
            .get(1 + PERIOD_LEN..)
            .and_then(<[u8]>::split_first_chunk::<NONCE_LEN>)
            .ok_or(VaultError::NotSealed)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.aad(cell),
        };
        self.cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| VaultError::Broken)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.key))
    }

    fn aad(&self, cell: &SealedCell<'_>) -> Vec<u8> {
        let mut aad = Vec::with_capacity(96);
        aad.push(SEAL_VERSION);
        put(&mut aad, cell.table.as_bytes());
        put(&mut aad, cell.column.as_bytes());
        put(&mut aad, cell.row);
        put(&mut aad, self.province.as_str().as_bytes());
        put(&mut aad, &self.period.0.to_be_bytes());
        aad
    }
}

/// Which week's key a sealed cell needs; `None` when the bytes are not a sealed cell.
pub fn sealed_period(blob: &[u8]) -> Option<Period> {
    let (version, rest) = blob.split_first()?;
    let (period, rest) = rest.split_first_chunk::<PERIOD_LEN>()?;
    let whole = *version == SEAL_VERSION && rest.len() >= NONCE_LEN + TAG_LEN;
    whole.then(|| Period(i32::from_be_bytes(*period)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{KeyFile, Vault};
    use super::*;
    use crate::clock::Moment;

    fn key(clock: &Clock, province: &str) -> DataKey {
        let vault = Vault::new(&KeyFile::generate(clock));
        let province = ProvinceId::parse(province).unwrap();
        vault
            .new_data_key(clock, &province, Period(2_700))
            .unwrap()
            .0
    }

    #[test]
    fn a_cell_moved_to_another_place_does_not_open() {
        let clock = Clock::fixed(Moment(0), 1);
        let key = key(&clock, "ha-noi");
        let home = SealedCell {
            table: "declarations",
            column: "identity",
            row: &[1; 16],
            province: key.province(),
        };
        let sealed = key.seal(&clock, &home, b"Nguyen Van A").unwrap();
        assert_eq!(sealed_period(&sealed), Some(Period(2_700)));
        assert_eq!(key.open(&home, &sealed).unwrap(), b"Nguyen Van A");
        let elsewhere = ProvinceId::parse("hai-phong").unwrap();
        for place in [
            SealedCell {
                table: "registry",
                ..home
            },
            SealedCell {
                column: "answers",
                ..home
            },
            SealedCell {
                row: &[2; 16],
                ..home
            },
            SealedCell {
                row: &[1; 15],
                ..home
            },
            SealedCell {
                table: "declarationsi",
                column: "dentity",
                ..home
            },
        ] {
            assert_eq!(key.open(&place, &sealed), Err(VaultError::Broken));
        }
        let foreign = SealedCell {
            province: &elsewhere,
            ..home
        };
        assert_eq!(key.open(&foreign, &sealed), Err(VaultError::OtherProvince));
        assert!(!format!("{key:?}").contains("32, "));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_value_comes_back_and_any_altered_byte_is_noticed(
            value in proptest::collection::vec(any::<u8>(), 0..200), flip in 1u8.., seed: u64,
        ) {
            let clock = Clock::fixed(Moment(0), seed);
            let key = key(&clock, "da-nang");
            let cell =
                SealedCell { table: "t", column: "c", row: b"r", province: key.province() };
            let sealed = key.seal(&clock, &cell, &value).unwrap();
            prop_assert_eq!(key.open(&cell, &sealed).unwrap(), value);
            for at in 0..sealed.len() {
                let mut altered = sealed.clone();
                altered[at] ^= flip;
                prop_assert!(key.open(&cell, &altered).is_err());
                prop_assert!(key.open(&cell, &sealed[..at]).is_err());
            }
        }
    }

    #[test]
    fn a_week_covers_seven_days() {
        assert_eq!(Period::of(Day(13)), Period(1));
        assert_eq!(Period::of(Day(14)), Period(2));
        assert_eq!(Period::of(Day(-1)), Period(-1));
        assert_eq!(Period(1).end(), Day(14));
    }
}
