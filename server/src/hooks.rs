//! Which hook belongs to which channel, and where what it reads goes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use channels::inbound::{EventHook, Inlet, UssdHook};
use workflows::message::ChannelId;

/// What reads a channel's requests.
#[derive(Clone)]
pub enum Hook {
    /// Events that are kept and answered later.
    Events(Arc<dyn EventHook>),
    /// Turns that are answered at once.
    Ussd(Arc<dyn UssdHook>),
}

/// The hooks by channel. A channel without one has no address.
#[derive(Clone, Default)]
pub struct HookTable(BTreeMap<ChannelId, (Hook, Arc<dyn Inlet>)>);

impl HookTable {
    /// Gives a channel its hook and its inlet.
    pub fn put(&mut self, channel: ChannelId, hook: Hook, inlet: Arc<dyn Inlet>) {
        self.0.insert(channel, (hook, inlet));
    }

    /// Whether no channel has a hook.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, channel: &str) -> Option<&(Hook, Arc<dyn Inlet>)> {
        self.0.get(&ChannelId::parse(channel)?)
    }
}

impl fmt::Debug for HookTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
