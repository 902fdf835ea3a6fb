//! A circuit breaker: stops asking a peer that keeps failing.

use std::sync::{Mutex, PoisonError};

use workflows::clock::Moment;

/// Opens after `LIMIT` consecutive failures for `PAUSE_SECONDS`; then lets one probe through per
/// pause until one succeeds. A probe that never reports back costs no more than one pause.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

/// Consecutive failures that open the breaker.
pub(crate) const LIMIT: u32 = 5;
/// How long an open breaker lets nothing through, in seconds.
pub(crate) const PAUSE_SECONDS: i64 = 30;

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until_at: Option<Moment>,
}

impl Breaker {
    /// Whether a call may go out now. A `true` from an open breaker is the one probe.
    pub(crate) fn admits(&self, now: Moment) -> bool {
        let mut state = self.lock();
        match state.open_until_at {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until_at = Some(now.plus_seconds(PAUSE_SECONDS));
                true
            }
        }
    }

    /// Takes note of an answer.
    pub(crate) fn succeeded(&self) {
        *self.lock() = State::default();
    }

    /// Takes note of a failure; says whether this one opened the breaker.
    pub(crate) fn failed(&self, now: Moment) -> bool {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures < LIMIT {
            return false;
        }
        state.open_until_at = Some(now.plus_seconds(PAUSE_SECONDS));
        state.failures == LIMIT
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_consecutive_failures_open_it() {
        let breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 1..LIMIT {
                assert!(!breaker.failed(Moment(0)));
            }
            breaker.succeeded();
        }
        assert!(breaker.admits(Moment(0)));
    }

    #[test]
    fn an_open_one_lets_one_probe_through_per_pause() {
        let breaker = Breaker::default();
        let opened = (0..LIMIT)
            .map(|_| breaker.failed(Moment(0)))
            .filter(|o| *o)
            .count();
        assert_eq!(opened, 1);
        let later = Moment(0).plus_seconds(PAUSE_SECONDS);
        assert!(!breaker.admits(Moment(later.0 - 1)));
        assert!(breaker.admits(later), "the probe");
        assert!(!breaker.admits(later), "a second caller beside the probe");
        assert!(!breaker.failed(later));
        assert!(
            breaker.admits(later.plus_seconds(PAUSE_SECONDS)),
            "the next probe"
        );
        breaker.succeeded();
        assert!(breaker.admits(later.plus_seconds(PAUSE_SECONDS)));
    }
}
