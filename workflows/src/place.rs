//! Places: administrative units of both epochs, addresses, posts and zones.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ids::{CheckpointId, ProvinceId};

/// Which map of administrative units a code belongs to. Codes were recycled on 2025-07-01, so a
/// code without its epoch is wrong data (DOMAIN.md §5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Epoch {
    /// Until 2025-06-30: 63 provinces, districts, communes.
    Before2025,
    /// Since 2025-07-01: 34 provinces, communes, no districts.
    Since2025,
}

impl Epoch {
    /// The number stored and handed to plugins: the first year of the map's name.
    pub fn number(self) -> i64 {
        match self {
            Self::Before2025 => 2004,
            Self::Since2025 => 2025,
        }
    }

    /// The epoch of a stored number.
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            2004 => Some(Self::Before2025),
            2025 => Some(Self::Since2025),
            _ => None,
        }
    }
}

/// An official unit: its epoch, province code, and commune code (0: the whole province).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnitCode {
    /// The map the codes are from.
    pub epoch: Epoch,
    /// Official province code, such as 1 for Hà Nội.
    pub province: u16,
    /// Official commune code, or 0 when only the province is known.
    pub commune: u32,
}

/// An address down to the commune; the house part is personal and sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The deepest known unit.
    pub unit: UnitCode,
    /// House, street, hamlet; may be empty.
    #[serde(default)]
    pub house: String,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Province {
    /// Internal id.
    pub id: ProvinceId,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Its official unit.
    pub unit: UnitCode,
    /// Daily report cut-off, minutes after local midnight (660 = 11:00).
    pub cutoff_minute: i64,
    /// Since when it is served; windows that ended before have no report.
    pub served_from: Moment,
}

/// A post where passes are scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Number inside the province.
    pub id: CheckpointId,
    /// Whose post it is.
    pub province: ProvinceId,
    /// Its name on the road.
    pub name: String,
    /// The zone whose border it guards; entry and exit are relative to it.
    pub zone: String,
    /// Commune it stands in.
    pub unit: UnitCode,
}

/// A dated set of units with a risk level: 0 green, 1 yellow, 2 orange, 3 red (vùng xanh, vàng,
/// cam, đỏ).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its short name.
    pub name: String,
    /// Risk 0..=3.
    pub risk: u8,
    /// A unit it covers (a province code covers all its communes).
    pub unit: UnitCode,
    /// From when.
    pub from_at: Moment,
    /// Until when, if decided.
    pub until_at: Option<Moment>,
}
