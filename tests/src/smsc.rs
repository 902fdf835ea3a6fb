//! The SMSCs of `cargo xtask peers`, and instances of a test's own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::kannel::client;
use crate::tools;

/// An SMSC made of npm's `smpp`; `tests/peers/smsc.js` says what it understands.
pub struct Smsc {
    /// `host:port` for SMPP.
    pub address: String,
    control: String,
    process: Option<Child>,
}

impl Smsc {
    /// The one that all tests share: it has no faults, and what it got is everybody's.
    pub fn shared() -> Self {
        Self::at(&tools::variable("KHAIBAO_TEST_SMSC"), None)
    }

    /// One of this test's own, ended with it.
    pub fn start() -> Self {
        Self::listening("127.0.0.1", &[])
    }

    fn listening(host: &str, ports: &[&str]) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new("node")
            .arg(tests.join("peers/smsc.js"))
            .arg(host)
            .args(ports)
            .env("KHAIBAO_PEERS_NODE", tools::variable("KHAIBAO_PEERS_NODE"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let addresses = line.trim().strip_prefix("listening on ").unwrap();
        Self::at(addresses, Some(process))
    }

    /// `kill -9`: its connections break, and nobody listens any more.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// A new one where the killed one was; it knows nothing of what that one got.
    pub fn revive(&mut self) {
        self.kill();
        let (host, port) = self.address.rsplit_once(':').unwrap();
        let (_, control) = self.control.rsplit_once(':').unwrap();
        *self = Self::listening(host, &[port, control]);
    }

    /// The number of its process; none for the shared one.
    pub fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    fn at(addresses: &str, process: Option<Child>) -> Self {
        let (address, control) = addresses.split_once(' ').unwrap();
        Self {
            address: address.into(),
            control: control.into(),
            process,
        }
    }

    /// One order to its control port, such as `/set` or `/deliver`, and the answer.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://{}{path}", self.control);
        let answer = client().post(url).json(body).send().await;
        answer.unwrap().json().await.unwrap()
    }

    /// What it took, as it read it.
    pub async fn submits(&self) -> Vec<Value> {
        let got = self.post("/got", &Value::Object(Default::default())).await;
        got["submits"].as_array().unwrap().clone()
    }
}

/// An SMSC made of PyPI's `smpp34`, a second engine: it refuses every third submission as too
/// fast, and gives a receipt for each of the others. Ended with its test.
pub struct Smsc34 {
    /// `host:port` for SMPP.
    pub address: String,
    control: String,
    process: Child,
}

impl Smsc34 {
    /// One of this test's own.
    pub fn start() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new(tools::variable("KHAIBAO_PEERS_PYTHON"))
            .arg(tests.join("peers/smsc34.py"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let addresses = line.trim().strip_prefix("listening on ").unwrap();
        let (address, control) = addresses.split_once(' ').unwrap();
        Self {
            address: address.into(),
            control: control.into(),
            process,
        }
    }

    /// One order to its control port, and the answer.
    pub async fn order(&self, order: &Value) -> Value {
        let mut line = TcpStream::connect(&self.control).await.unwrap();
        line.write_all(format!("{order}\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Smsc34 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
