//! Beside the server: tells Telegram where our hook is, or fetches what is new; and which commands
//! there are. Whatever fails is tried again, later each time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use teloxide_core::Bot;
use teloxide_core::payloads::{DeleteWebhook, SetMyCommands, SetWebhook};
use teloxide_core::types::{AllowedUpdate, BotCommand, BotCommandScope};
use workflows::message::{ChannelId, Event};

use super::call::{self, Fault, GetUpdates, POLL_SECONDS};
use super::update::{Me, Numbered, Update};
use crate::chat::{Keeper, Shared, Stopped};
use crate::inbound::Inlet;

/// After the first failure; doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// How soon a node looks whether the turn has become its own.
const OTHERS_TURN: Duration = Duration::from_secs(20);
/// How often Telegram is told again where the hook is: somebody else with the token may have told
/// it otherwise.
const AGAIN: Duration = Duration::from_hours(1);

/// A command without its slash, and what it does.
type Command = (&'static str, &'static str);

const VIETNAMESE: &[Command] = &[
    ("start", "Bắt đầu"),
    ("khaibao", "Khai báo y tế"),
    ("the", "Xem lại thẻ và mã QR"),
    ("ngonngu", "Đổi ngôn ngữ / Change language"),
    ("xoa", "Ngắt liên kết cuộc trò chuyện này"),
    ("aixem", "Ai đã xem thông tin của tôi"),
];
const ENGLISH: &[Command] = &[
    ("start", "Start"),
    ("declare", "Health declaration"),
    ("pass", "Show my pass and its QR code again"),
    ("language", "Change language / Đổi ngôn ngữ"),
    ("delete", "Unlink this chat"),
    ("whosaw", "Who has seen my data"),
];
/// Those who have another language get English.
const LANGUAGES: &[(Option<&str>, &[Command])] = &[
    (None, ENGLISH),
    (Some("vi"), VIETNAMESE),
    (Some("en"), ENGLISH),
];

pub(super) enum Way {
    /// Telegram calls us.
    Webhook { url: Url, secret: String },
    /// We ask.
    Polling(Me),
}

pub(super) struct TelegramKeeper {
    pub(super) bot: Bot,
    pub(super) way: Way,
    pub(super) channel: ChannelId,
    pub(super) inlet: Arc<dyn Inlet>,
    pub(super) shared: Arc<dyn Shared>,
}

/// Why the work stops for a while.
enum Halt {
    /// A call, by its method, and what became of it.
    Call(&'static str, Fault),
    /// What the nodes share, or the inbox, cannot be written.
    Store,
    /// Another node works.
    OthersTurn,
}

#[async_trait]
impl Keeper for TelegramKeeper {
    async fn keep(self: Box<Self>, stopped: Stopped) {
        tokio::select! {
            () = stopped => {}
            () = self.work() => {}
        }
    }
}

impl TelegramKeeper {
    async fn work(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let wait = match self.once(&mut pause).await {
                Ok(()) => AGAIN,
                Err(Halt::OthersTurn) => OTHERS_TURN,
                Err(halt) => {
                    self.tell(&halt);
                    let wait = pause.max(halt.asks());
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    wait
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Does all there is to do; with polling, until something fails.
    async fn once(&self, pause: &mut Duration) -> Result<(), Halt> {
        self.turn().await?;
        match &self.way {
            Way::Webhook { url, secret } => {
                self.set_webhook(url, secret).await?;
                self.set_commands().await?;
                *pause = FIRST_PAUSE;
                Ok(())
            }
            Way::Polling(me) => {
                let delete = call::json(&self.bot, DeleteWebhook::new());
                delete.await.map_err(|f| Halt::Call("deleteWebhook", f))?;
                // Messages matter more than the menu.
                if let Err(halt) = self.set_commands().await {
                    self.tell(&halt);
                }
                self.fetch(me, pause).await
            }
        }
    }

    async fn turn(&self) -> Result<(), Halt> {
        match self.shared.keeps_turn().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Halt::OthersTurn),
            Err(_) => Err(Halt::Store),
        }
    }

    async fn set_webhook(&self, url: &Url, secret: &str) -> Result<(), Halt> {
        let mut set = SetWebhook::new(url.clone());
        set.secret_token = Some(secret.to_owned());
        set.allowed_updates = Some(wanted());
        let set = call::json(&self.bot, set).await;
        set.map_err(|fault| Halt::Call("setWebhook", fault))?;
        Ok(())
    }

    async fn set_commands(&self) -> Result<(), Halt> {
        for (language, commands) in LANGUAGES {
            let commands = commands
                .iter()
                .map(|(word, says)| BotCommand::new(*word, *says));
            let mut set = SetMyCommands::new(commands);
            // In a group there is nothing to declare.
            set.scope = Some(BotCommandScope::AllPrivateChats);
            set.language_code = language.map(str::to_owned);
            let set = call::json(&self.bot, set).await;
            set.map_err(|fault| Halt::Call("setMyCommands", fault))?;
        }
        Ok(())
    }

    /// Fetches and keeps updates. What Telegram is told to forget is kept and counted before; the
    /// count is told once only, because Telegram may begin a new one after a quiet week.
    async fn fetch(&self, me: &Me, pause: &mut Duration) -> Result<(), Halt> {
        let position = self.shared.position().await.map_err(|_| Halt::Store)?;
        let mut offset = position.map(|last| last + 1);
        loop {
            self.turn().await?;
            let ask = GetUpdates {
                offset: offset.take(),
                timeout: POLL_SECONDS,
                allowed_updates: wanted(),
            };
            let updates = call::json(&self.bot, ask).await;
            let updates = updates.map_err(|fault| Halt::Call("getUpdates", fault))?;
            *pause = FIRST_PAUSE;
            for update in updates {
                let Some(Numbered { update_id }) = Numbered::of(&update) else {
                    return Err(Halt::Call("getUpdates", Fault::Refused));
                };
                let event = serde_json::from_value::<Update>(update).map_or_else(
                    |_| Event::Ignored("an update of another shape".into()),
                    |update| update.event(me),
                );
                self.inlet.take(event).await.map_err(|_| Halt::Store)?;
                let moved = self.shared.moved_to(update_id).await;
                moved.map_err(|_| Halt::Store)?;
                offset = Some(update_id + 1);
            }
        }
    }

    fn tell(&self, halt: &Halt) {
        match halt {
            Halt::Call(method, fault) => {
                tracing::warn!(channel = %self.channel, "Telegram's {method}: {}", fault.word());
            }
            Halt::Store => {
                tracing::warn!(channel = %self.channel, "Telegram's keeper: not stored now");
            }
            Halt::OthersTurn => {}
        }
    }
}

impl Halt {
    /// How long Telegram wants to be left alone.
    fn asks(&self) -> Duration {
        match self {
            Self::Call(_, Fault::Slower(after) | Fault::Later(after)) => *after,
            _ => Duration::ZERO,
        }
    }
}

fn wanted() -> Vec<AllowedUpdate> {
    vec![
        AllowedUpdate::Message,
        AllowedUpdate::CallbackQuery,
        AllowedUpdate::MyChatMember,
    ]
}
