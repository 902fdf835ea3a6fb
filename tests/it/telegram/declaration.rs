//! A whole declaration: a person in the emulator, the server with its own settings at the other
//! end, and nothing plugged in between.

use serde_json::Value;
use tests::kannel::eventually;
use tests::telegram::Telegram;
use tests::{Database, TestApp, on_both, tools};
use workflows::phrase::{self, Language};

use super::CHAT;
use crate::handover::{filled, open};
use crate::outbox::pass_seconds;

/// Somebody in a chat with the server's bot.
struct Person<'a> {
    app: &'a TestApp,
    telegram: &'a Telegram,
}

impl Person<'_> {
    /// The messages in the chat, without what only stops a button from spinning.
    async fn chat(&self) -> Vec<Value> {
        let mut heard = self.telegram.heard().await;
        heard.retain(|call| call["method"] != "answerCallbackQuery");
        heard
    }

    /// The next message after so many.
    async fn answer(&self, before: usize) -> Value {
        eventually(async || self.chat().await.get(before).cloned()).await
    }

    async fn writes(&self, text: &str) -> Value {
        let before = self.chat().await.len();
        pass_seconds(self.app, 1);
        assert_eq!(self.telegram.write(CHAT, text).await, 200);
        self.answer(before).await
    }

    /// Presses the button of a message with these words.
    async fn presses(&self, message: &Value, label: &str) -> Value {
        let before = self.chat().await.len();
        pass_seconds(self.app, 1);
        let data = button(message, label)["callback_data"].clone();
        let under = message["message_id"].as_i64().unwrap();
        let pressed = self.telegram.press(CHAT, data.as_str().unwrap(), under);
        assert_eq!(pressed.await, 200);
        self.answer(before).await
    }

    /// Fills the page in that a message opens, and gives the picture that follows in the chat.
    async fn fills(&self, link: &Value) -> Value {
        let before = self.chat().await.len();
        pass_seconds(self.app, 1);
        let url = button(link, &phrase::text(Language::Vi, "chat-open"))["url"].clone();
        let page = url.as_str().unwrap().strip_prefix(self.app.url()).unwrap();
        let browser = self.app.browser();
        let form = open(&browser, page).await;
        let mut fields = filled(self.app, &browser, &form).await;
        fields.push(("keep".into(), "yes".into()));
        let pass = browser.post(&form, &fields).await;
        assert!(pass.location().contains("/pass/"), "{}", pass.text());
        self.answer(before).await
    }
}

fn button<'a>(message: &'a Value, label: &str) -> &'a Value {
    let rows = message["reply_markup"]["inline_keyboard"].as_array();
    let mut buttons = rows
        .into_iter()
        .flatten()
        .flat_map(|row| row.as_array().unwrap());
    let found = buttons.find(|button| button["text"] == label);
    found.unwrap_or_else(|| panic!("no {label} in {message}"))
}

fn text(message: &Value) -> &str {
    message["text"].as_str().unwrap_or_default()
}

/// A server that listens where Telegram is told to call it.
async fn on_telegram(database: Database, telegram: &Telegram) -> TestApp {
    let address = format!("127.0.0.1:{}", tools::free_port());
    let mut setup = TestApp::setup(database)
        .set("listen", format!("{address:?}"))
        .set("public_url", format!("\"http://{address}\""))
        .set("jobs.every_seconds", 1)
        .set("channel.tg-main.kind", "\"chat\"")
        .set("channel.tg-main.provider", "\"telegram\"")
        .set("channel.tg-main.province", "\"base\"");
    for line in telegram.settings().lines() {
        let (key, value) = line.split_once(" = ").unwrap();
        setup = setup.set(&format!("channel.tg-main.settings.{key}"), value);
    }
    let app = setup.start().await;
    let url = format!("{}/hooks/tg-main", app.url());
    eventually(async || (telegram.webhook().await == url).then_some(())).await;
    app
}

on_both! {
    async fn a_declaration_ends_with_a_picture_in_the_chat_that_an_officer_accepts(database) {
        let telegram = Telegram::start();
        let app = on_telegram(database, &telegram).await;
        let an = Person { app: &app, telegram: &telegram };
        let hello = an.writes("/start").await;
        let asked = an.presses(&hello, "Khai báo").await;
        assert!(text(&asked).contains(&phrase::text(Language::Vi, "chat-talk-origin")), "{asked}");
        let link = an.writes("Hà Nội").await;
        let pass = an.fills(&link).await;
        assert_eq!(pass["method"], "sendPhoto", "{pass}");
        let file = pass["file_id"].as_str().unwrap();
        let qr = tools::read_qr(&telegram.picture(file).await);
        assert_eq!(app.on_duty("base").await.scan(&qr).await.status, "VALID");
        let caption = pass["caption"].as_str().unwrap();
        assert!(!caption.contains("001090000017"), "{caption}");

        let again = an.writes("/the").await;
        assert_eq!((again["method"].as_str(), &again["file_id"]), (Some("sendPhoto"), &pass["file_id"]));
        assert_eq!(again["caption"], pass["caption"]);
        app.finish().await;
    }

    async fn a_stale_button_gets_what_is_asked_now_and_stops_spinning(database) {
        let telegram = Telegram::start();
        let app = on_telegram(database, &telegram).await;
        let an = Person { app: &app, telegram: &telegram };
        an.writes("/khaibao").await;
        let link = an.writes("Hà Nội").await;
        an.fills(&link).await;
        let summary = an.writes("/khaibao").await;
        an.presses(&summary, "Như lần trước").await;
        let again = an.presses(&summary, "Như lần trước").await;
        assert!(text(&again).starts_with(&phrase::text(Language::Vi, "chat-stale")), "{again}");
        let waits = phrase::text(Language::Vi, "chat-web-open");
        assert!(text(&again).ends_with(&waits), "{again}");
        let heard = telegram.heard().await;
        let answered = heard.iter().filter(|call| call["method"] == "answerCallbackQuery");
        assert_eq!(answered.count(), 2);
        app.finish().await;
    }

    async fn the_commands_of_each_language_are_set_when_the_server_starts(database) {
        let telegram = Telegram::start();
        let app = on_telegram(database, &telegram).await;
        for (language, command) in [("vi", "khaibao"), ("en", "declare"), ("", "declare")] {
            let is_set = async || telegram.commands(language).await.contains(&command.into());
            eventually(async || is_set().await.then_some(())).await;
        }
        app.finish().await;
    }
}
