//! What happened in calls, for `/metrics` and the admin page.

use std::sync::atomic::{AtomicU64, Ordering};

use workflows::ids::ProvinceId;

/// In which way a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultClass {
    /// It burnt all its fuel.
    OutOfFuel,
    /// The wall clock stopped it.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It trapped (a panic looks so too).
    Trap,
    /// Its answer breaks the contract or a cap.
    Invalid,
    /// No slot of the pool was free in time; not the plugin's fault.
    PoolFull,
}

impl FaultClass {
    /// All classes, in the order of the counters.
    pub const ALL: [Self; 6] = [
        Self::OutOfFuel,
        Self::Deadline,
        Self::Memory,
        Self::Trap,
        Self::Invalid,
        Self::PoolFull,
    ];

    /// Name used as a metric's label.
    pub fn name(self) -> &'static str {
        match self {
            Self::OutOfFuel => "out-of-fuel",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Trap => "trap",
            Self::Invalid => "invalid",
            Self::PoolFull => "pool-full",
        }
    }
}

/// Counters of one province since the plugins were loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvinceCounters {
    /// Whose.
    pub province: ProvinceId,
    /// Calls into its rules.
    pub calls: u64,
    /// Fuel burnt by them.
    pub fuel: u64,
    /// Failed calls by class, every class named.
    pub faults: Vec<(FaultClass, u64)>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicU64,
    fuel: AtomicU64,
    faults: [AtomicU64; FaultClass::ALL.len()],
}

impl Counters {
    pub(crate) fn add_call(&self, fuel: u64) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    /// Counts a fault and tells how many of its class there were with it.
    pub(crate) fn add_fault(&self, class: FaultClass) -> u64 {
        self.faults[class as usize].fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn read(&self, province: ProvinceId) -> ProvinceCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let faults = FaultClass::ALL
            .into_iter()
            .zip(&self.faults)
            .map(|(c, n)| (c, read(n)))
            .collect();
        ProvinceCounters {
            province,
            calls: read(&self.calls),
            fuel: read(&self.fuel),
            faults,
        }
    }
}
