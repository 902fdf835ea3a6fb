//! What an Official Account sends, case by case; see `zalo.rs` on its other end.

use channels::{Content, Outbound};
use serde_json::json;
use workflows::message::{Button, ChatText, Class, Does};

use crate::calls::{message, word};
use crate::peers::{Reply, Stub};
use crate::zalo::{
    Memory, NOW, chat, clock, json, oa, oa_settings, picture, reply, try_open, words,
};

const TAKEN: &str = r#"{"data":{"message_id":"z9","user_id":"246845883529","sent_time":"1","quota":{}},"error":0,"message":"Success"}"#;
const UPLOADED: &str = r#"{"data":{"attachment_id":"att/1"},"error":0,"message":"Success"}"#;
const EXPIRED: &str = r#"{"error":-100,"message":"attachment"}"#;

fn error(number: i64) -> Reply {
    Reply::json(&format!(
        r#"{{"error":{number},"message":"user 246845883529"}}"#
    ))
}

/// The outcome of a message that meets these answers, and the requests it made.
async fn sent(message: Outbound, replies: Vec<Reply>) -> (String, Vec<String>) {
    sent_with(message, replies, "").await
}

async fn sent_with(message: Outbound, replies: Vec<Reply>, more: &str) -> (String, Vec<String>) {
    let stub = Stub::start(replies).await;
    let channel = oa(&stub.address(), more, &clock(), &Memory::fresh());
    let sent = channel.sender.send(&message).await;
    (word(&sent), stub.requests())
}

fn with_buttons(text: &str) -> ChatText {
    let button = |label: &str, does: Does| Button {
        label: label.into(),
        does,
    };
    ChatText {
        buttons: vec![
            button("Có", Does::Say("3.1".into())),
            button("Mở", Does::Open("https://khaibao.example/vi/pass/x".into())),
        ],
        ..words(text)
    }
}

#[tokio::test]
async fn a_text_carries_the_token_in_a_header_and_the_words_in_json() {
    let (word, requests) = sent(reply("Mã & số"), vec![Reply::json(TAKEN)]).await;
    assert_eq!(word, "accepted z9");
    let request = &requests[0];
    assert!(
        request.starts_with("POST /v3.0/oa/message/cs HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("access_token: access-1\r\n"), "{request}");
    assert!(!request.contains("appsecret_proof"));
    assert_eq!(
        json(request),
        json!({ "recipient": { "user_id": "246845883529" }, "message": { "text": "Mã & số" } })
    );
}

#[tokio::test]
async fn a_proof_of_the_secret_goes_along_where_it_is_wanted() {
    // hmac.new(b"app-secret-key", b"access-1", "sha256").hexdigest() of Python.
    let proof = "1c3d94b8c0035d82f6aab40dfe025a9e6c89ebedaaee2108bae9c6f76c2c99d6";
    let more = "appsecret_proof = true";
    let (_, requests) = sent_with(reply("KB"), vec![Reply::json(TAKEN)], more).await;
    assert!(
        requests[0].contains(&format!("appsecret_proof: {proof}\r\n")),
        "{}",
        requests[0]
    );
}

#[tokio::test]
async fn buttons_say_our_tokens_under_a_mark_and_open_addresses() {
    let message = chat(with_buttons("Sốt?"), None, Class::Reply);
    let (_, requests) = sent(message, vec![Reply::json(TAKEN)]).await;
    let body = json(&requests[0]);
    assert_eq!(body["message"]["text"], "Sốt?");
    assert_eq!(body["message"]["attachment"]["type"], "template");
    assert_eq!(
        body["message"]["attachment"]["payload"]["buttons"],
        json!([
            { "title": "Có", "type": "oa.query.hide", "payload": "#kb:3.1" },
            { "title": "Mở", "type": "oa.open.url",
              "payload": { "url": "https://khaibao.example/vi/pass/x" } },
        ])
    );
}

#[tokio::test]
async fn the_number_is_asked_by_zalos_form_unless_the_words_are_too_long_for_it() {
    let asking = |text: &str| ChatText {
        asks_number: true,
        ..words(text)
    };
    let message = chat(asking("Số nào?"), None, Class::Reply);
    let more = "form_title = \"Số\"\nform_picture = \"https://khaibao.example/f.png\"";
    let (_, requests) = sent_with(message, vec![Reply::json(TAKEN)], more).await;
    let payload = &json(&requests[0])["message"]["attachment"]["payload"];
    assert_eq!(payload["template_type"], "request_user_info");
    assert_eq!(
        payload["elements"],
        json!([{ "title": "Số", "subtitle": "Số nào?", "image_url": "https://khaibao.example/f.png" }])
    );
    let message = chat(asking(&"x".repeat(501)), None, Class::Reply);
    let (_, requests) = sent(message, vec![Reply::json(TAKEN)]).await;
    assert!(json(&requests[0])["message"]["attachment"].is_null());
}

#[tokio::test]
async fn a_picture_is_uploaded_once_and_goes_with_its_words() {
    let replies = vec![
        Reply::json(UPLOADED),
        Reply::json(TAKEN),
        Reply::json(TAKEN),
    ];
    let stub = Stub::start(replies).await;
    let channel = oa(&stub.address(), "", &clock(), &Memory::fresh());
    let text = "Mã: 1\n/sdt – Thêm số\nhttps://khaibao.example/vi/pass/x";
    let message = chat(words(text), Some(picture()), Class::Pass);
    for _ in 0..2 {
        assert_eq!(word(&channel.sender.send(&message).await), "accepted z9");
    }
    let requests = stub.requests();
    assert_eq!(requests.len(), 3);
    let upload = &requests[0];
    assert!(
        upload.starts_with("POST /v2.0/oa/upload/image HTTP/1.1\r\n"),
        "{upload}"
    );
    assert!(upload.contains("content-type: multipart/form-data; boundary="));
    assert!(
        upload.contains("name=\"file\"; filename=\"pass.png\"\r\nContent-Type: image/png\r\n\r\n")
    );
    assert!(
        upload.contains("PNG\r\n--khaibao-") && upload.ends_with("--\r\n"),
        "{upload}"
    );
    let body = json(&requests[1]);
    assert_eq!(
        body["message"],
        json!({
            "text": text,
            "attachment": { "type": "template", "payload": {
                "template_type": "media",
                "elements": [{ "media_type": "image", "attachment_id": "att/1" }],
            } },
        })
    );
    assert_eq!(body, json(&requests[2]));
}

#[tokio::test]
async fn a_picture_that_zalo_has_forgotten_is_uploaded_again_once() {
    let message = || chat(words("Mã: 1"), Some(picture()), Class::Pass);
    let up = || Reply::json(UPLOADED);
    let replies = vec![up(), Reply::json(EXPIRED), up(), Reply::json(TAKEN)];
    let (word, requests) = sent(message(), replies).await;
    assert_eq!((word.as_str(), requests.len()), ("accepted z9", 4));
    let replies = vec![up(), Reply::json(EXPIRED), up(), Reply::json(EXPIRED)];
    assert_eq!(sent(message(), replies).await.0, "refused zalo -100");
}

#[tokio::test]
async fn an_upload_that_breaks_has_told_nobody_anything() {
    let message = || chat(words("Mã: 1"), Some(picture()), Class::Pass);
    for (reply, expected) in [
        (Reply::Silence, "away 5"),
        (Reply::Cut, "away 5"),
        (Reply::status(502, ""), "away 5"),
        (error(-201), "refused zalo -201"),
        (error(-32), "throttled 15"),
    ] {
        let (word, requests) = sent(message(), vec![reply.clone()]).await;
        assert_eq!((word.as_str(), requests.len()), (expected, 1), "{reply:?}");
    }
}

#[tokio::test]
async fn each_answer_has_its_word() {
    let cases = [
        (error(-32), "throttled 15"),
        (error(-211), "away 3600"),
        (error(-218), "away 3600"),
        (error(-224), "away 3600"),
        (error(-321), "away 3600"),
        (error(-213), "stopped"),
        (error(-227), "stopped"),
        (error(-230), "refused zalo -230"),
        (error(-232), "refused zalo -232"),
        // It is 09:05: until six tomorrow.
        (error(-234), "throttled 75300"),
        (error(-201), "refused zalo -201"),
        (error(-210), "refused zalo -210"),
        (error(-240), "refused zalo -240"),
        (error(-242), "refused zalo -242"),
        (error(-100), "refused zalo -100"),
        (error(-9_999), "refused zalo -9999"),
        (Reply::json(r#"{"error":"-213"}"#), "stopped"),
        (
            Reply::json(r#"{"error":0,"data":{}}"#),
            "unknown an answer without an id",
        ),
        (
            Reply::json("<html>"),
            "unknown an answer that makes no sense",
        ),
        (Reply::status(429, ""), "throttled 5"),
        (Reply::status(403, ""), "away 60"),
        (Reply::status(400, ""), "refused http 400"),
        (Reply::status(500, ""), "unknown http 500"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the answer broke off"),
    ];
    for (reply, expected) in cases {
        let (word, _) = sent(reply_text(), vec![reply.clone()]).await;
        assert_eq!(word, expected, "{reply:?}");
    }
    let channel = oa("http://127.0.0.1:9", "", &clock(), &Memory::fresh());
    assert_eq!(word(&channel.sender.send(&reply_text()).await), "away 5");
    let other = message("KB", None);
    assert!(matches!(other.content, Content::Text(_)));
    assert_eq!(word(&channel.sender.send(&other).await), "refused medium");
}

fn reply_text() -> Outbound {
    reply("KB")
}

#[tokio::test]
async fn what_zalo_would_refuse_or_charge_for_is_not_even_asked() {
    let hours = |hours: i64| ChatText {
        heard_at: Some(NOW.plus_minutes(-hours * 60)),
        ..words("KB")
    };
    let cases = [
        (47, Class::Notice, "", "accepted z9"),
        (49, Class::Notice, "", "refused unpaid"),
        (49, Class::Bulk, "", "refused unpaid"),
        (49, Class::Notice, "paid = true", "accepted z9"),
        (49, Class::Pass, "", "accepted z9"),
        (49, Class::Reply, "", "accepted z9"),
        (167, Class::Pass, "", "accepted z9"),
        (169, Class::Pass, "paid = true", "refused window"),
    ];
    for (ago, class, more, expected) in cases {
        let message = chat(hours(ago), None, class);
        let (word, requests) = sent_with(message, vec![Reply::json(TAKEN)], more).await;
        assert_eq!(word, expected, "{ago} {class:?} {more}");
        assert_eq!(requests.len(), usize::from(word.starts_with("accepted")));
    }
}

#[tokio::test]
async fn when_zalo_counts_to_nothing_the_next_message_waits_for_the_next_minute() {
    let used_up = Reply::Headed("X-RateLimit-Remaining: 0", TAKEN.into());
    let left = Reply::Headed("X-RateLimit-Remaining: 3999", TAKEN.into());
    let stub = Stub::start(vec![used_up, left]).await;
    let clock = clock();
    let channel = oa(&stub.address(), "", &clock, &Memory::fresh());
    assert_eq!(word(&channel.sender.send(&reply("1")).await), "accepted z9");
    assert_eq!(
        word(&channel.sender.send(&reply("2")).await),
        "throttled 61"
    );
    assert_eq!(stub.requests().len(), 1);
    clock.set(NOW.plus_seconds(60));
    assert_eq!(word(&channel.sender.send(&reply("2")).await), "accepted z9");
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let base = oa_settings("https://openapi.zalo.example");
    let cases = [
        base.replace(
            "https://openapi.zalo.example",
            "http://openapi.zalo.example",
        ),
        base.replace("oa-secret-key", "short"),
        base.replace("\"3601\"", "\"\""),
        base.replace("app-secret-key", ""),
        format!("{base}\nmax_age_hours = 73"),
        format!("{base}\nmisspelt = 1"),
    ];
    let open = |settings: &str| try_open("zalo-oa", settings, &clock(), Memory::fresh());
    assert!(open(&base).is_ok());
    for settings in cases {
        assert!(open(&settings).is_err(), "{settings}");
    }
}
