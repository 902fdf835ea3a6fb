//! Two machines that answer each other would do so for ever: the same text to the same number is
//! stopped when it is sent too often (CHANNELS.md E3).

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use channels::{Content, Outbound};
use moka::sync::Cache;
use workflows::store::ClaimedMessage;

/// Times the same text goes to one number within the window.
const TIMES: u32 = 5;
const WINDOW: Duration = Duration::from_mins(10);
const REMEMBERED: u64 = 100_000;

/// What was sent lately by this node, as hashes.
#[derive(Clone)]
pub(crate) struct LoopGuard {
    hasher: RandomState,
    counts: Cache<u64, Arc<AtomicU32>>,
}

impl Default for LoopGuard {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            counts: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(WINDOW)
                .build(),
        }
    }
}

impl LoopGuard {
    /// Counts a text, unless this is another try of it; whether it was too much.
    pub(super) fn repeats(&self, message: &ClaimedMessage, outbound: &Outbound) -> bool {
        let (words, place) = match &outbound.content {
            Content::Text(part) => (&part.text, part.part.map(|p| (p.number, p.total))),
            // Who presses buttons is no machine; and a list that is ticked keeps its words.
            Content::Chat(chat) if chat.words.answers.is_none() => (&chat.words.text, None),
            _ => return false,
        };
        if message.attempts > 1 {
            return false;
        }
        let key = self.hasher.hash_one((&outbound.to, words, place));
        let count = self.counts.get_with(key, Arc::default);
        count.fetch_add(1, Ordering::Relaxed) >= TIMES
    }
}
