//! Zalo's names of the pictures that were handed over, so that a second try needs no second upload.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Pictures remembered; the oldest is forgotten first.
const MOST: usize = 1_000;

#[derive(Default)]
pub(super) struct Pictures(Mutex<Known>);

#[derive(Default)]
struct Known {
    ids: HashMap<String, String>,
    order: VecDeque<String>,
}

impl Pictures {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.lock().ids.get(name).cloned()
    }

    pub(super) fn put(&self, name: &str, id: &str) {
        let mut known = self.lock();
        if known.ids.insert(name.into(), id.into()).is_none() {
            known.order.push_back(name.into());
        }
        if known.order.len() > MOST
            && let Some(oldest) = known.order.pop_front()
        {
            known.ids.remove(&oldest);
        }
    }

    pub(super) fn forget(&self, name: &str) {
        let mut known = self.lock();
        known.ids.remove(name);
        known.order.retain(|other| other != name);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
