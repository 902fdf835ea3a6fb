//! What surrounds every request: limits, security headers, request id, log line, metrics.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::error;
use crate::state::App;

/// A short random name of a request, in its log line, its error page and its audit entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestId(pub(crate) String);

/// Scripts, styles, pictures and fonts come from here and from nowhere else.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; manifest-src 'self'";
/// The scan page also runs the decoder's WebAssembly and shows the camera.
const CSP_SCAN: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    worker-src 'self'";

/// gzip, at the level that costs a server least.
pub(super) fn compressed() -> CompressionLayer {
    CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Fastest)
}

/// Refuses what another site makes a browser send.
pub(super) fn same_origin() -> CsrfLayer {
    CsrfLayer::new()
}

pub(super) fn around(router: Router<App>, app: &App) -> Router<App> {
    let limits = app.config.limits;
    let timeout = Duration::from_secs(limits.request_seconds);
    router
        .layer(DefaultBodyLimit::max(limits.body_kilobytes * 1024))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            timeout,
        ))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), error::present))
        .layer(middleware::from_fn_with_state(app.clone(), observe))
}

async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId(format!(
        "{:016x}",
        u64::from_be_bytes(app.workflows.clock.random())
    ));
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    // The matched route, never the path: a path may hold a pass link or a code.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |p| p.as_str().to_owned());
    let scans = route.starts_with("/officer/scan");
    let is_static = route.starts_with("/static");
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = began.elapsed();
    if !is_static {
        tracing::info!(
            request_id = id.0, %method, route, status, millis = elapsed.as_millis(), "request"
        );
    }
    let labels = [("route", route), ("status", status.to_string())];
    metrics::counter!("requests_total", &labels).increment(1);
    metrics::histogram!("request_seconds", "route" => labels[0].1.clone()).record(elapsed);
    guard(&mut response, scans, is_static, app.config.insecure_cookies);
    response
}

fn guard(response: &mut Response, scans: bool, is_static: bool, insecure: bool) {
    let headers = response.headers_mut();
    let camera = if scans {
        "camera=(self), geolocation=()"
    } else {
        "camera=(), geolocation=()"
    };
    let fixed = [
        (
            header::CONTENT_SECURITY_POLICY,
            if scans { CSP_SCAN } else { CSP },
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("permissions-policy"), camera),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !is_static {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    if !insecure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
}
