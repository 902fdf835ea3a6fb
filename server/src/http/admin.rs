//! Thin pages for those who run the service: plugins, posts, officers, outbox, audit; and the
//! demo's mail sink.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use workflows::access::{Login, Role};
use workflows::audit::Purpose;
use workflows::store::{OfficerRow, Scope};
use workflows::vault::Period;

use super::error::Error;
use super::login::Account;
use super::page::{Page, Reader};
use super::start::{PostView, posts};
use crate::state::App;

/// Of the messages that have ended, those of so many minutes are counted.
const LATELY_MINUTES: i64 = 24 * 60;

/// `admin.html`.
#[derive(Serialize)]
struct AdminPage {
    plugins: Vec<PluginView>,
    posts: Vec<PostView>,
    officers: Vec<OfficerView>,
    jobs: Vec<StateView>,
    outbox: Vec<StateView>,
    audit: Vec<AuditView>,
    keys: Vec<KeyView>,
}

#[derive(Serialize)]
struct PluginView {
    province: String,
    plugin: String,
    version: Option<String>,
    digest: Option<String>,
    error: Option<String>,
    interfaces: Vec<&'static str>,
    settings: Vec<SettingView>,
}

#[derive(Serialize)]
struct SettingView {
    name: String,
    value: i64,
}

#[derive(Serialize)]
struct OfficerView {
    login: String,
    name: String,
    role: String,
    active: bool,
}

#[derive(Serialize)]
struct StateView {
    state: String,
    count: i64,
}

#[derive(Serialize)]
struct AuditView {
    province: String,
    ok: bool,
    entries: u64,
    problem: Option<String>,
}

/// A sealing key's period.
#[derive(Serialize)]
struct KeyView {
    id: String,
    from: String,
    until: String,
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
) -> Result<Response, Error> {
    if login.role != Role::Admin {
        return Err(Error::Forbidden);
    }
    let page = view(&app, &login).await?;
    Ok(app
        .pages
        .respond(reader.language, &reader.path, Some(&login), &page))
}

async fn view(app: &App, login: &Login) -> Result<AdminPage, Error> {
    let store = &app.workflows.store;
    let mut tx = store.read(&Scope::of(&login.province)).await?;
    let officers = tx.officers().await?;
    let keys = tx.data_keys().await?;
    let audit = tx.verify_audit(&login.province).await?;
    drop(tx);
    let mut tx = store.read(&Scope::National(Purpose::Administer)).await?;
    let lately = app.workflows.clock.now().plus_minutes(-LATELY_MINUTES);
    let outbox = tx.outbox_counts(lately).await?;
    let jobs = tx.job_counts().await?;
    let officer = |o: OfficerRow| OfficerView {
        login: o.login,
        name: o.name,
        role: o.role,
        active: o.active,
    };
    Ok(AdminPage {
        plugins: app.provinces.status().into_iter().map(plugin).collect(),
        posts: posts(app, &login.province),
        officers: officers.into_iter().map(officer).collect(),
        jobs: jobs
            .into_iter()
            .map(|(state, count)| StateView { state, count })
            .collect(),
        outbox: outbox
            .into_iter()
            .map(|r| StateView {
                state: r.state,
                count: r.messages,
            })
            .collect(),
        audit: vec![AuditView {
            province: login.province.to_string(),
            ok: audit.is_ok(),
            entries: audit.as_ref().copied().unwrap_or(0),
            problem: audit.err().map(|(writer, seq)| format!("{writer} {seq}")),
        }],
        keys: keys.into_iter().map(|(period, _)| key(period)).collect(),
    })
}

fn key(period: i64) -> KeyView {
    let period = Period(i32::try_from(period).unwrap_or(0));
    let end = period.end();
    KeyView {
        id: period.0.to_string(),
        from: end.plus(-7).local_text(),
        until: end.plus(-1).local_text(),
    }
}

fn plugin(status: plugin_host::PluginStatus) -> PluginView {
    let version = status.state.as_ref().ok();
    PluginView {
        province: status.province.to_string(),
        version: version.map(|v| v.name.clone()),
        digest: version.map(|v| v.digest.clone()),
        error: status.state.as_ref().err().cloned(),
        interfaces: status.interfaces,
        settings: status
            .settings
            .into_iter()
            .map(|(name, value)| SettingView { name, value })
            .collect(),
        plugin: status.plugin,
    }
}

/// The last mails, while they go to the sink of a demo.
pub(super) async fn demo_mail(State(app): State<App>, reader: Reader) -> Result<Response, Error> {
    let sink = app
        .sink
        .as_ref()
        .filter(|_| app.config.demo)
        .ok_or(Error::NotFound)?;
    let view = |mail: channels::email::SunkMail| MailView {
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        message_id: mail.message_id,
    };
    let page = DemoMail {
        mails: sink.mails().into_iter().map(view).collect(),
    };
    Ok(app
        .pages
        .respond(reader.language, &reader.path, None, &page))
}
