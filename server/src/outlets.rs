//! The ways out, by channel: mail and every configured channel that sends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use channels::Sender;
use workflows::message::ChannelId;
use workflows::store::Pace;

use crate::config::{ChannelConfig, Unknown};
use crate::jobs::LoopGuard;

/// One way out.
#[derive(Clone)]
pub(crate) struct Outlet {
    pub(crate) sender: Arc<dyn Sender>,
    pub(crate) pace: Pace,
    /// Messages handed over at the same time.
    pub(crate) in_flight: usize,
    /// How long a claimed message is this node's: longer than any try of the sender takes.
    pub(crate) lease_seconds: i64,
    /// What follows an unknown outcome; none for mail, which is safe to repeat for ever.
    pub(crate) unknown: Option<Unknown>,
    /// Stops two machines that answer each other.
    pub(crate) guard: LoopGuard,
}

/// Longer than the longest time-out that a mail server's settings allow (ten minutes).
const MAIL_LEASE_SECONDS: i64 = 660;
const MAILS_IN_FLIGHT: usize = 4;
/// Senders of texts answer within half of it; after a crash a reply must still be worth sending.
const TEXT_LEASE_SECONDS: i64 = 120;

impl Outlet {
    pub(crate) fn mail(sender: Arc<dyn Sender>) -> Self {
        Self {
            sender,
            pace: Pace::default(),
            in_flight: MAILS_IN_FLIGHT,
            lease_seconds: MAIL_LEASE_SECONDS,
            unknown: None,
            guard: LoopGuard::default(),
        }
    }

    pub(crate) fn of(config: &ChannelConfig, sender: Arc<dyn Sender>) -> Self {
        Self {
            sender,
            pace: config.pace(),
            in_flight: usize::from(config.in_flight),
            lease_seconds: TEXT_LEASE_SECONDS,
            unknown: Some(config.unknown),
            guard: LoopGuard::default(),
        }
    }
}

/// The ways out that this node has.
#[derive(Default)]
pub(crate) struct Outlets(RwLock<BTreeMap<ChannelId, Outlet>>);

impl Outlets {
    pub(crate) fn put(&self, channel: ChannelId, outlet: Outlet) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(channel, outlet);
    }

    pub(crate) fn all(&self) -> Vec<(ChannelId, Outlet)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(c, o)| (c.clone(), o.clone())).collect()
    }
}

impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.all().iter().map(|(channel, _)| channel))
            .finish()
    }
}
