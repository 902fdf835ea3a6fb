//! Where gateways call. A request is handed to its channel's hook untouched; what the hook reads
//! in it is durable before the gateway gets its answer. Strangers learn nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use channels::inbound::{EventHook, HookError, HookReply, HookRequest, Inlet, UssdHook};
use workflows::message::Event;

use crate::hooks::Hook;
use crate::state::App;

/// Largest body of a gateway: a message is a few hundred bytes.
const BODY_BYTES: usize = 64 * 1024;
/// No gateway waits longer for a screen (CHANNELS.md B3).
const TURN: Duration = Duration::from_secs(5);

pub(super) fn routes() -> Router<App> {
    Router::new().route("/hooks/{channel}", get(called).post(called))
}

async fn called(State(app): State<App>, Path(channel): Path<String>, request: Request) -> Response {
    let Some((hook, inlet)) = app.hooks.get(&channel) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let raw = Raw {
        url: outside(&app.config.public_url, &parts),
        parts,
        body,
    };
    let answered = match hook {
        Hook::Events(hook) => events(&raw, hook.as_ref(), inlet).await,
        Hook::Ussd(hook) => turn(&raw, hook.as_ref(), inlet).await,
    };
    let (outcome, response) = match answered {
        Ok(reply) => ("taken", respond(reply)),
        Err(refusal) => (refusal.word(), refusal.into_response()),
    };
    metrics::counter!("hook_requests_total", "channel" => channel, "outcome" => outcome)
        .increment(1);
    response
}

async fn events(
    raw: &Raw,
    hook: &dyn EventHook,
    inlet: &Arc<dyn Inlet>,
) -> Result<HookReply, Refusal> {
    for event in raw.read(|request| hook.events(request))? {
        if let Event::Ignored(why) = &event {
            tracing::debug!(why, "an event of no use");
            continue;
        }
        inlet.take(event).await.map_err(|_| Refusal::NotStored)?;
    }
    Ok(hook.taken())
}

async fn turn(
    raw: &Raw,
    hook: &dyn UssdHook,
    inlet: &Arc<dyn Inlet>,
) -> Result<HookReply, Refusal> {
    let turn = raw.read(|request| hook.turn(request))?;
    let screen = tokio::time::timeout(TURN, inlet.turn(turn.clone())).await;
    match screen {
        Ok(Ok(screen)) => Ok(hook.screen(&turn, &screen)),
        Ok(Err(_)) | Err(_) => Err(Refusal::NotStored),
    }
}

/// A request as it came.
struct Raw {
    url: String,
    parts: request::Parts,
    body: Bytes,
}

impl Raw {
    fn read<T>(
        &self,
        hook: impl FnOnce(&HookRequest<'_>) -> Result<T, HookError>,
    ) -> Result<T, Refusal> {
        let headers = &self.parts.headers;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        hook(&HookRequest {
            method: self.parts.method.as_str(),
            url: &self.url,
            query: self.parts.uri.query().unwrap_or_default(),
            header: &header,
            body: &self.body,
            source: self.source(),
        })
        .map_err(Refusal::Hook)
    }

    fn source(&self) -> Option<IpAddr> {
        let connection = self.parts.extensions.get::<ConnectInfo<SocketAddr>>();
        connection.map(|ConnectInfo(address)| address.ip())
    }
}

/// The address as the gateway called it: a proxy may have changed host, port and scheme.
fn outside(public_url: &str, parts: &request::Parts) -> String {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{public_url}{path}")
}

fn respond(reply: HookReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let kind = HeaderValue::from_static(reply.content_type);
    (status, [(header::CONTENT_TYPE, kind)], reply.body).into_response()
}

/// Why a gateway gets no answer of its kind.
enum Refusal {
    Hook(HookError),
    NotStored,
}

impl Refusal {
    fn word(&self) -> &'static str {
        match self {
            Self::Hook(HookError::Unsigned) => "unsigned",
            Self::Hook(HookError::Malformed(_)) => "malformed",
            Self::NotStored => "not-stored",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Hook(HookError::Unsigned) => StatusCode::UNAUTHORIZED.into_response(),
            Self::Hook(HookError::Malformed(why)) => {
                tracing::warn!(why, "a gateway's request makes no sense");
                StatusCode::BAD_REQUEST.into_response()
            }
            Self::NotStored => {
                let later = [(header::RETRY_AFTER, HeaderValue::from_static("2"))];
                (StatusCode::SERVICE_UNAVAILABLE, later).into_response()
            }
        }
    }
}
