//! The post: duty, scan, verdict, crossing, list.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::access::Role;
use workflows::clock::Moment;
use workflows::ids::{CheckpointId, CrossingId};
use workflows::phrase::{self, Language};
use workflows::units::Units;
use workflows::verdict::{Gate, reasons};
use workflows::verification::{
    CHOICES, Duty, Holder, Recording, Reference, ScanError, Scanned, direction_word, gate_word,
    needs_reason, parse_direction, parse_gate,
};

use super::error::Error;
use super::login::{self, AtPost};
use super::page::{Page, Reader};
use super::start::{PostView, post, posts};
use crate::state::App;

/// `duty.html`.
#[derive(Serialize)]
struct DutyPage {
    checkpoints: Vec<PostView>,
    direction: &'static str,
    error: Option<String>,
}

/// `scan.html`.
#[derive(Serialize)]
struct ScanPage {
    checkpoint: PostView,
    direction: &'static str,
    error: Option<String>,
    /// What was just recorded.
    flash: Option<Flash>,
}

#[derive(Serialize)]
struct Flash {
    gate: String,
    direction: String,
    overridden: bool,
    repeated: bool,
}

/// `verdict.html`.
#[derive(Serialize)]
struct VerdictPage {
    gate: &'static str,
    status: &'static str,
    reasons: Vec<String>,
    notices: Vec<String>,
    direction: &'static str,
    checkpoint: PostView,
    crossing: String,
    reference: String,
    holder: Option<HolderView>,
    expires_at: Option<String>,
    channel: Option<String>,
    choices: Vec<Choice>,
    note: String,
    error: Option<String>,
    mark_url: Option<String>,
}

/// One decision the officer can take.
#[derive(Serialize)]
struct Choice {
    gate: &'static str,
    advised: bool,
    needs_reason: bool,
}

/// Whom to compare with a document.
#[derive(Serialize)]
pub(super) struct HolderView {
    name: String,
    birth_year: u16,
    document_kind: &'static str,
    document_tail: String,
    plate: Option<String>,
    origin: String,
    destination: String,
}

impl HolderView {
    pub(super) fn of(holder: &Holder) -> Self {
        Self {
            name: holder.name.clone(),
            birth_year: holder.birth_year,
            document_kind: holder.document_kind,
            document_tail: holder.document_tail.clone(),
            plate: holder.plate.clone(),
            origin: Units::embedded().label(holder.origin),
            destination: Units::embedded().label(holder.destination),
        }
    }
}

impl Page for DutyPage {
    const TEMPLATE: &'static str = "duty.html";
}
impl Page for ScanPage {
    const TEMPLATE: &'static str = "scan.html";
}
impl Page for VerdictPage {
    const TEMPLATE: &'static str = "verdict.html";
}

/// `/officer`: to the role's first page.
pub(super) async fn home(account: login::Account) -> Redirect {
    Redirect::to(login::home(account.0.role))
}

pub(super) async fn duty(State(app): State<App>, reader: Reader, at: AtPost) -> Response {
    let mut checkpoints = posts(&app, &at.login.province);
    for post in &mut checkpoints {
        post.current = at.login.checkpoint.is_some_and(|c| c.0 == post.id);
    }
    let direction = direction_word(at.login.direction);
    let page = DutyPage {
        checkpoints,
        direction,
        error: None,
    };
    app.pages
        .respond(reader.language, &reader.path, Some(&at.login), &page)
}

#[derive(Deserialize)]
pub(super) struct DutyChoice {
    checkpoint: i64,
    direction: String,
}

pub(super) async fn take_duty(
    State(app): State<App>,
    at: AtPost,
    Form(choice): Form<DutyChoice>,
) -> Result<Response, Error> {
    let direction = parse_direction(&choice.direction)
        .ok_or_else(|| Error::Invalid("malformed", Vec::new()))?;
    let checkpoint = CheckpointId(choice.checkpoint);
    if !app
        .workflows
        .take_duty(&at.login, checkpoint, direction)
        .await?
    {
        return Err(Error::NotFound);
    }
    app.logins.invalidate_all();
    Ok(Redirect::to("/officer/scan").into_response())
}

/// What was just recorded, in words the page knows.
#[derive(Deserialize)]
pub(super) struct JustDone {
    done: Option<String>,
    way: Option<String>,
    #[serde(default)]
    overridden: bool,
    #[serde(default)]
    repeated: bool,
}

pub(super) async fn scan_page(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Query(just): Query<JustDone>,
) -> Result<Response, Error> {
    let duty = at.duty()?;
    let gate = just.done.as_deref().and_then(parse_gate);
    let way = just.way.as_deref().and_then(parse_direction);
    let flash = gate.zip(way).map(|(gate, way)| Flash {
        gate: gate_word(gate).into(),
        direction: direction_word(way).into(),
        overridden: just.overridden,
        repeated: just.repeated,
    });
    Ok(show_scan(&app, &reader, &at, &duty, (None, flash)))
}

fn show_scan(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    duty: &Duty,
    (error, flash): (Option<String>, Option<Flash>),
) -> Response {
    let page = ScanPage {
        checkpoint: post(app, &duty.province, duty.checkpoint),
        direction: direction_word(at.login.direction),
        error,
        flash,
    };
    app.pages
        .respond(reader.language, &reader.path, Some(&at.login), &page)
}

#[derive(Deserialize)]
pub(super) struct ScanForm {
    input: String,
    #[serde(default)]
    direction: String,
}

pub(super) async fn scan(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<ScanForm>,
) -> Result<Response, Error> {
    let duty = at.duty()?;
    let direction = parse_direction(&form.direction).unwrap_or(at.login.direction);
    if form.input.trim().is_empty() {
        let error = phrase::text(reader.language, "error-scan-empty");
        return Ok(show_scan(&app, &reader, &at, &duty, (Some(error), None)));
    }
    let began = std::time::Instant::now();
    let scanned = match app.workflows.scan(&duty, &form.input, direction).await {
        Ok(scanned) => scanned,
        Err(e @ (ScanError::TooMany | ScanError::TooFast)) => {
            let key = match e {
                ScanError::TooFast => "error-too-many-codes",
                _ => "error-too-many-lookups",
            };
            let error = phrase::text(reader.language, key);
            return Ok(show_scan(&app, &reader, &at, &duty, (Some(error), None)));
        }
        Err(error) => return Err(error.into()),
    };
    metrics::histogram!("scan_seconds").record(began.elapsed());
    let page = verdict(
        &app,
        reader.language,
        &at,
        (&scanned, direction_word(direction)),
    );
    Ok(app
        .pages
        .respond(reader.language, &reader.path, Some(&at.login), &page))
}

fn verdict(
    app: &App,
    language: Language,
    at: &AtPost,
    (scanned, direction): (&Scanned, &'static str),
) -> VerdictPage {
    let rules = &*app.workflows.rules;
    let reason = |r| phrase::reason_text(rules, &scanned.rules_of, language, r);
    let advised = scanned.decision.gate;
    let choice = |gate: Gate| Choice {
        gate: gate_word(gate),
        advised: gate == advised,
        needs_reason: needs_reason(advised, gate),
    };
    let reference = scanned.reference.to_string();
    let medical = at.login.role == Role::Medical && scanned.holder.is_some();
    let checkpoint = at.login.checkpoint.unwrap_or(CheckpointId(0));
    VerdictPage {
        gate: gate_word(advised),
        status: scanned.status.as_str(),
        reasons: scanned.decision.reasons.iter().map(reason).collect(),
        notices: registry_notice(language, scanned).into_iter().collect(),
        direction,
        checkpoint: post(app, &at.login.province, checkpoint),
        crossing: scanned.crossing.to_string(),
        mark_url: medical.then(|| format!("/officer/mark?reference={reference}")),
        reference,
        holder: scanned.holder.as_ref().map(HolderView::of),
        expires_at: scanned.expires_at.map(Moment::local_text),
        channel: scanned.channel.clone(),
        choices: CHOICES.into_iter().map(choice).collect(),
        note: String::new(),
        error: None,
    }
}

/// What the registry left open, unless a reason says so already.
fn registry_notice(language: Language, scanned: &Scanned) -> Option<String> {
    let word = scanned
        .registry
        .as_deref()
        .filter(|r| matches!(*r, "unknown" | "unavailable"))?;
    let said = [reasons::IDENTITY_UNKNOWN, reasons::IDENTITY_TO_CHECK];
    let mut given = scanned.decision.reasons.iter();
    (!given.any(|r| said.contains(&r.code)))
        .then(|| phrase::text(language, &format!("registry-{word}")))
}

#[derive(Deserialize)]
pub(super) struct RecordForm {
    crossing: String,
    reference: String,
    direction: String,
    gate: String,
    #[serde(default)]
    note: String,
}

impl RecordForm {
    fn read(&self) -> Option<Recording> {
        Some(Recording {
            crossing: CrossingId(self.crossing.parse().ok()?),
            reference: Reference::parse(&self.reference)?,
            direction: parse_direction(&self.direction)?,
            gate: Some(parse_gate(&self.gate)?),
            note: self.note.clone(),
        })
    }
}

pub(super) async fn record(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<RecordForm>,
) -> Result<Response, Error> {
    let duty = at.duty()?;
    let malformed = || Error::Invalid("malformed", Vec::new());
    let recording = form.read().ok_or_else(malformed)?;
    match app.workflows.record(&duty, &recording).await {
        Ok(recorded) => {
            metrics::counter!(
                "crossings_total",
                "province" => duty.province.to_string(), "gate" => gate_word(recorded.gate)
            )
            .increment(1);
            let to = format!(
                "/officer/scan?done={}&way={}&overridden={}&repeated={}",
                gate_word(recorded.gate),
                direction_word(recording.direction),
                recorded.overridden,
                recorded.repeated,
            );
            Ok(Redirect::to(&to).into_response())
        }
        Err(ScanError::NoReason) => again(&app, &reader, &at, (&duty, &recording, &form)).await,
        Err(error) => Err(error.into()),
    }
}

/// The verdict again, asking for the reason of the override; the crossing keeps its id.
async fn again(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (duty, recording, form): (&Duty, &Recording, &RecordForm),
) -> Result<Response, Error> {
    let scanned = app
        .workflows
        .look_again(duty, &recording.reference, recording.direction)
        .await?;
    let direction = direction_word(recording.direction);
    let mut page = verdict(app, reader.language, at, (&scanned, direction));
    page.crossing.clone_from(&form.crossing);
    page.error = Some(phrase::text(reader.language, "error-override-reason"));
    let mut response = app
        .pages
        .respond(reader.language, &reader.path, Some(&at.login), &page);
    *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}
