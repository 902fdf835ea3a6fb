//! Hands a message over: windows first, then the picture, then the words.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, Url};
use workflows::message::Class;

use super::compose::{self, Form};
use super::pictures::Pictures;
use super::{FREE_HOURS, WINDOW_HOURS};
use crate::chat::zalo::{Caller, MESSAGE, Meaning, outcome};
use crate::fields::leaf;
use crate::http;
use crate::{ChatMessage, Content, Outbound, Picture, Sender, Sent};

/// Everything that one try may take: a picture, the words, and new tokens in between.
const TOTAL: Duration = Duration::from_secs(50);
/// A picture that did not get through has told nobody anything.
const AGAIN: Duration = Duration::from_secs(5);

pub(super) struct Messages {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) upload_url: Url,
    pub(super) caller: Arc<Caller>,
    pub(super) pictures: Pictures,
    pub(super) form: Form,
    pub(super) paid: bool,
}

#[async_trait]
impl Sender for Messages {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Chat(chat) = &message.content else {
            return refused("medium");
        };
        if let Err(sent) = self.window(chat) {
            return sent;
        }
        match tokio::time::timeout(TOTAL, self.deliver(&message.to, chat)).await {
            Ok(Ok(id)) => Sent::Accepted { id },
            Ok(Err(sent)) => sent,
            Err(_) => http::unknown("no answer in time"),
        }
    }
}

impl Messages {
    /// What Zalo would refuse or charge for is not even asked.
    fn window(&self, chat: &ChatMessage) -> Result<(), Sent> {
        let Some(heard) = chat.words.heard_at else {
            return Ok(());
        };
        let now = self.caller.clock.now();
        if heard.plus_minutes(WINDOW_HOURS * 60) < now {
            return Err(refused("window"));
        }
        let urgent = matches!(chat.class, Class::Reply | Class::Pass);
        if heard.plus_minutes(FREE_HOURS * 60) < now && !self.paid && !urgent {
            return Err(refused("unpaid"));
        }
        Ok(())
    }

    async fn deliver(&self, to: &str, chat: &ChatMessage) -> Result<String, Sent> {
        let mut last = 0;
        for _ in 0..2 {
            let picture = match &chat.picture {
                Some(picture) => Some(self.uploaded(picture).await?),
                None => None,
            };
            let body = compose::body(to, &chat.words, picture.as_deref(), &self.form);
            let request = || self.client.post(self.url.clone()).json(&body);
            let said = self.caller.call(MESSAGE, request).await?;
            match (MESSAGE(said.error), &chat.picture) {
                (Meaning::Taken, _) => {
                    let id = leaf(&said.data, "message_id");
                    return id.ok_or_else(|| http::unknown("an answer without an id"));
                }
                // Zalo has forgotten the picture: it is handed over anew, once.
                (Meaning::Expired, Some(picture)) => self.pictures.forget(&picture.name),
                (meaning, _) => return Err(self.failed(meaning, said.error)),
            }
            last = said.error;
        }
        Err(self.failed(MESSAGE(last), last))
    }

    /// Zalo's name of a picture, uploaded if it has none yet.
    async fn uploaded(&self, picture: &Picture) -> Result<String, Sent> {
        if let Some(id) = self.pictures.get(&picture.name) {
            return Ok(id);
        }
        let said = self.caller.call(MESSAGE, || self.upload(picture)).await;
        let said = said.map_err(|sent| match sent {
            Sent::Unknown { .. } => Sent::Away { after: AGAIN },
            sent => sent,
        })?;
        match (MESSAGE(said.error), leaf(&said.data, "attachment_id")) {
            (Meaning::Taken, Some(id)) => {
                self.pictures.put(&picture.name, &id);
                Ok(id)
            }
            (Meaning::Taken, None) => Err(Sent::Away { after: AGAIN }),
            (meaning, _) => Err(self.failed(meaning, said.error)),
        }
    }

    /// A form with one file (RFC 7578). The boundary cannot stand in the picture but by an accident
    /// of 128 bits.
    fn upload(&self, picture: &Picture) -> RequestBuilder {
        let random: [u8; 16] = self.caller.clock.random();
        let boundary = format!("khaibao-{:032x}", u128::from_be_bytes(random));
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"pass.png\"\r\nContent-Type: image/png\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(&picture.png);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = self.client.post(self.upload_url.clone());
        request.header("content-type", kind).body(body)
    }

    fn failed(&self, meaning: Meaning, error: i64) -> Sent {
        outcome(meaning, error, self.caller.clock.now())
    }
}

fn refused(code: &str) -> Sent {
    Sent::Refused { code: code.into() }
}
