//! Many people who declare in chats at the same time, with a provider that now and then takes
//! nothing, or falls silent: nobody is lost, and everybody is answered in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::{Content, Outbound, Sent};
use serde_json::json;
use tests::{Pigeon, TestApp, on_both, tools};
use tokio::task::JoinSet;

use crate::outbox::pass_seconds;

/// Chats in the story, unless `KHAIBAO_TEST_CHATS` says how many.
const CHATS: &str = "60";
/// What everybody says after the command and the document.
const THEN: [&str; 5] = ["Nguyễn Văn An", "Bắc Ninh", "0", "0", "0"];
const TURNS: usize = 2 + THEN.len();
/// Every so many messages that leave for the first time meet with this.
const THROTTLED: usize = 7;
const SILENT: usize = 11;

/// What reached a chat: the words, and whether a picture came along.
type Told = BTreeMap<String, Vec<(String, bool)>>;

/// The provider, as the story has it.
#[derive(Clone, Default)]
struct Fault {
    told: Arc<Mutex<Told>>,
    tried: Arc<Mutex<BTreeSet<uuid::Uuid>>>,
}

impl Fault {
    fn answer(&self, number: usize, message: &Outbound) -> Sent {
        let is_new = self.tried.lock().unwrap().insert(message.id.0);
        if is_new && number.is_multiple_of(THROTTLED) {
            let after = Duration::from_secs(3);
            return Sent::Throttled { after };
        }
        if is_new && number.is_multiple_of(SILENT) {
            let why = "no answer".into();
            return Sent::Unknown { why };
        }
        let Content::Chat(chat) = &message.content else {
            panic!("words for a chat")
        };
        let words = (chat.words.text.clone(), chat.picture.is_some());
        let mut told = self.told.lock().unwrap();
        told.entry(message.to.clone()).or_default().push(words);
        Sent::Accepted {
            id: format!("p-{number}"),
        }
    }
}

fn says(chat: usize, turn: usize) -> String {
    match turn {
        0 => "/khaibao".into(),
        1 => format!("001090{chat:06}"),
        _ => THEN[turn - 2].into(),
    }
}

/// Everybody says the next thing at the same time; what is due then is done.
async fn turn(app: &Arc<TestApp>, pigeon: &Pigeon, chats: std::ops::Range<usize>, turn: usize) {
    let mut posts = JoinSet::new();
    for chat in chats {
        let (app, pigeon) = (Arc::clone(app), pigeon.clone());
        let note = json!({"did": "wrote", "id": format!("{chat} {turn}"),
            "chat": format!("chat-{chat}"), "text": says(chat, turn)});
        posts.spawn(async move { pigeon.call(&app, &note).await.status });
    }
    while let Some(status) = posts.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    // One that came in the same instant as others is due a little later.
    pass_seconds(app, 1);
    app.run_jobs().await;
}

async fn count(app: &TestApp, from: &str) -> usize {
    let sql = format!("SELECT COUNT({from}");
    usize::try_from(app.home().number(&sql).await).unwrap()
}

on_both! {
    async fn everybody_of_a_crowd_is_answered_in_order_and_gets_one_pass(database) {
        let chats: usize = tools::variable_or("KHAIBAO_TEST_CHATS", CHATS).parse().unwrap();
        let pigeon = Pigeon::default();
        let setup = pigeon.channel(TestApp::setup(database), "base");
        let setup = setup.set("channel.pigeons.private_in_chat", true);
        let app = Arc::new(setup.start().await);
        for step in 0..TURNS {
            turn(&app, &pigeon, 0..1, step).await;
        }
        let alone: Vec<_> =
            pigeon.kept().into_iter().map(|d| (d.words.text, d.has_picture)).collect();
        let asked: Vec<_> = alone.iter().filter(|(_, has_picture)| !has_picture).collect();
        assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), TURNS - 1, "{alone:?}");
        let fault = Fault::default();
        let provider = fault.clone();
        pigeon.now(move |number, message| provider.answer(number, message));
        for step in 0..TURNS {
            turn(&app, &pigeon, 1..chats, step).await;
        }
        for _ in 0..60 {
            app.run_jobs().await;
            pass_seconds(&app, 1);
        }
        let told = std::mem::take(&mut *fault.told.lock().unwrap());
        assert_eq!(told.len(), chats - 1, "everybody hears");
        for (chat, told) in told {
            let (pass, before) = told.split_last().unwrap();
            assert!(pass.1, "{chat} has a pass at the end: {told:?}");
            assert_eq!(before.iter().collect::<Vec<_>>(), asked, "{chat}");
        }
        assert_eq!(count(&app, "*) FROM declarations").await, chats);
        assert_eq!(count(&app, "DISTINCT person) FROM declarations").await, chats);
        assert_eq!(count(&app, "*) FROM passes").await, chats);
        assert_eq!(count(&app, "*) FROM inbox WHERE state = 'done'").await, chats * TURNS);
        assert_eq!(count(&app, "*) FROM outbox WHERE state = 'sent'").await, chats * TURNS);
        Arc::into_inner(app).unwrap().finish().await;
    }
}
