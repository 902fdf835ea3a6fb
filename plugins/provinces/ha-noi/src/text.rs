//! Numbers of the sentences in `texts/`.

pub(crate) const PURPOSE: u16 = 1_001;
/// Options of the purpose, in the order of `crate::purpose`.
pub(crate) const PURPOSES: [u16; 7] = [1_002, 1_003, 1_004, 1_005, 1_006, 1_007, 1_008];
pub(crate) const HAS_PERMIT: u16 = 1_010;
pub(crate) const INNER_CITY: u16 = 1_011;
pub(crate) const INNER_PLACE: u16 = 1_012;
/// Kinds of place in the inner districts; the last is "another place".
pub(crate) const INNER_PLACES: [u16; 5] = [1_013, 1_014, 1_015, 1_016, 1_017];
pub(crate) const OTHER_REASON: u16 = 1_018;
pub(crate) const OTHER_REASON_HELP: u16 = 1_019;

pub(crate) const EXIT_WITHOUT_REASON: u16 = 1_020;
pub(crate) const NO_PERMIT: u16 = 1_021;
pub(crate) const FROM_ORANGE: u16 = 1_022;
pub(crate) const FROM_RED: u16 = 1_023;
pub(crate) const INNER_UNCLEAR: u16 = 1_024;
pub(crate) const SYMPTOM: u16 = 1_025;
pub(crate) const MET_SYMPTOMS: u16 = 1_026;
pub(crate) const WAS_IN_AREA: u16 = 1_027;
pub(crate) const TWO_SYMPTOMS: u16 = 1_028;

pub(crate) const COMPARE: u16 = 1_040;
pub(crate) const MANY_CROSSINGS: u16 = 1_041;
pub(crate) const CHECK_PERMIT: u16 = 1_042;
pub(crate) const NOT_CONFIRMED: u16 = 1_043;

pub(crate) const SECTION: u16 = 1_060;
pub(crate) const CROSSINGS: u16 = 1_061;
pub(crate) const VEHICLES: u16 = 1_062;
pub(crate) const TURNED_BACK: u16 = 1_063;
pub(crate) const TURNED_BACK_SHARE: u16 = 1_064;
pub(crate) const EXPIRED_MET: u16 = 1_065;
