//! The hook: the signature on the raw bytes, then only those events by name that are of use.
//! Whatever comes back from our own messages is never answered, or it would go on for ever.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use workflows::clock::{Clock, Moment};
use workflows::message::{Act, Event, Inbound, Receipt, ReceiptState};

use super::MARK;
use crate::fields::{leaf, scalar};
use crate::gate::{equal, hex};
use crate::inbound::{EventHook, HookError, HookReply, HookRequest};

/// Most messages that one receipt is about.
const RECEIPTS_MAX: usize = 100;

pub(super) struct Hook {
    pub(super) app_id: String,
    pub(super) secret: String,
    pub(super) max_age_hours: i64,
    pub(super) clock: Clock,
}

/// All that is read before the signature holds: it covers the body's own time.
#[derive(Deserialize)]
struct Signed {
    timestamp: Value,
}

impl EventHook for Hook {
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        let timestamp = self.verify(request)?;
        let sent_at: i64 = timestamp
            .parse()
            .map_err(|_| HookError::Malformed("timestamp"))?;
        let sent_at = Moment(sent_at.saturating_mul(1_000));
        if sent_at.plus_minutes(self.max_age_hours * 60) < self.clock.now() {
            return Ok(vec![Event::Ignored("too old".into())]);
        }
        let body: Value =
            serde_json::from_slice(request.body).map_err(|_| HookError::Malformed("JSON"))?;
        Ok(read(&body, request.body, sent_at))
    }

    fn taken(&self) -> HookReply {
        HookReply::text("")
    }
}

impl Hook {
    /// SHA-256 over the application's id, the body as it came, its time and the account's secret.
    fn verify(&self, request: &HookRequest<'_>) -> Result<String, HookError> {
        let timestamp = serde_json::from_slice(request.body)
            .ok()
            .and_then(|signed: Signed| scalar(&signed.timestamp))
            .ok_or(HookError::Unsigned)?;
        let mut digest = Sha256::new();
        for part in [
            self.app_id.as_bytes(),
            request.body,
            timestamp.as_bytes(),
            self.secret.as_bytes(),
        ] {
            digest.update(part);
        }
        let shown = (request.header)("x-zevent-signature").unwrap_or_default();
        let shown = shown.strip_prefix("mac=").unwrap_or_default();
        if bool::from(equal(&shown.to_ascii_lowercase(), &hex(&digest.finalize()))) {
            Ok(timestamp)
        } else {
            Err(HookError::Unsigned)
        }
    }
}

fn read(body: &Value, raw: &[u8], sent_at: Moment) -> Vec<Event> {
    let name = leaf(body, "event_name").unwrap_or_default();
    let message = |who: &str, text: String, act: Act| {
        let Some(from) = leaf(body, who).filter(|id| !id.is_empty()) else {
            return ignored("nobody sent it");
        };
        let to = leaf(body, "/recipient/id").or_else(|| leaf(body, "oa_id"));
        Event::Message(Inbound {
            event_id: Some(event_id(body, raw)),
            from,
            to: to.unwrap_or_default(),
            text,
            act,
            sent_at: Some(sent_at),
            ..Inbound::default()
        })
    };
    let text = leaf(body, "/message/text").unwrap_or_default();
    let event = match name.as_str() {
        "user_send_text" => match text.strip_prefix(MARK) {
            Some(token) => message("/sender/id", token.to_owned(), pressed()),
            None => message("/sender/id", text, Act::Wrote),
        },
        "user_send_image"
        | "user_send_link"
        | "user_send_audio"
        | "user_send_video"
        | "user_send_sticker"
        | "user_send_location"
        | "user_send_file"
        | "user_send_gif"
        | "user_send_business_card" => message("/sender/id", named(&name, text), Act::Wrote),
        "follow" => message("/follower/id", String::new(), Act::Followed),
        "unfollow" => message("/follower/id", String::new(), Act::Left),
        "user_submit_info" => match leaf(body, "/info/phone").filter(|phone| !phone.is_empty()) {
            Some(phone) => message("/sender/id", phone, Act::GaveNumber),
            None => ignored("a form without a number"),
        },
        "user_received_message" => return receipts(body, ReceiptState::Delivered),
        "user_seen_message" => return receipts(body, ReceiptState::Read),
        _ => ignored("an event of no use"),
    };
    vec![event]
}

fn pressed() -> Act {
    Act::Pressed {
        press: None,
        message: None,
    }
}

/// What is no text gets a word in brackets, which is no answer to any question.
fn named(event: &str, text: String) -> String {
    if text.trim().is_empty() {
        let what = event.strip_prefix("user_send_").unwrap_or(event);
        format!("[{what}]")
    } else {
        text
    }
}

/// Zalo's id of the message; an event without one repeats itself to the letter.
fn event_id(body: &Value, raw: &[u8]) -> String {
    let id = leaf(body, "/message/msg_id").filter(|id| (1..=200).contains(&id.len()));
    id.unwrap_or_else(|| format!("body:{}", hex(&Sha256::digest(raw))))
}

/// One receipt for each message it names.
fn receipts(body: &Value, state: ReceiptState) -> Vec<Event> {
    let many = body.pointer("/message/msg_ids").and_then(Value::as_array);
    let many = many.into_iter().flatten().filter_map(scalar);
    let ids: Vec<String> = leaf(body, "/message/msg_id")
        .into_iter()
        .chain(many)
        .take(RECEIPTS_MAX)
        .collect();
    if ids.is_empty() {
        return vec![ignored("a receipt of nothing")];
    }
    let receipt = |provider_id: String| {
        Event::Receipt(Receipt {
            provider_id,
            to: None,
            state,
            code: None,
        })
    };
    ids.into_iter().map(receipt).collect()
}

fn ignored(why: &str) -> Event {
    Event::Ignored(why.into())
}
