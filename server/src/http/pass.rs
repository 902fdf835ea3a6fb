//! The citizen's pass: page, pictures, print, and the list of one's own passes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use workflows::phrase::{self, Language};
use workflows::verification::{MyPass, PassStatus};

use super::error::Error;
use super::page::{Page, Reader};
use super::start::province_name;
use crate::qr;
use crate::state::App;

/// `pass.html`.
#[derive(Serialize)]
struct PassPage {
    #[serde(flatten)]
    pass: PassView,
    looks: Vec<LookView>,
}

/// `pass_print.html`.
#[derive(Serialize)]
struct PrintPage {
    #[serde(flatten)]
    pass: PassView,
}

/// `me.html`.
#[derive(Serialize)]
struct MinePage {
    passes: Vec<PassView>,
}

/// A pass as pages show it.
#[derive(Serialize)]
struct PassView {
    link: String,
    /// `VALID`, `HELD_CLASS`, …
    status: &'static str,
    level: &'static str,
    status_text: String,
    /// `good`, `look` or `stop`: the colour, always beside words and a sign.
    tone: &'static str,
    code: String,
    has_qr: bool,
    initials: String,
    birth_year: u16,
    province_name: String,
    issued_at: String,
    expires_at: String,
    reasons: Vec<String>,
    replaced_by: Option<String>,
}

/// One look-up.
#[derive(Serialize)]
struct LookView {
    when: String,
    who: String,
    why: String,
    what: String,
}

impl Page for PassPage {
    const TEMPLATE: &'static str = "pass.html";
}

impl Page for PrintPage {
    const TEMPLATE: &'static str = "pass_print.html";
}

impl Page for MinePage {
    const TEMPLATE: &'static str = "me.html";
}

/// Links a browser remembers.
const REMEMBERED: usize = 6;
const REMEMBERED_SECONDS: u32 = 14 * 24 * 3_600;

/// The page, or with `.png` or `.svg` behind the link the picture alone.
pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    Path((_, link)): Path<(String, String)>,
) -> Result<Response, Error> {
    if let Some(link) = link.strip_suffix(".png") {
        return picture(&app, link, "image/png").await;
    }
    if let Some(link) = link.strip_suffix(".svg") {
        return picture(&app, link, "image/svg+xml").await;
    }
    let pass = app.workflows.my_pass(&link).await?.ok_or(Error::NotFound)?;
    let looks = pass.looks.iter().map(|l| look(reader.language, l)).collect();
    let page = PassPage { pass: view(&app, reader.language, &link, &pass), looks };
    Ok(app.pages.respond(reader.language, &reader.path, None, &page))
}

/// One A5 sheet.
pub(super) async fn print(
    State(app): State<App>,
    reader: Reader,
    Path((_, link)): Path<(String, String)>,
) -> Result<Response, Error> {
    let pass = app.workflows.my_pass(&link).await?.ok_or(Error::NotFound)?;
    let page = PrintPage { pass: view(&app, reader.language, &link, &pass) };
    Ok(app.pages.respond(reader.language, &reader.path, None, &page))
}

/// The passes this browser made.
pub(super) async fn mine(
    State(app): State<App>,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let mut passes = Vec::new();
    for link in links(&headers) {
        if let Some(pass) = app.workflows.my_pass(&link).await? {
            passes.push(view(&app, reader.language, &link, &pass));
        }
    }
    Ok(app.pages.respond(reader.language, &reader.path, None, &MinePage { passes }))
}

/// Forgets them, for a phone that is shared.
pub(super) async fn forget(reader: Reader) -> Response {
    let mut response = Redirect::to(&format!("/{}/", reader.language.as_str())).into_response();
    response.headers_mut().insert(
        header::SET_COOKIE,
        HeaderValue::from_static("passes=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    );
    response
}

/// The cookie with one more link.
pub(super) fn remembered(app: &App, headers: &HeaderMap, link: &str) -> String {
    let mut all = vec![link.to_owned()];
    all.extend(links(headers).into_iter().filter(|l| l != link));
    all.truncate(REMEMBERED);
    let secure = if app.config.insecure_cookies { "" } else { "; Secure" };
    format!(
        "passes={}; Path=/; Max-Age={REMEMBERED_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        all.join("+")
    )
}

fn links(headers: &HeaderMap) -> Vec<String> {
    let cookies = headers.get(header::COOKIE).and_then(|c| c.to_str().ok()).unwrap_or("");
    cookies
        .split(';')
        .find_map(|c| c.trim().strip_prefix("passes="))
        .map(|all| all.split('+').filter(|l| !l.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default()
}

async fn picture(app: &App, link: &str, kind: &'static str) -> Result<Response, Error> {
    let key = (link.to_owned(), kind);
    let drawn = match app.pictures.get(&key) {
        Some(drawn) => drawn,
        None => {
            let pass = app.workflows.my_pass(link).await?.ok_or(Error::NotFound)?;
            let text = pass.qr_text.ok_or(Error::NotFound)?;
            let drawn = Arc::new(draw(&text, kind)?);
            app.pictures.insert(key, Arc::clone(&drawn));
            drawn
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    Ok((headers, drawn.as_ref().clone()).into_response())
}

fn draw(text: &str, kind: &str) -> Result<Vec<u8>, Error> {
    let drawn = match kind {
        "image/png" => qr::png(text),
        _ => qr::svg(text).map(String::into_bytes),
    };
    drawn.map_err(|e| Error::Internal(e.into()))
}

fn view(app: &App, language: Language, link: &str, pass: &MyPass) -> PassView {
    let rules = &*app.workflows.rules;
    let status = pass.status.as_str();
    let province = app.workflows.places.province(&pass.province);
    PassView {
        link: link.to_owned(),
        status,
        level: level_word(pass),
        status_text: phrase::text(language, &format!("status-{}", status.to_lowercase().replace('_', "-"))),
        tone: tone(pass),
        code: pass.code.clone(),
        has_qr: pass.qr_text.is_some(),
        initials: pass.initials.clone(),
        birth_year: pass.birth_year,
        province_name: province.map_or_else(String::new, |p| province_name(&p, language)),
        issued_at: pass.issued_at.local_text(),
        expires_at: pass.expires_at.local_text(),
        reasons: pass
            .reasons
            .iter()
            .map(|r| phrase::reason_text(rules, &pass.province, language, r))
            .collect(),
        replaced_by: pass.replaced_by.clone(),
    }
}

fn level_word(pass: &MyPass) -> &'static str {
    use workflows::verdict::Level;
    match pass.level {
        Level::Clear => "clear",
        Level::Caution => "caution",
        Level::Unsure => "unsure",
        Level::Hold => "hold",
        Level::Refuse => "refuse",
    }
}

fn tone(pass: &MyPass) -> &'static str {
    use workflows::verdict::Level;
    match (pass.status, pass.level) {
        (PassStatus::Valid, Level::Clear) => "good",
        (PassStatus::Valid | PassStatus::Superseded | PassStatus::HeldClass, _) => "look",
        _ => "stop",
    }
}

fn look(language: Language, look: &workflows::verification::Look) -> LookView {
    let word = |kind: &str, word: &str| phrase::text(language, &format!("{kind}-{word}"));
    LookView {
        when: look.at.local_text(),
        who: word("role", &look.role),
        why: word("purpose", &look.purpose),
        what: word("action", &look.action),
    }
}
