//! Where a journey begins: choose the province and the post.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use workflows::phrase::Language;

use super::error::Error;
use super::page::{Page, Reader};
use crate::state::App;

/// `start.html`.
#[derive(Serialize)]
struct Start {
    provinces: Vec<ProvinceChoice>,
}

#[derive(Serialize)]
struct ProvinceChoice {
    id: String,
    name: String,
    checkpoints: Vec<PostChoice>,
}

/// A post to choose.
#[derive(Serialize)]
pub(super) struct PostChoice {
    pub(super) id: i64,
    pub(super) name: String,
}

impl Page for Start {
    const TEMPLATE: &'static str = "start.html";
}

/// `/`, in the browser's language.
pub(super) async fn page(State(app): State<App>, reader: Reader) -> Response {
    show(&app, &reader)
}

/// `/{lang}/`.
pub(super) async fn page_in(State(app): State<App>, reader: Reader) -> Result<Response, Error> {
    Ok(show(&app, &reader))
}

fn show(app: &App, reader: &Reader) -> Response {
    let places = &app.workflows.places;
    let provinces = places
        .provinces()
        .into_iter()
        .map(|p| ProvinceChoice {
            id: p.id.to_string(),
            checkpoints: posts(app, &p.id),
            name: province_name(&p, reader.language),
        })
        .collect();
    app.pages.respond(reader.language, &reader.path, None, &Start { provinces })
}

pub(super) fn posts(app: &App, province: &workflows::ids::ProvinceId) -> Vec<PostChoice> {
    let posts = app.workflows.places.checkpoints(province);
    posts.into_iter().map(|c| PostChoice { id: c.id.0, name: c.name }).collect()
}

/// A province's name in a language.
pub(super) fn province_name(province: &workflows::place::Province, language: Language) -> String {
    match language {
        Language::Vi => province.name_vi.clone(),
        Language::En => province.name_en.clone(),
    }
}
