//! The Steering Committee's reports, on a page behind a log-in.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use workflows::access::{Login, Role};
use workflows::audit::{AuditEntry, Purpose};
use workflows::clock::{Day, Moment};
use workflows::reporting::{Report, figures};
use workflows::store::{ReportRow, Scope};

use super::error::Error;
use super::login::Account;
use super::page::{Page, Reader};
use super::report_view::ReportView;
use super::start::{ProvinceView, province_view};
use crate::jobs::DAILY;
use crate::state::App;

/// `committee.html`.
#[derive(Serialize)]
struct ListPage {
    province: ProvinceView,
    reports: Vec<ReportLine>,
}

#[derive(Serialize)]
struct ReportLine {
    url: String,
    day: String,
    from: String,
    until: String,
    revision: i64,
    made_at: String,
    crossings: i64,
    turned_back: i64,
    held: i64,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "committee.html";
}

const LISTED: i64 = 60;

pub(super) fn may_read(login: &Login) -> Result<(), Error> {
    match login.role {
        Role::Committee | Role::Admin => Ok(()),
        Role::Officer | Role::Medical | Role::Hotline => Err(Error::Forbidden),
    }
}

pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
) -> Result<Response, Error> {
    may_read(&login)?;
    let reports = lines(&app, &login).await?;
    let province = province_view(&app, &login.province, reader.language);
    let page = ListPage { province, reports };
    Ok(app
        .pages
        .respond(reader.language, &reader.path, Some(&login), &page))
}

async fn lines(app: &App, login: &Login) -> Result<Vec<ReportLine>, Error> {
    let mut tx = app
        .workflows
        .store
        .read(&Scope::of(&login.province))
        .await?;
    tx.recent_reports(LISTED).await?.iter().map(line).collect()
}

fn line(row: &ReportRow) -> Result<ReportLine, Error> {
    let report: Report =
        serde_json::from_str(&row.content).map_err(|e| Error::Internal(e.into()))?;
    Ok(ReportLine {
        url: format!("/committee/{}", report.day.iso()),
        day: report.day.local_text(),
        from: report.from_at.local_text(),
        until: report.until_at.local_text(),
        revision: row.revision,
        made_at: Moment(row.made_at).local_text(),
        crossings: report.total(figures::CROSSINGS),
        turned_back: report.total(figures::TURNED_BACK),
        held: report.total(figures::HOLDS_MET),
    })
}

pub(super) async fn report(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
    Path(day): Path<String>,
) -> Result<Response, Error> {
    may_read(&login)?;
    let found = read(&app, &login, &day).await?;
    let (report, row) = found.ok_or(Error::NotFound)?;
    let made = (Moment(row.made_at), row.revision);
    let page = ReportView::of(&app, &report, reader.language, made);
    Ok(app
        .pages
        .respond(reader.language, &reader.path, Some(&login), &page))
}

/// A stored report; reading it enters the audit chain.
pub(super) async fn read(
    app: &App,
    login: &Login,
    day: &str,
) -> Result<Option<(Report, ReportRow)>, Error> {
    let Some(day) = Day::parse(day) else {
        return Ok(None);
    };
    let mut tx = app
        .workflows
        .store
        .write(&Scope::of(&login.province))
        .await?;
    let Some(row) = tx.report(DAILY, day).await? else {
        return Ok(None);
    };
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
