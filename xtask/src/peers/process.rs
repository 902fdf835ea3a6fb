//! A peer's process: started in a group of its own, stopped by pid, never outliving this one.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const POLL: Duration = Duration::from_millis(20);
const START_POLLS: u32 = 1_500;
const STOP_POLLS: u32 = 500;

/// A running peer; dropping it stops it.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    signal: &'static str,
    log: PathBuf,
}

/// How to start a peer.
pub(super) struct Start<'a> {
    /// Name for messages and for the log file.
    pub(super) name: &'static str,
    /// The signal on which it ends in good order.
    pub(super) signal: &'static str,
    /// A user to become, if it must not run as root.
    pub(super) user: Option<&'static str>,
    /// Program and arguments.
    pub(super) command: &'a [String],
    /// Where its log goes.
    pub(super) folder: &'a Path,
}

impl Process {
    /// Starts the program through `setpriv`, which asks the kernel to signal it should this
    /// process die. The kernel watches the starting thread, so peers are started by the main one.
    pub(super) fn start(start: &Start<'_>) -> Result<Self> {
        let log = start.folder.join(format!("{}.log", start.name));
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--pdeathsig", start.signal]);
        if let Some(user) = start.user {
            setpriv.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        setpriv
            .arg("--")
            .args(start.command)
            .current_dir(start.folder)
            .process_group(0);
        // Browsers put their profiles into TMPDIR.
        setpriv.env("TMPDIR", start.folder);
        setpriv
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = setpriv
            .spawn()
            .with_context(|| format!("cannot start {}", start.name))?;
        Ok(Self {
            name: start.name,
            child,
            signal: start.signal,
            log,
        })
    }

    /// What it printed so far.
    pub(super) fn printed(&self) -> String {
        fs::read(&self.log)
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .unwrap_or_default()
    }

    /// Fails if the process has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended with {status}:\n{}", self.name, self.printed());
        }
        Ok(())
    }

    /// Waits, up to 30 s, until `probe` finds the peer ready, and returns what it found.
    pub(super) fn wait_for<T>(&mut self, probe: impl Fn(&Self) -> Option<T>) -> Result<T> {
        for _ in 0..START_POLLS {
            self.check()?;
            if let Some(found) = probe(self) {
                return Ok(found);
            }
            sleep(POLL);
        }
        bail!("{} is not ready after 30 s:\n{}", self.name, self.printed())
    }

    fn stop(&mut self) -> Result<ExitStatus> {
        signal(self.signal, self.child.id())?;
        for _ in 0..STOP_POLLS {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            sleep(POLL);
        }
        signal("KILL", self.child.id())?;
        Ok(self.child.wait()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A peer that already ended is what was wanted.
        let _ = self.stop();
    }
}

/// Signals the peer's group; std has no such call, and the shell's `kill` is always there.
fn signal(signal: &str, group: u32) -> Result<()> {
    let script = format!("kill -s {signal} -- -{group} 2> /dev/null");
    Command::new("sh").args(["-c", &script]).status()?;
    Ok(())
}
