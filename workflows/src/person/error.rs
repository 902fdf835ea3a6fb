//! What is wrong or odd about what a person typed.

use serde::{Deserialize, Serialize};

/// Why something about a person was not understood. The sentence that tells the person what to
/// do is found in the locales by [`PersonError::code`]; no variant carries what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PersonError {
    /// Write the full name, 2 to 100 characters.
    #[error("a name has 2 to 100 characters")]
    NameLength,
    /// Write only letters, spaces and `'-.` in the name.
    #[error("a name has only letters, spaces and '-.")]
    NameLetters,
    /// Type all 12 digits, the leading 0 too.
    #[error("a CCCD number has 12 digits")]
    CccdLength,
    /// Type digits only.
    #[error("a CCCD number has only digits")]
    CccdDigits,
    /// Type all 9 digits (or the 12 of the later cards).
    #[error("a CMND number has 9 digits")]
    CmndLength,
    /// Type digits only.
    #[error("a CMND number has only digits")]
    CmndDigits,
    /// Copy the number from the passport's picture page: 5 to 20 letters and digits.
    #[error("a passport number has 5 to 20 letters and digits")]
    PassportForm,
    /// The kind of document cannot be told from the number: choose it.
    #[error("the number is of no known kind of document")]
    DocumentUnknown,
    /// Type the number with digits only.
    #[error("a phone number has only digits")]
    PhoneDigits,
    /// A mobile number has 10 digits, a landline 11; start a foreign one with `+`.
    #[error("a phone number has 10 digits")]
    PhoneLength,
    /// No network uses these first digits: check the number.
    #[error("no network has this prefix")]
    PhonePrefix,
    /// Write day/month/year, or the year alone.
    #[error("a birth is day/month/year or a year")]
    BirthForm,
    /// The birth lies in the future or too far back.
    #[error("the birth is out of range")]
    BirthRange,
    /// Choose the country from the list.
    #[error("the nationality is not an ISO 3166 code")]
    Nationality,
    /// The scanned code is not that of an identity card or a personal QR.
    #[error("the scanned text is no identity card")]
    ScanForm,
    /// The personal QR hides its number: scan the card or type the number.
    #[error("the scanned text hides its number")]
    ScanMasked,
}

impl PersonError {
    /// The stable name of its sentence in the locales.
    pub fn code(self) -> &'static str {
        match self {
            Self::NameLength => "name-length",
            Self::NameLetters => "name-letters",
            Self::CccdLength => "cccd-length",
            Self::CccdDigits => "cccd-digits",
            Self::CmndLength => "cmnd-length",
            Self::CmndDigits => "cmnd-digits",
            Self::PassportForm => "passport-form",
            Self::DocumentUnknown => "document-unknown",
            Self::PhoneDigits => "phone-digits",
            Self::PhoneLength => "phone-length",
            Self::PhonePrefix => "phone-prefix",
            Self::BirthForm => "birth-form",
            Self::BirthRange => "birth-range",
            Self::Nationality => "nationality",
            Self::ScanForm => "scan-form",
            Self::ScanMasked => "scan-masked",
        }
    }
}

/// Something odd in an otherwise well-formed identity: shown to the citizen and to the officer,
/// never a refusal. A CCCD has no check digit and old registers err (DOMAIN.md §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityNotice {
    /// The first three digits are no province (they may be a country).
    CccdPrefix,
    /// The number says a birth in the future.
    CccdYear,
    /// The number says another year of birth than declared.
    BirthDiffers,
    /// The number says another sex than declared.
    GenderDiffers,
}

impl IdentityNotice {
    /// The stable name of its sentence in the locales.
    pub fn code(self) -> &'static str {
        match self {
            Self::CccdPrefix => "cccd-prefix",
            Self::CccdYear => "cccd-year",
            Self::BirthDiffers => "birth-differs",
            Self::GenderDiffers => "gender-differs",
        }
    }
}
