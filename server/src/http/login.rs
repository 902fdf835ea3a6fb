//! Officers' log-in, and the extractors that say who may call a handler.

use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use workflows::access::{Login, LoginError, Role};
use workflows::declaration::assist::Helper;
use workflows::phrase;
use workflows::verification::Duty;

use super::error::Error;
use super::page::{Page, Reader};
use super::wire::RequestId;
use crate::state::App;

/// `login.html`.
#[derive(Serialize)]
struct LoginPage {
    error: Option<String>,
    username: String,
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "login.html";
}

/// What the log-in form sends.
#[derive(Deserialize)]
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
}

/// The log-in form.
pub(super) async fn page(State(app): State<App>, reader: Reader) -> Response {
    let page = LoginPage {
        error: None,
        username: String::new(),
    };
    app.pages
        .respond(reader.language, &reader.path, None, &page)
}

/// Logs in and goes on to the role's first page.
pub(super) async fn log_in(
    State(app): State<App>,
    reader: Reader,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Error> {
    let code = match app
        .workflows
        .log_in(&credentials.username, &credentials.password)
        .await
    {
        Ok(token) => {
            let login = app.workflows.login(&token).await?.ok_or(Error::Forbidden)?;
            let mut response = Redirect::to(home(login.role)).into_response();
            response
                .headers_mut()
                .append(header::SET_COOKIE, cookie(&app, &token)?);
            return Ok(response);
        }
        Err(LoginError::Wrong) => "login-wrong",
        Err(LoginError::TooMany) => "login-too-many",
        Err(other) => return Err(other.into()),
    };
    let page = LoginPage {
        error: Some(phrase::text(reader.language, &format!("error-{code}"))),
        username: credentials.username,
    };
    let mut response = app
        .pages
        .respond(reader.language, &reader.path, None, &page);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Ends the log-in here and in the database.
pub(super) async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    if let Some(token) = token(&app, &headers) {
        if let Some(login) = app.workflows.login(&token).await? {
            app.workflows.log_out(&login).await?;
        }
        app.logins.invalidate(&token);
    }
    let mut response = Redirect::to("/officer/login").into_response();
    let gone = format!(
        "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}",
        name(&app),
        secure(&app)
    );
    let gone = HeaderValue::from_str(&gone).map_err(|e| Error::Internal(e.into()))?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    response
        .headers_mut()
        .insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// The first page of a role.
pub(super) fn home(role: Role) -> &'static str {
    match role {
        Role::Officer | Role::Medical => "/officer/scan",
        Role::Committee => "/committee",
        Role::Admin => "/admin",
        Role::Hotline => "/officer/assist",
    }
}

fn name(app: &App) -> &'static str {
    if app.config.insecure_cookies {
        "officer"
    } else {
        "__Host-officer"
    }
}

fn secure(app: &App) -> &'static str {
    if app.config.insecure_cookies {
        ""
    } else {
        "; Secure"
    }
}

fn cookie(app: &App, token: &str) -> Result<HeaderValue, Error> {
    let text = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict{}",
        name(app),
        secure(app)
    );
    HeaderValue::from_str(&text).map_err(|e| Error::Internal(e.into()))
}

/// The token of a request: a browser's cookie, or a program's bearer token.
fn token(app: &App, headers: &HeaderMap) -> Option<String> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|v: &HeaderValue| v.to_str().ok())
    };
    if let Some(bearer) = text(header::AUTHORIZATION).and_then(|a| a.strip_prefix("Bearer ")) {
        return Some(bearer.to_owned());
    }
    text(header::COOKIE)?.split(';').find_map(|c| {
        let (cookie, value) = c.trim().split_once('=')?;
        (cookie == name(app)).then(|| value.to_owned())
    })
}

/// Somebody logged in, whatever the role.
pub(super) struct Account(pub(super) Arc<Login>);

impl<S: Send + Sync> FromRequestParts<S> for Account
where
    App: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let app = App::from_ref(state);
        let refused = if parts.uri.path().starts_with("/api/") {
            Error::LoggedOut
        } else {
            Error::GoTo("/officer/login")
        };
        let Some(token) = token(&app, &parts.headers) else {
            return Err(refused);
        };
        if let Some(login) = app.logins.get(&token) {
            return Ok(Self(login));
        }
        let Some(login) = app.workflows.login(&token).await? else {
            return Err(refused);
        };
        let login = Arc::new(login);
        app.logins.insert(token, Arc::clone(&login));
        Ok(Self(login))
    }
}

/// Somebody who declares for others: at a post, or on the hotline without one.
pub(super) struct AtDesk {
    pub(super) login: Arc<Login>,
    /// Who that is, for the workflow.
    pub(super) helper: Helper,
}

impl<S: Send + Sync> FromRequestParts<S> for AtDesk
where
    App: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Account(login) = Account::from_request_parts(parts, state).await?;
        if !login.role.assists() {
            return Err(Error::Forbidden);
        }
        if login.role.scans() && login.checkpoint.is_none() {
            return Err(Error::GoTo("/officer/duty"));
        }
        let id = parts
            .extensions
            .get::<RequestId>()
            .cloned()
            .unwrap_or_default();
        let helper = Helper {
            province: login.province.clone(),
            officer: login.officer,
            role: login.role.as_str().into(),
            checkpoint: login.checkpoint,
            request_id: id.0,
        };
        Ok(Self { login, helper })
    }
}

/// An officer or medical officer, with the post if on duty.
pub(super) struct AtPost {
    pub(super) login: Arc<Login>,
    request_id: String,
}

impl AtPost {
    /// The duty, or on to where one is chosen.
    pub(super) fn duty(&self) -> Result<Duty, Error> {
        Ok(Duty {
            province: self.login.province.clone(),
            checkpoint: self.login.checkpoint.ok_or(Error::GoTo("/officer/duty"))?,
            officer: self.login.officer,
            role: self.login.role.as_str().into(),
            request_id: self.request_id.clone(),
        })
    }

    /// The request this is part of.
    pub(super) fn request_id(&self) -> String {
        self.request_id.clone()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AtPost
where
    App: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Account(login) = Account::from_request_parts(parts, state).await?;
        if !login.role.scans() {
            return Err(Error::Forbidden);
        }
        let id = parts
            .extensions
            .get::<RequestId>()
            .cloned()
            .unwrap_or_default();
        Ok(Self {
            login,
            request_id: id.0,
        })
    }
}
