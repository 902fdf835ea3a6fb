//! Kannel 1.4, a gateway that an operator runs beside us (its user guide, "SMS push" and
//! "sms-service"). Out: a POST to `sendsms`, so that neither number nor text stands in an
//! address; one request per part, with our own user data header. In: GET to our hook, once per
//! message and once per receipt.
//!
//! What Kannel's own configuration needs is in the folder's README.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde::Deserialize;
use workflows::clock::Moment;
use workflows::message::{Event, Inbound, Receipt, ReceiptState, TextPart};
use workflows::text::{Charset, ucs2};

use super::{SmsChannel, header_of};
use crate::fields::{Fields, Wrapping, octets};
use crate::gate::Gate;
use crate::http::{self, Answer, HttpSettings, exchange};
use crate::inbound::{EventHook, HookError, HookReply, HookRequest};
use crate::settings::{Secret, SettingsError, section};
use crate::{Content, Outbound, Place, Sender, Sent};

const ANSWER_BYTES: usize = 4 * 1024;

/// Bits of `dlr-mask` that say something final: delivered, failed, refused by the SMSC.
const FINAL_RECEIPTS: u8 = 1 | 2 | 16;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KannelSettings {
    /// The smsbox's `sendsms`.
    url: String,
    username: String,
    password: Secret,
    /// Short code or name that messages come from.
    sender: String,
    /// Which SMSC is to send; honoured only with `allowed-smsc-id`.
    smsc: Option<String>,
    /// What our hook wants to see in the field `secret` of its query.
    secret: Secret,
    /// Our address as Kannel reaches it, where that is not the public one.
    hook_url: Option<String>,
    #[serde(default = "final_receipts")]
    dlr_mask: u8,
    #[serde(default = "total_milliseconds")]
    timeout_milliseconds: u64,
}

const fn final_receipts() -> u8 {
    FINAL_RECEIPTS
}

const fn total_milliseconds() -> u64 {
    10_000
}

struct Hook(Gate);

impl EventHook for Hook {
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        self.0.check(request)?;
        let fields = Fields::of(Wrapping::Query, request)?;
        let event = match fields.get("dlr") {
            Some(word) => receipt(&fields, &word)?,
            None => message(&fields, request.query)?,
        };
        Ok(vec![event])
    }

    /// An empty text: Kannel would send anything else to the citizen.
    fn taken(&self) -> HookReply {
        HookReply::text("")
    }
}

fn message(fields: &Fields<'_>, query: &str) -> Result<Event, HookError> {
    // 1 is data of eight bits, which no phone's keys write.
    if fields.get("coding").as_deref() == Some("1") {
        return Ok(Event::Ignored("binary".into()));
    }
    let seconds = fields.get("time").and_then(|t| t.parse::<i64>().ok());
    Ok(Event::Message(Inbound {
        event_id: Some(fields.need("id")?),
        from: fields.need("from")?,
        to: fields.need("to")?,
        text: text(query, &fields.get("charset").unwrap_or_default())?,
        part: None,
        sent_at: seconds.map(|s| Moment(s.saturating_mul(1_000_000))),
        ..Inbound::default()
    }))
}

/// The text as Kannel has it: UTF-8 for the GSM alphabet, UTF-16BE for UCS-2, whatever charset
/// its service is set to.
fn text(query: &str, charset: &str) -> Result<String, HookError> {
    let octets = octets(query, "text");
    match charset.to_ascii_uppercase().as_str() {
        "" | "UTF-8" => Ok(String::from_utf8_lossy(&octets).into_owned()),
        "UTF-16BE" => Ok(ucs2::decode(&octets)),
        _ => Err(HookError::Malformed("the sms-service is not set to UTF-8")),
    }
}

/// `dlr` holds one bit of the mask. Kannel sends 1 and 8 in any order.
fn receipt(fields: &Fields<'_>, word: &str) -> Result<Event, HookError> {
    let state = match word {
        "1" => ReceiptState::Delivered,
        "2" | "16" => ReceiptState::Failed,
        "4" | "8" => ReceiptState::Underway,
        _ => return Ok(Event::Ignored("a receipt of an unknown state".into())),
    };
    Ok(Event::Receipt(Receipt {
        provider_id: fields.need("id")?,
        to: fields.get("to").filter(|to| !to.is_empty()),
        state,
        code: fields.get("answer").and_then(|answer| smsc_code(&answer)),
    }))
}

/// The code inside what the SMSC said: `err:` of a receipt's text, whose rest may quote the
/// message, or the status in `NACK/0x00000058/…` and `NACK/88/…`.
fn smsc_code(answer: &str) -> Option<String> {
    if let Some((_, rest)) = answer.split_once("err:") {
        return rest.split_whitespace().next().map(http::code);
    }
    let rest = answer.strip_prefix("NACK/")?;
    rest.split('/')
        .next()
        .filter(|c| !c.is_empty())
        .map(http::code)
}

pub(super) fn open(table: &toml::Table, place: &Place<'_>) -> Result<SmsChannel, SettingsError> {
    let settings: KannelSettings = section("kannel", table)?;
    let gate = Gate::of_query("secret", &settings.secret)?;
    let base = settings
        .hook_url
        .clone()
        .unwrap_or_else(|| place.hook_url());
    let mut receipts = Url::parse(&base).map_err(|e| SettingsError::invalid("hook_url", e))?;
    if let Some((name, secret)) = gate.query_pair() {
        receipts.query_pairs_mut().append_pair(name, secret);
    }
    let sender = Kannel {
        client: http::client(&HttpSettings {
            timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(100, 60_000)),
            ca_file: None,
            certificate: None,
        })?,
        url: http::url("url", &settings.url)?,
        username: settings.username,
        password: settings.password.reveal()?,
        sender: settings.sender,
        smsc: settings.smsc,
        receipts: receipts.into(),
        mask: settings.dlr_mask,
    };
    Ok(SmsChannel {
        hook: Some(Arc::new(Hook(gate))),
        sender: Arc::new(sender),
    })
}

struct Kannel {
    client: Client,
    url: Url,
    username: String,
    password: String,
    sender: String,
    smsc: Option<String>,
    /// Our hook with its secret, to which each receipt's fields are added.
    receipts: String,
    mask: u8,
}

impl Kannel {
    fn request(&self, message: &Outbound, part: &TextPart) -> reqwest::RequestBuilder {
        let coding = match Charset::of(&part.text) {
            Charset::Gsm => "0",
            Charset::Ucs2 => "2",
        };
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "text/plain; charset=UTF-8")
            .header("x-kannel-username", &self.username)
            .header("x-kannel-password", &self.password)
            .header("x-kannel-from", &self.sender)
            .header("x-kannel-to", &message.to)
            .header("x-kannel-coding", coding);
        if let Some(smsc) = &self.smsc {
            request = request.header("x-kannel-smsc", smsc);
        }
        if let Some(part) = part.part {
            request = request.header("x-kannel-udh", header_of(part));
        }
        if self.mask != 0 {
            // Kannel fills in %d, %A and %F. The recipient is left out: the id says it all.
            let url = format!(
                "{}&dlr=%d&answer=%A&foreign=%F&id={}",
                self.receipts, message.id
            );
            request = request
                .header("x-kannel-dlr-mask", u16::from(self.mask))
                .header("x-kannel-dlr-url", url);
        }
        request.body(part.text.clone())
    }
}

#[async_trait]
impl Sender for Kannel {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Text(part) = &message.content else {
            return Sent::Refused {
                code: "medium".into(),
            };
        };
        match exchange(self.request(message, part), ANSWER_BYTES).await {
            Ok(answer) => outcome(&answer, message),
            Err(sent) => sent,
        }
    }
}

/// Kannel names no message; the receipt's address carries our own id instead.
fn outcome(answer: &Answer, message: &Outbound) -> Sent {
    let says = |word: &str| answer.body.starts_with(word.as_bytes());
    match answer.status {
        202 if says("0:") || says("3:") => Sent::Accepted {
            id: message.id.to_string(),
        },
        // The same status as "not routable", but a wrong password is not the message's fault.
        403 if says("Authorization failed") => Answer::misconfigured(),
        403 => Sent::Refused {
            code: "http 403".into(),
        },
        _ => answer.by_status(),
    }
}
