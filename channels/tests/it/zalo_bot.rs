//! The Bot Platform, case by case; see `zalo.rs` on its other end. Field names of the update and
//! of the requests are those of the `PyPI` package `zalo_bot` (python-zalo-bot 0.1.9): its parser
//! read `UPDATE`, and its client makes these calls with these fields.

use channels::chat::ChatChannel;
use channels::inbound::HookError;
use channels::{Outbound, Picture};
use serde_json::json;
use workflows::message::{Act, Class, Event};

use crate::calls::{Call, PUBLIC, word};
use crate::peers::{Reply, Stub};
use crate::zalo::{Memory, NOW, chat, clock, json, picture, reply, try_open, words};

const UPDATE: &str = r#"{"message":{"from":{"id":"u1","display_name":"An","is_bot":false},"chat":{"id":"c1","chat_type":"PRIVATE"},"text":"Xin chào","message_id":"m7","date":1763863500000},"event_name":"message.text.received"}"#;
const TAKEN: &str = r#"{"ok":true,"result":{"message_id":"z9","date":1763863500000}}"#;

fn settings(url: &str) -> String {
    format!(
        "token = \"12:ab-c_d\"\nsecret = \"long-enough\"\nurl = \"{url}\"\n\
         timeout_milliseconds = 400"
    )
}

fn bot(url: &str, minutes: i64) -> ChatChannel {
    let clock = clock();
    clock.set(NOW.plus_minutes(minutes));
    try_open("zalo-bot", &settings(url), &clock, Memory::fresh())
        .unwrap_or_else(|why| panic!("{why}"))
}

fn call(update: &str) -> Call {
    Call::post(&format!("{{\"ok\":true,\"result\":{update}}}"))
        .at("zalo")
        .header("x-bot-api-secret-token", "long-enough")
}

fn events(call: &Call, minutes: i64) -> Result<Vec<Event>, HookError> {
    let hook = bot("http://127.0.0.1:9", minutes).hook.unwrap();
    call.events(hook.as_ref())
}

#[test]
fn an_update_in_its_wrapping_is_read() {
    let hook = bot("http://127.0.0.1:9", 71 * 60).hook.unwrap();
    let read = call(UPDATE).message(hook.as_ref());
    assert_eq!(read.event_id.as_deref(), Some("m7"));
    assert_eq!((read.from.as_str(), read.text.as_str()), ("c1", "Xin chào"));
    assert_eq!((read.act, read.sent_at), (Act::Wrote, Some(NOW)));
    for kind in ["\"GROUP\"", "\"private\"", "\"\"", "null"] {
        let others = UPDATE.replace("\"PRIVATE\"", kind);
        let read = call(&others).message(hook.as_ref());
        assert_eq!(read.act, Act::InGroup, "{kind}");
    }
    let unsaid = UPDATE.replace("chat_type", "other");
    assert_eq!(call(&unsaid).message(hook.as_ref()).act, Act::InGroup);
    let image = UPDATE.replace("message.text", "message.image");
    assert_eq!(call(&image).message(hook.as_ref()).text, "[image]");
    assert_eq!(hook.taken().body, "");
}

#[test]
fn whoever_does_not_know_the_secret_is_not_let_in() {
    let wrong = call(UPDATE).header("x-bot-api-secret-token", "long-enougH");
    for call in [wrong, Call::post(UPDATE).at("zalo")] {
        assert_eq!(events(&call, 0).err(), Some(HookError::Unsigned));
    }
    let torn = Call::post("{").header("x-bot-api-secret-token", "long-enough");
    assert_eq!(events(&torn, 0).err(), Some(HookError::Malformed("JSON")));
}

#[test]
fn what_is_of_no_use_is_taken_and_left_at_that() {
    let cases = [
        (UPDATE.replace("message.text.received", "message.x"), 0),
        (UPDATE.replace("\"is_bot\":false", "\"is_bot\":true"), 0),
        (UPDATE.replace("message_id", "other"), 0),
        (UPDATE.replace("\"chat\"", "\"other\""), 0),
        ("7".to_owned(), 0),
        (UPDATE.to_owned(), 72 * 60 + 1),
    ];
    for (update, minutes) in cases {
        let read = events(&call(&update), minutes).unwrap();
        assert!(matches!(read.as_slice(), [Event::Ignored(_)]), "{update}");
    }
}

async fn sent(message: Outbound, reply: Reply) -> (String, Vec<String>) {
    let stub = Stub::start(vec![reply]).await;
    let sent = bot(&stub.address(), 0).sender.send(&message).await;
    (word(&sent), stub.requests())
}

#[tokio::test]
async fn a_text_goes_to_its_chat() {
    let (word, requests) = sent(reply("Mã & số"), Reply::json(TAKEN)).await;
    assert_eq!(word, "accepted z9");
    assert!(
        requests[0].starts_with("POST /bot12:ab-c_d/sendMessage HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    assert_eq!(
        json(&requests[0]),
        json!({ "chat_id": "246845883529", "text": "Mã & số" })
    );
}

#[tokio::test]
async fn a_picture_goes_by_its_address_and_without_one_the_words_go_alone() {
    let address = "https://khaibao.example/once/x.png";
    let fetched = Picture {
        url: Some(address.into()),
        ..picture()
    };
    let message = chat(words("Mã: 1"), Some(fetched), Class::Pass);
    let (_, requests) = sent(message, Reply::json(TAKEN)).await;
    assert!(requests[0].starts_with("POST /bot12:ab-c_d/sendPhoto HTTP/1.1\r\n"));
    assert_eq!(
        json(&requests[0]),
        json!({ "chat_id": "246845883529", "photo": address, "caption": "Mã: 1" })
    );
    let message = chat(words("Mã: 1"), Some(picture()), Class::Pass);
    let (_, requests) = sent(message, Reply::json(TAKEN)).await;
    assert!(requests[0].starts_with("POST /bot12:ab-c_d/sendMessage HTTP/1.1\r\n"));
}

#[tokio::test]
async fn each_answer_has_its_word() {
    let error = |code: u16| {
        let body = format!(r#"{{"ok":false,"error_code":{code},"description":"chat c1"}}"#);
        [Reply::json(&body), Reply::status(code, &body)]
    };
    let cases = [
        (error(400), "refused zalo 400"),
        (error(401), "away 60"),
        (error(403), "stopped"),
        (error(404), "away 60"),
        (error(408), "unknown zalo 408"),
        (error(429), "throttled 5"),
        (error(500), "unknown zalo 500"),
    ];
    let cases = cases
        .into_iter()
        .flat_map(|(both, word)| both.map(|reply| (reply, word)));
    let others = [
        (
            Reply::json(r#"{"ok":true}"#),
            "unknown an answer without an id",
        ),
        (
            Reply::json("<html>"),
            "unknown an answer that makes no sense",
        ),
        (Reply::status(503, ""), "away 5"),
        (Reply::status(400, ""), "refused http 400"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the answer broke off"),
    ];
    for (reply, expected) in cases.chain(others) {
        let (word, _) = sent(crate::zalo::reply("KB"), reply.clone()).await;
        assert_eq!(word, expected, "{reply:?}");
        assert!(!word.contains("ab-c_d"));
    }
}

#[tokio::test]
async fn the_keeper_tells_zalo_our_address_and_ends() {
    let stub = Stub::start(vec![Reply::json(r#"{"ok":true,"result":{}}"#)]).await;
    let keeper = bot(&stub.address(), 0).keeper.unwrap();
    keeper.keep(Box::pin(std::future::pending())).await;
    let request = stub.requests().remove(0);
    assert!(
        request.starts_with("POST /bot12:ab-c_d/setWebhook HTTP/1.1\r\n"),
        "{request}"
    );
    let url = format!("{PUBLIC}/hooks/zalo");
    assert_eq!(
        json(&request),
        json!({ "url": url, "secret_token": "long-enough" })
    );
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let base = settings("https://bot.example");
    for settings in [
        base.replace("12:ab-c_d", "../x"),
        base.replace("12:ab-c_d", ""),
        base.replace("long-enough", "short"),
        base.replace("https://", "http://"),
    ] {
        let opened = try_open("zalo-bot", &settings, &clock(), Memory::fresh());
        assert!(opened.is_err(), "{settings}");
    }
}
