//! One bounded call: a store, its limits, and what went wrong in which way.

use std::time::Duration;

use wasmtime::{PoolConcurrencyLimitError, ResourceLimiter, Result, Store, Trap};

use crate::counters::FaultClass;
use crate::engine::{MEMORY_MAX, Machine, TABLE_MAX};

/// Fuel of a call on the way of a citizen or a scan: about 0.3 ms (PLUGINS.md §2.5).
pub(crate) const FUEL_QUICK: u64 = 2_000_000;
/// Fuel of building a form or a report section.
pub(crate) const FUEL_SLOW: u64 = 50_000_000;
/// Ticks of 10 ms until a call is stopped by the wall clock. Fuel is the budget; this is only
/// a backstop, because a starved server must not look like a slow plugin.
const DEADLINE_TICKS: u64 = 25;
/// Bytes that lifting results may make the host copy.
const HOST_COPY_MAX: usize = 256 << 10;
/// How often a call waits a millisecond for a free slot of the pool.
const SLOT_WAITS: u32 = 50;

/// Limits of one store: the sum over its memories, and its table.
pub(crate) struct Limits {
    memory_left: usize,
    ran_out: bool,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, now: usize, wanted: usize, _: Option<usize>) -> Result<bool> {
        let more = wanted.saturating_sub(now);
        if more > self.memory_left {
            self.ran_out = true;
            wasmtime::bail!("the memory limit of {MEMORY_MAX} bytes is reached");
        }
        self.memory_left -= more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.ran_out = true;
        Err(error)
    }

    fn table_growing(&mut self, _: usize, wanted: usize, _: Option<usize>) -> Result<bool> {
        wasmtime::ensure!(
            wanted <= TABLE_MAX,
            "the table limit of {TABLE_MAX} is reached"
        );
        Ok(true)
    }

    fn instances(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }
}

/// How a call failed.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) class: FaultClass,
    pub(crate) why: String,
}

impl Fault {
    /// An answer that breaks a rule of the contract.
    pub(crate) fn invalid(why: String) -> Self {
        Self {
            class: FaultClass::Invalid,
            why,
        }
    }
}

/// Runs `body` in a fresh store with this much fuel; also tells how much was burnt.
pub(crate) fn call<T>(
    machine: &Machine,
    fuel: u64,
    body: impl Fn(&mut Store<Limits>) -> Result<T>,
) -> (Result<T, Fault>, u64) {
    let mut waits = 0;
    let mut retried = false;
    loop {
        let (result, burnt) = attempt(machine, fuel, &body);
        match result {
            Err(fault) if fault.class == FaultClass::PoolFull && waits < SLOT_WAITS => {
                waits += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
            // Most fuel left at the deadline: the server was starved, not the plugin slow.
            Err(fault) if fault.class == FaultClass::Deadline && burnt < fuel / 2 && !retried => {
                retried = true;
            }
            result => return (result, burnt),
        }
    }
}

fn attempt<T>(
    machine: &Machine,
    fuel: u64,
    body: &impl Fn(&mut Store<Limits>) -> Result<T>,
) -> (Result<T, Fault>, u64) {
    let limits = Limits {
        memory_left: MEMORY_MAX,
        ran_out: false,
    };
    let mut store = Store::new(&machine.engine, limits);
    store.limiter(|limits| limits);
    store.set_epoch_deadline(DEADLINE_TICKS);
    store.set_hostcall_fuel(HOST_COPY_MAX);
    store.set_max_component_handles(0);
    let result = store.set_fuel(fuel).and_then(|()| body(&mut store));
    let burnt = fuel.saturating_sub(store.get_fuel().unwrap_or(0));
    (
        result.map_err(|error| fault(&error, store.data().ran_out)),
        burnt,
    )
}

fn fault(error: &wasmtime::Error, ran_out: bool) -> Fault {
    let class = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => FaultClass::OutOfFuel,
        Some(Trap::Interrupt) => FaultClass::Deadline,
        _ if ran_out => FaultClass::Memory,
        Some(_) => FaultClass::Trap,
        None if error.is::<PoolConcurrencyLimitError>() => FaultClass::PoolFull,
        None => FaultClass::Invalid,
    };
    let mut why = error.root_cause().to_string();
    if let Some((end, _)) = why.char_indices().nth(200) {
        why.truncate(end);
    }
    Fault { class, why }
}
