//! `cargo xtask fuzz`: libFuzzer over what strangers send, on the stable toolchain.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{setup, shell};

/// Options of `cargo xtask fuzz`.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Targets; all of tests/fuzz/src/bin if none is named
    targets: Vec<String>,
}

/// What `cargo fuzz` tells a nightly compiler in one flag: counters at every edge, and every
/// comparison told to the fuzzer.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// An input that takes longer than this is a hang, and a find like a panic.
const HANG_SECONDS: u64 = 5;
/// Longer than any message, request body or PDU that gets past its reader.
const LONGEST: usize = 4_096;

/// Builds the targets and runs each in turn. What a target finds stays in
/// `<target>/fuzz/found`, what it learnt in `<target>/fuzz/corpus` for the next run.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    if !shell::on_path("c++") {
        setup::install("a C++ compiler (libFuzzer)", &["g++"])?;
    }
    let folder = root.join("tests/fuzz");
    let output = shell::target(root).join("fuzz");
    let known = targets(&folder)?;
    if let Some(unknown) = options.targets.iter().find(|t| !known.contains(t)) {
        bail!("no target {unknown}; there are {}", known.join(" "));
    }
    let host = shell::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let mut build = shell::cargo(root);
    // Flags of a named target do not reach build scripts, which could not be linked with them.
    build.args(["build", "--release", "--bins", "--target", &host]);
    build.arg("--manifest-path").arg(folder.join("Cargo.toml"));
    build.arg("--target-dir").arg(&output);
    shell::run(build.env("RUSTFLAGS", COVERAGE))?;
    let programs = output.join(host).join("release");
    let chosen = match options.targets.as_slice() {
        [] => &known,
        named => named,
    };
    let failed: Vec<&str> = chosen
        .iter()
        .map(|target| {
            let program = programs.join(target);
            let seeds = folder.join("seeds").join(target);
            let clean = fuzz(&program, &seeds, &output, options.seconds)?;
            Ok((!clean).then_some(target.as_str()))
        })
        .filter_map(Result::transpose)
        .collect::<Result<_>>()?;
    if failed.is_empty() {
        return Ok(());
    }
    bail!("found something: {}", failed.join(" "))
}

fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(folder.join("src/bin"))?
        .filter_map(|file| file.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// Whether a target ran its time out and found nothing.
fn fuzz(program: &Path, seeds: &Path, built: &Path, seconds: u64) -> Result<bool> {
    let name = program
        .file_name()
        .and_then(|name| name.to_str())
        .context("a target has a name")?;
    let corpus = built.join("corpus").join(name);
    let found = built.join("found");
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let log = found.join(format!("{name}.log"));
    let status = Command::new(program)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={HANG_SECONDS}"))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-artifact_prefix={}/{name}-", found.display()))
        .arg("-print_final_stats=1")
        .arg(&corpus)
        .arg(seeds)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log)?)
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let stat = |label: &str| {
        said.lines()
            .find_map(|line| line.strip_prefix(label))
            .map_or("?", str::trim)
            .to_owned()
    };
    let runs = stat("stat::number_of_executed_units:");
    let new = stat("stat::new_units_added:");
    let outcome = if status.success() { "clean" } else { "FOUND" };
    shell::say(&format!(
        "{name:<12} {outcome}  {runs} runs in {seconds} s, {new} new inputs; {}",
        log.display()
    ));
    Ok(status.success())
}
