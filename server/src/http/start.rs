//! Where a journey begins: choose the province and the post.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use workflows::ids::{CheckpointId, ProvinceId};
use workflows::phrase::Language;
use workflows::place::Checkpoint;

use super::error::Error;
use super::page::{Page, Reader};
use crate::state::App;

/// `start.html`.
#[derive(Serialize)]
struct Start {
    provinces: Vec<ProvinceChoice>,
    demo: bool,
}

#[derive(Serialize)]
struct ProvinceChoice {
    id: String,
    name: String,
    checkpoints: Vec<PostView>,
}

/// A post on a page.
#[derive(Clone, Default, Serialize)]
pub(super) struct PostView {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) zone: String,
    pub(super) province: String,
    /// Whether the officer is on duty there.
    pub(super) current: bool,
}

/// A province on a page.
#[derive(Clone, Default, Serialize)]
pub(crate) struct ProvinceView {
    pub(crate) id: String,
    pub(crate) name: String,
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
    app.pages.respond(
        reader.language,
        &reader.path,
        None,
        &Start {
            provinces,
            demo: app.config.demo,
        },
    )
}

/// A province's posts.
pub(super) fn posts(app: &App, province: &ProvinceId) -> Vec<PostView> {
    app.workflows
        .places
        .checkpoints(province)
        .into_iter()
        .map(post_view)
        .collect()
}

/// One post; empty when there is no such post.
pub(super) fn post(app: &App, province: &ProvinceId, id: CheckpointId) -> PostView {
    app.workflows
        .places
        .checkpoint(province, id)
        .map(post_view)
        .unwrap_or_default()
}

fn post_view(post: Checkpoint) -> PostView {
    PostView {
        id: post.id.0,
        name: post.name,
        zone: post.zone,
        province: post.province.to_string(),
        current: false,
    }
}

/// A province with its name in a language.
pub(crate) fn province_view(app: &App, id: &ProvinceId, language: Language) -> ProvinceView {
    let province = app.workflows.places.province(id);
    ProvinceView {
        id: id.to_string(),
        name: province.map_or_else(String::new, |p| province_name(&p, language)),
    }
}

/// A province's name in a language.
fn province_name(province: &workflows::place::Province, language: Language) -> String {
    match language {
        Language::Vi => province.name_vi.clone(),
        Language::En => province.name_en.clone(),
    }
}
