//! A provider of chats made up for tests, which fetches its pictures. It stands for no real one:
//! it takes what it is given and shows it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use channels::chat::{ChatChannel, Opening, Provider};
use channels::{ChatMessage, Content, Outbound, Sender, Sent, SettingsError};
use workflows::ids::ProvinceId;
use workflows::message::{ChannelId, ChatFits, PictureBy};

use crate::{Database, TestApp};

type Answer = Box<dyn FnMut(usize) -> Sent + Send>;

/// Every message that was tried, and what is answered to each.
#[derive(Clone)]
pub struct Album(Arc<Mutex<Inner>>);

struct Inner {
    answer: Answer,
    tried: Vec<(String, ChatMessage)>,
}

const PROVIDER: Provider = Provider {
    name: "album",
    fits: ChatFits {
        text: 2_000,
        caption: 1_000,
        buttons: 5,
        label: 40,
        picture: PictureBy::Fetch,
        beside_picture: true,
        asks_number: false,
        replaces: false,
    },
    window_hours: |_| None,
    open,
};

fn open(_: &Opening<'_>) -> Result<ChatChannel, SettingsError> {
    Ok(ChatChannel {
        hook: None,
        sender: Arc::new(Album::taking()),
        keeper: None,
    })
}

impl Album {
    fn taking() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            answer: Box::new(|n| Sent::Accepted {
                id: format!("a-{n}"),
            }),
            tried: Vec::new(),
        })))
    }

    /// A server with one channel of this provider, for the province `base`.
    pub async fn on(database: Database) -> (TestApp, Self) {
        let app = TestApp::setup(database)
            .provider(PROVIDER)
            .set("channel.chat-album.kind", "\"chat\"")
            .set("channel.chat-album.province", "\"base\"")
            .set("channel.chat-album.provider", "\"album\"")
            .set("channel.chat-album.settings.account", "\"made-up\"")
            .start()
            .await;
        let album = Self::taking();
        let sender = Arc::new(album.clone());
        app.parts().plug(&Self::channel(), sender).unwrap();
        (app, album)
    }

    /// Its channel.
    pub fn channel() -> ChannelId {
        ChannelId::parse("chat-album").unwrap()
    }

    /// Its channel's province.
    pub fn province() -> ProvinceId {
        ProvinceId::parse("base").unwrap()
    }

    /// Answers so from now on; the number says how many came before.
    pub fn now(&self, answer: impl FnMut(usize) -> Sent + Send + 'static) {
        self.0.lock().unwrap().answer = Box::new(answer);
    }

    /// What was tried, with whom it was for, as far as it was not asked for before.
    pub fn tried(&self) -> Vec<(String, ChatMessage)> {
        std::mem::take(&mut self.0.lock().unwrap().tried)
    }
}

#[async_trait]
impl Sender for Album {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Chat(chat) = &message.content else {
            panic!("a message of a chat")
        };
        let mut inner = self.0.lock().unwrap();
        let n = inner.tried.len();
        inner.tried.push((message.to.clone(), (**chat).clone()));
        (inner.answer)(n)
    }
}
