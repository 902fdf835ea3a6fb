//! Today's crossings at the officer's post: nothing that names a person.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use workflows::clock::{Day, Moment};
use workflows::store::{ListedCrossing, Scope};
use workflows::verification::Duty;

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
    count: usize,
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
    let mut rows = read_list(&app, &duty, today).await?;
    let more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let mut totals: Vec<Total> = Vec::new();
    for row in &rows {
        match totals.iter_mut().find(|t| t.gate == row.gate) {
            Some(total) => total.count += 1,
            None => totals.push(Total {
                gate: row.gate.clone(),
                count: 1,
            }),
        }
    }
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

async fn read_list(app: &App, duty: &Duty, today: Day) -> Result<Vec<ListedCrossing>, Error> {
    let limit = i64::try_from(LISTED).unwrap_or(i64::MAX) + 1;
    let mut tx = app.workflows.store.read(&Scope::of(&duty.province)).await?;
    Ok(tx
        .crossings_at(duty.checkpoint, today.start(), limit)
        .await?)
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
