//! All provinces' rules: loaded together, asked through the core's port.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use workflows::answers::Reply;
use workflows::form::{Form, QuestionId, TextCode};
use workflows::ids::ProvinceId;
use workflows::rules::{Context, Count, Facts, Rules, RulesError, RulesVersion, Scan, Section};
use workflows::verdict::{Decision, Reason, Verdict};

use crate::bindings::types;
use crate::call::Fault;
use crate::convert;
use crate::counters::{Counters, FaultClass, ProvinceCounters};
use crate::engine::Machine;
use crate::manifest;
use crate::plugin::{Answer, Plugin, hex};
use crate::smoke;

/// Which plugin speaks for a province, and how it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvincePlugin {
    /// Folder name of the plugin, such as `base`.
    pub plugin: String,
    /// Settings that differ from the defaults of its `settings.toml`, by name.
    pub settings: BTreeMap<String, i64>,
}

/// Why nothing could be loaded at all. A single bad plugin is not an error: its province is
/// kept with the reason, see [`Provinces::status`].
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder of the plugins cannot be read.
    #[error("the plugin folder {} cannot be read", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine cannot start on this machine, for instance for want of address space.
    #[error("the plugin engine cannot start: {0}")]
    Engine(String),
}

/// One province's plugin as the admin page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginStatus {
    /// The province.
    pub province: ProvinceId,
    /// Folder name of the plugin.
    pub plugin: String,
    /// What speaks for the province, or why nothing does.
    pub state: Result<RulesVersion, String>,
    /// Interfaces it exports: `form`, `assess`, `gate`, `report`.
    pub interfaces: Vec<&'static str>,
    /// Settings in force, by name.
    pub settings: Vec<(String, i64)>,
}

/// The rules of all provinces.
pub struct Provinces {
    machine: Machine,
    slots: BTreeMap<ProvinceId, Slot>,
}

struct Slot {
    plugin: String,
    state: Result<Bound, String>,
    counters: Counters,
}

/// A plugin with a province's settings.
struct Bound {
    plugin: Arc<Plugin>,
    settings: Vec<types::Value>,
    named: Vec<(String, i64)>,
    form: Option<Arc<Form>>,
    version: RulesVersion,
}

impl Provinces {
    /// Loads the plugins named by `bindings` from `dir` (a folder per plugin, as
    /// `cargo xtask plugins` makes them), compiles each once, two at a time, and calls each of
    /// its exports once for every province that uses it.
    pub fn load(
        dir: &Path,
        bindings: &BTreeMap<ProvinceId, ProvincePlugin>,
    ) -> Result<Self, LoadError> {
        Self::load_as(dir, bindings, true)
    }

    /// `owned` says whether a plugin written for one province may speak for that one only.
    pub(crate) fn load_as(
        dir: &Path,
        bindings: &BTreeMap<ProvinceId, ProvincePlugin>,
        owned: bool,
    ) -> Result<Self, LoadError> {
        std::fs::read_dir(dir).map_err(|source| LoadError::Folder {
            path: dir.to_owned(),
            source,
        })?;
        let names: BTreeSet<&str> = bindings.values().map(|b| b.plugin.as_str()).collect();
        let machine = Machine::start(names.len()).map_err(|e| LoadError::Engine(e.to_string()))?;
        let plugins = compile(&machine, dir, &names);
        let mut slots = BTreeMap::new();
        for (province, binding) in bindings {
            let state = match plugins.get(&binding.plugin) {
                Some(Ok(plugin)) => bind(&machine, plugin, province, binding, owned),
                Some(Err(why)) => Err(why.clone()),
                None => Err("it was not compiled".into()),
            };
            if let Err(why) = &state {
                tracing::error!(%province, plugin = binding.plugin, why, "plugin not loaded");
            }
            let counters = Counters::default();
            slots.insert(
                province.clone(),
                Slot {
                    plugin: binding.plugin.clone(),
                    state,
                    counters,
                },
            );
        }
        Ok(Self { machine, slots })
    }

    /// Every province with its plugin, or why it has none.
    pub fn status(&self) -> Vec<PluginStatus> {
        self.slots
            .iter()
            .map(|(province, slot)| {
                let bound = slot.state.as_ref();
                PluginStatus {
                    province: province.clone(),
                    plugin: slot.plugin.clone(),
                    interfaces: bound.map_or_else(|_| Vec::new(), |b| b.plugin.interfaces()),
                    settings: bound.map_or_else(|_| Vec::new(), |b| b.named.clone()),
                    state: bound.map(|b| b.version.clone()).map_err(Clone::clone),
                }
            })
            .collect()
    }

    /// Counters of every province since loading.
    pub fn counters(&self) -> Vec<ProvinceCounters> {
        self.slots
            .iter()
            .map(|(id, slot)| slot.counters.read(id.clone()))
            .collect()
    }

    fn bound(&self, province: &ProvinceId) -> Result<(&Slot, &Bound), RulesError> {
        let slot = self.slots.get(province).ok_or(RulesError::Unavailable)?;
        slot.state
            .as_ref()
            .map(|bound| (slot, bound))
            .map_err(|_| RulesError::Unavailable)
    }
}

/// Compiles each named plugin, on two threads.
fn compile(
    machine: &Machine,
    dir: &Path,
    names: &BTreeSet<&str>,
) -> BTreeMap<String, Result<Arc<Plugin>, String>> {
    let names: Vec<&str> = names.iter().copied().collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let plugin = if ProvinceId::parse(name).is_some() {
                        Plugin::load(machine, &dir.join(name)).map(Arc::new)
                    } else {
                        Err("a plugin's name is lower-case letters, digits and dashes".into())
                    };
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.insert((*name).to_owned(), plugin);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn bind(
    machine: &Machine,
    plugin: &Arc<Plugin>,
    province: &ProvinceId,
    binding: &ProvincePlugin,
    owned: bool,
) -> Result<Bound, String> {
    match &plugin.manifest.province {
        Some(only) if owned && only != province.as_str() => {
            return Err(format!("it is written for {only}"));
        }
        _ => {}
    }
    let (settings, text) = manifest::in_force(&plugin.settings, &binding.settings)?;
    let named = plugin
        .settings
        .keys()
        .cloned()
        .zip(settings.iter().map(|s| s.value))
        .collect();
    let form = try_out(machine, plugin, &settings)?;
    let version = RulesVersion {
        name: plugin.manifest.title(),
        digest: plugin.digest.clone(),
        settings: hex(text.as_bytes()),
    };
    Ok(Bound {
        plugin: Arc::clone(plugin),
        settings,
        named,
        form,
        version,
    })
}

/// Calls every export once and keeps the form.
fn try_out(
    machine: &Machine,
    plugin: &Plugin,
    settings: &[types::Value],
) -> Result<Option<Arc<Form>>, String> {
    fn works<T>(what: &str, answer: Answer<T>) -> Result<Option<T>, String> {
        let Some((result, _)) = answer else {
            return Ok(None);
        };
        result
            .map(Some)
            .map_err(|fault| format!("{what} failed at loading: {}", fault.why))
    }
    let around = plugin.around(&smoke::context(), settings);
    let form = works("form", plugin.form(machine, settings))?;
    let replies = convert::replies(&smoke::facts().replies);
    works("check", plugin.check(machine, &around, &replies))?;
    works("assess", plugin.assess(machine, &around, &smoke::facts()))?;
    works("gate", plugin.decide(machine, &around, &smoke::scan()))?;
    works(
        "report",
        plugin.sections(machine, &around, &smoke::counts()),
    )?;
    Ok(form.map(Arc::new))
}

/// Counts what a call did and names its failure; an interface that is not there is
/// [`RulesError::Unavailable`].
fn settle<T>(
    province: &ProvinceId,
    slot: &Slot,
    bound: &Bound,
    answer: Answer<T>,
) -> Result<T, RulesError> {
    let (result, burnt) = answer.ok_or(RulesError::Unavailable)?;
    slot.counters.add_call(burnt);
    result.map_err(|Fault { class, why }| {
        let count = slot.counters.add_fault(class);
        let plugin = bound.version.name.clone();
        // The first of a class and every doubling: a plugin must not be able to flood the log.
        if count.is_power_of_two() {
            tracing::warn!(%province, plugin, class = class.name(), count, why, "plugin failed");
        }
        match class {
            FaultClass::OutOfFuel | FaultClass::Deadline | FaultClass::PoolFull => {
                RulesError::TimedOut { plugin }
            }
            _ => RulesError::Broken { plugin, why },
        }
    })
}

impl Rules for Provinces {
    fn form(&self, province: &ProvinceId, _: &Context) -> Result<Arc<Form>, RulesError> {
        let (_, bound) = self.bound(province)?;
        bound.form.clone().ok_or(RulesError::Unavailable)
    }

    fn check(
        &self,
        province: &ProvinceId,
        context: &Context,
        replies: &[Reply],
    ) -> Result<Vec<(QuestionId, Reason)>, RulesError> {
        let (slot, bound) = self.bound(province)?;
        let around = bound.plugin.around(context, &bound.settings);
        let answer = bound
            .plugin
            .check(&self.machine, &around, &convert::replies(replies));
        settle(province, slot, bound, answer)
    }

    fn assess(
        &self,
        province: &ProvinceId,
        context: &Context,
        declared: &Facts,
    ) -> Result<Verdict, RulesError> {
        let (slot, bound) = self.bound(province)?;
        let around = bound.plugin.around(context, &bound.settings);
        settle(
            province,
            slot,
            bound,
            bound.plugin.assess(&self.machine, &around, declared),
        )
    }

    fn decide(
        &self,
        province: &ProvinceId,
        context: &Context,
        scan: &Scan,
    ) -> Result<Decision, RulesError> {
        let (slot, bound) = self.bound(province)?;
        let around = bound.plugin.around(context, &bound.settings);
        settle(
            province,
            slot,
            bound,
            bound.plugin.decide(&self.machine, &around, scan),
        )
    }

    fn sections(
        &self,
        province: &ProvinceId,
        context: &Context,
        counts: &[Count],
    ) -> Result<Vec<Section>, RulesError> {
        let (slot, bound) = self.bound(province)?;
        let around = bound.plugin.around(context, &bound.settings);
        match bound.plugin.sections(&self.machine, &around, counts) {
            // A province without sections of its own is nothing to complain of.
            None => Ok(Vec::new()),
            answer => settle(province, slot, bound, answer),
        }
    }

    fn text(&self, province: &ProvinceId, language: &str, code: TextCode) -> Option<Arc<str>> {
        self.bound(province)
            .ok()?
            .1
            .plugin
            .texts
            .get(language, code)
    }

    fn version(&self, province: &ProvinceId) -> Option<RulesVersion> {
        Some(self.bound(province).ok()?.1.version.clone())
    }
}
