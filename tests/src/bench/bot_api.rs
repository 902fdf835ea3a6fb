//! The least of Telegram: every call of the Bot API is answered at once, and what a chat is shown
//! is noted with its time.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What a chat was shown.
pub(crate) struct Shown {
    /// When all of it had arrived.
    pub(crate) at: Instant,
    /// Telegram's number of the message.
    pub(crate) message: i64,
    /// Its words.
    pub(crate) text: String,
    /// What its last button says when it is pressed.
    pub(crate) button: Option<String>,
    /// Whether a picture came along.
    pub(crate) has_picture: bool,
}

/// A listening Bot API. It ends with the runtime.
#[derive(Clone)]
pub(crate) struct BotApi {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    chats: Mutex<HashMap<i64, UnboundedSender<Shown>>>,
    messages: AtomicI64,
}

impl BotApi {
    pub(crate) async fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let api = Self {
            address: listener.local_addr()?,
            inner: Arc::default(),
        };
        let inner = Arc::clone(&api.inner);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inner = Arc::clone(&inner);
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &inner).await {
                        eprintln!("the Bot API ended a connection: {error:#}");
                    }
                });
            }
        });
        Ok(api)
    }

    /// What this chat will be shown, from now on.
    pub(crate) fn chat(&self, chat: i64) -> UnboundedReceiver<Shown> {
        let (to, from) = unbounded_channel();
        if let Ok(mut chats) = self.inner.chats.lock() {
            chats.insert(chat, to);
        }
        from
    }
}

/// A call: its method and its body.
struct Call {
    method: String,
    body: Vec<u8>,
}

async fn serve(mut stream: TcpStream, inner: &Inner) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut heard = Vec::with_capacity(16 * 1024);
    while let Some(call) = read(&mut stream, &mut heard).await? {
        let result = inner.answer(&call)?;
        let body = json!({"ok": true, "result": result}).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// The next call; none at the end.
async fn read(stream: &mut TcpStream, heard: &mut Vec<u8>) -> Result<Option<Call>> {
    let head = loop {
        if let Some(end) = find(heard, b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(heard).await? == 0 {
            return Ok(None);
        }
    };
    let text = std::str::from_utf8(&heard[..head])?.to_ascii_lowercase();
    let path = std::str::from_utf8(&heard[..head])?.split(' ').nth(1);
    let method = path.and_then(|path| path.rsplit('/').next());
    let method = method.context("no method")?.to_owned();
    let length = text
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "));
    heard.drain(..head);
    let body = match length {
        Some(length) => {
            let length: usize = length.parse()?;
            filled(stream, heard, length).await?;
            heard.drain(..length).collect()
        }
        None if text.contains("transfer-encoding: chunked") => chunks(stream, heard).await?,
        None => Vec::new(),
    };
    Ok(Some(Call { method, body }))
}

async fn filled(stream: &mut TcpStream, heard: &mut Vec<u8>, length: usize) -> Result<()> {
    while heard.len() < length {
        ensure!(stream.read_buf(heard).await? > 0, "a cut");
    }
    Ok(())
}

async fn chunks(stream: &mut TcpStream, heard: &mut Vec<u8>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = loop {
            if let Some(end) = find(heard, b"\r\n") {
                break end;
            }
            ensure!(stream.read_buf(heard).await? > 0, "a cut");
        };
        let size = usize::from_str_radix(std::str::from_utf8(&heard[..line])?, 16)?;
        heard.drain(..line + 2);
        filled(stream, heard, size + 2).await?;
        body.extend(heard.drain(..size));
        heard.drain(..2);
        if size == 0 {
            return Ok(body);
        }
    }
}

impl Inner {
    fn answer(&self, call: &Call) -> Result<Value> {
        let at = Instant::now();
        let shown = match call.method.as_str() {
            "sendMessage" | "editMessageText" => self.words(&call.body, at)?,
            "sendPhoto" => self.picture(&call.body, at)?,
            "answerCallbackQuery" | "setWebhook" | "setMyCommands" => return Ok(json!(true)),
            other => bail!("{other} is not known here"),
        };
        let (chat, shown) = shown;
        let number = shown.message;
        let mut answer = json!({"message_id": number});
        if shown.has_picture {
            answer["photo"] = json!([{"file_id": format!("file-{number}")}]);
        }
        if let Ok(chats) = self.chats.lock()
            && let Some(to) = chats.get(&chat)
        {
            // Who no longer listens has what it waited for.
            let _ = to.send(shown);
        }
        Ok(answer)
    }

    fn number(&self) -> i64 {
        self.messages.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn words(&self, body: &[u8], at: Instant) -> Result<(i64, Shown)> {
        let said: Value = serde_json::from_slice(body)?;
        let edited = said["message_id"].as_i64();
        let rows = said["reply_markup"]["inline_keyboard"].as_array();
        let last = rows.and_then(|rows| rows.last()?.as_array()?.last());
        let shown = Shown {
            at,
            message: edited.unwrap_or_else(|| self.number()),
            text: said["text"].as_str().context("no text")?.to_owned(),
            button: last.and_then(|b| Some(b["callback_data"].as_str()?.to_owned())),
            has_picture: false,
        };
        Ok((said["chat_id"].as_i64().context("no chat")?, shown))
    }

    /// A picture is uploaded as a form.
    fn picture(&self, body: &[u8], at: Instant) -> Result<(i64, Shown)> {
        let shown = Shown {
            at,
            message: self.number(),
            text: field(body, "caption").context("no caption")?,
            button: None,
            has_picture: find(body, PNG).is_some(),
        };
        let chat = field(body, "chat_id").context("no chat")?;
        Ok((chat.parse()?, shown))
    }
}

/// A text of a form.
fn field(form: &[u8], name: &str) -> Option<String> {
    let head = format!("name=\"{name}\"");
    let after = form.get(find(form, head.as_bytes())?..)?;
    let text = after.get(find(after, b"\r\n\r\n")? + 4..)?;
    let text = text.get(..find(text, b"\r\n--")?)?;
    String::from_utf8(text.to_vec()).ok()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}
