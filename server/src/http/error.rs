//! The one place that turns an error into a response.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use serde_json::json;
use workflows::access::LoginError;
use workflows::declaration::assist::AssistError;
use workflows::declaration::handover::HandoverError;
use workflows::declaration::{DeclareError, FieldError};
use workflows::exposure::MarkError;
use workflows::ids::ProvinceId;
use workflows::phrase::{self, Language};
use workflows::reporting::ReportError;
use workflows::sealing::SealError;
use workflows::store::StoreError;
use workflows::verification::ScanError;

use super::page::{Page, language_of};
use super::wire::RequestId;
use crate::state::App;

/// Why a request got no ordinary answer.
#[derive(Debug)]
pub(crate) enum Error {
    /// No such thing, or not for this person to know of.
    NotFound,
    /// Not allowed for this account.
    Forbidden,
    /// Not logged in: a program is told so, a browser is sent to the log-in.
    LoggedOut,
    /// Something must be done on another page first.
    GoTo(&'static str),
    /// Something in the request is wrong: a stable code and, for forms, the fields.
    Invalid(&'static str, Vec<FieldError>),
    /// The same about a province's form, in whose words and which language it is told.
    Form(&'static str, Vec<FieldError>, (ProvinceId, Language)),
    /// Too much at once; try again.
    Busy,
    /// Our fault. The text goes to the log only.
    Internal(anyhow::Error),
}

/// What an error page shows.
#[derive(Serialize)]
struct ErrorPage {
    status: u16,
    message: String,
    /// Where the reader's own pages begin.
    home: String,
    request_id: String,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
}

/// An error on its way through the middleware, which knows language and medium.
#[derive(Clone)]
struct Pending {
    code: &'static str,
    fields: Vec<FieldError>,
    form: Option<(ProvinceId, Language)>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut form = None;
        let (status, code, fields) = match self {
            Self::GoTo(page) => return Redirect::to(page).into_response(),
            Self::LoggedOut => (StatusCode::UNAUTHORIZED, "logged-out", Vec::new()),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", Vec::new()),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", Vec::new()),
            Self::Invalid("too-large", fields) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too-large", fields)
            }
            Self::Invalid(code, fields) => (StatusCode::UNPROCESSABLE_ENTITY, code, fields),
            Self::Form(code, fields, of) => {
                form = Some(of);
                (StatusCode::UNPROCESSABLE_ENTITY, code, fields)
            }
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", Vec::new()),
            Self::Internal(error) => {
                tracing::error!("internal error: {error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", Vec::new())
            }
        };
        let mut response = status.into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from_static("2"));
        }
        response
            .extensions_mut()
            .insert(Pending { code, fields, form });
        response
    }
}

/// Writes the body of an error: problem+json (RFC 9457) for programs, a page for people.
pub(super) async fn present(State(app): State<App>, request: Request, next: Next) -> Response {
    // A gateway reads a status and no page, and is told nothing more.
    if request.uri().path().starts_with("/hooks/") {
        return next.run(request).await;
    }
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let id = request
        .extensions()
        .get::<RequestId>()
        .cloned()
        .unwrap_or_default();
    let response = next.run(request).await;
    let Some(pending) = response.extensions().get::<Pending>().cloned() else {
        return plain_failure(response, &app, &headers, (&uri, &id));
    };
    let failure = Failure {
        app: &app,
        headers: &headers,
        uri: &uri,
        id: &id,
    };
    failure.answer(response, &pending)
}

/// Failures of the layers themselves (too large, too slow, wrong method) have no body of ours.
fn plain_failure(
    response: Response,
    app: &App,
    headers: &HeaderMap,
    (uri, id): (&Uri, &RequestId),
) -> Response {
    // A form that comes back with its complaints is a page already.
    let is_page = |kind: &header::HeaderValue| kind.as_bytes().starts_with(b"text/html");
    if response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(is_page)
    {
        return response;
    }
    let code = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::REQUEST_TIMEOUT => "too-slow",
        StatusCode::METHOD_NOT_ALLOWED => "method",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::BAD_REQUEST
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => "malformed",
        StatusCode::INTERNAL_SERVER_ERROR => "internal",
        _ => return response,
    };
    let failure = Failure {
        app,
        headers,
        uri,
        id,
    };
    failure.answer(
        response,
        &Pending {
            code,
            fields: Vec::new(),
            form: None,
        },
    )
}

struct Failure<'a> {
    app: &'a App,
    headers: &'a HeaderMap,
    uri: &'a Uri,
    id: &'a RequestId,
}

impl Failure<'_> {
    fn answer(&self, response: Response, pending: &Pending) -> Response {
        let status = response.status();
        let of_form = pending.form.as_ref().map(|(_, language)| *language);
        let language = of_form.unwrap_or_else(|| language_of(self.uri, self.headers));
        let message = phrase::text(language, &format!("error-{}", pending.code));
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_TYPE);
        let body = if self.wants_json() {
            self.problem(status, pending, (language, &message))
        } else {
            let page = ErrorPage {
                status: status.as_u16(),
                message,
                home: self.home(language),
                request_id: self.id.0.clone(),
            };
            self.app
                .pages
                .respond(language, self.uri.path(), None, &page)
        };
        let (body_parts, body) = body.into_parts();
        parts.headers.extend(body_parts.headers);
        Response::from_parts(parts, body)
    }

    /// Staff go back to their own pages: whoever is sent to the citizens' start is lost there.
    fn home(&self, language: Language) -> String {
        let first = self.uri.path().split('/').nth(1);
        match first {
            Some("officer" | "committee" | "admin") => "/officer".into(),
            _ => format!("/{}/", language.as_str()),
        }
    }

    fn wants_json(&self) -> bool {
        let accepts = self
            .headers
            .get(header::ACCEPT)
            .and_then(|a| a.to_str().ok());
        self.uri.path().starts_with("/api/")
            || accepts.is_some_and(|a| a.starts_with("application/json"))
    }

    fn problem(
        &self,
        status: StatusCode,
        pending: &Pending,
        (language, title): (Language, &str),
    ) -> Response {
        let province = pending.form.as_ref().map(|(province, _)| province);
        let fields: Vec<_> = pending
            .fields
            .iter()
            .map(|f| {
                let code = match &f.why {
                    workflows::declaration::Complaint::Code(code) => (*code).to_owned(),
                    workflows::declaration::Complaint::Several(_) => "several".to_owned(),
                    workflows::declaration::Complaint::Province(r) => {
                        format!("province-{}", r.code)
                    }
                };
                json!({
                    "field": f.field,
                    "code": code,
                    "message": super::fields::complaint_text(self.app, province, language, f),
                })
            })
            .collect();
        let body = json!({
            "type": "about:blank",
            "status": status.as_u16(),
            "code": pending.code,
            "title": title,
            "fields": fields,
            "request_id": self.id.0,
        });
        let mut response = axum::Json(body).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

impl Error {
    /// Complaints about a form are told in its province's words and in this language.
    pub(super) fn about(self, province: &ProvinceId, language: Language) -> Self {
        match self {
            Self::Invalid(code, fields) => Self::Form(code, fields, (province.clone(), language)),
            other => other,
        }
    }
}

/// Every address that is none of ours.
pub(super) async fn not_found() -> Error {
    Error::NotFound
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::error!("the database is away: {error}");
            return Self::Busy;
        }
        Self::Internal(error.into())
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Destroyed => Self::NotFound,
            other => Self::Internal(other.into()),
        }
    }
}

impl From<DeclareError> for Error {
    fn from(error: DeclareError) -> Self {
        match error {
            DeclareError::UnknownProvince => Self::NotFound,
            DeclareError::Invalid(fields) => Self::Invalid("fields", fields),
            DeclareError::Mismatch(fields) => Self::Invalid("mismatch", mismatch(&fields)),
            DeclareError::TooMany => Self::Invalid("too-many-mismatches", Vec::new()),
            DeclareError::KeyReused => Self::Invalid("key-reused", Vec::new()),
            DeclareError::Store(error) => error.into(),
            DeclareError::Seal(error) => error.into(),
        }
    }
}

/// The registry's differences as complaints about the fields they concern.
pub(super) fn mismatch(fields: &[workflows::registry::RegistryField]) -> Vec<FieldError> {
    fields
        .iter()
        .map(|f| FieldError::code(f.as_str(), "registry-differs"))
        .collect()
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::TooFast => Self::Invalid("too-many-codes", Vec::new()),
            ScanError::TooMany => Self::Invalid("too-many-lookups", Vec::new()),
            ScanError::NoReason => Self::Invalid("override-reason", Vec::new()),
            ScanError::AlreadyRecorded => Self::Invalid("already-recorded", Vec::new()),
            ScanError::BadCrossing => Self::Invalid("bad-crossing", Vec::new()),
            ScanError::Store(error) => error.into(),
            ScanError::Seal(error) => error.into(),
        }
    }
}

impl From<AssistError> for Error {
    fn from(error: AssistError) -> Self {
        match error {
            AssistError::NotTextable => Self::Invalid("phone-no-texts", Vec::new()),
            AssistError::TooMany => Self::Invalid("assist-too-many", Vec::new()),
            AssistError::Gone => Self::Invalid("assist-gone", Vec::new()),
            AssistError::Wrong => Self::Invalid("assist-wrong", Vec::new()),
            AssistError::Unsendable => Self::Internal(anyhow::anyhow!("the text does not fit")),
            AssistError::Store(error) => error.into(),
            AssistError::Seal(error) => error.into(),
        }
    }
}

impl From<HandoverError> for Error {
    fn from(error: HandoverError) -> Self {
        match error {
            HandoverError::Gone => Self::NotFound,
            HandoverError::Declare(error) => error.into(),
            HandoverError::Converse(error) => Self::Internal(error.into()),
            HandoverError::Store(error) => error.into(),
            HandoverError::Seal(error) => error.into(),
        }
    }
}

impl From<MarkError> for Error {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::NoEvidence => Self::Invalid("evidence", Vec::new()),
            MarkError::NoSource => Self::Invalid("mark-source", Vec::new()),
            MarkError::NotStanding => Self::Invalid("mark-not-standing", Vec::new()),
            MarkError::Store(error) => error.into(),
            MarkError::Seal(error) => error.into(),
        }
    }
}

impl From<ReportError> for Error {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::UnknownProvince => Self::NotFound,
            ReportError::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for Error {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Wrong => Self::Invalid("login-wrong", Vec::new()),
            LoginError::TooMany => Self::Invalid("login-too-many", Vec::new()),
            LoginError::TooShort => Self::Invalid("password-short", Vec::new()),
            LoginError::Hash => Self::Internal(anyhow::anyhow!("hashing failed")),
            LoginError::Store(error) => error.into(),
        }
    }
}
