//! `kill -9` while the program sends: everything arrives, and only what was on its way may come
//! twice, word for word and under the same reference.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tests::smsc::Smsc;
use tests::{Home, Program, TestApp, on_both};
use workflows::ids::{OutboundId, ProvinceId};
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{Class, PartOf, TextPart};
use workflows::person::Phone;
use workflows::store::{OutboxRow, Rows};

use crate::outbox::sms;

const CITIZENS: u16 = 150;
const PARTS: u8 = 2;
/// The program is killed when the SMSC has got so many parts.
const GOT: u64 = 90;
const WINDOW: &str = "20";

/// No number ends with 000: the SMSC refuses those.
fn number(citizen: u16) -> String {
    format!("8490{citizen:06}1")
}

fn words(citizen: u16, part: u8) -> String {
    format!("part {part} of {citizen}")
}

/// Queues a text of two parts.
async fn queue(app: &TestApp, citizen: u16) {
    let workflows = &app.parts().workflows;
    let province = ProvinceId::parse("base").unwrap();
    let now = app.clock.now();
    let key = workflows.sealing.key(&province, now).await.unwrap();
    let to = format!("+{}", number(citizen));
    let address = workflows.address(&province, &Phone::parse(&to).unwrap());
    let row = |part: u8| {
        let id = OutboundId(app.clock.uuid());
        let row = id.0.as_bytes();
        let place = PartOf {
            reference: citizen,
            number: part,
            total: PARTS,
        };
        let body = TextPart {
            text: words(citizen, part),
            part: Some(place),
        };
        let sealing = &workflows.sealing;
        OutboxRow {
            province: province.clone(),
            id,
            channel: sms(),
            class: Class::Pass,
            cause: id.to_string(),
            recipient: sealing.seal(&key, RECIPIENT, row, &to).unwrap(),
            body: sealing.seal(&key, BODY, row, &body).unwrap(),
            address: Some(address),
            units: 1,
            part: Some(place),
            due_at: now,
            deadline_at: now.plus_minutes(365 * 24 * 60),
            instead_of: None,
        }
    };
    let rows = Rows {
        outbox: (1..=PARTS).map(row).collect(),
        ..Rows::default()
    };
    workflows.store.append(rows).await.unwrap();
}

async fn start(home: &Home, smsc: &Smsc, node: &str) -> Program {
    let address = format!("{:?}", smsc.address);
    let settings = [
        ("KHAIBAO_NODE", node),
        ("KHAIBAO_JOBS__EVERY_SECONDS", "1"),
        ("KHAIBAO_CHANNEL__SMS-MAIN__KIND", "smpp"),
        ("KHAIBAO_CHANNEL__SMS-MAIN__PROVINCE", "base"),
        ("KHAIBAO_CHANNEL__SMS-MAIN__PARTS_PER_SECOND", "0"),
        ("KHAIBAO_CHANNEL__SMS-MAIN__SETTINGS__ADDRESS", &address),
        ("KHAIBAO_CHANNEL__SMS-MAIN__SETTINGS__SYSTEM_ID", "khaibao"),
        ("KHAIBAO_CHANNEL__SMS-MAIN__SETTINGS__PASSWORD", "secret08"),
        ("KHAIBAO_CHANNEL__SMS-MAIN__SETTINGS__SOURCE", "\"8066\""),
        ("KHAIBAO_CHANNEL__SMS-MAIN__SETTINGS__WINDOW", WINDOW),
    ];
    Program::start(home, &settings).await
}

async fn soon(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1_200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still waiting for {what}");
}

/// What each part arrived as, and how often: header and words by number and words.
fn arrived(submits: &[Value]) -> BTreeMap<(String, String), Vec<String>> {
    let mut all: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for submit in submits {
        let text = |name: &str| submit[name].as_str().unwrap().to_owned();
        let part = (text("destination_addr"), text("short_message"));
        all.entry(part).or_default().push(submit["udh"].to_string());
    }
    all
}

on_both! {
    async fn what_was_on_its_way_when_the_process_is_killed_comes_again_and_nothing_else(database) {
        let app = TestApp::on(database).await;
        for citizen in 0..CITIZENS {
            queue(&app, citizen).await;
        }
        let home = app.stopped().await;
        let smsc = Smsc::start();
        smsc.post("/set", &json!({"delay": 100})).await;
        let mut program = start(&home, &smsc, "before").await;
        soon("the first parts", async || {
            smsc.post("/counts", &json!({})).await["submits"].as_u64() >= Some(GOT)
        })
        .await;
        program.kill();
        let leased = "SELECT COUNT(*) FROM outbox WHERE state = 'sending'";
        let leased = usize::try_from(home.number(leased).await).unwrap();
        let waits = "SELECT COUNT(*) FROM outbox WHERE state = 'queued'";
        assert!(leased > 0 && home.number(waits).await > 0, "it was killed too late");
        // Their holder's time is over.
        home.execute("UPDATE outbox SET lease_until = 1 WHERE state = 'sending'").await;

        smsc.post("/set", &json!({"delay": 0})).await;
        let program = start(&home, &smsc, "after").await;
        let open = "SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending', 'unknown')";
        soon("the rest", async || home.number(open).await == 0).await;
        let arrived = arrived(&smsc.submits().await);
        assert_eq!(arrived.len(), usize::from(CITIZENS) * usize::from(PARTS), "nobody is left out");
        let twice: Vec<_> = arrived.values().filter(|times| times.len() > 1).collect();
        assert!(twice.len() <= leased, "{} twice, {leased} were leased", twice.len());
        assert!(twice.iter().all(|times| times.len() == 2), "once more, not over and over");
        for ((to, words), headers) in &arrived {
            let same: BTreeSet<_> = headers.iter().collect();
            assert_eq!(same.len(), 1, "{words} to {to} under one reference");
        }
        for citizen in 0..CITIZENS {
            let headers: BTreeSet<_> = (1..=PARTS)
                .map(|part| &arrived[&(number(citizen), words(citizen, part))][0])
                .collect();
            assert_eq!(headers.len(), usize::from(PARTS), "each part has its place");
        }
        let (_, status) = program.stop();
        assert!(status.success());
        home.remove().await;
    }
}
