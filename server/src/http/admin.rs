//! Thin pages for those who run the service: plugins, posts, officers, outbox, audit; and the
//! demo's mail sink.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use workflows::access::{Login, Role};
use workflows::audit::Purpose;
use workflows::phrase;
use workflows::store::Scope;

use super::error::Error;
use super::login::Account;
use super::page::{Page, Reader};
use super::start::{PostChoice, posts};
use crate::state::App;

/// `admin.html`.
#[derive(Serialize)]
struct AdminPage {
    plugins: Vec<PluginView>,
    posts: Vec<PostChoice>,
    officers: Vec<OfficerView>,
    outbox: Vec<StateView>,
    jobs: Vec<StateView>,
    audit_ok: bool,
    audit_text: String,
    engine: &'static str,
}

#[derive(Serialize)]
struct PluginView {
    province: String,
    plugin: String,
    loaded: bool,
    version: String,
    digest: String,
    why: Option<String>,
    interfaces: String,
}

#[derive(Serialize)]
struct OfficerView {
    login: String,
    name: String,
    role_text: String,
    active: bool,
}

#[derive(Serialize)]
struct StateView {
    state: String,
    count: i64,
}

/// `demo_mail.html`.
#[derive(Serialize)]
struct DemoMail {
    mails: Vec<MailView>,
}

#[derive(Serialize)]
struct MailView {
    from: String,
    to: String,
    subject: String,
    text: String,
    message_id: String,
}

impl Page for AdminPage {
    const TEMPLATE: &'static str = "admin.html";
}
impl Page for DemoMail {
    const TEMPLATE: &'static str = "demo_mail.html";
}

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
) -> Result<Response, Response> {
    if login.role != Role::Admin {
        return Err(Error::Forbidden.into_response());
    }
    let page = view(&app, &reader, &login).await.map_err(IntoResponse::into_response)?;
    Ok(app.pages.respond(reader.language, &reader.path, Some(&login), &page))
}

async fn view(app: &App, reader: &Reader, login: &Login) -> Result<AdminPage, Error> {
    let store = &app.workflows.store;
    let mut tx = store.read(&Scope::of(&login.province)).await?;
    let officers = tx.officers().await?;
    let audit = tx.verify_audit(&login.province).await?;
    drop(tx);
    let mut tx = store.read(&Scope::National(Purpose::Administer)).await?;
    let outbox = tx.outbox_counts().await?;
    let jobs = tx.job_counts().await?;
    let language = reader.language;
    let audit_text = match &audit {
        Ok(count) => count.to_string(),
        Err((writer, seq)) => format!("{writer} {seq}"),
    };
    Ok(AdminPage {
        plugins: plugins(app),
        posts: posts(app, &login.province),
        officers: officers
            .into_iter()
            .map(|o| OfficerView {
                role_text: phrase::text(language, &format!("role-{}", o.role)),
                login: o.login,
                name: o.name,
                active: o.active,
            })
            .collect(),
        outbox: outbox
            .into_iter()
            .map(|r| StateView { state: r.state, count: r.messages })
            .collect(),
        jobs: jobs.into_iter().map(|(state, count)| StateView { state, count }).collect(),
        audit_ok: audit.is_ok(),
        audit_text,
        engine: store.engine(),
    })
}

fn plugins(app: &App) -> Vec<PluginView> {
    let view = |status: plugin_host::PluginStatus| {
        let version = status.state.as_ref().ok();
        PluginView {
            province: status.province.to_string(),
            loaded: version.is_some(),
            version: version.map_or_else(String::new, |v| v.name.clone()),
            digest: version.and_then(|v| v.digest.get(..12)).unwrap_or_default().to_owned(),
            why: status.state.as_ref().err().cloned(),
            interfaces: status.interfaces.join(", "),
            plugin: status.plugin,
        }
    };
    app.provinces.status().into_iter().map(view).collect()
}

/// The last mails, while they go to the sink of a demo.
pub(super) async fn demo_mail(
    State(app): State<App>,
    reader: Reader,
) -> Result<Response, Error> {
    let sink = app.sink.as_ref().filter(|_| app.config.demo).ok_or(Error::NotFound)?;
    let view = |mail: channels::email::SunkMail| MailView {
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        message_id: mail.message_id,
    };
    let page = DemoMail { mails: sink.mails().into_iter().map(view).collect() };
    Ok(app.pages.respond(reader.language, &reader.path, None, &page))
}
