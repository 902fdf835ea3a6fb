//! Where things are, and how other programs are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The repository's root folder. Asked of cargo at run time: clones that share a target folder
/// share the built xtask too, and the path built into it may be another clone's.
pub(crate) fn root() -> PathBuf {
    let built = || env!("CARGO_MANIFEST_DIR").to_owned();
    let xtask = PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_else(built));
    xtask.parent().unwrap_or(&xtask).to_path_buf()
}

/// An environment variable, `None` when absent, empty or not UTF-8.
#[expect(
    clippy::disallowed_methods,
    reason = "xtask is a developer's tool; server::config is not here"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder for what outlives a clone: the peers' Python environment.
pub(crate) fn cache() -> Result<PathBuf> {
    let home = variable("HOME").context("HOME is not set")?;
    Ok(Path::new(&home).join(".cache/khaibao"))
}

/// The folder cargo builds into, as an absolute path.
pub(crate) fn target(root: &Path) -> PathBuf {
    match variable("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| folder.into()),
        None => root.join("target"),
    }
}

/// Prints one line for the developer.
#[expect(clippy::print_stdout, reason = "xtask speaks to a terminal")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Whether a program of this name stands in a folder of PATH.
pub(crate) fn on_path(program: &str) -> bool {
    variable("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).exists())
    })
}

/// Runs a program with its output shown, and fails with its command line unless it ends well.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a program and returns what it printed, without white space around it.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} ended with {}: {}",
            line(command),
            output.status,
            error.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The cargo that runs this task, in the repository's root.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    command.current_dir(root);
    command
}

/// Whether this process may write anywhere.
pub(crate) fn is_superuser() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
