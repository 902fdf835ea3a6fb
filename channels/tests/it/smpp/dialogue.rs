//! USSD over SMPP.

use serde_json::{Value, json};
use workflows::message::TurnInput;

use super::peers::{Kept, Smsc, bound, text_of};

fn dialled(session: &str) -> Value {
    json!({"source_addr": "84912345678", "destination_addr": "*123#", "service_type": "USSD",
           "ussd_service_op": 1, "its_session_info": session, "data_coding": 0,
           "short_message": {"hex": "2a3132332a3723"}})
}

#[tokio::test]
async fn a_dialogue_runs_to_its_end_and_each_screen_can_be_its_last() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let _smpp = bound(&smsc.address, json!({"ussd": {}}), &inlet).await;
    let typed = ["1", "An", "29"];
    let mut turns = 0;
    for screens in 0..=typed.len() {
        // Hangs up after so many answers; the last round goes to the end.
        let hangs_up = screens < typed.len();
        inlet.show(&[
            ("ten?", true),
            ("noi?", true),
            ("den?", true),
            ("ma 8F2K", false),
        ]);
        let mut answers: Vec<Value> = typed[..screens].iter().map(|text| json!(text)).collect();
        if hangs_up {
            answers.push(json!({"hangup": true}));
        }
        smsc.post("/forget", json!({})).await;
        smsc.set(json!({"ussd": answers})).await;
        let session = format!("12{:02x}", 2 * screens);
        assert_eq!(smsc.deliver(vec![dialled(&session)], 1).await, [0]);
        turns += screens + 1 + usize::from(hangs_up);
        let heard = inlet.turns(turns).await;
        let heard = &heard[heard.len() - (screens + 1 + usize::from(hangs_up))..];
        assert!(heard[0].input == TurnInput::Begin && heard[0].code == "*123*7#");
        for (turn, text) in heard[1..].iter().zip(&typed[..screens]) {
            assert!(turn.input == TurnInput::Latest((*text).into()));
        }
        assert_eq!(heard.last().unwrap().input == TurnInput::Ended, hangs_up);
        assert!(
            heard
                .iter()
                .all(|turn| turn.session == heard[0].session && turn.from == "84912345678")
        );
        let shown = until_shown(&smsc, screens + 1).await;
        let operations: Vec<u64> = shown
            .iter()
            .map(|s| s["ussd_service_op"].as_u64().unwrap())
            .collect();
        let mut expected = vec![2; screens + 1];
        if !hangs_up {
            expected[screens] = 17;
        }
        assert_eq!(operations, expected);
        for screen in &shown {
            assert_eq!(screen["its_session_info"].as_str(), Some(session.as_str()));
            assert_eq!(screen["service_type"], "USSD");
            assert_eq!(screen["destination_addr"], "84912345678");
            assert_eq!(screen["registered_delivery"], 0);
        }
        assert_eq!(text_of(&shown[0]), "ten?");
    }
}

#[tokio::test]
async fn a_gateway_with_an_end_flag_and_the_code_in_the_address_is_understood() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let other = json!({"bind": "pair", "ussd": {"code": "destination", "end_flag": true}});
    let _smpp = bound(&smsc.address, other, &inlet).await;
    inlet.show(&[("ten?", true), ("ma 8F2K", false)]);
    smsc.set(json!({"ussd": ["An"]})).await;
    assert_eq!(smsc.deliver(vec![dialled("0a06")], 1).await, [0]);
    let shown = until_shown(&smsc, 2).await;
    assert_eq!(shown[0]["its_session_info"], "0a06");
    assert_eq!(
        shown[1]["its_session_info"], "0a07",
        "the last screen carries the end flag"
    );
    assert_eq!(shown[1]["ussd_service_op"], 17);
    // The gateway ends a dialogue with the same flag.
    assert_eq!(smsc.deliver(vec![dialled("0a07")], 1).await, [0]);
    let turns = inlet.turns(3).await;
    assert_eq!(turns[0].code, "*123#");
    assert!(turns[2].input == TurnInput::Ended);
    assert_eq!(turns[2].session, turns[0].session);
}

#[tokio::test]
async fn a_turn_that_was_not_stored_is_asked_for_again() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let _smpp = bound(&smsc.address, json!({"ussd": {}}), &inlet).await;
    inlet.refuse(1);
    inlet.show(&[("ten?", true)]);
    assert_eq!(smsc.deliver(vec![dialled("0a06")], 2).await, [0]);
    assert_eq!(until_shown(&smsc, 1).await.len(), 1);
    assert_eq!(inlet.turns(1).await.len(), 1);
}

#[tokio::test]
async fn ussd_is_refused_where_it_is_not_configured() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let _smpp = bound(&smsc.address, json!({}), &inlet).await;
    assert_eq!(smsc.deliver(vec![dialled("0a06")], 1).await, [0x65]);
}

/// The screens that the gateway got, once it has so many.
async fn until_shown(smsc: &Smsc, count: usize) -> Vec<Value> {
    for _ in 0..1_000 {
        let shown = smsc.submits().await;
        if shown.len() >= count {
            return shown;
        }
    }
    panic!("not {count} screens");
}
