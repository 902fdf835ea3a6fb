//! What the health page shows of an account.

use std::sync::atomic::{AtomicU64, Ordering};

use workflows::clock::Moment;

/// An account's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmppStatus {
    /// Each connection.
    pub binds: Vec<BindStatus>,
    /// Parts that the SMSC took.
    pub accepted: u64,
    /// Parts that it will never take.
    pub refused: u64,
    /// Parts that nobody took yet: throttled, not bound.
    pub throttled: u64,
    /// Parts without an answer.
    pub unknown: u64,
    /// Messages, receipts and turns that came.
    pub received: u64,
    /// Of these, not stored, so that the SMSC delivers them again.
    pub sent_back: u64,
    /// Of these, unreadable.
    pub malformed: u64,
    /// USSD screens that did not reach the SMSC.
    pub screens_lost: u64,
}

/// A connection's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindStatus {
    /// `transceiver`, `transmitter` or `receiver`.
    pub role: &'static str,
    /// Whether it is bound now.
    pub bound: bool,
    /// Since when it is bound or not.
    pub since: Moment,
    /// When the SMSC was last heard.
    pub last_heard: Option<Moment>,
    /// Requests of ours without an answer yet.
    pub in_flight: usize,
    /// How often it was bound.
    pub times_bound: u64,
    /// Why it is not bound, or was not before; never what the SMSC wrote.
    pub trouble: Option<String>,
}

/// What is counted, since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) sent_back: AtomicU64,
    pub(super) malformed: AtomicU64,
    pub(super) screens_lost: AtomicU64,
}

impl Counts {
    pub(super) fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn with(&self, binds: Vec<BindStatus>) -> SmppStatus {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SmppStatus {
            binds,
            accepted: of(&self.accepted),
            refused: of(&self.refused),
            throttled: of(&self.throttled),
            unknown: of(&self.unknown),
            received: of(&self.received),
            sent_back: of(&self.sent_back),
            malformed: of(&self.malformed),
            screens_lost: of(&self.screens_lost),
        }
    }
}
