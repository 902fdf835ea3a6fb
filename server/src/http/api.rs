//! The JSON API. Errors are problem+json with a stable `code`; every request body in the OpenAPI
//! text carries an example that the demo data accept.

mod types;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::OpenApi;
use workflows::declaration::{Channel, Origin, unit_text};
use workflows::ids::{CheckpointId, CrossingId, ProvinceId};
use workflows::pass::DigitCode;
use workflows::phrase::{self, Language};
use workflows::units::Units;
use workflows::verification::{
    Recording, Reference, Scanned, gate_word, parse_direction, parse_gate,
};

use self::types::{
    Credentials, DeclarationRequest, DeclarationResponse, DutyRequest, HolderBody, PassBody,
    Problem, ReasonBody, ScanRequest, ScanResponse, Token, UnitBody,
};
use super::committee;
use super::error::Error;
use super::login::{Account, AtPost};
use super::wire::RequestId;
use crate::state::App;

/// The contract as OpenAPI 3.1.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Khaibao",
        description = "Health declarations, passes and checkpoints"
    ),
    paths(login, duty, declare, scan, pass, form, units, report),
    components(schemas(Problem))
)]
struct Contract;

/// `GET /api/openapi.json`
pub(super) async fn openapi() -> Response {
    Json(Contract::openapi()).into_response()
}

fn malformed(rejection: &JsonRejection) -> Error {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::Invalid("too-large", Vec::new()),
        _ => Error::Invalid("malformed", Vec::new()),
    }
}

/// Logs an officer in; the token goes into `Authorization: Bearer`.
#[utoipa::path(post, path = "/api/v1/login", request_body = Credentials,
    responses((status = 200, body = Token), (status = 422, body = Problem)))]
pub(super) async fn login(
    State(app): State<App>,
    body: Result<Json<Credentials>, JsonRejection>,
) -> Result<Json<Token>, Error> {
    let Json(body) = body.map_err(|e| malformed(&e))?;
    let token = app.workflows.log_in(&body.login, &body.password).await?;
    Ok(Json(Token { token }))
}

/// Puts the officer on duty at a post.
#[utoipa::path(post, path = "/api/v1/duty", request_body = DutyRequest,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn duty(
    State(app): State<App>,
    at: AtPost,
    body: Result<Json<DutyRequest>, JsonRejection>,
) -> Result<StatusCode, Error> {
    let Json(body) = body.map_err(|e| malformed(&e))?;
    let direction =
        parse_direction(&body.direction).ok_or_else(|| Error::Invalid("malformed", Vec::new()))?;
    let checkpoint = CheckpointId(body.checkpoint);
    if !app
        .workflows
        .take_duty(&at.login, checkpoint, direction)
        .await?
    {
        return Err(Error::NotFound);
    }
    app.logins.invalidate_all();
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a declaration. The same `Idempotency-Key` with the same body gives the same
/// declaration; with another body it is refused.
#[utoipa::path(post, path = "/api/v1/declarations", request_body = DeclarationRequest,
    params(("Idempotency-Key" = String, Header, description = "16 to 100 characters")),
    responses((status = 201, body = DeclarationResponse), (status = 404, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn declare(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Json<DeclarationRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<DeclarationResponse>), Error> {
    let Json(body) = body.map_err(|e| malformed(&e))?;
    let key = headers
        .get("idempotency-key")
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    if !(16..=100).contains(&key.len()) {
        return Err(Error::Invalid("idempotency-key", Vec::new()));
    }
    let province = ProvinceId::parse(&body.province).ok_or(Error::NotFound)?;
    let language = Language::parse(&body.language).unwrap_or_default();
    let mut raw = body.into_raw();
    // As it was sent: the same body the next day is still the same request.
    let sent = raw.canonical();
    if raw.one("travels_on").is_empty() {
        raw.add("travels_on", app.workflows.clock.today().iso());
    }
    let origin = Origin {
        channel: Channel::Api,
        language: language.as_str().into(),
        idempotency_key: key.to_owned(),
        sent,
        paper: None,
        assisted: None,
        request_id: id.0,
    };
    let declared = super::declare::declare(&app, &province, &raw, &origin).await;
    let declared = declared.map_err(|e| Error::from(e).about(&province, language))?;
    let status = if declared.repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let page = format!("/{}/pass/{}", language.as_str(), declared.link);
    let body = DeclarationResponse {
        declaration: declared.declaration.0,
        level: types::word(declared.level),
        reasons: reasons(&app, &province, language, &declared.reasons),
        pass: PassBody {
            code: workflows::verification::spaced(&declared.code),
            digits: declared.digits.as_deref().map(DigitCode::grouped),
            qr: declared.qr_text,
            link: declared.link,
            page: format!("{}{page}", app.config.public_url),
            expires_at: declared.expires_at.rfc3339(),
        },
        repeated: declared.repeated,
    };
    Ok((status, Json(body)))
}

fn reasons(
    app: &App,
    province: &ProvinceId,
    language: Language,
    reasons: &[workflows::verdict::Reason],
) -> Vec<ReasonBody> {
    let rules = &*app.workflows.rules;
    let body = |reason: &workflows::verdict::Reason| ReasonBody {
        code: reason.code,
        text: phrase::reason_text(rules, province, language, reason),
    };
    reasons.iter().map(body).collect()
}

fn scanned_body(app: &App, scanned: &Scanned, language: Language) -> ScanResponse {
    ScanResponse {
        crossing: scanned.crossing.0,
        reference: scanned.reference.to_string(),
        status: scanned.status.as_str().into(),
        advice: gate_word(scanned.decision.gate).into(),
        reasons: reasons(app, &scanned.rules_of, language, &scanned.decision.reasons),
        holder: scanned.holder.as_ref().map(|h| HolderBody {
            name: h.name.clone(),
            birth_year: h.birth_year,
            document_kind: h.document_kind.into(),
            document_tail: h.document_tail.clone(),
            plate: h.plate.clone(),
        }),
        expires_at: scanned.expires_at.map(workflows::clock::Moment::rfc3339),
        recorded: None,
        repeated: false,
    }
}

/// Scans; with `record` the crossing is recorded in the same step. A repeat with the same
/// `crossing` records once.
#[utoipa::path(post, path = "/api/v1/scans", request_body = ScanRequest,
    responses((status = 200, body = ScanResponse), (status = 401, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn scan(
    State(app): State<App>,
    at: AtPost,
    body: Result<Json<ScanRequest>, JsonRejection>,
) -> Result<Json<ScanResponse>, Error> {
    let Json(body) = body.map_err(|e| malformed(&e))?;
    let duty = at
        .duty()
        .map_err(|_| Error::Invalid("no-duty", Vec::new()))?;
    run_scan(&app, &duty, &body).await.map(Json)
}

async fn run_scan(
    app: &App,
    duty: &workflows::verification::Duty,
    body: &ScanRequest,
) -> Result<ScanResponse, Error> {
    let wrong = || Error::Invalid("malformed", Vec::new());
    let direction = parse_direction(&body.direction).ok_or_else(wrong)?;
    let language = Language::parse(&body.language).unwrap_or_default();
    if !body.record {
        let scanned = app.workflows.scan(duty, &body.code, direction).await?;
        return Ok(scanned_body(app, &scanned, language));
    }
    let gate = match body.gate.as_str() {
        "" => None,
        word => Some(parse_gate(word).ok_or_else(wrong)?),
    };
    let crossing = body.crossing.unwrap_or_else(|| app.workflows.clock.uuid());
    let recording = Recording {
        crossing: CrossingId(crossing),
        reference: Reference::Nothing,
        direction,
        gate,
        note: body.note.clone(),
    };
    let recorded = app
        .workflows
        .scan_and_record(duty, &body.code, &recording)
        .await?;
    metrics::counter!(
        "crossings_total",
        "province" => duty.province.to_string(), "gate" => gate_word(recorded.gate)
    )
    .increment(1);
    let mut response = scanned_body(app, &recorded.scanned, language);
    response.crossing = recorded.crossing.0;
    response.recorded = Some(gate_word(recorded.gate).into());
    response.repeated = recorded.repeated;
    Ok(response)
}

/// Looks a pass up by its code, in letters or in digits; the look-up enters the audit chain.
#[utoipa::path(get, path = "/api/v1/passes/{code}", params(("code" = String, Path)),
    responses((status = 200, body = ScanResponse), (status = 401, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn pass(
    State(app): State<App>,
    at: AtPost,
    Path(code): Path<String>,
) -> Result<Json<ScanResponse>, Error> {
    let duty = at
        .duty()
        .map_err(|_| Error::Invalid("no-duty", Vec::new()))?;
    // The number of a document has no place in an address, which others write down.
    if workflows::pass::typed_code(&code).is_none() {
        return Err(Error::Invalid("pass-code", Vec::new()));
    }
    let scanned = app.workflows.scan(&duty, &code, at.login.direction).await;
    let scanned = scanned?;
    Ok(Json(scanned_body(&app, &scanned, Language::Vi)))
}

/// A province's form as data, with its words in both languages.
#[utoipa::path(get, path = "/api/v1/forms/{province}", params(("province" = String, Path)),
    responses((status = 200), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn form(
    State(app): State<App>,
    Path(province): Path<String>,
) -> Result<Json<serde_json::Value>, Error> {
    let province = ProvinceId::parse(&province).ok_or(Error::NotFound)?;
    let form = app.workflows.form(&province)?;
    let rules = &*app.workflows.rules;
    let mut codes: Vec<u16> = form.pages.iter().map(|p| p.title).collect();
    for item in &form.items {
        codes.push(item.label);
        codes.extend(item.help.iter().chain(&item.options));
    }
    codes.sort_unstable();
    codes.dedup();
    let texts = |language: Language| {
        let text = |code: &u16| {
            (
                code.to_string(),
                phrase::form_text(rules, &province, language, *code).into(),
            )
        };
        serde_json::Value::Object(codes.iter().map(text).collect())
    };
    let mut body = serde_json::to_value(&*form).map_err(|e| Error::Internal(e.into()))?;
    body["texts"] = serde_json::json!({ "vi": texts(Language::Vi), "en": texts(Language::En) });
    Ok(Json(body))
}

/// What the type-ahead asks.
#[derive(Deserialize)]
pub(super) struct UnitQuery {
    #[serde(default)]
    q: String,
    epoch: Option<i64>,
    province: Option<u16>,
}

const UNITS: usize = 8;

/// Administrative units of both epochs by the beginning of their words.
#[utoipa::path(get, path = "/api/v1/units",
    params(("q" = String, Query), ("epoch" = Option<i64>, Query), ("province" = Option<u16>, Query)),
    responses((status = 200, body = Vec<UnitBody>)))]
pub(super) async fn units(Query(query): Query<UnitQuery>) -> Json<Vec<UnitBody>> {
    let epoch = query.epoch.and_then(workflows::place::Epoch::from_number);
    let found = Units::embedded().search(&query.q, epoch, query.province, UNITS);
    let body = |unit: &workflows::units::Unit| UnitBody {
        epoch: unit.code.epoch.number(),
        province: unit.code.province,
        commune: unit.code.commune,
        unit: unit_text(unit.code),
        label: unit.label(),
    };
    Json(found.into_iter().map(body).collect())
}

/// A day's report of the account's province.
#[utoipa::path(get, path = "/api/v1/reports/{day}", params(("day" = String, Path)),
    responses((status = 200), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn report(
    State(app): State<App>,
    Account(login): Account,
    Path(day): Path<String>,
) -> Result<Json<serde_json::Value>, Error> {
    committee::may_read(&login)?;
    let (report, _) = committee::read(&app, &login, &day)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(
        serde_json::to_value(report).map_err(|e| Error::Internal(e.into()))?,
    ))
}
