//! Runs a province's rules: bounded, isolated, versioned; knows no database.
//!
//! [`Provinces`] implements the core's port [`workflows::rules::Rules`]. Each call gets a fresh
//! instance out of a pool, so nothing of one citizen is left for the next; fuel, memory, time
//! and the size of every answer are bounded; a plugin has no imports, so all it knows is what
//! it is handed. What was measured to arrive at these settings: PLUGINS.md §2.

mod bindings;
mod call;
pub mod cases;
mod convert;
mod counters;
mod engine;
mod manifest;
mod plugin;
mod provinces;
mod sheet;
mod smoke;
mod texts;
mod validate;

pub use counters::{FaultClass, ProvinceCounters};
pub use provinces::{LoadError, PluginStatus, ProvincePlugin, Provinces};
