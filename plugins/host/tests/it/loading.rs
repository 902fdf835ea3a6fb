//! What is refused when plugins are loaded, and that a refusal stops nothing else.

use std::collections::BTreeMap;
use std::fs;

use plugin_host::{LoadError, PluginStatus, ProvincePlugin, Provinces};
use workflows::rules::{Rules, RulesError};

use crate::hostile::{assemble, place};
use crate::{bound, built, context, facts, id};

/// Loads one odd plugin beside a good one; gives the reason it was refused for.
fn refused(change: impl FnOnce(&std::path::Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    assemble(dir.path(), "leak");
    assemble(dir.path(), "trap");
    fs::rename(dir.path().join("trap"), dir.path().join("odd")).unwrap();
    change(&dir.path().join("odd"));
    let rules = Provinces::load(dir.path(), &bound(&[("well", "leak"), ("odd", "odd")])).unwrap();
    assert!(rules.assess(&id("well"), &context(1), &facts(1)).is_ok());
    let said = rules.assess(&id("odd"), &context(1), &facts(1));
    assert_eq!(said, Err(RulesError::Unavailable));
    assert!(rules.version(&id("odd")).is_none());
    let of_odd = |s: &PluginStatus| s.province == id("odd");
    rules
        .status()
        .into_iter()
        .find(of_odd)
        .unwrap()
        .state
        .unwrap_err()
}

fn refused_component(component: &[u8]) -> String {
    refused(|folder| fs::write(folder.join("plugin.wasm"), component).unwrap())
}

#[test]
fn garbage_is_refused_by_name_and_stops_nothing() {
    for garbage in [
        &b""[..],
        b"<html>not found</html>",
        b"\0asm\x0d\0\x01\0\xff\xff\xff",
    ] {
        assert!(refused_component(garbage).starts_with("plugin.wasm: "));
    }
}

#[test]
fn a_truncated_component_is_refused() {
    let whole = fs::read(built().join("base/plugin.wasm")).unwrap();
    assert!(refused_component(&whole[..whole.len() / 2]).starts_with("plugin.wasm: "));
}

#[test]
fn a_core_module_is_refused() {
    let module = wat::parse_str("(module (func (export \"assess\")))").unwrap();
    assert!(refused_component(&module).starts_with("plugin.wasm: "));
}

#[test]
fn any_import_is_refused() {
    let import = wat::parse_str("(component (import \"clock\" (func)))").unwrap();
    assert_eq!(
        refused_component(&import),
        "plugin.wasm imports clock; rules have no imports"
    );
    let hidden = r#"(component (import "khaibao:province/types@1.0.0"
        (instance (export "now" (func (result u64))))))"#;
    let hidden = wat::parse_str(hidden).unwrap();
    assert!(refused_component(&hidden).contains("rules have no imports"));
}

#[test]
fn an_export_that_nobody_knows_is_refused() {
    let odd = r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func (export "format-disk") (canon lift (core func $i "f"))))"#;
    assert!(refused_component(&wat::parse_str(odd).unwrap()).contains("does not know"));
    assert_eq!(
        refused_component(&wat::parse_str("(component)").unwrap()),
        "plugin.wasm exports nothing"
    );
}

#[test]
fn a_known_interface_of_another_shape_is_refused() {
    let odd = r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $assess (export "assess" (func $f)))
        (export "khaibao:province/assess@1.0.0" (instance $assess)))"#;
    let why = refused_component(&wat::parse_str(odd).unwrap());
    assert!(why.starts_with("assess failed at loading"), "{why}");
}

#[test]
fn a_component_that_needs_too_much_memory_is_refused() {
    let odd = r#"(component (core module $m (memory (export "memory") 400))
        (core instance $i (instantiate $m)))"#;
    let why = refused_component(&wat::parse_str(odd).unwrap());
    assert!(why.contains("memory"), "{why}");
    let big = vec![0_u8; (1 << 20) + 1];
    assert!(refused_component(&big).contains("at most 1048576"));
}

#[test]
fn a_component_that_loops_at_its_start_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assemble(dir.path(), "start-loop");
    let rules = Provinces::load(dir.path(), &bound(&[("odd", "start-loop")])).unwrap();
    let why = rules.status()[0].state.clone().unwrap_err();
    assert!(why.contains("fuel"), "{why}");
}

#[test]
fn manifests_texts_and_settings_are_checked() {
    let write = |file: &'static str, text: &'static str| {
        move |folder: &std::path::Path| {
            fs::create_dir_all(folder.join("texts")).unwrap();
            fs::write(folder.join(file), text).unwrap();
        }
    };
    let api = refused(write("plugin.toml", "name='odd'\nversion='1'\napi='2.0'"));
    assert_eq!(api, "built for API 2.0, this server knows 1.0–1.0");
    let fact = refused(write(
        "plugin.toml",
        "name='odd'\nversion='1'\napi='1.0'\nfacts=['name']",
    ));
    assert_eq!(fact, "plugin.toml: there is no fact name");
    assert!(refused(write("texts/vi.toml", "1001='một'")).contains("missing in one language"));
    assert!(refused(write("texts/vi.toml", "7='một'")).contains("not a number from 1000"));
    let range = "hours = { key = 1, default = 9, least = 0, most = 5 }";
    assert!(refused(write("settings.toml", range)).contains("out of its range"));
}

#[test]
fn settings_are_checked_against_their_range_and_change_the_version() {
    let load = |name: &str, value: i64| {
        let settings = BTreeMap::from([(name.to_owned(), value)]);
        let plugin = ProvincePlugin {
            plugin: "base".into(),
            settings,
        };
        Provinces::load(built(), &BTreeMap::from([(id("da-nang"), plugin)])).unwrap()
    };
    let state = |rules: &Provinces| rules.status()[0].state.clone();
    assert_eq!(
        state(&load("pass_days", 1)),
        Err("there is no setting pass_days".into())
    );
    let why = state(&load("pass_hours", 1_000)).unwrap_err();
    assert_eq!(why, "the setting pass_hours is 1000, it must be 0..=336");
    let (day, days) = (
        state(&load("pass_hours", 24)),
        state(&load("pass_hours", 72)),
    );
    let (day, days) = (day.unwrap(), days.unwrap());
    assert_eq!((&day.name, &day.digest), (&days.name, &days.digest));
    assert_ne!(day.settings, days.settings);
}

#[test]
fn a_plugin_written_for_one_province_does_not_speak_for_another() {
    let rules = Provinces::load(built(), &bound(&[("hai-phong", "ha-noi")])).unwrap();
    assert_eq!(
        rules.status()[0].state,
        Err("it is written for ha-noi".into())
    );
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = Provinces::load(&dir.path().join("none"), &BTreeMap::new())
        .err()
        .unwrap();
    assert!(matches!(error, LoadError::Folder { .. }));
    place(dir.path(), "unused", b"");
    assert!(Provinces::load(dir.path(), &BTreeMap::new()).is_ok());
}
