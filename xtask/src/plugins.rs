//! Builds the province plugins (guests) from source: finds or installs a tool chain for
//! WebAssembly, runs cargo on `plugins/provinces`, and lays out one folder per plugin.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

const TARGET: &str = "wasm32-unknown-unknown";
const LINKER: &str = "wasm-component-ld";
/// Debian's tool chain for WebAssembly, for machines where the rustup target cannot be had.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
/// Where Debian's packages put the compiler, the library's source and the linker.
const DEBIAN_FILES: [&str; 4] = [
    "/usr/bin/rustc",
    "/usr/bin/cargo",
    "/usr/lib/rustlib/src/rust/library",
    "/usr/bin/wasm-ld-19",
];
/// How long the rustup target may take to arrive.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(90);

/// Who compiles the guests.
enum ToolChain {
    /// The cargo on the path, which has the target.
    Rustup,
    /// Debian's cargo, which builds the standard library beside the guests.
    Debian,
}

/// Builds every plugin into a folder of its own below [`folder`]. Repeating it without a change
/// takes well under a second.
pub(crate) fn build(root: &Path) -> Result<()> {
    let sources = root.join("plugins/provinces");
    let build_dir = target_dir(root).join("guests");
    let chain = tool_chain()?;
    let mut cargo = match chain {
        ToolChain::Rustup => command("cargo"),
        ToolChain::Debian => debian_cargo(root)?,
    };
    let linker = linker(root, &chain)?;
    cargo
        .current_dir(&sources)
        .args(["build", "--release", "--quiet", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &build_dir)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    if matches!(chain, ToolChain::Debian) {
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC_BOOTSTRAP", "1");
    }
    let started = Instant::now();
    let status = cargo
        .status()
        .context("cargo cannot be started for the plugins")?;
    ensure!(status.success(), "the plugins do not build");
    if started.elapsed() > Duration::from_secs(2) {
        eprintln!("plugins: built in {} s", started.elapsed().as_secs());
    }
    for plugin in names(&sources)? {
        let component = build_dir
            .join(TARGET)
            .join("release")
            .join(format!("{}.wasm", plugin.replace('-', "_")));
        lay_out(
            &sources.join(&plugin),
            &component,
            &folder(root).join(&plugin),
        )?;
    }
    Ok(())
}

/// Where the built plugins lie: a folder per plugin, as `plugin_host::Provinces::load` reads it.
pub(crate) fn folder(root: &Path) -> PathBuf {
    target_dir(root).join("plugins")
}

fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// Folders that hold a `plugin.toml`.
fn names(sources: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in
        fs::read_dir(sources).with_context(|| format!("{} is missing", sources.display()))?
    {
        let entry = entry?;
        if entry.path().join("plugin.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn lay_out(source: &Path, component: &Path, out: &Path) -> Result<()> {
    copy(component, &out.join("plugin.wasm"))?;
    for file in ["plugin.toml", "settings.toml"] {
        if source.join(file).is_file() {
            copy(&source.join(file), &out.join(file))?;
        }
    }
    for inner in ["texts", "cases"] {
        let Ok(entries) = fs::read_dir(source.join(inner)) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            copy(&entry.path(), &out.join(inner).join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Copies a file unless the copy is the same already; a reader never sees half of it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("{} is missing", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = to.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder)?;
    let half = to.with_extension(format!("half-{}", std::process::id()));
    fs::write(&half, bytes)?;
    fs::rename(&half, to)?;
    Ok(())
}

/// Takes what is there; else tries rustup, then installs Debian's packages.
fn tool_chain() -> Result<ToolChain> {
    if rustup_has_target() {
        return Ok(ToolChain::Rustup);
    }
    if debian_is_there() {
        return Ok(ToolChain::Debian);
    }
    eprintln!("plugins: asking rustup for the target {TARGET}");
    if add_rustup_target() && rustup_has_target() {
        return Ok(ToolChain::Rustup);
    }
    eprintln!(
        "plugins: rustup cannot have it; installing {} with apt-get",
        DEBIAN_PACKAGES.join(" ")
    );
    apt(&["update", "-qq"])?;
    apt(&[
        &["install", "-y", "-qq", "--no-install-recommends"],
        &DEBIAN_PACKAGES[..],
    ]
    .concat())?;
    ensure!(
        debian_is_there(),
        "Debian's packages lack one of {}",
        DEBIAN_FILES.join(", ")
    );
    Ok(ToolChain::Debian)
}

fn debian_is_there() -> bool {
    DEBIAN_FILES.iter().all(|file| Path::new(file).exists())
}

fn rustup_has_target() -> bool {
    sysroot().is_some_and(|root| root.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

/// The folder of the compiler on the path.
fn sysroot() -> Option<PathBuf> {
    let said = command("rustc")
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    said.status
        .success()
        .then(|| PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()))
}

fn add_rustup_target() -> bool {
    let mut rustup = command("rustup");
    rustup
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = rustup.spawn() else {
        return false;
    };
    let started = Instant::now();
    while started.elapsed() < RUSTUP_PATIENCE {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(100)),
            Err(_) => break,
        }
    }
    drop(child.kill());
    drop(child.wait());
    false
}

fn apt(args: &[&str]) -> Result<()> {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|said| said.stdout.starts_with(b"0\n"));
    let mut apt = if is_root {
        Command::new("apt-get")
    } else {
        Command::new("sudo")
    };
    if !is_root {
        apt.arg("apt-get");
    }
    let status = apt
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("apt-get {} ended with {status}", args.join(" ")),
        Err(why) => bail!("apt-get cannot be started: {why}"),
    }
}

/// The linker that makes a component: the one in the rustup tool chain, else one we install.
fn linker(root: &Path, chain: &ToolChain) -> Result<PathBuf> {
    let shipped = sysroot().and_then(|root| {
        let hosts = fs::read_dir(root.join("lib/rustlib")).ok()?;
        hosts
            .flatten()
            .map(|host| host.path().join("bin").join(LINKER))
            .find(|file| file.is_file())
    });
    if let Some(shipped) = shipped {
        return Ok(shipped);
    }
    let tools = target_dir(root).join("tools");
    let ours = tools.join("bin").join(LINKER);
    if !ours.is_file() {
        eprintln!("plugins: installing {LINKER} (a minute or two, once)");
        let mut cargo = match chain {
            ToolChain::Rustup => command("cargo"),
            ToolChain::Debian => debian_cargo(root)?,
        };
        let install = cargo
            .args(["install", "--quiet", "--locked", LINKER, "--root"])
            .arg(&tools);
        ensure!(install.status()?.success(), "{LINKER} does not install");
    }
    Ok(ours)
}

/// Debian's cargo and compiler, before whatever else is on the path, and its linker under the
/// name that [`LINKER`] looks for.
fn debian_cargo(root: &Path) -> Result<Command> {
    let bin = target_dir(root).join("tools/bin");
    fs::create_dir_all(&bin)?;
    if !bin.join("wasm-ld").exists() {
        std::os::unix::fs::symlink(DEBIAN_FILES[3], bin.join("wasm-ld"))?;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = [PathBuf::from("/usr/bin"), bin];
    let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path)))?;
    let mut cargo = command("/usr/bin/cargo");
    cargo
        .env("PATH", path)
        .env("RUSTC", "/usr/bin/rustc")
        .env_remove("RUSTUP_TOOLCHAIN");
    Ok(cargo)
}

/// A command without what an outer cargo or a person's shell may have set for other builds.
fn command(program: &str) -> Command {
    let mut command = Command::new(OsString::from(program));
    for name in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO",
        "RUSTC",
    ] {
        command.env_remove(name);
    }
    command
}
