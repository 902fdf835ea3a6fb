//! Connections that break, SMSCs that are slow, full or silent.

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::smpp::Smpp;
use channels::{Sender, Sent};
use serde_json::json;
use workflows::clock::Clock;

use crate::peers::Tls;

use super::peers::{
    Kept, PHONE, Smsc, account, bound, id_of, insist, message, text_of, until, until_bound,
};

#[tokio::test]
async fn throttling_every_tenth_is_obeyed_and_everything_arrives_once() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    smsc.set(json!({"throttle": 10})).await;
    let tasks: Vec<_> = (0..300)
        .map(|n| {
            let smpp = Arc::clone(&smpp);
            tokio::spawn(
                async move { insist(&smpp, &message(PHONE, &format!("t{n}"), None)).await },
            )
        })
        .collect();
    let mut throttled = 0;
    for task in tasks {
        let (sent, times) = task.await.unwrap();
        id_of(&sent);
        throttled += times;
    }
    assert!(throttled >= 30, "{throttled}");
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for submit in smsc.submits().await {
        *times.entry(text_of(&submit)).or_default() += 1;
    }
    assert_eq!(times.len(), 300);
    assert!(times.values().all(|n| *n == 1));
}

#[tokio::test]
async fn the_window_is_never_exceeded() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({"window": 3}), &inlet).await;
    smsc.set(json!({"delay": 20})).await;
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let smpp = Arc::clone(&smpp);
            tokio::spawn(async move { smpp.send(&message(PHONE, &format!("w{n}"), None)).await })
        })
        .collect();
    for task in tasks {
        id_of(&task.await.unwrap());
    }
    assert_eq!(smsc.got().await["most_in_flight"], 3);
}

#[tokio::test]
async fn a_cut_while_waiting_is_unknown_and_the_bind_comes_back() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    smsc.set(json!({"drop": 1})).await;
    let sent = smpp.send(&message(PHONE, "KB", None)).await;
    assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    smsc.set(json!({"drop": 0})).await;
    until("bound again", || smpp.status().binds[0].times_bound == 2).await;
    id_of(&smpp.send(&message(PHONE, "KB", None)).await);
    assert_eq!(smsc.submits().await.len(), 2);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({"response_seconds": 1}), &inlet).await;
    smsc.set(json!({"silence": 1})).await;
    let sent = smpp.send(&message(PHONE, "KB", None)).await;
    assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    assert_eq!(smpp.status().unknown, 1);
}

#[tokio::test]
async fn without_a_bind_nothing_leaves() {
    let smsc = Smsc::start();
    let settings = account(&smsc.address, json!({"password": "wrong"}));
    let smpp = Smpp::open(settings, Kept::new(), Clock::system()).unwrap();
    until("refused", || smpp.status().binds[0].trouble.is_some()).await;
    let trouble = smpp.status().binds[0].trouble.clone().unwrap();
    assert!(trouble.contains("0xd"), "{trouble}");
    let sent = smpp.send(&message(PHONE, "KB", None)).await;
    assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
    assert_eq!(smsc.submits().await.len(), 0);
    drop(smsc);
    let nobody = account("127.0.0.1:1", json!({}));
    let smpp = Smpp::open(nobody, Kept::new(), Clock::system()).unwrap();
    let sent = smpp.send(&message(PHONE, "KB", None)).await;
    assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
    smpp.close().await;
}

#[tokio::test]
async fn enquire_link_is_answered_and_asked_and_a_silent_smsc_is_left() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let other = json!({"bind": "pair", "enquire_link_seconds": 1, "response_seconds": 1});
    let smpp = bound(&smsc.address, other, &inlet).await;
    assert_eq!(smsc.post("/ask", json!({})).await["answered"], 2);
    smsc.set(json!({"mute": true})).await;
    until("left and come back", || {
        smpp.status().binds.iter().all(|bind| bind.times_bound >= 2)
    })
    .await;
    let trouble = smpp.status().binds[0].trouble.clone();
    assert_eq!(trouble.as_deref(), Some("the SMSC is silent"));
    assert!(smsc.got().await["enquire_links"].as_u64() >= Some(2));
}

#[tokio::test]
async fn an_smsc_that_unbinds_is_bound_again() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    smsc.post("/unbind", json!({})).await;
    until("bound again", || smpp.status().binds[0].times_bound == 2).await;
    until_bound(&smpp).await;
    id_of(&smpp.send(&message(PHONE, "KB", None)).await);
}

#[tokio::test]
async fn closing_waits_for_the_answers_that_are_on_their_way() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({}), &inlet).await;
    smsc.set(json!({"delay": 300})).await;
    let sending = Arc::clone(&smpp);
    let sending = tokio::spawn(async move { sending.send(&message(PHONE, "KB", None)).await });
    until("on its way", || smpp.status().binds[0].in_flight == 1).await;
    smpp.close().await;
    id_of(&sending.await.unwrap());
    assert_eq!(smsc.got().await["unbinds"], 1);
    let sent = smpp.send(&message(PHONE, "KB", None)).await;
    assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
}

#[tokio::test]
async fn a_secured_line_goes_only_to_whom_our_authority_vouches_for() {
    let tls = Tls::make();
    let (smsc, inlet) = (Smsc::start_tls(&tls), Kept::new());
    let trusting = |file: &str| json!({"tls": {"ca_file": tls.file(file)}});
    let smpp = bound(&smsc.address, trusting("ca.crt"), &inlet).await;
    id_of(&smpp.send(&message(PHONE, "KB", None)).await);
    let settings = account(&smsc.address, trusting("stranger.crt"));
    let stranger = Smpp::open(settings, Kept::new(), Clock::system()).unwrap();
    until("refused", || stranger.status().binds[0].trouble.is_some()).await;
    assert_eq!(smsc.got().await["binds"].as_array().unwrap().len(), 1);
}

#[test]
fn settings_that_make_no_sense_are_named() {
    for (key, other) in [
        ("tls", json!({"address": "smsc.example:2775"})),
        ("address", json!({"address": "127.0.0.1"})),
        ("password", json!({"password": "longer than eight"})),
        ("source", json!({"source": "Bộ Y tế"})),
        ("window", json!({"window": 0})),
        ("binds", json!({"binds": 0})),
        ("parts_per_second", json!({"parts_per_second": 0})),
    ] {
        let settings = account("127.0.0.1:2775", other);
        let refused = Smpp::open(settings, Kept::new(), Clock::system());
        let why = refused.err().expect(key).to_string();
        assert!(why.starts_with(key), "{key}: {why}");
        assert!(!why.contains("longer than eight"), "{why}");
    }
}

#[tokio::test]
async fn parts_leave_no_faster_than_the_account_may() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let smpp = bound(&smsc.address, json!({"parts_per_second": 20}), &inlet).await;
    let began = tokio::time::Instant::now();
    let sending = (0..11).map(|_| {
        let smpp = Arc::clone(&smpp);
        tokio::spawn(async move { smpp.send(&message(PHONE, "KB", None)).await })
    });
    for sent in sending.collect::<Vec<_>>() {
        id_of(&sent.await.unwrap());
    }
    // Ten gaps of 50 ms; a slow machine only makes it longer.
    assert!(began.elapsed().as_millis() >= 500);
}
