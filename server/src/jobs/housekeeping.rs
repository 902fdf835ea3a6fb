//! Once a day: old attempts and ended log-ins are forgotten.

use anyhow::Result;
use workflows::audit::Purpose;
use workflows::store::{Job, JobDone, Scope};

use crate::state::App;

pub(super) const NAME: &str = "housekeeping";
const KEPT_DAYS: i32 = 2;
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
    tx.commit().await?;
    Ok(Some(JobDone::Done))
}
