//! The page that a chat's link leads to: a landing page that may be looked at, also by what
//! previews links; the form, for the browser that pressed the button; the pass. The link is a
//! secret that stands in addresses, so nothing here is logged, cached or told to other sites.

use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use workflows::declaration::handover::{HandoverError, LINK_MINUTES, Opened, Opener, Waiting};
use workflows::declaration::{DeclareError, Declared, FieldError, RawForm};
use workflows::message::ChannelId;

use super::declare;
use super::error::{Error, mismatch};
use super::page::{Page, Reader};
use super::pass;
use super::wire::RequestId;
use crate::state::App;

/// `handover.html`: the button, or that the link no longer stands.
#[derive(Serialize)]
struct Landing {
    open: Option<OpenView>,
}

/// A link that waits for somebody to open it.
#[derive(Serialize)]
struct OpenView {
    bot: String,
    minutes: i64,
    action: String,
}

/// The part of `declare.html` that says from where the reader comes.
#[derive(Serialize)]
pub(super) struct HandoverPart {
    bot: String,
    /// The citizen lets the chat remember them.
    keep: bool,
}

impl Page for Landing {
    const TEMPLATE: &'static str = "handover.html";
}

/// What the browser keeps that opened a link: a secret that proves nothing without the link.
const COOKIE: &str = "opener";
/// Longer than a link and its page live together.
const COOKIE_SECONDS: u32 = 2 * 3_600;

type Link = Path<(String, String)>;

/// The landing page. It takes nothing from nobody; who opened the link already goes on.
pub(super) async fn landing(
    State(app): State<App>,
    reader: Reader,
    Path((_, token)): Link,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let held = opener(&headers);
    if let Some(held) = &held {
        match app.workflows.handover(&token, held).await? {
            Some(Opened::Waiting(_)) => return Ok(to_form(&reader, &token)),
            Some(Opened::Used(declared)) => return Ok(to_pass(&app, &reader, &headers, &declared)),
            None => {}
        }
    }
    let Some(channel) = app.workflows.unopened_handover(&token).await? else {
        return Ok(gone(&app, &reader));
    };
    let page = Landing {
        open: Some(OpenView {
            bot: bot(&app, &channel),
            minutes: LINK_MINUTES,
            action: address(&reader, &token),
        }),
    };
    let (language, path) = (reader.language, &reader.path);
    let response = app.pages.respond(language, path, None, &page);
    Ok(match held {
        Some(_) => response,
        None => keeping(&app, response, &app.workflows.new_opener()),
    })
}

/// The button: the first browser gets the form.
pub(super) async fn open(
    State(app): State<App>,
    reader: Reader,
    Path((_, token)): Link,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let held = opener(&headers);
    let opener = app.workflows.claim_handover(&token, held).await?;
    Ok(match opener {
        Some(opener) => keeping(&app, to_form(&reader, &token), &opener),
        None => gone(&app, &reader),
    })
}

/// The form, with what the chat knows.
pub(super) async fn form(
    State(app): State<App>,
    reader: Reader,
    Path((_, token)): Link,
    headers: HeaderMap,
) -> Result<Response, Error> {
    match opened(&app, &token, &headers).await? {
        None => Ok(gone(&app, &reader)),
        Some(Opened::Used(declared)) => Ok(to_pass(&app, &reader, &headers, &declared)),
        Some(Opened::Waiting(waiting)) => {
            let raw = known(&app, &waiting);
            show(&app, &reader, (&token, &waiting), (&raw, &[]))
        }
    }
}

/// The filled form: declared, or back with complaints.
pub(super) async fn declare(
    State(app): State<App>,
    reader: Reader,
    Path((_, token)): Link,
    (headers, Extension(id)): (HeaderMap, Extension<RequestId>),
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let Some(opener) = opener(&headers) else {
        return Ok(gone(&app, &reader));
    };
    let waiting = match app.workflows.handover(&token, &opener).await? {
        None => return Ok(gone(&app, &reader)),
        Some(Opened::Used(declared)) => return Ok(to_pass(&app, &reader, &headers, &declared)),
        Some(Opened::Waiting(waiting)) => waiting,
    };
    let raw = RawForm::from_pairs(pairs);
    let link = (token.as_str(), &opener);
    let channel = app.conversation(&waiting.handover.channel);
    let by = (reader.language, id.0);
    let declared = app
        .workflows
        .declare_handed(link, &raw, channel.as_ref(), by)
        .await;
    let at = (token.as_str(), &*waiting);
    match declared {
        Ok(declared) => {
            count(&declared);
            Ok(to_pass(&app, &reader, &headers, &declared))
        }
        Err(HandoverError::Gone) => Ok(gone(&app, &reader)),
        Err(HandoverError::Declare(DeclareError::Invalid(errors))) => {
            show(&app, &reader, at, (&raw, &errors))
        }
        Err(HandoverError::Declare(DeclareError::Mismatch(fields))) => {
            show(&app, &reader, at, (&raw, &mismatch(&fields)))
        }
        Err(error) => Err(error.into()),
    }
}

fn count(declared: &Declared) {
    let province = declared.province.to_string();
    metrics::counter!("declarations_total", "province" => province, "channel" => "chat")
        .increment(1);
}

async fn opened(app: &App, token: &str, headers: &HeaderMap) -> Result<Option<Opened>, Error> {
    match opener(headers) {
        Some(opener) => Ok(app.workflows.handover(token, &opener).await?),
        None => Ok(None),
    }
}

/// What the form begins with. The promise to tell the truth is given on the page itself.
fn known(app: &App, waiting: &Waiting) -> RawForm {
    let mut raw = RawForm::default();
    let today = app.workflows.clock.today().iso();
    raw.add("travels_on", today);
    let kept = waiting.handover.raw.pairs();
    for (name, value) in kept.filter(|(name, _)| *name != "commitment") {
        raw.add(name, value);
    }
    for name in ["permanent", "temporary", "staying", "origin", "destination"] {
        let words = declare::unit_words(&raw, name);
        raw.add(name, words);
    }
    raw
}

fn show(
    app: &App,
    reader: &Reader,
    (token, waiting): (&str, &Waiting),
    (raw, errors): (&RawForm, &[FieldError]),
) -> Result<Response, Error> {
    let province = &waiting.handover.province;
    let action = format!("{}/form", address(reader, token));
    let mut page = declare::view(app, reader.language, province, (raw, errors), action)?;
    page.handover = Some(HandoverPart {
        bot: bot(app, &waiting.handover.channel),
        keep: !raw.one("keep").is_empty(),
    });
    let (language, path) = (reader.language, &reader.path);
    let mut response = app.pages.respond(language, path, None, &page);
    if !errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The same for a link that never was, that ended and that is another browser's.
fn gone(app: &App, reader: &Reader) -> Response {
    let page = Landing { open: None };
    let (language, path) = (reader.language, &reader.path);
    let mut response = app.pages.respond(language, path, None, &page);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn to_form(reader: &Reader, token: &str) -> Response {
    Redirect::to(&format!("{}/form", address(reader, token))).into_response()
}

fn to_pass(app: &App, reader: &Reader, headers: &HeaderMap, declared: &Declared) -> Response {
    let to = format!(
        "/{}/pass/{}?from=chat",
        reader.language.as_str(),
        declared.link
    );
    let cookie = pass::remembered(app, headers, &declared.link);
    with_cookie(Redirect::to(&to).into_response(), &cookie)
}

fn address(reader: &Reader, token: &str) -> String {
    format!("/{}/chat/{token}", reader.language.as_str())
}

/// The name under which people know whose chat it is.
fn bot(app: &App, channel: &ChannelId) -> String {
    let config = app.config.channel.get(channel);
    let provider = config.and_then(|c| c.provider.as_deref());
    match provider {
        Some(name) if name.starts_with("telegram") => "Telegram".into(),
        Some(name) if name.starts_with("zalo") => "Zalo".into(),
        Some(name) => name.to_owned(),
        None => channel.to_string(),
    }
}

fn opener(headers: &HeaderMap) -> Option<Opener> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut cookies = cookies.split(';').filter_map(|c| c.trim().split_once('='));
    let (_, value) = cookies.find(|(name, _)| *name == COOKIE)?;
    Opener::parse(value)
}

fn keeping(app: &App, response: Response, opener: &Opener) -> Response {
    let secure = if app.config.insecure_cookies {
        ""
    } else {
        "; Secure"
    };
    let cookie = format!(
        "{COOKIE}={}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        opener.as_str()
    );
    with_cookie(response, &cookie)
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
