//! The citizen's form: fill in, check, send.

use axum::Form as FormBody;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::declaration::{
    Channel, DeclareError, Declared, FieldError, Origin, RawForm, Submission,
};
use workflows::ids::{CheckpointId, ProvinceId};
use workflows::person::{IdentityNotice, Phone};
use workflows::phrase::{self, Language};
use workflows::units::Units;
use workflows::vehicle::{Plate, PlateKind};

use super::error::{Error, mismatch};
use super::fields::{Answers, ErrorLine, FormView, Section};
use super::page::{Page, Reader};
use super::pass;
use super::start::{PostView, ProvinceView, post, province_view};
use super::wire::RequestId;
use crate::state::App;

/// `declare.html`, for the citizen and, with `paper`, for an officer who keys a sheet.
#[derive(Serialize)]
pub(super) struct Declare {
    province: ProvinceView,
    checkpoint: Option<PostView>,
    action: String,
    token: String,
    errors: Vec<ErrorLine>,
    /// What the reader should know before sending it.
    pub(super) notice: Option<String>,
    /// JSON of the form's tests, for the script.
    tests: String,
    sections: Vec<Section>,
    pub(super) paper: Option<super::paper::PaperPart>,
    pub(super) assist: Option<super::assist::AssistPart>,
    pub(super) handover: Option<super::handover::HandoverPart>,
}

impl Declare {
    /// Leaves a field out.
    pub(super) fn without(&mut self, name: &str) {
        for section in &mut self.sections {
            section.without(name);
        }
    }
}

impl Page for Declare {
    const TEMPLATE: &'static str = "declare.html";
}

/// `check.html`: everything read back, to confirm.
#[derive(Serialize)]
struct Check {
    province: ProvinceView,
    sections: Vec<Answers>,
    notices: Vec<String>,
    hidden: Vec<Hidden>,
    action: String,
    edit_action: String,
}

#[derive(Serialize)]
struct Hidden {
    name: String,
    value: String,
}

impl Page for Check {
    const TEMPLATE: &'static str = "check.html";
}

/// Query of the empty form.
#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    province: String,
    #[serde(default)]
    checkpoint: String,
}

/// The empty form.
pub(super) async fn form(
    State(app): State<App>,
    reader: Reader,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Error> {
    let province = ProvinceId::parse(&chosen.province).ok_or(Error::NotFound)?;
    let mut raw = RawForm::default();
    raw.add("checkpoint", chosen.checkpoint);
    raw.add("travels_on", app.workflows.clock.today().iso());
    show(&app, &reader, &province, (&raw, &[]))
}

/// The filled form: back with complaints, or on to the check page.
pub(super) async fn check(
    State(app): State<App>,
    reader: Reader,
    FormBody(pairs): FormBody<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let raw = RawForm::from_pairs(pairs);
    let province = ProvinceId::parse(raw.one("province")).ok_or(Error::NotFound)?;
    if !raw.one("edit").is_empty() {
        return show(&app, &reader, &province, (&raw, &[]));
    }
    match app.workflows.check(&province, &raw) {
        Ok(submission) => {
            let notices = notices(&app, &submission, &raw)
                .into_iter()
                .map(|code| phrase::text(reader.language, &format!("notice-{code}")))
                .collect();
            read_back(&app, &reader, &province, (&raw, notices))
        }
        Err(DeclareError::Invalid(errors)) => show(&app, &reader, &province, (&raw, &errors)),
        Err(error) => Err(error.into()),
    }
}

/// Oddities that do not stop a declaration, but are worth a second look before it is sent.
fn notices(app: &App, submission: &Submission, raw: &RawForm) -> Vec<&'static str> {
    let identity = submission.identity.notices(app.workflows.clock.today());
    let mut codes: Vec<&'static str> = identity.into_iter().map(IdentityNotice::code).collect();
    if let Ok((_, Some(notice))) = Phone::read(raw.one("phone")) {
        codes.push(notice.code());
    }
    match submission.journey.plate.as_ref().map(Plate::kind) {
        Some(PlateKind::Odd) => codes.push("plate-odd"),
        Some(PlateKind::Trailer) => codes.push("plate-trailer"),
        _ => {}
    }
    codes
}

/// The confirmed form: stored, then the pass.
pub(super) async fn send(
    State(app): State<App>,
    reader: Reader,
    axum::Extension(id): axum::Extension<RequestId>,
    headers: axum::http::HeaderMap,
    FormBody(pairs): FormBody<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let raw = RawForm::from_pairs(pairs);
    let province = ProvinceId::parse(raw.one("province")).ok_or(Error::NotFound)?;
    let origin = Origin {
        channel: Channel::Web,
        language: reader.language.as_str().into(),
        idempotency_key: token_of(&raw)?.to_owned(),
        sent: raw.canonical(),
        paper: None,
        assisted: None,
        request_id: id.0,
    };
    match declare(&app, &province, &raw, &origin).await {
        Ok(declared) => Ok(to_pass(&app, &reader, &headers, &declared)),
        Err(DeclareError::Invalid(errors)) => show(&app, &reader, &province, (&raw, &errors)),
        Err(DeclareError::Mismatch(fields)) => {
            show(&app, &reader, &province, (&raw, &mismatch(&fields)))
        }
        Err(DeclareError::KeyReused) => sent_before(&app, &reader, &province, raw),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn declare(
    app: &App,
    province: &ProvinceId,
    raw: &RawForm,
    origin: &Origin,
) -> Result<Declared, DeclareError> {
    let declared = match app.workflows.check(province, raw) {
        Ok(submission) => app.workflows.declare(&submission, origin).await,
        Err(error) => Err(error),
    };
    let declared = match declared {
        Err(error @ (DeclareError::Invalid(_) | DeclareError::Mismatch(_))) => app
            .workflows
            .declared_already(province, origin)
            .await?
            .ok_or(error)?,
        other => other?,
    };
    metrics::counter!(
        "declarations_total",
        "province" => province.to_string(), "channel" => origin.channel.as_str()
    )
    .increment(1);
    Ok(declared)
}

fn to_pass(
    app: &App,
    reader: &Reader,
    headers: &axum::http::HeaderMap,
    declared: &Declared,
) -> Response {
    let to = format!("/{}/pass/{}", reader.language.as_str(), declared.link);
    let mut response = Redirect::to(&to).into_response();
    let cookie = pass::remembered(app, headers, &declared.link);
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Somebody went back and corrected a form that has its pass: it becomes a declaration of its own,
/// once they know.
fn sent_before(
    app: &App,
    reader: &Reader,
    province: &ProvinceId,
    mut raw: RawForm,
) -> Result<Response, Error> {
    raw.add("token", token(app));
    let action = format!("/{}/declare", reader.language.as_str());
    let mut page = view(app, reader.language, province, (&raw, &[]), action)?;
    page.notice = Some(phrase::text(reader.language, "declare-sent-before"));
    let page = app
        .pages
        .respond(reader.language, &reader.path, None, &page);
    Ok((StatusCode::CONFLICT, page).into_response())
}

fn show(
    app: &App,
    reader: &Reader,
    province: &ProvinceId,
    (raw, errors): (&RawForm, &[FieldError]),
) -> Result<Response, Error> {
    let action = format!("/{}/declare", reader.language.as_str());
    let page = view(app, reader.language, province, (raw, errors), action)?;
    let mut response = app
        .pages
        .respond(reader.language, &reader.path, None, &page);
    if !errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form with what was typed and what is wrong with it.
pub(super) fn view(
    app: &App,
    language: Language,
    province: &ProvinceId,
    (raw, errors): (&RawForm, &[FieldError]),
    action: String,
) -> Result<Declare, Error> {
    let form = app.workflows.form(province)?;
    let fields = FormView {
        app,
        province,
        language,
        form: &form,
        raw,
        errors,
    };
    let token = match raw.one("token") {
        "" => token(app),
        kept => kept.to_owned(),
    };
    let checkpoint = raw.one("checkpoint").parse().ok().map(CheckpointId);
    Ok(Declare {
        province: province_view(app, province, language),
        checkpoint: checkpoint
            .map(|id| post(app, province, id))
            .filter(|p| p.id != 0),
        action,
        token,
        errors: fields.error_lines(),
        notice: None,
        tests: serde_json::to_string(&form.tests).map_err(|e| Error::Internal(e.into()))?,
        sections: fields.sections(),
        paper: None,
        assist: None,
        handover: None,
    })
}

/// The token a form came with; forms have one, so its absence is no reader's mistake.
pub(super) fn token_of(raw: &RawForm) -> Result<&str, Error> {
    let token = raw.one("token");
    let fits = (16..=100).contains(&token.len());
    fits.then_some(token)
        .ok_or_else(|| Error::Invalid("malformed", Vec::new()))
}

/// A form's idempotency key.
pub(super) fn token(app: &App) -> String {
    format!("{:032x}", u128::from_be_bytes(app.workflows.clock.random()))
}

fn read_back(
    app: &App,
    reader: &Reader,
    province: &ProvinceId,
    (raw, notices): (&RawForm, Vec<String>),
) -> Result<Response, Error> {
    let form = app.workflows.form(province)?;
    let language = reader.language;
    let fields = FormView {
        app,
        province,
        language,
        form: &form,
        raw,
        errors: &[],
    };
    let hidden = raw
        .pairs()
        .filter(|(name, value)| !value.is_empty() && *name != "edit")
        .map(|(name, value)| Hidden {
            name: name.to_owned(),
            value: value.to_owned(),
        })
        .collect();
    let page = Check {
        province: province_view(app, province, language),
        sections: fields.answers(),
        notices,
        hidden,
        action: format!("/{}/declare/send", language.as_str()),
        edit_action: format!("/{}/declare", language.as_str()),
    };
    Ok(app.pages.respond(language, &reader.path, None, &page))
}

/// The words of a picked unit, or what was typed.
pub(super) fn unit_words(raw: &RawForm, name: &str) -> String {
    let picked = workflows::declaration::parse_unit(raw.one(&format!("{name}_unit")));
    match picked.filter(|code| Units::embedded().unit(*code).is_some()) {
        Some(code) => Units::embedded().label(code),
        None => raw.one(name).to_owned(),
    }
}
