//! What lies beside a component: `plugin.toml` and `settings.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use workflows::rules::facts;

use crate::bindings::{API, types};

/// `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The only province it may speak for; none means any.
    pub(crate) province: Option<String>,
    pub(crate) name: String,
    pub(crate) version: String,
    api: String,
    /// Names of the facts it is given.
    #[serde(default)]
    facts: Vec<String>,
}

/// One setting in `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    key: u16,
    default: i64,
    least: i64,
    most: i64,
}

/// Settings by name.
pub(crate) type Settings = BTreeMap<String, Setting>;

impl Manifest {
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let raw = required(folder, "plugin.toml")?;
        let manifest: Self =
            toml::from_str(&raw).map_err(|e| format!("plugin.toml: {}", e.message()))?;
        manifest.fits_api()?;
        manifest.fact_keys()?;
        Ok(manifest)
    }

    /// Name and version as people and audit rows see it: `ha-noi 1.0.0`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    fn fits_api(&self) -> Result<(), String> {
        let built = self.api.split_once('.').and_then(|(major, minor)| {
            Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
        });
        let (major, minor) = API;
        match built {
            Some((a, b)) if a == major && b <= minor => Ok(()),
            _ => Err(format!(
                "built for API {}, this server knows {major}.0–{major}.{minor}",
                self.api
            )),
        }
    }

    /// Keys of the facts asked for.
    pub(crate) fn fact_keys(&self) -> Result<Vec<u16>, String> {
        self.facts
            .iter()
            .map(|name| match name.as_str() {
                "crossings-today" => Ok(facts::CROSSINGS_TODAY),
                "registry" => Ok(facts::REGISTRY),
                "low-trust-channel" => Ok(facts::LOW_TRUST_CHANNEL),
                _ => Err(format!("plugin.toml: there is no fact {name}")),
            })
            .collect()
    }
}

/// Reads the settings a plugin knows; a plugin without the file has none.
pub(crate) fn settings(folder: &Path) -> Result<Settings, String> {
    let Some(raw) = optional(folder, "settings.toml")? else {
        return Ok(Settings::new());
    };
    let settings: Settings =
        toml::from_str(&raw).map_err(|e| format!("settings.toml: {}", e.message()))?;
    let mut keys: Vec<u16> = settings.values().map(|s| s.key).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("settings.toml: two settings have one key".into());
    }
    match settings
        .iter()
        .find(|(_, s)| !(s.least..=s.most).contains(&s.default))
    {
        Some((name, _)) => Err(format!(
            "settings.toml: the default of {name} is out of its range"
        )),
        None => Ok(settings),
    }
}

/// The settings in force, as rules see them and as text for the digest, ordered by name.
pub(crate) fn in_force(
    known: &Settings,
    overrides: &BTreeMap<String, i64>,
) -> Result<(Vec<types::Value>, String), String> {
    if let Some(name) = overrides.keys().find(|name| !known.contains_key(*name)) {
        return Err(format!("there is no setting {name}"));
    }
    let mut lines = Vec::with_capacity(known.len());
    let mut values = Vec::with_capacity(known.len());
    for (name, setting) in known {
        let value = overrides.get(name).copied().unwrap_or(setting.default);
        if !(setting.least..=setting.most).contains(&value) {
            let (least, most) = (setting.least, setting.most);
            return Err(format!(
                "the setting {name} is {value}, it must be {least}..={most}"
            ));
        }
        lines.push(format!("{name}={value}"));
        values.push(types::Value {
            key: setting.key,
            value,
        });
    }
    Ok((values, lines.join("\n")))
}

fn required(folder: &Path, file: &str) -> Result<String, String> {
    optional(folder, file)?.ok_or_else(|| format!("{file} is missing"))
}

/// A file's text, or nothing when there is no such file.
pub(crate) fn optional(folder: &Path, file: &str) -> Result<Option<String>, String> {
    match std::fs::read_to_string(folder.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{file}: {e}")),
    }
}
