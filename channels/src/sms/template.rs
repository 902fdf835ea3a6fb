//! A gateway described by the settings alone: address, headers, body, what its answers mean,
//! where a message's and a receipt's fields are. `profile` starts from one of the descriptions
//! shipped in `profiles/`; every key of the section overrides the profile's.

mod incoming;
mod pieces;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Method, RequestBuilder, Url};
use serde::Deserialize;
use serde_json::Value;
use workflows::message::TextPart;

use self::incoming::{Hook, MessageSettings, ReceiptSettings};
use self::pieces::{Pieces, as_it_is, percent};
use super::SmsChannel;
use crate::fields::{Wrapping, leaf};
use crate::gate::{Gate, GateSettings};
use crate::http::{self, Answer, HttpSettings, exchange};
use crate::inbound::EventHook;
use crate::settings::{Secret, SettingsError, merge, section};
use crate::{Content, Outbound, Place, Sender, Sent};

const ANSWER_BYTES: usize = 64 * 1024;

/// Descriptions by name.
const PROFILES: [(&str, &str); 2] = [
    (
        "africas-talking",
        include_str!("profiles/africas-talking.toml"),
    ),
    ("esms-vn", include_str!("profiles/esms-vn.toml")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateSettings {
    #[serde(default = "post")]
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    wrapping: Wrapping,
    fields: toml::Table,
    /// Names of the operator's for use in braces.
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// The same, kept out of sight.
    #[serde(default)]
    secrets: BTreeMap<String, Secret>,
    #[serde(default = "total_milliseconds")]
    timeout_milliseconds: u64,
    answer: AnswerSettings,
    message: Option<MessageSettings>,
    receipt: Option<ReceiptSettings>,
    gate: Option<GateSettings>,
    /// What the gateway wants to hear once an event is kept.
    #[serde(default)]
    taken: String,
}

fn post() -> String {
    "POST".into()
}

const fn total_milliseconds() -> u64 {
    10_000
}

/// What an answer means. A code stands in one list at most; HTTP statuses other than 2xx count
/// only where the body holds no code that is listed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerSettings {
    /// Where the code is, as a JSON pointer. Without one, a 2xx is a success.
    code: Option<String>,
    /// Or what a text begins with that means success.
    begins: Option<String>,
    /// Where the provider's id of the message is; without one, or without a value, our own id is
    /// it.
    id: Option<String>,
    #[serde(default)]
    accepted: Vec<String>,
    /// An earlier attempt with the same key was taken.
    #[serde(default)]
    duplicate: Vec<String>,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    throttled: Vec<String>,
    /// Our keys, balance or registration are at fault: the message waits.
    #[serde(default)]
    misconfigured: Vec<String>,
    #[serde(default)]
    stopped: Vec<String>,
    #[serde(default)]
    unknown: Vec<String>,
}

pub(super) fn open(table: &toml::Table, place: &Place<'_>) -> Result<SmsChannel, SettingsError> {
    let settings: TemplateSettings = section("template", &with_profile(table)?)?;
    let gate = settings.gate.as_ref().map(Gate::open).transpose()?;
    let hears = settings.message.is_some() || settings.receipt.is_some();
    let mut named = settings.values.clone();
    for (name, secret) in &settings.secrets {
        named.insert(name.clone(), secret.reveal()?);
    }
    named.insert("hook".into(), callback(place, gate.as_ref())?);
    let sender = Template::open(&settings, &named)?;
    let hook = match gate {
        Some(gate) if hears => Some(Arc::new(Hook {
            gate,
            message: settings.message,
            receipt: settings.receipt,
            taken: settings.taken,
        }) as Arc<dyn EventHook>),
        None if hears => {
            return Err(SettingsError::invalid(
                "gate",
                "is needed where a hook listens",
            ));
        }
        _ => None,
    };
    Ok(SmsChannel {
        hook,
        sender: Arc::new(sender),
    })
}

/// Names that say which part a request carries.
const PART: [&str; 3] = ["{udh}", "{part}", "{parts}"];

pub(super) fn knows_parts(table: &toml::Table) -> bool {
    let Ok(whole) = with_profile(table) else {
        return false;
    };
    let places = ["url", "headers", "fields"];
    let mut places = places.iter().filter_map(|place| whole.get(*place));
    places.any(|place| {
        let text = place.to_string();
        PART.iter().any(|name| text.contains(name))
    })
}

fn with_profile(table: &toml::Table) -> Result<toml::Table, SettingsError> {
    let mut own = table.clone();
    let Some(name) = own.remove("profile") else {
        return Ok(own);
    };
    let known = PROFILES
        .iter()
        .find(|(known, _)| Some(*known) == name.as_str());
    let (_, text) = known.ok_or_else(|| SettingsError::invalid("profile", "is not known"))?;
    let mut whole: toml::Table = text
        .parse()
        .map_err(|e| SettingsError::invalid("profile", e))?;
    merge(&mut whole, own);
    Ok(whole)
}

/// Our hook as the gateway is to call it, with the secret if that stands in the query.
fn callback(place: &Place<'_>, gate: Option<&Gate>) -> Result<String, SettingsError> {
    let mut url =
        Url::parse(&place.hook_url()).map_err(|e| SettingsError::invalid("public_url", e))?;
    if let Some((name, secret)) = gate.and_then(Gate::query_pair) {
        url.query_pairs_mut().append_pair(name, secret);
    }
    Ok(url.into())
}

struct Template {
    client: Client,
    method: Method,
    url: Pieces,
    headers: Vec<(String, Pieces)>,
    wrapping: Wrapping,
    fields: BTreeMap<String, Node>,
    answer: AnswerSettings,
}

/// A body's value with its holes.
enum Node {
    Text(Pieces),
    Fixed(Value),
    List(Vec<Node>),
    Tree(BTreeMap<String, Node>),
}

type Named = BTreeMap<String, String>;

impl Node {
    fn compile(value: &toml::Value, named: &Named) -> Result<Self, SettingsError> {
        Ok(match value {
            toml::Value::String(text) => Self::Text(Pieces::compile(text, named)?),
            toml::Value::Integer(number) => Self::Fixed((*number).into()),
            toml::Value::Boolean(truth) => Self::Fixed((*truth).into()),
            toml::Value::Array(values) => {
                let nodes = values.iter().map(|value| Self::compile(value, named));
                Self::List(nodes.collect::<Result<_, _>>()?)
            }
            toml::Value::Table(table) => Self::Tree(compile_all(table, named)?),
            toml::Value::Float(_) | toml::Value::Datetime(_) => {
                return Err(SettingsError::invalid("fields", "a date or a fraction"));
            }
        })
    }

    fn fill(&self, message: &Outbound, part: &TextPart) -> Value {
        match self {
            Self::Text(pieces) => pieces.fill(message, part, as_it_is).into(),
            Self::Fixed(value) => value.clone(),
            Self::List(nodes) => nodes.iter().map(|node| node.fill(message, part)).collect(),
            Self::Tree(nodes) => {
                let filled = nodes.iter();
                filled
                    .map(|(name, node)| (name.clone(), node.fill(message, part)))
                    .collect()
            }
        }
    }

    fn is_flat(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Fixed(_))
    }
}

fn compile_all(
    table: &toml::Table,
    named: &Named,
) -> Result<BTreeMap<String, Node>, SettingsError> {
    let nodes = table.iter();
    nodes
        .map(|(name, value)| Ok((name.clone(), Node::compile(value, named)?)))
        .collect()
}

impl Template {
    fn open(settings: &TemplateSettings, named: &Named) -> Result<Self, SettingsError> {
        let url = Pieces::compile(&settings.url, named)?;
        http::url("url", &url.sample())?;
        let fields = compile_all(&settings.fields, named)?;
        if settings.wrapping != Wrapping::Json && !fields.values().all(Node::is_flat) {
            return Err(SettingsError::invalid(
                "fields",
                "only JSON has fields in fields",
            ));
        }
        let headers = settings.headers.iter();
        let headers = headers.map(|(name, text)| Ok((name.clone(), Pieces::compile(text, named)?)));
        Ok(Self {
            client: http::client(&HttpSettings {
                timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(100, 60_000)),
                ca_file: None,
                certificate: None,
            })?,
            method: match settings.method.as_str() {
                "GET" => Method::GET,
                "POST" => Method::POST,
                "PUT" => Method::PUT,
                _ => return Err(SettingsError::invalid("method", "GET, POST or PUT")),
            },
            url,
            headers: headers.collect::<Result<_, SettingsError>>()?,
            wrapping: settings.wrapping,
            fields,
            answer: settings.answer.clone(),
        })
    }

    /// The request; none where a setting makes no address of this message.
    fn request(&self, message: &Outbound, part: &TextPart) -> Option<RequestBuilder> {
        let mut url = Url::parse(&self.url.fill(message, part, percent)).ok()?;
        if self.wrapping == Wrapping::Query {
            url.query_pairs_mut()
                .extend_pairs(self.pairs(message, part));
        }
        let mut request = self.client.request(self.method.clone(), url);
        for (name, pieces) in &self.headers {
            request = request.header(name, pieces.fill(message, part, as_it_is));
        }
        Some(match self.wrapping {
            Wrapping::Query => request,
            Wrapping::Form => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(
                    form_urlencoded::Serializer::new(String::new())
                        .extend_pairs(self.pairs(message, part))
                        .finish(),
                ),
            Wrapping::Json => {
                let nodes = self.fields.iter();
                let body: Value = nodes
                    .map(|(name, node)| (name.clone(), node.fill(message, part)))
                    .collect();
                request.json(&body)
            }
        })
    }

    fn pairs(&self, message: &Outbound, part: &TextPart) -> Vec<(&str, String)> {
        let nodes = self.fields.iter();
        let pairs = nodes.map(|(name, node)| match node.fill(message, part) {
            Value::String(text) => (name.as_str(), text),
            other => (name.as_str(), other.to_string()),
        });
        pairs.collect()
    }
}

#[async_trait]
impl Sender for Template {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Text(part) = &message.content else {
            return Sent::Refused {
                code: "medium".into(),
            };
        };
        let Some(request) = self.request(message, part) else {
            return Sent::Refused {
                code: "address".into(),
            };
        };
        match exchange(request, ANSWER_BYTES).await {
            Ok(answer) => self.answer.read(&answer, message),
            Err(sent) => sent,
        }
    }
}

impl AnswerSettings {
    fn read(&self, answer: &Answer, message: &Outbound) -> Sent {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let ours = || message.id.to_string();
        let theirs = || {
            self.id
                .as_ref()
                .and_then(|id| leaf(&body, id))
                .filter(|id| !id.is_empty())
        };
        if let Some(code) = self.code.as_ref().and_then(|code| leaf(&body, code)) {
            let is = |list: &[String]| list.contains(&code);
            return match () {
                () if is(&self.accepted) => Sent::Accepted {
                    id: theirs().unwrap_or_else(ours),
                },
                () if is(&self.duplicate) => Sent::Accepted { id: ours() },
                () if is(&self.throttled) => answer.throttled(),
                () if is(&self.misconfigured) => Answer::misconfigured(),
                () if is(&self.stopped) => Sent::Stopped,
                () if is(&self.unknown) => http::unknown(&format!("code {}", http::code(&code))),
                () if is(&self.refused) || answer.is_success() => Sent::Refused {
                    code: http::code(&code),
                },
                () => answer.by_status(),
            };
        }
        if !answer.is_success() {
            return answer.by_status();
        }
        let begins = |word: &String| answer.body.starts_with(word.as_bytes());
        match (&self.code, &self.begins) {
            (Some(_), _) => http::unknown("an answer without a code"),
            (None, Some(word)) if !begins(word) => http::unknown("an answer of unknown words"),
            _ => Sent::Accepted {
                id: theirs().unwrap_or_else(ours),
            },
        }
    }
}
