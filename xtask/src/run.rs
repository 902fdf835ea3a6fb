//! `cargo xtask run`: from a fresh clone to a served demo.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::{plugins, setup, shell, web};

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Options of `cargo xtask run`.
#[derive(Args)]
pub(crate) struct Options {
    /// The data folder; seeded with demo data if it does not exist
    #[arg(long, default_value = "./data")]
    data: PathBuf,
    /// Address and port to serve on, written into a new data folder
    #[arg(long, default_value = DEFAULT_LISTEN)]
    listen: String,
}

/// Builds what is needed, seeds the data folder if there is none, and becomes the server.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    setup::ensure(setup::Need::Run)?;
    web::build(root)?;
    shell::say("Building the plugins");
    plugins::build(root)?;
    shell::say("Building the server");
    // The workspace's features, so that `run` and `test` share every compiled crate.
    shell::run(shell::cargo(root).args(["build", "--workspace", "--bin", "khaibao"]))?;
    let khaibao = shell::target(root).join("debug/khaibao");
    let config = options.data.join("khaibao.toml");
    if !options.data.exists() {
        shell::say(&format!(
            "Seeding {} with demo data; accounts:",
            options.data.display()
        ));
        let mut demo = Command::new(&khaibao);
        demo.arg("demo")
            .arg("--data")
            .arg(&options.data)
            .args(["--listen", &options.listen]);
        shell::run(demo.arg("--plugins").arg(plugins::folder(root)))?;
    }
    let listen = configured_listen(&config)?;
    shell::say(&format!(
        "Serving {}. Ctrl-C stops it.",
        options.data.display()
    ));
    for (path, what) in PAGES {
        shell::say(&format!("  http://{listen}{path}  {what}"));
    }
    // From here this process is the server: signals reach it without anything in between.
    let error = Command::new(&khaibao)
        .arg("serve")
        .arg("--config")
        .arg(&config)
        .exec();
    Err(error).with_context(|| format!("cannot start {}", khaibao.display()))
}

const PAGES: [(&str, &str); 5] = [
    ("/", "declare"),
    ("/officer", "checkpoint officers"),
    ("/committee", "reports of the Steering Committee"),
    ("/demo/phone", "a keypad phone: SMS and USSD"),
    ("/demo/mail", "mail that was sent"),
];

/// The address in the data folder's configuration, which may be older than the option.
fn configured_listen(config: &Path) -> Result<String> {
    let text = fs::read_to_string(config).with_context(|| {
        format!(
            "cannot read {}; another --data, or no such folder, gets demo data",
            config.display()
        )
    })?;
    let table: toml::Table = text.parse()?;
    let listen = table
        .get("listen")
        .or_else(|| table.get("server")?.get("listen"));
    Ok(listen
        .and_then(toml::Value::as_str)
        .unwrap_or(DEFAULT_LISTEN)
        .to_owned())
}
