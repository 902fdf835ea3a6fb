//! Pictures of passes for providers that fetch them: each is served once and soon, and nobody is
//! told why there is none.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use workflows::pictures::Wanted;

use super::error::Error;
use crate::qr;
use crate::state::App;

/// The picture of a name. Asking for its head takes nothing.
pub(super) async fn picture(
    State(app): State<App>,
    Path(file): Path<String>,
    method: Method,
) -> Result<Response, Error> {
    let Some(name) = file.strip_suffix(".png") else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let wanted = match method {
        Method::GET => Wanted::Picture,
        _ => Wanted::Glance,
    };
    let Some(text) = app.workflows.picture(name, wanted).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let drawn = qr::png(&text).map_err(|e| Error::Internal(e.into()))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], drawn).into_response())
}
