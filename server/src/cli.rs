//! The command line.

mod channels;
pub mod demo;
mod tools;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};
use workflows::clock::Clock;

use crate::Server;
use crate::config::Config;

/// Health declarations, passes and checkpoints.
#[derive(Debug, Parser)]
#[command(name = "khaibao", version)]
pub struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Serve until told to stop (Ctrl-C or SIGTERM)
    Serve(ConfigFile),
    /// Bring the database's schema up to date
    Migrate(ConfigFile),
    /// Make a data folder with keys, configuration, three provinces, posts and accounts
    Demo(demo::Options),
    /// Accounts
    #[command(subcommand)]
    Officer(tools::Officer),
    /// Daily reports
    #[command(subcommand)]
    Report(tools::Report),
    /// The copy of the population registry
    #[command(subcommand)]
    Registry(tools::Registry),
    /// Plugins
    #[command(subcommand)]
    Plugin(tools::Plugin),
    /// Pass-signing keys
    #[command(subcommand)]
    Keys(tools::Keys),
    /// The audit chains
    #[command(subcommand)]
    Audit(tools::Audit),
    /// Accounts at providers of chats
    #[command(subcommand)]
    Channel(channels::Channel),
    /// Configuration
    #[command(subcommand)]
    Config(tools::CheckConfig),
}

/// Which configuration.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// Configuration file
    #[arg(long, env = "KHAIBAO_CONFIG", default_value = "khaibao.toml")]
    config: PathBuf,
}

impl Command {
    /// Runs the command.
    pub async fn run(self) -> Result<()> {
        match self.what {
            What::Serve(file) => serve(&file.config).await,
            What::Migrate(file) => tools::migrate(&file.config).await,
            What::Demo(options) => demo::make(&options).await,
            What::Officer(command) => command.run().await,
            What::Report(command) => command.run().await,
            What::Registry(command) => command.run().await,
            What::Plugin(command) => command.run(),
            What::Keys(command) => command.run(),
            What::Audit(command) => command.run().await,
            What::Channel(command) => command.run().await,
            What::Config(command) => command.run(),
        }
    }
}

async fn serve(path: &Path) -> Result<()> {
    let config = Config::load(path)?;
    let server = Server::build(config, Clock::system()).await?;
    let address: SocketAddr = server.address()?;
    tracing::info!(%address, "serving");
    server.run(asked_to_stop()).await
}

/// Resolves at Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!("SIGTERM will not be heard: {error}");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Prints a line for whoever typed the command.
#[expect(
    clippy::print_stdout,
    reason = "a command's answer goes to standard output"
)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
