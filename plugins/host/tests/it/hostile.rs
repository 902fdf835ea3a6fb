//! Guests that attack: each ends as an error within 50 ms, and the host lives on.

use std::path::Path;
use std::time::{Duration, Instant};

use plugin_host::{FaultClass, Provinces};
use workflows::rules::{Rules, RulesError};

use crate::{bound, context, facts, id};

const ROOF: Duration = Duration::from_millis(50);

/// Attacks on a call, by file, with the class they must be counted as.
const ATTACKS: [(&str, FaultClass); 13] = [
    ("loop", FaultClass::OutOfFuel),
    ("fill", FaultClass::OutOfFuel),
    ("bomb", FaultClass::Memory),
    ("trap", FaultClass::Trap),
    ("recursion", FaultClass::Trap),
    ("out-of-bounds", FaultClass::Invalid),
    ("bad-level", FaultClass::Invalid),
    ("unknown-code", FaultClass::Invalid),
    ("long-text", FaultClass::Invalid),
    ("huge-text", FaultClass::Invalid),
    ("many-reasons", FaultClass::Invalid),
    ("shared-texts", FaultClass::Invalid),
    ("bad-utf8", FaultClass::Invalid),
];

/// Assembles an attack into a plugin folder.
pub(crate) fn assemble(dir: &Path, name: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let attack = std::fs::read_to_string(here.join(format!("{name}.wat"))).unwrap();
    let frame = std::fs::read_to_string(here.join("component.wat")).unwrap();
    assert!(frame.contains(";;ATTACK"));
    place(
        dir,
        name,
        &wat::parse_str(frame.replace(";;ATTACK", &attack)).unwrap(),
    );
}

/// Puts a component with a manifest into a plugin folder.
pub(crate) fn place(dir: &Path, name: &str, component: &[u8]) {
    let folder = dir.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = format!("name = \"{name}\"\nversion = \"1.0.0\"\napi = \"1.0\"\n");
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
    std::fs::write(folder.join("plugin.wasm"), component).unwrap();
}

#[test]
fn every_attack_ends_in_its_class_within_50_ms_and_the_others_live_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut pairs = vec![("well", "leak")];
    assemble(dir.path(), "leak");
    for (name, _) in ATTACKS {
        assemble(dir.path(), name);
        pairs.push((name, name));
    }
    let rules = Provinces::load(dir.path(), &bound(&pairs)).unwrap();
    for (name, class) in ATTACKS {
        let started = Instant::now();
        let error = rules.assess(&id(name), &context(1), &facts(1)).unwrap_err();
        let took = started.elapsed();
        assert!(took <= ROOF, "{name} took {took:?}");
        let out_of_time = matches!(error, RulesError::TimedOut { .. });
        assert_eq!(
            out_of_time,
            class == FaultClass::OutOfFuel,
            "{name}: {error}"
        );
        let counters = rules
            .counters()
            .into_iter()
            .find(|c| c.province == id(name))
            .unwrap();
        let counted: Vec<_> = counters.faults.iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(counted, [&(class, 1)], "{name}: {error}");
        assert!(
            rules.assess(&id("well"), &context(1), &facts(1)).is_ok(),
            "after {name}"
        );
    }
}

#[test]
fn nothing_of_one_call_is_left_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    assemble(dir.path(), "leak");
    let rules = Provinces::load(dir.path(), &bound(&[("well", "leak")])).unwrap();
    for _ in 0..100 {
        assert_eq!(
            rules
                .assess(&id("well"), &context(1), &facts(1))
                .unwrap()
                .trail,
            [1]
        );
    }
}

#[test]
fn attacks_from_many_threads_do_not_starve_a_well_behaved_plugin() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["leak", "loop", "bomb"] {
        assemble(dir.path(), name);
    }
    let pairs = [("well", "leak"), ("loop", "loop"), ("bomb", "bomb")];
    let rules = Provinces::load(dir.path(), &bound(&pairs)).unwrap();
    std::thread::scope(|scope| {
        for name in ["loop", "bomb", "loop", "well", "well"] {
            let rules = &rules;
            scope.spawn(move || {
                for _ in 0..50 {
                    let said = rules.assess(&id(name), &context(1), &facts(1));
                    assert_eq!(said.is_ok(), name == "well", "{name}: {said:?}");
                }
            });
        }
    });
}
