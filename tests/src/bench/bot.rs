//! A thousand chats with a bot that declare at once, from the call of our hook to the reply at the
//! Bot API, beside a route without work that is called at the same rate.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::Options;
use crate::bot_api::BotApi;
use crate::crowd::{Crowd, Heard, Pace, TURNS};
use crate::database::Engine;
use crate::figure::{Figure, Goal, percentile};
use crate::http::{Arrivals, Nothing, arrive};
use crate::served::Site;

/// Turns a second. Each person has five seconds to read and answer.
const RATE: u32 = 200;
const CHATS: i64 = 1_000;
/// Who talks first, and is not counted.
const WARM_UP: i64 = 100;
const FIRST_CHAT: i64 = 4_000_000;
const MOST_MILLISECONDS: f64 = 100.0;
const HOOK: &str = "/hooks/bench-bot HTTP/1.1\r\n\
    x-telegram-bot-api-secret-token: bench-bot-hook-secret\r\n";

/// The name of an engine's figure.
pub(crate) fn name(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "bot_turn_p99".into(),
        Engine::Postgres => "bot_turn_p99_postgres".into(),
    }
}

fn channel(api: &BotApi) -> String {
    format!(
        r#"
[channel.bench-bot]
kind = "chat"
provider = "telegram"
province = "base"
private_in_chat = true
parts_per_second = 0
[channel.bench-bot.settings]
token = "7700:bench"
secret = "bench-bot-hook-secret"
api_url = "http://{}"
"#,
        api.address
    )
}

/// `bot_turn_p99` (SQLite) or `bot_turn_p99_postgres`.
pub(crate) async fn figure(options: &Options, engine: Engine) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let database = engine.empty(options, folder.path(), "chatted").await?;
    let site = Site::seed(options, &folder.path().join("data"), &database)?;
    let api = BotApi::listen().await?;
    site.add_settings(&channel(&api))?;
    let (served, _) = site.serve()?;
    let before = engine.count(&database, "declarations").await?;
    let crowd = Crowd::new(site.address, HOOK, api);
    let all = CHATS * i64::from(TURNS);
    let idle = Arrivals {
        rate: RATE,
        warm_up: RATE,
        measured: RATE * u32::try_from(options.seconds)?,
    };
    let idle = arrive(site.address, idle, Arc::new(Nothing)).await?;
    // The first alone: what it is asked, the others must be asked.
    crowd
        .declare(FIRST_CHAT..FIRST_CHAT + 1, Pace::Closed)
        .await?;
    let open = FIRST_CHAT + WARM_UP;
    crowd
        .declare(FIRST_CHAT + 1..open, Pace::Open(RATE))
        .await?;
    let used = served.cpu_seconds()?;
    let turns = crowd.declare(open..open + CHATS, Pace::Open(RATE)).await?;
    let cost = (served.cpu_seconds()? - used) * 1e6 / all as f64;
    let closed = open + CHATS;
    let hasty = crowd.declare(closed..closed + CHATS, Pace::Closed).await?;
    let declared = engine.count(&database, "declarations").await? - before;
    let wanted = WARM_UP + 2 * CHATS;
    ensure!(
        declared == wanted,
        "{declared} declarations of {wanted} chats"
    );
    settled(engine, &database).await?;
    Ok(Figure {
        name: name(engine),
        value: percentile(&turns.turns, 0.99),
        unit: "ms",
        limit: idle.p99,
        beside: "p99 of a route without work",
        goal: Goal::AtMost(MOST_MILLISECONDS),
        extra: extra(&turns, &hasty, cost),
    })
}

fn extra(turns: &Heard, hasty: &Heard, cost: f64) -> Vec<(&'static str, f64)> {
    vec![
        ("p50_ms", percentile(&turns.turns, 0.5)),
        ("most_ms", percentile(&turns.turns, 1.0)),
        ("pass_p99_ms", percentile(&turns.passes, 0.99)),
        ("server_cpu_us", cost),
        (
            "closed_turns_per_second",
            hasty.turns.len() as f64 / hasty.seconds,
        ),
        ("closed_p99_ms", percentile(&hasty.turns, 0.99)),
    ]
}

/// Nothing waits in the inbox or the outbox once the last outcomes are recorded.
async fn settled(engine: Engine, database: &str) -> Result<()> {
    let mut open = 0;
    for _ in 0..100 {
        let inbox = "inbox WHERE state IN ('new', 'working', 'part', 'dead')";
        let outbox = "outbox WHERE channel = 'bench-bot' AND state <> 'sent'";
        open = engine.count(database, inbox).await? + engine.count(database, outbox).await?;
        if open == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{open} messages were left over")
}
