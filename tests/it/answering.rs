//! Who answers what came in: one event that fails or is slow holds up no other.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use server::state::App;
use tests::{TestApp, on_both};
use workflows::declaration::conversation::{Limits, Medium};
use workflows::declaration::converse::ChannelProfile;
use workflows::ids::ProvinceId;
use workflows::message::{ChannelId, Event, Inbound, Screen, Trust, Turn, TurnInput};
use workflows::person::Identity;
use workflows::registry::{Registry, RegistryAnswer};
use workflows::text;

use crate::outbox::{pass_seconds, sms, with_channel};

/// A registry that breaks, or that answers too late.
enum Bad {
    Breaks,
    Late(Duration),
}

impl Registry for Bad {
    fn compare<'a>(
        &'a self,
        _: &'a Identity,
    ) -> Pin<Box<dyn Future<Output = RegistryAnswer> + Send + 'a>> {
        Box::pin(async move {
            match self {
                Self::Breaks => panic!("the registry breaks"),
                Self::Late(wait) => tokio::time::sleep(*wait).await,
            }
            RegistryAnswer::Match
        })
    }
}

/// The same server, with this registry.
fn with_registry(app: &TestApp, registry: Bad) -> App {
    let mut parts = app.parts().clone();
    parts.workflows.registry = Arc::new(registry);
    parts
}

async fn write_in(app: &TestApp, from: &str, text: &str) {
    let message = Inbound {
        from: from.into(),
        to: "8066".into(),
        text: text.into(),
        ..Inbound::default()
    };
    let inlet = app.parts().inlet(&sms()).unwrap();
    inlet.take(Event::Message(message)).await.unwrap();
}

fn ussd() -> ChannelProfile {
    let channel = |name| ChannelId::parse(name).unwrap();
    ChannelProfile {
        id: channel("ussd-talk"),
        province: ProvinceId::parse("base").unwrap(),
        medium: Medium::Ussd,
        trust: Trust::Network,
        fits: text::Limits::default(),
        chat: None,
        private_in_chat: false,
        window_hours: None,
        public_url: "https://khaibao.example".into(),
        ways: Vec::new(),
        code: Some("*123#".into()),
        copies_to: Some((sms(), text::Limits::default())),
        limits: Limits::default(),
    }
}

const FIRST: [&str; 6] = ["001090000017", "Nguyen Van An", "Bac Ninh", "0", "0", "0"];
const AGAIN: [&str; 1] = ["1"];

/// Declares by a dialogue of its own; its last screen.
async fn dial(app: &App, (from, session): (&str, &str), typed: &[&str]) -> Screen {
    let mut last = None;
    for count in 0..=typed.len() {
        let turn = Turn {
            session: session.into(),
            from: from.into(),
            code: "*123#".into(),
            input: TurnInput::History(typed[..count].join("*")),
        };
        last = Some(app.workflows.turn(&ussd(), &turn).await.unwrap());
    }
    last.unwrap()
}

on_both! {
    async fn an_event_whose_answer_breaks_is_given_up_alone(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0")]).await;
        let breaking = with_registry(&app, Bad::Breaks);
        write_in(&app, "0912345678", "KB 001090000017 NGUYEN VAN AN BAC NINH 0").await;
        write_in(&app, "0987654321", "KB").await;
        for seconds in [1, 2, 6, 31, 121, 601, 1_801] {
            pass_seconds(&app, seconds);
            breaking.run_due_jobs().await.unwrap();
        }
        assert_eq!(script.texts().len(), 1, "the other one is answered, once");
        let dead = "SELECT COUNT(*) FROM inbox WHERE state = 'dead'";
        assert_eq!(app.home().number(dead).await, 1, "a person must look");
        let done = "SELECT COUNT(*) FROM inbox WHERE state = 'done'";
        assert_eq!(app.home().number(done).await, 1);
        app.finish().await;
    }

    async fn a_dialogue_does_not_wait_for_a_slow_registry(database) {
        let (app, _script) = with_channel(database, &[]).await;
        let slow = with_registry(&app, Bad::Late(Duration::from_secs(20)));
        let begun = Instant::now();
        let last = dial(&slow, ("+84912345678", "a"), &FIRST).await;
        assert!(!last.continues && begun.elapsed() < Duration::from_secs(5), "{}", last.text);
        let checked = "SELECT COUNT(*) FROM declarations WHERE registry = 'unavailable'";
        assert_eq!(app.home().number(checked).await, 1, "the post asks");
        app.finish().await;
    }

    async fn copies_of_a_dialogues_pass_are_few_and_go_to_mobiles_of_this_country(database) {
        let (app, script) = with_channel(database, &[("parts_per_second", "0")]).await;
        for (from, copies) in [("+84912345678", 3), ("+8613800138000", 0), ("+842438252220", 0)] {
            for time in 0..5 {
                let typed = if time == 0 { FIRST.as_slice() } else { AGAIN.as_slice() };
                let session = format!("{from} {time}");
                let last = dial(app.parts(), (from, &session), typed).await;
                assert!(!last.continues, "{from}: {}", last.text);
                pass_seconds(&app, 60);
            }
            app.run_jobs().await;
            assert_eq!(script.texts().len(), copies, "{from}");
        }
        pass_seconds(&app, 3_600);
        dial(app.parts(), ("+84912345678", "an hour later"), &AGAIN).await;
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 1);
        app.finish().await;
    }
}
