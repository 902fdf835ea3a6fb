//! Reminders and replacements: each tick tells what has become due. The rows decide, so it matters
//! neither how often it runs nor on how many nodes.

use anyhow::Result;

use crate::state::App;

/// Watches told of at once, and the most in one tick, so that a tick ends.
const AT_ONCE: i64 = 200;
const ROUNDS: usize = 50;

pub(super) async fn run(app: &App) -> Result<()> {
    for _ in 0..ROUNDS {
        let told = app.workflows.tell_due(AT_ONCE).await?;
        metrics::counter!("notices_due_total").increment(told.try_into().unwrap_or(0));
        if i64::try_from(told).unwrap_or(0) < AT_ONCE {
            break;
        }
    }
    Ok(())
}
