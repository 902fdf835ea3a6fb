//! Group commit: rows a second through `Store::append` at 64 clients, beside the same rows, one a
//! transaction, by the same number of clients over as many connections.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use uuid::Uuid;
use workflows::clock::{Clock, Moment};
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
            let mut draw = Draw::new(&clock);
            loop {
                let rows = Rows {
                    crossing: Some(crossing(&clock, &mut draw)),
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

/// Random bytes without a system call for each: the rows that the limit is measured with are made
/// beforehand.
struct Draw(u64);

impl Draw {
    fn new(clock: &Clock) -> Self {
        Self(u64::from_be_bytes(clock.random()))
    }

    /// One step of SplitMix64.
    fn step(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn bytes(&mut self) -> [u8; 16] {
        let [high, low] = [self.step(), self.step()].map(u128::from);
        ((high << 64) | low).to_be_bytes()
    }

    /// As a device makes ids: version 7.
    fn id(&mut self, now: Moment) -> Uuid {
        let millis = u64::try_from(now.0 / 1_000).unwrap_or(0);
        let mut random = [0; 10];
        random.copy_from_slice(&self.bytes()[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// A crossing as a scan of a valid pass leaves it.
fn crossing(clock: &Clock, draw: &mut Draw) -> CrossingRow {
    let now = clock.now();
    let province = ProvinceId::parse("ha-noi").unwrap_or_else(|| unreachable!("a valid id"));
    let reasons = r#"{"reasons":[{"code":1040,"args":[]},{"code":1041,"args":[]}],"trail":[51,52],
        "rules":{"name":"ha-noi 1.0.0","digest":"0000000000000000000000000000000000000000000000000000000000000000",
        "settings":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;
    CrossingRow {
        id: CrossingId(draw.id(now)),
        checkpoint: CheckpointId(1),
        officer: OfficerId(Uuid::from_u128(7)),
        direction: "entry".into(),
        status: "VALID".into(),
        advised: "check".into(),
        gate: "let-through".into(),
        overridden: false,
        note: None,
        reasons: reasons.into(),
        pass: Some((province.clone(), PassId(draw.bytes()))),
        person: Some(draw.bytes()),
        plate: Some(draw.bytes()),
        scanned_at: now,
        recorded_at: now,
        province,
    }
}
