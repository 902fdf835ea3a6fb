//! Numbers of the settings, as in `settings.toml`.

pub(crate) const PASS_HOURS: u16 = 1;
pub(crate) const PASS_LOCAL_DAYS: u16 = 2;
pub(crate) const ASKS_TEST: u16 = 10;
pub(crate) const TEST_HOURS: u16 = 11;
pub(crate) const TEST_ENDS_PASS: u16 = 12;
pub(crate) const LEVEL_TEST_MISSING: u16 = 13;
pub(crate) const LEVEL_TEST_OLD: u16 = 14;
pub(crate) const LEVEL_POSITIVE: u16 = 15;
pub(crate) const ASKS_DOSES: u16 = 16;
pub(crate) const LEAST_DOSES: u16 = 17;
pub(crate) const LEVEL_FEW_DOSES: u16 = 18;
/// In the order of `national::SYMPTOMS`.
pub(crate) const SYMPTOM_LEVELS: [u16; 7] = [20, 21, 22, 23, 24, 25, 26];
pub(crate) const MANY_SYMPTOMS: u16 = 27;
pub(crate) const LEVEL_MANY_SYMPTOMS: u16 = 28;
/// In the order of `national::EXPOSURES`.
pub(crate) const EXPOSURE_LEVELS: [u16; 3] = [30, 31, 32];
pub(crate) const LEVEL_FROM_YELLOW: u16 = 40;
pub(crate) const LEVEL_FROM_ORANGE: u16 = 41;
pub(crate) const LEVEL_FROM_RED: u16 = 42;
pub(crate) const LEVEL_FROM_UNKNOWN: u16 = 43;
pub(crate) const OPEN_FROM_MINUTE: u16 = 50;
pub(crate) const OPEN_UNTIL_MINUTE: u16 = 51;
pub(crate) const FREIGHT_ANY_HOUR: u16 = 52;
pub(crate) const ALWAYS_CHECK: u16 = 53;
pub(crate) const MANY_CROSSINGS: u16 = 54;
