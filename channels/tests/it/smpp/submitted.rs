//! What an SMSC gets from us.

use std::io::Write;
use std::process::{Command, Stdio};

use channels::{Sender, Sent};
use serde_json::{Value, json};
use workflows::message::PartOf;
use workflows::text::{self, Limits};

use super::peers::{Kept, PHONE, Smsc, bound, id_of, insist, message, script, text_of, variable};

const GSM: &str = "KB 1: ma [8F2K] {ok} 5€ ~ à è é ù ì ò";
const UNICODE: &str = "Mã của bạn: 8F2K-7Q3M 🙂 hết hạn 20:05";

#[tokio::test]
async fn npm_smpp_reads_texts_as_they_were_written() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    for text in [GSM, UNICODE, "@"] {
        let id = id_of(&smpp.send(&message(PHONE, text, None)).await);
        let submits = smsc.submits().await;
        let last = submits.last().unwrap();
        assert_eq!(text_of(last), text);
        assert_eq!(last["message_id"], json!(id));
        assert_eq!(last["destination_addr"], "84912345678");
        assert_eq!(
            (&last["dest_addr_ton"], &last["dest_addr_npi"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(last["source_addr"], "8066");
        assert_eq!(last["esm_class"], 0);
        assert_eq!(last["registered_delivery"], 1);
    }
    let binds = smsc.got().await["binds"].clone();
    assert_eq!(
        binds,
        json!([{"mode": "bind_transceiver", "version": 0x34, "system_type": ""}])
    );
}

#[tokio::test]
async fn smpp34_reads_octets_as_they_were_written_and_its_refusals_are_obeyed() {
    let (smsc, inlet) = (Smsc::start34(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    let mut throttled = 0;
    let mut ids = Vec::new();
    for n in 0..9 {
        let text = if n % 2 == 0 { "KB [1]" } else { "Mã" };
        let (sent, times) = insist(&smpp, &message(PHONE, text, None)).await;
        ids.push(id_of(&sent));
        throttled += times;
    }
    assert_eq!(throttled, 4, "every third of 13 was refused");
    let got = smsc.order(json!({"do": "got"})).await;
    for (n, (taken, id)) in got.as_array().unwrap().iter().zip(&ids).enumerate() {
        let (coding, octets) = if n % 2 == 0 {
            (0, "4b42201b3c311b3e")
        } else {
            (8, "004d00e3")
        };
        assert_eq!(taken["id"].as_str(), Some(id.as_str()));
        assert_eq!(taken["coding"], coding);
        assert_eq!(taken["octets"], octets);
        assert_eq!(taken["to"], "84912345678");
    }
    assert_eq!(got.as_array().unwrap().len(), 9);
    // Its receipts come back under the ids of its answers.
    let receipts = inlet.events(9).await;
    let mut named: Vec<String> = receipts.iter().map(super::delivered::receipt_id).collect();
    named.sort();
    ids.sort();
    assert_eq!(named, ids);
}

#[tokio::test]
async fn the_parts_of_long_texts_are_those_of_smpplib_in_all_three_ways() {
    let accented = "Bà Trưng Thị Bưởi ở Đắk Lắk không ho, không sốt. ".repeat(5);
    let plain = "Ba Trung Thi Buoi o Dak Lak [khong ho, khong sot]. ".repeat(8);
    let limits = Limits {
        charset: text::Charset::Ucs2,
        max_parts: 9,
        ..Limits::default()
    };
    for whole in [accented.trim(), plain.trim()] {
        let judged = smpplib(whole);
        let coding = judged[0].as_u64().unwrap();
        let expected: Vec<&str> = judged[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p.as_str().unwrap())
            .collect();
        let parts = text::split(whole, &limits).unwrap();
        assert_eq!(parts.len(), expected.len());

        let octets = octets_by(&parts, "udh").await;
        for (n, (got, expected)) in octets.iter().zip(&expected).enumerate() {
            let header = format!("05000334{:02x}{:02x}", expected_total(&parts), n + 1);
            assert_eq!(got["octets"], format!("{header}{expected}"));
            assert_eq!(
                (got["coding"].as_u64(), got["esm_class"].as_u64()),
                (Some(coding), Some(0x40))
            );
        }
        let octets = octets_by(&parts, "sar").await;
        for (got, expected) in octets.iter().zip(&expected) {
            assert_eq!(got["octets"], *expected);
            assert_eq!(
                (got["coding"].as_u64(), got["esm_class"].as_u64()),
                (Some(coding), Some(0))
            );
        }
        by_payload(whole, coding).await;
    }
}

fn expected_total(parts: &[String]) -> usize {
    parts.len()
}

/// Sends the parts to `smpp34`, which keeps their octets.
async fn octets_by(parts: &[String], long: &str) -> Vec<Value> {
    let (smsc, inlet) = (Smsc::start34(), Kept::new());
    let smpp = bound(
        &smsc.address,
        json!({"long": long, "receipts": "none"}),
        &inlet,
    )
    .await;
    for (n, text) in parts.iter().enumerate() {
        let part = PartOf {
            reference: 0x1234,
            number: u8::try_from(n + 1).unwrap(),
            total: u8::try_from(parts.len()).unwrap(),
        };
        let (sent, _) = insist(&smpp, &message(PHONE, text, Some(part))).await;
        id_of(&sent);
    }
    let got = smsc.order(json!({"do": "got"})).await;
    let got = got.as_array().unwrap().clone();
    assert_eq!(got.len(), parts.len());
    got
}

/// Sends the whole to npm `smpp`, which reads the payload and the `sar_*` parameters.
async fn by_payload(whole: &str, coding: u64) {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({"long": "payload"}), &inlet).await;
    id_of(&smpp.send(&message(PHONE, whole, None)).await);
    let got = &smsc.submits().await[0];
    assert_eq!(got["message_payload"].as_str(), Some(whole));
    assert_eq!(got["data_coding"].as_u64(), Some(coding));
    assert_eq!(text_of(got), "");
    let smpp = bound(&smsc.address, json!({"long": "sar"}), &inlet).await;
    let part = PartOf {
        reference: 0x1234,
        number: 2,
        total: 3,
    };
    id_of(&smpp.send(&message(PHONE, "hai", Some(part))).await);
    let got = &smsc.submits().await[1];
    let sar = [
        "sar_msg_ref_num",
        "sar_segment_seqnum",
        "sar_total_segments",
    ]
    .map(|name| got[name].as_u64());
    assert_eq!(sar, [Some(0x1234), Some(2), Some(3)]);
}

fn smpplib(text: &str) -> Value {
    let mut python = Command::new(variable("KHAIBAO_PEERS_PYTHON"))
        .arg(script("sms_parts.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(python.stdin.take().unwrap(), "{}", json!(text)).unwrap();
    let output = python.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_text_that_does_not_fit_and_a_number_that_is_none_are_refused_without_asking() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    for (to, text) in [
        (PHONE, "K".repeat(161)),
        (PHONE, "ữ".repeat(71)),
        ("số của tôi", "KB".into()),
    ] {
        let sent = smpp.send(&message(to, &text, None)).await;
        assert!(matches!(sent, Sent::Refused { .. }), "{sent:?}");
    }
    assert_eq!(smsc.submits().await.len(), 0);
}

#[tokio::test]
async fn what_the_smsc_will_never_take_is_refused_with_its_code() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    let sent = smpp.send(&message("+84912345000", "KB", None)).await;
    assert_eq!(
        sent,
        Sent::Refused {
            code: "smpp 0xb".into()
        }
    );
    smsc.set(json!({"full": 1})).await;
    let sent = smpp.send(&message(PHONE, "KB", None)).await;
    assert!(matches!(sent, Sent::Throttled { .. }), "{sent:?}");
}

#[tokio::test]
async fn the_account_says_what_it_is_told_to() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let other = json!({
        "version": "5.0", "bind": "pair", "binds": 2, "system_type": "VMS", "source": "BOYTE",
        "source_ton": 5, "destination_ton": 2, "number_format": "national", "gsm_coding": 1,
        "receipts": "failures", "service_type": "CMT",
    });
    let smpp = bound(&smsc.address, other, &inlet).await;
    id_of(&smpp.send(&message(PHONE, "KB [1]", None)).await);
    let got = smsc.got().await;
    let mut modes: Vec<&str> = got["binds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["mode"].as_str().unwrap())
        .collect();
    modes.sort_unstable();
    assert_eq!(
        modes,
        [
            "bind_receiver",
            "bind_receiver",
            "bind_transmitter",
            "bind_transmitter"
        ]
    );
    assert_eq!(got["binds"][0]["version"], 0x50);
    assert_eq!(got["binds"][0]["system_type"], "VMS");
    let submit = &got["submits"][0];
    assert_eq!(submit["destination_addr"], "0912345678");
    assert_eq!(submit["dest_addr_ton"], 2);
    assert_eq!(
        (
            submit["source_addr"].as_str(),
            submit["source_addr_ton"].as_u64()
        ),
        (Some("BOYTE"), Some(5))
    );
    assert_eq!(
        (submit["data_coding"].as_u64(), text_of(submit)),
        (Some(1), "KB [1]".into())
    );
    assert_eq!(submit["registered_delivery"], 2);
    assert_eq!(submit["service_type"], "CMT");
    smpp.close().await;
    assert_eq!(smsc.got().await["unbinds"], 4);
}
