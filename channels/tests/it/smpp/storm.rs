//! Thousands of messages each way while connections break.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use channels::Sent;
use channels::smpp::Smpp;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use workflows::message::Event;

use super::peers::{Kept, PHONE, Smsc, bound, hex, insist, message, text_of};

const MESSAGES: usize = 5_000;
const AT_ONCE: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_thousand_each_way_none_is_lost_and_only_the_unknown_may_be_twice() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    let other = json!({"binds": 2, "response_seconds": 2, "window": 20});
    let smpp = bound(&smsc.address, other, &inlet).await;
    smsc.set(json!({"throttle": 10, "drop": 1_201, "silence": 701, "receipts": "none"}))
        .await;
    inlet.refuse(100);
    let senders = start_sending(&smpp);
    let delivered = smsc.deliver(pdus(), 50).await;
    assert!(delivered.iter().all(|status| *status == 0));
    let mut outcomes = BTreeMap::new();
    for sender in senders {
        for (text, sent) in sender.await.unwrap() {
            assert!(outcomes.insert(text, sent).is_none(), "two outcomes");
        }
    }
    assert_eq!(outcomes.len(), MESSAGES);
    judge(&outcomes, &smsc.submits().await);
    let events = inlet.events(MESSAGES).await;
    let came: BTreeSet<String> = events
        .iter()
        .map(|event| match event {
            Event::Message(inbound) => inbound.text.clone(),
            Event::Receipt(_) | Event::Ignored(_) => panic!("no message"),
        })
        .collect();
    assert_eq!(came.len(), MESSAGES, "nothing that was answered is lost");
}

fn pdus() -> Vec<Value> {
    let pdus = (0..MESSAGES).map(|n| {
        json!({"source_addr": format!("84912{:06}", n % 997), "destination_addr": "8066",
               "data_coding": 0, "short_message": {"hex": hex(format!("{n:04}").as_bytes())}})
    });
    pdus.collect()
}

/// Workers that share the messages; each message gets one outcome, after as many tries as
/// nothing left.
fn start_sending(smpp: &Arc<Smpp>) -> Vec<JoinHandle<Vec<(String, Sent)>>> {
    let next = Arc::new(AtomicUsize::new(0));
    let workers = (0..AT_ONCE).map(|_| {
        let (smpp, next) = (Arc::clone(smpp), Arc::clone(&next));
        tokio::spawn(async move {
            let mut outcomes = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                if n >= MESSAGES {
                    return outcomes;
                }
                let text = format!("s{n}");
                let (sent, _) = insist(&smpp, &message(PHONE, &text, None)).await;
                outcomes.push((text, sent));
            }
        })
    });
    workers.collect()
}

/// What was accepted was taken once and under that id; what is unknown at most once.
fn judge(outcomes: &BTreeMap<String, Sent>, taken: &[Value]) {
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for submit in taken {
        let id = submit["message_id"].as_str().unwrap().to_owned();
        ids.entry(text_of(submit)).or_default().push(id);
    }
    let mut unknown = 0;
    for (text, sent) in outcomes {
        let ids = ids.get(text).map(Vec::as_slice).unwrap_or_default();
        match sent {
            Sent::Accepted { id } => assert_eq!(ids, [id.as_str()], "{text}"),
            Sent::Unknown { .. } => {
                unknown += 1;
                assert!(ids.len() <= 1, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(unknown >= 8, "the faults happened: {unknown}");
}

/// `cargo test --release -p channels -- --ignored messages_a_second --nocapture` prints a rate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measure, not a test"]
async fn messages_a_second_against_npm_smpp() {
    let (smsc, inlet) = (Smsc::start(), Kept::new());
    for window in [1_u16, 10, 50] {
        let smpp = bound(&smsc.address, json!({"window": window}), &inlet).await;
        smsc.post("/forget", json!({})).await;
        let began = std::time::Instant::now();
        let senders: Vec<_> = (0..window)
            .map(|_| {
                let smpp = Arc::clone(&smpp);
                tokio::spawn(async move {
                    for n in 0..6_000 / window {
                        insist(&smpp, &message(PHONE, &format!("m{n}"), None)).await;
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.await.unwrap();
        }
        let rate = 6_000.0 / began.elapsed().as_secs_f64();
        println!("window {window}: {rate:.0} messages/s");
        smpp.close().await;
    }
}
