//! Twilio, case by case. There is no Twilio to talk to; the answers come from a small server on a
//! socket. The signatures are not ours: the validator of the npm package `twilio` 6.2.0
//! (`webhooks.getExpectedTwilioSignature`, `getExpectedBodyHash`) made them.

use crate::calls::{Call, hook, message, word};
use crate::peers::{Reply, Stub};
use channels::inbound::HookError;
use channels::sms::SmsChannel;
use workflows::message::ReceiptState;

const MESSAGE: &str = "MessageSid=SM0123456789abcdef0123456789abcdef&From=%2B84912345678\
    &To=%2B842471000000&Body=KB+001090000001+Nguy%E1%BB%85n+V%C4%83n+An+%26+con&NumMedia=0";
const STATUS: &str = "MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=undelivered\
    &ErrorCode=30003&To=%2B84912345678";
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

/// The signatures were made for the address of a channel named `sms-twilio`.
fn twilio(url: &str) -> SmsChannel {
    let channel = workflows::message::ChannelId::parse("sms-twilio").unwrap();
    let settings = format!(
        "url = \"{url}\"\naccount_sid = \"AC1\"\nsender = \"+842471000000\"\n\
         auth_token = \"12345678901234567890123456789012\"\ntimeout_milliseconds = 400"
    );
    let place = channels::Place {
        channel: &channel,
        public_url: crate::calls::PUBLIC,
    };
    channels::sms::open("twilio", &settings.parse().unwrap(), &place).unwrap()
}

fn nowhere() -> SmsChannel {
    twilio("http://127.0.0.1:9")
}

fn signed(body: &str, signature: &str) -> Call {
    Call::post(body)
        .at("sms-twilio")
        .header("content-type", FORM)
        .header("x-twilio-signature", signature)
}

async fn outcome(reply: Reply) -> String {
    let stub = Stub::start(vec![reply]).await;
    let channel = twilio(&stub.address());
    word(&channel.sender.send(&message("Ma: 1", None)).await)
}

#[test]
fn a_message_signed_by_twilios_own_code_is_read() {
    let read = signed(MESSAGE, "FbhJhKKKjhis44uRx0xjUr2vbqg=").message(hook(&nowhere()).as_ref());
    assert_eq!(
        read.event_id.as_deref(),
        Some("SM0123456789abcdef0123456789abcdef")
    );
    assert_eq!(read.from, "+84912345678");
    assert_eq!(read.text, "KB 001090000001 Nguyễn Văn An & con");
}

#[test]
fn a_receipt_whose_address_has_a_query_is_read() {
    let call = signed(STATUS, "YUnzJ9RgrdxaUyRfF58gb8dvYyQ=").query("a=1&b=%20x");
    let receipt = call.receipt(hook(&nowhere()).as_ref());
    assert_eq!(receipt.provider_id, "SM0123456789abcdef0123456789abcdef");
    assert_eq!(receipt.state, ReceiptState::Failed);
    assert_eq!(receipt.code.as_deref(), Some("30003"));
    assert_eq!(receipt.to.as_deref(), Some("+84912345678"));
}

#[test]
fn a_body_of_json_is_signed_through_its_digest() {
    let body = r#"{"MessageSid":"SM0123456789abcdef0123456789abcdef","From":"+84912345678","To":"+842471000000","Body":"KB 1"}"#;
    let digest = "bodySHA256=e8a92a13a56aefab927568d462b81538c04b9f88b259e1fc99601e11602da420";
    let call = |body: &str| {
        Call::post(body)
            .at("sms-twilio")
            .query(digest)
            .header("content-type", "application/json")
            .header("x-twilio-signature", "8sn2mOsQVIQ3omk/91+r/U1hw64=")
    };
    let hook = hook(&nowhere());
    assert_eq!(call(body).message(hook.as_ref()).text, "KB 1");
    let forged = body.replace("KB 1", "KB 2");
    assert_eq!(
        call(&forged).events(hook.as_ref()).err(),
        Some(HookError::Unsigned)
    );
}

#[test]
fn repeated_and_odd_names_are_signed_in_twilios_order() {
    let body = "MessageSid=SM1&B=2&B=1&B=2&a=x&A=&From=%2B84912345678&To=%2B842471000000&Body=b";
    let call = signed(body, "4X9EsXx0+M1enZa+4hFl2FIiHwk=");
    assert_eq!(call.message(hook(&nowhere()).as_ref()).text, "b");
    let query = "MessageSid=SM1&From=%2B84912345678&To=%2B842471000000&Body=KB";
    let call = Call::get(query)
        .at("sms-twilio")
        .header("x-twilio-signature", "6QWd+ZZcydM/xteNobfdvc9wAqE=");
    assert_eq!(call.message(hook(&nowhere()).as_ref()).text, "KB");
}

#[test]
fn a_bad_signature_and_a_changed_field_are_not_let_in() {
    let hook = hook(&nowhere());
    let cases = [
        signed(MESSAGE, "FbhJhKKKjhis44uRx0xjUr2vbqh="),
        signed(MESSAGE, ""),
        signed(
            &MESSAGE.replace("NumMedia=0", "NumMedia=1"),
            "FbhJhKKKjhis44uRx0xjUr2vbqg=",
        ),
        signed(MESSAGE, "FbhJhKKKjhis44uRx0xjUr2vbqg=").query("a=1"),
        Call::post(MESSAGE).at("sms-twilio"),
        Call::default().at("sms-twilio"),
    ];
    for call in cases {
        assert_eq!(call.events(hook.as_ref()).err(), Some(HookError::Unsigned));
    }
}

#[test]
fn the_answer_sends_nothing_back() {
    let taken = hook(&nowhere()).taken();
    assert_eq!(taken.body, "<Response/>");
    assert!(taken.content_type.starts_with("text/xml"));
}

#[tokio::test]
async fn a_message_is_a_form_with_the_address_for_its_receipts() {
    let stub = Stub::start(vec![Reply::status(
        201,
        r#"{"sid":"SM9","status":"queued"}"#,
    )])
    .await;
    let sent = twilio(&stub.address())
        .sender
        .send(&message("Mã & số", None))
        .await;
    assert_eq!(word(&sent), "accepted SM9");
    let request = stub.requests().remove(0);
    assert!(request.starts_with("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\n"));
    assert!(
        request.contains("authorization: Basic QUMxOjEyMzQ1"),
        "{request}"
    );
    assert!(request.ends_with(
        "To=%2B84912345678&From=%2B842471000000&Body=M%C3%A3+%26+s%E1%BB%91\
         &StatusCallback=https%3A%2F%2Fkhaibao.example%2Fhooks%2Fsms-twilio"
    ));
}

#[tokio::test]
async fn each_answer_has_its_word() {
    let error = |status: u16, code: u32| {
        Reply::status(
            status,
            &format!(r#"{{"code":{code},"message":"To +84912345678"}}"#),
        )
    };
    let cases = [
        (Reply::status(201, "{}"), "unknown an answer without an id"),
        (error(400, 21_211), "refused 21211"),
        (error(400, 21_610), "stopped"),
        (error(429, 20_429), "throttled 5"),
        (error(401, 20_003), "away 60"),
        (Reply::status(400, "<html>"), "refused http 400"),
        (error(500, 20_500), "unknown http 500"),
        (Reply::status(503, ""), "away 5"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the answer broke off"),
    ];
    for (reply, expected) in cases {
        assert_eq!(outcome(reply.clone()).await, expected, "{reply:?}");
    }
}
