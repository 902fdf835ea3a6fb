//! Hands messages over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use teloxide_core::Bot;
use teloxide_core::payloads::{AnswerCallbackQuery, SendPhoto};
use teloxide_core::types::{CallbackQueryId, ChatId, FileId, InputFile};
use workflows::message::ChatText;

use super::call::{self, Fault, Taken};
use super::pictures::Pictures;
use super::render;
use crate::http::unknown;
use crate::{ChatMessage, Content, Outbound, Picture, Sender, Sent};

/// The part of the time that may pass until a press has its answer.
const FOR_THE_PRESS: u32 = 4;
/// Chats slowed at the same time that mean the bot.
const CHATS_OF_A_SLOW_BOT: usize = 3;

pub(super) struct Telegram {
    bot: Bot,
    timeout: Duration,
    pictures: Pictures,
    /// Chats that Telegram lets us write to later only.
    slowed: Mutex<HashMap<ChatId, Instant>>,
}

impl Telegram {
    pub(super) fn new(bot: Bot, timeout: Duration) -> Self {
        Self {
            bot,
            timeout,
            pictures: Pictures::default(),
            slowed: Mutex::default(),
        }
    }

    /// Telegram does not say whom it finds too fast, a chat or the bot. Where it slows several
    /// chats at the same time, it means the bot.
    fn slower(&self, chat: ChatId, after: Duration) -> Sent {
        let now = Instant::now();
        let mut slowed = self.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        slowed.retain(|_, until| now < *until);
        slowed.insert(chat, now + after);
        if slowed.len() < CHATS_OF_A_SLOW_BOT {
            Sent::Throttled { after }
        } else {
            Sent::Held { after }
        }
    }

    /// Stops the button's spinning. It is worth no second try, and says nothing of the message;
    /// where there is no message, it is put off once Telegram asks for it.
    async fn answer(&self, press: &str) -> Sent {
        let answer = AnswerCallbackQuery::new(CallbackQueryId(press.to_owned()));
        let answered = call::json(&self.bot, answer);
        match tokio::time::timeout(self.timeout / FOR_THE_PRESS, answered).await {
            Ok(Err(fault @ (Fault::Slower(_) | Fault::Later(_)))) => fault.sent(),
            _ => Sent::Accepted { id: press.into() },
        }
    }

    async fn say(&self, chat: ChatId, message: &ChatMessage) -> Result<i64, Fault> {
        let words = &message.words;
        if let Some(picture) = &message.picture {
            return self.show(chat, words, picture).await;
        }
        if let Some(edit) = render::edit(chat, words) {
            let earlier = i64::from(edit.message_id.0);
            match call::json(&self.bot, edit).await {
                Ok(taken) => return Ok(taken.message_id),
                Err(Fault::Done) => return Ok(earlier),
                // The old message is gone, too old, or a picture: it is said anew.
                Err(Fault::Refused) => {}
                Err(fault) => return Err(fault),
            }
        }
        let taken = call::json(&self.bot, render::message(chat, words)).await?;
        Ok(taken.message_id)
    }

    async fn show(&self, chat: ChatId, words: &ChatText, picture: &Picture) -> Result<i64, Fault> {
        if let Some(file) = self.pictures.file(&picture.name) {
            let copy = render::photo(chat, words, InputFile::file_id(FileId(file)));
            match call::json(&self.bot, copy).await {
                Err(Fault::Refused) => self.pictures.forget(&picture.name),
                shown => return shown.map(|taken| taken.message_id),
            }
        }
        let bytes = Arc::unwrap_or_clone(Arc::clone(&picture.png));
        let file = InputFile::memory(bytes).file_name("khaibao.png");
        let taken = self.upload(render::photo(chat, words, file)).await?;
        if let Some(file) = taken.file() {
            self.pictures.put(&picture.name, file);
        }
        Ok(taken.message_id)
    }

    async fn upload(&self, photo: SendPhoto) -> Result<Taken, Fault> {
        call::multipart(&self.bot, photo).await
    }
}

#[async_trait]
impl Sender for Telegram {
    async fn send(&self, message: &Outbound) -> Sent {
        let refused = |code: &str| Sent::Refused { code: code.into() };
        let Content::Chat(chat) = &message.content else {
            return refused("medium");
        };
        let Ok(to) = message.to.parse().map(ChatId) else {
            return refused("address");
        };
        let begun = tokio::time::Instant::now();
        if let Some(press) = &chat.words.answers {
            let answered = self.answer(press).await;
            if chat.words.text.is_empty() && chat.picture.is_none() {
                return answered;
            }
        }
        match tokio::time::timeout_at(begun + self.timeout, self.say(to, chat)).await {
            Ok(Ok(id)) => Sent::Accepted { id: id.to_string() },
            Ok(Err(Fault::Slower(after))) => self.slower(to, after),
            Ok(Err(fault)) => fault.sent(),
            Err(_) => unknown("no answer in time"),
        }
    }
}
