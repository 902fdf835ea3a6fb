//! The SMSCs, an inlet in memory, and accounts.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use channels::inbound::{Inlet, NotStored};
use channels::smpp::{Smpp, SmppSettings};
use channels::{Content, Outbound, Sender, Sent};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use workflows::clock::Clock;
use workflows::ids::OutboundId;
use workflows::message::{Event, PartOf, Screen, TextPart, Turn};

use crate::peers::Tls;

const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const PHONE: &str = "+84912345678";

#[expect(
    clippy::disallowed_methods,
    reason = "the suite's peers are named by the environment"
)]
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

pub(crate) fn script(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("tests/peers").join(name)
}

/// An SMSC of our own for one test, ended with it.
pub(crate) struct Smsc {
    pub(crate) address: String,
    control: String,
    process: Child,
}

impl Smsc {
    /// npm `smpp`.
    pub(crate) fn start() -> Self {
        Self::of(Command::new("node").arg(script("smsc.js")))
    }

    /// npm `smpp` behind TLS.
    pub(crate) fn start_tls(tls: &Tls) -> Self {
        let mut command = Command::new("node");
        command
            .env("TLS_KEY", tls.file("server.key"))
            .env("TLS_CERTIFICATE", tls.file("server.crt"));
        Self::of(command.arg(script("smsc.js")))
    }

    /// Python's `smpp34`.
    pub(crate) fn start34() -> Self {
        let python = variable("KHAIBAO_PEERS_PYTHON");
        Self::of(Command::new(python).arg(script("smsc34.py")))
    }

    fn of(command: &mut Command) -> Self {
        command.env("KHAIBAO_PEERS_NODE", variable("KHAIBAO_PEERS_NODE"));
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("node and python are installed (cargo xtask test sees to it)");
        let mut line = String::new();
        std::io::BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let mut addresses = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .split(' ');
        Self {
            address: addresses.next().unwrap().into(),
            control: addresses.next().unwrap().into(),
            process,
        }
    }

    /// Asks the control port of `smsc.js`.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: c\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = self.exchange(&format!("{head}{body}")).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        // Chunked where it is long: the body is between the first and the last brace.
        let body = unchunked(body);
        serde_json::from_str(&body).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub(crate) async fn set(&self, settings: Value) {
        self.post("/set", settings).await;
    }

    pub(crate) async fn got(&self) -> Value {
        self.post("/got", json!({})).await
    }

    /// The submissions that `smsc.js` took.
    pub(crate) async fn submits(&self) -> Vec<Value> {
        self.got().await["submits"].as_array().unwrap().clone()
    }

    pub(crate) async fn deliver(&self, pdus: Vec<Value>, tries: u32) -> Vec<i64> {
        let order = json!({"pdus": pdus, "tries": tries, "at_once": 20});
        let answer = self.post("/deliver", order).await;
        let statuses = answer["statuses"].as_array().unwrap();
        statuses.iter().map(|s| s.as_i64().unwrap()).collect()
    }

    /// Asks the control port of `smsc34.py`.
    pub(crate) async fn order(&self, order: Value) -> Value {
        let answer = self.exchange(&format!("{order}\n")).await;
        serde_json::from_str(&answer).unwrap()
    }

    async fn exchange(&self, question: &str) -> String {
        let mut stream = TcpStream::connect(&self.control).await.unwrap();
        stream.write_all(question.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE * 5, stream.read_to_end(&mut answer))
            .await
            .expect("the SMSC's control port answers")
            .unwrap();
        String::from_utf8(answer).unwrap()
    }
}

fn unchunked(body: &str) -> String {
    if body.starts_with('{') {
        return body.into();
    }
    let (mut rest, mut whole) = (body, Vec::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.extend_from_slice(&after.as_bytes()[..size]);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    String::from_utf8(whole).unwrap()
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Keeps events and turns in memory; refuses the next few on demand.
pub(crate) struct Kept {
    events: watch::Sender<Vec<Event>>,
    turns: watch::Sender<Vec<Turn>>,
    refusals: Mutex<u32>,
    screens: Mutex<VecDeque<Screen>>,
}

impl Kept {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            events: watch::Sender::new(Vec::new()),
            turns: watch::Sender::new(Vec::new()),
            refusals: Mutex::new(0),
            screens: Mutex::new(VecDeque::new()),
        })
    }

    pub(crate) fn refuse(&self, next: u32) {
        *self.refusals.lock().unwrap() = next;
    }

    pub(crate) fn show(&self, screens: &[(&str, bool)]) {
        let screens = screens.iter().map(|(text, continues)| Screen {
            text: (*text).into(),
            continues: *continues,
        });
        *self.screens.lock().unwrap() = screens.collect();
    }

    /// At least so many events, as soon as they are there.
    pub(crate) async fn events(&self, count: usize) -> Vec<Event> {
        at_least(&self.events, count).await
    }

    pub(crate) async fn turns(&self, count: usize) -> Vec<Turn> {
        at_least(&self.turns, count).await
    }

    fn is_refused(&self) -> bool {
        let mut refusals = self.refusals.lock().unwrap();
        let refused = *refusals > 0;
        *refusals = refusals.saturating_sub(1);
        refused
    }
}

async fn at_least<T: Clone>(sender: &watch::Sender<Vec<T>>, count: usize) -> Vec<T> {
    let mut receiver = sender.subscribe();
    let waited = timeout(PATIENCE, receiver.wait_for(|kept| kept.len() >= count)).await;
    let came = sender.borrow().len();
    let kept = waited.unwrap_or_else(|e| panic!("{came} of {count} came: {e}"));
    kept.unwrap().clone()
}

#[async_trait]
impl Inlet for Kept {
    async fn take(&self, event: Event) -> Result<(), NotStored> {
        // Other senders' messages pass by meanwhile.
        tokio::task::yield_now().await;
        if self.is_refused() {
            return Err(NotStored);
        }
        self.events.send_modify(|events| events.push(event));
        Ok(())
    }

    async fn turn(&self, turn: Turn) -> Result<Screen, NotStored> {
        if self.is_refused() {
            return Err(NotStored);
        }
        self.turns.send_modify(|turns| turns.push(turn));
        let screen = self.screens.lock().unwrap().pop_front();
        Ok(screen.unwrap_or(Screen {
            text: "het".into(),
            continues: false,
        }))
    }
}

/// An account at an SMSC, with what differs from the defaults.
pub(crate) fn account(address: &str, other: Value) -> SmppSettings {
    let settings = json!({
        "address": address,
        "system_id": "khaibao",
        "password": "secret08",
        "source": "8066",
        "response_seconds": 5,
        "reconnect_min_seconds": 1,
        "reconnect_max_seconds": 1,
    });
    serde_json::from_value(with(settings, other)).unwrap()
}

/// An object with more in it.
pub(crate) fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

/// Octets as the SMSC's control port takes them.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    })
}

/// An account that is bound.
pub(crate) async fn bound(address: &str, other: Value, inlet: &Arc<Kept>) -> Arc<Smpp> {
    let inlet: Arc<dyn Inlet> = Arc::<Kept>::clone(inlet);
    let smpp = Smpp::open(account(address, other), inlet, Clock::system()).unwrap();
    until_bound(&smpp).await;
    Arc::new(smpp)
}

pub(crate) async fn until_bound(smpp: &Smpp) {
    until("bound", || {
        smpp.status().binds.iter().all(|bind| bind.bound)
    })
    .await;
}

/// The health page has no bell, so this looks again and again.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, waiting).await.is_ok(), "never {what}");
}

pub(crate) fn message(to: &str, text: &str, part: Option<PartOf>) -> Outbound {
    Outbound {
        id: OutboundId(Clock::system().uuid()),
        to: to.into(),
        content: Content::Text(TextPart {
            text: text.into(),
            part,
        }),
    }
}

/// Sends as an outbox does: again where nothing left, not before it is allowed.
pub(crate) async fn insist(smpp: &Smpp, message: &Outbound) -> (Sent, u32) {
    let mut throttled = 0;
    loop {
        match smpp.send(message).await {
            Sent::Throttled { after } | Sent::Away { after } => {
                throttled += 1;
                tokio::time::sleep(after).await;
            }
            sent => return (sent, throttled),
        }
    }
}

pub(crate) fn id_of(sent: &Sent) -> String {
    match sent {
        Sent::Accepted { id } => id.clone(),
        other => panic!("not accepted: {other:?}"),
    }
}

pub(crate) fn text_of(submit: &Value) -> String {
    submit["short_message"].as_str().unwrap_or_default().into()
}
