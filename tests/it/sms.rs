//! Declaring by text, from a phone's network to the pass on its screen, over real gateways with
//! faults: two SMSC engines that are none of ours, and Kannel.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tests::kannel::Kannel;
use tests::smsc::{Smsc, Smsc34};
use tests::{Database, Setup, TestApp, on_both, tools};
use workflows::message::{ChannelId, Event, Inbound};

/// Citizens who declare in each story, unless `KHAIBAO_TEST_CITIZENS` says how many.
const CITIZENS: &str = "1000";
/// Deliveries of an SMSC at the same time.
const AT_ONCE: usize = 40;
const WINDOW: usize = 20;

fn citizens() -> usize {
    let said = tools::variable_or("KHAIBAO_TEST_CITIZENS", CITIZENS);
    said.parse().unwrap()
}

/// No number ends with 000: the npm SMSC refuses those.
fn number(citizen: usize) -> String {
    format!("8490{citizen:06}1")
}

/// A whole first declaration in one text, each of another person.
fn text(citizen: usize) -> String {
    format!("KB 001090{citizen:06} NGUYEN VAN AN HA NOI 0")
}

fn with_smpp(database: Database, address: &str) -> Setup {
    TestApp::setup(database)
        .set("jobs.every_seconds", 1)
        .set("channel.sms.kind", "\"smpp\"")
        .set("channel.sms.province", "\"base\"")
        .set("channel.sms.parts_per_second", 0)
        .set("channel.sms.settings.address", format!("{address:?}"))
        .set("channel.sms.settings.system_id", "\"khaibao\"")
        .set("channel.sms.settings.password", "\"secret08\"")
        .set("channel.sms.settings.source", "\"8066\"")
        .set("channel.sms.settings.window", WINDOW)
        .set("channel.sms.settings.reconnect_min_seconds", 1)
}

/// Asks until it holds, for a while that grows with the number of citizens; the clock, by which
/// back-offs end, goes on meanwhile.
async fn until(app: &TestApp, what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1_200.max(2 * citizens() / 3) {
        if holds().await {
            return;
        }
        app.clock.set(app.clock.now().plus_seconds(1));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut counts = Vec::new();
    for what in [
        "outbox WHERE settled_at IS NULL",
        "outbox WHERE state = 'sent'",
        "outbox WHERE state = 'unknown'",
        "outbox WHERE state = 'delivered'",
        "orphan_receipts",
    ] {
        let sql = format!("SELECT COUNT(*) FROM {what}");
        counts.push((what, app.home().number(&sql).await));
    }
    panic!("still waiting for {what}: {counts:?}");
}

/// Asks until it holds, for 20 s, while the clock stands.
async fn holds_soon(holds: impl AsyncFn() -> bool) -> bool {
    for _ in 0..100 {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

/// A citizen's text that came by another way than the SMSC.
async fn write_in(app: &TestApp, citizen: usize) {
    let message = Inbound {
        event_id: None,
        from: number(citizen),
        to: "8066".into(),
        text: text(citizen),
        ..Inbound::default()
    };
    let inlet = app
        .parts()
        .inlet(&ChannelId::parse("sms").unwrap())
        .unwrap();
    inlet.take(Event::Message(message)).await.unwrap();
}

async fn everybody_has_one_pass(app: &TestApp, citizens: usize) {
    let wanted = i64::try_from(citizens).unwrap();
    for (sql, what) in [
        ("SELECT COUNT(*) FROM declarations", "declarations"),
        ("SELECT COUNT(DISTINCT person) FROM declarations", "persons"),
        ("SELECT COUNT(DISTINCT phone) FROM declarations", "phones"),
        ("SELECT COUNT(*) FROM passes", "passes"),
        ("SELECT COUNT(*) FROM inbox WHERE state = 'done'", "texts"),
    ] {
        assert_eq!(app.home().number(sql).await, wanted, "{what}");
    }
}

/// How often each number was written to.
fn by_number(numbers: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts
}

fn field(submit: &Value, name: &str) -> String {
    submit[name].as_str().unwrap().to_owned()
}

async fn is_settled(app: &TestApp, citizens: usize) -> bool {
    let wanted = i64::try_from(citizens).unwrap();
    let declared = app.home().number("SELECT COUNT(*) FROM declarations").await;
    let open = "SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending')";
    declared == wanted && app.home().number(open).await == 0
}

on_both! {
    async fn every_text_over_a_faulty_smsc_becomes_one_declaration_and_one_pass(database) {
        let citizens = citizens();
        let smsc = Smsc::start();
        let faults = json!({"throttle": 10, "drop": 333, "delay": 2, "receipts": "early",
            "receipt_id": "padded"});
        smsc.post("/set", &faults).await;
        let app = with_smpp(database, &smsc.address).start().await;
        let pdus: Vec<Value> = (0..citizens)
            .map(|citizen| json!({"source_addr": number(citizen), "destination_addr": "8066",
                "short_message": text(citizen)}))
            .collect();
        let order = json!({"pdus": pdus, "tries": 50, "at_once": AT_ONCE});
        let answers = smsc.post("/deliver", &order).await;
        let taken = answers["statuses"].as_array().or(answers.as_array()).unwrap();
        assert!(taken.iter().all(|status| *status == 0), "an accepted text is acknowledged");
        until(&app, "the passes", async || is_settled(&app, citizens).await).await;
        everybody_has_one_pass(&app, citizens).await;
        let submits = smsc.submits().await;
        let got = by_number(submits.iter().map(|s| field(s, "destination_addr")));
        assert_eq!(got.len(), citizens, "everybody hears");
        let twice = got.values().filter(|times| **times > 1).count();
        let cuts = submits.iter().filter(|s| s["number"].as_u64().unwrap() % 333 == 0).count();
        assert!(cuts > 0, "the line was cut");
        assert!(twice <= cuts * WINDOW, "{twice} heard twice at {cuts} cuts");
        let unknown = "SELECT COUNT(*) FROM outbox WHERE doubtful > 0";
        let unknown = app.home().number(unknown).await;
        assert!(i64::try_from(twice).unwrap() <= unknown, "{twice} twice, {unknown} in doubt");
        let same: BTreeMap<String, BTreeSet<String>> =
            submits.iter().fold(BTreeMap::new(), |mut said, s| {
                said.entry(field(s, "destination_addr"))
                    .or_default()
                    .insert(field(s, "short_message"));
                said
            });
        assert!(same.values().all(|texts| texts.len() == 1), "a repeat says the same");
        app.finish().await;
    }

    async fn an_smsc_that_is_there_again_gets_what_waits_at_once(database) {
        let mut smsc = Smsc::start();
        let app = with_smpp(database, &smsc.address)
            .set("channel.sms.settings.reconnect_max_seconds", 1)
            .start()
            .await;
        let bound = async |smsc: &Smsc| smsc.post("/counts", &json!({})).await["bound"] == 1;
        until(&app, "the bind", async || bound(&smsc).await).await;
        smsc.kill();
        for citizen in 0..8 {
            write_in(&app, citizen).await;
        }
        let stopped = "SELECT COUNT(*) FROM channel_flow WHERE failures >= 5";
        until(&app, "the rest", async || app.home().number(stopped).await == 1).await;
        smsc.revive();
        // The clock stands: no pause of the channel's ends by itself.
        assert!(holds_soon(async || is_settled(&app, 8).await).await, "the channel rests on");
        assert_eq!(smsc.submits().await.len(), 8);
        app.finish().await;
    }

    async fn a_second_smsc_engine_that_refuses_every_third_part_loses_nobody(database) {
        let citizens = citizens();
        let smsc = Smsc34::start();
        let app = with_smpp(database, &smsc.address).start().await;
        let orders = (0..citizens).map(|citizen| {
            let octets: String = text(citizen).bytes().map(|b| format!("{b:02x}")).collect();
            json!({"do": "deliver", "from": number(citizen), "to": "8066", "octets": octets,
                "coding": 0, "esm_class": 0})
        });
        until(&app, "the bind", async || {
            let nobody = json!({"do": "deliver", "from": "1", "to": "8066", "octets": "31",
                "coding": 0, "esm_class": 0});
            smsc.order(&nobody).await.as_array().is_some_and(|all| !all.is_empty())
        })
        .await;
        for order in orders {
            let statuses = smsc.order(&order).await;
            assert_eq!(statuses.as_array().unwrap().first(), Some(&json!(0)));
        }
        until(&app, "the passes", async || is_settled(&app, citizens).await).await;
        everybody_has_one_pass(&app, citizens).await;
        let got = smsc.order(&json!({"do": "got"})).await;
        let got = got.as_array().unwrap().iter().map(|s| field(s, "to"));
        let got = by_number(got);
        assert_eq!(got.len(), citizens);
        assert!(got.values().all(|times| *times == 1), "refused parts are sent again, once");
        let delivered = "SELECT COUNT(*) FROM outbox WHERE state = 'delivered'";
        let wanted = i64::try_from(citizens).unwrap();
        until(&app, "the receipts", async || app.home().number(delivered).await == wanted).await;
        app.finish().await;
    }

    async fn every_text_through_kannel_becomes_one_declaration_and_one_pass(database) {
        let citizens = citizens();
        let peer = Smsc::start();
        let port = tools::free_port();
        let url = format!("http://127.0.0.1:{port}/hooks/sms");
        let kannel = Kannel::start(&url, Some(&peer)).await;
        let mut setup = TestApp::setup(database)
            .set("listen", format!("\"127.0.0.1:{port}\""))
            .set("jobs.every_seconds", 1)
            .set("channel.sms.kind", "\"kannel\"")
            .set("channel.sms.province", "\"base\"")
            .set("channel.sms.parts_per_second", 0);
        for (key, value) in kannel.settings(&url) {
            setup = setup.set(&format!("channel.sms.settings.{key}"), value);
        }
        let app = setup.start().await;
        // Kannel rests a second after each refusal.
        peer.post("/set", &json!({"throttle": 200, "receipts": "late"})).await;
        let pdus: Vec<Value> = (0..citizens)
            .map(|citizen| json!({"source_addr": number(citizen), "destination_addr": "8066",
                "short_message": text(citizen)}))
            .collect();
        peer.post("/deliver", &json!({"pdus": pdus, "tries": 50, "at_once": AT_ONCE})).await;
        until(&app, "the passes", async || is_settled(&app, citizens).await).await;
        everybody_has_one_pass(&app, citizens).await;
        let submits = async || {
            let got = peer.post("/got", &json!({})).await;
            by_number(got["submits"].as_array().unwrap().iter()
                .map(|s| field(s, "destination_addr").trim_start_matches('+').to_owned()))
        };
        until(&app, "the phones", async || submits().await.len() == citizens).await;
        assert!(submits().await.values().all(|times| *times == 1));
        app.finish().await;
    }
}
