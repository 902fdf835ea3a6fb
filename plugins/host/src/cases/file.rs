//! What a file of golden cases looks like, and its values as the core's types.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use workflows::answers::{Answer, Reply};
use workflows::clock::{Day, Moment};
use workflows::form::QuestionId;
use workflows::place::{Epoch, UnitCode};
use workflows::rules::{Direction, Facts, Gender, Transport, facts};
use workflows::verdict::{Gate, Level, Task};

use super::CaseError;

/// A file of cases that share a province and settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The province's unit, such as `2004/1`.
    pub(super) home: String,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, i64>,
    pub(super) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// Local day and time of declaring, `12/08/2021 08:00`.
    pub(super) now: String,
    #[serde(default)]
    pub(super) risks: BTreeMap<String, u8>,
    pub(super) declared: Declared,
    pub(super) expect: Option<Expected>,
    /// Questions and codes that `check` must complain of.
    pub(super) complaints: Option<Vec<(QuestionId, u16)>>,
    pub(super) scan: Option<Scanned>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    #[serde(default = "born")]
    pub(super) birth_year: u16,
    pub(super) origin: String,
    pub(super) destination: String,
    #[serde(default = "road")]
    pub(super) transport: Transport,
    /// Day of travelling; the day of declaring when not said.
    pub(super) travels_on: Option<String>,
    #[serde(default)]
    pub(super) replies: BTreeMap<QuestionId, Said>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    Yes,
    No,
    Number(i64),
    Choice(u16),
    Choices(Vec<u16>),
    On(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) level: Level,
    /// As sentences, see [`clause_text`].
    pub(super) clauses: Vec<String>,
    /// Local end of a pass issued at once.
    pub(super) ends_at: Option<String>,
    pub(super) reasons: Vec<u16>,
    #[serde(default)]
    pub(super) tasks: Vec<Task>,
    pub(super) trail: Option<Vec<u16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scanned {
    /// Local day and time of the scan.
    pub(super) at: String,
    pub(super) direction: Direction,
    /// Level of the pass; the one just assessed when not said.
    pub(super) level: Option<Level>,
    /// `crossings-today`, `registry`, `low-trust-channel`.
    #[serde(default)]
    pub(super) facts: BTreeMap<String, i64>,
    pub(super) gate: Gate,
    pub(super) reasons: Vec<u16>,
    #[serde(default)]
    pub(super) tasks: Vec<Task>,
}

/// All case files of a folder, in the order of their names.
pub(super) fn read(folder: &Path) -> Result<Vec<(PathBuf, File)>, CaseError> {
    let problem = |file: &Path, why: String| CaseError::File {
        file: file.to_owned(),
        why,
    };
    let entries = std::fs::read_dir(folder).map_err(|e| problem(folder, e.to_string()))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).map_err(|e| problem(&path, e.to_string()))?;
            let file = serde_json::from_str(&text).map_err(|e| problem(&path, e.to_string()))?;
            Ok((path, file))
        })
        .collect()
}

pub(super) fn declared(said: &Declared, now: Moment) -> Result<Facts, String> {
    let mut replies = Vec::new();
    for (to, answer) in &said.replies {
        let answer = match answer {
            Said::Yes => Answer::Yes,
            Said::No => Answer::No,
            Said::Number(n) => Answer::Number(*n),
            Said::Choice(n) => Answer::Choice(*n),
            Said::Choices(all) => Answer::Choices(all.clone()),
            Said::On(text) => Answer::On(day(text)?),
        };
        replies.push(Reply { to: *to, answer });
    }
    Ok(Facts {
        sent_at: now,
        birth_year: said.birth_year,
        gender: Gender::Unknown,
        vietnamese: true,
        origin: unit(&said.origin)?,
        destination: unit(&said.destination)?,
        transport: said.transport,
        travels_on: said.travels_on.as_deref().map_or(Ok(now.day()), day)?,
        returns_on: None,
        replies,
    })
}

pub(super) fn known_facts(said: &BTreeMap<String, i64>) -> Result<Vec<(u16, i64)>, String> {
    said.iter()
        .map(|(name, value)| match name.as_str() {
            "crossings-today" => Ok((facts::CROSSINGS_TODAY, *value)),
            "registry" => Ok((facts::REGISTRY, *value)),
            "low-trust-channel" => Ok((facts::LOW_TRUST_CHANNEL, *value)),
            _ => Err(format!("there is no fact {name}")),
        })
        .collect()
}

/// `2004/1` or `2004/1/4`: map, province, commune.
pub(super) fn unit(text: &str) -> Result<UnitCode, String> {
    let numbers: Option<Vec<u32>> = text.split('/').map(|n| n.parse().ok()).collect();
    let numbers = numbers.ok_or_else(|| format!("{text} is not a unit"))?;
    let ([epoch, province] | [epoch, province, _]) = numbers[..] else {
        return Err(format!("{text} is not a unit"));
    };
    Ok(UnitCode {
        epoch: Epoch::from_number(i64::from(epoch)).ok_or("there are maps 2004 and 2025")?,
        province: u16::try_from(province).map_err(|_| format!("{text} is not a unit"))?,
        commune: numbers.get(2).copied().unwrap_or(0),
    })
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("{text} is not a day"))
}

/// `12/08/2021 08:00`, local.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    let wrong = || format!("{text} is not a day and time");
    let (date, time) = text.split_once(' ').ok_or_else(wrong)?;
    let (hours, minutes) = time.split_once(':').ok_or_else(wrong)?;
    let minute = hours.parse::<i64>().ok().zip(minutes.parse::<i64>().ok());
    let (hours, minutes) = minute.ok_or_else(wrong)?;
    Ok(day(date)?.at_minute(hours * 60 + minutes))
}

fn born() -> u16 {
    1980
}

fn road() -> Transport {
    Transport::Road
}
