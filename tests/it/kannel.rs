//! The Kannel channel against a real Kannel (Debian's 1.4.5), both ways through our real router.

use std::sync::Arc;

use channels::{Content, Outbound, Place, Sender, Sent, sms};
use serde_json::json;
use server::hooks::{Hook, HookTable};
use tests::kannel::{Kannel, SECRET, eventually};
use tests::smsc::Smsc;
use tests::{Database, MemoryInlet, TestApp};
use uuid::Uuid;
use workflows::ids::OutboundId;
use workflows::message::{ChannelId, PartOf, ReceiptState, TextPart};

struct Line {
    app: TestApp,
    inlet: Arc<MemoryInlet>,
    kannel: Kannel,
    sender: Arc<dyn Sender>,
}

impl Line {
    async fn open() -> Self {
        Self::through(None).await
    }

    async fn through(smsc: Option<&Smsc>) -> Self {
        let channel = ChannelId::parse("sms-kannel").unwrap();
        let place = Place {
            channel: &channel,
            public_url: "https://khaibao.example",
        };
        // The hook must be there before Kannel knows where to call; it knows no port of Kannel's.
        let early = format!(
            "url = \"http://127.0.0.1:9/\"\nusername = \"u\"\npassword = \"p\"\nsender = \"8066\"\n\
             secret = \"{SECRET}\""
        );
        let hook = sms::open("kannel", &early.parse().unwrap(), &place)
            .unwrap()
            .hook
            .unwrap();
        let inlet = Arc::new(MemoryInlet::default());
        let mut table = HookTable::default();
        table.put(channel.clone(), Hook::Events(hook), inlet.clone());
        let app = TestApp::setup(Database::Sqlite).hooks(table).start().await;
        let url = format!("{}/hooks/sms-kannel", app.url());
        let kannel = Kannel::start(&url, smsc).await;
        let sender = sms::open("kannel", &kannel.settings(&url), &place)
            .unwrap()
            .sender;
        Self {
            app,
            inlet,
            kannel,
            sender,
        }
    }

    async fn send(&self, number: u128, text: &str, part: Option<PartOf>) -> Sent {
        let message = Outbound {
            id: OutboundId(Uuid::from_u128(number)),
            to: "+84912345678".into(),
            content: Content::Text(TextPart {
                text: text.into(),
                part,
            }),
        };
        self.sender.send(&message).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_message_arrives_again_after_it_could_not_be_kept_and_is_answered_with_nothing() {
    let line = Line::open().await;
    line.inlet.set_full(true);
    let phone = line
        .kannel
        .phone("84912345678", "KB 001090000001 NGUYEN VAN AN")
        .await;
    eventually(async || {
        let refused = line.app.browser().get("/metrics").await.text();
        refused.contains("outcome=\"not-stored\"").then_some(())
    })
    .await;
    line.inlet.set_full(false);
    let kept = eventually(async || line.inlet.messages().pop()).await;
    assert_eq!(kept.text, "KB 001090000001 NGUYEN VAN AN");
    assert_eq!(
        (kept.from.as_str(), kept.to.as_str()),
        ("84912345678", "8066")
    );
    assert!(kept.event_id.is_some() && kept.sent_at.is_some());
    // What we send is the first thing the phone gets.
    line.send(1, "Ma: ABCD", None).await;
    let got = phone.wait_for(1).await;
    assert!(got.len() == 1 && got[0].contains("Ma: ABCD"), "{got:?}");
    line.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_accents_reach_the_phone_as_they_were_cut_and_receipts_come_back() {
    let line = Line::open().await;
    let phone = line.kannel.phone("84912345678", "KB").await;
    eventually(async || line.inlet.messages().pop()).await;
    let part = |number| {
        Some(PartOf {
            reference: 0x41,
            number,
            total: 2,
        })
    };
    // 153 septets, of which an extension character takes two: as full as a part can be.
    let full = format!("{}{{", "a".repeat(151));
    let first = Uuid::from_u128(1).to_string();
    assert_eq!(
        line.send(1, &full, part(1)).await,
        Sent::Accepted { id: first.clone() }
    );
    line.send(2, "b@$_", part(2)).await;
    line.send(3, "Mã của bạn", None).await;
    let got = phone.wait_for(3).await;
    assert_eq!(got.len(), 3, "{got:?}");
    let one = |word: &str| {
        assert!(
            got.iter().any(|line| line.contains(word)),
            "{word}: {got:?}"
        )
    };
    one(&format!("udh %05%00%03A%02%01 data {}%7B", "a".repeat(151)));
    one("udh %05%00%03A%02%02 data b%40%24_");
    one("ucs-2 %00M%00%E3");
    let ids = |state| {
        let receipts = line
            .inlet
            .receipts()
            .into_iter()
            .filter(move |r| r.state == state);
        receipts
            .map(|receipt| receipt.provider_id)
            .collect::<Vec<_>>()
    };
    let delivered =
        eventually(async || Some(ids(ReceiptState::Delivered)).filter(|ids| ids.len() == 3)).await;
    assert!(delivered.contains(&first));
    line.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_kannel_keeps_the_message_and_takes_it_over() {
    let line = Line::open().await;
    let id = Uuid::from_u128(9).to_string();
    assert_eq!(line.send(9, "Ma: 1", None).await, Sent::Accepted { id });
    let phone = line.kannel.phone("84912345678", "KB").await;
    let got = phone.wait_for(1).await;
    assert!(got[0].contains("Ma: 1"), "{got:?}");
    line.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kannel_that_lost_its_core_takes_nothing_over_and_one_that_is_gone_leaves_no_doubt() {
    let mut line = Line::open().await;
    // An smsbox that has noticed says "temporal failure"; one that has not keeps the request for a
    // core that may come back, and is silent.
    line.kannel.kill_core();
    let sent = line.send(1, "Ma: 1", None).await;
    assert!(
        matches!(sent, Sent::Unknown { .. } | Sent::Away { .. }),
        "{sent:?}"
    );
    let Line {
        app,
        kannel,
        sender,
        ..
    } = line;
    drop(kannel);
    let message = Outbound {
        id: OutboundId(Uuid::from_u128(2)),
        to: "+84912345678".into(),
        content: Content::Text(TextPart {
            text: "Ma: 2".into(),
            part: None,
        }),
    };
    let sent = sender.send(&message).await;
    assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_kannel_an_smsc_gets_our_parts_and_its_accents_and_receipts_come_through() {
    let smsc = Smsc::start();
    smsc.post("/set", &json!({"receipts": "late", "receipt_id": "same"}))
        .await;
    let line = Line::through(Some(&smsc)).await;
    line.kannel.until("online").await;
    let text: String = "KB Nguyễn Văn Ấn 😷"
        .encode_utf16()
        .map(|unit| format!("{unit:04x}"))
        .collect();
    let accented = json!({
        "source_addr": "84912345678", "destination_addr": "8066", "data_coding": 8,
        "short_message": {"hex": text}
    });
    smsc.post("/deliver", &json!({"pdus": [accented], "tries": 1}))
        .await;
    let kept = eventually(async || line.inlet.messages().pop()).await;
    assert_eq!(kept.text, "KB Nguyễn Văn Ấn 😷");
    let part = PartOf {
        reference: 0x1_07,
        number: 2,
        total: 3,
    };
    let id = Uuid::from_u128(5).to_string();
    let sent = line.send(5, "Ma: {1}", Some(part)).await;
    assert_eq!(sent, Sent::Accepted { id: id.clone() });
    line.send(6, "Mã", None).await;
    let receipts = eventually(async || {
        let receipts = line.inlet.receipts().into_iter();
        let receipts: Vec<_> = receipts
            .filter(|r| r.state == ReceiptState::Delivered)
            .collect();
        Some(receipts).filter(|receipts| receipts.len() == 2)
    })
    .await;
    assert!(
        receipts
            .iter()
            .any(|r| r.provider_id == id && r.code.as_deref() == Some("000"))
    );
    let got = smsc.post("/got", &json!({})).await;
    let submits = got["submits"].as_array().unwrap();
    assert_eq!(submits.len(), 2, "{submits:?}");
    assert_eq!(
        submits[0]["esm_class"].as_i64().unwrap() & 0x40,
        0x40,
        "{submits:?}"
    );
    assert!(
        submits[0]["udh"].to_string().contains("070302"),
        "{submits:?}"
    );
    assert!(
        submits[0]["short_message"]
            .as_str()
            .unwrap()
            .contains("{1}"),
        "{submits:?}"
    );
    assert_eq!(submits[1]["data_coding"], 8);
    assert_eq!(submits[1]["short_message"], "Mã");
    line.app.finish().await;
}
