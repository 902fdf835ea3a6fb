//! The citizen's pass: page, pictures, print, and the list of one's own passes.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::phrase::{self, Language};
use workflows::verification::MyPass;

use super::error::Error;
use super::page::{Page, Reader};
use super::start::{ProvinceView, province_view};
use crate::qr;
use crate::state::App;

/// `pass.html`.
#[derive(Serialize)]
struct PassPage {
    #[serde(flatten)]
    pass: PassView,
    fresh: bool,
    in_chat: bool,
    looks: Vec<LookView>,
}

/// `pass_print.html`.
#[derive(Serialize)]
struct PrintPage {
    #[serde(flatten)]
    pass: PassView,
    page: String,
}

/// `me.html`.
#[derive(Serialize)]
struct MinePage {
    passes: Vec<MineView>,
    forget_action: String,
}

/// A pass as its page shows it; words by status and level are the template's.
#[derive(Serialize)]
struct PassView {
    status: &'static str,
    level: &'static str,
    province: ProvinceView,
    code: String,
    digits: Option<String>,
    initials: String,
    birth_year: u16,
    issued_at: String,
    expires_at: String,
    reasons: Vec<String>,
    qr_src: Option<String>,
    png: String,
    svg: String,
    print: String,
}

/// A pass in the list of one's own.
#[derive(Serialize)]
struct MineView {
    url: String,
    code: String,
    initials: String,
    province: String,
    status: &'static str,
    level: &'static str,
    issued_at: String,
    expires_at: String,
}

/// One look-up, words as stored.
#[derive(Serialize)]
struct LookView {
    at: String,
    role: String,
    purpose: String,
    action: String,
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

/// For this long a pass page says that the declaration was taken.
const FRESH_MINUTES: i64 = 10;
/// Links a browser remembers.
const REMEMBERED: usize = 6;
const REMEMBERED_SECONDS: u32 = 14 * 24 * 3_600;

/// Where the reader comes from.
#[derive(Deserialize)]
pub(super) struct Came {
    #[serde(default)]
    from: String,
}

/// The page, or with `.png` or `.svg` behind the link the picture alone.
pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    Path((_, link)): Path<(String, String)>,
    Query(came): Query<Came>,
) -> Result<Response, Error> {
    if let Some(link) = link.strip_suffix(".png") {
        return picture(&app, link, "image/png").await;
    }
    if let Some(link) = link.strip_suffix(".svg") {
        return picture(&app, link, "image/svg+xml").await;
    }
    let pass = app.workflows.my_pass(&link).await?.ok_or(Error::NotFound)?;
    let fresh = app.workflows.clock.now() < pass.issued_at.plus_minutes(FRESH_MINUTES);
    let page = PassPage {
        fresh,
        in_chat: fresh && came.from == "chat",
        looks: pass.looks.iter().map(look).collect(),
        pass: view(&app, reader.language, &link, &pass),
    };
    Ok(app
        .pages
        .respond(reader.language, &reader.path, None, &page))
}

/// One A5 sheet.
pub(super) async fn print(
    State(app): State<App>,
    reader: Reader,
    Path((_, link)): Path<(String, String)>,
) -> Result<Response, Error> {
    let pass = app.workflows.my_pass(&link).await?.ok_or(Error::NotFound)?;
    let page = PrintPage {
        page: format!(
            "{}{}",
            app.config.public_url,
            address(reader.language, &link)
        ),
        pass: view(&app, reader.language, &link, &pass),
    };
    Ok(app
        .pages
        .respond(reader.language, &reader.path, None, &page))
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
            passes.push(mine_view(&app, reader.language, &link, &pass));
        }
    }
    let forget_action = format!("/{}/me/forget", reader.language.as_str());
    let page = MinePage {
        passes,
        forget_action,
    };
    Ok(app
        .pages
        .respond(reader.language, &reader.path, None, &page))
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
    let secure = if app.config.insecure_cookies {
        ""
    } else {
        "; Secure"
    };
    format!(
        "passes={}; Path=/; Max-Age={REMEMBERED_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        all.join("+")
    )
}

fn links(headers: &HeaderMap) -> Vec<String> {
    let cookies = headers
        .get(header::COOKIE)
        .and_then(|c| c.to_str().ok())
        .unwrap_or("");
    cookies
        .split(';')
        .find_map(|c| c.trim().strip_prefix("passes="))
        .map(|all| {
            all.split('+')
                .filter(|l| !l.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}

async fn picture(app: &App, link: &str, kind: &'static str) -> Result<Response, Error> {
    let key = (link.to_owned(), kind);
    let drawn = if let Some(drawn) = app.pictures.get(&key) {
        drawn
    } else {
        let pass = app.workflows.my_pass(link).await?.ok_or(Error::NotFound)?;
        let text = pass.qr_text.ok_or(Error::NotFound)?;
        let drawn = Arc::new(draw(&text, kind)?);
        app.pictures.insert(key, Arc::clone(&drawn));
        drawn
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=3600"),
        ),
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

/// Address of a pass's page.
fn address(language: Language, link: &str) -> String {
    format!("/{}/pass/{link}", language.as_str())
}

fn view(app: &App, language: Language, link: &str, pass: &MyPass) -> PassView {
    let rules = &*app.workflows.rules;
    let page = address(language, link);
    let reason = |r| phrase::reason_text(rules, &pass.province, language, r);
    PassView {
        status: pass.status.as_str(),
        level: level_word(pass),
        province: province_view(app, &pass.province, language),
        code: pass.code.clone(),
        digits: pass.digits.clone(),
        initials: pass.initials.clone(),
        birth_year: pass.birth_year,
        issued_at: pass.issued_at.local_text(),
        expires_at: pass.expires_at.local_text(),
        reasons: pass.reasons.iter().map(reason).collect(),
        qr_src: pass.qr_text.as_ref().map(|_| format!("{page}.svg")),
        png: format!("{page}.png"),
        svg: format!("{page}.svg"),
        print: format!("{page}/print"),
    }
}

fn mine_view(app: &App, language: Language, link: &str, pass: &MyPass) -> MineView {
    MineView {
        url: address(language, link),
        code: pass.code.clone(),
        initials: pass.initials.clone(),
        province: province_view(app, &pass.province, language).name,
        status: pass.status.as_str(),
        level: level_word(pass),
        issued_at: pass.issued_at.local_text(),
        expires_at: pass.expires_at.local_text(),
    }
}

pub(super) fn level_word(pass: &MyPass) -> &'static str {
    use workflows::verdict::Level;
    match pass.level {
        Level::Clear => "clear",
        Level::Caution => "caution",
        Level::Unsure => "unsure",
        Level::Hold => "hold",
        Level::Refuse => "refuse",
    }
}

fn look(look: &workflows::verification::Look) -> LookView {
    LookView {
        at: look.at.local_text(),
        role: look.role.clone(),
        purpose: look.purpose.clone(),
        action: look.action.clone(),
    }
}
