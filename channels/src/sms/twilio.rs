//! Twilio's Programmable Messaging (its documents "Messages resource", "Webhooks security").
//! It cuts and joins long texts by itself, so it gets them whole.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use workflows::message::{Event, Inbound, Receipt, ReceiptState};

use super::SmsChannel;
use crate::fields::{Fields, Wrapping, leaf, pairs};
use crate::gate::{equal, hex};
use crate::http::{self, Answer, HttpSettings, exchange};
use crate::inbound::{EventHook, HookError, HookReply, HookRequest};
use crate::settings::{Secret, SettingsError, section};
use crate::{Content, Outbound, Place, Sender, Sent};

const ANSWER_BYTES: usize = 64 * 1024;
const ADDRESS: &str = "https://api.twilio.com";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TwilioSettings {
    account_sid: String,
    auth_token: Secret,
    /// A number or name to send from, or the id of a messaging service (`MG…`).
    sender: String,
    /// Another address than Twilio's own.
    url: Option<String>,
    #[serde(default = "total_milliseconds")]
    timeout_milliseconds: u64,
}

const fn total_milliseconds() -> u64 {
    10_000
}

struct Hook {
    token: String,
}

impl EventHook for Hook {
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        self.verify(request)?;
        let wrapping = match (request.method, is_json(request)) {
            ("GET", _) => Wrapping::Query,
            (_, true) => Wrapping::Json,
            _ => Wrapping::Form,
        };
        let fields = Fields::of(wrapping, request)?;
        Ok(vec![match fields.get("MessageStatus") {
            Some(word) if word != "received" => receipt(&fields, &word)?,
            _ => message(&fields)?,
        }])
    }

    /// `TwiML` without a verb: nothing is sent back.
    fn taken(&self) -> HookReply {
        HookReply {
            status: 200,
            content_type: "text/xml; charset=utf-8",
            body: "<Response/>".into(),
        }
    }
}

impl Hook {
    /// The signature covers the address and, in a form, every field in the order of the names;
    /// of JSON the address holds a digest, which is then compared as well.
    fn verify(&self, request: &HookRequest<'_>) -> Result<(), HookError> {
        let shown = (request.header)("x-twilio-signature").unwrap_or_default();
        let mut signed = request.url.to_owned();
        if is_json(request) {
            let query = pairs(request.query.as_bytes());
            let digest = query.iter().find(|(name, _)| name == "bodySHA256");
            let digest = digest.map_or("", |(_, value)| value);
            if !bool::from(equal(
                &digest.to_ascii_lowercase(),
                &hex(&Sha256::digest(request.body)),
            )) {
                return Err(HookError::Unsigned);
            }
        } else if request.method != "GET" {
            let mut fields = pairs(request.body);
            fields.sort();
            fields.dedup();
            for (name, value) in fields {
                signed.push_str(&name);
                signed.push_str(&value);
            }
        }
        if bool::from(equal(shown, &self.signature(&signed))) {
            Ok(())
        } else {
            Err(HookError::Unsigned)
        }
    }

    fn signature(&self, text: &str) -> String {
        // An HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.token.as_bytes()) else {
            return String::new();
        };
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

fn is_json(request: &HookRequest<'_>) -> bool {
    let kind = (request.header)("content-type").unwrap_or_default();
    kind.starts_with("application/json")
}

fn message(fields: &Fields<'_>) -> Result<Event, HookError> {
    Ok(Event::Message(Inbound {
        event_id: Some(fields.need("MessageSid")?),
        from: fields.need("From")?,
        to: fields.need("To")?,
        text: fields.get("Body").unwrap_or_default(),
        part: None,
        ..Inbound::default()
    }))
}

fn receipt(fields: &Fields<'_>, word: &str) -> Result<Event, HookError> {
    let state = match word {
        "delivered" => ReceiptState::Delivered,
        "read" => ReceiptState::Read,
        "undelivered" | "failed" | "canceled" => ReceiptState::Failed,
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => ReceiptState::Underway,
        _ => return Ok(Event::Ignored("a receipt of an unknown state".into())),
    };
    Ok(Event::Receipt(Receipt {
        provider_id: fields.need("MessageSid")?,
        to: fields.get("To").filter(|to| !to.is_empty()),
        state,
        code: fields
            .get("ErrorCode")
            .filter(|code| !code.is_empty())
            .map(|code| http::code(&code)),
    }))
}

pub(super) fn open(table: &toml::Table, place: &Place<'_>) -> Result<SmsChannel, SettingsError> {
    let settings: TwilioSettings = section("twilio", table)?;
    let token = settings.auth_token.reveal()?;
    if token.is_empty() {
        return Err(SettingsError::invalid("auth_token", "is empty"));
    }
    let address = settings.url.as_deref().unwrap_or(ADDRESS);
    let url = format!(
        "{address}/2010-04-01/Accounts/{}/Messages.json",
        settings.account_sid
    );
    let sender = Twilio {
        client: http::client(&HttpSettings {
            timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(100, 60_000)),
            ca_file: None,
            certificate: None,
        })?,
        url: http::url("url", &url)?,
        account: settings.account_sid,
        token: token.clone(),
        sender: settings.sender,
        receipts: place.hook_url(),
    };
    Ok(SmsChannel {
        hook: Some(Arc::new(Hook { token })),
        sender: Arc::new(sender),
    })
}

struct Twilio {
    client: Client,
    url: Url,
    account: String,
    token: String,
    sender: String,
    receipts: String,
}

#[async_trait]
impl Sender for Twilio {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Text(part) = &message.content else {
            return Sent::Refused {
                code: "medium".into(),
            };
        };
        let from = if self.sender.starts_with("MG") {
            "MessagingServiceSid"
        } else {
            "From"
        };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &message.to)
            .append_pair(from, &self.sender)
            .append_pair("Body", &part.text)
            .append_pair("StatusCallback", &self.receipts)
            .finish();
        let request = self
            .client
            .post(self.url.clone())
            .basic_auth(&self.account, Some(&self.token))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        match exchange(request, ANSWER_BYTES).await {
            Ok(answer) => outcome(&answer),
            Err(sent) => sent,
        }
    }
}

fn outcome(answer: &Answer) -> Sent {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.is_success() {
        return match leaf(&body, "sid") {
            Some(id) => Sent::Accepted { id },
            None => http::unknown("an answer without an id"),
        };
    }
    match (answer.status, leaf(&body, "code").as_deref()) {
        // The recipient answered STOP.
        (400, Some("21610")) => Sent::Stopped,
        (400, Some("20429" | "14107")) => answer.throttled(),
        (400, Some(code)) => Sent::Refused {
            code: http::code(code),
        },
        _ => answer.by_status(),
    }
}
