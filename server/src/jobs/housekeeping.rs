//! Once a day: old attempts, ended log-ins, raw events, ended exchanges and the
//! watches of ended passes are forgotten.

use anyhow::Result;
use workflows::audit::Purpose;
use workflows::store::{Job, JobDone, Scope};

use crate::state::App;

pub(super) const NAME: &str = "housekeeping";
const KEPT_DAYS: i32 = 2;
/// Events that were given up wait longer for somebody to look.
const DEAD_DAYS: i64 = 30;
/// Jobs of the whole service are filed under this scope.
const SERVICE: &str = "service";

pub(super) async fn plan(app: &App) -> Result<()> {
    let workflows = &app.workflows;
    let now = workflows.clock.now();
    let mut tx = workflows
        .store
        .write(&Scope::National(Purpose::Administer))
        .await?;
    tx.add_job(SERVICE, NAME, i64::from(now.day().0), now.day().start())
        .await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn run(app: &App, _: &Job) -> Result<Option<JobDone>> {
    let before = app.workflows.clock.today().plus(-KEPT_DAYS).start();
    let scope = Scope::National(Purpose::Administer);
    let mut tx = app.workflows.store.write(&scope).await?;
    tx.forget_access_before(before).await?;
    tx.forget_assists_before(before).await?;
    let now = app.workflows.clock.now();
    let kept = app.config.jobs.inbox_hours;
    let dead = (DEAD_DAYS * 24).max(kept);
    tx.forget_inbound(now.plus_minutes(-kept * 60), now.plus_minutes(-dead * 60))
        .await?;
    tx.forget_conversations(now).await?;
    tx.forget_watches(before).await?;
    tx.commit().await?;
    Ok(Some(JobDone::Done))
}
