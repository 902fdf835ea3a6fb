//! The walls of the house (DESIGN.md §1), read from the manifests and the tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may name a crate of the outside. A wall that is missing here is no wall.
const WALLS: &[(&[&str], &[&str])] = &[
    (&["sqlx"], &["workflows", "tests"]),
    (&["wasmtime"], &["plugins/host"]),
    (
        &["lettre", "teloxide", "teloxide-core", "rusmpp", "rusmppc"],
        &["channels"],
    ),
    (&["reqwest"], &["channels", "tests"]),
    (
        &[
            "axum",
            "axum-extra",
            "tera",
            "qrcode",
            "tokio-cron-scheduler",
        ],
        &["server"],
    ),
    (&["fantoccini"], &["tests"]),
    (&["wit-bindgen"], &["plugins/sdk"]),
];

/// Which of our own crates a folder may stand on: arrows point only downwards.
const ARROWS: &[(&str, &[&str])] = &[
    ("workflows", &[]),
    ("plugins/host", &["workflows"]),
    ("channels", &["workflows"]),
    ("server", &["channels", "plugin-host", "workflows"]),
    ("tests", &["channels", "plugin-host", "server", "workflows"]),
    ("tests/fuzz", &["channels", "workflows"]),
    ("xtask", &[]),
    ("plugins/sdk", &[]),
];

const OURS: &[&str] = &[
    "workflows",
    "plugin-host",
    "channels",
    "server",
    "tests",
    "xtask",
    "province-sdk",
];

const MOST_CODE_LINES: usize = 400;

#[test]
fn each_outside_crate_is_named_only_behind_its_wall() {
    for folder in crates() {
        let names = dependencies(&folder);
        for (walled, allowed) in WALLS {
            let breach = walled.iter().find(|name| names.contains(**name));
            assert!(
                breach.is_none() || allowed.contains(&folder.as_str()),
                "{folder} names {breach:?}, which only {allowed:?} may"
            );
        }
    }
}

#[test]
fn arrows_between_our_crates_point_only_downwards() {
    for folder in crates() {
        let below: &[&str] = if folder.starts_with("plugins/provinces/") {
            &["province-sdk"]
        } else {
            let arrow = ARROWS.iter().find(|(from, _)| *from == folder);
            arrow
                .unwrap_or_else(|| panic!("{folder} is a crate without a place in the house"))
                .1
        };
        let named = dependencies(&folder);
        let ours = OURS.iter().filter(|name| named.contains(**name));
        let upwards: Vec<_> = ours.filter(|name| !below.contains(name)).collect();
        assert!(upwards.is_empty(), "{folder} stands on {upwards:?}");
    }
}

#[test]
fn every_crate_but_the_tests_is_held_to_the_lints() {
    // A test's helper may `expect`; clippy's own exception reaches only `#[test]` functions.
    for folder in crates()
        .into_iter()
        .filter(|folder| !folder.starts_with("tests"))
    {
        let manifest = manifest(&folder);
        assert!(
            manifest.contains_key("lints"),
            "{folder}/Cargo.toml has no [lints]"
        );
    }
}

#[test]
fn no_source_file_has_more_code_than_one_can_read_at_a_sitting() {
    for file in files() {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let lines = code_lines(&read(&file));
        assert!(
            lines <= MOST_CODE_LINES,
            "{} has {lines} lines of code",
            file.display()
        );
    }
}

#[test]
fn no_file_names_a_machine_or_a_package_host() {
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("registry.npm", "js"),
        concat!("py", "pi.org"),
        concat!("pythonhos", "ted"),
        concat!("static.crates", ".io"),
    ];
    for file in files() {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for word in forbidden {
            assert!(!text.contains(word), "{} says {word}", file.display());
        }
    }
}

#[test]
fn nothing_compiled_or_generated_is_in_the_tree() {
    for file in files() {
        let name = file.to_string_lossy();
        let made = [
            ".wasm", ".cwasm", ".so", ".min.js", ".woff2", ".sqlite", ".db",
        ];
        assert!(
            !made.iter().any(|ending| name.ends_with(ending)),
            "{name} is made, not written"
        );
    }
}

#[test]
fn every_migration_is_applied_on_both_databases() {
    let list = read(&root().join("workflows/src/store/migrate.rs"));
    let named = |engine: &str| {
        let files = fs::read_dir(root().join("migrations").join(engine)).expect("there are some");
        let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
        names.collect::<BTreeSet<String>>()
    };
    let (sqlite, postgres) = (named("sqlite"), named("postgres"));
    assert_eq!(sqlite, postgres);
    for name in sqlite {
        assert!(
            list.contains(&format!("/{name}\"")),
            "{name} is not in the list"
        );
    }
}

fn root() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ stands in the root")
}

/// The folders that hold a crate, relative to the root.
fn crates() -> Vec<String> {
    let manifests = files()
        .into_iter()
        .filter(|file| file.ends_with("Cargo.toml"));
    let folders = manifests.filter_map(|file| {
        let folder = file
            .parent()?
            .strip_prefix(root())
            .ok()?
            .to_str()?
            .to_owned();
        manifest(&folder).contains_key("package").then_some(folder)
    });
    let folders: Vec<String> = folders.collect();
    assert!(folders.len() >= OURS.len(), "found only {folders:?}");
    folders
}

fn manifest(folder: &str) -> toml::Table {
    read(&root().join(folder).join("Cargo.toml"))
        .parse()
        .expect("a manifest is TOML")
}

/// Every crate named in any dependency table, by its real name.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = manifest(folder);
    let mut tables: Vec<&toml::Table> = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let mut names = BTreeSet::new();
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = table.get(kind).and_then(toml::Value::as_table) else {
                continue;
            };
            for (name, value) in dependencies {
                let real = value.get("package").and_then(toml::Value::as_str);
                names.insert(real.unwrap_or(name).to_owned());
            }
        }
    }
    names
}

/// Lines that are neither blank nor comment, up to the first test module.
fn code_lines(source: &str) -> usize {
    let code = source
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(str::trim);
    code.filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

/// Every file of ours: what git ignores, its own folder and the lock files are left out.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(root(), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    const NOT_OURS: [&str; 6] = [
        ".git",
        "target",
        "data",
        "node_modules",
        "dist",
        "Cargo.lock",
    ];
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("a folder can be listed").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // `workflows/data` is ours; the demo's `data` stands in the root.
        let is_ours = !NOT_OURS.contains(&name) || (name == "data" && folder != root());
        if is_ours && path.is_dir() {
            collect(&path, found);
        } else if is_ours {
            found.push(path);
        }
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
