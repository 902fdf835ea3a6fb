//! Many deliveries at once, but those of one sender one after the other.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Deliveries that wait, by sender. A sender is in the map while somebody works on his.
pub(super) struct Order<J> {
    queues: Mutex<HashMap<String, VecDeque<J>>>,
    held: AtomicUsize,
    most: usize,
}

/// What to do after a delivery was added.
pub(super) enum Added<J> {
    /// Nobody works on this sender's: begin.
    Begin(J),
    /// Somebody does and will come to it.
    Queued,
    /// There are too many.
    Full(J),
}

impl<J> Order<J> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            queues: Mutex::new(HashMap::new()),
            held: AtomicUsize::new(0),
            most,
        }
    }

    pub(super) fn add(&self, sender: &str, job: J) -> Added<J> {
        let mut queues = self.lock();
        if self.held.load(Ordering::SeqCst) >= self.most {
            return Added::Full(job);
        }
        self.held.fetch_add(1, Ordering::SeqCst);
        match queues.entry(sender.to_owned()) {
            Entry::Occupied(mut queue) => {
                queue.get_mut().push_back(job);
                Added::Queued
            }
            Entry::Vacant(place) => {
                place.insert(VecDeque::new());
                Added::Begin(job)
            }
        }
    }

    /// The sender's next delivery after one is done; none ends the work on his.
    pub(super) fn next(&self, sender: &str) -> Option<J> {
        let mut queues = self.lock();
        self.held.fetch_sub(1, Ordering::SeqCst);
        let next = queues.get_mut(sender).and_then(VecDeque::pop_front);
        if next.is_none() {
            queues.remove(sender);
        }
        next
    }

    /// Deliveries in work or waiting.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<J>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
