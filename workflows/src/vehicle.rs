//! Vehicles by their plates (DOMAIN.md §5.8).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text;

/// Longest plate kept, in characters; real ones have 10 at most.
const PLATE_MAX: usize = 16;

/// A number plate in normal form: `29X112345` of `29-X1 123.45`. Any plate is taken; an odd one
/// says so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Plate(String);

/// What a plate's form says about the vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlateKind {
    /// Province series, one or two letters, perhaps a digit, 4 or 5 digits.
    Civil,
    /// Series letter R or RM: ask for the tractor's plate too.
    Trailer,
    /// Two letters and 4 or 5 digits.
    Army,
    /// NG, NN or QT after the province series.
    Foreign,
    /// Of no known form: foreign, temporary or mistyped. An officer looks at it.
    Odd,
}

impl Plate {
    /// Takes what was typed in capitals, letters and digits only, at most 16 of them; nothing
    /// only when there is neither letter nor digit.
    pub fn parse(text: &str) -> Option<Self> {
        let kept: String = text::unaccent(&text::clean(text))
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .take(PLATE_MAX)
            .collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The normal form that a blind index is made of.
    pub fn index_key(&self) -> String {
        format!("plate:{}", self.0)
    }

    /// What its form says.
    pub fn kind(&self) -> PlateKind {
        let plate = self.0.as_str();
        if let Some((letters, digits)) = after_digits(plate, 0)
            && letters.len() == 2
            && matches!(digits.len(), 4 | 5)
        {
            return PlateKind::Army;
        }
        // 11 is the lowest province series, 99 the highest.
        match after_digits(plate, 2) {
            Some((letters, digits)) if plate.as_bytes() >= b"11".as_slice() => {
                match (letters, digits.len()) {
                    ("NG" | "NN" | "QT", 5 | 6) => PlateKind::Foreign,
                    ("R" | "RM", 4 | 5) => PlateKind::Trailer,
                    (one, 4..=6) if one.len() == 1 => PlateKind::Civil,
                    (two, 4..=6) if two.len() == 2 => PlateKind::Civil,
                    _ => PlateKind::Odd,
                }
            }
            _ => PlateKind::Odd,
        }
    }

    /// Whether an officer should look at it.
    pub fn is_odd(&self) -> bool {
        self.kind() == PlateKind::Odd
    }
}

/// Splits `<n digits><letters><digits>` into letters and digits.
fn after_digits(plate: &str, n: usize) -> Option<(&str, &str)> {
    let (series, rest) = plate.split_at_checked(n)?;
    let end = rest.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = rest.split_at_checked(end)?;
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (all_digits(series) && all_digits(digits)).then_some((letters, digits))
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plate(…)")
    }
}

impl TryFrom<String> for Plate {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a plate has a letter or a digit")
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> Self {
        plate.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_has_one_normal_form() {
        for text in ["29-X1 123.45", "29x112345", " 29 X1-123.45 "] {
            assert_eq!(Plate::parse(text).unwrap().as_str(), "29X112345");
        }
        assert_eq!(
            Plate::parse("29-MĐ1 123.45").unwrap().as_str(),
            "29MD112345"
        );
        assert_eq!(Plate::parse(" .- "), None);
    }

    #[test]
    fn the_form_of_a_plate_tells_its_kind() {
        for (text, kind) in [
            ("30K-123.45", PlateKind::Civil),
            ("80A 1234", PlateKind::Civil),
            ("59-X2 123.45", PlateKind::Civil),
            ("51LD-123.45", PlateKind::Civil),
            ("51R-123.45", PlateKind::Trailer),
            ("29RM-012.34", PlateKind::Trailer),
            ("TM 12-34", PlateKind::Army),
            ("80-NG-123-45", PlateKind::Foreign),
        ] {
            assert_eq!(Plate::parse(text).unwrap().kind(), kind, "{text}");
        }
    }

    #[test]
    fn an_odd_plate_is_kept_and_flagged() {
        for text in [
            "ABC",
            "09A12345",
            "29A123",
            "30K1234567",
            "ВН1234",
            "WOB ZK 295",
        ] {
            assert!(Plate::parse(text).unwrap().is_odd(), "{text}");
        }
        assert_eq!(Plate::parse(&"9".repeat(99)).unwrap().as_str().len(), 16);
    }
}
