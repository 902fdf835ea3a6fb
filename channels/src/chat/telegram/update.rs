//! An update as an event. The structures are our own and hold only what is needed, so that what
//! Telegram adds to its own next year does not stand in the way of a message.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use workflows::clock::Moment;
use workflows::message::{Act, Event, Inbound};

/// Stands in the place of what is no text: no answer to any question, so that the question comes
/// again.
const OBJECT: &str = "\u{fffc}";

/// What is known of the bot itself.
pub(super) struct Me {
    pub(super) id: i64,
    pub(super) username: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(rename = "update_id")]
    id: i64,
    message: Option<Message>,
    callback_query: Option<Press>,
    my_chat_member: Option<Membership>,
}

/// Where an update stands in the order of updates, whatever else it is.
#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) update_id: i64,
}

impl Numbered {
    pub(super) fn of(update: &Value) -> Option<Self> {
        Self::deserialize(update).ok()
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    date: i64,
    chat: Chat,
    from: Option<User>,
    text: Option<String>,
    caption: Option<String>,
    #[serde(default)]
    entities: Vec<Entity>,
    contact: Option<Contact>,
    #[serde(rename = "reply_to_message")]
    replied: Option<Box<Replied>>,
    forward_origin: Option<IgnoredAny>,
    via_bot: Option<IgnoredAny>,
    #[serde(flatten)]
    objects: Objects,
}

/// What somebody may send instead of words.
#[derive(Deserialize)]
struct Objects {
    animation: Option<IgnoredAny>,
    audio: Option<IgnoredAny>,
    dice: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    location: Option<IgnoredAny>,
    photo: Option<IgnoredAny>,
    poll: Option<IgnoredAny>,
    sticker: Option<IgnoredAny>,
    story: Option<IgnoredAny>,
    video: Option<IgnoredAny>,
    video_note: Option<IgnoredAny>,
    voice: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    r#type: String,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    language_code: Option<String>,
}

#[derive(Deserialize)]
struct Entity {
    r#type: String,
    offset: usize,
    length: usize,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Contact {
    phone_number: String,
    user_id: Option<i64>,
}

#[derive(Deserialize)]
struct Replied {
    from: Option<User>,
}

#[derive(Deserialize)]
struct Press {
    id: String,
    from: User,
    message: Option<Pressed>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct Pressed {
    message_id: i64,
    chat: Chat,
}

#[derive(Deserialize)]
struct Membership {
    chat: Chat,
    from: User,
    #[serde(default)]
    date: i64,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Member {
    status: String,
}

impl Update {
    /// What it means to us.
    pub(super) fn event(self, me: &Me) -> Event {
        let event_id = Some(self.id.to_string());
        let read = if let Some(message) = self.message {
            message.read(me)
        } else if let Some(press) = self.callback_query {
            press.read()
        } else if let Some(membership) = self.my_chat_member {
            membership.read()
        } else {
            Err("an update of another kind")
        };
        match read {
            Ok(inbound) => Event::Message(Inbound {
                event_id,
                ..inbound
            }),
            Err(why) => Event::Ignored(why.into()),
        }
    }
}

impl Message {
    fn read(self, me: &Me) -> Result<Inbound, &'static str> {
        if self.from.as_ref().is_some_and(|from| from.is_bot) {
            return Err("a bot's message");
        }
        let (text, act) = if self.chat.is_private() {
            self.said()?
        } else if self.addresses(me) {
            (self.text.clone().unwrap_or_default(), Act::InGroup)
        } else {
            return Err("a message in a group, to others");
        };
        Ok(Inbound {
            from: self.chat.id.to_string(),
            text,
            act,
            language: self.from.and_then(|from| from.language_code),
            sent_at: moment(self.date),
            ..Inbound::default()
        })
    }

    fn said(&self) -> Result<(String, Act), &'static str> {
        if let Some(contact) = &self.contact {
            let from = self.from.as_ref().map(|from| from.id);
            // Of a forwarded contact only its first sender could vouch.
            let own = contact.user_id.is_some()
                && contact.user_id == from
                && self.forward_origin.is_none()
                && self.via_bot.is_none();
            let act = if own {
                Act::SharedOwnNumber
            } else {
                Act::GaveNumber
            };
            return Ok((contact.number(), act));
        }
        let words = self.text.as_ref().or(self.caption.as_ref());
        match words {
            Some(words) => Ok((words.clone(), Act::Wrote)),
            None if self.objects.is_any() => Ok((OBJECT.into(), Act::Wrote)),
            None => Err("a message of the service"),
        }
    }

    /// Whether a group's message is for the bot: it begins with a command, names the bot, or
    /// answers it. Without our name a command for any bot counts, for Telegram hands a bot only
    /// its own unless it was told otherwise.
    fn addresses(&self, me: &Me) -> bool {
        let replied = self.replied.as_ref();
        let replied = replied.and_then(|message| message.from.as_ref());
        replied.is_some_and(|from| from.id == me.id)
            || self.entities.iter().any(|entity| self.names(entity, me))
    }

    fn names(&self, entity: &Entity, me: &Me) -> bool {
        let words = self.slice(entity);
        let at = words.split_once('@').map(|(_, name)| name);
        let ours = match (at, me.username.as_deref()) {
            (Some(at), Some(name)) => at.eq_ignore_ascii_case(name),
            (Some(_), None) => entity.r#type == "bot_command",
            (None, _) => true,
        };
        match entity.r#type.as_str() {
            "bot_command" => entity.offset == 0 && ours,
            "mention" => at.is_some() && ours,
            "text_mention" => entity.user.as_ref().is_some_and(|user| user.id == me.id),
            _ => false,
        }
    }

    /// The words of an entity, which is counted in UTF-16 units.
    fn slice(&self, entity: &Entity) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        let units = text.encode_utf16().skip(entity.offset).take(entity.length);
        String::from_utf16_lossy(&units.collect::<Vec<_>>())
    }
}

impl Objects {
    fn is_any(&self) -> bool {
        [
            &self.animation,
            &self.audio,
            &self.dice,
            &self.document,
            &self.location,
            &self.photo,
            &self.poll,
            &self.sticker,
            &self.story,
            &self.video,
            &self.video_note,
            &self.voice,
        ]
        .iter()
        .any(|object| object.is_some())
    }
}

impl Chat {
    fn is_private(&self) -> bool {
        self.r#type == "private"
    }
}

impl Contact {
    /// With the plus that Telegram leaves out of international numbers.
    fn number(&self) -> String {
        let number = self.phone_number.trim();
        let bare = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        if bare {
            format!("+{number}")
        } else {
            number.to_owned()
        }
    }
}

impl Press {
    fn read(self) -> Result<Inbound, &'static str> {
        let message = self.message.ok_or("a press under no message")?;
        let text = self.data.ok_or("a press of a button without words")?;
        if !message.chat.is_private() {
            return Err("a press in a group");
        }
        Ok(Inbound {
            from: message.chat.id.to_string(),
            text,
            act: Act::Pressed {
                press: Some(self.id),
                message: Some(message.message_id.to_string()),
            },
            language: self.from.language_code,
            ..Inbound::default()
        })
    }
}

impl Membership {
    fn read(self) -> Result<Inbound, &'static str> {
        if !self.chat.is_private() {
            return Err("a membership in a group");
        }
        let act = match self.new_chat_member.status.as_str() {
            "kicked" | "left" => Act::Left,
            "member" => Act::Followed,
            _ => return Err("a membership of another kind"),
        };
        Ok(Inbound {
            from: self.chat.id.to_string(),
            act,
            language: self.from.language_code,
            sent_at: moment(self.date),
            ..Inbound::default()
        })
    }
}

fn moment(seconds: i64) -> Option<Moment> {
    (seconds > 0).then(|| Moment(seconds.saturating_mul(1_000_000)))
}
