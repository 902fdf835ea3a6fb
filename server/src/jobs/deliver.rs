//! Delivery: each channel is drained by a task of its own, so that a slow one holds up nobody.
//!
//! Rows are claimed with a lease, handed to the channel's sender, and what became of them is
//! recorded, many at once. A crash between the two leaves the lease to run out; a mail then goes
//! again with the same Message-ID, a text as the same part (CHANNELS.md E3).

mod drain;
mod guard;
mod open;
mod policy;

use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio::task::JoinSet;
use workflows::message::ChannelId;

use crate::outlets::Outlet;
use crate::state::App;
use drain::Drain;
pub(crate) use guard::LoopGuard;

/// Time for messages that have left to get their answer when the server stops.
const LANDING: Duration = Duration::from_secs(15);
/// How soon a channel is tried again after our own database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Sends everything that is due on every channel, and returns.
pub(super) async fn run(app: &App) -> Result<()> {
    let mut draining = JoinSet::new();
    for (channel, outlet) in app.outlets.all() {
        let app = app.clone();
        draining.spawn(async move {
            let mut drain = Drain::new(app, channel, outlet);
            drain.sweep().await?;
            drain.until_idle().await
        });
    }
    while let Some(ended) = draining.join_next().await {
        ended??;
    }
    Ok(())
}

/// Starts a task for each channel; they end when told so and what has left has landed.
pub(super) fn start(app: &App, every: Duration, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (channel, outlet) in app.outlets.all() {
        tasks.spawn(keep(app.clone(), (channel, outlet), every, stop.clone()));
    }
    tasks
}

/// Waits until the provider is there again; for ever where nobody knows.
async fn returned(returns: &mut Option<watch::Receiver<u64>>) {
    if let Some(times) = returns
        && times.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

async fn keep(
    app: App,
    (channel, outlet): (ChannelId, Outlet),
    every: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut written = app.workflows.store.outbox_written();
    let mut returns = outlet.sender.returns();
    let mut drain = Drain::new(app, channel.clone(), outlet);
    let mut ticks = tokio::time::interval(every);
    loop {
        let pause = match drain.fill().await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%channel, "nothing could be claimed: {error:#}");
                metrics::counter!("job_ticks_failed_total").increment(1);
                Some(AFTER_FAILURE)
            }
        };
        tokio::select! {
            Some(ended) = drain.landed() => drain.record(ended).await,
            _ = written.changed() => drain.look(),
            () = returned(&mut returns) => drain.try_now().await,
            () = tokio::time::sleep(pause.unwrap_or(every)), if pause.is_some() => drain.look(),
            _ = ticks.tick() => drain.tick().await,
            () = super::told(&mut stop) => break,
        }
    }
    if tokio::time::timeout(LANDING, drain.land_all())
        .await
        .is_err()
    {
        tracing::warn!(%channel, "some messages got no answer in time; they will be sent again");
    }
}
