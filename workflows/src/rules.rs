//! The port to a province's rules. `plugins/host` implements it with sandboxed WASM.
//!
//! Implementations are synchronous, pure and bounded: no clock, no database, no network. They
//! never see a name, an identity number, a phone or a house address.

use std::sync::Arc;

use crate::answers::Reply;
use crate::clock::{Day, Moment};
use crate::form::{Form, QuestionId, TextCode};
use crate::ids::{CheckpointId, ProvinceId};
use crate::place::UnitCode;
use crate::verdict::{Decision, Level, Reason, Verdict};

/// What is true around a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The instant to judge for (not the machine's clock).
    pub now: Moment,
    /// The province's own unit.
    pub home: UnitCode,
    /// The post, at a scan.
    pub checkpoint: Option<CheckpointId>,
    /// Risk level 0..=3 of the units that matter to this call; a unit not named is unknown.
    pub risk: Vec<(UnitCode, u8)>,
    /// Values the core offers; the plugin's manifest says which it is given (see [`facts`]).
    pub facts: Vec<(u16, i64)>,
}

/// Keys of [`Context::facts`].
pub mod facts {
    /// Passages of this person recorded today in this province.
    pub const CROSSINGS_TODAY: u16 = 1;
    /// Registry's answer: 0 not asked, 1 match, 2 unknown, 3 unavailable.
    pub const REGISTRY: u16 = 2;
    /// 1 when the channel the declaration came by can be spoofed (SMS, USSD).
    pub const LOW_TRUST_CHANNEL: u16 = 3;
}

/// Sex as documents state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither.
    Other,
    /// Not stated.
    Unknown,
}

/// Means of travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Car, bus, motorbike.
    Road,
    /// Lorry or other goods vehicle.
    Freight,
    /// Train.
    Rail,
    /// Aeroplane.
    Air,
    /// Boat.
    Water,
    /// On foot.
    Foot,
}

/// The declaration as rules may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// When it was sent.
    pub sent_at: Moment,
    /// Year of birth.
    pub birth_year: u16,
    /// Sex.
    pub gender: Gender,
    /// Whether the person is a Vietnamese national.
    pub vietnamese: bool,
    /// Where the journey starts.
    pub origin: UnitCode,
    /// Where it ends.
    pub destination: UnitCode,
    /// How.
    pub transport: Transport,
    /// When the person travels.
    pub travels_on: Day,
    /// When they return, if they said so.
    pub returns_on: Option<Day>,
    /// Answers without the free texts.
    pub replies: Vec<Reply>,
}

/// Which way a crossing goes, seen from the zone the post guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Into the zone.
    Entry,
    /// Out of the zone.
    Exit,
}

/// A scan as rules may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The declaration behind the pass.
    pub declared: Facts,
    /// Its verdict's level, already tightened by the core.
    pub level: Level,
    /// When the pass was issued.
    pub issued_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// Which way.
    pub direction: Direction,
}

/// One count handed to a report section: a figure's key, what it is broken down by, its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which figure (keys: [`crate::reporting::figures`]).
    pub key: u16,
    /// Breakdown: 0 for the total, else a checkpoint's number.
    pub by: i64,
    /// The count.
    pub value: i64,
}

/// A section of a daily report: title and lines of text-code and value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Section {
    /// Its title.
    pub title: TextCode,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of a report section.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// A sentence.
    Text(TextCode),
    /// A labelled figure.
    Figure(TextCode, i64),
}

/// Which rules spoke, stored with what they said so that it can be recomputed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RulesVersion {
    /// Plugin name and version, `ha-noi 1.0.0`.
    pub name: String,
    /// SHA-256 of the component, hexadecimal.
    pub digest: String,
    /// SHA-256 of the settings in force, hexadecimal.
    pub settings: String,
}

/// Why rules gave no answer. Each becomes `unsure`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// No plugin, or it is not loaded.
    #[error("no rules are loaded for this province")]
    Unavailable,
    /// Out of fuel or past its deadline.
    #[error("the rules of {plugin} took too long")]
    TimedOut {
        /// Plugin name and version.
        plugin: String,
    },
    /// It trapped, answered nonsense or broke a limit.
    #[error("the rules of {plugin} failed: {why}")]
    Broken {
        /// Plugin name and version.
        plugin: String,
        /// What was wrong, without personal data.
        why: String,
    },
}

/// A province's rules.
pub trait Rules: Send + Sync {
    /// The province's form.
    fn form(&self, province: &ProvinceId, context: &Context) -> Result<Arc<Form>, RulesError>;

    /// Complaints about replies that are well-formed but make no sense together.
    fn check(
        &self,
        province: &ProvinceId,
        context: &Context,
        replies: &[Reply],
    ) -> Result<Vec<(QuestionId, Reason)>, RulesError>;

    /// Assesses a declaration.
    fn assess(
        &self,
        province: &ProvinceId,
        context: &Context,
        declared: &Facts,
    ) -> Result<Verdict, RulesError>;

    /// Decides at a post of this province.
    fn decide(
        &self,
        province: &ProvinceId,
        context: &Context,
        scan: &Scan,
    ) -> Result<Decision, RulesError>;

    /// The province's own sections of the daily report.
    fn sections(
        &self,
        province: &ProvinceId,
        context: &Context,
        counts: &[Count],
    ) -> Result<Vec<Section>, RulesError>;

    /// The words of one of the plugin's own text codes in a language (`vi` or `en`; `vi-short`
    /// or `en-short` for the form that fits a text message).
    fn text(&self, province: &ProvinceId, language: &str, code: TextCode) -> Option<Arc<str>>;

    /// Which rules are speaking for a province.
    fn version(&self, province: &ProvinceId) -> Option<RulesVersion>;
}
