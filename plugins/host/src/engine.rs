//! The engine: how components are compiled and where their instances live.

use std::time::Duration;

use wasmtime::component::Linker;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Result,
};

use crate::call::Limits;

/// Most linear memory of one instance, bytes (PLUGINS.md §2.5).
pub(crate) const MEMORY_MAX: usize = 16 << 20;
/// Most elements of its table.
pub(crate) const TABLE_MAX: usize = 5_000;
/// Most bytes of a component.
pub(crate) const COMPONENT_MAX: usize = 1 << 20;
/// Period of the epoch clock. The deadline counts in these.
const TICK: Duration = Duration::from_millis(10);

/// The engine and its linker, which offers nothing.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Limits>,
}

impl Machine {
    /// Starts an engine with room for calls into `plugins` components at once, and its clock.
    pub(crate) fn start(plugins: usize) -> Result<Self> {
        let engine = Engine::new(&config(slots(plugins)))?;
        let weak = engine.weak();
        std::thread::Builder::new()
            .name("plugin-epochs".into())
            .spawn(move || {
                while let Some(engine) = weak.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(TICK);
                }
            })?;
        let linker = Linker::new(&engine);
        Ok(Self { engine, linker })
    }
}

/// Slots of the pool: two per live component, so that each finds its own warm one, and at least
/// two per thread; fewer slots cost a page fault per call (PLUGINS.md §0.10).
fn slots(plugins: usize) -> u32 {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let slots = (2 * plugins).max(2 * threads).max(16).next_power_of_two();
    u32::try_from(slots).unwrap_or(1_024).min(1_024)
}

fn config(slots: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .max_unused_warm_slots(slots)
        .max_core_instances_per_component(1)
        .max_memories_per_component(1)
        .max_tables_per_component(1)
        .max_memory_size(MEMORY_MAX)
        .table_elements(TABLE_MAX)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        // A dirty page that was swapped out would survive the scan (wasmtime#14357).
        .pagemap_scan(Enabled::No);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .memory_init_cow(true)
        .native_unwind_info(false)
        // 4 GiB of address space per slot would be refused where address space is limited.
        .memory_reservation(MEMORY_MAX as u64)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
