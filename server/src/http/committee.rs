//! The Steering Committee's reports, on a page behind a log-in.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use workflows::access::{Login, Role};
use workflows::audit::{AuditEntry, Purpose};
use workflows::clock::{Day, Moment};
use workflows::reporting::Report;
use workflows::store::{ReportRow, Scope};

use super::error::Error;
use super::login::Account;
use super::page::{Page, Reader};
use super::report_view::ReportView;
use super::start::province_name;
use crate::jobs::DAILY;
use crate::state::App;

/// `committee.html`.
#[derive(Serialize)]
struct ListPage {
    province_name: String,
    reports: Vec<ReportLine>,
}

#[derive(Serialize)]
struct ReportLine {
    day: String,
    day_iso: String,
    revision: i64,
    made_at: String,
    mails: Vec<MailState>,
}

/// Mails of a report by state.
#[derive(Serialize)]
struct MailState {
    state: String,
    count: usize,
}

/// `report.html`.
#[derive(Serialize)]
struct ReportPage {
    report: ReportView,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "committee.html";
}
impl Page for ReportPage {
    const TEMPLATE: &'static str = "report.html";
}

const LISTED: i64 = 60;

pub(super) fn may_read(login: &Login) -> Result<(), Error> {
    match login.role {
        Role::Committee | Role::Admin => Ok(()),
        Role::Officer | Role::Medical => Err(Error::Forbidden),
    }
}

pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
) -> Result<Response, Response> {
    may_read(&login).map_err(IntoResponse::into_response)?;
    let reports = lines(&app, &login).await.map_err(IntoResponse::into_response)?;
    let province = app.workflows.places.province(&login.province);
    let page = ListPage {
        province_name: province.map_or_else(String::new, |p| province_name(&p, reader.language)),
        reports,
    };
    Ok(app.pages.respond(reader.language, &reader.path, Some(&login), &page))
}

async fn lines(app: &App, login: &Login) -> Result<Vec<ReportLine>, Error> {
    let mut tx = app.workflows.store.read(&Scope::of(&login.province)).await?;
    let mut out = Vec::new();
    for row in tx.recent_reports(LISTED).await? {
        let day = Day(i32::try_from(row.day).unwrap_or(0));
        let cause = format!("report/{DAILY}/{}/", day.iso());
        let mut mails: Vec<MailState> = Vec::new();
        for (state, _, _) in tx.outbox_of("mail", &cause).await? {
            match mails.iter_mut().find(|m| m.state == state) {
                Some(found) => found.count += 1,
                None => mails.push(MailState { state, count: 1 }),
            }
        }
        out.push(ReportLine {
            day: day.local_text(),
            day_iso: day.iso(),
            revision: row.revision,
            made_at: Moment(row.made_at).local_text(),
            mails,
        });
    }
    Ok(out)
}

pub(super) async fn report(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
    Path(day): Path<String>,
) -> Result<Response, Response> {
    may_read(&login).map_err(IntoResponse::into_response)?;
    let found = read(&app, &login, &day).await.map_err(IntoResponse::into_response)?;
    let (report, row) = found.ok_or_else(|| Error::NotFound.into_response())?;
    let view = ReportView::of(&app, &report, reader.language, Moment(row.made_at));
    let page = ReportPage { report: view };
    Ok(app.pages.respond(reader.language, &reader.path, Some(&login), &page))
}

/// A stored report; reading it enters the audit chain.
pub(super) async fn read(
    app: &App,
    login: &Login,
    day: &str,
) -> Result<Option<(Report, ReportRow)>, Error> {
    let Some(day) = Day::parse(day) else { return Ok(None) };
    let mut tx = app.workflows.store.write(&Scope::of(&login.province)).await?;
    let Some(row) = tx.report(DAILY, day).await? else { return Ok(None) };
    let entry = AuditEntry {
        at: app.workflows.clock.now(),
        actor: login.officer.to_string().into(),
        role: login.role.as_str().into(),
        purpose: Purpose::ReportAggregate,
        action: "report-read".into(),
        subject: None,
        detail: day.iso(),
        request_id: String::new(),
    };
    tx.audit(&login.province, entry);
    tx.commit().await?;
    let report = serde_json::from_str(&row.content).map_err(|e| Error::Internal(e.into()))?;
    Ok(Some((report, row)))
}
