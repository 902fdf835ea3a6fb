//! Style, scripts and fonts: bundled and hashed by `cargo xtask web`, embedded, cached for ever.

use std::collections::HashMap;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::error::Error;

#[derive(rust_embed::RustEmbed)]
#[folder = "web/dist"]
struct Dist;

/// Address of an asset by its plain name (`app.css`).
pub(super) fn url(name: &str) -> String {
    static NAMES: OnceLock<HashMap<String, String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        Dist::get("manifest.json")
            .and_then(|file| serde_json::from_slice(&file.data).ok())
            .unwrap_or_default()
    });
    let file = names.get(name).map_or(name, String::as_str);
    format!("/static/{file}")
}

/// A file by its hashed name, compressed when the browser takes it so.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let accepts = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let zipped = accepts
        .contains("gzip")
        .then(|| Dist::get(&format!("{name}.gz")))
        .flatten();
    let encoded = zipped.is_some();
    let file = zipped.or_else(|| Dist::get(&name)).ok_or(Error::NotFound)?;
    let mut response = file.data.into_owned().into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(&name)));
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if encoded {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
