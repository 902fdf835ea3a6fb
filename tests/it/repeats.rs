//! Texts that the provider does not name: what is the same text once more, and what was meant
//! twice.

use tests::{TestApp, on_both};
use workflows::clock::Moment;
use workflows::message::{Event, Inbound, PartOf};

use crate::outbox::{NUMBER, pass_seconds, sms, with_channel};

const TEXTS: &str = "SELECT COUNT(*) FROM inbox";
const ALL: &str = "KB 001090000017 NGUYEN VAN AN BAC NINH 0";

fn text(text: &str) -> Event {
    Event::Message(Inbound {
        from: NUMBER.into(),
        to: "8066".into(),
        text: text.into(),
        ..Inbound::default()
    })
}

async fn deliver(app: &TestApp, event: Event) {
    let inlet = app.parts().inlet(&sms()).unwrap();
    inlet.take(event).await.unwrap();
}

/// Delivers it and has it answered.
async fn say(app: &TestApp, words: &str) {
    deliver(app, text(words)).await;
    app.run_jobs().await;
}

fn pass_millis(app: &TestApp, millis: i64) {
    app.clock.set(Moment(app.clock.now().0 + millis * 1_000));
}

on_both! {
    async fn the_same_short_answer_five_seconds_later_answers_the_next_question(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0")]).await;
        say(&app, "KB 001090000017 NGUYEN VAN AN BAC NINH").await;
        let mut asked = script.texts();
        for _ in 0..2 {
            pass_seconds(&app, 5);
            say(&app, "0").await;
            asked.extend(script.texts());
        }
        assert_eq!(asked.len(), 3, "each is answered: {asked:?}");
        assert_eq!(app.home().number(TEXTS).await, 3);
        app.finish().await;
    }

    async fn a_word_that_comes_again_after_another_is_heard(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0")]).await;
        for word in ["KB", "HUY", "KB"] {
            say(&app, word).await;
            pass_seconds(&app, 1);
        }
        let said = script.texts();
        assert_eq!(said.len(), 3, "{said:?}");
        assert_eq!(said[0], said[2]);
        app.finish().await;
    }

    async fn a_text_delivered_again_across_a_minute_declares_once(database) {
        let (app, _script) = with_channel(database, &[("parts_per_second", "0")]).await;
        app.set_clock("2026-11-23 12:00");
        pass_millis(&app, 59_900);
        say(&app, ALL).await;
        pass_millis(&app, 200);
        say(&app, ALL).await;
        pass_seconds(&app, 50);
        say(&app, ALL).await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM declarations").await, 1);
        assert_eq!(app.home().number(TEXTS).await, 1);
        pass_seconds(&app, 30);
        say(&app, ALL).await;
        assert_eq!(app.home().number(TEXTS).await, 2, "it was meant again");
        app.finish().await;
    }

    async fn a_text_that_nobody_answered_yet_is_the_same_however_late_it_comes_again(database) {
        let (app, _script) = with_channel(database, &[("parts_per_second", "0")]).await;
        for _ in 0..3 {
            deliver(&app, text("0")).await;
            pass_seconds(&app, 70);
        }
        assert_eq!(app.home().number(TEXTS).await, 1);
        app.run_jobs().await;
        app.finish().await;
    }

    async fn a_part_delivered_again_is_kept_once(database) {
        let (app, _script) = with_channel(database, &[("parts_per_second", "0")]).await;
        let part = |number, words: &str| {
            let part = Some(PartOf { reference: 7, number, total: 2 });
            let Event::Message(text) = text(words) else { unreachable!() };
            Event::Message(Inbound { part, ..text })
        };
        for _ in 0..2 {
            deliver(&app, part(1, "KB 001090000017 NGUYEN ")).await;
            deliver(&app, part(2, "VAN AN BAC NINH 0")).await;
            pass_seconds(&app, 20);
        }
        assert_eq!(app.home().number(TEXTS).await, 2);
        app.run_jobs().await;
        deliver(&app, part(2, "VAN AN BAC NINH 0")).await;
        assert_eq!(app.home().number(TEXTS).await, 2);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM declarations").await, 1);
        app.finish().await;
    }

    async fn two_nodes_that_hear_a_text_at_once_keep_it_once(database) {
        let (app, _script) = with_channel(database, &[("parts_per_second", "0")]).await;
        let other = app.another_node().await;
        let (one, two) = (app.parts().inlet(&sms()).unwrap(), other.inlet(&sms()).unwrap());
        for word in ["KB", "HUY", "KB"] {
            let (a, b, c) = tokio::join!(
                one.take(text(word)), two.take(text(word)), two.take(text(word)));
            assert!(a.is_ok() && b.is_ok() && c.is_ok());
            app.run_jobs().await;
            pass_seconds(&app, 1);
        }
        assert_eq!(app.home().number(TEXTS).await, 3);
        drop(other);
        app.finish().await;
    }
}
