//! Declaring for somebody with a feature phone, at a post or on the hotline: the citizen's number,
//! the one-time code that was texted there, the same form as on the web, the pass. Numbers travel
//! in bodies only; addresses carry the code's id, which is of use to one account alone.

use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use workflows::access::Role;
use workflows::declaration::assist::{Assist, AssistError, TextWay};
use workflows::declaration::{Assisted, Channel, DeclareError, FieldError, Origin, RawForm};
use workflows::person::Phone;
use workflows::phrase;

use super::declare;
use super::error::{Error, mismatch};
use super::login::AtDesk;
use super::page::{Page, Reader};
use super::start::{PostView, post, posts};
use super::wire::RequestId;
use crate::state::App;

/// `assist.html`: the number, the code, or the pass that was made.
#[derive(Default, Serialize)]
struct AssistPage {
    /// The post, for those who have one.
    checkpoint: Option<PostView>,
    /// Whether texts can be sent at all.
    texts: bool,
    phone: String,
    open: Option<OpenCode>,
    made: Option<Made>,
    error: Option<String>,
}

/// A code that was sent.
#[derive(Serialize)]
struct OpenCode {
    id: String,
    /// Last digits of the number.
    tail: String,
    tries_left: i64,
}

/// What was declared.
#[derive(Serialize)]
struct Made {
    code: String,
    level: &'static str,
    status: &'static str,
    expires_at: String,
    print_url: String,
    /// The code that may serve the next person of the same phone.
    again: Option<String>,
}

/// The part of `declare.html` that says for whom is keyed.
#[derive(Serialize)]
pub(super) struct AssistPart {
    id: String,
    tail: String,
    /// Posts to choose from, on the hotline.
    checkpoints: Vec<PostView>,
}

impl Page for AssistPage {
    const TEMPLATE: &'static str = "assist.html";
}

/// Which code or pass the page is about.
#[derive(Deserialize)]
pub(super) struct Asked {
    open: Option<Uuid>,
    made: Option<String>,
}

/// The first step; with a code the second, with a pass the last.
pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    desk: AtDesk,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut page = AssistPage::default();
    if let Some(link) = &asked.made {
        page.made = made(&app, &reader, &desk, (link, asked.open)).await?;
    } else if let Some(id) = asked.open {
        match app.workflows.assist(&desk.helper, id).await? {
            Some(assist) if assist.is_proven => return Ok(to_form(id)),
            Some(assist) => page.open = Some(open_code(id, &assist)),
            None => page.error = Some(words(&reader, "assist-gone")),
        }
    }
    Ok(show(&app, &reader, &desk, page))
}

#[derive(Deserialize)]
pub(super) struct Number {
    phone: String,
}

/// The number: a code goes there.
pub(super) async fn send_code(
    State(app): State<App>,
    reader: Reader,
    desk: AtDesk,
    Form(number): Form<Number>,
) -> Result<Response, Error> {
    let way = way(&app).ok_or_else(|| Error::Invalid("assist-no-texts", Vec::new()))?;
    let sent = match Phone::parse(&number.phone) {
        Ok(phone) => {
            app.workflows
                .send_assist_code(&desk.helper, &phone, &way, reader.language)
                .await
        }
        Err(error) => return Ok(refused(&app, &reader, &desk, (number.phone, error.code()))),
    };
    let code = match sent {
        Ok(id) => {
            metrics::counter!("assist_codes_total", "outcome" => "sent").increment(1);
            let to = format!("/officer/assist?open={id}");
            return Ok(Redirect::to(&to).into_response());
        }
        Err(AssistError::NotTextable) => "phone-no-texts",
        Err(AssistError::TooMany) => "assist-too-many",
        Err(other) => return Err(other.into()),
    };
    metrics::counter!("assist_codes_total", "outcome" => "refused").increment(1);
    Ok(refused(&app, &reader, &desk, (number.phone, code)))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    open: Uuid,
    code: String,
}

/// The code that the citizen read out.
pub(super) async fn prove(
    State(app): State<App>,
    reader: Reader,
    desk: AtDesk,
    Form(typed): Form<Typed>,
) -> Result<Response, Error> {
    let proven = app
        .workflows
        .prove_assist(&desk.helper, typed.open, &typed.code)
        .await;
    let mut page = AssistPage::default();
    match proven {
        Ok(()) => return Ok(to_form(typed.open)),
        Err(AssistError::Wrong) => {
            let assist = app.workflows.assist(&desk.helper, typed.open).await?;
            page.open = assist.map(|a| open_code(typed.open, &a));
            page.error = Some(words(&reader, "assist-wrong"));
        }
        Err(AssistError::Gone) => page.error = Some(words(&reader, "assist-gone")),
        Err(other) => return Err(other.into()),
    }
    Ok(unprocessable(show(&app, &reader, &desk, page)))
}

#[derive(Deserialize)]
pub(super) struct Opened {
    open: Uuid,
}

/// The form, with what the citizen let us keep.
pub(super) async fn form(
    State(app): State<App>,
    reader: Reader,
    desk: AtDesk,
    Query(opened): Query<Opened>,
) -> Result<Response, Error> {
    let Some(assist) = proven(&app, &desk, opened.open).await? else {
        return Ok(gone(&app, &reader, &desk));
    };
    let mut raw = match way(&app) {
        Some(way) => {
            let kept = app.workflows.assist_fields(&desk.helper, &assist, &way);
            kept.await?
        }
        None => RawForm::default(),
    };
    for name in ["staying", "origin", "destination"] {
        let words = declare::unit_words(&raw, name);
        raw.add(name, words);
    }
    raw.add("travels_on", app.workflows.clock.today().iso());
    show_form(&app, &reader, &desk, (opened.open, &assist), (&raw, &[]))
}

/// The filled form.
pub(super) async fn declare(
    State(app): State<App>,
    reader: Reader,
    desk: AtDesk,
    Extension(id): Extension<RequestId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let sent = RawForm::from_pairs(pairs);
    let malformed = || Error::Invalid("malformed", Vec::new());
    let open: Uuid = sent.one("open").parse().map_err(|_| malformed())?;
    let token = declare::token_of(&sent)?.to_owned();
    let Some(assist) = proven(&app, &desk, open).await? else {
        return Ok(gone(&app, &reader, &desk));
    };
    let way = way(&app).ok_or_else(|| Error::Invalid("assist-no-texts", Vec::new()))?;
    let mut raw = sent;
    // The number is the proven one, and an officer's post the own one, whatever was sent.
    raw.add("phone", assist.phone.local_text());
    if let Some(post) = desk.helper.checkpoint {
        raw.add("checkpoint", post.0.to_string());
    }
    let origin = Origin {
        channel: match desk.login.role {
            Role::Hotline => Channel::Hotline,
            _ => Channel::Assisted,
        },
        language: reader.language.as_str().into(),
        idempotency_key: token,
        sent: raw.canonical(),
        paper: None,
        assisted: Some(Assisted {
            officer: desk.helper.officer,
            role: desk.helper.role.clone(),
            phone: assist.phone.clone(),
            code: open,
            way,
        }),
        request_id: id.0,
    };
    let at = (open, &assist);
    match declare::declare(&app, &desk.helper.province, &raw, &origin).await {
        Ok(declared) => {
            let to = format!("/officer/assist?made={}&open={open}", declared.link);
            Ok(Redirect::to(&to).into_response())
        }
        Err(DeclareError::Invalid(errors)) => show_form(&app, &reader, &desk, at, (&raw, &errors)),
        Err(DeclareError::Mismatch(fields)) => {
            show_form(&app, &reader, &desk, at, (&raw, &mismatch(&fields)))
        }
        Err(error) => Err(error.into()),
    }
}

/// How texts go out; none where no channel carries them.
fn way(app: &App) -> Option<TextWay> {
    let (channel, config) = app.config.assist()?;
    Some(TextWay {
        channel: channel.clone(),
        province: config.province.clone(),
        limits: config.limits(),
    })
}

async fn proven(app: &App, desk: &AtDesk, id: Uuid) -> Result<Option<Assist>, Error> {
    let assist = app.workflows.assist(&desk.helper, id).await?;
    Ok(assist.filter(|a| a.is_proven))
}

/// The pass just made, for those who made it: its link is the citizen's.
async fn made(
    app: &App,
    reader: &Reader,
    desk: &AtDesk,
    (link, open): (&str, Option<Uuid>),
) -> Result<Option<Made>, Error> {
    let Some(pass) = app.workflows.my_pass(link).await? else {
        return Ok(None);
    };
    let again = match open {
        Some(id) => proven(app, desk, id).await?.map(|_| id.to_string()),
        None => None,
    };
    Ok(Some(Made {
        level: super::pass::level_word(&pass),
        code: pass.code,
        status: pass.status.as_str(),
        expires_at: pass.expires_at.local_text(),
        print_url: format!("/{}/pass/{link}/print", reader.language.as_str()),
        again,
    }))
}

fn to_form(id: Uuid) -> Response {
    Redirect::to(&format!("/officer/assist/form?open={id}")).into_response()
}

fn open_code(id: Uuid, assist: &Assist) -> OpenCode {
    OpenCode {
        id: id.to_string(),
        tail: tail(&assist.phone),
        tries_left: assist.tries_left,
    }
}

/// The last three digits: enough to tell two phones on a desk apart.
fn tail(phone: &Phone) -> String {
    let number = phone.e164();
    let from = number.len().saturating_sub(3);
    number.get(from..).unwrap_or_default().to_owned()
}

fn words(reader: &Reader, code: &str) -> String {
    phrase::text(reader.language, &format!("error-{code}"))
}

fn refused(
    app: &App,
    reader: &Reader,
    desk: &AtDesk,
    (phone, code): (String, &'static str),
) -> Response {
    let page = AssistPage {
        phone,
        error: Some(words(reader, code)),
        ..AssistPage::default()
    };
    unprocessable(show(app, reader, desk, page))
}

fn gone(app: &App, reader: &Reader, desk: &AtDesk) -> Response {
    let page = AssistPage {
        error: Some(words(reader, "assist-gone")),
        ..AssistPage::default()
    };
    unprocessable(show(app, reader, desk, page))
}

fn unprocessable(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn show(app: &App, reader: &Reader, desk: &AtDesk, page: AssistPage) -> Response {
    let checkpoint = desk
        .helper
        .checkpoint
        .map(|id| post(app, &desk.helper.province, id));
    let page = AssistPage {
        checkpoint,
        texts: way(app).is_some(),
        ..page
    };
    app.pages
        .respond(reader.language, &reader.path, Some(&desk.login), &page)
}

fn show_form(
    app: &App,
    reader: &Reader,
    desk: &AtDesk,
    (open, assist): (Uuid, &Assist),
    (raw, errors): (&RawForm, &[FieldError]),
) -> Result<Response, Error> {
    let province = &desk.helper.province;
    let mut raw = raw.clone();
    if let Some(post) = desk.helper.checkpoint {
        raw.add("checkpoint", post.0.to_string());
    }
    let action = "/officer/assist/form".to_owned();
    let mut page = declare::view(app, reader.language, province, (&raw, errors), action)?;
    page.without("phone");
    let chosen = raw.one("checkpoint").to_owned();
    page.assist = Some(AssistPart {
        id: open.to_string(),
        tail: tail(&assist.phone),
        checkpoints: match desk.helper.checkpoint {
            Some(_) => Vec::new(),
            None => posts(app, province)
                .into_iter()
                .map(|p| PostView {
                    current: p.id.to_string() == chosen,
                    ..p
                })
                .collect(),
        },
    });
    let response = app
        .pages
        .respond(reader.language, &reader.path, Some(&desk.login), &page);
    Ok(match errors {
        [] => response,
        _ => unprocessable(response),
    })
}
