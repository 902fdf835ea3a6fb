//! A real SMTP server that keeps what it gets, with faults chosen by the recipient.

use std::path::Path;

use anyhow::Result;

use super::Peer;
use super::process::{Process, Start};
use crate::setup;

/// Starts `tests/peers/smtp_sink.py`, which describes the mailbox and the faults. Sets
/// `KHAIBAO_TEST_SMTP` and `KHAIBAO_TEST_MAILBOX`.
pub(super) fn start(root: &Path, folder: &Path) -> Result<Peer> {
    let mailbox = folder.join("mailbox.jsonl").display().to_string();
    let script = root.join("tests/peers/smtp_sink.py").display().to_string();
    let python = setup::peers_python()?.display().to_string();
    let command = [python, script, mailbox.clone()];
    let start = Start {
        name: "smtp-sink",
        signal: "TERM",
        user: None,
        command: &command,
        folder,
    };
    let mut process = Process::start(&start)?;
    let address = process.wait_for(|process| {
        let printed = process.printed();
        printed
            .lines()
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
    })?;
    let variables = vec![
        ("KHAIBAO_TEST_SMTP", address),
        ("KHAIBAO_TEST_MAILBOX", mailbox),
    ];
    Ok(Peer { process, variables })
}
