//! The pass: three faces of one thing (DESIGN.md §5).
//!
//! The QR text is `KB1:` and the base45 (RFC 9285) of a tagged `COSE_Sign1` (RFC 9052) signed
//! with Ed25519 over a CWT (RFC 8392). Any COSE library verifies it with the published keys. The
//! claims, by their numbers:
//!
//! | claim | value |
//! |---|---|
//! | 1 `iss` | `khaibao` |
//! | 4 `exp`, 6 `iat` | whole seconds since 1970 UTC |
//! | 7 `cti` | the pass id, 16 random bytes |
//! | -65537 | a map: 1 province (text), 2 kind (1 person, 2 vehicle), 3 class (one letter), 4 initials (text), 5 birth year; an opaque pass has neither 4 nor 5 |
//!
//! RFC 8392 §9.1 leaves only numbers below -65536 to private use, and each costs five bytes in
//! the QR code; so one such claim holds the map. The protected header is exactly algorithm -8
//! (`EdDSA`) and key id, the other one is empty. No name and no identity number is inside.
//!
//! The spoken code ([`SpokenCode`]), the same in digits ([`DigitCode`]) and the page address
//! ([`Link`]) are random and point to the record.

mod code;
mod digits;
mod holder;
mod keys;
mod token;

use thiserror::Error;

pub use self::code::{Link, NotACode, SpokenCode};
pub use self::digits::DigitCode;
pub use self::holder::Holder;
pub use self::keys::{KeySetError, PassSigner, PassVerifier};
use crate::clock::Moment;
use crate::ids::{PassId, ProvinceId};

/// What begins every QR text; the digit is the version.
pub const PREFIX: &str = "KB1:";

/// Bytes of the largest pass, before base45.
pub const LARGEST: usize = 200;

/// The stored form of a typed code, in letters or in digits.
pub fn typed_code(text: &str) -> Option<String> {
    SpokenCode::parse(text)
        .map(|code| code.plain())
        .or_else(|_| DigitCode::parse(text).map(|code| code.plain()))
        .ok()
}

/// What a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PassKind {
    /// One traveller.
    Person,
    /// A vehicle, whose crew have passes of their own.
    Vehicle,
}

/// What a pass says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassClaims {
    /// Key of the pass's state in the store.
    pub id: PassId,
    /// Who issued it.
    pub province: ProvinceId,
    /// When, to the second.
    pub issued_at: Moment,
    /// When it ends, to the second.
    pub expires_at: Moment,
    /// What for.
    pub kind: PassKind,
    /// The letter of its class at issue, such as that of the verdict's level.
    pub class: char,
    /// What to compare with the holder's document; absent from an opaque pass.
    pub holder: Option<Holder>,
}

/// A scanned text is no valid pass. Whether it has expired is not asked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum PassError {
    /// Something else was scanned.
    #[error("not a pass")]
    NotAPass,
    /// Begins like a pass, but is damaged, cut off or not of this version.
    #[error("a damaged pass")]
    Malformed,
    /// Names a signing key that is not in the trusted list.
    #[error("a pass under an unknown key")]
    UnknownKey,
    /// Altered, or signed by somebody else.
    #[error("a pass with a bad signature")]
    BadSignature,
}

/// A pass could not be put into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the pass cannot be encoded")]
pub struct SealError;
