//! The words of the trade and every decision. Knows no HTTP, no provider, no WASM.
//!
//! Nouns are parsed once into types that cannot be wrong; the workflows join them; `store` keeps
//! them. See the folder's README for the map.

pub mod access;
pub mod answers;
mod attempts;
pub mod audit;
pub mod clock;
pub mod declaration;
pub mod exposure;
pub mod form;
pub mod ids;
pub mod inbox;
pub mod message;
pub mod notices;
pub mod pass;
pub mod person;
pub mod phrase;
pub mod pictures;
pub mod place;
pub mod places;
pub mod registry;
pub mod reporting;
pub mod rules;
pub mod sealing;
pub mod store;
pub mod text;
pub mod units;
pub mod vault;
pub mod vehicle;
pub mod verdict;
pub mod verification;

use std::sync::Arc;

use clock::Clock;
use ids::ProvinceId;
use notices::Timing;
use pass::{PassSigner, PassVerifier};
use place::UnitCode;
use places::Places;
use registry::Registry;
use rules::{Context, Rules};
use sealing::Sealing;
use store::Store;

/// The door to every workflow. Cheap to clone.
#[derive(Clone)]
pub struct Workflows {
    /// What is kept.
    pub store: Store,
    /// Seals and opens what is personal.
    pub sealing: Sealing,
    /// Signs passes.
    pub signer: Arc<PassSigner>,
    /// Opens passes.
    pub verifier: Arc<PassVerifier>,
    /// The provinces' rules.
    pub rules: Arc<dyn Rules>,
    /// The population registry.
    pub registry: Arc<dyn Registry>,
    /// Time and randomness.
    pub clock: Clock,
    /// Provinces, posts, zones.
    pub places: Places,
    /// When citizens are told of their passes.
    pub notices: Timing,
}

impl std::fmt::Debug for Workflows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workflows(…)")
    }
}

impl Workflows {
    /// The context of a call to a province's rules, naming the risk of these units.
    /// `None` when there is no such province.
    pub fn context(&self, province: &ProvinceId, units: &[UnitCode]) -> Option<Context> {
        let home = self.places.province(province)?.unit;
        let now = self.clock.now();
        Some(Context {
            now,
            home,
            checkpoint: None,
            risk: self.places.risk(province, units, now),
            facts: Vec::new(),
        })
    }
}
