//! Gateways described by settings, and the two descriptions shipped. No such gateway can be
//! talked to here: a small server on a socket gives the answers of their documents.

use crate::calls::{Call, ID, hook, message, open, try_open, word};
use crate::peers::{Reply, Stub};
use channels::inbound::HookError;
use channels::sms::SmsChannel;
use serde_json::{Value, json};
use workflows::message::{Event, PartOf, ReceiptState};

const ESMS: &str = r#"
profile = "esms-vn"
timeout_milliseconds = 400
secrets = { api_key = "KEY", secret_key = "KEPT" }
values = { brandname = "SO Y TE" }
gate = { query = { name = "secret", secret = "long-enough" } }
"#;

const AFRICAS_TALKING: &str = r#"
profile = "africas-talking"
timeout_milliseconds = 400
secrets = { api_key = "KEY" }
values = { username = "khaibao", sender = "KHAIBAO" }
gate = { query = { name = "secret", secret = "long-enough" } }
"#;

/// A description with every kind of thing in it.
const OWN: &str = r#"
url = "https://sms.example/{account}/send"
wrapping = "query"
fields = { n = "{to_plain}", t = "{text}", i = "{id}", p = "{part}/{parts}", u = "{udh}", b = "{{}" }
values = { account = "a b/c" }
taken = "{\"status\":\"ok\"}"
answer = { begins = "OK" }
[gate]
header = { name = "X-Token", secret = "token-token" }
basic = { username = "gw", password = "password" }
sources = ["203.0.113.0/24", "2001:db8::7"]
[message]
wrapping = "json"
id = "/data/id"
from = "/data/from"
to = "/data/to"
text = "/data/text"
part = { reference = "/data/ref", number = "/data/part", total = "/data/parts" }
"#;

fn at(settings: &str, stub: &Stub) -> SmsChannel {
    let path = "url = \"https://sms.example/{account}";
    match settings
        .strip_prefix('\n')
        .unwrap_or(settings)
        .split_once(path)
    {
        Some((_, rest)) => open(
            "template",
            &format!("url = \"{}/{{account}}{rest}", stub.address()),
        ),
        None => open(
            "template",
            &format!("url = \"{}/send\"\n{settings}", stub.address()),
        ),
    }
}

async fn outcome(settings: &str, reply: Reply) -> String {
    let stub = Stub::start(vec![reply]).await;
    word(
        &at(settings, &stub)
            .sender
            .send(&message("Ma: 1", None))
            .await,
    )
}

#[tokio::test]
async fn esms_gets_its_json_with_our_id_as_the_key_against_repeats() {
    let stub = Stub::start(vec![Reply::json(r#"{"CodeResult":"100","SMSID":"d53-1"}"#)]).await;
    let sent = at(ESMS, &stub)
        .sender
        .send(&message("Ma \"1\" {to}", None))
        .await;
    assert_eq!(word(&sent), "accepted d53-1");
    let request = stub.requests().remove(0);
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let expected = json!({
        "ApiKey": "KEY", "SecretKey": "KEPT", "Phone": "0912345678", "Content": "Ma \"1\" {to}",
        "Brandname": "SO Y TE", "SmsType": "2", "IsUnicode": "0", "Sandbox": "0", "RequestId": ID,
        "CallbackUrl": "https://khaibao.example/hooks/sms-main?secret=long-enough",
    });
    assert_eq!(body, expected);
    assert!(ID.len() <= 50);
}

#[tokio::test]
async fn each_code_of_esms_has_its_word() {
    let repeated = format!("accepted {ID}");
    let cases = [
        ("124", repeated.as_str()),
        ("99", "refused 99"),
        ("108", "refused 108"),
        ("101", "away 60"),
        ("103", "away 60"),
        ("999", "refused 999"),
    ];
    for (code, expected) in cases {
        let reply = Reply::json(&format!(r#"{{"CodeResult":"{code}","ErrorMessage":"An"}}"#));
        assert_eq!(outcome(ESMS, reply).await, expected, "{code}");
    }
    let odd = [
        (Reply::json("{}"), "unknown an answer without a code"),
        (Reply::json("<html>"), "unknown an answer without a code"),
        (Reply::status(500, ""), "unknown http 500"),
        (Reply::status(429, ""), "throttled 5"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the answer broke off"),
    ];
    for (reply, expected) in odd {
        assert_eq!(outcome(ESMS, reply.clone()).await, expected, "{reply:?}");
    }
}

#[test]
fn a_receipt_of_esms_is_read_from_its_query() {
    let hook = hook(&open("template", ESMS));
    let cases = [
        ("5", "1", ReceiptState::Delivered),
        ("5", "0", ReceiptState::Failed),
        ("7", "0", ReceiptState::Underway),
    ];
    for (status, success, state) in cases {
        let query = format!(
            "secret=long-enough&SMSID=dc71&SendFailed=0&SendStatus={status}&SendSuccess={success}\
             &RequestId=&TypeId=2&telcoid=1&phonenumber=0901888484"
        );
        let receipt = Call::get(&query).receipt(hook.as_ref());
        assert_eq!(
            (receipt.provider_id.as_str(), receipt.state),
            ("dc71", state)
        );
        assert_eq!(receipt.to.as_deref(), Some("0901888484"));
    }
    let query = "SMSID=dc71&SendStatus=5&SendSuccess=1";
    assert_eq!(
        Call::get(query).events(hook.as_ref()).err(),
        Some(HookError::Unsigned)
    );
    let unknown = Call::get(&format!("secret=long-enough&{}", query.replace("=5", "=6")));
    assert!(matches!(
        unknown.events(hook.as_ref()).unwrap()[0],
        Event::Ignored(_)
    ));
    let missing = Call::get("secret=long-enough&SMSID=dc71");
    assert!(matches!(
        missing.events(hook.as_ref()),
        Err(HookError::Malformed(_))
    ));
}

#[tokio::test]
async fn africas_talking_gets_a_form_and_its_codes_have_their_words() {
    let answer = |code: u16| {
        Reply::status(
            201,
            &format!(
                r#"{{"SMSMessageData":{{"Message":"Sent","Recipients":[{{"statusCode":{code},
                "number":"+84912345678","status":"?","messageId":"ATXid_1"}}]}}}}"#
            ),
        )
    };
    let stub = Stub::start(vec![answer(101)]).await;
    let sent = at(AFRICAS_TALKING, &stub)
        .sender
        .send(&message("Ma & so", None))
        .await;
    assert_eq!(word(&sent), "accepted ATXid_1");
    let request = stub.requests().remove(0);
    assert!(request.contains("apikey: KEY\r\n"), "{request}");
    assert!(request.ends_with("from=KHAIBAO&message=Ma+%26+so&to=%2B84912345678&username=khaibao"));
    let cases = [
        (403, "refused 403"),
        (405, "away 60"),
        (406, "stopped"),
        (501, "unknown code 501"),
    ];
    for (code, expected) in cases {
        assert_eq!(outcome(AFRICAS_TALKING, answer(code)).await, expected);
    }
    let none = Reply::status(201, r#"{"SMSMessageData":{"Message":"x","Recipients":[]}}"#);
    assert_eq!(
        outcome(AFRICAS_TALKING, none).await,
        "unknown an answer without a code"
    );
}

#[test]
fn messages_and_receipts_of_africas_talking_come_to_one_address() {
    let hook = hook(&open("template", AFRICAS_TALKING));
    let body = "from=%2B84912345678&to=8066&text=KB+1&id=b1&date=2026-11-23&linkId=";
    let message = Call::post(body)
        .query("secret=long-enough")
        .message(hook.as_ref());
    assert_eq!(
        (message.text.as_str(), message.event_id.as_deref()),
        ("KB 1", Some("b1"))
    );
    let body = "id=ATXid_1&status=Failed&phoneNumber=%2B84912345678&failureReason=UserInactive";
    let receipt = Call::post(body)
        .query("secret=long-enough")
        .receipt(hook.as_ref());
    assert_eq!(receipt.state, ReceiptState::Failed);
    assert_eq!(receipt.code.as_deref(), Some("UserInactive"));
    assert_eq!(hook.taken().body, "");
}

#[tokio::test]
async fn an_operators_own_description_is_followed_and_every_filling_escaped() {
    let stub = Stub::start(vec![Reply::json("OK 17"), Reply::json("NO")]).await;
    let channel = at(OWN, &stub);
    let part = PartOf {
        reference: 7,
        number: 2,
        total: 3,
    };
    let sent = channel.sender.send(&message("a&t=b", Some(part))).await;
    assert_eq!(word(&sent), format!("accepted {ID}"));
    let line = stub.requests()[0].lines().next().unwrap().to_owned();
    assert_eq!(
        line,
        format!(
            "POST /a%20b%2Fc/send?b=%7B%7D&i={ID}&n=84912345678&p=2%2F3&t=a%26t%3Db\
             &u=050003070302 HTTP/1.1"
        )
    );
    let sent = channel.sender.send(&message("x", None)).await;
    assert_eq!(word(&sent), "unknown an answer of unknown words");
}

#[test]
fn every_check_at_the_gate_must_hold() {
    let hook = hook(&open("template", OWN));
    let body =
        r#"{"data":{"id":7,"from":"849","to":"8066","text":"x","ref":9,"part":1,"parts":2}}"#;
    let good = Call::post(body)
        .header("x-token", "token-token")
        .header("authorization", "Basic Z3c6cGFzc3dvcmQ=")
        .from("203.0.113.9");
    let message = good.message(hook.as_ref());
    assert_eq!(message.event_id.as_deref(), Some("7"));
    let part = message.part.unwrap();
    assert_eq!((part.reference, part.number, part.total), (9, 1, 2));
    assert_eq!(hook.taken().content_type, "application/json");
    let bad = [
        good.clone().header("x-token", "token-tokem"),
        good.clone()
            .header("authorization", "Basic Z3c6cGFzc3dvcmR"),
        good.clone()
            .header("authorization", "Bearer Z3c6cGFzc3dvcmQ="),
        good.clone().from("203.0.114.9"),
        good.clone().from("2001:db8::8"),
        Call {
            source: None,
            ..good.clone()
        },
    ];
    for call in bad {
        assert_eq!(call.events(hook.as_ref()).err(), Some(HookError::Unsigned));
    }
    assert!(
        good.clone()
            .from("2001:db8::7")
            .events(hook.as_ref())
            .is_ok()
    );
    assert!(
        good.from("::ffff:203.0.113.1")
            .events(hook.as_ref())
            .is_ok()
    );
}

#[test]
fn a_body_without_its_fields_is_malformed() {
    let hook = hook(&open("template", OWN));
    for body in [
        "",
        "[]",
        "{}",
        "7",
        r#"{"data":{"id":"","from":"849","to":"1","text":"x"}}"#,
    ] {
        let call = Call::post(body)
            .header("x-token", "token-token")
            .header("authorization", "Basic Z3c6cGFzc3dvcmQ=")
            .from("203.0.113.9");
        assert!(
            matches!(call.events(hook.as_ref()), Err(HookError::Malformed(_))),
            "{body}"
        );
    }
}

#[test]
fn a_description_that_makes_no_sense_is_refused_at_the_start() {
    assert!(try_open("template", OWN).is_ok());
    let bad = [
        OWN.replace("{text}", "{txet}"),
        OWN.replace("{text}", "{text"),
        OWN.replace("https:", "http:"),
        OWN.replace(
            "wrapping = \"query\"",
            "wrapping = \"query\"\nmethod = \"SEND\"",
        ),
        OWN.replace("t = \"{text}\"", "t = [\"{text}\"]"),
        OWN.replace("203.0.113.0/24", "203.0.113.0/33"),
        OWN.replace("token-token", "short"),
        ESMS.replace("esms-vn", "esms-com"),
        ESMS.replace("api_key", "apikey"),
        ESMS.lines()
            .filter(|line| !line.starts_with("gate"))
            .collect::<Vec<_>>()
            .join("\n"),
        ESMS.replace(
            "{ query = { name = \"secret\", secret = \"long-enough\" } }",
            "{}",
        ),
    ];
    for settings in bad {
        assert!(try_open("template", &settings).is_err(), "{settings}");
    }
}
