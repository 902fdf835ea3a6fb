//! What the outbox keeps of messages that have ended, and for how long.

use channels::Sent;
use tests::on_both;
use workflows::message::Class;

use crate::outbox::{accepted, pass_seconds, queue, reply, state, throttled, with_channel};

on_both! {
    async fn what_ended_long_ago_is_forgotten_and_what_waits_is_not(database) {
        let (app, script) = with_channel(database, &[]).await;
        let old = queue(&app, reply("old")).await;
        let report = queue(&app, reply("report").of("base", Class::Report).within(600)).await;
        app.run_jobs().await;
        app.set_clock("2026-11-30 09:00");
        script.now(|_, _| Sent::Refused { code: "11".into() });
        let refused = queue(&app, reply("refused")).await;
        app.run_jobs().await;
        script.now(|_, _| throttled());
        let waits = queue(&app, reply("waits").of("base", Class::Pass).within(30 * 24 * 60)).await;
        app.set_clock("2026-12-08 09:01");
        app.run_jobs().await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM outbox").await, 3);
        assert_eq!(state(&app, refused).await, "refused");
        app.set_clock("2026-12-15 09:01");
        app.run_jobs().await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM outbox").await, 2, "{old}");
        assert_eq!(state(&app, report).await, "sent", "its cause may come up again");
        assert_eq!(state(&app, waits).await, "queued");
        let metrics = app.browser().get("/metrics").await.text();
        assert!(metrics.contains("outbox_messages{state=\"queued\"} 1"), "{metrics}");
        script.now(|_, _| accepted("at-last"));
        pass_seconds(&app, 600);
        app.run_jobs().await;
        let metrics = app.browser().get("/metrics").await.text();
        assert!(metrics.contains("outbox_messages{state=\"queued\"} 0"), "{metrics}");
        assert!(!metrics.contains("outbox_messages{state=\"sent\"}"), "{metrics}");
        app.finish().await;
    }
}
