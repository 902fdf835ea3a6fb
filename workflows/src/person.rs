//! A person as declared: name, document, birth, sex, nationality, phone.
//!
//! `Debug` of every type here hides its content, so that no log or panic can carry it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Day;
use crate::rules::Gender;
use crate::text;

mod document;
mod error;
mod nationality;
mod phone;
mod scan;

pub use document::{CccdFacts, Document, DocumentKind};
pub use error::{IdentityNotice, PersonError};
pub use nationality::parse_nationality;
pub use phone::{Phone, PhoneNotice};
pub use scan::DocumentScan;

/// Oldest age taken for true, in years.
const OLDEST: i32 = 125;

/// Most initials a pass carries.
const INITIALS_MAX: usize = 8;

/// A full name, unsplit (họ – đệm – tên), NFC, as typed.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FullName(String);

impl FullName {
    /// Takes 2 to 100 characters: letters, spaces and `'-.`.
    pub fn parse(text: &str) -> Result<Self, PersonError> {
        let name = text::clean(text).replace(['’', '‘', '`', '´'], "'");
        let allowed = |c: char| c.is_alphabetic() || matches!(c, ' ' | '\'' | '-' | '.');
        if !(2..=100).contains(&name.chars().count()) {
            return Err(PersonError::NameLength);
        }
        if !name.chars().all(allowed) || name.chars().filter(|c| c.is_alphabetic()).count() < 2 {
            return Err(PersonError::NameLetters);
        }
        Ok(Self(name))
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in capitals, as forms and cards print it.
    pub fn upper(&self) -> String {
        self.0.to_uppercase()
    }

    /// First letters of its words without marks, at most 8, as a pass shows them: `NTAD`.
    pub fn initials(&self) -> String {
        let first = |word: &str| text::unaccent(word).chars().find(|c| c.is_alphabetic());
        self.0
            .split(' ')
            .filter_map(first)
            .flat_map(char::to_uppercase)
            .take(INITIALS_MAX)
            .collect()
    }

    /// The search key: `nguyen thi anh dao`.
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}

impl TryFrom<String> for FullName {
    type Error = PersonError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<FullName> for String {
    fn from(name: FullName) -> Self {
        name.0
    }
}

/// Date of birth, or the year alone where no more is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Birth {
    /// Only the year.
    Year(u16),
    /// The day.
    Date(Day),
}

impl Birth {
    /// Reads `DD/MM/YYYY` (also with `-` or `.`), `YYYY-MM-DD`, `DDMMYYYY` or `YYYY`; the birth
    /// must be neither after `today` nor more than 125 years before.
    pub fn parse(text: &str, today: Day) -> Result<Self, PersonError> {
        let text = text::clean(text).replace(' ', "");
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let birth = match (digits, text.len()) {
            (true, 4) => text.parse().ok().map(Self::Year),
            (true, 8) => Day::parse(&format!("{}/{}/{}", &text[..2], &text[2..4], &text[4..]))
                .map(Self::Date),
            _ => Day::parse(&text.replace(['.', '-'], if is_iso(&text) { "-" } else { "/" }))
                .map(Self::Date),
        };
        let birth = birth.ok_or(PersonError::BirthForm)?;
        let year = i32::from(birth.year());
        let late = matches!(birth, Self::Date(day) if day > today) || year > today.year();
        if late || year < today.year() - OLDEST {
            return Err(PersonError::BirthRange);
        }
        Ok(birth)
    }

    /// The year.
    pub fn year(self) -> u16 {
        match self {
            Self::Year(year) => year,
            Self::Date(day) => u16::try_from(day.year()).unwrap_or(0),
        }
    }

    /// Whether both can be true of one person: a year alone agrees with every day in it.
    pub fn agrees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Date(a), Self::Date(b)) => a == b,
            (a, b) => a.year() == b.year(),
        }
    }

    /// `12/08/1984` or `1984`.
    pub fn local_text(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Date(day) => day.local_text(),
        }
    }
}

fn is_iso(text: &str) -> bool {
    text.find(|c: char| !c.is_ascii_digit()) == Some(4)
}

/// Who declares.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Full name.
    pub name: FullName,
    /// The document that proves it.
    pub document: Document,
    /// Birth.
    pub birth: Birth,
    /// Sex.
    pub gender: Gender,
    /// ISO 3166 alpha-2 code, `VN`.
    pub nationality: String,
    /// Phone; families share one, so it is never a key to a person.
    pub phone: Option<Phone>,
}

impl Identity {
    /// Whether the person is a Vietnamese national.
    pub fn is_vietnamese(&self) -> bool {
        self.nationality == "VN"
    }

    /// What the document's number says against the declared birth and sex, and against itself.
    pub fn notices(&self, today: Day) -> Vec<IdentityNotice> {
        let Some(facts) = self.document.facts() else {
            return Vec::new();
        };
        let stated = matches!(self.gender, Gender::Female | Gender::Male);
        let future = i32::from(facts.birth_year) > today.year();
        let differs = !future && facts.birth_year != self.birth.year();
        [
            (facts.province.is_none(), IdentityNotice::CccdPrefix),
            (future, IdentityNotice::CccdYear),
            (differs, IdentityNotice::BirthDiffers),
            (
                stated && facts.gender != self.gender,
                IdentityNotice::GenderDiffers,
            ),
        ]
        .into_iter()
        .filter_map(|(holds, notice)| holds.then_some(notice))
        .collect()
    }
}

macro_rules! hidden_debug {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

hidden_debug!(FullName, Birth, Identity, Phone);

#[cfg(test)]
mod tests;
