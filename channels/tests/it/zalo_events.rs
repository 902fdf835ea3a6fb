//! Events of an Official Account, case by case. The signatures are not ours: Python's
//! `hashlib.sha256((app_id + body + timestamp + oa_secret).encode()).hexdigest()` made them.

use std::fmt::Write as _;
use std::sync::Arc;

use channels::inbound::{EventHook, HookError};
use sha2::{Digest, Sha256};
use workflows::message::{Act, Event, ReceiptState};

use crate::calls::Call;
use crate::zalo::{Memory, NOW, clock, oa};

const TEXT: &str = r#"{"app_id":"3601","user_id_by_app":"552177","event_name":"user_send_text","sender":{"id":"246845883529"},"recipient":{"id":"388613280878"},"message":{"text":"Xin chào","msg_id":"96d3cdf3af1504"},"timestamp":"1763863500000"}"#;
const TEXT_MAC: &str = "cb4d7cfca125656575b3ac0aed9c3c4c2fda819d62bbc37cb9fec593065d105a";

fn hook() -> Arc<dyn EventHook> {
    hook_at(0)
}

/// The hook so many minutes after the events.
fn hook_at(minutes: i64) -> Arc<dyn EventHook> {
    let clock = clock();
    clock.set(NOW.plus_minutes(minutes));
    let channel = oa("http://127.0.0.1:9", "", &clock, &Memory::fresh());
    channel.hook.unwrap()
}

fn signed(body: &str, mac: &str) -> Call {
    Call::post(body)
        .at("zalo")
        .header("x-zevent-signature", mac)
}

/// Signs as the vectors above are signed.
pub(crate) fn signed_now(body: &str) -> Call {
    let text = format!("3601{body}1763863500000oa-secret-key");
    let mut mac = String::from("mac=");
    for byte in Sha256::digest(text) {
        let _ = write!(mac, "{byte:02x}");
    }
    signed(body, &mac)
}

fn event(name: &str, rest: &str) -> String {
    format!(
        r#"{{"app_id":"3601","event_name":"{name}","timestamp":"1763863500000","sender":{{"id":"246845883529"}},"recipient":{{"id":"388613280878"}},{rest}}}"#
    )
}

#[test]
fn a_text_whose_signature_was_made_elsewhere_is_read() {
    let read = signed(TEXT, &format!("mac={TEXT_MAC}")).message(hook().as_ref());
    assert_eq!(read.event_id.as_deref(), Some("96d3cdf3af1504"));
    assert_eq!(
        (read.from.as_str(), read.to.as_str()),
        ("246845883529", "388613280878")
    );
    assert_eq!((read.text.as_str(), read.act), ("Xin chào", Act::Wrote));
    assert_eq!(read.sent_at, Some(NOW));
}

#[test]
fn whoever_does_not_know_the_secret_is_not_let_in() {
    let mac = format!("mac={TEXT_MAC}");
    let forged = TEXT.replace("Xin", "Xim");
    // Whitespace is not of the meaning, but of the signature.
    let spaced = TEXT.replace("\",\"", "\", \"");
    let cases = [
        signed(TEXT, ""),
        signed(TEXT, "mac="),
        signed(TEXT, TEXT_MAC),
        signed(TEXT, &format!("mac={}", TEXT_MAC.replace('c', "d"))),
        signed(&forged, &mac),
        signed(&spaced, &mac),
        signed(&TEXT.replace("1763863500000", "1763863500001"), &mac),
        signed("", &mac),
        signed("{}", &mac),
        signed(r#"{"timestamp":{}}"#, &mac),
        Call::post(TEXT).at("zalo"),
    ];
    for call in cases {
        assert_eq!(
            call.events(hook().as_ref()).err(),
            Some(HookError::Unsigned)
        );
    }
}

#[test]
fn each_event_has_its_meaning() {
    let pressed = Act::Pressed {
        press: None,
        message: None,
    };
    let number = r#""info":{"phone":84912345678,"name":"An"}"#;
    let cases = [
        (
            "user_send_text",
            r##""message":{"text":"#kb:3.1","msg_id":"m"}"##,
            "3.1",
            pressed,
        ),
        (
            "user_send_text",
            r#""message":{"text":"kb:3.1","msg_id":"m"}"#,
            "kb:3.1",
            Act::Wrote,
        ),
        (
            "user_send_image",
            r#""message":{"msg_id":"m","attachments":[]}"#,
            "[image]",
            Act::Wrote,
        ),
        ("user_submit_info", number, "84912345678", Act::GaveNumber),
        (
            "follow",
            r#""follower":{"id":"246845883529"},"oa_id":"388613280878""#,
            "",
            Act::Followed,
        ),
        (
            "unfollow",
            r#""follower":{"id":"246845883529"},"oa_id":"388613280878""#,
            "",
            Act::Left,
        ),
    ];
    for (name, rest, text, act) in cases {
        let read = signed_now(&event(name, rest)).message(hook().as_ref());
        assert_eq!((read.text.as_str(), &read.act), (text, &act), "{name}");
        assert_eq!(read.from, "246845883529", "{name}");
        assert_eq!(read.to, "388613280878", "{name}");
    }
}

#[test]
fn what_is_not_on_the_list_is_taken_and_left_at_that() {
    let cases = [
        ("oa_send_text", r#""message":{"text":"KB","msg_id":"m"}"#),
        (
            "user_click_button",
            r#""message":{"text":"KB","msg_id":"m"}"#,
        ),
        ("user_submit_info", r#""info":{"name":"An"}"#),
        ("user_seen_message", r#""message":{}"#),
        ("follow", r#""follower":{}"#),
        ("", r#""message":7"#),
    ];
    for (name, rest) in cases {
        let events = signed_now(&event(name, rest))
            .events(hook().as_ref())
            .unwrap();
        assert!(matches!(events.as_slice(), [Event::Ignored(_)]), "{name}");
    }
    let taken = hook().taken();
    assert_eq!((taken.status, taken.body.as_str()), (200, ""));
}

#[test]
fn receipts_are_about_our_messages_and_never_answered() {
    let seen = event("user_seen_message", r#""message":{"msg_ids":["a","b"]}"#);
    let events = signed_now(&seen).events(hook().as_ref()).unwrap();
    let ids: Vec<String> = events
        .into_iter()
        .map(|event| match event {
            Event::Receipt(receipt) => {
                assert_eq!(receipt.state, ReceiptState::Read);
                receipt.provider_id
            }
            _ => panic!("no receipt"),
        })
        .collect();
    assert_eq!(ids, ["a", "b"]);
    let received = event("user_received_message", r#""message":{"msg_id":"a"}"#);
    let receipt = signed_now(&received).receipt(hook().as_ref());
    assert_eq!(
        (receipt.provider_id.as_str(), receipt.state),
        ("a", ReceiptState::Delivered)
    );
}

#[test]
fn an_event_without_an_id_is_known_by_its_body() {
    let follow = event("follow", r#""follower":{"id":"1"}"#);
    let other = event("follow", r#""follower":{"id":"2"}"#);
    let id = |body: &str| signed_now(body).message(hook().as_ref()).event_id.unwrap();
    assert_eq!(id(&follow), id(&follow));
    assert_ne!(id(&follow), id(&other));
}

#[test]
fn an_event_is_taken_for_three_days_and_no_longer() {
    let again = || signed(TEXT, &format!("mac={TEXT_MAC}"));
    assert_eq!(again().message(hook_at(71 * 60).as_ref()).text, "Xin chào");
    let late = again().events(hook_at(72 * 60 + 1).as_ref()).unwrap();
    assert!(matches!(late.as_slice(), [Event::Ignored(_)]));
}
