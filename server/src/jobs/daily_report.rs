//! The daily report: planned for every province and day, made and queued for every committee
//! member in one transaction.

use anyhow::{Context, Result};
use workflows::clock::{Day, Moment};
use workflows::ids::{OutboundId, ProvinceId};
use workflows::message::Class;
use workflows::phrase::Language;
use workflows::place::Province;
use workflows::reporting::Report;
use workflows::store::{Job, JobDone, MemberRow, OutboxRow, ReportRow, Scope};

use crate::mail::{self, ADDRESS, BODY, MailBody, RECIPIENT};
use crate::state::App;

pub(super) const NAME: &str = "daily-report";
pub(crate) const KIND: &str = "daily";
/// A report older than this is not worth sending.
const DEADLINE_MINUTES: i64 = 24 * 60;

/// Makes the rows of every report due since the catch-up window began.
pub(super) async fn plan(app: &App) -> Result<()> {
    let now = app.workflows.clock.now();
    for province in app.workflows.places.provinces() {
        let mut tx = app.workflows.store.write(&Scope::of(&province.id)).await?;
        for back in 0..=app.config.jobs.catch_up_days {
            let day = now.day().plus(-back);
            let due = due_at(app, &province, day);
            let cutoff = day.at_minute(province.cutoff_minute);
            if due <= now && cutoff > province.served_from {
                tx.add_job(province.id.as_str(), NAME, i64::from(day.0), due)
                    .await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

fn due_at(app: &App, province: &Province, day: Day) -> Moment {
    day.at_minute(province.cutoff_minute)
        .plus_minutes(app.config.jobs.report_delay_minutes)
}

pub(super) async fn run(app: &App, job: &Job) -> Result<Option<JobDone>> {
    let province = ProvinceId::parse(&job.province).context("a province id")?;
    let day = Day(i32::try_from(job.period)?);
    make(app, &province, day, Some(job)).await.map(|_| None)
}

/// Makes a day's report, stores it, and queues a mail for each member. Run again, it changes
/// nothing: the report keeps its first revision and a mail its cause. Returns how many members
/// it goes to.
pub(crate) async fn make(
    app: &App,
    province: &ProvinceId,
    day: Day,
    job: Option<&Job>,
) -> Result<usize> {
    let workflows = &app.workflows;
    let report = stored(app, province, day).await?;
    let report = match report {
        Some(report) => report,
        None => workflows.report(province, day).await?,
    };
    let members = workflows
        .store
        .read(&Scope::of(province))
        .await?
        .members()
        .await?;
    let mut outbox = Vec::with_capacity(members.len());
    for member in &members {
        outbox.push(message(app, &report, member).await?);
    }
    let now = workflows.clock.now();
    let mut tx = workflows.store.write(&Scope::of(province)).await?;
    tx.add_report(&row(&report, now)).await?;
    tx.add_outbox(&outbox, now).await?;
    if let Some(job) = job
        && !tx.finish_job(job, &JobDone::Done, now).await?
    {
        // Another node has taken the job over; its report stands, this one is forgotten.
        return Ok(0);
    }
    tx.commit().await?;
    Ok(members.len())
}

/// The report as it was made before, if it was.
async fn stored(app: &App, province: &ProvinceId, day: Day) -> Result<Option<Report>> {
    let mut tx = app.workflows.store.read(&Scope::of(province)).await?;
    tx.report(KIND, day)
        .await?
        .map(|row| serde_json::from_str(&row.content).context("a stored report"))
        .transpose()
}

fn row(report: &Report, now: Moment) -> ReportRow {
    let (content, hash) = report.content();
    ReportRow {
        kind: KIND.into(),
        day: i64::from(report.day.0),
        revision: 0,
        from_at: report.from_at.0,
        until_at: report.until_at.0,
        content,
        content_hash: hash.to_vec(),
        made_at: now.0,
    }
}

async fn message(app: &App, report: &Report, member: &MemberRow) -> Result<OutboxRow> {
    let sealing = &app.workflows.sealing;
    let province = &report.province;
    let now = app.workflows.clock.now();
    let id = OutboundId(app.workflows.clock.uuid());
    let language = Language::parse(&member.language).unwrap_or_default();
    let address: String = sealing
        .open(province, ADDRESS, member.id.as_bytes(), &member.address)
        .await?;
    let body: MailBody = mail::report(app, report, language, now)?;
    let key = sealing.key(province, now).await?;
    Ok(OutboxRow {
        province: province.clone(),
        id,
        channel: crate::mail::channel(),
        class: Class::Report,
        cause: format!("report/{KIND}/{}/0/{}", report.day.iso(), member.id),
        recipient: sealing.seal(&key, RECIPIENT, id.0.as_bytes(), &address)?,
        body: sealing.seal(&key, BODY, id.0.as_bytes(), &body)?,
        address: None,
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(DEADLINE_MINUTES),
        instead_of: None,
    })
}
