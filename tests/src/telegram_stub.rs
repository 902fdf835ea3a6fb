//! The few methods of Telegram's Bot API that a bot of ours calls, answered as a test says: the
//! emulator of `telegram.rs` takes everything.

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::stub::{Reply, request, respond};

/// How long it wants to be left alone when there were too many.
const RETRY_SECONDS: i64 = 30;
const TOKEN: &str = "7700:stubbed";

/// A stub of Telegram.
#[derive(Clone)]
pub struct TelegramStub {
    url: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    reply: Reply,
    tries: usize,
    messages: Vec<Value>,
}

impl TelegramStub {
    /// What it shows at our hook.
    pub const SECRET: &str = "telegram-stub-secret";
    /// How long it is left alone after [`Reply::Later`].
    pub const REST: i64 = RETRY_SECONDS;

    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            inner: Arc::default(),
        };
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stub = serving.clone();
                tokio::spawn(async move { stub.serve(stream).await });
            }
        });
        stub
    }

    /// The settings of a channel on it, by their dotted key, as TOML.
    pub fn settings(&self, channel: &str) -> Vec<(String, String)> {
        [
            ("kind", "chat"),
            ("provider", "telegram"),
            ("province", "base"),
            ("settings.token", TOKEN),
            ("settings.secret", Self::SECRET),
            ("settings.api_url", &self.url),
        ]
        .map(|(key, value)| (format!("channel.{channel}.{key}"), format!("{value:?}")))
        .into()
    }

    /// Answers messages so from now on.
    pub fn now(&self, reply: Reply) {
        self.lock().reply = reply;
    }

    /// Messages that were tried.
    pub fn tries(&self) -> usize {
        self.lock().tries
    }

    /// Messages taken, in their order; of a picture the words beside it, and `photo`.
    pub fn messages(&self) -> Vec<Value> {
        self.lock().messages.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = request(&mut stream).await else {
            return;
        };
        let path = head.split(' ').nth(1).unwrap_or_default();
        let method = path.rsplit('/').next().unwrap_or_default();
        let message = match method {
            "sendMessage" | "editMessageText" | "sendPhoto" => content(&head, &body),
            _ => return respond(&mut stream, 200, &json!({"ok": true, "result": true})).await,
        };
        if let Some((status, answer)) = self.take(message) {
            respond(&mut stream, status, &answer).await;
        }
    }

    /// The answer to a message; none is a connection that ends.
    fn take(&self, message: Value) -> Option<(u16, Value)> {
        let mut inner = self.lock();
        inner.tries += 1;
        let refused = |code: u16, description: &str| {
            let answer = json!({"ok": false, "error_code": code, "description": description});
            Some((code, answer))
        };
        match inner.reply {
            Reply::Taken => {}
            Reply::Refused => return refused(400, "Bad Request: message is too long"),
            Reply::Blocked => return refused(403, "Forbidden: bot was blocked by the user"),
            Reply::Later => {
                let (code, mut answer) = refused(429, "Too Many Requests: retry after 30")?;
                answer["parameters"] = json!({"retry_after": RETRY_SECONDS});
                return Some((code, answer));
            }
            Reply::Lost => {
                inner.messages.push(message);
                return None;
            }
        }
        let photo = message.get("photo").map(|_| json!([{"file_id": "f-1"}]));
        inner.messages.push(message);
        let mut result = json!({"message_id": inner.messages.len()});
        if let Some(photo) = photo {
            result["photo"] = photo;
        }
        Some((200, json!({"ok": true, "result": result})))
    }
}

/// A body, whether it is JSON or a form; of a form's parts those that are JSON as what they say.
fn content(head: &str, body: &[u8]) -> Value {
    if !head.to_ascii_lowercase().contains("multipart/form-data") {
        return serde_json::from_slice(body).unwrap();
    }
    let text = String::from_utf8_lossy(body);
    let boundary = text.lines().next().unwrap_or_default();
    let mut fields = json!({});
    for part in text.split(boundary) {
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let name = head.split("name=\"").nth(1).unwrap_or_default();
        let name = name.split('"').next().unwrap_or_default();
        let value = value.trim_end_matches("\r\n");
        fields[name] = match name {
            "reply_markup" => serde_json::from_str(value).unwrap(),
            "caption" | "chat_id" => value.into(),
            _ => "a file".into(),
        };
    }
    fields
}
