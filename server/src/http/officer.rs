//! The post: duty, scan, verdict, crossing, list.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::ids::{CheckpointId, CrossingId};
use workflows::phrase::{self, Language};
use workflows::store::Scope;
use workflows::units::Units;
use workflows::verdict::Gate;
use workflows::verification::{
    Recording, Reference, ScanError, Scanned, direction_word, gate_word, parse_direction,
    parse_gate,
};

use super::error::Error;
use super::login::{self, AtPost};
use super::page::{Page, Reader};
use super::start::{PostChoice, posts};
use crate::state::App;

/// `duty.html`.
#[derive(Serialize)]
struct DutyPage {
    posts: Vec<PostChoice>,
    current: Option<i64>,
    direction: &'static str,
}

/// `scan.html`.
#[derive(Serialize)]
struct ScanPage {
    post_name: String,
    zone: String,
    direction: &'static str,
    error: Option<String>,
    /// What was just recorded.
    done: Option<Done>,
    is_medical: bool,
}

#[derive(Serialize)]
struct Done {
    gate: String,
    gate_text: String,
}

/// `verdict.html`.
#[derive(Serialize)]
struct VerdictPage {
    crossing: String,
    reference: String,
    direction: &'static str,
    status: &'static str,
    status_text: String,
    /// `good`, `look` or `stop`.
    tone: &'static str,
    advice: &'static str,
    advice_text: String,
    reasons: Vec<String>,
    holder: Option<HolderView>,
    expires_at: Option<String>,
    on_paper: bool,
    registry: Option<String>,
    error: Option<String>,
    note: String,
    post_name: String,
    is_medical: bool,
}

#[derive(Serialize)]
struct HolderView {
    name: String,
    birth_year: u16,
    document: String,
    document_tail: String,
    plate: Option<String>,
    origin: String,
    destination: String,
}

/// `lists.html`.
#[derive(Serialize)]
struct ListPage {
    post_name: String,
    day: String,
    rows: Vec<ListRow>,
}

#[derive(Serialize)]
struct ListRow {
    at: String,
    direction_text: String,
    gate_text: String,
    tone: &'static str,
    status_text: String,
    overridden: bool,
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
impl Page for ListPage {
    const TEMPLATE: &'static str = "lists.html";
}

const LISTED: i64 = 200;

/// `/officer`: to the role's first page.
pub(super) async fn home(account: login::Account) -> Redirect {
    Redirect::to(login::home(account.0.role))
}

pub(super) async fn duty(State(app): State<App>, reader: Reader, at: AtPost) -> Response {
    let page = DutyPage {
        posts: posts(&app, &at.login.province),
        current: at.login.checkpoint.map(|c| c.0),
        direction: direction_word(at.login.direction),
    };
    app.pages.respond(reader.language, &reader.path, Some(&at.login), &page)
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
    if !app.workflows.take_duty(&at.login, checkpoint, direction).await? {
        return Err(Error::NotFound);
    }
    app.logins.invalidate_all();
    Ok(Redirect::to("/officer/scan").into_response())
}

#[derive(Deserialize)]
pub(super) struct JustDone {
    done: Option<String>,
}

pub(super) async fn scan_page(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Query(just): Query<JustDone>,
) -> Result<Response, Response> {
    let duty = at.duty()?;
    let gate = just.done.as_deref().and_then(parse_gate);
    let done = gate.map(|g| Done {
        gate: gate_word(g).to_owned(),
        gate_text: gate_text(reader.language, g),
    });
    Ok(show_scan(&app, &reader, &at, &duty, (None, done)))
}

fn show_scan(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    duty: &workflows::verification::Duty,
    (error, done): (Option<String>, Option<Done>),
) -> Response {
    let post = app.workflows.places.checkpoint(&duty.province, duty.checkpoint);
    let page = ScanPage {
        post_name: post.as_ref().map_or_else(String::new, |p| p.name.clone()),
        zone: post.map_or_else(String::new, |p| p.zone),
        direction: direction_word(at.login.direction),
        error,
        done,
        is_medical: at.login.role == workflows::access::Role::Medical,
    };
    app.pages.respond(reader.language, &reader.path, Some(&at.login), &page)
}

#[derive(Deserialize)]
pub(super) struct ScanForm {
    code: String,
    #[serde(default)]
    direction: String,
}

pub(super) async fn scan(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<ScanForm>,
) -> Result<Response, Response> {
    let duty = at.duty()?;
    let direction = parse_direction(&form.direction).unwrap_or(at.login.direction);
    if form.code.trim().is_empty() {
        let error = phrase::text(reader.language, "error-scan-empty");
        return Ok(show_scan(&app, &reader, &at, &duty, (Some(error), None)));
    }
    let began = std::time::Instant::now();
    let scanned = match app.workflows.scan(&duty, &form.code, direction).await {
        Ok(scanned) => scanned,
        Err(ScanError::TooMany) => {
            let error = phrase::text(reader.language, "error-too-many-lookups");
            return Ok(show_scan(&app, &reader, &at, &duty, (Some(error), None)));
        }
        Err(error) => return Err(Error::from(error).into_response()),
    };
    metrics::histogram!("scan_seconds").record(began.elapsed());
    let page = verdict(&app, reader.language, &at, (&scanned, direction_word(direction)));
    Ok(app.pages.respond(reader.language, &reader.path, Some(&at.login), &page))
}

fn verdict(
    app: &App,
    language: Language,
    at: &AtPost,
    (scanned, direction): (&Scanned, &'static str),
) -> VerdictPage {
    let rules = &*app.workflows.rules;
    let status = scanned.status.as_str();
    let post = at.login.checkpoint.and_then(|c| app.workflows.places.checkpoint(&at.login.province, c));
    VerdictPage {
        crossing: scanned.crossing.to_string(),
        reference: scanned.reference.to_string(),
        direction,
        status,
        status_text: status_text(language, status),
        tone: tone(scanned.decision.gate),
        advice: gate_word(scanned.decision.gate),
        advice_text: phrase::text(language, &format!("advice-{}", gate_word(scanned.decision.gate))),
        reasons: scanned
            .decision
            .reasons
            .iter()
            .map(|r| phrase::reason_text(rules, &scanned.rules_of, language, r))
            .collect(),
        holder: scanned.holder.as_ref().map(|h| HolderView {
            name: h.name.clone(),
            birth_year: h.birth_year,
            document: phrase::text(language, &format!("document-{}", h.document_kind)),
            document_tail: h.document_tail.clone(),
            plate: h.plate.clone(),
            origin: Units::embedded().label(h.origin),
            destination: Units::embedded().label(h.destination),
        }),
        expires_at: scanned.expires_at.map(workflows::clock::Moment::local_text),
        on_paper: scanned.channel.as_deref() == Some("paper"),
        registry: scanned.registry.as_ref().map(|r| phrase::text(language, &format!("registry-{r}"))),
        error: None,
        note: String::new(),
        post_name: post.map_or_else(String::new, |p| p.name),
        is_medical: at.login.role == workflows::access::Role::Medical,
    }
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
) -> Result<Response, Response> {
    let duty = at.duty()?;
    let malformed = || Error::Invalid("malformed", Vec::new()).into_response();
    let recording = form.read().ok_or_else(malformed)?;
    match app.workflows.record(&duty, &recording).await {
        Ok(recorded) => {
            metrics::counter!(
                "crossings_total",
                "province" => duty.province.to_string(), "gate" => gate_word(recorded.gate)
            )
            .increment(1);
            let to = format!("/officer/scan?done={}", gate_word(recorded.gate));
            Ok(Redirect::to(&to).into_response())
        }
        Err(ScanError::NoReason) => again(&app, &reader, &at, (&duty, &recording, &form)).await,
        Err(error) => Err(Error::from(error).into_response()),
    }
}

/// The verdict again, asking for the reason of the override; the crossing keeps its id.
async fn again(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (duty, recording, form): (&workflows::verification::Duty, &Recording, &RecordForm),
) -> Result<Response, Response> {
    let scanned = app
        .workflows
        .look_again(duty, &recording.reference, recording.direction)
        .await
        .map_err(|e| Error::from(e).into_response())?;
    let direction = direction_word(recording.direction);
    let mut page = verdict(app, reader.language, at, (&scanned, direction));
    page.crossing.clone_from(&form.crossing);
    page.error = Some(phrase::text(reader.language, "error-override-reason"));
    let mut response = app.pages.respond(reader.language, &reader.path, Some(&at.login), &page);
    *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Today's crossings at the post: nothing that names a person.
pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    _: HeaderMap,
) -> Result<Response, Response> {
    let duty = at.duty()?;
    let today = app.workflows.clock.today();
    let rows = read_list(&app, &duty, today).await.map_err(IntoResponse::into_response)?;
    let post = app.workflows.places.checkpoint(&duty.province, duty.checkpoint);
    let page = ListPage {
        post_name: post.map_or_else(String::new, |p| p.name),
        day: today.local_text(),
        rows: rows.iter().map(|row| list_row(reader.language, row)).collect(),
    };
    Ok(app.pages.respond(reader.language, &reader.path, Some(&at.login), &page))
}

async fn read_list(
    app: &App,
    duty: &workflows::verification::Duty,
    today: workflows::clock::Day,
) -> Result<Vec<workflows::store::ListedCrossing>, Error> {
    let mut tx = app.workflows.store.read(&Scope::of(&duty.province)).await?;
    Ok(tx.crossings_at(duty.checkpoint, today.start(), LISTED).await?)
}

fn list_row(language: Language, row: &workflows::store::ListedCrossing) -> ListRow {
    let gate = parse_gate(&row.gate).unwrap_or(Gate::Unsure);
    ListRow {
        at: workflows::clock::Moment(row.scanned_at).local_time_text(),
        direction_text: phrase::text(language, &format!("direction-{}", row.direction)),
        gate_text: gate_text(language, gate),
        tone: tone(gate),
        status_text: status_text(language, &row.status),
        overridden: row.overridden,
    }
}

fn gate_text(language: Language, gate: Gate) -> String {
    phrase::text(language, &format!("gate-{}", gate_word(gate)))
}

/// The words of a pass status code.
pub(super) fn status_text(language: Language, status: &str) -> String {
    phrase::text(language, &format!("status-{}", status.to_lowercase().replace('_', "-")))
}

fn tone(gate: Gate) -> &'static str {
    match gate {
        Gate::LetThrough => "good",
        Gate::Check | Gate::Unsure => "look",
        Gate::Isolate | Gate::TurnBack => "stop",
    }
}
