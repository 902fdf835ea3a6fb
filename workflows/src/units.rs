//! The administrative units of both epochs, their names and how old ones became new ones
//! (DOMAIN.md §5.7; data, source and licence in `data/units`).

use std::ops::Range;
use std::sync::OnceLock;

use crate::place::{Epoch, UnitCode};

mod load;
mod query;
mod resolve;
mod search;

pub use resolve::Resolved;

/// All units, parsed once from the embedded lists.
pub struct Units {
    /// Ascending by code, so that a province stands before its communes.
    all: Vec<Unit>,
    /// Search keys of all units, one after the other; see [`Unit::key`].
    keys: String,
    /// Targets and sources of all units, one after the other; see [`Unit::now`], [`Unit::was`].
    links: Vec<UnitCode>,
}

/// Kinds of units that a [`UnitCode`] can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// Tỉnh.
    Province,
    /// Thành phố of a province's rank.
    City,
    /// Xã.
    Commune,
    /// Phường.
    Ward,
    /// Thị trấn, until 2025.
    Township,
    /// Đặc khu, since 2025.
    SpecialZone,
    /// Huyện without communes: five islands until 2025.
    IslandDistrict,
}

impl UnitKind {
    /// The Vietnamese word in front of the name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Province => "Tỉnh",
            Self::City => "Thành phố",
            Self::Commune => "Xã",
            Self::Ward => "Phường",
            Self::Township => "Thị trấn",
            Self::SpecialZone => "Đặc khu",
            Self::IslandDistrict => "Huyện",
        }
    }
}

/// The level between province and commune, until 2025. It has no [`UnitCode`] of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct District {
    /// Official code.
    pub code: u16,
    /// `Quận`, `Huyện`, `Thị xã` or `Thành phố`.
    pub word: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// One province or commune of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub code: UnitCode,
    /// Its name without the word in front.
    pub name: &'static str,
    /// Its kind.
    pub kind: UnitKind,
    /// Its district; only communes until 2025 have one.
    pub district: Option<District>,
    /// Name of its province, without the word in front.
    pub province: &'static str,
    /// Number of the present province it lies in.
    pub present_province: u16,
    /// Where its key stands: folded kind, name, district, province.
    key: Range<usize>,
    /// Where the name begins and ends in the key.
    name_at: Range<usize>,
    /// Where the district stands in the key; empty without one.
    district_at: Range<usize>,
    /// One bit for each first letter of the key's words.
    initials: u32,
    /// Place in the order of the type-ahead list: present epoch, provinces, then by key.
    order: u32,
    /// What it became (a present unit: itself), the most likely first.
    now: Range<usize>,
    /// What a present unit was made of.
    was: Range<usize>,
}

impl Unit {
    /// `Phường Ba Đình`, `Thành phố Hà Nội`.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.kind.word(), self.name)
    }

    /// `Phường Ba Đình, Hà Nội`; `Phường Trúc Bạch, Quận Ba Đình, Hà Nội`; a province by its
    /// name alone.
    pub fn path(&self) -> String {
        if self.code.commune == 0 {
            return self.name.to_owned();
        }
        match self.district {
            Some(d) => {
                format!(
                    "{}, {} {}, {}",
                    self.full_name(),
                    d.word,
                    d.name,
                    self.province
                )
            }
            None => format!("{}, {}", self.full_name(), self.province),
        }
    }

    /// The path, with a note when the unit is of the old map, as codes and names were reused.
    /// [`Units::resolve`] reads it back.
    pub fn label(&self) -> String {
        match self.code.epoch {
            Epoch::Since2025 => self.path(),
            Epoch::Before2025 => format!("{} (trước 1/7/2025)", self.path()),
        }
    }
}

impl Units {
    /// The lists that the program carries, parsed at the first call.
    pub fn embedded() -> &'static Self {
        static UNITS: OnceLock<Units> = OnceLock::new();
        UNITS.get_or_init(load::load)
    }

    /// The provinces of a map, by name.
    pub fn provinces(&self, epoch: Epoch) -> Vec<&Unit> {
        let mut all: Vec<&Unit> = self
            .of_epoch(epoch)
            .iter()
            .filter(|u| u.code.commune == 0)
            .collect();
        all.sort_by_key(|unit| unit.order);
        all
    }

    /// The communes of a province, by name.
    pub fn communes(&self, epoch: Epoch, province: u16) -> Vec<&Unit> {
        let code = |commune| UnitCode {
            epoch,
            province,
            commune,
        };
        let start = self.all.partition_point(|unit| unit.code < code(1));
        let end = self.all.partition_point(|unit| unit.code <= code(u32::MAX));
        let mut all: Vec<&Unit> = self
            .all
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .collect();
        all.sort_by_key(|unit| unit.order);
        all
    }

    /// The unit of a code.
    pub fn unit(&self, code: UnitCode) -> Option<&Unit> {
        let at = self
            .all
            .binary_search_by_key(&code, |unit| unit.code)
            .ok()?;
        self.all.get(at)
    }

    /// How a code is shown to people; see [`Unit::label`]. A code that is on neither list is
    /// shown by its numbers.
    pub fn label(&self, code: UnitCode) -> String {
        self.unit(code).map_or_else(
            || format!("{:02}/{:05}", code.province, code.commune),
            Unit::label,
        )
    }

    /// The present units that an old one became, the most likely first (a commune may have been
    /// divided); a present unit is itself. Empty for a code that is not on the lists.
    pub fn convert(&self, code: UnitCode) -> &[UnitCode] {
        self.unit(code)
            .and_then(|unit| self.links.get(unit.now.clone()))
            .unwrap_or_default()
    }

    /// The old units that a present one was made of, whole or in part; empty for old ones.
    pub fn sources(&self, code: UnitCode) -> &[UnitCode] {
        self.unit(code)
            .and_then(|unit| self.links.get(unit.was.clone()))
            .unwrap_or_default()
    }

    /// Whether `inner` lies in `outer`. A province covers its communes. Between the maps a
    /// commune that was divided lies in each of its parts: zones err on the side of care.
    /// A province lies in another map's province only as a whole.
    pub fn contains(&self, outer: UnitCode, inner: UnitCode) -> bool {
        let covers = |inner: &UnitCode| {
            outer == *inner
                || (outer.commune == 0
                    && (outer.epoch, outer.province) == (inner.epoch, inner.province))
        };
        if outer.epoch == inner.epoch {
            return covers(&inner);
        }
        let others = match outer.epoch {
            Epoch::Since2025 => self.convert(inner),
            Epoch::Before2025 => self.sources(inner),
        };
        if inner.commune == 0 {
            return !others.is_empty() && others.iter().all(covers);
        }
        others.iter().any(covers)
    }

    fn of_epoch(&self, epoch: Epoch) -> &[Unit] {
        let middle = self
            .all
            .partition_point(|unit| unit.code.epoch == Epoch::Before2025);
        let (before, since) = self.all.split_at_checked(middle).unwrap_or_default();
        match epoch {
            Epoch::Before2025 => before,
            Epoch::Since2025 => since,
        }
    }

    /// Folded kind, name, district and province: `phuong ba dinh ha noi`.
    fn key(&self, unit: &Unit) -> &str {
        self.keys.get(unit.key.clone()).unwrap_or_default()
    }

    /// Folded name alone.
    fn name_key(&self, unit: &Unit) -> &str {
        self.key(unit).get(unit.name_at.clone()).unwrap_or_default()
    }

    /// Folded district: its name, a numbered one with its word (`quan 1`); empty without one.
    fn district_key(&self, unit: &Unit) -> &str {
        self.key(unit)
            .get(unit.district_at.clone())
            .unwrap_or_default()
    }

    /// Folded kind and name.
    fn full_key(&self, unit: &Unit) -> &str {
        self.key(unit).get(..unit.name_at.end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
