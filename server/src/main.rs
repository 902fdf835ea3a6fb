//! `khaibao`: one binary for the server and for those who run it.

use clap::Parser;
use server::cli::Command;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    server::telemetry::log();
    Command::parse().run().await
}
