//! Numbers of the sentences in `texts/`.

pub(crate) const SAMPLED_ON: u16 = 1_001;
pub(crate) const RESULT_ON: u16 = 1_002;
pub(crate) const TEST_HELP: u16 = 1_003;
pub(crate) const LAST_DOSE_ON: u16 = 1_004;
pub(crate) const RECOVERED: u16 = 1_005;
pub(crate) const VEHICLE_CLASS: u16 = 1_006;
/// Options of the vehicle's kind, in the order of `crate::vehicle`.
pub(crate) const VEHICLE_CLASSES: [u16; 3] = [1_007, 1_008, 1_009];
pub(crate) const JOURNEY_PAGE: u16 = 1_010;

pub(crate) const NO_TEST: u16 = 1_020;
pub(crate) const TEST_OLD: u16 = 1_021;
pub(crate) const TEST_WAITS: u16 = 1_022;
pub(crate) const NOT_PROTECTED: u16 = 1_023;
pub(crate) const FROM_ORANGE: u16 = 1_024;
pub(crate) const FROM_RED: u16 = 1_025;
pub(crate) const FROM_RISK: u16 = 1_026;
pub(crate) const SYMPTOM: u16 = 1_027;
pub(crate) const MET_SYMPTOMS: u16 = 1_028;
pub(crate) const WAS_IN_AREA: u16 = 1_029;

pub(crate) const HEAVY_CLOSED: u16 = 1_040;
pub(crate) const SEE_TEST: u16 = 1_041;
pub(crate) const COMPARE: u16 = 1_042;

pub(crate) const TEST_IN_FUTURE: u16 = 1_050;
pub(crate) const RESULT_WITHOUT_DAY: u16 = 1_051;
pub(crate) const DOSE_IN_FUTURE: u16 = 1_052;
pub(crate) const TOO_MANY_DOSES: u16 = 1_053;

pub(crate) const SECTION: u16 = 1_060;
pub(crate) const ENTRIES: u16 = 1_061;
pub(crate) const EXITS: u16 = 1_062;
pub(crate) const NET: u16 = 1_063;
pub(crate) const ISOLATED: u16 = 1_064;
pub(crate) const QUIET: u16 = 1_065;
