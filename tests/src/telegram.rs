//! Telegram as an emulator that is not ours knows it (PyPI's telemelya), for one test; and the
//! person at the other end of its chats. `tests/peers/telegram.py` says what we added.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use async_trait::async_trait;
use channels::chat::{NewTokens, Shared, SharedError, Tokens, Turn};
use serde_json::{Value, json};

use crate::tools;

/// The token of the bot that lives there; any would do.
pub const TOKEN: &str = "7700:emulated";
/// What Telegram shows at our hook.
pub const SECRET: &str = "telegram-hook-secret";

/// A running emulator, ended with its test.
#[derive(Debug)]
pub struct Telegram {
    address: String,
    client: reqwest::Client,
    process: Child,
}

impl Telegram {
    /// Starts one and waits until it listens.
    pub fn start() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = tools::variable("KHAIBAO_PEERS_PYTHON");
        let mut process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", &python])
            .arg(tests.join("peers/telegram.py"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ");
        // Another test may have installed it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            address: format!("http://{}", address.unwrap()),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            process,
        }
    }

    /// Settings of a channel on it.
    pub fn settings(&self) -> String {
        format!(
            "token = \"{TOKEN}\"\nsecret = \"{SECRET}\"\napi_url = \"{}\"\n\
             username = \"telemelya_bot\"\ntimeout_seconds = 10",
            self.address
        )
    }

    /// Where it calls the bot; empty before the bot has told it.
    pub async fn webhook(&self) -> String {
        let url = format!("{}/bot{TOKEN}/getWebhookInfo", self.address);
        let answer: Value = json_of(self.client.post(url)).await;
        answer["result"]["url"].as_str().unwrap().to_owned()
    }

    /// Somebody writes in a chat; gives the status that our hook answered.
    pub async fn write(&self, chat: i64, text: &str) -> u64 {
        self.update(&json!({"chat_id": chat, "text": text})).await
    }

    /// Somebody presses a button under a message.
    pub async fn press(&self, chat: i64, data: &str, message: i64) -> u64 {
        let press = json!({"chat_id": chat, "callback_data": data, "callback_message_id": message});
        self.update(&press).await
    }

    async fn update(&self, update: &Value) -> u64 {
        let url = format!("{}/send_update?bot_token={TOKEN}", self.control());
        let answer = json_of(self.client.post(url).bearer_auth("test").json(update)).await;
        answer["delivery"]["status_code"].as_u64().unwrap()
    }

    /// What the bot has done so far, oldest first, as the emulator understood it.
    pub async fn heard(&self) -> Vec<Value> {
        let url = format!("{}/responses", self.control());
        let mut answer = json_of(self.client.get(url).bearer_auth("test")).await;
        serde_json::from_value(answer["responses"].take()).unwrap()
    }

    /// The commands of private chats in a language; empty for all others.
    pub async fn commands(&self, language: &str) -> Vec<String> {
        let url = format!("{}/bot{TOKEN}/getMyCommands", self.address);
        let scope = json!({"type": "all_private_chats"});
        let asks = json!({"scope": scope, "language_code": language});
        let answer = json_of(self.client.post(url).json(&asks)).await;
        let commands = answer["result"].as_array().unwrap().iter();
        commands
            .map(|command| command["command"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The bytes of a picture that the bot has sent.
    pub async fn picture(&self, file: &str) -> Vec<u8> {
        let url = format!("{}/media/{file}", self.control());
        let answer = self.client.get(url).bearer_auth("test").send().await;
        answer.unwrap().bytes().await.unwrap().to_vec()
    }

    fn control(&self) -> String {
        format!("{}/api/v1/test", self.address)
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        // One that ended already is what was wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    request.send().await.unwrap().json().await.unwrap()
}

/// What nodes share, of a service with one node and without tokens.
#[derive(Debug, Default)]
pub struct OneNode {
    position: Mutex<Option<i64>>,
}

#[async_trait]
impl Shared for OneNode {
    async fn tokens(&self) -> Result<Option<Tokens>, SharedError> {
        Ok(None)
    }

    async fn claim_renewal(&self, _: i64) -> Result<Option<Turn>, SharedError> {
        Ok(None)
    }

    async fn renewed(&self, _: Turn, _: &NewTokens) -> Result<bool, SharedError> {
        Ok(false)
    }

    async fn locked_out(&self, _: Turn, _: &str) -> Result<(), SharedError> {
        Ok(())
    }

    async fn keeps_turn(&self) -> Result<bool, SharedError> {
        Ok(true)
    }

    async fn position(&self) -> Result<Option<i64>, SharedError> {
        Ok(*self.position.lock().unwrap())
    }

    async fn moved_to(&self, position: i64) -> Result<(), SharedError> {
        *self.position.lock().unwrap() = Some(position);
        Ok(())
    }
}
