//! Pictures that Telegram has a copy of.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Passes are shown again soon or never.
const MOST: usize = 512;

/// Telegram's names of pictures, by ours; the oldest is forgotten first.
#[derive(Default)]
pub(super) struct Pictures(Mutex<VecDeque<(String, String)>>);

impl Pictures {
    /// Telegram's name of a picture.
    pub(super) fn file(&self, name: &str) -> Option<String> {
        self.with(|known| {
            let found = known.iter().find(|(ours, _)| ours == name);
            found.map(|(_, file)| file.clone())
        })
    }

    /// Telegram has a picture now.
    pub(super) fn put(&self, name: &str, file: &str) {
        self.with(|known| {
            known.retain(|(ours, _)| ours != name);
            if known.len() >= MOST {
                known.pop_front();
            }
            known.push_back((name.to_owned(), file.to_owned()));
        });
    }

    /// Telegram has it no longer.
    pub(super) fn forget(&self, name: &str) {
        self.with(|known| known.retain(|(ours, _)| ours != name));
    }

    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<(String, String)>) -> T) -> T {
        // No work leaves it half done.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_picture_is_forgotten_first() {
        let pictures = Pictures::default();
        for number in 0..=MOST {
            pictures.put(&number.to_string(), "file");
        }
        assert_eq!(pictures.file("0"), None);
        assert_eq!(pictures.file("1").as_deref(), Some("file"));
        pictures.forget("1");
        assert_eq!(pictures.file("1"), None);
    }
}
