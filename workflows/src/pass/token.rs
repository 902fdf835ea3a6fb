//! Claims to CWT bytes and back.

use ciborium::Value;
use coset::cwt::{ClaimName, ClaimsSet, ClaimsSetBuilder, Timestamp};
use coset::{CborSerializable, iana};

use super::{Holder, PassClaims, PassError, PassKind, SealError};
use crate::clock::Moment;
use crate::ids::{PassId, ProvinceId};

/// The one algorithm a pass is signed with.
pub(super) const ALGORITHM: iana::Algorithm = iana::Algorithm::EdDSA;

const ISSUER: &str = "khaibao";
/// The first number of RFC 8392's private range.
const PRIVATE: i64 = -65_537;

const PROVINCE: u8 = 1;
const KIND: u8 = 2;
const CLASS: u8 = 3;
const INITIALS: u8 = 4;
const BIRTH_YEAR: u8 = 5;

impl PassKind {
    fn number(self) -> u8 {
        match self {
            Self::Person => 1,
            Self::Vehicle => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Person),
            2 => Some(Self::Vehicle),
            _ => None,
        }
    }
}

pub(super) fn to_cwt(claims: &PassClaims) -> Result<Vec<u8>, SealError> {
    let mut ours = vec![
        (Value::from(PROVINCE), Value::from(claims.province.as_str())),
        (Value::from(KIND), Value::from(claims.kind.number())),
        (Value::from(CLASS), Value::from(claims.class.to_string())),
    ];
    if let Some(holder) = &claims.holder {
        ours.push((Value::from(INITIALS), Value::from(holder.initials())));
        ours.push((Value::from(BIRTH_YEAR), Value::from(holder.birth_year())));
    }
    ClaimsSetBuilder::new()
        .issuer(ISSUER.into())
        .expiration_time(Timestamp::WholeSeconds(claims.expires_at.seconds()))
        .issued_at(Timestamp::WholeSeconds(claims.issued_at.seconds()))
        .cwt_id(claims.id.0.to_vec())
        .private_claim(PRIVATE, Value::Map(ours))
        .build()
        .to_vec()
        .map_err(|_| SealError)
}

/// Reads claims whose signature has been verified. Unknown claims are refused: a pass that says
/// more than this version understands must not count as one.
pub(super) fn from_cwt(bytes: &[u8]) -> Result<PassClaims, PassError> {
    let set = ClaimsSet::from_slice(bytes).map_err(|_| PassError::Malformed)?;
    read(&set).ok_or(PassError::Malformed)
}

fn read(set: &ClaimsSet) -> Option<PassClaims> {
    let [(ClaimName::PrivateUse(PRIVATE), Value::Map(ours))] = set.rest.as_slice() else {
        return None;
    };
    let none_else = set.issuer.as_deref() == Some(ISSUER)
        && set.subject.is_none()
        && set.audience.is_none()
        && set.not_before.is_none();
    if !none_else {
        return None;
    }
    let ours = ours
        .iter()
        .map(|(name, value)| Some((u8::try_from(name.as_integer()?).ok()?, value)))
        .collect::<Option<Vec<_>>>()?;
    let (all, of_holder) = ours.split_at_checked(3)?;
    let [(PROVINCE, province), (KIND, kind), (CLASS, class)] = all else {
        return None;
    };
    let holder = match of_holder {
        [] => None,
        [(INITIALS, initials), (BIRTH_YEAR, year)] => {
            let year = u16::try_from(year.as_integer()?).ok()?;
            Some(Holder::from_claims(initials.as_text()?, year)?)
        }
        _ => return None,
    };
    let mut letters = class.as_text()?.chars();
    let (Some(class), None) = (letters.next(), letters.next()) else {
        return None;
    };
    Some(PassClaims {
        id: PassId(set.cwt_id.as_deref()?.try_into().ok()?),
        province: ProvinceId::parse(province.as_text()?)?,
        issued_at: moment(set.issued_at.as_ref()?)?,
        expires_at: moment(set.expiration_time.as_ref()?)?,
        kind: PassKind::from_number(u8::try_from(kind.as_integer()?).ok()?)?,
        class,
        holder,
    })
}

fn moment(time: &Timestamp) -> Option<Moment> {
    match time {
        Timestamp::WholeSeconds(s) => s.checked_mul(1_000_000).map(Moment),
        Timestamp::FractionalSeconds(_) => None,
    }
}
