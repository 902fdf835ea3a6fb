//! Once a day: old attempts, ended log-ins and links, raw events, ended exchanges, the watches of
//! ended passes, and messages that were sent or given up are forgotten.

use anyhow::Result;
use workflows::audit::Purpose;
use workflows::store::{Job, JobDone, Scope};

use crate::state::App;

pub(super) const NAME: &str = "housekeeping";
const KEPT_DAYS: i32 = 2;
/// Events that were given up wait longer for somebody to look.
const DEAD_DAYS: i64 = 30;
/// Messages that are forgotten in one write.
const FORGOTTEN_AT_ONCE: i64 = 1_000;
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
    tx.forget_handovers_before(before).await?;
    tx.forget_pictures_before(before).await?;
    let now = app.workflows.clock.now();
    let kept = app.config.jobs.inbox_hours;
    let dead = (DEAD_DAYS * 24).max(kept);
    tx.forget_inbound(now.plus_minutes(-kept * 60), now.plus_minutes(-dead * 60))
        .await?;
    tx.forget_conversations(now).await?;
    tx.forget_watches(before).await?;
    tx.commit().await?;
    forget_messages(app).await?;
    Ok(Some(JobDone::Done))
}

/// In many small writes: others write meanwhile.
async fn forget_messages(app: &App) -> Result<()> {
    let minutes = app.config.jobs.outbox_days * 24 * 60;
    let before = app.workflows.clock.now().plus_minutes(-minutes);
    loop {
        let scope = Scope::National(Purpose::Administer);
        let mut tx = app.workflows.store.write(&scope).await?;
        let count = tx.forget_messages(before, FORGOTTEN_AT_ONCE).await?;
        tx.commit().await?;
        if count == 0 {
            return Ok(());
        }
    }
}
