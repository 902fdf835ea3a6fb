//! Answers what came in: claims events in the order of each number and has the conversation
//! worked out for them.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::MissedTickBehavior;
use workflows::audit::Purpose;
use workflows::store::{ClaimedInbound, InboundClaim, Released, Scope};

use crate::state::App;

/// Longer than any answer takes: rules, registry and write together.
const LEASE_SECONDS: i64 = 60;
/// Events worked on at the same time, each of another number.
const AT_ONCE: usize = 64;
/// What follows a failure of ours, in seconds; after the last one a person must look.
const AGAIN_SECONDS: [i64; 6] = [1, 5, 30, 120, 600, 1_800];

/// While turns are under way more is claimed only this often: a claim is a transaction, and a few
/// events each would cost more than their answers.
const BESIDE: Duration = Duration::from_millis(50);

fn scope() -> Scope {
    Scope::National(Purpose::Declare)
}

/// Answers everything that waits, and returns.
pub(super) async fn run(app: &App) -> Result<()> {
    let mut worker = Worker::new(app.clone());
    worker.fill().await?;
    while let Some(ended) = worker.turns.join_next_with_id().await {
        worker.went_on(ended).await?;
    }
    Ok(())
}

/// Answers what comes until told to stop; what was begun is ended.
pub(super) async fn keep(app: App, every: Duration, mut stop: watch::Receiver<bool>) {
    let mut written = app.workflows.store.inbox_written();
    let mut ticks = tokio::time::interval(every);
    let mut beside = tokio::time::interval(BESIDE);
    beside.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut worker = Worker::new(app);
    loop {
        let is_idle = worker.turns.is_empty();
        let done = tokio::select! {
            _ = written.changed(), if is_idle => worker.fill().await,
            _ = ticks.tick() => worker.fill().await,
            _ = beside.tick(), if !is_idle => worker.fill().await,
            Some(ended) = worker.turns.join_next_with_id() => worker.went_on(ended).await,
            () = super::told(&mut stop) => break,
        };
        if let Err(error) = done {
            tracing::error!("events wait to be answered: {error:#}");
            metrics::counter!("job_ticks_failed_total").increment(1);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    while let Some(ended) = worker.turns.join_next_with_id().await {
        if let Err(error) = worker.end(ended).await {
            tracing::error!("an event waits for its lease to end: {error:#}");
        }
    }
}

/// How a turn ended.
type Ended = Result<(task::Id, Result<()>), JoinError>;

/// Events at work. One that takes long holds up nobody but its own number.
struct Worker {
    app: App,
    turns: JoinSet<Result<()>>,
    /// What each of them answers, and how often that was tried.
    claims: HashMap<task::Id, (InboundClaim, i64)>,
}

impl Worker {
    fn new(app: App) -> Self {
        Self {
            app,
            turns: JoinSet::new(),
            claims: HashMap::new(),
        }
    }

    /// Claims what waits, once half of the room is free: a claim for each event would cost more
    /// than its answer.
    async fn fill(&mut self) -> Result<()> {
        let room = AT_ONCE.saturating_sub(self.turns.len());
        if room < AT_ONCE / 2 {
            return Ok(());
        }
        let room = i64::try_from(room).unwrap_or(i64::MAX);
        let now = self.app.workflows.clock.now();
        let mut tx = self.app.workflows.store.write(&scope()).await?;
        let claimed = tx.claim_inbox(now, LEASE_SECONDS, room).await?;
        tx.commit().await?;
        for event in claimed {
            let app = self.app.clone();
            let claim = (event.claim.clone(), event.attempts);
            let turn = self.turns.spawn(async move { answer(&app, event).await });
            self.claims.insert(turn.id(), claim);
        }
        Ok(())
    }

    /// Takes note of a turn that ended; when it was the last, more is claimed at once.
    async fn went_on(&mut self, ended: Ended) -> Result<()> {
        self.end(ended).await?;
        if self.turns.is_empty() {
            self.fill().await?;
        }
        Ok(())
    }

    async fn end(&mut self, ended: Ended) -> Result<()> {
        match ended {
            Ok((id, answered)) => {
                self.claims.remove(&id);
                answered
            }
            Err(error) => match self.claims.remove(&error.id()) {
                Some((claim, attempts)) => {
                    tracing::error!(event = %claim.id, "its answer broke: {error}");
                    release(&self.app, &claim, attempts).await
                }
                None => Ok(()),
            },
        }
    }
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
    release(app, &claim, attempts).await
}

/// Gives an event back that could not be answered: to be tried again, or for a person to see.
async fn release(app: &App, claim: &InboundClaim, attempts: i64) -> Result<()> {
    let now = app.workflows.clock.now();
    let tries = usize::try_from(attempts - 1).unwrap_or(0);
    let released = match AGAIN_SECONDS.get(tries) {
        Some(wait) => Released::Again(now.plus_seconds(*wait), "failed".into()),
        None => Released::Dead("failed".into()),
    };
    let mut tx = app.workflows.store.write(&scope()).await?;
    if tx.release_inbound(claim, &released, now).await? {
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
