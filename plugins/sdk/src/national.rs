//! Numbers that mean the same in every province. They equal `workflows::form::national`,
//! `workflows::rules::facts` and `workflows::reporting::figures`; a test of the host compares
//! them.

/// Fever.
pub const FEVER: u16 = 1;
/// Cough.
pub const COUGH: u16 = 2;
/// Breathlessness.
pub const BREATHLESS: u16 = 3;
/// Pneumonia.
pub const PNEUMONIA: u16 = 4;
/// Sore throat.
pub const SORE_THROAT: u16 = 5;
/// Fatigue.
pub const FATIGUE: u16 = 6;
/// Loss of taste or smell.
pub const TASTE_LOSS: u16 = 7;
/// In 14 days: contact with a confirmed patient.
pub const MET_PATIENT: u16 = 20;
/// In 14 days: contact with somebody who has such symptoms.
pub const MET_SYMPTOMS: u16 = 21;
/// In 14 days: was in an epidemic area.
pub const WAS_IN_AREA: u16 = 22;
/// Day of the last test: of the sample or of the result, as the province reads it.
pub const SAMPLED_ON: u16 = 40;
/// Result of that test: one of [`NEGATIVE`], [`POSITIVE`], [`NOT_KNOWN`].
pub const TEST_RESULT: u16 = 41;
/// Vaccine doses received.
pub const DOSES: u16 = 42;
/// Reason for the journey.
pub const PURPOSE: u16 = 50;

/// The symptom questions.
pub const SYMPTOMS: [u16; 7] = [
    FEVER,
    COUGH,
    BREATHLESS,
    PNEUMONIA,
    SORE_THROAT,
    FATIGUE,
    TASTE_LOSS,
];
/// The exposure questions.
pub const EXPOSURES: [u16; 3] = [MET_PATIENT, MET_SYMPTOMS, WAS_IN_AREA];

/// First option of [`TEST_RESULT`].
pub const NEGATIVE: u16 = 0;
/// Second option of [`TEST_RESULT`].
pub const POSITIVE: u16 = 1;
/// Third option of [`TEST_RESULT`].
pub const NOT_KNOWN: u16 = 2;

/// The core's texts (`text-<n>` of its locales). The label of a national question has the
/// question's own number.
pub mod texts {
    /// Option "negative" of a test.
    pub const NEGATIVE: u16 = 60;
    /// Option "positive" of a test.
    pub const POSITIVE: u16 = 61;
    /// Option "not known yet" of a test.
    pub const NOT_KNOWN: u16 = 62;
    /// Page "Symptoms in the last 14 days".
    pub const SYMPTOMS_PAGE: u16 = 70;
    /// Page "Contacts in the last 14 days".
    pub const EXPOSURE_PAGE: u16 = 71;
    /// Page "Test and vaccination".
    pub const HEALTH_PAGE: u16 = 72;
    /// Page "The journey".
    pub const JOURNEY_PAGE: u16 = 73;
}

/// The core's reasons (`reason-<n>` of its locales) that rules may use.
pub mod reasons {
    /// Contact with a patient was declared.
    pub const MET_PATIENT: u16 = 2;
    /// Symptoms were declared.
    pub const SYMPTOMS: u16 = 3;
    /// A positive test was declared.
    pub const TESTED_POSITIVE: u16 = 4;
    /// A medical officer must see the person first.
    pub const MEDICAL_HOLD: u16 = 5;
    /// The registry could not be asked.
    pub const IDENTITY_TO_CHECK: u16 = 6;
    /// The registry does not know this number.
    pub const IDENTITY_UNKNOWN: u16 = 7;
    /// The declaration was refused.
    pub const REFUSED: u16 = 17;
}

/// Keys of a context's facts; the manifest says which are given.
pub mod facts {
    /// `crossings-today`: passages of this person recorded today in this province.
    pub const CROSSINGS_TODAY: u16 = 1;
    /// `registry`: 0 not asked, 1 match, 2 unknown, 3 unavailable.
    pub const REGISTRY: u16 = 2;
    /// `low-trust-channel`: 1 when the channel can be spoofed.
    pub const LOW_TRUST_CHANNEL: u16 = 3;
}

/// Keys of the counts a report section is made from.
pub mod figures {
    /// Declarations taken.
    pub const DECLARATIONS: u16 = 1;
    /// Of them by paper.
    pub const PAPER: u16 = 2;
    /// Passages.
    pub const CROSSINGS: u16 = 3;
    /// Of them into the zone.
    pub const ENTRIES: u16 = 4;
    /// Of them out of it.
    pub const EXITS: u16 = 5;
    /// Let through.
    pub const LET_THROUGH: u16 = 6;
    /// Isolated.
    pub const ISOLATED: u16 = 8;
    /// Turned back.
    pub const TURNED_BACK: u16 = 9;
    /// Passages of persons in a vehicle with a plate: everybody in it is one.
    pub const RIDERS: u16 = 13;
    /// Declarations with symptoms.
    pub const SYMPTOMS: u16 = 14;
    /// Passes that had ended when they were shown.
    pub const EXPIRED_MET: u16 = 20;
    /// Distinct vehicles, by plate.
    pub const VEHICLES: u16 = 25;
}
