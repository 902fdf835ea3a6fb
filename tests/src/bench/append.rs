//! Group commit: rows a second through `Store::append` at 64 clients, beside the same rows, one a
//! transaction, by the same number of clients over as many connections.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use uuid::Uuid;
use workflows::clock::Clock;
use workflows::ids::{CheckpointId, CrossingId, OfficerId, PassId, ProvinceId};
use workflows::store::{CrossingRow, Rows, Store};

use crate::Options;
use crate::database::Engine;
use crate::figure::{Figure, Goal, percentile};
use crate::raw::{Part, Raw};

const CLIENTS: usize = 64;
const WARM_UP: Duration = Duration::from_secs(1);
const SECONDS: u64 = 4;
/// Rows of the pass without group commit.
const SINGLE_ROWS: usize = 12_000;
const CROSSINGS: [Part; 1] = [Part {
    table: "crossings",
    which: "1 = 1",
    each: 1,
}];

/// `append_sqlite` or `append_postgres`.
pub(crate) async fn figure(options: &Options, engine: Engine) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let url = engine.empty(options, folder.path(), "appended").await?;
    let clock = Clock::system();
    let store = Store::open(&url, "bench", &clock).await?;
    let times = append(&store, &clock).await?;
    store.close().await;
    let from = Raw::open(&url).await?;
    let stored = from.read(&CROSSINGS, SINGLE_ROWS).await?;
    from.close().await;
    let singly = engine.migrated(options, folder.path(), "singly").await?;
    let into = Raw::open(&singly).await?;
    let limit = into.insert_singly(stored, CLIENTS).await?;
    into.close().await;
    Ok(Figure {
        name: format!("append_{}", engine.name()),
        value: times.len() as f64 / Duration::from_secs(SECONDS).as_secs_f64(),
        unit: "rows/s",
        limit,
        beside: "one row a transaction, 64 clients",
        goal: Goal::TimesAtLeast(5.0),
        extra: vec![
            ("p50_ms", percentile(&times, 0.5)),
            ("p99_ms", percentile(&times, 0.99)),
        ],
    })
}

/// Sorted milliseconds of each append in the measured time.
async fn append(store: &Store, clock: &Clock) -> Result<Vec<f64>> {
    let begin = Instant::now() + WARM_UP;
    let end = begin + Duration::from_secs(SECONDS);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (store, clock) = (store.clone(), clock.clone());
        clients.spawn(async move {
            let mut times = Vec::new();
            loop {
                let rows = Rows {
                    crossing: Some(crossing(&clock)),
                    ..Rows::default()
                };
                let sent = Instant::now();
                store.append(rows).await?;
                let answered = Instant::now();
                if answered >= end {
                    return Ok::<_, anyhow::Error>(times);
                }
                if answered >= begin {
                    times.push((answered - sent).as_secs_f64() * 1_000.0);
                }
            }
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = clients.join_next().await {
        times.extend(ended??);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// A crossing as a scan of a valid pass leaves it.
fn crossing(clock: &Clock) -> CrossingRow {
    let now = clock.now();
    let province = ProvinceId::parse("ha-noi").unwrap_or_else(|| unreachable!("a valid id"));
    let reasons = r#"{"reasons":[{"code":1040,"args":[]},{"code":1041,"args":[]}],"trail":[51,52],
        "rules":{"name":"ha-noi 1.0.0","digest":"0000000000000000000000000000000000000000000000000000000000000000",
        "settings":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;
    CrossingRow {
        id: CrossingId(clock.uuid()),
        checkpoint: CheckpointId(1),
        officer: OfficerId(Uuid::from_u128(7)),
        direction: "entry".into(),
        status: "VALID".into(),
        advised: "check".into(),
        gate: "let-through".into(),
        overridden: false,
        note: None,
        reasons: reasons.into(),
        pass: Some((province.clone(), PassId(clock.random()))),
        person: Some(clock.random()),
        plate: Some(clock.random()),
        scanned_at: now,
        recorded_at: now,
        province,
    }
}
