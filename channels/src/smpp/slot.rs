//! The place of one connection in an account: where senders find its line, and the health page
//! its state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use workflows::clock::Moment;

use super::line::Line;
use super::status::BindStatus;

/// What a connection is bound as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Transceiver,
    Transmitter,
    Receiver,
}

/// Where senders find the line, and the health page its state.
pub(super) struct Slot {
    pub(super) role: Role,
    state: Mutex<State>,
}

struct State {
    line: Option<Arc<Line>>,
    since: Moment,
    heard: Option<Moment>,
    times_bound: u64,
    trouble: Option<String>,
}

impl Slot {
    pub(super) fn new(role: Role, now: Moment) -> Arc<Self> {
        Arc::new(Self {
            role,
            state: Mutex::new(State {
                line: None,
                since: now,
                heard: None,
                times_bound: 0,
                trouble: None,
            }),
        })
    }

    /// The line, if messages can go out over it now.
    pub(super) fn transmits(&self) -> Option<Arc<Line>> {
        match self.role {
            Role::Receiver => None,
            Role::Transceiver | Role::Transmitter => self.lock().line.clone(),
        }
    }

    pub(super) fn status(&self) -> BindStatus {
        let state = self.lock();
        BindStatus {
            role: match self.role {
                Role::Transceiver => "transceiver",
                Role::Transmitter => "transmitter",
                Role::Receiver => "receiver",
            },
            bound: state.line.is_some(),
            since: state.since,
            last_heard: state.heard,
            in_flight: state.line.as_ref().map_or(0, |line| line.in_flight()),
            times_bound: state.times_bound,
            trouble: state.trouble.clone(),
        }
    }

    /// The connection is bound.
    pub(super) fn up(&self, line: &Arc<Line>, now: Moment) {
        let mut state = self.lock();
        state.line = Some(Arc::clone(line));
        state.since = now;
        state.heard = Some(now);
        state.times_bound += 1;
    }

    /// Nobody may ask over the connection any more.
    pub(super) fn down(&self, now: Moment) {
        let mut state = self.lock();
        if state.line.take().is_some() {
            state.since = now;
        }
    }

    pub(super) fn heard(&self, now: Moment) {
        self.lock().heard = Some(now);
    }

    /// Why it is not bound.
    pub(super) fn note(&self, trouble: String) {
        self.lock().trouble = Some(trouble);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bound line with the most room in its window.
pub(super) fn roomiest(slots: &[Arc<Slot>]) -> Option<Arc<Line>> {
    let lines = slots.iter().filter_map(|slot| slot.transmits());
    lines.max_by_key(|line| line.window.available_permits())
}
