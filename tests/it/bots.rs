//! One table of stories for the providers of chats whose hooks and words are real: each runs for
//! each provider on each database, through the whole server. The providers' ends are stubs of
//! ours; a provider's row of the table is its file in `bots/`.

mod stories;
mod telegram;
mod zalo;

use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, Database, Reply, Script, TestApp};
use workflows::message::{Address, ChannelId, ChatText};

use crate::outbox::{pass_seconds, sms};
use crate::zalo::queue_on;

const HOOK: &str = "/hooks/bot";
const NUMBER: &str = "0912345678";

/// What somebody does in a chat.
#[derive(Clone, Copy)]
enum Did<'a> {
    Writes(&'a str),
    /// To the bot, by its command, where others read along.
    WritesInGroup(&'a str),
    /// A button, by its token.
    Presses(&'a str),
    SharesNumber(&'a str),
    Follows,
    Leaves,
}

/// When an update happened, and which one it was, in the provider's own count.
#[derive(Clone, Copy)]
struct Stamp {
    number: i64,
    /// In milliseconds.
    at: i64,
}

/// A header by which a call is known.
type Header = (&'static str, String);

/// A message of ours as its provider got it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    text: String,
    /// Labels of buttons, and their tokens.
    says: Vec<(String, String)>,
    has_picture: bool,
}

impl Said {
    fn token(&self, label: &str) -> &str {
        let found = self.says.iter().find(|(of, _)| of == label);
        &found.unwrap_or_else(|| panic!("no {label}: {self:?}")).1
    }

    /// Whether it says by a button, or in its words, that this can be said.
    fn offers(&self, typed: &str) -> bool {
        let (pressed, written) = (format!(":{typed}"), format!("\n{typed} – "));
        let is_button = self.says.iter().any(|(_, token)| token.ends_with(&pressed));
        is_button || self.text.contains(&written)
    }
}

/// What differs between providers.
trait Provider: Sized {
    /// The person's chat.
    const CHAT: &str;
    /// Seconds that nothing is sent after [`Reply::Later`].
    const REST: i64;
    /// Hours after its issue at which the holder of a pass of three days is reminded.
    const REMINDED: i64;
    /// Whether a number that somebody shares is known to be their own.
    const VOUCHES: bool;
    /// Whether a bot of it can be written to in a group.
    const HAS_GROUPS: bool;

    async fn start() -> Self;

    /// Settings of the channel `bot`.
    fn settings(&self) -> Vec<(String, String)>;

    /// Does what must be done after the server's start.
    async fn ready(&self, _: &TestApp) {}

    /// An update as the provider writes it.
    fn update(did: Did<'_>, stamp: Stamp) -> Value;

    /// What the provider signs an update with.
    fn signature(body: &str) -> Header;

    /// Signatures that no provider makes.
    fn forgeries(body: &str) -> Vec<Header>;

    /// Updates that lack something, or are of no use to us, signed all the same; and the status that
    /// keeps the provider from sending them for ever.
    fn incomplete(stamp: Stamp) -> Vec<(Value, u16)>;

    /// Answers messages so from now on.
    fn answers(&self, reply: Reply);

    /// Messages tried.
    fn tries(&self) -> usize;

    /// Messages taken, in their order.
    fn heard(&self) -> Vec<Said>;
}

/// A server with one bot, and a person at its other end.
struct Bot<P> {
    app: TestApp,
    texts: Script,
    peer: P,
    updates: i64,
}

impl<P: Provider> Bot<P> {
    async fn on(database: Database) -> Self {
        let peer = P::start().await;
        let setup = TestApp::setup(database)
            .set(&format!("channel.{}.kind", sms()), "\"demo\"")
            .set(&format!("channel.{}.province", sms()), "\"base\"")
            .set("channel.bot.parts_per_second", 0)
            .set("channel.bot.fallback_to", format!("\"{}\"", sms()))
            .set("channel.bot.private_in_chat", true);
        let settings = peer.settings().into_iter();
        let app = settings
            .fold(setup, |setup, (key, value)| setup.set(&key, value))
            .start()
            .await;
        peer.ready(&app).await;
        let texts = Script::taking();
        app.parts().plug(&sms(), Arc::new(texts.clone())).unwrap();
        Self {
            app,
            texts,
            peer,
            updates: 100,
        }
    }

    async fn restarted(self) -> Self {
        let app = self.app.restarted().await;
        app.parts()
            .plug(&sms(), Arc::new(self.texts.clone()))
            .unwrap();
        Self { app, ..self }
    }

    /// The next update's place in the provider's count.
    fn stamp(&mut self) -> Stamp {
        self.updates += 1;
        Stamp {
            number: self.updates,
            at: self.app.clock.now().0 / 1_000,
        }
    }

    /// Calls the hook, whatever comes back.
    async fn call(&self, body: &str, (name, value): &Header) -> Answer {
        let headers = [("content-type", "application/json"), (name, value.as_str())];
        let browser = self.app.browser();
        let body = body.as_bytes().to_vec();
        browser
            .try_send(Method::POST, HOOK, &headers, body)
            .await
            .unwrap()
    }

    /// Calls the hook as the provider does; it must be content.
    async fn calls(&self, update: &Value) {
        let body = update.to_string();
        let answer = self.call(&body, &P::signature(&body)).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{body}");
    }

    /// Something happens in the chat, and what is due is done.
    async fn happens(&mut self, did: Did<'_>) {
        pass_seconds(&self.app, 1);
        let update = P::update(did, self.stamp());
        self.calls(&update).await;
        self.app.run_jobs().await;
    }

    /// The same, with its one answer.
    async fn does(&mut self, did: Did<'_>) -> Said {
        let before = self.peer.heard().len();
        self.happens(did).await;
        let heard = self.peer.heard();
        assert_eq!(heard.len(), before + 1, "{heard:?}");
        heard.last().unwrap().clone()
    }

    async fn says(&mut self, text: &str) -> Said {
        self.does(Did::Writes(text)).await
    }

    /// Queues something that the person did not ask for.
    async fn notify(&self) {
        let words = ChatText {
            text: "Thẻ sắp hết hạn.".into(),
            ..ChatText::default()
        };
        let to = Address::chat(&ChannelId::parse("bot").unwrap(), P::CHAT).unwrap();
        let body = serde_json::to_value(words).unwrap();
        queue_on(&self.app, "bot", &body, &to).await;
    }

    async fn kept(&self) -> i64 {
        let kept = "SELECT COUNT(*) FROM inbox WHERE channel = 'bot'";
        self.app.home().number(kept).await
    }

    /// Messages of the bot's in this state.
    async fn in_state(&self, state: &str) -> i64 {
        let sql =
            format!("SELECT COUNT(*) FROM outbox WHERE channel = 'bot' AND state = '{state}'");
        self.app.home().number(&sql).await
    }

    async fn finish(self) {
        self.app.finish().await;
    }
}
