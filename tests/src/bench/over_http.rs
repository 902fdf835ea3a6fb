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

/// A load: its name, what each request stores, and the rates asked for.
struct Kind {
    name: &'static str,
    parts: &'static [Part],
    least_sqlite: f64,
    least_postgres: f64,
}

const DECLARE: Kind = Kind {
    name: "declare",
    parts: &[
        part("declarations", "1 = 1", 1),
        part("passes", "1 = 1", 1),
        part("audit", "action = 'declared'", 1),
    ],
    least_sqlite: 600.0,
    least_postgres: 400.0,
};
const SCAN: Kind = Kind {
    name: "scan",
    parts: &[
        part("crossings", "1 = 1", 1),
        part(
            "audit",
            "action IN ('pass-looked-up', 'crossing-recorded')",
            2,
        ),
    ],
    least_sqlite: 1_200.0,
    least_postgres: 800.0,
};

const fn part(table: &'static str, which: &'static str, each: usize) -> Part {
    Part { table, which, each }
}

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
    let cpu = Cpu(served.cpu_seconds()?);
    let bench = Bench {
        options,
        engine,
        folder: folder.path(),
        database: &database,
        idle,
    };
    let declaring = Arc::new(Declaring::new(Clock::system()));
    let seconds = if wanted.declare {
        options.seconds
    } else {
        PASSES_SECONDS
    };
    let declared = load(site.address, plan(seconds), Arc::clone(&declaring)).await?;
    let cost = cpu.each(&served, &declared)?;
    if wanted.declare {
        let figures = bench.figures(&DECLARE, &declared, cost).await?;
        figures.into_iter().for_each(&mut *shown);
    }
    if wanted.scan {
        let scanning = Scanning::new(&site, OFFICERS, declaring.passes()).await?;
        let cpu = Cpu(served.cpu_seconds()?);
        let scanned = load(site.address, plan(options.seconds), Arc::new(scanning)).await?;
        let cost = cpu.each(&served, &scanned)?;
        let figures = bench.figures(&SCAN, &scanned, cost).await?;
        figures.into_iter().for_each(&mut *shown);
    }
    Ok(Memory {
        before,
        after: served.peak_memory()?,
    })
}

/// The server's processor time when a load began, seconds.
struct Cpu(f64);

impl Cpu {
    /// Microseconds of the server's processor time an answer took.
    fn each(&self, served: &Served, load: &Load) -> Result<f64> {
        Ok((served.cpu_seconds()? - self.0) * 1e6 / load.answers)
    }
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
            let url = self
                .engine
                .migrated(self.options, self.folder, &name)
                .await?;
            let into = Raw::open(&url).await?;
            best = best.max(into.insert_grouped(&stored, CLIENTS).await?);
            into.close().await;
        }
        Ok(best)
    }

    /// A load's rate, slowest answers and share of what the server could answer at most.
    async fn figures(&self, kind: &Kind, load: &Load, cost: f64) -> Result<[Figure; 3]> {
        let raw = self.raw(kind.parts).await?;
        let least = match self.engine {
            Engine::Sqlite => kind.least_sqlite,
            Engine::Postgres => kind.least_postgres,
        };
        let name = format!("{}_{}", kind.name, self.engine.name());
        let p99 = Figure {
            name: format!("{name}_p99"),
            value: load.p99,
            unit: "ms",
            limit: self.idle.p99,
            beside: "p99 of a route without work",
            goal: Goal::AtMost(P99_MOST),
            extra: Vec::new(),
        };
        let route = Figure {
            name: format!("{name}_route"),
            value: load.rate,
            unit: "req/s",
            limit: self.idle.rate,
            beside: "a route without work",
            goal: Goal::Open,
            extra: Vec::new(),
        };
        let rate = Figure {
            name,
            value: load.rate,
            unit: "req/s",
            limit: raw,
            beside: "same rows, raw grouped inserts",
            goal: Goal::AtLeast(least),
            extra: vec![
                ("p50_ms", load.p50),
                ("p99_ms", load.p99),
                ("server_cpu_us", cost),
            ],
        };
        Ok([rate, p99, route])
    }
}
