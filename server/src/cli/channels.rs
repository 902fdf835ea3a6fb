//! Commands about the accounts of channels.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use workflows::message::ChannelId;

use super::{ConfigFile, say};
/// Accounts at providers of chats.
#[derive(Debug, Subcommand)]
pub(super) enum Channel {
    /// Give a channel's account a new refresh token, as after it was locked out
    Tokens(GivenTokens),
}

#[derive(Debug, Args)]
pub(super) struct GivenTokens {
    #[command(flatten)]
    file: ConfigFile,
    /// Name of the channel
    channel: String,
    /// File that holds the refresh token and nothing else
    #[arg(long)]
    refresh_token_file: PathBuf,
}

impl Channel {
    pub(super) async fn run(self) -> Result<()> {
        let Self::Tokens(given) = self;
        let path = &given.refresh_token_file;
        let token = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let token = token.trim();
        if token.is_empty() || token.chars().any(char::is_whitespace) {
            bail!("{}: holds one token and nothing else", path.display());
        }
        let app = super::tools::open(&given.file.config).await?;
        let channel = ChannelId::parse(&given.channel).context("the name of a channel")?;
        if !app.config.channel.contains_key(&channel) {
            bail!("channel.{channel} has no section");
        }
        app.give_tokens(&channel, token).await?;
        app.workflows.store.close().await;
        say("given; it is used before the next message");
        Ok(())
    }
}
