//! `cargo xtask bench`: release builds, a throw-away PostgreSQL, every figure beside its limit.

use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;

use crate::peers::Peers;
use crate::{plugins, setup, shell, web};

/// Options of `cargo xtask bench`.
#[derive(Args)]
pub(crate) struct Options {
    /// One JSON object a line: name value unit limit ratio, and what else there is
    #[arg(long)]
    json: bool,
    /// Only the figure of this name, such as `declare_sqlite`
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Measured seconds of each load over HTTP
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// Builds what is measured and what measures it, in one call so that both use one set of crate
/// features, and runs the figures. With `--json` only they go to standard output.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    setup::ensure(setup::Need::Test)?;
    web::build(root)?;
    plugins::build(root)?;
    let mut build = shell::cargo(root);
    build.args([
        "build",
        "--release",
        "--package",
        "server",
        "--package",
        "tests",
    ]);
    shell::run(build.args(["--bin", "khaibao", "--bin", "khaibao-bench"]))?;
    let release = shell::target(root).join("release");
    let peers = Peers::start_postgres(root)?;
    let (_, database) = peers
        .variables()
        .first()
        .context("PostgreSQL said no address")?;
    let mut bench = std::process::Command::new(release.join("khaibao-bench"));
    bench.arg("--binary").arg(release.join("khaibao"));
    bench.arg("--plugins").arg(plugins::folder(root));
    bench.args(["--postgres", database]);
    bench.env("KHAIBAO_PEERS_NODE", setup::peers_node()?);
    bench.args(["--seconds", &options.seconds.to_string()]);
    if options.json {
        bench.arg("--json");
    }
    if let Some(name) = &options.only {
        bench.args(["--only", name]);
    }
    shell::run(&mut bench)
}
