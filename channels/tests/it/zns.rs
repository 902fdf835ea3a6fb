//! Templates by phone number, case by case; see `zalo.rs` on the other end.

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::chat::zns;
use channels::{Content, Outbound, Sender};
use serde_json::json;
use uuid::Uuid;
use workflows::ids::OutboundId;

use crate::calls::{ID, message, word};
use crate::peers::{Reply, Stub};
use crate::zalo::{Memory, clock, json, oa_settings};

const TAKEN: &str =
    r#"{"error":0,"message":"Success","data":{"msg_id":"n9","sent_time":"1","quota":{}}}"#;

fn open(url: &str, more: &str) -> Arc<dyn Sender> {
    let settings = format!(
        "account = \"zalo\"\ntemplate_id = \"7895417\"\nurl = \"{url}\"\n\
         timeout_milliseconds = 400\n{more}\n[values]\nma = \"code\"\nhan = \"until\"\n"
    );
    let account = oa_settings(url).parse().unwrap();
    zns::open(
        &settings.parse().unwrap(),
        &account,
        &clock(),
        Memory::fresh(),
    )
    .unwrap()
}

fn pass() -> Outbound {
    let values = [
        ("code", "AB12-CD34"),
        ("until", "09:00 26/11"),
        ("name", "unused"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Outbound {
        id: OutboundId(Uuid::parse_str(ID).unwrap()),
        to: "+84912345678".into(),
        content: Content::Template(BTreeMap::from(values)),
    }
}

#[tokio::test]
async fn a_template_gets_its_values_the_number_and_our_own_id() {
    let stub = Stub::start(vec![Reply::json(TAKEN)]).await;
    let sent = open(&stub.address(), "development = true")
        .send(&pass())
        .await;
    assert_eq!(word(&sent), "accepted n9");
    let request = stub.requests().remove(0);
    assert!(
        request.starts_with("POST /message/template HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("access_token: access-1\r\n"));
    assert_eq!(
        json(&request),
        json!({
            "phone": "84912345678",
            "template_id": "7895417",
            "template_data": { "ma": "AB12-CD34", "han": "09:00 26/11" },
            "tracking_id": ID,
            "mode": "development",
        })
    );
}

#[tokio::test]
async fn each_answer_has_its_word() {
    let error =
        |number: i64| Reply::json(&format!(r#"{{"error":{number},"message":"84912345678"}}"#));
    let cases = [
        (error(-32), "throttled 15"),
        (error(-144), "away 3600"),
        (error(-147), "away 3600"),
        (error(-115), "away 3600"),
        (error(-133), "throttled 75300"),
        (error(-108), "refused zalo -108"),
        (error(-114), "refused zalo -114"),
        (error(-118), "refused zalo -118"),
        (error(-119), "refused zalo -119"),
        (error(-132), "refused zalo -132"),
        (error(-100), "unknown zalo -100"),
        (
            Reply::json(r#"{"error":0}"#),
            "unknown an answer without an id",
        ),
        (Reply::status(500, ""), "unknown http 500"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the answer broke off"),
    ];
    for (reply, expected) in cases {
        let stub = Stub::start(vec![reply.clone()]).await;
        let sent = open(&stub.address(), "").send(&pass()).await;
        assert_eq!(word(&sent), expected, "{reply:?}");
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let pair = r#"{"access_token":"access-2","refresh_token":"refresh-2","expires_in":"90000"}"#;
    let replies = [r#"{"error":-124}"#, pair, TAKEN].map(Reply::json).to_vec();
    let stub = Stub::start(replies).await;
    assert_eq!(
        word(&open(&stub.address(), "").send(&pass()).await),
        "accepted n9"
    );
    assert!(stub.requests()[2].contains("access_token: access-2\r\n"));
}

#[tokio::test]
async fn what_a_template_cannot_say_is_refused_before_it_is_sent() {
    let sender = open("http://127.0.0.1:9", "");
    let mut lacking = pass();
    if let Content::Template(values) = &mut lacking.content {
        values.remove("until");
    }
    assert_eq!(word(&sender.send(&lacking).await), "refused values");
    assert_eq!(
        word(&sender.send(&message("KB", None)).await),
        "refused medium"
    );
}
