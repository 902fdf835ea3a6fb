//! Our Telegram channel against an emulator that is not ours (PyPI's telemelya), through our real
//! router; and, in `telegram/`, the whole server. What the emulator does not know (429, 403,
//! duplicates, polling, shared numbers, groups) is tried against stubs, in `bots.rs` and in
//! `channels/tests/it/telegram`.

mod declaration;

use std::sync::Arc;

use channels::chat::{ChatChannel, Opening, PROVIDERS};
use channels::inbound::Inlet;
use channels::{ChatMessage, Content, Outbound, Picture, Place, Sender, Sent};
use serde_json::json;
use server::hooks::{Hook, HookTable};
use tests::kannel::eventually;
use tests::telegram::{OneNode, SECRET, TOKEN, Telegram};
use tests::{Database, MemoryInlet, TestApp, a_declaration, tools};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;
use workflows::clock::Clock;
use workflows::ids::OutboundId;
use workflows::message::{Act, Button, ChannelId, ChatText, Class, Does};

const CHAT: i64 = 4_200_042;

/// A bot: our router and a keeper in front of an inlet, a sender, and the emulator.
struct Bot {
    app: TestApp,
    inlet: Arc<MemoryInlet>,
    telegram: Telegram,
    sender: Arc<dyn Sender>,
    stop: oneshot::Sender<()>,
    keeping: JoinHandle<()>,
}

fn open(settings: &str, public_url: &str, inlet: &Arc<MemoryInlet>) -> ChatChannel {
    let provider = PROVIDERS.iter().find(|p| p.name == "telegram").unwrap();
    let channel = ChannelId::parse("tg-main").unwrap();
    let opened = (provider.open)(&Opening {
        settings: &settings.parse().unwrap(),
        place: Place {
            channel: &channel,
            public_url,
        },
        clock: &Clock::system(),
        inlet: Arc::clone(inlet) as Arc<dyn Inlet>,
        shared: Arc::new(OneNode::default()),
    });
    opened.unwrap()
}

impl Bot {
    async fn start() -> Self {
        let telegram = Telegram::start();
        let inlet = Arc::new(MemoryInlet::default());
        // The hook must be there before the keeper says where: our port is not known yet.
        let early = open(&telegram.settings(), "http://127.0.0.1:9", &inlet);
        let mut table = HookTable::default();
        let channel = ChannelId::parse("tg-main").unwrap();
        table.put(channel, Hook::Events(early.hook.unwrap()), inlet.clone());
        let app = TestApp::setup(Database::Sqlite).hooks(table).start().await;
        let opened = open(&telegram.settings(), app.url(), &inlet);
        let (stop, stopped) = oneshot::channel();
        let stopped = Box::pin(async {
            let _ = stopped.await;
        });
        let keeping = tokio::spawn(opened.keeper.unwrap().keep(stopped));
        let bot = Self {
            app,
            inlet,
            telegram,
            sender: opened.sender,
            stop,
            keeping,
        };
        eventually(async || (!bot.telegram.webhook().await.is_empty()).then_some(())).await;
        bot
    }

    async fn send(&self, words: ChatText, picture: Option<Picture>) -> String {
        let message = Outbound {
            id: OutboundId(Uuid::from_u128(1)),
            to: CHAT.to_string(),
            content: Content::Chat(Box::new(ChatMessage {
                words,
                picture,
                class: Class::Pass,
            })),
        };
        match self.sender.send(&message).await {
            Sent::Accepted { id } => id,
            other => panic!("{other:?}"),
        }
    }

    async fn finish(self) {
        self.stop.send(()).unwrap();
        self.keeping.await.unwrap();
        self.app.finish().await;
    }
}

fn asks(text: &str) -> ChatText {
    ChatText {
        text: text.into(),
        buttons: vec![Button {
            label: "Có".into(),
            does: Does::Say("s3:1".into()),
        }],
        ..ChatText::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_writes_and_presses_arrives_and_the_answers_reach_the_chat() {
    let bot = Bot::start().await;
    assert_eq!(bot.telegram.write(CHAT, "/start cp-07").await, 200);
    let question = bot.send(asks("Bạn có sốt không?"), None).await;
    let under = question.parse().unwrap();
    assert_eq!(bot.telegram.press(CHAT, "s3:1", under).await, 200);
    let [start, press] = <[_; 2]>::try_from(bot.inlet.messages()).ok().unwrap();
    assert_eq!(
        (start.from, start.text),
        (CHAT.to_string(), "/start cp-07".into())
    );
    assert_eq!(start.act, Act::Wrote);
    assert_eq!(press.text, "s3:1");
    let Act::Pressed { press, message } = press.act else {
        panic!("no press")
    };
    assert_eq!(message.as_deref(), Some(question.as_str()));
    let next = ChatText {
        answers: press,
        replaces: message,
        ..asks("Bạn có ho không?")
    };
    assert_eq!(bot.send(next, None).await, question);
    let heard = bot.telegram.heard().await;
    let methods: Vec<_> = heard
        .iter()
        .map(|call| call["method"].as_str().unwrap())
        .collect();
    assert_eq!(
        methods,
        ["sendMessage", "answerCallbackQuery", "editMessageText"]
    );
    assert_eq!(heard[0]["text"], "Bạn có sốt không?");
    let keyboard = json!({"inline_keyboard": [[{"text": "Có", "callback_data": "s3:1"}]]});
    assert_eq!(heard[0]["reply_markup"], keyboard);
    assert_eq!(heard[2]["text"], "Bạn có ho không?");
    bot.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_a_pass_is_read_from_the_chat_by_a_qr_reader_and_is_uploaded_once() {
    let bot = Bot::start().await;
    let declared = bot.app.declare(&a_declaration("ha-noi")).await;
    let png = bot
        .app
        .browser()
        .get(&format!("{}.png", declared.page))
        .await;
    let picture = || Picture {
        name: "0f".repeat(16),
        png: Arc::new(png.body.clone()),
        url: None,
    };
    let words = || ChatText {
        text: format!("Thẻ {}", declared.code),
        ..ChatText::default()
    };
    bot.send(words(), Some(picture())).await;
    bot.send(words(), Some(picture())).await;
    let heard = bot.telegram.heard().await;
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(heard[0]["caption"], words().text);
    let file = heard[0]["file_id"].as_str().unwrap();
    assert_eq!(
        tools::read_qr(&bot.telegram.picture(file).await),
        declared.qr
    );
    assert_eq!(heard[1]["file_id"], file);
    bot.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_could_not_be_kept_is_not_acknowledged_and_one_without_the_secret_is_refused()
 {
    let bot = Bot::start().await;
    bot.inlet.set_full(true);
    assert_eq!(bot.telegram.write(CHAT, "/start").await, 503);
    bot.inlet.set_full(false);
    assert_eq!(bot.telegram.write(CHAT, "/start").await, 200);
    assert_eq!(bot.inlet.messages().len(), 1);
    let url = bot.telegram.webhook().await;
    assert_eq!(url, format!("{}/hooks/tg-main", bot.app.url()));
    assert!(!url.contains(SECRET) && !url.contains(TOKEN));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let update = json!({"update_id": 1}).to_string();
    let unsigned = client.post(&url).body(update).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    bot.finish().await;
}
