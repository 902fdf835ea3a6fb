//! Pages: each template is tied to one typed context, rendered in the reader's language.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use tera::{Context, Kwargs, State as TeraState, Tera, Value};
use workflows::access::Login;
use workflows::phrase::{self, Language};

use super::error::Error;
use super::statics;
use crate::state::App;

/// How long a browser keeps the language that was asked for.
const LANGUAGE_SECONDS: u32 = 365 * 86_400;

/// A template with the context it expects.
pub(crate) trait Page: Serialize {
    /// File name below `templates/`.
    const TEMPLATE: &'static str;
}

/// Every template, once for each language so that `t` knows its own.
pub(crate) struct Pages {
    by_language: HashMap<Language, Tera>,
}

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[exclude = "*.md"]
struct Templates;

/// What every page's layout needs.
#[derive(Serialize)]
struct Frame<'a, P> {
    lang: &'static str,
    /// The same address in the other language.
    other_lang: &'static str,
    other_lang_url: String,
    login: Option<Account<'a>>,
    #[serde(flatten)]
    page: &'a P,
}

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    role: &'static str,
    scans: bool,
    assists: bool,
}

impl Pages {
    pub(crate) fn load() -> Result<Self> {
        let mut files = Vec::new();
        for name in Templates::iter() {
            let file = Templates::get(&name).context("an embedded template")?;
            files.push((name.to_string(), String::from_utf8(file.data.into_owned())?));
        }
        let mut by_language = HashMap::new();
        for language in Language::ALL {
            let mut tera = Tera::new();
            tera.autoescape_on(vec![".html"]);
            tera.register_function("t", move |args: Kwargs, _: &TeraState| {
                translate(language, &args)
            });
            tera.register_function(
                "asset",
                |args: Kwargs, _: &TeraState| -> tera::TeraResult<String> {
                    Ok(statics::url(args.must_get::<&str>("name")?))
                },
            );
            tera.add_raw_templates(files.iter().map(|(n, t)| (n.as_str(), t.as_str())))
                .map_err(|e| anyhow::anyhow!("templates: {e}"))?;
            by_language.insert(language, tera);
        }
        Ok(Self { by_language })
    }

    /// Renders a page. A template that fails is our fault and says so in the log only.
    pub(crate) fn respond<P: Page>(
        &self,
        language: Language,
        path: &str,
        login: Option<&Login>,
        page: &P,
    ) -> Response {
        match self.render(language, path, login, page) {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(template = P::TEMPLATE, "a page failed: {error:#}");
                (
                    axum::http::StatusCode::INTERNAL_SERVER_ERROR,
                    "internal error",
                )
                    .into_response()
            }
        }
    }

    fn render<P: Page>(
        &self,
        language: Language,
        path: &str,
        login: Option<&Login>,
        page: &P,
    ) -> Result<String> {
        let other = match language {
            Language::Vi => Language::En,
            Language::En => Language::Vi,
        };
        let frame = Frame {
            lang: language.as_str(),
            other_lang: other.as_str(),
            other_lang_url: switched(path, other),
            login: login.map(|l| Account {
                name: &l.name,
                role: l.role.as_str(),
                scans: l.role.scans(),
                assists: l.role.assists(),
            }),
            page,
        };
        self.template(language, P::TEMPLATE, &frame)
    }

    /// Renders a part of a mail.
    pub(crate) fn mail<T: Serialize>(
        &self,
        language: Language,
        template: &str,
        context: &T,
    ) -> Result<String> {
        self.template(language, template, context)
    }

    fn template<T: Serialize>(
        &self,
        language: Language,
        name: &str,
        context: &T,
    ) -> Result<String> {
        let tera = self.by_language.get(&language).context("a language")?;
        let context =
            Context::from_serialize(context).map_err(|e| anyhow::anyhow!("{name}: {e}"))?;
        tera.render(name, &context)
            .map_err(|e| anyhow::anyhow!("{name}: {e}"))
    }
}

/// `t(key="…", name=value, …)`: a sentence of the locales with its values.
fn translate(language: Language, args: &Kwargs) -> String {
    let mut key = String::new();
    let mut values = phrase::Values::new();
    for (name, value) in args.iter() {
        let name = name.as_str().unwrap_or_default().to_owned();
        if name == "key" {
            key = value.to_string();
        } else {
            values.insert(name.into(), fluent(value));
        }
    }
    if values.is_empty() {
        return phrase::text(language, &key);
    }
    phrase::text_with(language, &key, &values)
}

fn fluent(value: &Value) -> phrase::Value<'static> {
    match value.as_i64() {
        Some(n) => n.into(),
        None => value.to_string().into(),
    }
}

/// The same page in the other language: `/vi/…` becomes `/en/…`; pages without a language in
/// their address take it from the query.
fn switched(path: &str, to: Language) -> String {
    let rest = Language::ALL
        .iter()
        .find_map(|l| path.strip_prefix(&format!("/{}", l.as_str())))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match rest {
        Some(rest) => format!("/{}{rest}", to.as_str()),
        None if path == "/" => format!("/{}/", to.as_str()),
        None => format!("{path}?lang={}", to.as_str()),
    }
}

/// The language that an address asks for: staff pages have none in their path.
fn asked(uri: &Uri) -> Option<Language> {
    let pairs = uri.query()?.split('&');
    pairs
        .filter_map(|pair| pair.strip_prefix("lang="))
        .find_map(Language::parse)
}

/// Keeps the language that was asked for: the forms and pages that follow do not name it.
pub(super) async fn remember_language(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let asked = asked(request.uri());
    let mut response = next.run(request).await;
    if let Some(language) = asked {
        let secure = if app.config.insecure_cookies {
            ""
        } else {
            "; Secure"
        };
        let language = language.as_str();
        let cookie = format!(
            "lang={language}; Path=/; Max-Age={LANGUAGE_SECONDS}; HttpOnly; SameSite=Lax{secure}"
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// The reader's language: of the address, else of the cookie, else what the browser prefers.
pub(crate) fn language_of(uri: &Uri, headers: &HeaderMap) -> Language {
    let of_path = uri
        .path()
        .trim_start_matches('/')
        .split('/')
        .next()
        .and_then(Language::parse);
    let text = |name| {
        headers
            .get(name)
            .and_then(|v: &header::HeaderValue| v.to_str().ok())
    };
    let of_cookie = || {
        text(header::COOKIE)?
            .split(';')
            .find_map(|c| c.trim().strip_prefix("lang="))
            .and_then(Language::parse)
    };
    let of_browser = || {
        text(header::ACCEPT_LANGUAGE)?
            .get(..2)
            .and_then(Language::parse)
    };
    asked(uri)
        .or(of_path)
        .or_else(of_cookie)
        .or_else(of_browser)
        .unwrap_or_default()
}

/// Language and path of a request, for rendering its page.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) language: Language,
    pub(crate) path: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = parts.uri.path().to_owned();
        // A path that begins with a language must name one we speak.
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let named = named.ok().and_then(|Path(p)| p.get("lang").cloned());
        if named.is_some_and(|l| Language::parse(&l).is_none()) {
            return Err(Error::NotFound);
        }
        let language = language_of(&parts.uri, &parts.headers);
        Ok(Self { language, path })
    }
}
