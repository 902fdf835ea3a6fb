//! A provider that says "too fast" is there: its channel is not stopped, and its times are kept.

use std::time::Duration;

use channels::Sent;
use tests::{TestApp, on_both};
use workflows::message::Class;

use crate::outbox::{accepted, away, pass_seconds, queue, reply, throttled, with_channel};

const STOPPED: &str = "SELECT COUNT(*) FROM channel_flow WHERE failures >= 5";

async fn queue_six(app: &TestApp) {
    for number in 0..6 {
        let text = format!("pass {number}");
        queue(app, reply(&text).of("base", Class::Pass).within(600)).await;
    }
}

on_both! {
    async fn who_is_too_fast_is_slowed_and_not_stopped(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0")]).await;
        script.now(|n, _| if n < 5 { throttled() } else { accepted(&n.to_string()) });
        queue_six(&app).await;
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 6, "the sixth is not held up by the others");
        assert_eq!(app.home().number(STOPPED).await, 0);
        queue(&app, reply("reply")).await;
        app.run_jobs().await;
        assert_eq!(script.texts(), ["reply"], "the others wait for their time");
        pass_seconds(&app, 5);
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 5);
        app.finish().await;
    }

    async fn nothing_goes_before_the_time_that_the_provider_named(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0"), ("in_flight", "1")]).await;
        let held = Sent::Held { after: Duration::from_secs(90) };
        script.now(move |n, _| if n == 0 { held.clone() } else { accepted(&n.to_string()) });
        queue_six(&app).await;
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 1);
        queue(&app, reply("reply")).await;
        for seconds in [1, 30, 58] {
            pass_seconds(&app, seconds);
            app.run_jobs().await;
            assert!(script.texts().is_empty(), "the account is left alone");
        }
        assert_eq!(app.home().number(STOPPED).await, 0);
        pass_seconds(&app, 1);
        app.run_jobs().await;
        let sent = script.texts();
        assert_eq!((sent.len(), sent[0].as_str()), (7, "reply"), "{sent:?}");
        app.finish().await;
    }

    async fn after_an_outage_who_was_too_fast_still_waits_for_their_time(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0"), ("in_flight", "1")]).await;
        let later = Sent::Throttled { after: Duration::from_mins(10) };
        script.now(move |n, _| if n == 0 { later.clone() } else { away() });
        queue_six(&app).await;
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 6);
        assert_eq!(app.home().number(STOPPED).await, 1, "five were away in a row");
        script.now(|n, _| accepted(&format!("late-{n}")));
        pass_seconds(&app, 31);
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 5, "its own time has not come");
        pass_seconds(&app, 570);
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 1);
        app.finish().await;
    }
}
