//! One plugin: its folder read, its component compiled, its exports bound, its calls.

use std::path::Path;

use sha2::{Digest, Sha256};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre};
use workflows::form::{Form, QuestionId};
use workflows::rules::{Context, Count, Facts, Scan, Section};
use workflows::verdict::{Decision, Reason, Verdict};

use crate::bindings::{
    ASSESS, FORM, GATE, HasAssessPre, HasFormPre, HasGatePre, HasReportPre, REPORT, TYPES, types,
};
use crate::call::{FUEL_QUICK, FUEL_SLOW, Fault, Limits, call};
use crate::engine::{COMPONENT_MAX, Machine};
use crate::manifest::{self, Manifest, Settings};
use crate::texts::Texts;
use crate::{convert, sheet, validate};

/// A loaded plugin; shared by all provinces that use it.
pub(crate) struct Plugin {
    pub(crate) manifest: Manifest,
    pub(crate) settings: Settings,
    pub(crate) texts: Texts,
    /// SHA-256 of the component, hexadecimal.
    pub(crate) digest: String,
    facts: Vec<u16>,
    form: Option<HasFormPre<Limits>>,
    assess: Option<HasAssessPre<Limits>>,
    gate: Option<HasGatePre<Limits>>,
    report: Option<HasReportPre<Limits>>,
}

/// What a call burnt and gave; the inner `None` says that the plugin lacks this interface.
pub(crate) type Answer<T> = Option<(Result<T, Fault>, u64)>;

impl Plugin {
    /// Reads and compiles the plugin in a folder, refusing what the contract does not allow.
    pub(crate) fn load(machine: &Machine, folder: &Path) -> Result<Self, String> {
        let manifest = Manifest::read(folder)?;
        let settings = manifest::settings(folder)?;
        let texts = Texts::read(folder)?;
        let facts = manifest.fact_keys()?;
        let bytes =
            std::fs::read(folder.join("plugin.wasm")).map_err(|e| format!("plugin.wasm: {e}"))?;
        validate::within("bytes of plugin.wasm", bytes.len(), COMPONENT_MAX)?;
        let component = Component::from_binary(&machine.engine, &bytes)
            .map_err(|e| format!("plugin.wasm: {}", e.root_cause()))?;
        let exports = exports(machine, &component)?;
        let pre = machine
            .linker
            .instantiate_pre(&component)
            .map_err(|e| format!("plugin.wasm: {}", e.root_cause()))?;
        let has = |name: &str| exports.iter().any(|e| e == name).then(|| pre.clone());
        Ok(Self {
            form: bind(has(FORM), HasFormPre::new)?,
            assess: bind(has(ASSESS), HasAssessPre::new)?,
            gate: bind(has(GATE), HasGatePre::new)?,
            report: bind(has(REPORT), HasReportPre::new)?,
            digest: hex(&bytes),
            manifest,
            settings,
            texts,
            facts,
        })
    }

    pub(crate) fn form(&self, machine: &Machine, settings: &[types::Value]) -> Answer<Form> {
        let pre = self.form.as_ref()?;
        let (said, burnt) = call(machine, FUEL_SLOW, |store| {
            pre.instantiate(&mut *store)?
                .khaibao_province_form()
                .call_build(store, settings)
        });
        Some((
            checked(said, |sheet| sheet::form(sheet, &self.texts)),
            burnt,
        ))
    }

    pub(crate) fn check(
        &self,
        machine: &Machine,
        around: &types::Context,
        replies: &[types::Reply],
    ) -> Answer<Vec<(QuestionId, Reason)>> {
        let pre = self.form.as_ref()?;
        let (said, burnt) = call(machine, FUEL_QUICK, |store| {
            pre.instantiate(&mut *store)?
                .khaibao_province_form()
                .call_check(store, around, replies)
        });
        Some((
            checked(said, |all| validate::complaints(all, &self.texts)),
            burnt,
        ))
    }

    pub(crate) fn assess(
        &self,
        machine: &Machine,
        around: &types::Context,
        declared: &Facts,
    ) -> Answer<Verdict> {
        let pre = self.assess.as_ref()?;
        let declared = convert::declaration(declared);
        let (said, burnt) = call(machine, FUEL_QUICK, |store| {
            let instance = pre.instantiate(&mut *store)?;
            instance
                .khaibao_province_assess()
                .call_assess(store, around, &declared)
        });
        Some((
            checked(said, |verdict| validate::verdict(verdict, &self.texts)),
            burnt,
        ))
    }

    pub(crate) fn decide(
        &self,
        machine: &Machine,
        around: &types::Context,
        scan: &Scan,
    ) -> Answer<Decision> {
        let pre = self.gate.as_ref()?;
        let scan = convert::scan(scan);
        let (said, burnt) = call(machine, FUEL_QUICK, |store| {
            pre.instantiate(&mut *store)?
                .khaibao_province_gate()
                .call_decide(store, around, &scan)
        });
        Some((
            checked(said, |decision| validate::decision(decision, &self.texts)),
            burnt,
        ))
    }

    pub(crate) fn sections(
        &self,
        machine: &Machine,
        around: &types::Context,
        counts: &[Count],
    ) -> Answer<Vec<Section>> {
        let pre = self.report.as_ref()?;
        let counts = convert::counts(counts);
        let (said, burnt) = call(machine, FUEL_SLOW, |store| {
            let instance = pre.instantiate(&mut *store)?;
            instance
                .khaibao_province_report()
                .call_sections(store, around, &counts)
        });
        Some((
            checked(said, |sections| validate::sections(sections, &self.texts)),
            burnt,
        ))
    }

    /// A context as this plugin may see it.
    pub(crate) fn around(&self, context: &Context, settings: &[types::Value]) -> types::Context {
        convert::context(context, settings, &self.facts)
    }

    /// Names of the interfaces it exports.
    pub(crate) fn interfaces(&self) -> Vec<&'static str> {
        [
            ("form", self.form.is_some()),
            ("assess", self.assess.is_some()),
            ("gate", self.gate.is_some()),
            ("report", self.report.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect()
    }
}

fn checked<A, B>(
    said: Result<A, Fault>,
    check: impl FnOnce(A) -> Result<B, String>,
) -> Result<B, Fault> {
    said.and_then(|answer| check(answer).map_err(Fault::invalid))
}

/// Names of the exported interfaces. Refuses any import but the shared types, and any export
/// that the contract does not know.
fn exports(machine: &Machine, component: &Component) -> Result<Vec<String>, String> {
    let shape = component.component_type();
    for (name, item) in shape.imports(&machine.engine) {
        let only_types = match item.ty {
            ComponentItem::ComponentInstance(instance) => instance
                .exports(&machine.engine)
                .all(|(_, inner)| matches!(inner.ty, ComponentItem::Type(_))),
            _ => false,
        };
        if name != TYPES || !only_types {
            return Err(format!("plugin.wasm imports {name}; rules have no imports"));
        }
    }
    let names: Vec<String> = shape
        .exports(&machine.engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    match names
        .iter()
        .find(|n| ![FORM, ASSESS, GATE, REPORT].contains(&n.as_str()))
    {
        Some(name) => Err(format!(
            "plugin.wasm exports {name}, which this server does not know"
        )),
        None if names.is_empty() => Err("plugin.wasm exports nothing".into()),
        None => Ok(names),
    }
}

fn bind<T>(
    pre: Option<InstancePre<Limits>>,
    new: impl FnOnce(InstancePre<Limits>) -> wasmtime::Result<T>,
) -> Result<Option<T>, String> {
    pre.map(new)
        .transpose()
        .map_err(|e| format!("plugin.wasm: {}", e.root_cause()))
}

/// SHA-256 in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15];
    Sha256::digest(bytes)
        .iter()
        .flat_map(digits)
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
