//! What an SMSC delivers to us.

use std::collections::BTreeMap;

use channels::Sender;
use serde_json::{Value, json};
use workflows::message::{Event, Inbound, ReceiptState};

use super::peers::{Kept, PHONE, Smsc, bound, hex, id_of, message, with};

pub(crate) fn receipt_id(event: &Event) -> String {
    match event {
        Event::Receipt(receipt) => {
            assert_eq!(receipt.state, ReceiptState::Delivered);
            assert_eq!(receipt.to.as_deref(), Some("84912345678"));
            receipt.provider_id.clone()
        }
        Event::Message(_) => panic!("a message"),
        Event::Ignored(why) => panic!("ignored: {why}"),
    }
}

fn inbound(event: &Event) -> Inbound {
    match event {
        Event::Message(inbound) => inbound.clone(),
        Event::Receipt(_) => panic!("a receipt"),
        Event::Ignored(why) => panic!("ignored: {why}"),
    }
}

fn from_phone(other: Value) -> Value {
    with(
        json!({"source_addr": "84912345678", "destination_addr": "8066"}),
        other,
    )
}

fn ucs2(text: &str) -> String {
    hex(&text
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect::<Vec<u8>>())
}

#[tokio::test]
async fn texts_come_in_every_coding_from_both_engines() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let _smpp = bound(&smsc.address, json!({}), &inlet).await;
    let pdus = vec![
        from_phone(json!({"data_coding": 0, "short_message": {"hex": "4b421b3c311b3e04"}})),
        from_phone(json!({"data_coding": 8, "short_message": {"hex": ucs2("Khai báo 🙂")}})),
        from_phone(json!({"data_coding": 3, "short_message": {"hex": "4be3"}})),
        from_phone(
            json!({"data_coding": 8, "short_message": "", "message_payload": {"hex": ucs2("dài")}}),
        ),
        from_phone(
            json!({"command": "data_sm", "data_coding": 8, "message_payload": {"hex": ucs2("gói")}}),
        ),
        from_phone(json!({"data_coding": 4, "short_message": {"hex": "00ff"}})),
    ];
    for pdu in pdus {
        assert_eq!(smsc.deliver(vec![pdu], 1).await, [0]);
    }
    let events = inlet.events(6).await;
    let texts: Vec<String> = events[..5]
        .iter()
        .map(|event| inbound(event).text)
        .collect();
    assert_eq!(texts, ["KB[1]è", "Khai báo 🙂", "Kã", "dài", "gói"]);
    assert!(
        matches!(events[5], Event::Ignored(_)),
        "a ring tone is no text"
    );
    let first = inbound(&events[0]);
    assert_eq!(
        (first.from.as_str(), first.to.as_str()),
        ("84912345678", "8066")
    );
    assert_eq!((first.event_id, first.part), (None, None));

    let smsc = Smsc::start34();
    let inlet = Kept::new();
    let other = json!({"default_alphabet": "latin1"});
    let _smpp = bound(&smsc.address, other, &inlet).await;
    let order = json!({"do": "deliver", "from": "84912345678", "to": "8066", "octets": "4be3"});
    assert_eq!(smsc.order(order).await, json!([0]));
    assert_eq!(inbound(&inlet.events(1).await[0]).text, "Kã");
}

#[tokio::test]
async fn the_parts_of_long_texts_are_known_whatever_joins_them_and_in_any_order() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let _smpp = bound(&smsc.address, json!({}), &inlet).await;
    let short = |header: String, text: &str| {
        let header = header + &hex(text.as_bytes());
        from_phone(json!({"esm_class": 0x40, "data_coding": 0, "short_message": {"hex": header}}))
    };
    let pdus = vec![
        short("050003ab0302".into(), "hai"),
        short("060804abcd0201".into(), "mot"),
        // Ports stand before the place.
        short("0b0504158a00000003070301".into(), "x"),
        // The header is longer than the message.
        short("ff0003ab0301".into(), "y"),
        short("050003ab0301".into(), "mot"),
        short("050003ab0100".into(), "khong"),
        from_phone(
            json!({"sar_msg_ref_num": 700, "sar_total_segments": 2, "sar_segment_seqnum": 2, "data_coding": 0, "short_message": {"hex": "68"}}),
        ),
    ];
    let count = pdus.len();
    for pdu in pdus {
        assert_eq!(smsc.deliver(vec![pdu], 1).await, [0]);
    }
    let events = inlet.events(count).await;
    let part = |n: usize| {
        inbound(&events[n])
            .part
            .map(|p| (p.reference, p.number, p.total))
    };
    assert_eq!(part(0), Some((0xab, 2, 3)));
    assert_eq!(inbound(&events[0]).text, "hai");
    assert_eq!(part(1), Some((0xabcd, 1, 2)));
    assert_eq!(part(2), Some((7, 1, 3)));
    assert_eq!(part(3), None);
    assert_eq!(part(4), Some((0xab, 1, 3)));
    assert_eq!(part(5), None, "part 0 of 1 is no part");
    assert_eq!(part(6), Some((700, 2, 2)));
}

#[tokio::test]
async fn receipts_reach_the_inlet_with_the_id_as_the_smsc_writes_it() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    let mut expected = Vec::new();
    for when in ["early", "late"] {
        for form in ["same", "text", "unterminated", "decimal", "padded", "upper"] {
            smsc.set(json!({"receipts": when, "receipt_id": form}))
                .await;
            let id = id_of(&smpp.send(&message(PHONE, "KB", None)).await);
            let number = u64::from_str_radix(&id, 16);
            expected.push(match form {
                "decimal" => number.unwrap().to_string(),
                "padded" => format!("{:010}", number.unwrap()),
                "upper" => id.to_uppercase(),
                _ => id,
            });
            let events = inlet.events(expected.len()).await;
            assert_eq!(
                receipt_id(events.last().unwrap()),
                *expected.last().unwrap(),
                "{form}"
            );
        }
    }
}

#[tokio::test]
async fn receipt_ids_are_rewritten_where_the_account_says_so() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({"receipt_id": "dec-to-hex"}), &inlet).await;
    smsc.set(json!({"receipts": "early", "receipt_id": "padded"}))
        .await;
    let id = id_of(&smpp.send(&message(PHONE, "KB", None)).await);
    assert_eq!(receipt_id(&inlet.events(1).await[0]), id);
}

#[tokio::test]
async fn what_was_not_stored_is_delivered_again() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    inlet.refuse(2);
    let text = |text: &str| {
        from_phone(json!({"data_coding": 0, "short_message": {"hex": hex(text.as_bytes())}}))
    };
    assert_eq!(smsc.deliver(vec![text("mot")], 1).await, [0x64]);
    assert_eq!(smsc.deliver(vec![text("mot")], 2).await, [0]);
    let events = inlet.events(1).await;
    assert_eq!(events.len(), 1);
    assert_eq!(inbound(&events[0]).text, "mot");
    assert_eq!(smpp.status().sent_back, 2);
}

#[tokio::test]
async fn each_sender_keeps_his_order() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let _smpp = bound(&smsc.address, json!({}), &inlet).await;
    let pdus = (0..600).map(|n| {
        let from = format!("849123456{:02}", n % 20);
        json!({"source_addr": from, "destination_addr": "8066", "data_coding": 0,
               "short_message": {"hex": hex(format!("{n:04}").as_bytes())}})
    });
    // All at once: the SMSC writes them in this order.
    let order = json!({"pdus": pdus.collect::<Vec<_>>(), "at_once": 400, "tries": 1});
    let answer = smsc.post("/deliver", order).await;
    assert!(
        answer["statuses"]
            .as_array()
            .unwrap()
            .iter()
            .all(|s| s == 0)
    );
    let mut by_sender: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in inlet.events(600).await {
        let inbound = inbound(&event);
        by_sender
            .entry(inbound.from)
            .or_default()
            .push(inbound.text);
    }
    assert_eq!(by_sender.len(), 20);
    for texts in by_sender.values() {
        assert!(texts.is_sorted() && texts.len() == 30, "{texts:?}");
    }
}
