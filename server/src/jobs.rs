//! Scheduled work. tokio-cron-scheduler only ticks; what is due, who takes it and whether it was
//! done are rows (DEPENDENCIES.md §3), so missed ticks heal and two nodes never do a job twice.

mod converse;
mod daily_report;
mod deliver;
mod housekeeping;
mod notices;

pub(crate) use daily_report::KIND as DAILY;
pub(crate) use deliver::LoopGuard;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio_cron_scheduler::{Job, JobScheduler};
use workflows::audit::Purpose;
use workflows::store::{JobDone, Scope};

use crate::state::App;

/// A job's lease; longer than any job takes.
const LEASE_SECONDS: i64 = 300;
/// Jobs taken in one tick, so that a tick ends.
const TAKEN_MAX: usize = 200;

/// The running scheduler.
pub(crate) struct Running {
    scheduler: JobScheduler,
    turns: Vec<Arc<Mutex<()>>>,
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl Running {
    /// Stops ticking and waits for what runs.
    pub(crate) async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!("the scheduler did not stop cleanly: {error}");
        }
        self.stop.send_replace(true);
        let ending = async {
            for turn in self.turns {
                let _turn = turn.lock().await;
            }
            while self.workers.join_next().await.is_some() {}
        };
        let _ = tokio::time::timeout(Duration::from_secs(20), ending).await;
    }
}

/// What ticks; messages in and out have workers of their own. Each has its turn: a report that
/// takes long must not hold up the zones.
#[derive(Clone, Copy)]
enum Tick {
    /// Due jobs; only where this node does them.
    Jobs,
    /// What is due to be told of passes; there too.
    Notices,
    /// Provinces, posts and zones, on every node.
    Places,
}

impl Tick {
    async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::Jobs => run_jobs(app).await,
            Self::Notices => notices::run(app).await,
            Self::Places => {
                let workflows = &app.workflows;
                Ok(workflows
                    .places
                    .refresh(&workflows.store, workflows.clock.now())
                    .await?)
            }
        }
    }
}

/// Starts the ticks. A tick that finds the last one still at work does nothing.
pub(crate) async fn start(app: App) -> Result<Running> {
    let scheduler = JobScheduler::new().await?;
    let mut ticks = vec![Tick::Places];
    let (stop, stopped) = watch::channel(false);
    let mut workers = JoinSet::new();
    if app.config.jobs.every_seconds > 0 {
        ticks.extend([Tick::Jobs, Tick::Notices]);
        let every = Duration::from_secs(app.config.jobs.every_seconds.clamp(1, 59));
        workers = deliver::start(&app, every, &stopped);
        workers.spawn(converse::keep(app.clone(), every, stopped));
    }
    let mut turns = Vec::new();
    for tick in ticks {
        let turn = Arc::new(Mutex::new(()));
        scheduler.add(ticking(&app, tick, &turn)?).await?;
        turns.push(turn);
    }
    scheduler.start().await?;
    Ok(Running {
        scheduler,
        turns,
        stop,
        workers,
    })
}

/// Waits until the workers are told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn ticking(app: &App, tick: Tick, turn: &Arc<Mutex<()>>) -> Result<Job> {
    let seconds = app.config.jobs.every_seconds.clamp(1, 59);
    let (app, turn) = (app.clone(), Arc::clone(turn));
    Ok(Job::new_async(
        format!("*/{seconds} * * * * *").as_str(),
        move |_, _| {
            let (app, turn) = (app.clone(), Arc::clone(&turn));
            Box::pin(async move {
                let Ok(_turn) = turn.try_lock() else { return };
                if let Err(error) = tick.run(&app).await {
                    metrics::counter!("job_ticks_failed_total").increment(1);
                    tracing::error!("due work could not be done: {error:#}");
                }
            })
        },
    )?)
}

/// Everything that is due, now.
pub(crate) async fn run_due(app: &App) -> Result<()> {
    Tick::Places.run(app).await?;
    Tick::Jobs.run(app).await?;
    Tick::Notices.run(app).await?;
    converse::run(app).await?;
    deliver::run(app).await
}

/// Makes the rows of due jobs and takes them one by one.
async fn run_jobs(app: &App) -> Result<()> {
    daily_report::plan(app).await?;
    housekeeping::plan(app).await?;
    for _ in 0..TAKEN_MAX {
        if !take_one(app).await? {
            break;
        }
    }
    Ok(())
}

async fn take_one(app: &App) -> Result<bool> {
    let workflows = &app.workflows;
    let scope = Scope::National(Purpose::Administer);
    let now = workflows.clock.now();
    let mut tx = workflows.store.write(&scope).await?;
    let job = tx.claim_job(&app.config.node, now, LEASE_SECONDS).await?;
    tx.commit().await?;
    let Some(job) = job else { return Ok(false) };
    let outcome = match job.job.as_str() {
        daily_report::NAME => daily_report::run(app, &job).await,
        housekeeping::NAME => housekeeping::run(app, &job).await,
        unknown => Ok(Some(JobDone::GiveUp(format!("no such job: {unknown}")))),
    };
    let done = match outcome {
        // The job recorded its own end, in the transaction of its effect.
        Ok(None) => return Ok(true),
        Ok(Some(done)) => done,
        Err(error) => {
            let wait = 30_i64 << job.attempts.clamp(0, 7);
            tracing::error!(job = job.job, province = job.province, "failed: {error:#}");
            JobDone::Retry(
                workflows.clock.now().plus_seconds(wait),
                "see the log".into(),
            )
        }
    };
    let mut tx = workflows.store.write(&scope).await?;
    if tx.finish_job(&job, &done, workflows.clock.now()).await? {
        tx.commit().await?;
    }
    metrics::counter!("jobs_total", "job" => job.job.clone()).increment(1);
    Ok(true)
}

/// Makes, stores and queues a day's report outside the schedule; how many members it goes to.
pub(crate) async fn make_report(
    app: &App,
    province: &workflows::ids::ProvinceId,
    day: workflows::clock::Day,
) -> Result<usize> {
    daily_report::make(app, province, day, None).await
}

/// Sends what is due in the outbox.
pub(crate) async fn deliver(app: &App) -> Result<()> {
    deliver::run(app).await
}
