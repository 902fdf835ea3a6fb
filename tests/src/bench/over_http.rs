//! Declarations and scans over HTTP against the release binary, beside the two limits that bound
//! them: what the database takes of the same rows, and what the server answers without work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use workflows::clock::Clock;

use crate::Options;
use crate::citizens::{Declaring, Scanning};
use crate::database::Engine;
use crate::figure::{Figure, Goal};
use crate::http::{Load, Nothing, Plan, load};
use crate::raw::{Part, Raw};
use crate::served::{Served, Site};

const CLIENTS: usize = 64;
const OFFICERS: usize = 8;
/// A crossing of the same pass again within a run is allowed; too few passes would keep every
/// page of the database in memory.
const PASSES_SECONDS: u64 = 4;
/// Enough for half a second of the fastest limit.
const RAW_REQUESTS: usize = 16_384;
const RAW_PASSES: usize = 3;
const P99_MOST: f64 = 100.0;

const DECLARED: [Part; 3] = [
    Part { table: "declarations", which: "1 = 1", each: 1 },
    Part { table: "passes", which: "1 = 1", each: 1 },
    Part { table: "audit", which: "action = 'declared'", each: 1 },
];
const CROSSED: [Part; 2] = [
    Part { table: "crossings", which: "1 = 1", each: 1 },
    Part {
        table: "audit",
        which: "action IN ('pass-looked-up', 'crossing-recorded')",
        each: 2,
    },
];

/// What of this module is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Declarations.
    pub(crate) declare: bool,
    /// Scans.
    pub(crate) scan: bool,
}

/// A server's memory before and after its load, MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    before: f64,
    after: f64,
}

/// The figures of one engine, and the server's memory.
pub(crate) async fn figures(
    options: &Options,
    engine: Engine,
    wanted: Wanted,
    shown: &mut impl FnMut(Figure),
) -> Result<Memory> {
    let folder = tempfile::tempdir()?;
    let database = engine.empty(options, folder.path(), "served").await?;
    let site = Site::seed(options, &folder.path().join("data"), &database)?;
    let (served, _) = site.serve()?;
    let before = served.peak_memory()?;
    let idle = load(site.address, plan(3), Arc::new(Nothing)).await?;
    let bench = Bench { options, engine, folder: folder.path(), database: &database, idle };
    let declaring = Arc::new(Declaring::new(Clock::system(), 1));
    let seconds = if wanted.declare { options.seconds } else { PASSES_SECONDS };
    let declared = load(site.address, plan(seconds), Arc::clone(&declaring)).await?;
    if wanted.declare {
        let least = match engine {
            Engine::Sqlite => 600.0,
            Engine::Postgres => 400.0,
        };
        let raw = bench.raw(&DECLARED).await?;
        bench.show("declare", least, &declared, raw, shown);
    }
    if wanted.scan {
        let least = match engine {
            Engine::Sqlite => 1_200.0,
            Engine::Postgres => 800.0,
        };
        let scanning = Scanning::new(&site, OFFICERS, declaring.passes()).await?;
        let scanned = load(site.address, plan(options.seconds), Arc::new(scanning)).await?;
        let raw = bench.raw(&CROSSED).await?;
        bench.show("scan", least, &scanned, raw, shown);
    }
    ended(&served, before)
}

fn ended(served: &Served, before: f64) -> Result<Memory> {
    Ok(Memory { before, after: served.peak_memory()? })
}

/// The most memory of all servers that ran, beside what one has before its first request.
pub(crate) fn peak_memory(all: &[Memory]) -> Option<Figure> {
    let most = all.iter().max_by(|a, b| a.after.total_cmp(&b.after))?;
    Some(Figure {
        name: "peak_memory".into(),
        value: most.after,
        unit: "MiB",
        limit: most.before,
        beside: "before its first request",
        goal: Goal::AtMost(256.0),
        extra: Vec::new(),
    })
}

fn plan(seconds: u64) -> Plan {
    Plan {
        clients: CLIENTS,
        warm_up: Duration::from_secs(2),
        measured: Duration::from_secs(seconds),
    }
}

struct Bench<'a> {
    options: &'a Options,
    engine: Engine,
    folder: &'a Path,
    database: &'a str,
    idle: Load,
}

impl Bench<'_> {
    /// Requests a second that the database takes: the best of some passes.
    async fn raw(&self, parts: &[Part]) -> Result<f64> {
        let from = Raw::open(self.database).await?;
        let stored = from.read(parts, RAW_REQUESTS).await?;
        from.close().await;
        let mut best: f64 = 0.0;
        for pass in 0..RAW_PASSES {
            let name = format!("raw_{}_{pass}", parts[0].table);
            let url = self.engine.migrated(self.options, self.folder, &name).await?;
            let into = Raw::open(&url).await?;
            best = best.max(into.insert_grouped(&stored, CLIENTS).await?);
            into.close().await;
        }
        Ok(best)
    }

    fn show(
        &self,
        what: &str,
        least: f64,
        load: &Load,
        raw: f64,
        shown: &mut impl FnMut(Figure),
    ) {
        let name = format!("{what}_{}", self.engine.name());
        shown(Figure {
            name: format!("{name}_p99"),
            value: load.p99,
            unit: "ms",
            limit: self.idle.p99,
            beside: "p99 of a route without work",
            goal: Goal::AtMost(P99_MOST),
            extra: Vec::new(),
        });
        shown(Figure {
            name: format!("{name}_route"),
            value: load.rate,
            unit: "req/s",
            limit: self.idle.rate,
            beside: "a route without work",
            goal: Goal::Open,
            extra: Vec::new(),
        });
        shown(Figure {
            name,
            value: load.rate,
            unit: "req/s",
            limit: raw,
            beside: "same rows, raw grouped inserts",
            goal: Goal::AtLeast(least),
            extra: vec![("p50_ms", load.p50), ("p99_ms", load.p99)],
        });
    }
}
