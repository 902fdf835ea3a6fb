//! Health, metrics and the published keys.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::store::{Scope, Tx};

use super::error::Error;
use crate::state::App;

/// The process runs.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The process can serve: its database answers.
pub(super) async fn ready(State(app): State<App>) -> Response {
    if app.workflows.store.is_up().await {
        "ready\n".into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        )
            .into_response()
    }
}

/// Gauges belong to the process: of two readers at once one would see what the other is about to
/// set.
static ONE_READER: Mutex<()> = Mutex::const_new(());

/// Prometheus text.
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Error> {
    let _reader = ONE_READER.lock().await;
    for counters in app.provinces.counters() {
        let province = counters.province.to_string();
        metrics::counter!("plugin_calls_total", "province" => province.clone())
            .absolute(counters.calls);
        metrics::counter!("plugin_fuel_total", "province" => province.clone())
            .absolute(counters.fuel);
        for (class, count) in counters.faults {
            let labels = [
                ("province", province.clone()),
                ("class", class.name().to_owned()),
            ];
            metrics::counter!("plugin_faults_total", &labels).absolute(count);
        }
    }
    let now = app.workflows.clock.now();
    let mut tx = app
        .workflows
        .store
        .read(&Scope::National(Purpose::Administer))
        .await?;
    // What has ended is counted by `messages_total` when it ends.
    for state in ["queued", "sending"] {
        metrics::gauge!("outbox_messages", "state" => state).set(0.0);
    }
    metrics::gauge!("outbox_oldest_due_seconds").set(0.0);
    for row in tx.outbox_counts(Moment(i64::MAX)).await? {
        metrics::gauge!("outbox_messages", "state" => row.state.clone()).set(float(row.messages));
        if row.state == "queued" {
            let age = (now.0 - row.oldest_due_at).max(0) / 1_000_000;
            metrics::gauge!("outbox_oldest_due_seconds").set(float(age));
        }
    }
    for (state, count) in tx.job_counts().await? {
        metrics::gauge!("jobs", "state" => state).set(float(count));
    }
    channels(&mut tx, now).await?;
    accounts(&mut tx, now).await?;
    drop(tx);
    let text = app.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// Queues, money and health of each channel.
async fn channels(tx: &mut Tx, now: Moment) -> Result<(), Error> {
    for row in tx.inbox_counts().await? {
        let labels = [("channel", row.channel), ("state", row.state)];
        metrics::gauge!("inbox_events", &labels).set(float(row.events));
        let age = (now.0 - row.oldest_at).max(0) / 1_000_000;
        metrics::gauge!("inbox_oldest_seconds", &labels).set(float(age));
    }
    for flow in tx.channel_flows().await? {
        let (units, spent) = flow.spent_on(now.day());
        let stopped = i64::from(flow.is_stopped());
        for (name, value) in [
            ("channel_stopped", stopped),
            ("channel_parts_today", units),
            ("channel_spent_today_dong", spent),
        ] {
            metrics::gauge!(name, "channel" => flow.channel.clone()).set(float(value));
        }
    }
    Ok(())
}

/// Accounts at providers of chats. A refresh token dies of age when nobody uses it.
async fn accounts(tx: &mut Tx, now: Moment) -> Result<(), Error> {
    for account in tx.accounts().await? {
        let Some(obtained) = account.obtained_at else {
            continue;
        };
        let locked = i64::from(account.locked_at.is_some());
        let days = (now.0 - obtained).max(0) / 86_400_000_000;
        for (name, value) in [
            ("channel_locked_out", locked),
            ("channel_refresh_token_days", days),
        ] {
            metrics::gauge!(name, "channel" => account.channel.clone()).set(float(value));
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of a count")]
fn float(count: i64) -> f64 {
    count as f64
}

/// Keys that verify passes, for anybody.
pub(super) async fn keys(State(app): State<App>) -> Json<serde_json::Value> {
    Json(app.workflows.signer.published_keys())
}
