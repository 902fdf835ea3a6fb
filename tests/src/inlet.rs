//! An inlet in memory, for tests of what stands before it: hooks and gateways. The server's own
//! is tried with the conversation behind it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use channels::inbound::{Inlet, NotStored};
use workflows::message::{Event, Inbound, Receipt, Screen, Turn};

/// Keeps events while it has room.
#[derive(Debug, Default)]
pub struct MemoryInlet {
    events: Mutex<Vec<Event>>,
    turns: Mutex<Vec<Turn>>,
    full: AtomicBool,
}

impl MemoryInlet {
    /// From now on nothing can be kept, or again.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// Messages kept, oldest first.
    pub fn messages(&self) -> Vec<Inbound> {
        let events = self.events.lock().unwrap();
        let messages = events.iter().filter_map(|event| match event {
            Event::Message(message) => Some(message.clone()),
            Event::Receipt(_) | Event::Ignored(_) => None,
        });
        messages.collect()
    }

    /// Receipts kept, oldest first.
    pub fn receipts(&self) -> Vec<Receipt> {
        let events = self.events.lock().unwrap();
        let receipts = events.iter().filter_map(|event| match event {
            Event::Receipt(receipt) => Some(receipt.clone()),
            Event::Message(_) | Event::Ignored(_) => None,
        });
        receipts.collect()
    }

    /// Turns answered, oldest first.
    pub fn turns(&self) -> Vec<Turn> {
        self.turns.lock().unwrap().clone()
    }

    fn room(&self) -> Result<(), NotStored> {
        if self.full.load(Ordering::SeqCst) {
            return Err(NotStored);
        }
        Ok(())
    }
}

#[async_trait]
impl Inlet for MemoryInlet {
    async fn take(&self, event: Event) -> Result<(), NotStored> {
        self.room()?;
        self.events.lock().unwrap().push(event);
        Ok(())
    }

    async fn turn(&self, turn: Turn) -> Result<Screen, NotStored> {
        self.room()?;
        self.turns.lock().unwrap().push(turn);
        Ok(Screen {
            text: "1=Co 2=Khong".into(),
            continues: true,
        })
    }
}
