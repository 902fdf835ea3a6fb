//! What the nodes share about one account at a chat provider: its tokens, and whose turn it is.

use std::sync::Arc;

use async_trait::async_trait;
use channels::chat::{NewTokens, Shared, SharedError, Tokens, Turn};
use workflows::message::ChannelId;

use crate::state::App;

/// What the nodes share about the account of a channel.
pub(crate) fn open(app: &App, channel: &ChannelId) -> Arc<dyn Shared> {
    Arc::new(Account {
        app: app.clone(),
        channel: channel.clone(),
    })
}

struct Account {
    app: App,
    channel: ChannelId,
}

#[async_trait]
impl Shared for Account {
    async fn tokens(&self) -> Result<Option<Tokens>, SharedError> {
        let _ = (&self.app, &self.channel);
        Err(SharedError)
    }

    async fn claim_renewal(&self, _: i64) -> Result<Option<Turn>, SharedError> {
        Err(SharedError)
    }

    async fn renewed(&self, _: Turn, _: &NewTokens) -> Result<bool, SharedError> {
        Err(SharedError)
    }

    async fn locked_out(&self, _: Turn, _: &str) -> Result<(), SharedError> {
        Err(SharedError)
    }

    async fn keeps_turn(&self) -> Result<bool, SharedError> {
        Err(SharedError)
    }

    async fn position(&self) -> Result<Option<i64>, SharedError> {
        Err(SharedError)
    }

    async fn moved_to(&self, _: i64) -> Result<(), SharedError> {
        Err(SharedError)
    }
}
