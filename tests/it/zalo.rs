//! Chats on Zalo through the real server: what comes in is kept once, what goes out waits for
//! tokens, and nobody is locked out by accident. Zalo's end is a stub of ours, because there is no
//! other; see `src/zalo.rs`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Database, Home, Program, Setup, TestApp, Zalo, on_both};
use workflows::ids::{OutboundId, ProvinceId};
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{Address, ChannelId, ChatText, Class};
use workflows::store::{OutboxRow, Rows};

use crate::outbox::{pass_seconds, state};

const PATIENCE: Duration = Duration::from_secs(60);
const HOURS: i64 = 3_600;

fn channel(name: &str) -> ChannelId {
    ChannelId::parse(name).unwrap()
}

fn setup(database: Database, zalo: &Zalo) -> Setup {
    let settings = zalo.settings("zalo-main");
    settings
        .into_iter()
        .fold(TestApp::setup(database), |setup, (key, value)| {
            setup.set(&key, value)
        })
}

/// An event of Zalo's, of the present instant.
struct Sent {
    body: String,
    signature: String,
}

fn event(app: &TestApp, name: &str, more: Value) -> Sent {
    let timestamp = app.clock.now().0 / 1_000;
    let mut body = json!({
        "app_id": "3601",
        "event_name": name,
        "sender": { "id": "246845883529" },
        "recipient": { "id": "388613280878" },
        "timestamp": timestamp.to_string(),
    });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    let body = body.to_string();
    let signature = Zalo::signature(&body, timestamp);
    Sent { body, signature }
}

async fn call(app: &TestApp, sent: &Sent, signature: &str) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("x-zevent-signature", signature),
    ];
    let body = sent.body.clone().into_bytes();
    let browser = app.browser();
    let answer = browser.try_send(Method::POST, "/hooks/zalo-main", &headers, body);
    answer.await.unwrap()
}

async fn taken(app: &TestApp, sent: &Sent) {
    let answer = call(app, sent, &sent.signature).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, ""));
}

async fn kept(app: &TestApp) -> i64 {
    let home = app.home();
    home.number("SELECT COUNT(*) FROM inbox WHERE channel = 'zalo-main'")
        .await
}

async fn queue(app: &TestApp, number: u32) -> OutboundId {
    queue_for(app, "246845883529", number).await
}

async fn queue_for(app: &TestApp, chat: &str, number: u32) -> OutboundId {
    let words = ChatText {
        text: format!("Ma: {number}"),
        ..ChatText::default()
    };
    let to = Address::chat(&channel("zalo-main"), chat).unwrap();
    let body = serde_json::to_value(words).unwrap();
    queue_on(app, "zalo-main", &body, &to).await
}

/// Queues a message as a conversation does.
pub(crate) async fn queue_on(app: &TestApp, on: &str, body: &Value, to: &Address) -> OutboundId {
    let workflows = &app.parts().workflows;
    let province = ProvinceId::parse("base").unwrap();
    let now = app.clock.now();
    let id = OutboundId(app.clock.uuid());
    let key = workflows.sealing.key(&province, now).await.unwrap();
    let row = id.0.as_bytes();
    let sealing = &workflows.sealing;
    let message = OutboxRow {
        id,
        channel: channel(on),
        class: Class::Pass,
        cause: id.to_string(),
        recipient: sealing.seal(&key, RECIPIENT, row, &to.recipient()).unwrap(),
        body: sealing.seal(&key, BODY, row, body).unwrap(),
        address: Some(workflows.address_of(&province, to)),
        province,
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(600),
        instead_of: None,
    };
    let rows = Rows {
        outbox: vec![message],
        ..Rows::default()
    };
    workflows.store.append(rows).await.unwrap();
    id
}

async fn give(app: &TestApp, zalo: &Zalo) {
    let token = zalo.authorise();
    let channel = channel("zalo-main");
    app.parts().give_tokens(&channel, &token).await.unwrap();
}

async fn metrics(app: &TestApp) -> String {
    app.browser().get("/metrics").await.text()
}

on_both! {
    async fn an_event_is_kept_once_however_often_and_late_it_is_repeated(database) {
        let zalo = Zalo::start().await;
        let app = setup(database, &zalo).start().await;
        give(&app, &zalo).await;
        let text = event(&app, "user_send_text", json!({ "message": { "text": "KB", "msg_id": "m1" } }));
        let forged = text.signature.replace(['0', '1', '2'], "3");
        assert_eq!(call(&app, &text, &forged).await.status, 401);
        assert_eq!(call(&app, &text, "").await.status, 401);
        assert_eq!(kept(&app).await, 0, "strangers leave nothing");
        for _ in 0..5 {
            taken(&app, &text).await;
        }
        assert_eq!(kept(&app).await, 1);
        let app = app.restarted().await;
        taken(&app, &text).await;
        pass_seconds(&app, 71 * HOURS);
        app.run_jobs().await;
        taken(&app, &text).await;
        assert_eq!(kept(&app).await, 1);
        // By now what was kept may be forgotten, so it is too old to be taken.
        pass_seconds(&app, HOURS + 1);
        app.home().execute("DELETE FROM inbox").await;
        taken(&app, &text).await;
        assert_eq!(kept(&app).await, 0);
        app.finish().await;
    }

    async fn a_message_waits_for_tokens_goes_once_and_is_seen(database) {
        let zalo = Zalo::start().await;
        let app = setup(database, &zalo).start().await;
        let id = queue(&app, 1).await;
        app.run_jobs().await;
        assert_eq!((state(&app, id).await.as_str(), zalo.messages().len()), ("queued", 0));
        give(&app, &zalo).await;
        pass_seconds(&app, 60);
        app.run_jobs().await;
        assert_eq!(state(&app, id).await, "sent");
        assert_eq!(
            zalo.messages(),
            [json!({ "recipient": { "user_id": "246845883529" }, "message": { "text": "Ma: 1" } })]
        );
        // Receipts are about the message and no event of their own.
        let seen = event(&app, "user_seen_message", json!({ "message": { "msg_ids": ["z-1"] } }));
        taken(&app, &seen).await;
        assert_eq!((state(&app, id).await.as_str(), kept(&app).await), ("read", 0));
        pass_seconds(&app, 61 * 24 * HOURS);
        let told = metrics(&app).await;
        assert!(told.contains("channel_refresh_token_days{channel=\"zalo-main\"} 61"), "{told}");
        assert!(told.contains("channel_locked_out{channel=\"zalo-main\"} 0"), "{told}");
        app.finish().await;
    }

    async fn a_day_later_the_tokens_are_renewed_and_the_pair_before_is_kept(database) {
        let zalo = Zalo::start().await;
        let app = setup(database, &zalo).start().await;
        give(&app, &zalo).await;
        for day in 0..3 {
            queue(&app, day).await;
            app.run_jobs().await;
            pass_seconds(&app, 25 * HOURS);
        }
        assert_eq!((zalo.renewals(), zalo.messages().len()), ((3, 0), 3));
        let kept = "SELECT COUNT(*) FROM channel_accounts WHERE version = 4 \
            AND former_refresh_token IS NOT NULL AND former_refresh_token <> refresh_token";
        assert_eq!(app.home().number(kept).await, 1);
        app.finish().await;
    }

    async fn a_template_goes_by_the_account_of_another_channel(database) {
        let zalo = Zalo::start().await;
        let app = setup(database, &zalo)
            .set("channel.zns-pass.kind", "\"zns\"")
            .set("channel.zns-pass.province", "\"base\"")
            .set("channel.zns-pass.settings.account", "\"zalo-main\"")
            .set("channel.zns-pass.settings.template_id", "\"7\"")
            .set("channel.zns-pass.settings.values.ma", "\"code\"")
            .set("channel.zns-pass.settings.url", format!("{:?}", zalo.url()))
            .set("channel.zalo-main.fallback_to", "\"zns-pass\"")
            .start()
            .await;
        give(&app, &zalo).await;
        let phone = workflows::person::Phone::parse("0912345678").unwrap();
        let values = json!({ "values": { "code": "AB12-CD34" } });
        let id = queue_on(&app, "zns-pass", &values, &Address::Phone(phone)).await;
        app.run_jobs().await;
        assert_eq!(state(&app, id).await, "sent");
        let template = zalo.templates().remove(0);
        assert_eq!(template["phone"], "84912345678");
        assert_eq!(template["template_data"], json!({ "ma": "AB12-CD34" }));
        assert_eq!(template["tracking_id"], id.to_string());
        app.finish().await;
    }

    async fn a_node_killed_before_the_answer_to_its_renewal_needs_a_person(database) {
        let zalo = Zalo::start().await;
        let home = before_renewal(database, &zalo).await;
        // Zalo has used the token up, and its answer reaches nobody.
        zalo.answer_renewals(false);
        let mut program = start(&home, "one").await;
        zalo.asked_to_renew(1).await;
        program.kill();
        zalo.answer_renewals(true);
        locked_until_a_person_gives_a_token(home, &zalo).await;
    }

    async fn a_node_killed_between_the_answer_and_its_commit_needs_a_person(database) {
        let zalo = Zalo::start().await;
        let home = before_renewal(database, &zalo).await;
        zalo.answer_renewals(false);
        let mut program = start(&home, "one").await;
        zalo.asked_to_renew(1).await;
        // Whoever wants to write the account's row waits from here on.
        let mut held = home.hold("channel_accounts", "channel = 'zalo-main'").await;
        zalo.answer_renewals(true);
        zalo.read_renewals(1).await;
        held.is_waited_for(1).await;
        program.kill();
        held.release().await;
        let bought = "SELECT COUNT(*) FROM channel_accounts WHERE version > 1";
        assert_eq!(home.number(bought).await, 0, "the new pair died with the node");
        locked_until_a_person_gives_a_token(home, &zalo).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_need_new_tokens_at_once_renew_them_once() {
    let zalo = Zalo::start().await;
    let app = setup(Database::Postgres, &zalo).start().await;
    give(&app, &zalo).await;
    // One chat's messages leave one after the other: these are of forty.
    for number in 0..40 {
        queue_for(&app, &format!("2468458835{number:02}"), number).await;
    }
    let home = for_programs(app, &zalo).await;
    zalo.answer_renewals(false);
    let (one, two) = tokio::join!(start(&home, "one"), start(&home, "two"));
    // Each has taken the four that it may have under way, and stands before a dead token.
    until(
        &home,
        "SELECT COUNT(*) FROM outbox WHERE channel = 'zalo-main' AND state = 'sending'",
        8,
    )
    .await;
    zalo.answer_renewals(true);
    until(
        &home,
        "SELECT COUNT(*) FROM outbox WHERE channel = 'zalo-main' AND state = 'sent'",
        40,
    )
    .await;
    assert_eq!(
        zalo.renewals(),
        (1, 0),
        "one renewal, and no dead token shown"
    );
    let texts: BTreeSet<String> = zalo
        .messages()
        .iter()
        .map(|message| message["message"]["text"].to_string())
        .collect();
    assert_eq!((texts.len(), zalo.messages().len()), (40, 40));
    for program in [one, two] {
        let (log, status) = program.stop();
        assert!(status.success(), "{log}");
    }
    home.remove().await;
}

/// An account whose token must be renewed for the message that waits.
async fn before_renewal(database: Database, zalo: &Zalo) -> Home {
    let app = setup(database, zalo).start().await;
    give(&app, zalo).await;
    queue(&app, 1).await;
    for_programs(app, zalo).await
}

/// What the next node finds after one died with the pair that it had bought.
async fn locked_until_a_person_gives_a_token(home: Home, zalo: &Zalo) {
    let program = start(&home, "two").await;
    // The dead node's turn and its message are free when their leases have run out.
    home.execute("UPDATE channel_accounts SET turn_until = 0")
        .await;
    home.execute("UPDATE outbox SET lease_until = 0, due_at = 0")
        .await;
    until(
        &home,
        "SELECT COUNT(*) FROM channel_accounts WHERE locked_code = '-14014'",
        1,
    )
    .await;
    let told = program.browser().get("/metrics").await.text();
    assert!(
        told.contains("channel_locked_out{channel=\"zalo-main\"} 1"),
        "{told}"
    );
    until(
        &home,
        "SELECT COUNT(*) FROM outbox WHERE channel = 'zalo-main' AND state = 'queued'",
        1,
    )
    .await;
    assert_eq!(zalo.messages().len(), 0, "it waits");

    let file = home.folder().join("token");
    std::fs::write(&file, format!("{}\n", zalo.authorise())).unwrap();
    let file = file.display().to_string();
    let arguments = [
        "channel",
        "tokens",
        "zalo-main",
        "--refresh-token-file",
        &file,
    ];
    let (said, status) = Program::run(&home, &arguments);
    assert!(status.success(), "{said}");
    home.execute("UPDATE outbox SET due_at = 0").await;
    until(
        &home,
        "SELECT COUNT(*) FROM outbox WHERE channel = 'zalo-main' AND state = 'sent'",
        1,
    )
    .await;
    assert_eq!((zalo.messages().len(), zalo.renewals()), (1, (3, 1)));
    until(
        &home,
        "SELECT COUNT(*) FROM channel_accounts WHERE locked_at IS NULL",
        1,
    )
    .await;
    let (log, status) = program.stop();
    assert!(status.success(), "{log}");
    let secrets = ["refresh-", "access-", "app-secret", "246845883529"];
    assert!(!secrets.iter().any(|secret| log.contains(secret)), "{log}");
    home.remove().await;
}

/// Stops the server; its data with a file of settings for programs, and messages that are due by
/// their clock.
async fn for_programs(app: TestApp, zalo: &Zalo) -> Home {
    let home = app.stopped().await;
    let mut text = home.configuration() + "\n[channel.zalo-main]\n";
    for (key, value) in zalo.settings("zalo-main") {
        let key = key.strip_prefix("channel.zalo-main.").unwrap();
        text.push_str(&format!("{key} = {value}\n"));
    }
    std::fs::write(home.configuration_file(), text).unwrap();
    let due = "UPDATE outbox SET due_at = 0, deadline_at = 9000000000000000";
    home.execute(due).await;
    home
}

async fn start(home: &Home, node: &'static str) -> Program {
    let settings = [("KHAIBAO_NODE", node), ("KHAIBAO_JOBS__EVERY_SECONDS", "1")];
    Program::start(home, &settings).await
}

/// Polls until the database counts so many; the work is done by other processes.
async fn until(home: &Home, sql: &str, count: i64) {
    let began = Instant::now();
    loop {
        let found = home.number(sql).await;
        if found == count {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "still {found}: {sql}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
