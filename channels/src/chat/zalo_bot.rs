//! Zalo Bot Platform (its documents "Webhook", "sendMessage", "sendPhoto", "setWebhook").
//!
//! A picture goes by its address: Zalo's servers fetch it, and so see the pass. That is why a
//! channel on it is set up only by hand.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use workflows::clock::{Clock, Moment};
use workflows::message::{Act, ChatFits, Event, Inbound, PictureBy};

use super::{ChatChannel, Keeper, Opening, Provider, Shared, Stopped};
use crate::fields::leaf;
use crate::gate::equal;
use crate::http::{self, Answer, HttpSettings, exchange};
use crate::inbound::{EventHook, HookError, HookReply, HookRequest};
use crate::settings::{Secret, SettingsError, section};
use crate::{ChatMessage, Content, Outbound, Sender, Sent};

/// The provider.
pub(super) const PROVIDER: Provider = Provider {
    name: "zalo-bot",
    fits: ChatFits {
        text: 2_000,
        caption: 1_000,
        buttons: 0,
        label: 0,
        picture: PictureBy::Fetch,
        beside_picture: false,
        asks_number: false,
        replaces: false,
    },
    window_hours: |_| None,
    open,
};

const ADDRESS: &str = "https://bot-api.zaloplatforms.com";
const ANSWER_BYTES: usize = 64 * 1024;
/// Events are recognised as repeats for so long at least.
const MAX_AGE_HOURS: i64 = 72;
/// How soon it is tried again to tell Zalo our address.
const AGAIN: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BotSettings {
    token: Secret,
    /// What Zalo shows at our hook: 8 to 256 characters.
    secret: Secret,
    url: Option<String>,
    #[serde(default = "total_milliseconds")]
    timeout_milliseconds: u64,
}

const fn total_milliseconds() -> u64 {
    10_000
}

fn open(opening: &Opening<'_>) -> Result<ChatChannel, SettingsError> {
    let settings: BotSettings = section("zalo-bot", opening.settings)?;
    let token = settings.token.reveal()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_".contains(c);
    // Whatever else it were, it would become another address.
    if token.is_empty() || !token.chars().all(allowed) {
        return Err(SettingsError::invalid("token", "is none"));
    }
    let secret = settings.secret.reveal()?;
    if !(8..=256).contains(&secret.len()) {
        return Err(SettingsError::invalid("secret", "8 to 256 characters"));
    }
    let address = settings.url.as_deref().unwrap_or(ADDRESS);
    let bot = Arc::new(Bot {
        client: http::client(&HttpSettings {
            timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(100, 30_000)),
            ca_file: None,
            certificate: None,
        })?,
        url: http::url("url", &format!("{address}/bot{token}/"))?,
    });
    Ok(ChatChannel {
        hook: Some(Arc::new(Hook {
            secret: secret.clone(),
            clock: opening.clock.clone(),
        })),
        sender: Arc::<Bot>::clone(&bot),
        keeper: Some(Box::new(Webhook {
            bot,
            shared: Arc::clone(&opening.shared),
            body: json!({ "url": opening.place.hook_url(), "secret_token": secret }),
        })),
    })
}

struct Hook {
    secret: String,
    clock: Clock,
}

impl EventHook for Hook {
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        let shown = (request.header)("x-bot-api-secret-token").unwrap_or_default();
        if !bool::from(equal(shown, &self.secret)) {
            return Err(HookError::Unsigned);
        }
        let body: Value =
            serde_json::from_slice(request.body).map_err(|_| HookError::Malformed("JSON"))?;
        Ok(vec![self.read(body.get("result").unwrap_or(&body))])
    }

    fn taken(&self) -> HookReply {
        HookReply::text("")
    }
}

impl Hook {
    fn read(&self, update: &Value) -> Event {
        let ignored = |why: &str| Event::Ignored(why.into());
        let name = leaf(update, "event_name").unwrap_or_default();
        let text = match name.as_str() {
            "message.text.received" => leaf(update, "/message/text").unwrap_or_default(),
            "message.image.received" => "[image]".into(),
            "message.sticker.received" => "[sticker]".into(),
            "message.unsupported.received" => "[unsupported]".into(),
            _ => return ignored("an event of no use"),
        };
        let id = leaf(update, "/message/message_id").filter(|id| !id.is_empty());
        let (Some(id), Some(chat)) = (id, leaf(update, "/message/chat/id")) else {
            return ignored("a message without its ids");
        };
        if leaf(update, "/message/from/is_bot").as_deref() == Some("true") {
            return ignored("a bot wrote");
        }
        let sent_at = leaf(update, "/message/date").and_then(|ms| ms.parse().ok());
        let sent_at = sent_at.map(|ms: i64| Moment(ms.saturating_mul(1_000)));
        let old = |at: Moment| at.plus_minutes(MAX_AGE_HOURS * 60) < self.clock.now();
        if sent_at.is_some_and(old) {
            return ignored("too old");
        }
        // Who reads along is not said everywhere: only what is said to be private is.
        let private = leaf(update, "/message/chat/chat_type").is_some_and(|kind| kind == "PRIVATE");
        Event::Message(Inbound {
            event_id: Some(id),
            from: chat,
            text,
            act: if private { Act::Wrote } else { Act::InGroup },
            sent_at,
            ..Inbound::default()
        })
    }
}

/// The bot's address holds its token: it stands in no log and no result.
struct Bot {
    client: Client,
    url: Url,
}

impl Bot {
    async fn call(&self, method: &str, body: &Value) -> Result<Answer, Sent> {
        let url = self.url.join(method);
        let url = url.map_err(|_| refused("request"))?;
        exchange(self.client.post(url).json(body), ANSWER_BYTES).await
    }
}

#[async_trait]
impl Sender for Bot {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Chat(chat) = &message.content else {
            return refused("medium");
        };
        let (method, body) = request(&message.to, chat);
        match self.call(method, &body).await {
            Ok(answer) => outcome(&answer),
            Err(sent) => sent,
        }
    }
}

/// A picture without an address leaves its words, which say the code too.
fn request(to: &str, chat: &ChatMessage) -> (&'static str, Value) {
    let text = &chat.words.text;
    match chat.picture.as_ref().and_then(|p| p.url.as_deref()) {
        Some(url) => (
            "sendPhoto",
            json!({ "chat_id": to, "photo": url, "caption": text }),
        ),
        None => ("sendMessage", json!({ "chat_id": to, "text": text })),
    }
}

/// The number in the body counts, whatever the status: both are seen.
fn outcome(answer: &Answer) -> Sent {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = leaf(&body, "error_code").and_then(|code| code.parse().ok());
    match (leaf(&body, "ok").as_deref(), error) {
        (Some("true"), _) if answer.is_success() => match leaf(&body, "/result/message_id") {
            Some(id) => Sent::Accepted { id },
            None => http::unknown("an answer without an id"),
        },
        (Some("false"), Some(401 | 404)) => Answer::misconfigured(),
        (Some("false"), Some(403)) => Sent::Stopped,
        (Some("false"), Some(408)) => http::unknown("zalo 408"),
        (Some("false"), Some(429)) => answer.throttled(),
        (Some("false"), Some(code @ 400..=499)) => refused(&format!("zalo {code}")),
        (Some("false"), Some(code)) => http::unknown(&format!("zalo {code}")),
        _ if answer.is_success() => http::unknown("an answer that makes no sense"),
        _ => answer.by_status(),
    }
}

fn refused(code: &str) -> Sent {
    Sent::Refused { code: code.into() }
}

/// Tells Zalo our address when the server starts.
struct Webhook {
    bot: Arc<Bot>,
    shared: Arc<dyn Shared>,
    body: Value,
}

impl Webhook {
    async fn is_set(&self) -> bool {
        if !self.shared.keeps_turn().await.unwrap_or(false) {
            return false;
        }
        let answer = self.bot.call("setWebhook", &self.body).await;
        let set = answer.is_ok_and(|answer| {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            answer.is_success() && leaf(&body, "ok").as_deref() == Some("true")
        });
        if !set {
            tracing::warn!("the bot's address could not be set");
        }
        set
    }
}

#[async_trait]
impl Keeper for Webhook {
    async fn keep(self: Box<Self>, mut stopped: Stopped) {
        while !self.is_set().await {
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }
}
