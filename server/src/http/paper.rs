//! Paper: the officer keys the sheet on the same form, ticks what was compared, adds a picture.

use axum::Extension;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::declaration::{
    Channel, ComparedDocument, DeclareError, FieldError, Origin, Paper, RawForm,
};
use workflows::phrase::{self, Language};

use super::declare::{self, Declare};
use super::error::{Error, mismatch};
use super::login::AtPost;
use super::page::Reader;
use super::wire::RequestId;
use crate::picture;
use crate::state::App;

/// The paper part of `declare.html`.
#[derive(Serialize)]
pub(super) struct PaperPart {
    serial: String,
    serial_error: Option<String>,
    picture_error: Option<String>,
    documents: Vec<Tick>,
    documents_error: Option<String>,
}

#[derive(Serialize)]
struct Tick {
    value: &'static str,
    checked: bool,
}

const SERIAL_MAX: usize = 40;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The pass just made, to print it.
    made: Option<String>,
}

/// The empty sheet; after a sheet was taken, its pass to print.
pub(super) async fn form(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    at.duty()?;
    let genuine = |link: &String| app.workflows.sealing.read_pass_link(link).is_some();
    if let Some(link) = asked.made.filter(genuine) {
        let to = format!("/{}/pass/{link}/print", reader.language.as_str());
        return Ok(Redirect::to(&to).into_response());
    }
    let mut raw = RawForm::default();
    raw.add("travels_on", app.workflows.clock.today().iso());
    show(&app, &reader, &at, (&raw, &[]))
}

/// The filled sheet.
pub(super) async fn send(
    State(app): State<App>,
    reader: Reader,
    at: AtPost,
    Extension(id): Extension<RequestId>,
    multipart: Multipart,
) -> Result<Response, Error> {
    let duty = at.duty()?;
    let sheet = read(multipart, app.config.limits.upload_kilobytes * 1024).await?;
    take(&app, &reader, &at, (&sheet, duty.checkpoint.0, id)).await
}

async fn take(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (sheet, post, id): (&Sheet, i64, RequestId),
) -> Result<Response, Error> {
    let province = &at.login.province;
    declare::token_of(&sheet.raw)?;
    let mut raw = sheet.raw.clone();
    raw.add("checkpoint", post.to_string());
    let compared: Vec<ComparedDocument> = raw
        .all("documents")
        .iter()
        .filter_map(|w| ComparedDocument::parse(w))
        .collect();
    let mut errors = Vec::new();
    if !compared.contains(&ComparedDocument::Identity) {
        errors.push(FieldError::code("documents", "compare-identity"));
    }
    if raw.one("serial").len() > SERIAL_MAX {
        errors.push(FieldError::code("serial", "too-long"));
    }
    if sheet.too_large {
        errors.push(FieldError::code("picture", "picture-large"));
    }
    let mut picture = None;
    if let Some(sent) = sheet.picture.clone().filter(|_| errors.is_empty()) {
        match picture::reencode_aside(sent).await {
            Ok(clean) => picture = Some(clean),
            Err(error) => errors.push(FieldError::code("picture", error.code())),
        }
    }
    if !errors.is_empty() {
        return back(app, reader, at, (sheet, &raw, errors));
    }
    let paper = Paper {
        officer: at.login.officer,
        role: at.login.role.as_str().into(),
        serial: raw.one("serial").to_owned(),
        compared,
        picture,
    };
    let mut origin = origin(reader.language, &raw, paper, id);
    // The picture belongs to what was sent: another one under the same token is refused.
    origin.sent.extend(sheet.picture.iter().flatten());
    match declare::declare(app, province, &raw, &origin).await {
        Ok(declared) => {
            let to = format!("/officer/paper?made={}", declared.link);
            Ok(Redirect::to(&to).into_response())
        }
        Err(DeclareError::Invalid(errors)) => back(app, reader, at, (sheet, &raw, errors)),
        Err(DeclareError::Mismatch(fields)) => {
            back(app, reader, at, (sheet, &raw, mismatch(&fields)))
        }
        Err(DeclareError::KeyReused) => sent_before(app, reader, at, raw),
        Err(error) => Err(error.into()),
    }
}

/// The sheet with its complaints. A browser does not send a file twice, so the picture must be
/// chosen again, and its officer told.
fn back(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (sheet, raw, mut errors): (&Sheet, &RawForm, Vec<FieldError>),
) -> Result<Response, Error> {
    if sheet.picture.is_some() && !errors.iter().any(|e| e.field == "picture") {
        errors.push(FieldError::code("picture", "picture-again"));
    }
    show(app, reader, at, (raw, &errors))
}

/// A page that was taken already and is sent with other content: the next person's, or a
/// correction.
fn sent_before(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    mut raw: RawForm,
) -> Result<Response, Error> {
    raw.add("token", declare::token(app));
    let mut page = view(app, reader, at, (&raw, &[]))?;
    page.notice = Some(phrase::text(reader.language, "paper-sent-before"));
    let page = app
        .pages
        .respond(reader.language, &reader.path, Some(&at.login), &page);
    Ok((StatusCode::CONFLICT, page).into_response())
}

fn origin(language: Language, raw: &RawForm, paper: Paper, id: RequestId) -> Origin {
    Origin {
        channel: Channel::Paper,
        language: language.as_str().into(),
        idempotency_key: raw.one("token").to_owned(),
        sent: raw.canonical(),
        paper: Some(paper),
        assisted: None,
        request_id: id.0,
    }
}

fn show(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (raw, errors): (&RawForm, &[FieldError]),
) -> Result<Response, Error> {
    let page = view(app, reader, at, (raw, errors))?;
    let mut response = app
        .pages
        .respond(reader.language, &reader.path, Some(&at.login), &page);
    if !errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn view(
    app: &App,
    reader: &Reader,
    at: &AtPost,
    (raw, errors): (&RawForm, &[FieldError]),
) -> Result<Declare, Error> {
    let language = reader.language;
    let action = "/officer/paper".to_owned();
    let mut page = declare::view(app, language, &at.login.province, (raw, errors), action)?;
    page.paper = Some(part(language, raw, errors));
    Ok(page)
}

fn part(language: Language, raw: &RawForm, errors: &[FieldError]) -> PaperPart {
    let tick = |document: ComparedDocument| Tick {
        value: document.as_str(),
        checked: raw.all("documents").iter().any(|w| w == document.as_str()),
    };
    let error = |field: &str| {
        let found = errors.iter().find(|e| e.field == field)?;
        match &found.why {
            workflows::declaration::Complaint::Code(code) => {
                Some(phrase::text(language, &format!("error-{code}")))
            }
            _ => None,
        }
    };
    PaperPart {
        serial: raw.one("serial").to_owned(),
        serial_error: error("serial"),
        documents: ComparedDocument::ALL.into_iter().map(tick).collect(),
        picture_error: error("picture"),
        documents_error: error("documents"),
    }
}

/// A keyed sheet as it arrived.
struct Sheet {
    raw: RawForm,
    picture: Option<Vec<u8>>,
    /// There was a picture beyond the limit, which was not kept.
    too_large: bool,
}

const FIELDS_MAX: usize = 200;
const FIELD_BYTES_MAX: usize = 4_096;

async fn read(mut multipart: Multipart, picture_max: usize) -> Result<Sheet, Error> {
    let mut sheet = Sheet {
        raw: RawForm::default(),
        picture: None,
        too_large: false,
    };
    let malformed = |e: MultipartError| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::Invalid("too-large", Vec::new()),
        _ => Error::Invalid("malformed", Vec::new()),
    };
    for _ in 0..FIELDS_MAX {
        let Some(mut field) = multipart.next_field().await.map_err(malformed)? else {
            return Ok(sheet);
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "picture" {
            let mut picture = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(malformed)? {
                // What is keyed must not be lost with it: the rest is read and let go.
                sheet.too_large |= picture.len() + chunk.len() > picture_max;
                if !sheet.too_large {
                    picture.extend_from_slice(&chunk);
                }
            }
            sheet.picture = (!picture.is_empty() && !sheet.too_large).then_some(picture);
            continue;
        }
        let bytes = field.bytes().await.map_err(malformed)?;
        let text = String::from_utf8(bytes.to_vec())
            .ok()
            .filter(|t| t.len() <= FIELD_BYTES_MAX);
        sheet.raw.add(
            name,
            text.ok_or_else(|| Error::Invalid("malformed", Vec::new()))?,
        );
    }
    Err(Error::Invalid("malformed", Vec::new()))
}
