//! Medical officers: enter a class, release from it.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::access::Role;
use workflows::clock::{Day, Moment};
use workflows::exposure::{Class, Finding, MarkError, MedicalOfficer};
use workflows::ids::MarkId;
use workflows::phrase::{self, Language};
use workflows::store::{Scope, StoredMark};
use workflows::verification::{Duty, ScanError};

use super::error::Error;
use super::login::AtPost;
use super::page::{Page, Reader};
use crate::state::App;

/// `person_mark.html`.
#[derive(Serialize)]
struct MarkPage {
    classes: Vec<ClassChoice>,
    /// Standing entries, newest first, by number, class and time; no names.
    entries: Vec<EntryView>,
    error: Option<String>,
    done: Option<String>,
    person: String,
    class: String,
    source: String,
    met_on: String,
    evidence: String,
}

#[derive(Serialize)]
struct ClassChoice {
    value: &'static str,
    label: String,
}

#[derive(Serialize)]
struct EntryView {
    id: String,
    short: String,
    class_text: String,
    at: String,
}

impl Page for MarkPage {
    const TEMPLATE: &'static str = "person_mark.html";
}

/// What the form sends.
#[derive(Default, Deserialize)]
pub(super) struct MarkForm {
    person: String,
    class: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    met_on: String,
    #[serde(default)]
    evidence: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    done: Option<String>,
}

const ENTRIES: i64 = 200;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    medical(&at)?;
    let done = asked.done.filter(|d| matches!(d.as_str(), "marked" | "released"));
    let done = done.map(|d| phrase::text(reader.language, &format!("done-{d}")));
    show(&app, &reader, &at, (MarkForm::default(), None, done)).await
}

pub(super) async fn mark(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<MarkForm>,
) -> Result<Response, Response> {
    let by = medical(&at)?;
    let code = match entered(&app, &at, &by, &form).await {
        Ok(()) => return Ok(Redirect::to("/officer/mark?done=marked").into_response()),
        Err(Refused::Code(code)) => code,
        Err(Refused::Error(error)) => return Err(error.into_response()),
    };
    let error = phrase::text(reader.language, &format!("error-{code}"));
    let mut response = show(&app, &reader, &at, (form, Some(error), None)).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

enum Refused {
    Code(&'static str),
    Error(Error),
}

impl From<MarkError> for Refused {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::NoEvidence => Self::Code("evidence"),
            MarkError::NoSource => Self::Code("mark-source"),
            MarkError::NotStanding => Self::Code("mark-not-standing"),
            other => Self::Error(other.into()),
        }
    }
}

async fn entered(
    app: &App,
    at: &AtPost,
    by: &MedicalOfficer,
    form: &MarkForm,
) -> Result<(), Refused> {
    let class = Class::parse(&form.class).ok_or(Refused::Code("choose"))?;
    let duty = Duty {
        province: by.province.clone(),
        checkpoint: by.checkpoint.unwrap_or(workflows::ids::CheckpointId(0)),
        officer: by.id,
        role: at.login.role.as_str().into(),
        request_id: by.request_id.clone(),
    };
    let found = app.workflows.find_person(&duty, &form.person).await;
    let person = found
        .map_err(|e: ScanError| Refused::Error(e.into()))?
        .ok_or(Refused::Code("person-not-found"))?;
    let finding = Finding {
        person,
        class,
        source: form.source.parse().ok().map(MarkId),
        met_on: Day::parse(&form.met_on),
        evidence: form.evidence.clone(),
    };
    app.workflows.mark(by, &finding).await?;
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct ReleaseForm {
    entry: uuid::Uuid,
    #[serde(default)]
    evidence: String,
}

pub(super) async fn release(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, Response> {
    let by = medical(&at)?;
    let released = app.workflows.release(&by, MarkId(form.entry), &form.evidence).await;
    let code = match released.map_err(Refused::from) {
        Ok(_) => return Ok(Redirect::to("/officer/mark?done=released").into_response()),
        Err(Refused::Code(code)) => code,
        Err(Refused::Error(error)) => return Err(error.into_response()),
    };
    let error = phrase::text(reader.language, &format!("error-{code}"));
    let mut response = show(&app, &reader, &at, (MarkForm::default(), Some(error), None)).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

fn medical(at: &AtPost) -> Result<MedicalOfficer, Response> {
    if at.login.role != Role::Medical {
        return Err(Error::Forbidden.into_response());
    }
    Ok(MedicalOfficer {
        province: at.login.province.clone(),
        id: at.login.officer,
        checkpoint: at.login.checkpoint,
        request_id: at.request_id(),
    })
}

async fn show(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (form, error, done): (MarkForm, Option<String>, Option<String>),
) -> Result<Response, Response> {
    let marks = recent(app, at).await.map_err(IntoResponse::into_response)?;
    let ended: Vec<_> = marks.iter().filter_map(|m| m.ends).collect();
    let entries = marks
        .iter()
        .filter(|m| m.ends.is_none() && !ended.contains(&m.id))
        .map(|m| entry(reader.language, m))
        .collect();
    let class = |c: Class| ClassChoice {
        value: c.as_str(),
        label: phrase::text(reader.language, &format!("class-{}", c.as_str())),
    };
    let page = MarkPage {
        classes: Class::ALL.into_iter().map(class).collect(),
        entries,
        error,
        done,
        person: form.person,
        class: form.class,
        source: form.source,
        met_on: form.met_on,
        evidence: form.evidence,
    };
    Ok(app.pages.respond(reader.language, &reader.path, Some(&at.login), &page))
}

async fn recent(app: &App, at: &AtPost) -> Result<Vec<StoredMark>, Error> {
    let mut tx = app.workflows.store.read(&Scope::of(&at.login.province)).await?;
    Ok(tx.recent_marks(ENTRIES).await?)
}

fn entry(language: Language, mark: &StoredMark) -> EntryView {
    let id = mark.id.to_string();
    EntryView {
        short: id.get(id.len() - 6..).unwrap_or_default().to_owned(),
        id,
        class_text: phrase::text(language, &format!("class-{}", mark.class)),
        at: Moment(mark.marked_at).local_text(),
    }
}
