//! Zalo's end of the wire, as far as its documents and other people's notes tell: nobody offers
//! one to test against. It counts a refresh token as used the moment it is shown, and forgets the
//! access token beside it at once.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::stub::{Reply, request, respond};

/// The application and the secrets that its accounts are set up with.
const APP: &str = "3601";
const OA_SECRET: &str = "oa-secret-key";

/// A stub of Zalo's interfaces, all under one address.
#[derive(Clone)]
pub struct Zalo {
    url: String,
    inner: Arc<Mutex<Inner>>,
    /// Whether renewals are answered; until then they are counted and wait.
    answers: watch::Sender<bool>,
    asked: watch::Sender<u32>,
    /// Renewals whose answer was read to its end.
    read: watch::Sender<u32>,
}

#[derive(Default)]
struct Inner {
    pairs: u32,
    access: String,
    refresh: String,
    refused: u32,
    reply: Reply,
    tries: usize,
    messages: Vec<Value>,
    templates: Vec<Value>,
}

impl Zalo {
    /// How long it is left alone after [`Reply::Later`]; it does not say so itself.
    pub const REST: i64 = 15;

    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let zalo = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            inner: Arc::default(),
            answers: watch::Sender::new(true),
            asked: watch::Sender::new(0),
            read: watch::Sender::new(0),
        };
        let serving = zalo.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let zalo = serving.clone();
                tokio::spawn(async move { zalo.serve(stream).await });
            }
        });
        zalo
    }

    /// The settings of a channel on it, by their dotted key, as TOML.
    pub fn settings(&self, channel: &str) -> Vec<(String, String)> {
        let url = format!("{:?}", self.url);
        [
            ("kind", "\"chat\""),
            ("provider", "\"zalo-oa\""),
            ("province", "\"base\""),
            ("parts_per_second", "0"),
            ("in_flight", "4"),
            ("settings.app_id", "\"3601\""),
            ("settings.app_secret", "\"app-secret-key\""),
            ("settings.oa_secret", "\"oa-secret-key\""),
            ("settings.url", &url),
            ("settings.oauth_url", &url),
        ]
        .map(|(key, value)| (format!("channel.{channel}.{key}"), value.to_owned()))
        .into()
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Authorises the application anew, as a person does: the refresh token of it. What stood
    /// before is dead.
    pub fn authorise(&self) -> String {
        let mut inner = self.lock();
        inner.pairs += 1;
        inner.access.clear();
        inner.refresh = format!("refresh-{}", inner.pairs);
        inner.refresh.clone()
    }

    /// Answers no renewal from now on, or those that wait and all others.
    pub fn answer_renewals(&self, answers: bool) {
        self.answers.send_replace(answers);
    }

    /// Waits until so many renewals were asked for.
    pub async fn asked_to_renew(&self, times: u32) {
        let mut asked = self.asked.subscribe();
        asked.wait_for(|asked| *asked >= times).await.unwrap();
    }

    /// Waits until the answers of so many renewals were read.
    pub async fn read_renewals(&self, times: u32) {
        let mut read = self.read.subscribe();
        read.wait_for(|read| *read >= times).await.unwrap();
    }

    /// Renewals that were asked for, and those of them whose token was dead.
    pub fn renewals(&self) -> (u32, u32) {
        (*self.asked.borrow(), self.lock().refused)
    }

    /// Answers messages so from now on.
    pub fn now(&self, reply: Reply) {
        self.lock().reply = reply;
    }

    /// Messages that were tried.
    pub fn tries(&self) -> usize {
        self.lock().tries
    }

    /// Messages taken, in their order.
    pub fn messages(&self) -> Vec<Value> {
        self.lock().messages.clone()
    }

    /// Templates taken, in their order.
    pub fn templates(&self) -> Vec<Value> {
        self.lock().templates.clone()
    }

    /// The value of the header that signs an event. The body names its time itself.
    pub fn signature(body: &str, timestamp: impl Display) -> String {
        let digest = Sha256::digest(format!("{APP}{body}{timestamp}{OA_SECRET}"));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("mac={hex}")
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = request(&mut stream).await else {
            return;
        };
        if !head.starts_with("POST /v4/oa/access_token ") {
            if let Some(answer) = self.take(&head, &body) {
                respond(&mut stream, 200, &answer).await;
            }
            return;
        }
        let answer = self.renew(&body);
        let mut answers = self.answers.subscribe();
        if answers.wait_for(|answers| *answers).await.is_ok() {
            respond(&mut stream, 200, &answer).await;
            // Whoever has read an answer that ends its connection lets go of it.
            let _ = stream.read(&mut [0]).await;
            self.read.send_modify(|read| *read += 1);
        }
    }

    /// The token is used up before its answer leaves.
    fn renew(&self, form: &[u8]) -> Value {
        let form = String::from_utf8_lossy(form).into_owned();
        let mut inner = self.lock();
        let shown = form
            .split('&')
            .find_map(|pair| pair.strip_prefix("refresh_token="));
        let answer = if shown == Some(inner.refresh.as_str()) {
            inner.pairs += 1;
            inner.access = format!("access-{}", inner.pairs);
            inner.refresh = format!("refresh-{}", inner.pairs);
            json!({
                "access_token": inner.access,
                "refresh_token": inner.refresh,
                "expires_in": "90000",
            })
        } else {
            inner.refused += 1;
            json!({ "error": -14_014, "error_name": "Invalid refresh token" })
        };
        drop(inner);
        self.asked.send_modify(|asked| *asked += 1);
        answer
    }

    /// The answer to a call; none is a connection that ends.
    fn take(&self, head: &str, body: &[u8]) -> Option<Value> {
        let mut inner = self.lock();
        let shown = head
            .lines()
            .find_map(|line| line.strip_prefix("access_token: "));
        if inner.access.is_empty() || shown != Some(inner.access.as_str()) {
            return Some(json!({ "error": -216, "message": "Access token is invalid" }));
        }
        let read = || serde_json::from_slice(body).unwrap();
        Some(if head.starts_with("POST /v3.0/oa/message/cs ") {
            return inner.message(read());
        } else if head.starts_with("POST /message/template ") {
            inner.templates.push(read());
            let id = format!("n-{}", inner.templates.len());
            json!({ "error": 0, "message": "Success", "data": { "msg_id": id } })
        } else if head.starts_with("POST /v2.0/oa/upload/image ") {
            json!({ "error": 0, "message": "Success", "data": { "attachment_id": "att-1" } })
        } else {
            json!({ "error": -201, "message": "Unknown" })
        })
    }
}

impl Inner {
    fn message(&mut self, message: Value) -> Option<Value> {
        self.tries += 1;
        let refused = |error: i64| Some(json!({ "error": error, "message": "No" }));
        match self.reply {
            Reply::Taken => {}
            Reply::Refused => return refused(-201),
            Reply::Later => return refused(-32),
            Reply::Blocked => return refused(-213),
            Reply::Lost => {
                self.messages.push(message);
                return None;
            }
        }
        self.messages.push(message);
        let id = format!("z-{}", self.messages.len());
        Some(json!({ "error": 0, "message": "Success", "data": { "message_id": id } }))
    }
}
