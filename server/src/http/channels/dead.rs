//! What did not get through, with a button that puts it back.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use workflows::access::Login;
use workflows::audit::{AuditEntry, Purpose};
use workflows::clock::Moment;
use workflows::ids::{InboundId, OutboundId};
use workflows::store::{DeadInbound, DeadMessage, Scope};

use super::admin;
use crate::http::error::Error;
use crate::http::login::Account;
use crate::http::page::{Page, Reader};
use crate::http::wire::RequestId;
use crate::mail::RECIPIENT;
use crate::state::App;

/// How far back dead letters are shown.
const DEAD_MINUTES: i64 = 7 * 24 * 60;
const DEAD_SHOWN: i64 = 200;
/// How long a message that was put back may take.
const REQUEUED_MINUTES: i64 = 6 * 60;

/// `channels_dead.html`.
#[derive(Serialize)]
struct DeadPage {
    saved: Option<bool>,
    messages: Vec<DeadView>,
    events: Vec<DeadView>,
}

#[derive(Serialize)]
struct DeadView {
    id: String,
    channel: String,
    class: String,
    state: String,
    tries: i64,
    code: Option<String>,
    digits: Option<String>,
    at: String,
}

impl Page for DeadPage {
    const TEMPLATE: &'static str = "channels_dead.html";
}

#[derive(Deserialize)]
pub(in crate::http) struct Asked {
    saved: Option<bool>,
}

/// What did not get through, in the account's province.
pub(in crate::http) async fn page(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    admin(&login)?;
    let since = app.workflows.clock.now().plus_minutes(-DEAD_MINUTES);
    let mut tx = app
        .workflows
        .store
        .read(&Scope::of(&login.province))
        .await?;
    let dead = tx.dead_messages(since, DEAD_SHOWN).await?;
    let events = tx.dead_inbound(DEAD_SHOWN).await?;
    drop(tx);
    let mut messages = Vec::with_capacity(dead.len());
    for message in dead {
        messages.push(dead_message(&app, &login, message).await);
    }
    let page = DeadPage {
        saved: asked.saved,
        messages,
        events: events.into_iter().map(dead_event).collect(),
    };
    let (language, path) = (reader.language, &reader.path);
    Ok(app.pages.respond(language, path, Some(&login), &page))
}

async fn dead_message(app: &App, login: &Login, message: DeadMessage) -> DeadView {
    let opened = app.workflows.sealing.open::<String>(
        &login.province,
        RECIPIENT,
        message.id.as_bytes(),
        &message.recipient,
    );
    // Of an address of mail nothing is shown at all.
    let number = opened.await.ok().filter(|to| to.starts_with('+'));
    let digits = number.and_then(|to| Some(to.get(to.len().checked_sub(3)?..)?.to_owned()));
    DeadView {
        id: message.id.to_string(),
        channel: message.channel,
        class: message.class,
        state: message.state,
        tries: message.attempts,
        code: message.last_code,
        digits,
        at: Moment(message.created_at).local_text(),
    }
}

fn dead_event(event: DeadInbound) -> DeadView {
    DeadView {
        id: event.id.to_string(),
        channel: event.channel,
        class: String::new(),
        state: "dead".into(),
        tries: event.attempts,
        code: event.last_code,
        digits: None,
        at: Moment(event.received_at).local_text(),
    }
}

/// What the button sends.
#[derive(Deserialize)]
pub(in crate::http) struct Requeue {
    what: String,
    id: Uuid,
}

/// Puts one message or event back into its queue.
pub(in crate::http) async fn requeue(
    State(app): State<App>,
    Account(login): Account,
    Extension(request): Extension<RequestId>,
    Form(form): Form<Requeue>,
) -> Result<Response, Error> {
    admin(&login)?;
    let now = app.workflows.clock.now();
    let mut tx = app
        .workflows
        .store
        .write(&Scope::of(&login.province))
        .await?;
    let (done, action) = if form.what == "event" {
        let done = tx.requeue_inbound(InboundId(form.id), now).await?;
        (done, "event-requeued")
    } else {
        let deadline = now.plus_minutes(REQUEUED_MINUTES);
        let id = OutboundId(form.id);
        let done = tx.requeue_message(id, now, deadline).await?;
        (done, "message-requeued")
    };
    if done {
        let entry = AuditEntry {
            at: now,
            actor: login.officer.to_string().into(),
            role: login.role.as_str().into(),
            purpose: Purpose::Administer,
            action: action.into(),
            subject: None,
            detail: form.id.to_string(),
            request_id: request.0,
        };
        tx.audit(&login.province, entry);
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/admin/channels/dead?saved={done}")).into_response())
}
