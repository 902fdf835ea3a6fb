//! Paper that an officer keys on the same form (DESIGN.md §5, SECURITY.md T23).

use serde::{Deserialize, Serialize};

use crate::ids::OfficerId;

/// A document that the officer compared with the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparedDocument {
    /// CCCD or CMND card, or passport.
    Identity,
    /// Test result.
    Test,
    /// Travel paper (giấy đi đường).
    TravelPaper,
    /// Vehicle papers.
    Vehicle,
}

impl ComparedDocument {
    /// Every kind, in the order the screen ticks them.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Test, Self::TravelPaper, Self::Vehicle];

    /// Its word in forms and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Test => "test",
            Self::TravelPaper => "travel-paper",
            Self::Vehicle => "vehicle",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.as_str() == word)
    }
}

/// The sheet behind a keyed declaration.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Who keyed it.
    pub officer: OfficerId,
    /// In which role, for the audit.
    pub role: String,
    /// Number printed on the sheet; may be empty.
    pub serial: String,
    /// Documents compared.
    pub compared: Vec<ComparedDocument>,
    /// Picture of the sheet: a JPEG made by us from what was sent, without its metadata.
    pub picture: Option<Vec<u8>>,
}
