//! The outbox of text channels, seen through the server: what leaves, when, how often, and what
//! becomes of it.

use std::time::Duration;

use channels::Sent;
use tests::{Database, Role, Script, TestApp, on_both};
use workflows::ids::{OutboundId, ProvinceId};
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{ChannelId, Class, Event, Inbound, TextPart};
use workflows::person::Phone;
use workflows::store::{OutboxRow, Rows};

pub(crate) const NUMBER: &str = "+84912345678";

pub(crate) fn sms() -> ChannelId {
    ChannelId::parse("sms-main").unwrap()
}

/// A server with one SMS channel, with these settings of its section.
pub(crate) async fn with_channel(
    database: Database,
    settings: &[(&str, &str)],
) -> (TestApp, Script) {
    let mut setup = TestApp::setup(database)
        .set("channel.sms-main.kind", "\"demo\"")
        .set("channel.sms-main.province", "\"base\"");
    for (key, value) in settings {
        setup = setup.set(&format!("channel.sms-main.{key}"), value);
    }
    let app = setup.start().await;
    let script = Script::taking();
    app.parts()
        .plug(&sms(), std::sync::Arc::new(script.clone()))
        .unwrap();
    (app, script)
}

pub(crate) struct Text<'a> {
    province: &'a str,
    class: Class,
    text: &'a str,
    to: &'a str,
    minutes: i64,
}

pub(crate) fn reply(text: &str) -> Text<'_> {
    Text {
        province: "base",
        class: Class::Reply,
        text,
        to: NUMBER,
        minutes: 5,
    }
}

impl<'a> Text<'a> {
    pub(crate) fn of(self, province: &'a str, class: Class) -> Self {
        Text {
            province,
            class,
            ..self
        }
    }

    pub(crate) fn within(self, minutes: i64) -> Self {
        Text { minutes, ..self }
    }
}

/// Queues a text as a conversation does.
pub(crate) async fn queue(app: &TestApp, text: Text<'_>) -> OutboundId {
    let workflows = &app.parts().workflows;
    let province = ProvinceId::parse(text.province).unwrap();
    let now = app.clock.now();
    let id = OutboundId(app.clock.uuid());
    let key = workflows.sealing.key(&province, now).await.unwrap();
    let row = id.0.as_bytes();
    let part = TextPart {
        text: text.text.into(),
        part: None,
    };
    let base = ProvinceId::parse("base").unwrap();
    let message = OutboxRow {
        province,
        id,
        channel: sms(),
        class: text.class,
        cause: id.to_string(),
        recipient: workflows
            .sealing
            .seal(&key, RECIPIENT, row, &text.to)
            .unwrap(),
        body: workflows.sealing.seal(&key, BODY, row, &part).unwrap(),
        address: Some(workflows.address(&base, &Phone::parse(text.to).unwrap())),
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(text.minutes),
        instead_of: None,
    };
    let rows = Rows {
        outbox: vec![message],
        ..Rows::default()
    };
    workflows.store.append(rows).await.unwrap();
    id
}

pub(crate) fn pass_seconds(app: &TestApp, seconds: i64) {
    app.clock.set(app.clock.now().plus_seconds(seconds));
}

pub(crate) async fn state(app: &TestApp, id: OutboundId) -> String {
    for state in [
        "queued",
        "sending",
        "sent",
        "delivered",
        "read",
        "refused",
        "unknown",
        "expired",
        "stopped",
        "spared",
    ] {
        let id = match app.database() {
            Database::Sqlite => format!("x'{}'", id.0.simple()),
            Database::Postgres => format!("'{}'", id.0),
        };
        let sql = format!("SELECT COUNT(*) FROM outbox WHERE id = {id} AND state = '{state}'");
        if app.home().number(&sql).await == 1 {
            return state.into();
        }
    }
    panic!("{id} is not there")
}

async fn write_in(app: &TestApp, from: &str, event_id: Option<&str>, text: &str) {
    let message = Inbound {
        event_id: event_id.map(str::to_owned),
        from: from.into(),
        to: "8066".into(),
        text: text.into(),
        part: None,
        ..Inbound::default()
    };
    let inlet = app.parts().inlet(&sms()).unwrap();
    inlet.take(Event::Message(message)).await.unwrap();
}

pub(crate) fn accepted(id: &str) -> Sent {
    Sent::Accepted { id: id.into() }
}

pub(crate) fn throttled() -> Sent {
    Sent::Throttled {
        after: Duration::from_secs(1),
    }
}

/// What a sender says while its provider cannot be reached.
pub(crate) fn away() -> Sent {
    Sent::Away {
        after: Duration::from_secs(1),
    }
}

pub(crate) fn unknown() -> Sent {
    Sent::Unknown {
        why: "timed out".into(),
    }
}

on_both! {
    async fn replies_go_first_and_no_province_starves_another(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "10")]).await;
        for number in 0..60 {
            queue(&app, reply(&format!("many {number}")).of("ha-noi", Class::Bulk).within(600)).await;
        }
        for number in 0..3 {
            queue(&app, reply(&format!("few {number}")).of("quang-ninh", Class::Bulk).within(600)).await;
        }
        queue(&app, reply("pass").of("base", Class::Pass).within(600)).await;
        queue(&app, reply("reply")).await;
        app.run_jobs().await;
        let sent = script.texts();
        assert_eq!(sent.len(), 10, "a second's worth");
        assert_eq!(sent.iter().filter(|t| t.starts_with("few")).count(), 3, "{sent:?}");
        assert!(sent.contains(&"reply".to_owned()) && sent.contains(&"pass".to_owned()));
        app.run_jobs().await;
        assert!(script.texts().is_empty(), "until tokens are there again");
        pass_seconds(&app, 1);
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 10);
        pass_seconds(&app, 3_600);
        // A pause gives a second's worth, not an hour's.
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 10);
        for _ in 0..4 {
            pass_seconds(&app, 1);
            app.run_jobs().await;
        }
        assert_eq!(script.texts().len(), 35);
        app.finish().await;
    }

    async fn after_an_outage_one_message_tries_and_then_all_leave_with_the_replies_first(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0"), ("in_flight", "4")]).await;
        script.now(|_, _| away());
        for number in 0..8 {
            queue(&app, reply(&format!("pass {number}")).of("base", Class::Pass).within(600)).await;
        }
        app.run_jobs().await;
        let tried = script.texts().len();
        assert!((5..=8).contains(&tried), "{tried} tries until it was left alone");
        pass_seconds(&app, 20);
        queue(&app, reply("reply")).await;
        app.run_jobs().await;
        assert!(script.texts().is_empty(), "it is left alone for half a minute");
        pass_seconds(&app, 15);
        app.run_jobs().await;
        assert_eq!(script.texts(), ["reply"], "one try, the most urgent");
        script.now(|n, _| accepted(&format!("late-{n}")));
        pass_seconds(&app, 31);
        app.run_jobs().await;
        let sent = script.texts();
        assert_eq!((sent.len(), sent[0].as_str()), (9, "reply"), "{sent:?}");
        app.finish().await;
    }

    async fn a_part_without_an_answer_follows_the_channels_policy(database) {
        for (policy, tries, ends) in [("resend", 2, "unknown"), ("wait", 2, "unknown"), ("drop", 1, "unknown")] {
            let quoted = format!("\"{policy}\"");
            let (app, script) = with_channel(database, &[("unknown", &quoted)]).await;
            script.now(|_, _| unknown());
            let id = queue(&app, reply(policy).within(60)).await;
            app.run_jobs().await;
            assert_eq!(script.texts().len(), 1);
            pass_seconds(&app, 60);
            app.run_jobs().await;
            let soon = script.texts().len();
            assert_eq!(soon, usize::from(policy == "resend"), "{policy}");
            pass_seconds(&app, 600);
            app.run_jobs().await;
            pass_seconds(&app, 600);
            app.run_jobs().await;
            assert_eq!(1 + soon + script.texts().len(), tries, "{policy}");
            assert_eq!(state(&app, id).await, ends);
            app.finish().await;
        }
    }

    async fn a_pass_without_an_answer_is_sent_again_three_times_at_growing_distances(database) {
        let (app, script) = with_channel(database, &[]).await;
        script.now(|_, _| unknown());
        let id = queue(&app, reply("pass").of("base", Class::Pass).within(600)).await;
        app.run_jobs().await;
        let mut tries = vec![script.texts().len()];
        for seconds in [6, 6, 12, 24, 600] {
            pass_seconds(&app, seconds);
            app.run_jobs().await;
            tries.push(script.texts().len());
        }
        assert_eq!(tries, [1, 1, 0, 1, 1, 0]);
        assert_eq!(state(&app, id).await, "unknown");
        app.finish().await;
    }

    async fn the_days_money_holds_up_bulk_first_and_then_everything(database) {
        let money = [("cost", "100"), ("daily_cap", "300"), ("hard_cap", "500"), ("parts_per_second", "0")];
        let (app, script) = with_channel(database, &money).await;
        for number in 0..6 {
            queue(&app, reply(&format!("bulk {number}")).of("base", Class::Bulk).within(2_000)).await;
        }
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 3, "300 đồng");
        for number in 0..6 {
            queue(&app, reply(&format!("reply {number}")).within(2_000)).await;
        }
        app.run_jobs().await;
        let sent = script.texts();
        assert!(sent.len() == 2 && sent.iter().all(|t| t.starts_with("reply")), "500 đồng: {sent:?}");
        let admin = app.log_in(Role::Admin, "base").await;
        let page = admin.browser.get("/admin/channels?lang=en").await.text();
        assert!(page.contains("500 đ of 300 đ"), "{page}");
        assert!(page.contains("The day’s money is spent"));
        // What was refused costs nothing; the next day begins at nought.
        script.now(|n, _| if n == 5 { Sent::Refused { code: "9".into() } } else { accepted(&format!("n-{n}")) });
        app.set_clock("2026-11-24 00:01");
        app.run_jobs().await;
        let sent = script.texts();
        let replies = sent.iter().filter(|t| t.starts_with("reply")).count();
        assert_eq!((replies, sent.len()), (4, 4), "{sent:?}");
        app.set_clock("2026-11-25 00:01");
        app.run_jobs().await;
        app.finish().await;
    }

    async fn what_is_too_late_is_not_sent_and_what_was_refused_is_not_repeated(database) {
        let (app, script) = with_channel(database, &[]).await;
        let late = queue(&app, reply("late")).await;
        pass_seconds(&app, 301);
        script.now(|_, _| Sent::Refused { code: "11".into() });
        let refused = queue(&app, reply("refused")).await;
        app.run_jobs().await;
        pass_seconds(&app, 60);
        app.run_jobs().await;
        assert_eq!(script.texts(), ["refused"]);
        assert_eq!(state(&app, late).await, "expired");
        assert_eq!(state(&app, refused).await, "refused");

        let admin = app.log_in(Role::Admin, "base").await;
        let page = admin.browser.get("/admin/channels/dead?lang=en").await.text();
        assert!(page.contains("Number ends in") && page.contains("678"), "{page}");
        assert!(!page.contains("5678") && !page.contains(">refused<"), "no number, no text");
        script.now(|_, _| accepted("at-last"));
        let form = |id: &str| vec![("what".to_owned(), "message".to_owned()), ("id".to_owned(), id.to_owned())];
        for (again, saved) in [(1, true), (2, false)] {
            let answer = admin.browser.post("/admin/channels/dead", &form(&refused.to_string())).await;
            let to = answer.location().to_owned();
            assert!(to.ends_with(&format!("saved={saved}")), "{again}: {to}");
        }
        app.run_jobs().await;
        assert_eq!(script.texts(), ["refused"]);
        assert_eq!(state(&app, refused).await, "sent");
        let audited = "SELECT COUNT(*) FROM audit WHERE action = 'message-requeued'";
        assert_eq!(app.home().number(audited).await, 1);
        let officer = app.on_duty("base").await;
        assert_eq!(officer.browser.get("/admin/channels/dead").await.status, 403);
        app.finish().await;
    }

    async fn who_stopped_a_channel_hears_nothing_until_writing_again(database) {
        let (app, script) = with_channel(database, &[]).await;
        script.now(|_, _| Sent::Stopped);
        let first = queue(&app, reply("one")).await;
        app.run_jobs().await;
        script.now(|_, _| accepted("x"));
        let second = queue(&app, reply("two")).await;
        app.run_jobs().await;
        assert_eq!(script.texts(), ["one"]);
        assert_eq!((state(&app, first).await, state(&app, second).await), ("stopped".into(), "stopped".into()));
        write_in(&app, "0912345678", Some("1"), "KB").await;
        let third = queue(&app, reply("three")).await;
        app.run_jobs().await;
        // Beside it goes what the conversation says to KB.
        let sent = script.texts();
        assert!(sent.contains(&"three".to_owned()) && sent.len() == 2, "{sent:?}");
        assert_eq!(state(&app, third).await, "sent");
        app.finish().await;
    }

    async fn the_same_text_over_and_over_to_one_number_is_stopped(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0")]).await;
        for _ in 0..8 {
            queue(&app, reply("we did not understand")).await;
            queue(&app, Text { to: "+84987654321", ..reply("we did not understand") }).await;
            app.run_jobs().await;
        }
        assert_eq!(script.texts().len(), 10, "five each");
        app.finish().await;
    }

    async fn an_event_is_taken_once_and_foreign_numbers_are_not_paid_for(database) {
        let (app, _script) = with_channel(database, &[]).await;
        for _ in 0..3 {
            write_in(&app, "0912345678", Some("event-1"), "KB").await;
            write_in(&app, "84912345678", None, "KB 1").await;
        }
        for foreign in ["+8613800138000", "VIETTEL", "0243825222", "", "1414"] {
            write_in(&app, foreign, None, "KB").await;
        }
        assert_eq!(app.home().number("SELECT COUNT(*) FROM inbox").await, 2);
        // Without an id the same text counts again once it was answered.
        pass_seconds(&app, 60);
        app.run_jobs().await;
        write_in(&app, "84912345678", None, "KB 1").await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM inbox").await, 3);
        for number in 0..60 {
            write_in(&app, "0987654321", None, &format!("flood {number}")).await;
        }
        assert_eq!(app.home().number("SELECT COUNT(*) FROM inbox").await, 33);
        let admin = app.log_in(Role::Admin, "base").await;
        let page = admin.browser.get("/admin/channels?lang=en").await.text();
        assert!(page.contains("Last heard") && page.contains("09:01 23/11/2026"), "{page}");
        let metrics = app.browser().get("/metrics").await.text();
        assert!(metrics.contains("inbox_events{channel=\"sms-main\",state=\"new\"}"), "{metrics}");
        app.run_jobs().await;
        app.home().execute("DELETE FROM outbox").await;
        app.finish().await;
    }
}
