//! Answers what came in: claims events in the order of each number and has the conversation
//! worked out for them.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::JoinSet;
use workflows::audit::Purpose;
use workflows::store::{ClaimedInbound, Released, Scope};

use crate::state::App;

/// Longer than any answer takes: rules, registry and write together.
const LEASE_SECONDS: i64 = 60;
/// Events worked on at the same time, each of another number.
const AT_ONCE: i64 = 64;
/// What follows a failure of ours, in seconds; after the last one a person must look.
const AGAIN_SECONDS: [i64; 6] = [1, 5, 30, 120, 600, 1_800];

fn scope() -> Scope {
    Scope::National(Purpose::Declare)
}

/// Answers everything that waits, and returns.
pub(super) async fn run(app: &App) -> Result<()> {
    while work(app).await? > 0 {}
    Ok(())
}

/// Answers what comes until told to stop; what was begun is ended.
pub(super) async fn keep(app: App, every: Duration, mut stop: watch::Receiver<bool>) {
    let mut written = app.workflows.store.inbox_written();
    let mut ticks = tokio::time::interval(every);
    loop {
        tokio::select! {
            _ = written.changed() => {}
            _ = ticks.tick() => {}
            () = super::told(&mut stop) => return,
        }
        while !*stop.borrow() {
            match work(&app).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!("events wait to be answered: {error:#}");
                    metrics::counter!("job_ticks_failed_total").increment(1);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// Claims and answers; how many events.
async fn work(app: &App) -> Result<usize> {
    let now = app.workflows.clock.now();
    let mut tx = app.workflows.store.write(&scope()).await?;
    let claimed = tx.claim_inbox(now, LEASE_SECONDS, AT_ONCE).await?;
    tx.commit().await?;
    let count = claimed.len();
    let mut answering = JoinSet::new();
    for event in claimed {
        let app = app.clone();
        answering.spawn(async move { answer(&app, event).await });
    }
    while let Some(ended) = answering.join_next().await {
        ended??;
    }
    Ok(count)
}

async fn answer(app: &App, event: ClaimedInbound) -> Result<()> {
    let channel = event.channel.to_string();
    let (claim, attempts) = (event.claim.clone(), event.attempts);
    let answered = converse(app, event).await;
    let outcome = if answered.is_ok() {
        "answered"
    } else {
        "failed"
    };
    metrics::counter!("conversations_total", "channel" => channel, "outcome" => outcome)
        .increment(1);
    let Err(error) = answered else { return Ok(()) };
    tracing::error!(event = %claim.id, "could not be answered: {error:#}");
    let now = app.workflows.clock.now();
    let tries = usize::try_from(attempts - 1).unwrap_or(0);
    let released = match AGAIN_SECONDS.get(tries) {
        Some(wait) => Released::Again(now.plus_seconds(*wait), "failed".into()),
        None => Released::Dead("failed".into()),
    };
    let mut tx = app.workflows.store.write(&scope()).await?;
    if tx.release_inbound(&claim, &released, now).await? {
        tx.commit().await?;
    }
    Ok(())
}

async fn converse(app: &App, event: ClaimedInbound) -> Result<()> {
    let channel = &event.channel;
    let profile = app.conversation(channel);
    let profile = profile.with_context(|| format!("channel.{channel} has no section"))?;
    Ok(app.workflows.converse(&profile, &event).await?)
}
