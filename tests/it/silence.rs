//! What a chat is not told: what it no longer wants, what is no longer so, what is not its own.

use std::time::Duration;

use channels::Sent;
use serde_json::json;
use tests::{Database, Pigeon, TestApp, a_declaration, an, at, on_both};
use tokio::task::JoinSet;
use workflows::message::Address;
use workflows::store::{Appended, LinkChange, PassRow, Rows};

use crate::exposure::medical;
use crate::notices::{chat_rows, f0, pass, watch, watch_until, with_pigeons};

on_both! {
    async fn what_waits_for_the_morning_is_taken_back_by_who_leaves_or_wants_no_notices(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base").by(an())).await;
        watch(&app, &declared, "gone", true).await;
        let muted = pass(&app, &declared).await;
        let (rows, _) = chat_rows(&app, &muted, "muted").await;
        app.set_clock("2026-11-23 09:00");
        assert_eq!(app.parts().workflows.store.append(rows).await.unwrap(), Appended::Stored);
        app.set_clock("2026-11-23 23:00");
        f0(&medical(&app).await, &declared).await;
        let waiting = "SELECT COUNT(*) FROM outbox WHERE class = 'notice' AND state = 'queued'";
        assert_eq!(app.home().number(waiting).await, 2);
        for (chat, text) in [("gone", "/xoa"), ("muted", "/tatnhac")] {
            let note = json!({"did": "wrote", "id": text, "chat": chat, "text": text});
            assert_eq!(pigeon.call(&app, &note).await.status, 200);
        }
        app.set_clock("2026-11-23 23:01");
        app.run_jobs().await;
        assert_eq!(pigeon.kept().len(), 2, "answers to what was written");
        app.set_clock("2026-11-24 07:00");
        app.run_jobs().await;
        let texts = pigeon.texts();
        assert!(texts.is_empty(), "{texts:?}");
        app.finish().await;
    }

    async fn a_hold_that_could_not_be_told_by_the_evening_wakes_nobody(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base").by(an())).await;
        watch(&app, &declared, "grey", true).await;
        app.set_clock("2026-11-23 21:50");
        pigeon.now(|_, _| Sent::Throttled { after: Duration::from_mins(20) });
        f0(&medical(&app).await, &declared).await;
        app.run_jobs().await;
        pigeon.kept();
        pigeon.now(|n, _| Sent::Accepted { id: n.to_string() });
        app.set_clock("2026-11-23 22:30");
        app.run_jobs().await;
        let texts = pigeon.texts();
        assert!(texts.is_empty(), "{texts:?}");
        app.finish().await;
    }

    async fn nobody_is_reminded_of_a_pass_that_was_stored_after_the_one_that_replaced_it(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base").by(an())).await;
        let mut late = pass(&app, &declared).await;
        app.set_clock("2026-11-23 10:00");
        app.declare(&a_declaration("base").by(an())).await;
        late.expires_at = at("2026-11-25 20:00");
        watch_until(&app, late, "grey", true).await;
        app.set_clock("2026-11-25 14:00");
        app.run_jobs().await;
        let texts = pigeon.texts();
        assert!(texts.is_empty(), "{texts:?}");
        app.finish().await;
    }

    async fn a_reminder_that_does_not_come_tells_nobody_of_anothers_hold(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base").by(an())).await;
        let mut pass = pass(&app, &declared).await;
        pass.expires_at = at("2026-11-25 20:00");
        watch_until(&app, pass, "stranger", false).await;
        f0(&medical(&app).await, &declared).await;
        app.set_clock("2026-11-25 14:00");
        app.run_jobs().await;
        assert_eq!(pigeon.texts().len(), 1);
        app.finish().await;
    }
}

/// The rows of a chat that leaves, with a declaration that replaces a pass of another's.
async fn crossing_rows(app: &TestApp, leaves: &str, replaced: &PassRow, lane: u8) -> Rows {
    let (mut rows, pass) = chat_rows(app, replaced, &format!("{leaves}-new")).await;
    let at = Address::chat(&Pigeon::id(), leaves).unwrap();
    rows.link = Some(LinkChange::Unlink {
        province: pass.province.clone(),
        channel: Pigeon::id(),
        address: app.parts().workflows.address_of(&pass.province, &at),
    });
    // By its last byte a request finds its lane.
    if let Some((declaration, _)) = &mut rows.declaration {
        declaration.idem_key[15] = lane;
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_and_who_declares_anew_do_not_wait_for_each_other_for_ever() {
    let (app, _pigeon) = with_pigeons(Database::Postgres).await;
    let declared = app.declare(&a_declaration("base").by(an())).await;
    let like = pass(&app, &declared).await;
    let store = &app.parts().workflows.store;
    let mut pairs = Vec::new();
    for number in 0..40 {
        let mut pair = Vec::new();
        for side in ["left", "right"] {
            let name = format!("{side}-{number}");
            let person = app.clock.random();
            let other = PassRow {
                person,
                ..like.clone()
            };
            let (rows, pass) = chat_rows(&app, &other, &name).await;
            assert_eq!(store.append(rows).await.unwrap(), Appended::Stored);
            pair.push((name, pass));
        }
        pairs.push(pair);
    }
    app.set_clock("2026-11-23 10:00");
    let mut appending = JoinSet::new();
    for pair in &pairs {
        for (lane, (leaves, replaced)) in [(0, (0, 1)), (1, (1, 0))] {
            let rows = crossing_rows(&app, &pair[leaves].0, &pair[replaced].1, lane).await;
            let store = store.clone();
            appending.spawn(async move { store.append(rows).await });
        }
    }
    while let Some(appended) = appending.join_next().await {
        assert_eq!(appended.unwrap().unwrap(), Appended::Stored);
    }
    app.finish().await;
}
