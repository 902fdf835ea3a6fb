//! A pass that its chat could not be handed in time goes by text: exactly once when the chat will
//! not take it, not at all when it did.

use std::time::Duration;

use channels::Sent;
use serde_json::json;
use tests::{Database, Pigeon, Role, Script, TestApp, on_both};
use workflows::audit::Purpose;
use workflows::declaration::Declared;
use workflows::declaration::assist::TextWay;
use workflows::ids::{DeclarationId, OutboundId, PassId, ProvinceId};
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{Address, ChannelId, ChatText, Class, TemplateText};
use workflows::notices::{StandIn, Way};
use workflows::person::Phone;
use workflows::phrase::Language;
use workflows::store::{OutboxRow, Pace, Rows, Scope, Settled};
use workflows::text::Limits;
use workflows::verdict::Level;

use crate::outbox::{NUMBER, accepted, pass_seconds, sms, state, unknown};

fn base() -> ProvinceId {
    ProvinceId::parse("base").unwrap()
}

fn other_sms() -> ChannelId {
    ChannelId::parse("sms-other").unwrap()
}

fn text(channel: ChannelId) -> Way {
    Way::Text(TextWay {
        channel,
        province: base(),
        limits: Limits::default(),
    })
}

/// A server with chats and two channels for texts.
async fn with_ways(database: Database, unknown: &str) -> (TestApp, Pigeon, [Script; 2]) {
    let pigeon = Pigeon::default();
    let mut setup = pigeon.channel(TestApp::setup(database), "base");
    setup = setup.set("channel.pigeons.unknown", format!("{unknown:?}"));
    for channel in [sms(), other_sms()] {
        setup = setup
            .set(&format!("channel.{channel}.kind"), "\"demo\"")
            .set(&format!("channel.{channel}.province"), "\"base\"");
    }
    let app = setup.start().await;
    let scripts = [Script::taking(), Script::taking()];
    for (channel, script) in [sms(), other_sms()].iter().zip(&scripts) {
        let sender = std::sync::Arc::new(script.clone());
        app.parts().plug(channel, sender).unwrap();
    }
    (app, pigeon, scripts)
}

fn a_pass(app: &TestApp, level: Level) -> Declared {
    Declared {
        province: base(),
        declaration: DeclarationId(app.clock.uuid()),
        pass: PassId([7; 16]),
        link: String::new(),
        code: "ABCD2345".into(),
        digits: Some("1234567890".into()),
        level,
        reasons: Vec::new(),
        qr_text: None,
        expires_at: app.clock.now().plus_minutes(72 * 60),
        repeated: false,
    }
}

/// The rows of a pass for a chat that waits for it ten minutes, and of what stands in for it.
async fn rows(app: &TestApp, ways: &[Way], level: Level) -> Vec<OutboxRow> {
    let workflows = &app.parts().workflows;
    let now = app.clock.now();
    let key = workflows.sealing.key(&base(), now).await.unwrap();
    let id = OutboundId(app.clock.uuid());
    let row = id.0.as_bytes();
    let words = ChatText {
        text: "mã thẻ".into(),
        ..ChatText::default()
    };
    let chat = Address::chat(&Pigeon::id(), "grey").unwrap();
    let sealing = &workflows.sealing;
    let first = OutboxRow {
        province: base(),
        id,
        channel: Pigeon::id(),
        class: Class::Pass,
        cause: id.to_string(),
        recipient: sealing.seal(&key, RECIPIENT, row, &"grey").unwrap(),
        body: sealing.seal(&key, BODY, row, &words).unwrap(),
        address: Some(workflows.address_of(&base(), &chat)),
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(10),
        instead_of: None,
    };
    let pass = StandIn {
        phone: &Phone::parse(NUMBER).unwrap(),
        declared: &a_pass(app, level),
        language: Language::Vi,
        ways,
    };
    let stand_ins = workflows.stand_in(&first, &pass, &key).unwrap();
    [vec![first], stand_ins].concat()
}

/// Writes them; their ids.
async fn queue(app: &TestApp, ways: &[Way]) -> Vec<OutboundId> {
    let outbox = rows(app, ways, Level::Clear).await;
    let ids = outbox.iter().map(|row| row.id).collect();
    let rows = Rows {
        outbox,
        ..Rows::default()
    };
    app.parts().workflows.store.append(rows).await.unwrap();
    ids
}

async fn states(app: &TestApp, ids: &[OutboundId]) -> Vec<String> {
    let mut all = Vec::new();
    for id in ids {
        all.push(state(app, *id).await);
    }
    all
}

/// What is due, and what became due by it.
async fn run_twice(app: &TestApp) {
    app.run_jobs().await;
    app.run_jobs().await;
}

on_both! {
    async fn a_pass_goes_by_text_once_when_its_chat_will_not_take_it(database) {
        let refused = Sent::Refused { code: "403".into() };
        let throttled = Sent::Throttled { after: Duration::from_secs(1) };
        for (answer, first, minutes) in [
            (refused, "refused", 0),
            (Sent::Stopped, "stopped", 0),
            (unknown(), "unknown", 0),
            (throttled, "expired", 11),
        ] {
            let (app, pigeon, [script, _]) = with_ways(database, "drop").await;
            let reply = answer.clone();
            pigeon.now(move |_, _| reply.clone());
            let ids = queue(&app, &[text(sms())]).await;
            if minutes > 0 {
                run_twice(&app).await;
                assert!(script.texts().is_empty(), "the chat may still take it");
                pass_seconds(&app, minutes * 60);
            }
            run_twice(&app).await;
            assert_eq!(states(&app, &ids).await, [first, "sent"], "{answer:?}");
            pass_seconds(&app, 3_600);
            run_twice(&app).await;
            let texts = script.texts();
            assert_eq!(texts.len(), 1, "{answer:?}: {texts:?}");
            assert!(texts[0].contains("ABCD-2345") && texts[0].contains("123 456 7890"), "{texts:?}");
            assert!(texts[0].len() <= 160, "{texts:?}");
            app.finish().await;
        }
    }

    async fn a_pass_that_its_chat_took_does_not_go_by_text(database) {
        let (app, pigeon, [script, _]) = with_ways(database, "drop").await;
        let ids = queue(&app, &[text(sms())]).await;
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["sent", "spared"]);
        pass_seconds(&app, 3_600);
        run_twice(&app).await;
        assert_eq!((pigeon.texts().len(), script.texts().len()), (1, 0));
        let admin = app.log_in(Role::Admin, "base").await;
        let page = admin.browser.get("/admin/channels?lang=en").await.text();
        assert!(page.contains("No longer needed"), "{page}");
        app.finish().await;
    }

    async fn while_the_chat_may_have_got_it_the_text_waits_however_late(database) {
        let (app, pigeon, [script, _]) = with_ways(database, "wait").await;
        pigeon.now(|_, _| unknown());
        let ids = queue(&app, &[text(sms())]).await;
        pass_seconds(&app, 590);
        app.run_jobs().await;
        pass_seconds(&app, 60);
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["unknown", "queued"], "a receipt is waited for");
        pass_seconds(&app, 70);
        for _ in 0..3 {
            app.run_jobs().await;
        }
        assert_eq!(states(&app, &ids).await, ["expired", "sent"]);
        assert_eq!(script.texts().len(), 1);
        app.finish().await;
    }

    async fn a_receipt_that_it_was_lost_sends_the_text_after_all(database) {
        let (app, pigeon, [script, _]) = with_ways(database, "drop").await;
        let ids = queue(&app, &[text(sms())]).await;
        app.run_jobs().await;
        let lost = json!({"did": "lost", "note": "p-1"});
        let landed = json!({"did": "landed", "note": "p-1"});
        assert_eq!(pigeon.call_as(&app, "guessed", &lost).await.status, 401);
        assert_eq!(states(&app, &ids).await, ["sent", "spared"]);
        assert_eq!(pigeon.call(&app, &lost).await.text(), "coo");
        assert_eq!(states(&app, &ids).await, ["refused", "queued"]);
        pigeon.call(&app, &landed).await;
        assert_eq!(states(&app, &ids).await, ["delivered", "spared"], "found after all");
        run_twice(&app).await;
        assert!(script.texts().is_empty());

        let ids = queue(&app, &[text(sms())]).await;
        app.run_jobs().await;
        for receipt in [json!({"did": "lost", "note": "p-2"}), json!({"did": "landed", "note": "p-2"})] {
            pigeon.call(&app, &receipt).await;
            run_twice(&app).await;
        }
        assert_eq!(states(&app, &ids).await, ["delivered", "sent"], "too late to hold it back");
        assert_eq!(script.texts().len(), 1);

        let ids = queue(&app, &[text(sms())]).await;
        app.run_jobs().await;
        pass_seconds(&app, 73 * 3_600);
        pigeon.call(&app, &json!({"did": "lost", "note": "p-3"})).await;
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["refused", "spared"], "the pass has ended");
        assert!(script.texts().is_empty());
        app.finish().await;
    }

    async fn each_way_of_a_chain_waits_for_the_one_before(database) {
        let (app, pigeon, [first, second]) = with_ways(database, "drop").await;
        let ways = [text(sms()), text(other_sms())];
        let ids = queue(&app, &ways).await;
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["sent", "spared", "spared"]);
        pigeon.call(&app, &json!({"did": "lost", "note": "p-1"})).await;
        assert_eq!(states(&app, &ids).await, ["refused", "queued", "queued"]);
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["refused", "sent", "spared"]);
        assert_eq!((first.texts().len(), second.texts().len()), (1, 0));

        pigeon.now(|_, _| Sent::Stopped);
        first.now(|_, _| Sent::Refused { code: "11".into() });
        let ids = queue(&app, &ways).await;
        for _ in 0..3 {
            app.run_jobs().await;
        }
        assert_eq!(states(&app, &ids).await, ["stopped", "refused", "sent"]);
        assert_eq!((first.texts().len(), second.texts().len()), (1, 1));
        app.finish().await;
    }

    async fn what_reached_its_reader_another_way_is_not_put_back(database) {
        let (app, pigeon, [script, _]) = with_ways(database, "drop").await;
        pigeon.now(|_, _| Sent::Refused { code: "403".into() });
        let ids = queue(&app, &[text(sms())]).await;
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["refused", "sent"]);
        let admin = app.log_in(Role::Admin, "base").await;
        let requeue = async |id: OutboundId| {
            let form = [("what".to_owned(), "message".to_owned()), ("id".to_owned(), id.to_string())];
            admin.browser.post("/admin/channels/dead", &form).await.location().ends_with("saved=true")
        };
        assert!(!requeue(ids[0]).await, "its reader has the pass");

        script.now(|_, _| Sent::Refused { code: "11".into() });
        let ids = queue(&app, &[text(sms())]).await;
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["refused", "refused"]);
        pigeon.now(|_, _| accepted("at-last"));
        assert!(requeue(ids[0]).await);
        assert!(!requeue(ids[1]).await, "the chat may take it now");
        run_twice(&app).await;
        assert_eq!(states(&app, &ids).await, ["sent", "refused"]);
        assert!(!requeue(ids[1]).await);
        app.finish().await;
    }

    async fn a_claim_that_was_lost_decides_nothing_for_the_stand_in(database) {
        let (app, ..) = with_ways(database, "drop").await;
        let ids = queue(&app, &[text(sms())]).await;
        let store = &app.parts().workflows.store;
        let (channel, pace, now) = (Pigeon::id(), Pace::default(), app.clock.now());
        let mut tx = store.write(&Scope::National(Purpose::Support)).await.unwrap();
        let old = tx.claim_outbox(&channel, &pace, now, (-1, 9)).await.unwrap().messages;
        let new = tx.claim_outbox(&channel, &pace, now, (60, 9)).await.unwrap().messages;
        assert!(old[0].stood_in_for && new.len() == 1);
        let sent = Settled::Sent { provider_id: "old".into() };
        let settled = tx.settle_outbox(&channel, &pace, &[(old[0].clone(), sent)], now).await.unwrap();
        assert!(settled.is_empty());
        tx.commit().await.unwrap();
        assert_eq!(states(&app, &ids).await, ["sending", "queued"]);
        let mut tx = store.write(&Scope::National(Purpose::Support)).await.unwrap();
        tx.settle_outbox(&channel, &pace, &[(new[0].clone(), Settled::Stopped)], now).await.unwrap();
        tx.commit().await.unwrap();
        app.run_jobs().await;
        assert_eq!(states(&app, &ids).await, ["stopped", "sent"]);
        app.finish().await;
    }

    async fn a_template_gets_values_and_leaves_time_for_the_next_way(database) {
        let (app, ..) = with_ways(database, "drop").await;
        let template = Way::Template { channel: sms(), province: base() };
        let ways = [template, text(other_sms())];
        let made = rows(&app, &ways, Level::Clear).await;
        let [chat, template, last] = made.as_slice() else { panic!("{}", made.len()) };
        assert_eq!((template.instead_of, last.instead_of), (Some(chat.id), Some(template.id)));
        assert_eq!((template.due_at, last.due_at), (chat.deadline_at, template.deadline_at));
        assert!(template.deadline_at > template.due_at && last.deadline_at > last.due_at);
        let (sealing, province) = (&app.parts().workflows.sealing, base());
        let opened = sealing.open(&province, BODY, template.id.0.as_bytes(), &template.body);
        let body: TemplateText = opened.await.unwrap();
        let names: Vec<&str> = body.values.keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "digits", "until"]);
        assert_eq!(body.values["code"], "ABCD-2345");
        let refused = rows(&app, &ways, Level::Refuse).await;
        assert_eq!(refused.len(), 2, "there is no template for what is no pass");
        app.finish().await;
    }
}
