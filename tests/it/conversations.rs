//! A text and a dialogue, from the raw event to the pass at the post: everything that one message
//! causes is stored at once, and once.

use tests::{TestApp, on_both};
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::declaration::conversation::{Limits, Medium};
use workflows::declaration::converse::ChannelProfile;
use workflows::ids::ProvinceId;
use workflows::inbox::BODY;
use workflows::message::{Address, ChannelId, Inbound, Screen, TextPart, Trust, Turn, TurnInput};
use workflows::person::Phone;
use workflows::store::{ClaimedInbound, Pace, Rows, Scope, Settled};
use workflows::text;

const NATIONAL: Scope = Scope::National(Purpose::Administer);
const DECLARATIONS: &str = "SELECT COUNT(*) FROM declarations";
const PASSES: &str = "SELECT COUNT(*) FROM passes";
const NUMBER: &str = "0912345678";
const ALL: &str = "KB 001090000017 Nguyen Van An Bac Ninh 0";

fn channel(id: &str) -> ChannelId {
    ChannelId::parse(id).unwrap()
}

fn base() -> ProvinceId {
    ProvinceId::parse("base").unwrap()
}

fn sms() -> ChannelProfile {
    ChannelProfile {
        id: channel("sms-talk"),
        province: base(),
        medium: Medium::Sms,
        trust: Trust::Low,
        fits: text::Limits::default(),
        chat: None,
        window_hours: None,
        private_in_chat: false,
        public_url: String::new(),
        ways: Vec::new(),
        code: None,
        copies_to: None,
        limits: Limits::default(),
    }
}

fn ussd() -> ChannelProfile {
    ChannelProfile {
        id: channel("ussd-talk"),
        medium: Medium::Ussd,
        trust: Trust::Network,
        code: Some("*123#".into()),
        copies_to: Some((channel("sms-talk"), text::Limits::default())),
        ..sms()
    }
}

/// Takes a text in and hands it out again, as the inlet and the worker do.
async fn claimed(app: &TestApp, text: &str, order: i64) -> ClaimedInbound {
    let workflows = &app.parts().workflows;
    let phone = Phone::parse(NUMBER).unwrap();
    let inbound = Inbound {
        event_id: Some(format!("e{order}")),
        from: NUMBER.into(),
        to: "8066".into(),
        text: text.into(),
        part: None,
        ..Inbound::default()
    };
    let at = Moment(app.clock.now().0 + order);
    let id = channel("sms-talk");
    let row = workflows
        .text_row(&base(), (&id, &Address::Phone(phone)), inbound, at)
        .await
        .unwrap();
    let rows = Rows {
        inbound: row,
        ..Rows::default()
    };
    workflows.store.append(rows).await.unwrap();
    let mut tx = workflows.store.write(&NATIONAL).await.unwrap();
    let later = app.clock.now().plus_minutes(1);
    let mut all = tx.claim_inbox(later, 60, 10).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Sends a text; the texts that go back.
async fn send(app: &TestApp, text: &str, order: i64) -> Vec<String> {
    let claimed = claimed(app, text, order).await;
    app.parts()
        .workflows
        .converse(&sms(), &claimed)
        .await
        .unwrap();
    outgoing(app).await
}

/// What waits to be sent, which is then sent.
async fn outgoing(app: &TestApp) -> Vec<String> {
    let workflows = &app.parts().workflows;
    let pace = Pace {
        parts_per_second: 0,
        cost: 0,
        daily_cap: 0,
        hard_cap: 0,
        has_breaker: false,
        in_order: false,
    };
    let (id, now) = (channel("sms-talk"), app.clock.now());
    let mut tx = workflows.store.write(&NATIONAL).await.unwrap();
    let messages = tx
        .claim_outbox(&id, &pace, now, (60, 100))
        .await
        .unwrap()
        .messages;
    let sent = |message: &_| {
        let provider_id = format!("p{}", app.clock.uuid());
        (Clone::clone(message), Settled::Sent { provider_id })
    };
    let outcomes: Vec<_> = messages.iter().map(sent).collect();
    tx.settle_outbox(&id, &pace, &outcomes, now).await.unwrap();
    tx.commit().await.unwrap();
    let mut texts = Vec::new();
    for message in messages {
        let row = message.id.as_bytes();
        let of = base();
        let opened = workflows.sealing.open(&of, BODY, row, &message.body);
        let part: TextPart = opened.await.unwrap();
        assert!(text::gsm::septets(&part.text).unwrap() <= 160);
        texts.push(part.text);
    }
    texts
}

async fn turn(app: &TestApp, session: &str, input: TurnInput) -> Screen {
    let turn = Turn {
        session: session.into(),
        from: NUMBER.into(),
        code: "*123#".into(),
        input,
    };
    app.parts().workflows.turn(&ussd(), &turn).await.unwrap()
}

/// The spoken code in a text.
fn code(text: &str) -> &str {
    let word = |w: &&str| w.len() == 9 && w.as_bytes()[4] == b'-';
    let mut words = text.split([' ', ',', '.', '(']);
    words
        .find(word)
        .unwrap_or_else(|| panic!("no code in {text}"))
}

on_both! {
    async fn one_text_makes_one_declaration_one_pass_and_one_reply(database) {
        let app = TestApp::on(database).await;
        let first = claimed(&app, ALL, 1).await;
        for _ in 0..2 {
            // The second time the claim is lost, and nothing happens.
            app.parts().workflows.converse(&sms(), &first).await.unwrap();
        }
        let texts = outgoing(&app).await;
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert_eq!(app.home().number(DECLARATIONS).await, 1);
        assert_eq!(app.home().number(PASSES).await, 1);
        let officer = app.on_duty("base").await;
        let scan = officer.scan(code(&texts[0])).await;
        assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("VALID", "check"));
        let by_text = "SELECT COUNT(*) FROM declarations WHERE channel = 'sms'";
        assert_eq!(app.home().number(by_text).await, 1);
        // The province is told that the number may be forged.
        assert!(scan.reasons.contains(&1_043), "{scan:?}");
        app.finish().await;
    }

    async fn who_agreed_needs_two_messages_and_who_asks_is_forgotten(database) {
        let app = TestApp::on(database).await;
        send(&app, ALL, 1).await;
        assert!(send(&app, "DY", 2).await[0].starts_with("Da luu"));
        let summary = send(&app, "kb", 3).await;
        assert!(summary[0].starts_with("NVA ..017, di tu Bac Ninh"), "{summary:?}");
        let pass = send(&app, "1", 4).await;
        assert_eq!((summary.len(), pass.len()), (1, 1));
        assert_eq!(app.home().number(DECLARATIONS).await, 2);
        send(&app, "QUEN", 5).await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM profiles").await, 0);
        assert!(send(&app, "KB", 6).await[0].contains("CCCD"));
        app.finish().await;
    }

    async fn a_dialogue_ends_with_the_code_which_also_comes_by_text(database) {
        let app = TestApp::on(database).await;
        let typed = ["001090000017", "Nguyen Van An", "Bac Ninh", "0", "0", "0"];
        let mut screens = vec![turn(&app, "a", TurnInput::History(String::new())).await];
        for count in 1..=typed.len() {
            let history = TurnInput::History(typed[..count].join("*"));
            let screen = turn(&app, "a", history.clone()).await;
            assert!(turn(&app, "a", history).await == screen, "a repeat gets the same screen");
            screens.push(screen);
        }
        let last = screens.last().unwrap();
        assert!(!last.continues && screens.len() <= 7, "{} screens", screens.len());
        let texts = outgoing(&app).await;
        assert_eq!(texts.len(), 1);
        assert_eq!(code(&texts[0]), code(&last.text));
        assert_eq!(app.home().number(DECLARATIONS).await, 1);
        let officer = app.on_duty("base").await;
        let scan = officer.scan(code(&texts[0])).await;
        let dialled = "SELECT COUNT(*) FROM declarations WHERE channel = 'ussd'";
        assert_eq!(app.home().number(dialled).await, 1);
        assert!(!scan.reasons.contains(&1_043), "the network vouches for the number");
        // The household is known now: two screens.
        let summary = turn(&app, "b", TurnInput::Begin).await;
        assert!(summary.continues && summary.text.contains("1=nhu cu"), "{}", summary.text);
        let end = turn(&app, "b", TurnInput::Latest("1".into())).await;
        assert!(!end.continues);
        outgoing(&app).await;
        app.finish().await;
    }

    async fn two_requests_of_one_dialogue_at_once_declare_once(database) {
        let app = TestApp::on(database).await;
        let typed = ["001090000017", "Nguyen Van An", "Bac Ninh", "0", "0", "0"];
        turn(&app, "a", TurnInput::History(String::new())).await;
        for count in 1..typed.len() {
            turn(&app, "a", TurnInput::History(typed[..count].join("*"))).await;
        }
        let last = || turn(&app, "a", TurnInput::History(typed.join("*")));
        let (one, two, three) = tokio::join!(last(), last(), last());
        assert!(one == two && two == three && !one.continues);
        assert_eq!(app.home().number(DECLARATIONS).await, 1);
        assert_eq!(outgoing(&app).await.len(), 1);
        app.finish().await;
    }

    async fn a_name_that_the_registry_has_otherwise_is_asked_again(database) {
        let app = TestApp::on(database).await;
        let said = send(&app, "KB 001090000017 Le Van Sai Bac Ninh 0", 1).await;
        assert!(said[0].starts_with("Ho ten khac"), "{said:?}");
        assert!(!said[0].contains("001090000017"));
        assert_eq!(app.home().number(DECLARATIONS).await, 0);
        send(&app, "001090000017", 2).await;
        let pass = send(&app, "Nguyễn Văn An", 3).await;
        code(&pass[0]);
        assert_eq!(app.home().number(DECLARATIONS).await, 1);
        app.finish().await;
    }
}
