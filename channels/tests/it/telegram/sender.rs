//! What is sent.

use std::io::Write;
use std::sync::{Arc, Mutex};

use channels::chat::ChatChannel;
use channels::{ChatMessage, Content, Outbound, Picture};
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt as _;
use uuid::Uuid;
use workflows::ids::OutboundId;
use workflows::message::{Button, ChatText, Class, Does};

use super::{TOKEN, open};
use crate::calls::{ID, word};
use crate::peers::{Reply, Stub};

const CHAT: &str = "4200042";

pub(super) fn outbound(words: ChatText, picture: Option<&str>) -> Outbound {
    Outbound {
        id: OutboundId(Uuid::parse_str(ID).unwrap()),
        to: CHAT.into(),
        content: Content::Chat(Box::new(ChatMessage {
            words,
            picture: picture.map(|name| Picture {
                name: name.into(),
                png: Arc::new(b"\x89PNG not really".to_vec()),
                url: None,
            }),
            class: Class::Reply,
        })),
    }
}

pub(super) fn text(words: &str) -> ChatText {
    ChatText {
        text: words.into(),
        ..ChatText::default()
    }
}

fn say(label: &str, token: &str) -> Button {
    Button {
        label: label.into(),
        does: Does::Say(token.into()),
    }
}

pub(super) async fn send(channel: &ChatChannel, message: &Outbound) -> String {
    word(&channel.sender.send(message).await)
}

pub(super) fn ok(id: i64) -> Reply {
    Reply::json(&format!(
        r#"{{"ok":true,"result":{{"message_id":{id},"date":1,"chat":{{"id":1,"type":"private"}}}}}}"#
    ))
}

fn photo_ok(id: i64, file: &str) -> Reply {
    Reply::json(&format!(
        r#"{{"ok":true,"result":{{"message_id":{id},"photo":[{{"file_id":"small"}},{{"file_id":"{file}"}}]}}}}"#
    ))
}

pub(super) fn error(code: u16, description: &str) -> Reply {
    let body = json!({"ok": false, "error_code": code, "description": description});
    Reply::status(code, &body.to_string())
}

pub(super) fn bad(description: &str) -> Reply {
    error(400, &format!("Bad Request: {description}"))
}

/// The methods that were called, and the body of each call of JSON.
fn calls(stub: &Stub) -> Vec<(String, Value)> {
    let requests = stub.requests();
    let calls = requests.iter().map(|request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line = head.lines().next().unwrap();
        let path = line.split(' ').nth(1).unwrap();
        let method = path.strip_prefix(&format!("/bot{TOKEN}/")).unwrap();
        (
            method.to_owned(),
            serde_json::from_str(body).unwrap_or_default(),
        )
    });
    calls.collect()
}

fn methods(stub: &Stub) -> Vec<String> {
    calls(stub).into_iter().map(|(method, _)| method).collect()
}

#[tokio::test]
async fn words_go_as_they_are_with_their_buttons_and_no_preview_is_fetched() {
    let stub = Stub::start(vec![ok(77)]).await;
    let words = ChatText {
        buttons: vec![
            say("Có", "s3:1"),
            say("Không", "s3:2"),
            say("Tôi không biết rõ", "s3:3"),
            Button {
                label: "Mở trang".into(),
                does: Does::Open("https://khaibao.example/w/abc".into()),
            },
        ],
        ..text("Có <b>sốt</b> không? _1_")
    };
    let channel = open(&stub.address(), "");
    assert_eq!(send(&channel, &outbound(words, None)).await, "accepted 77");
    let (method, body) = calls(&stub).remove(0);
    assert_eq!(method, "sendMessage");
    assert_eq!(
        body,
        json!({
            "chat_id": 4_200_042, "text": "Có <b>sốt</b> không? _1_",
            "link_preview_options": {"is_disabled": true},
            "reply_markup": {"inline_keyboard": [
                [{"text": "Có", "callback_data": "s3:1"}, {"text": "Không", "callback_data": "s3:2"}],
                [{"text": "Tôi không biết rõ", "callback_data": "s3:3"}],
                [{"text": "Mở trang", "url": "https://khaibao.example/w/abc"}],
            ]},
        })
    );
}

#[tokio::test]
async fn the_number_is_asked_for_with_a_keyboard_that_goes_away_with_the_next_plain_message() {
    let stub = Stub::start(vec![ok(1), ok(2)]).await;
    let channel = open(&stub.address(), "");
    let asking = ChatText {
        asks_number: true,
        replaces: Some("5".into()),
        buttons: vec![say("Bỏ qua", "s4:0")],
        ..text("Số điện thoại?")
    };
    send(&channel, &outbound(asking, None)).await;
    send(&channel, &outbound(text("Cảm ơn"), None)).await;
    let calls = calls(&stub);
    let keyboard = &calls[0].1["reply_markup"];
    assert_eq!(calls[0].0, "sendMessage");
    assert_eq!(keyboard["keyboard"][0][0]["request_contact"], true);
    assert_eq!(keyboard["keyboard"][1], json!([{"text": "Bỏ qua"}]));
    assert_eq!(keyboard["one_time_keyboard"], true);
    assert_eq!(calls[1].1["reply_markup"], json!({"remove_keyboard": true}));
}

#[tokio::test]
async fn a_press_is_answered_first_and_its_message_gives_way_to_the_next() {
    let pressed = || ChatText {
        answers: Some("4382".into()),
        replaces: Some("5".into()),
        ..text("Tiếp theo?")
    };
    let too_old = || bad("query is too old and response timeout expired or query ID is invalid");
    let not_modified = bad(
        "message is not modified: specified new message content and reply markup are exactly \
         the same as a current content and reply markup of the message",
    );
    let done = || Reply::json(r#"{"ok":true,"result":true}"#);
    let edit: &[&str] = &["answerCallbackQuery", "editMessageText"];
    let anew: &[&str] = &["answerCallbackQuery", "editMessageText", "sendMessage"];
    let blocked = error(403, "Forbidden: bot was blocked by the user");
    let cases = [
        (vec![done(), ok(5)], "accepted 5", edit),
        (vec![too_old(), ok(5)], "accepted 5", edit),
        (vec![Reply::Cut, not_modified], "accepted 5", edit),
        (vec![Reply::Silence, ok(5)], "accepted 5", edit),
        (
            vec![done(), bad("message can't be edited"), ok(6)],
            "accepted 6",
            anew,
        ),
        (
            vec![done(), bad("message to edit not found"), ok(6)],
            "accepted 6",
            anew,
        ),
        (
            vec![
                done(),
                bad("there is no text in the message to edit"),
                ok(6),
            ],
            "accepted 6",
            anew,
        ),
        (vec![done(), blocked], "stopped", edit),
        (
            vec![done(), Reply::Cut],
            "unknown the connection broke",
            edit,
        ),
    ];
    for (replies, expected, called) in cases {
        let told = format!("{replies:?}");
        let stub = Stub::start(replies).await;
        let channel = open(&stub.address(), "");
        assert_eq!(
            send(&channel, &outbound(pressed(), None)).await,
            expected,
            "{told}"
        );
        assert_eq!(methods(&stub), called, "{told}");
        let edited = &calls(&stub)[1].1;
        assert_eq!(edited["message_id"], 5);
        assert_eq!(edited["text"], "Tiếp theo?");
    }
}

#[tokio::test]
async fn a_press_without_words_is_answered_and_nothing_is_said() {
    let only = || ChatText {
        answers: Some("4382".into()),
        ..ChatText::default()
    };
    let done = Reply::json(r#"{"ok":true,"result":true}"#);
    let old = bad("query is too old and response timeout expired or query ID is invalid");
    let flood = error(429, "Too Many Requests: later");
    let cases = [
        (done, "accepted 4382"),
        (old, "accepted 4382"),
        (Reply::Cut, "accepted 4382"),
        (flood, "throttled 5"),
    ];
    for (reply, expected) in cases {
        let stub = Stub::start(vec![reply]).await;
        let channel = open(&stub.address(), "");
        assert_eq!(send(&channel, &outbound(only(), None)).await, expected);
        assert_eq!(methods(&stub), ["answerCallbackQuery"]);
        assert_eq!(calls(&stub)[0].1, json!({"callback_query_id": "4382"}));
    }
}

#[tokio::test]
async fn a_picture_is_uploaded_once_and_again_when_telegram_has_lost_it() {
    let stub = Stub::start(vec![
        photo_ok(1, "AgAC-1"),
        photo_ok(2, "AgAC-1"),
        photo_ok(3, "AgAC-2"),
        bad("wrong file identifier/HTTP URL specified"),
        photo_ok(4, "AgAC-3"),
        error(403, "Forbidden: bot was blocked by the user"),
    ])
    .await;
    let channel = open(&stub.address(), "");
    let pass = || ChatText {
        replaces: Some("5".into()),
        ..text("Thẻ ABCD-1234")
    };
    let expected = [
        ("one", "accepted 1"),
        ("one", "accepted 2"),
        ("two", "accepted 3"),
        ("one", "accepted 4"),
        ("one", "stopped"),
    ];
    for (name, outcome) in expected {
        assert_eq!(send(&channel, &outbound(pass(), Some(name))).await, outcome);
    }
    assert_eq!(methods(&stub), ["sendPhoto"; 6]);
    let calls = calls(&stub);
    let uploads: Vec<bool> = stub
        .requests()
        .iter()
        .map(|r| r.contains("PNG not really"))
        .collect();
    assert_eq!(uploads, [true, false, true, false, true, false]);
    let first = stub.requests().remove(0);
    for part in [
        "name=\"chat_id\"\r\n\r\n4200042\r\n",
        "Thẻ ABCD-1234",
        "filename=\"khaibao.png\"",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert_eq!(calls[1].1["photo"], "AgAC-1");
    assert_eq!(calls[1].1["caption"], "Thẻ ABCD-1234");
    assert_eq!(calls[5].1["photo"], "AgAC-3");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_the_token_nor_the_chat_nor_words_of_telegrams_show_in_results_or_logs() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish()
        .set_default();
    let mut told = Vec::new();
    let replies = [
        ok(1),
        bad("no rights to write to Nguyen Van An"),
        error(401, "Unauthorized"),
        Reply::json("{\"Nguyen Van An\""),
        Reply::status(302, ""),
        Reply::Cut,
        Reply::Silence,
    ];
    for reply in replies {
        let stub = Stub::start(vec![reply]).await;
        let channel = open(&stub.address(), "");
        let message = outbound(text("Nguyen Van An"), None);
        let sent = channel.sender.send(&message).await;
        told.push(format!("{sent:?} {message:?} {channel:?}"));
    }
    let nobody = open("http://127.0.0.1:9", "");
    let sent = nobody.sender.send(&outbound(text("x"), None)).await;
    told.push(format!("{sent:?}"));
    let keeper = nobody.keeper.unwrap();
    let a_while = Box::pin(tokio::time::sleep(std::time::Duration::from_millis(300)));
    keeper.keep(a_while).await;
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("Telegram's setWebhook: not now"),
        "{logged}"
    );
    for text in [told.join("\n"), logged] {
        for secret in ["AAsecret", "Nguyen", CHAT, super::SECRET] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
