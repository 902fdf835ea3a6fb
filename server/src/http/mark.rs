//! Medical officers: enter a class about a scanned person, release from it.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::access::Role;
use workflows::clock::{Day, Moment};
use workflows::exposure::{Class, Entry, Finding, MarkError, MedicalOfficer};
use workflows::ids::{CheckpointId, MarkId};
use workflows::phrase;
use workflows::store::StoredMark;
use workflows::verification::{Duty, Reference, Subject};

use super::error::Error;
use super::fields::ErrorLine;
use super::login::AtPost;
use super::officer::HolderView;
use super::page::{Page, Reader};
use super::start::province_view;
use crate::state::App;

/// `person_mark.html`.
#[derive(Serialize)]
struct MarkPage {
    reference: Option<String>,
    holder: Option<HolderView>,
    elsewhere: Vec<String>,
    marks: Vec<MarkView>,
    sources: Vec<SourceView>,
    values: Values,
    errors: Vec<ErrorLine>,
    saved: bool,
}

#[derive(Serialize)]
struct MarkView {
    id: String,
    label: String,
    class: String,
    at: String,
    standing: bool,
    evidence: Option<String>,
}

/// A standing entry an F1 or F2 can rest on: by label, class and time, never by name. The label
/// also stands in the history of the person it is about.
#[derive(Serialize)]
struct SourceView {
    id: String,
    class: String,
    at: String,
    label: String,
}

#[derive(Default, Serialize)]
struct Values {
    class: String,
    source: String,
    met_on: String,
    evidence: String,
}

impl Page for MarkPage {
    const TEMPLATE: &'static str = "person_mark.html";
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    saved: bool,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct MarkForm {
    reference: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    met_on: String,
    #[serde(default)]
    evidence: String,
}

#[derive(Deserialize)]
pub(super) struct ReleaseForm {
    reference: String,
    mark: uuid::Uuid,
    #[serde(default)]
    evidence: String,
}

/// A finding that was not taken: a field and a sentence, or an error.
enum Refused {
    Field(&'static str, &'static str),
    Error(Error),
}

impl From<MarkError> for Refused {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::NoEvidence => Self::Field("evidence", "evidence"),
            MarkError::NoSource => Self::Field("source", "mark-source"),
            MarkError::NotStanding => Self::Field("source", "mark-not-standing"),
            other => Self::Error(other.into()),
        }
    }
}

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let by = medical(&at)?;
    let screen = Screen {
        app: &app,
        reader: &reader,
        at: &at,
        by: &by,
    };
    screen.show(&asked.reference, asked.saved, None).await
}

pub(super) async fn mark(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<MarkForm>,
) -> Result<Response, Error> {
    let by = medical(&at)?;
    let screen = Screen {
        app: &app,
        reader: &reader,
        at: &at,
        by: &by,
    };
    match screen.enter(&form).await {
        Ok(()) => Ok(saved(&form.reference)),
        Err(Refused::Field(field, code)) => {
            let reference = form.reference.clone();
            let values = Values {
                class: form.class,
                source: form.source,
                met_on: form.met_on,
                evidence: form.evidence,
            };
            screen
                .show(&reference, false, Some((field, code, values)))
                .await
        }
        Err(Refused::Error(error)) => Err(error),
    }
}

pub(super) async fn release(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, Error> {
    let by = medical(&at)?;
    if Reference::parse(&form.reference).is_none() {
        return Err(Error::Invalid("malformed", Vec::new()));
    }
    let screen = Screen {
        app: &app,
        reader: &reader,
        at: &at,
        by: &by,
    };
    let released = app
        .workflows
        .release(&by, MarkId(form.mark), &form.evidence)
        .await;
    match released.map_err(Refused::from) {
        Ok(_) => Ok(saved(&form.reference)),
        Err(Refused::Field(field, code)) => {
            screen
                .show(
                    &form.reference,
                    false,
                    Some((field, code, Values::default())),
                )
                .await
        }
        Err(Refused::Error(error)) => Err(error),
    }
}

fn saved(reference: &str) -> Response {
    Redirect::to(&format!("/officer/mark?saved=true&reference={reference}")).into_response()
}

fn medical(at: &AtPost) -> Result<MedicalOfficer, Error> {
    if at.login.role != Role::Medical {
        return Err(Error::Forbidden);
    }
    Ok(MedicalOfficer {
        province: at.login.province.clone(),
        id: at.login.officer,
        checkpoint: at.login.checkpoint,
        request_id: at.request_id(),
    })
}

type Complaint = (&'static str, &'static str, Values);

/// One request's parts.
struct Screen<'a> {
    app: &'a App,
    reader: &'a Reader,
    at: &'a AtPost,
    by: &'a MedicalOfficer,
}

impl Screen<'_> {
    async fn person(&self, reference: &str) -> Result<Option<Subject>, Error> {
        let Some(reference) = Reference::parse(reference) else {
            return Ok(None);
        };
        let duty = Duty {
            province: self.by.province.clone(),
            checkpoint: self.by.checkpoint.unwrap_or(CheckpointId(0)),
            officer: self.by.id,
            role: self.at.login.role.as_str().into(),
            request_id: self.by.request_id.clone(),
        };
        Ok(self.app.workflows.holder_of(&duty, &reference).await?)
    }

    async fn enter(&self, form: &MarkForm) -> Result<(), Refused> {
        let class = Class::parse(&form.class).ok_or(Refused::Field("class", "choose"))?;
        let person = self.person(&form.reference).await.map_err(Refused::Error)?;
        let subject = person.ok_or(Refused::Error(Error::NotFound))?;
        let contact = matches!(class, Class::F1 | Class::F2);
        let finding = Finding {
            person: subject.person,
            issuer: subject.issuer,
            class,
            source: form.source.parse().ok().map(MarkId).filter(|_| contact),
            met_on: Day::parse(&form.met_on),
            evidence: form.evidence.clone(),
        };
        self.app.workflows.mark(self.by, &finding).await?;
        Ok(())
    }

    async fn show(
        &self,
        reference: &str,
        saved: bool,
        complaint: Option<Complaint>,
    ) -> Result<Response, Error> {
        let page = self.page(reference, saved, complaint).await;
        let page = page?;
        let failed = !page.errors.is_empty();
        let mut response = self.app.pages.respond(
            self.reader.language,
            &self.reader.path,
            Some(&self.at.login),
            &page,
        );
        if failed {
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Ok(response)
    }

    async fn page(
        &self,
        reference: &str,
        saved: bool,
        complaint: Option<Complaint>,
    ) -> Result<MarkPage, Error> {
        let person = self.person(reference).await?;
        let (mut marks, mut sources, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(subject) = &person {
            let (workflows, index) = (&self.app.workflows, &subject.person);
            marks = workflows.class_history(self.by, index).await?;
            sources = workflows.sources(self.by).await?;
            sources.retain(|s| s.person != *index);
            elsewhere = workflows
                .held_by_others(&self.by.province, index, subject.issuer.as_ref())
                .await?;
        }
        let text = |key: &str| phrase::text(self.reader.language, key);
        let (errors, values) = match complaint {
            None => (Vec::new(), Values::default()),
            Some((field, code, values)) => {
                let label = text(&format!("mark-{}", field.replace('_', "-")));
                let line = ErrorLine::new(field, label, text(&format!("error-{code}")));
                (vec![line], values)
            }
        };
        Ok(MarkPage {
            reference: person.as_ref().map(|_| reference.to_owned()),
            holder: person.as_ref().map(|s| HolderView::of(&s.holder)),
            elsewhere: elsewhere
                .iter()
                .map(|id| province_view(self.app, id, self.reader.language).name)
                .collect(),
            marks: marks.into_iter().map(mark_view).collect(),
            sources: sources.iter().map(source_view).collect(),
            values,
            errors,
            saved,
        })
    }
}

fn mark_view(entry: Entry) -> MarkView {
    let id = entry.id.to_string();
    MarkView {
        label: label(&id),
        id,
        class: entry.class,
        at: entry.at.local_text(),
        standing: entry.standing,
        evidence: entry.evidence,
    }
}

/// What people tell one entry from another by: the end of its id, which is random.
fn label(id: &str) -> String {
    let end = id.get(id.len().saturating_sub(6)..);
    end.unwrap_or_default().to_owned()
}

fn source_view(mark: &StoredMark) -> SourceView {
    let id = mark.id.to_string();
    SourceView {
        label: label(&id),
        id,
        class: mark.class.clone(),
        at: Moment(mark.marked_at).local_text(),
    }
}
