//! Spreads parts evenly over time, inside one process.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Longer queues than this belong in the outbox.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(parts_per_second: Option<u32>) -> Self {
        let interval =
            parts_per_second.map_or(Duration::ZERO, |n| Duration::from_secs(1) / n.max(1));
        Self {
            interval,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for this part's turn; if that is too far off, says how far.
    pub(super) async fn turn(&self) -> Result<(), Duration> {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = (*next).max(now);
            let wait = turn - now;
            if wait > LONGEST_WAIT {
                return Err(wait);
            }
            *next = turn + self.interval;
            turn
        };
        sleep_until(turn).await;
        Ok(())
    }

    /// Lets nobody through for a while.
    pub(super) fn hold(&self, time: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = (*next).max(Instant::now() + time);
    }
}
