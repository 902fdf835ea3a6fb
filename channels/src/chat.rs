//! Chats: one file per provider, one line in [`PROVIDERS`].

mod telegram;
mod zalo;
mod zalo_bot;
mod zalo_oa;
pub mod zns;

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use workflows::clock::{Clock, Moment};
use workflows::message::ChatFits;

use crate::inbound::{EventHook, Inlet};
use crate::settings::SettingsError;
use crate::{Place, Sender};

/// Every provider that a channel of kind `chat` may name.
pub const PROVIDERS: &[Provider] = &[telegram::PROVIDER, zalo_oa::PROVIDER, zalo_bot::PROVIDER];

/// A provider of chats.
#[derive(Clone, Copy)]
pub struct Provider {
    /// Its word in the configuration.
    pub name: &'static str,
    /// What it takes as one message.
    pub fits: ChatFits,
    /// For how many hours after a chat was heard a channel with these settings may tell it what
    /// it did not ask for; none where that never ends.
    pub window_hours: fn(&toml::Table) -> Option<i64>,
    /// Opens an account with settings of its own. Reads the files they name; connects nowhere.
    pub open: fn(&Opening<'_>) -> Result<ChatChannel, SettingsError>,
}

/// What a provider is opened with.
pub struct Opening<'a> {
    /// The provider's own settings.
    pub settings: &'a toml::Table,
    /// Where the channel stands.
    pub place: Place<'a>,
    /// Time and randomness.
    pub clock: &'a Clock,
    /// Where events go that are fetched instead of received.
    pub inlet: Arc<dyn Inlet>,
    /// What all nodes of the service know of the account.
    pub shared: Arc<dyn Shared>,
}

/// A way in and a way out.
pub struct ChatChannel {
    /// Reads what the provider calls us with; none where events are fetched.
    pub hook: Option<Arc<dyn EventHook>>,
    /// Hands messages over.
    pub sender: Arc<dyn Sender>,
    /// Runs beside the server until it stops: it fetches events, or tells the provider our
    /// address and commands. One node does it at a time.
    pub keeper: Option<Box<dyn Keeper>>,
}

/// Work of a channel that runs beside the server.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// Works until `stopped` resolves; failures are told in the log and tried again.
    async fn keep(self: Box<Self>, stopped: Stopped);
}

/// Resolves when the server stops.
pub type Stopped = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the nodes of a service share about one account: its tokens, and whose turn it is. The
/// server implements it with rows.
#[async_trait]
pub trait Shared: Send + Sync {
    /// The pair of tokens that stands; none before somebody has given one.
    async fn tokens(&self) -> Result<Option<Tokens>, SharedError>;

    /// Takes the turn to renew the tokens of this version. `None`: another node has it, or has
    /// renewed them already.
    async fn claim_renewal(&self, version: i64) -> Result<Option<Turn>, SharedError>;

    /// Keeps a new pair, and the old one beside it, whoever has the turn by now: the old one buys
    /// nothing more. After `Ok(true)` it is durable and may be used; `Ok(false)`: another pair
    /// stands there.
    async fn renewed(&self, turn: Turn, tokens: &NewTokens) -> Result<bool, SharedError>;

    /// The tokens can no longer be renewed: a person must give new ones. Says so on the
    /// channel's page and in the metrics.
    async fn locked_out(&self, turn: Turn, code: &str) -> Result<(), SharedError>;

    /// Takes, or keeps, the turn of the one node that works as the channel's keeper. `false`:
    /// another node has it.
    async fn keeps_turn(&self) -> Result<bool, SharedError>;

    /// How far events were fetched, in the provider's own count.
    async fn position(&self) -> Result<Option<i64>, SharedError>;

    /// Notes how far events were fetched and kept.
    async fn moved_to(&self, position: i64) -> Result<(), SharedError>;
}

/// What the nodes share could not be read or written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the nodes share cannot be had now")]
pub struct SharedError;

/// A turn to renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Version of the pair that is renewed.
    pub version: i64,
    /// Rises with each turn, so that a late holder cannot lock the account.
    pub epoch: i64,
}

/// A pair of tokens as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Rises with each pair.
    pub version: i64,
    /// Opens the provider's doors.
    pub access: String,
    /// Buys the next pair, once.
    pub refresh: String,
    /// When `access` ends.
    pub access_until: Moment,
    /// Whether the pair can no longer be renewed and somebody must give another.
    pub locked: bool,
}

/// A new pair of tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTokens {
    /// Opens the provider's doors.
    pub access: String,
    /// Buys the next pair, once.
    pub refresh: String,
    /// When `access` ends.
    pub access_until: Moment,
}

macro_rules! silent {
    ($($name:ident),+) => {$(
        /// Shows nothing of what it holds, so that it may stand in a log.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

silent!(Provider, ChatChannel, Tokens, NewTokens);
