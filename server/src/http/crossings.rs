//! Today's crossings at the officer's post: nothing that names a person.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use workflows::clock::{Day, Moment};
use workflows::store::{ListedCrossing, Scope};
use workflows::verification::{Duty, parse_gate};

use super::error::Error;
use super::login::AtPost;
use super::page::{Page, Reader};
use super::start::{PostView, post};
use crate::state::App;

/// `lists.html`.
#[derive(Serialize)]
struct ListPage {
    checkpoint: PostView,
    day: String,
    totals: Vec<Total>,
    crossings: Vec<ListRow>,
    more: bool,
}

#[derive(Serialize)]
struct Total {
    gate: String,
    count: i64,
}

#[derive(Serialize)]
struct ListRow {
    at: String,
    direction: String,
    status: String,
    advised: String,
    gate: String,
    overridden: bool,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "lists.html";
}

const LISTED: usize = 200;

/// Today's crossings at the post: nothing that names a person.
pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
) -> Result<Response, Error> {
    let duty = at.duty()?;
    let today = app.workflows.clock.today();
    let (mut rows, totals) = read_list(&app, &duty, today).await?;
    let more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let page = ListPage {
        checkpoint: post(&app, &duty.province, duty.checkpoint),
        day: today.local_text(),
        totals,
        crossings: rows.into_iter().map(list_row).collect(),
        more,
    };
    Ok(app
        .pages
        .respond(reader.language, &reader.path, Some(&at.login), &page))
}

/// The newest crossings, and how many there were of each kind all day.
async fn read_list(
    app: &App,
    duty: &Duty,
    today: Day,
) -> Result<(Vec<ListedCrossing>, Vec<Total>), Error> {
    let limit = i64::try_from(LISTED).unwrap_or(i64::MAX) + 1;
    let (post, since) = (duty.checkpoint, today.start());
    let mut tx = app.workflows.store.read(&Scope::of(&duty.province)).await?;
    let rows = tx.crossings_at(post, since, limit).await?;
    let mut counts = tx.gate_counts(post, since).await?;
    counts.sort_by_key(|(gate, _)| parse_gate(gate));
    let total = |(gate, count)| Total { gate, count };
    Ok((rows, counts.into_iter().map(total).collect()))
}

fn list_row(row: ListedCrossing) -> ListRow {
    ListRow {
        at: Moment(row.scanned_at).local_time_text(),
        direction: row.direction,
        status: row.status,
        advised: row.advised,
        gate: row.gate,
        overridden: row.overridden,
    }
}
