//! Whatever a gateway, or somebody in its place, sends: a hook answers and never panics.

use std::sync::Arc;

use channels::inbound::{EventHook, UssdHook};
use channels::ussd;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::calls::{Call, hook, open};
use crate::zalo;
use crate::zalo_events::signed_now;

const GATE: &str = "gate = { query = { name = \"secret\", secret = \"long-enough\" } }";

/// Names that hooks look for, so that chance comes past the first check.
const NAMES: &[&str] = &[
    "secret=long-enough",
    "dlr",
    "id",
    "from",
    "to",
    "text",
    "coding",
    "charset",
    "time",
    "answer",
    "SMSID",
    "SendStatus",
    "SendSuccess",
    "status",
    "phoneNumber",
    "sessionId",
    "serviceCode",
    "MSGTYPE",
    "SESSIONID",
    "MSISDN",
    "USERDATA",
    "Type",
    "SessionId",
    "Mobile",
    "Message",
    "update_id",
    "callback_query",
    "timestamp",
    "event_name",
    "message",
    "result",
];

/// What a signed event of an Official Account may be called.
const EVENTS: &[&str] = &[
    "user_send_text",
    "user_send_image",
    "follow",
    "user_submit_info",
    "user_seen_message",
    "user_received_message",
    "other",
];

fn event_hooks() -> Vec<Arc<dyn EventHook>> {
    let kannel = "url = \"https://k.example/\"\nusername = \"u\"\npassword = \"p\"\n\
        sender = \"1\"\nsecret = \"long-enough\"";
    let esms = "profile = \"esms-vn\"\nsecrets = { api_key = \"a\", secret_key = \"b\" }\n\
        values = { brandname = \"c\" }";
    let africa = "profile = \"africas-talking\"\nsecrets = { api_key = \"a\" }\n\
        values = { username = \"b\", sender = \"c\" }";
    let telegram = crate::telegram::open("http://127.0.0.1:9", "")
        .hook
        .unwrap();
    let twilio = "account_sid = \"a\"\nauth_token = \"b\"\nsender = \"1\"";
    let texts = [
        ("kannel", kannel.to_owned()),
        ("template", format!("{GATE}\n{esms}")),
        ("template", format!("{GATE}\n{africa}")),
        ("twilio", twilio.to_owned()),
    ]
    .map(|(kind, settings)| hook(&open(kind, &settings)));
    texts
        .into_iter()
        .chain([telegram])
        .chain(chat_hooks())
        .collect()
}

fn chat_hooks() -> impl Iterator<Item = Arc<dyn EventHook>> {
    let bot = "token = \"t\"\nsecret = \"long-enough\"";
    let oa = zalo::oa_settings("https://openapi.zalo.example");
    let open = |(provider, settings): (&str, String)| {
        let opened = zalo::try_open(provider, &settings, &zalo::clock(), zalo::Memory::fresh());
        opened.ok().and_then(|channel| channel.hook).unwrap()
    };
    [("zalo-oa", oa), ("zalo-bot", bot.to_owned())]
        .into_iter()
        .map(open)
}

fn ussd_hooks() -> Vec<Arc<dyn UssdHook>> {
    ["africas-talking", "latest", "boolean"]
        .map(|style| {
            let settings = format!("style = \"{style}\"\n{GATE}");
            ussd::open(&settings.parse().unwrap()).unwrap()
        })
        .into()
}

/// A call with what Telegram's hook wants to see.
fn signed(body: &str) -> Call {
    let header = "x-telegram-bot-api-secret-token";
    Call::post(body).header(header, crate::telegram::SECRET)
}

fn call_all(call: &Call) {
    let call = &call.clone().header("x-bot-api-secret-token", "long-enough");
    for hook in event_hooks() {
        let _ = call.events(hook.as_ref());
    }
    for hook in ussd_hooks() {
        let _ = call.turn(hook.as_ref());
    }
}

fn pair() -> impl Strategy<Value = String> {
    (
        prop::sample::select(NAMES),
        "[0-9a-f%+&=*#:/ \u{80}-\u{ff}]{0,12}",
    )
        .prop_map(|(name, value)| format!("{name}={value}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_answered(body in vec(any::<u8>(), 0..300), query in "\\PC{0,80}") {
        let mut call = signed("").query(&format!("secret=long-enough&{query}"));
        call.body = body;
        call_all(&call);
    }

    #[test]
    fn any_fields_are_answered(pairs in vec(pair(), 0..8), json in any::<bool>()) {
        let body = pairs.join("&");
        let mut call = signed(&body).query(&format!("secret=long-enough&{body}"));
        if json {
            call = call.header("content-type", "application/json");
        }
        call_all(&call);
    }

    #[test]
    fn any_tree_is_answered(
        name in prop::sample::select(NAMES),
        value in "\\PC{0,20}",
        depth in 0_usize..400,
    ) {
        let leaf = serde_json::Value::from(value).to_string();
        let tree = format!("{}{leaf}{}", "[".repeat(depth), "]".repeat(depth));
        call_all(&signed(&format!("{{\"{name}\":{tree}}}")).query("secret=long-enough"));
    }

    #[test]
    fn any_signed_event_is_answered(
        event in prop::sample::select(EVENTS),
        name in prop::sample::select(&["sender", "message", "info", "follower", "recipient"][..]),
        member in prop::sample::select(&["id", "text", "msg_id", "msg_ids", "phone"][..]),
        value in "\\PC{0,20}",
        list in any::<bool>(),
    ) {
        let leaf = serde_json::Value::from(value);
        let leaf = if list { serde_json::json!([leaf, null, 7]) } else { leaf };
        let body = serde_json::json!({
            "event_name": event,
            "timestamp": "1763863500000",
            name: { member: leaf },
        });
        let call = signed_now(&body.to_string());
        for hook in chat_hooks().take(1) {
            prop_assert!(call.events(hook.as_ref()).is_ok());
        }
    }
}
