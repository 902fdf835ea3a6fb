//! A provider of chats that nobody runs, complete in one file: a hook for JSON behind a secret
//! header, and a sender that keeps what it got and answers as a test says. A test adds it with one
//! line, `.provider(Pigeon::provider())`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use channels::chat::{ChatChannel, Opening, Provider};
use channels::inbound::{EventHook, HookError, HookReply, HookRequest};
use channels::{Content, Outbound, Sender, Sent, SettingsError};
use serde_json::Value;
use workflows::message::{Act, ChannelId, ChatFits, ChatText, Event, Inbound, PictureBy};
use workflows::message::{Receipt, ReceiptState};

use crate::{Answer, Setup, TestApp};

const SECRET: &str = "breadcrumbs";

type Reply = Box<dyn FnMut(usize, &Outbound) -> Sent + Send>;
type Loft = Arc<Mutex<Inner>>;

/// Every loft of this process, by the name in the channel's settings: a provider is opened by a
/// function without a memory of its own.
static LOFTS: Mutex<BTreeMap<String, Loft>> = Mutex::new(BTreeMap::new());

struct Inner {
    reply: Reply,
    sent: usize,
    kept: Vec<Delivery>,
}

/// What a pigeon was given to carry.
#[derive(Clone)]
pub struct Delivery {
    /// The chat.
    pub to: String,
    /// The words with what goes beside them.
    pub words: ChatText,
    /// Whether a picture went along.
    pub has_picture: bool,
}

/// The made-up provider, as a test sees it: one loft, whatever channels lead to it.
#[derive(Clone)]
pub struct Pigeon {
    name: String,
    loft: Loft,
}

impl Default for Pigeon {
    fn default() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let name = format!("loft-{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let loft = Arc::new(Mutex::new(Inner {
            reply: Box::new(taking),
            sent: 0,
            kept: Vec::new(),
        }));
        let known = Arc::clone(&loft);
        LOFTS.lock().unwrap().insert(name.clone(), known);
        Self { name, loft }
    }
}

fn taking(number: usize, _: &Outbound) -> Sent {
    let id = format!("p-{number}");
    Sent::Accepted { id }
}

impl Pigeon {
    /// The channel that [`Self::channel`] sets up.
    pub fn id() -> ChannelId {
        ChannelId::parse("pigeons").unwrap()
    }

    /// What the configuration calls `pigeon`.
    pub fn provider() -> Provider {
        Provider {
            name: "pigeon",
            fits: ChatFits {
                text: 1_000,
                caption: 500,
                buttons: 4,
                label: 30,
                picture: PictureBy::Upload,
                beside_picture: true,
                asks_number: true,
                replaces: false,
            },
            window_hours: |_| None,
            open,
        }
    }

    /// A server with a channel of this loft's in a province.
    pub fn channel(&self, setup: Setup, province: &str) -> Setup {
        setup
            .provider(Self::provider())
            .set("channel.pigeons.kind", "\"chat\"")
            .set("channel.pigeons.provider", "\"pigeon\"")
            .set("channel.pigeons.province", format!("{province:?}"))
            .set("channel.pigeons.parts_per_second", 0)
            .set("channel.pigeons.settings.loft", format!("{:?}", self.name))
            .set("channel.pigeons.settings.secret", format!("{SECRET:?}"))
    }

    /// Answers so from now on; the number counts what was sent, from 1.
    pub fn now(&self, reply: impl FnMut(usize, &Outbound) -> Sent + Send + 'static) {
        self.loft.lock().unwrap().reply = Box::new(reply);
    }

    /// What was carried, in its order, as far as it was not asked for before.
    pub fn kept(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.loft.lock().unwrap().kept)
    }

    /// The words of it alone.
    pub fn texts(&self) -> Vec<String> {
        self.kept().into_iter().map(|d| d.words.text).collect()
    }

    /// Calls the hook as the provider does.
    pub async fn call(&self, app: &TestApp, note: &Value) -> Answer {
        self.call_as(app, SECRET, note).await
    }

    /// The same with another secret.
    pub async fn call_as(&self, app: &TestApp, secret: &str, note: &Value) -> Answer {
        let headers = [("x-pigeon-secret", secret)];
        let hook = format!("/hooks/{}", Self::id());
        app.browser().json_with(&headers, &hook, note).await
    }
}

fn open(opening: &Opening<'_>) -> Result<ChatChannel, SettingsError> {
    let invalid = |key, why: String| SettingsError::Invalid { key, why };
    let setting = |key| {
        let value = opening.settings.get(key).and_then(toml::Value::as_str);
        value.ok_or_else(|| invalid(key, "is missing".into()))
    };
    let lofts = LOFTS.lock().unwrap();
    let loft = lofts.get(setting("loft")?).cloned();
    let loft = loft.ok_or_else(|| invalid("loft", "there is none of this name".into()))?;
    Ok(ChatChannel {
        hook: Some(Arc::new(Window {
            secret: setting("secret")?.to_owned(),
        })),
        sender: Arc::new(Carrier(loft)),
        keeper: None,
    })
}

struct Window {
    secret: String,
}

impl EventHook for Window {
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        if (request.header)("x-pigeon-secret") != Some(self.secret.as_str()) {
            return Err(HookError::Unsigned);
        }
        let malformed = HookError::Malformed("not a pigeon's note");
        let note = serde_json::from_slice(request.body).map_err(|_| malformed)?;
        event(&note).map(|event| vec![event]).ok_or(malformed)
    }

    fn taken(&self) -> HookReply {
        HookReply::text("coo")
    }
}

/// `{"did": "wrote", "id": "1", "chat": "grey", "text": "hello"}`, and the like.
fn event(note: &Value) -> Option<Event> {
    let text = |key: &str| note[key].as_str().map(str::to_owned);
    let act = match note["did"].as_str()? {
        "wrote" => Act::Wrote,
        "pressed" => Act::Pressed {
            press: text("id"),
            message: None,
        },
        "shared" => Act::SharedOwnNumber,
        "left" => Act::Left,
        "in group" => Act::InGroup,
        "landed" => return Some(receipt(text("note")?, ReceiptState::Delivered)),
        "lost" => return Some(receipt(text("note")?, ReceiptState::Failed)),
        _ => return None,
    };
    Some(Event::Message(Inbound {
        event_id: Some(text("id")?),
        from: text("chat")?,
        text: text("text").unwrap_or_default(),
        act,
        ..Inbound::default()
    }))
}

fn receipt(provider_id: String, state: ReceiptState) -> Event {
    Event::Receipt(Receipt {
        provider_id,
        to: None,
        state,
        code: None,
    })
}

struct Carrier(Loft);

#[async_trait]
impl Sender for Carrier {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Chat(chat) = &message.content else {
            panic!("words for a chat")
        };
        let mut loft = self.0.lock().unwrap();
        loft.sent += 1;
        loft.kept.push(Delivery {
            to: message.to.clone(),
            words: chat.words.clone(),
            has_picture: chat.picture.is_some(),
        });
        let number = loft.sent;
        (loft.reply)(number, message)
    }
}
