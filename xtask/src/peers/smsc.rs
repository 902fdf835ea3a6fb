//! Two SMSCs that are not ours.

use std::path::Path;

use anyhow::{Context, Result};

use super::Peer;
use super::process::{Process, Start};
use crate::setup;

/// Starts `tests/peers/smsc.js`, which describes its faults and its control port. Sets
/// `KHAIBAO_TEST_SMSC` to `host:port host:port`: SMPP and control.
pub(super) fn start(root: &Path, folder: &Path) -> Result<Peer> {
    let script = root.join("tests/peers/smsc.js").display().to_string();
    // The package stands beside the cache, and scripts look for theirs beside themselves.
    let packages = setup::peers_node()?.display().to_string();
    let packages = format!("KHAIBAO_PEERS_NODE={packages}");
    let command = ["env".to_owned(), packages, "node".to_owned(), script];
    one("smsc", "KHAIBAO_TEST_SMSC", &command, folder)
}

/// Starts `tests/peers/smsc34.py`. Sets `KHAIBAO_TEST_SMSC34` likewise.
pub(super) fn start34(root: &Path, folder: &Path) -> Result<Peer> {
    let script = root.join("tests/peers/smsc34.py").display().to_string();
    let python = setup::peers_python()?.display().to_string();
    one("smsc34", "KHAIBAO_TEST_SMSC34", &[python, script], folder)
}

fn one(
    name: &'static str,
    variable: &'static str,
    command: &[String],
    folder: &Path,
) -> Result<Peer> {
    let start = Start {
        name,
        signal: "TERM",
        user: None,
        command,
        folder,
    };
    let mut process = Process::start(&start).with_context(|| format!("cannot start {name}"))?;
    let addresses = process.wait_for(|process| {
        let printed = process.printed();
        printed
            .lines()
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
    })?;
    let variables = vec![(variable, addresses)];
    Ok(Peer { process, variables })
}
