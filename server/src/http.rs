//! The URL map.

mod admin;
mod api;
mod assist;
mod channels;
mod committee;
mod crossings;
mod declare;
mod error;
mod fields;
mod handover;
mod health;
mod hooks;
mod login;
mod mark;
mod officer;
mod once;
mod page;
mod paper;
mod pass;
mod phone;
pub(crate) mod report_view;
mod start;
mod statics;
mod wire;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub(crate) use page::Pages;

use crate::state::App;

/// How much is read of a form with a picture, in pictures of the largest size.
const PICTURES: usize = 4;

/// Every address, with what surrounds each request.
pub(crate) fn router(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(start::page))
        .route("/{lang}", get(start::page_in))
        .route("/{lang}/", get(start::page_in))
        .route(
            "/{lang}/declare",
            // The form is the one large page, and citizens load it on slow networks. The pages
            // around a pass stay as they are: length tells of what compression met (BREACH).
            get(declare::form)
                .post(declare::check)
                .layer(wire::compressed()),
        )
        .route("/{lang}/declare/send", post(declare::send))
        .route("/{lang}/pass/{link}", get(pass::page))
        .route("/{lang}/pass/{link}/print", get(pass::print))
        .route(
            "/{lang}/chat/{token}",
            get(handover::landing).post(handover::open),
        )
        .route(
            "/{lang}/chat/{token}/form",
            get(handover::form).post(handover::declare),
        )
        .route("/{lang}/me", get(pass::mine))
        .route("/{lang}/me/forget", post(pass::forget));
    let api = Router::new()
        .route("/api/openapi.json", get(api::openapi))
        .route("/api/v1/login", post(api::login))
        .route("/api/v1/duty", post(api::duty))
        .route("/api/v1/declarations", post(api::declare))
        .route("/api/v1/scans", post(api::scan))
        .route("/api/v1/passes/{code}", get(api::pass))
        .route("/api/v1/forms/{province}", get(api::form))
        .route("/api/v1/units", get(api::units))
        .route("/api/v1/reports/{day}", get(api::report));
    let plain = Router::new()
        .route("/static/{file}", get(statics::file))
        .route("/once/{file}", get(once::picture))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/.well-known/khaibao-keys.json", get(health::keys));
    // Gateways are no browsers: they come without a session, and each proves itself by its hook.
    let all = pages
        .merge(staff(&app))
        .merge(api)
        .merge(plain)
        .layer(from_fn_with_state(app.clone(), page::remember_language))
        .layer(wire::same_origin())
        .merge(hooks::routes())
        .fallback(error::not_found);
    wire::around(all, &app).with_state(app)
}

/// The pages of officers, committees and those who run the service; and the demo's.
fn staff(app: &App) -> Router<App> {
    // A picture beyond its limit is refused beside its form, which comes back as it was keyed.
    let pictures = DefaultBodyLimit::max(app.config.limits.upload_kilobytes * 1024 * PICTURES);
    Router::new()
        .route("/officer", get(officer::home))
        .route("/officer/login", get(login::page).post(login::log_in))
        .route("/officer/logout", post(login::log_out))
        .route("/officer/duty", get(officer::duty).post(officer::take_duty))
        .route("/officer/scan", get(officer::scan_page).post(officer::scan))
        .route("/officer/record", post(officer::record))
        .route("/officer/list", get(crossings::list))
        .route(
            "/officer/paper",
            get(paper::form).post(paper::send).layer(pictures),
        )
        .route("/officer/assist", get(assist::page).post(assist::send_code))
        .route("/officer/assist/code", post(assist::prove))
        .route(
            "/officer/assist/form",
            get(assist::form).post(assist::declare),
        )
        .route("/officer/mark", get(mark::page).post(mark::mark))
        .route("/officer/release", post(mark::release))
        .route("/committee", get(committee::list))
        .route("/committee/{day}", get(committee::report))
        .route("/admin", get(admin::page))
        .route("/admin/channels", get(channels::page))
        .route(
            "/admin/channels/dead",
            get(channels::dead).post(channels::requeue),
        )
        .route("/demo/mail", get(admin::demo_mail))
        .route("/demo/phone", get(phone::page).post(phone::press))
}
