//! Plugins as the server meets them: built from source, good and hostile.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod golden;
mod hostile;
mod loading;
mod prompts;

/// The guests are built by the same code that `cargo xtask plugins` runs.
#[path = "../../../../xtask/src/plugins.rs"]
mod plugins;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use plugin_host::ProvincePlugin;
use workflows::answers::{Answer, Reply};
use workflows::clock::Day;
use workflows::form::national;
use workflows::ids::ProvinceId;
use workflows::place::{Epoch, UnitCode};
use workflows::rules::{Context, Facts, Gender, Transport};

/// Builds the plugins once and gives their folder.
fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .canonicalize()
            .unwrap();
        plugins::build(&root).expect("the province plugins build: try `cargo xtask plugins`");
        plugins::folder(&root)
    })
}

fn id(text: &str) -> ProvinceId {
    ProvinceId::parse(text).unwrap()
}

fn bound(pairs: &[(&str, &str)]) -> BTreeMap<ProvinceId, ProvincePlugin> {
    let plugin = |name: &str| ProvincePlugin {
        plugin: name.into(),
        settings: BTreeMap::new(),
    };
    pairs
        .iter()
        .map(|(province, name)| (id(province), plugin(name)))
        .collect()
}

fn unit(province: u16) -> UnitCode {
    UnitCode {
        epoch: Epoch::Before2025,
        province,
        commune: 0,
    }
}

fn day() -> Day {
    Day::parse("20/08/2021").unwrap()
}

fn context(home: u16) -> Context {
    Context {
        now: day().at_minute(600),
        home: unit(home),
        checkpoint: None,
        risk: vec![(unit(31), 1)],
        facts: vec![],
    }
}

/// A healthy traveller from Hải Phòng with a test and one settled dose.
fn facts(destination: u16) -> Facts {
    let mut replies: Vec<Reply> = national::SYMPTOMS
        .map(|to| Reply {
            to,
            answer: Answer::No,
        })
        .into();
    let more = [
        (national::SAMPLED_ON, Answer::On(day().plus(-1))),
        (national::TEST_RESULT, Answer::Choice(0)),
        (national::DOSES, Answer::Number(1)),
        (national::PURPOSE, Answer::Choice(5)),
        (100, Answer::On(day().plus(-30))),
    ];
    replies.extend(more.map(|(to, answer)| Reply { to, answer }));
    Facts {
        sent_at: day().at_minute(600),
        birth_year: 1984,
        gender: Gender::Male,
        vietnamese: true,
        origin: unit(31),
        destination: unit(destination),
        transport: Transport::Road,
        travels_on: day(),
        returns_on: None,
        replies,
    }
}
