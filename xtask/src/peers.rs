//! Real peers on free loopback ports: `PostgreSQL`, a browser driver, a mail server, two SMSCs.
//!
//! They belong to this process: the end of a test run, a panic, Ctrl-C or even `kill -9` ends
//! them, because each is stopped when its value is dropped and the kernel signals it when this
//! process is gone. What a killed run left on disk, the next one sweeps.

mod browser;
mod folder;
mod mail;
mod postgres;
mod process;
mod smsc;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use self::folder::Folder;
use self::process::Process;
use crate::{setup, shell};

/// The running peers and the variables by which tests find them.
pub(crate) struct Peers {
    processes: Vec<Process>,
    variables: Vec<(&'static str, String)>,
    // Dropped last, after the processes that write into it.
    _folder: Folder,
}

impl Peers {
    /// Starts all peers and returns once each answers.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let starts = [
            postgres::start,
            browser::start,
            mail::start,
            smsc::start,
            smsc::start34,
        ];
        let mut peers = Self::only(root, &starts)?;
        let python = setup::peers_python()?.display().to_string();
        peers.variables.push(("KHAIBAO_PEERS_PYTHON", python));
        let node = setup::peers_node()?.display().to_string();
        peers.variables.push(("KHAIBAO_PEERS_NODE", node));
        Ok(peers)
    }

    /// Starts the database alone.
    pub(crate) fn start_postgres(root: &Path) -> Result<Self> {
        Self::only(root, &[postgres::start])
    }

    fn only(root: &Path, starts: &[fn(&Path, &Path) -> Result<Peer>]) -> Result<Self> {
        let folder = Folder::create()?;
        let mut processes = Vec::new();
        let mut variables = Vec::new();
        for start in starts {
            let peer = start(root, folder.path())?;
            processes.push(peer.process);
            variables.extend(peer.variables);
        }
        Ok(Self {
            processes,
            variables,
            _folder: folder,
        })
    }

    /// Name and value of each variable that a test reads.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }
}

/// One started peer.
struct Peer {
    process: Process,
    variables: Vec<(&'static str, String)>,
}

/// `cargo xtask peers`: starts the peers, prints their variables and waits until it is killed or
/// one of them ends.
pub(crate) fn hold(root: &Path) -> Result<()> {
    setup::ensure(setup::Need::Test)?;
    let mut peers = Peers::start(root)?;
    for (name, value) in peers.variables() {
        shell::say(&format!("export {name}='{value}'"));
    }
    shell::say("# running until Ctrl-C");
    loop {
        std::thread::sleep(Duration::from_secs(1));
        for process in &mut peers.processes {
            process.check()?;
        }
    }
}
