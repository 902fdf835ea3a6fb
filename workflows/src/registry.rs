//! The port to the population registry, and the adapter over an imported copy of it.

mod imported;

use serde::{Deserialize, Serialize};

pub use imported::{ImportError, Imported, ImportedRegistry, national};

use crate::person::Identity;

/// A field that the registry compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryField {
    /// Full name.
    Name,
    /// Date or year of birth.
    Birth,
    /// Sex.
    Gender,
}

impl RegistryField {
    /// Its word in forms and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Birth => "birth",
            Self::Gender => "gender",
        }
    }
}

/// What the registry says of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryAnswer {
    /// Number, name and birth fit.
    Match,
    /// The number is known, these fields differ.
    Mismatch(Vec<RegistryField>),
    /// The number is not known.
    Unknown,
    /// The registry could not be asked.
    Unavailable,
}

/// Asks the population registry whether an identity is real. Must come back within its own
/// time-out; it says [`RegistryAnswer::Unavailable`] rather than failing.
pub trait Registry: Send + Sync {
    /// Compares an identity with the registry's.
    fn compare<'a>(
        &'a self,
        identity: &'a Identity,
    ) -> std::pin::Pin<Box<dyn Future<Output = RegistryAnswer> + Send + 'a>>;
}
