//! Telegram's row. What is missing and what that is answered with: core.telegram.org/bots/api,
//! "Getting updates": anything but 2xx has the update sent again.

use serde_json::{Value, json};
use tests::{Reply, TelegramStub};

use super::{Did, Header, Provider, Said, Stamp};

const HEADER: &str = "x-telegram-bot-api-secret-token";
const ID: i64 = 4_200_042;

impl Provider for TelegramStub {
    const CHAT: &str = "4200042";
    const REST: i64 = Self::REST;
    const REMINDED: i64 = 66;
    const VOUCHES: bool = true;
    const HAS_GROUPS: bool = true;

    async fn start() -> Self {
        Self::start().await
    }

    fn settings(&self) -> Vec<(String, String)> {
        self.settings("bot")
    }

    fn update(did: Did<'_>, stamp: Stamp) -> Value {
        let (chat, from) = (json!({"id": ID, "type": "private"}), person());
        let message =
            json!({"message_id": 7, "chat": chat, "from": from, "date": stamp.at / 1_000});
        let said = |key: &str, value: Value| {
            let mut message = message.clone();
            message[key] = value;
            ("message", message)
        };
        let (name, content) = match did {
            Did::Writes(text) => said("text", text.into()),
            Did::WritesInGroup(command) => {
                let (name, mut message) = said("text", command.into());
                message["chat"] = json!({"id": -100_123, "type": "supergroup", "title": "Tổ 7"});
                let length = command.split(' ').next().map(str::len);
                message["entities"] =
                    json!([{"type": "bot_command", "offset": 0, "length": length}]);
                (name, message)
            }
            Did::SharesNumber(phone) => {
                said("contact", json!({"phone_number": phone, "user_id": ID}))
            }
            Did::Presses(token) => {
                let press = json!({"id": format!("press-{}", stamp.number), "from": from,
                    "message": message, "data": token});
                ("callback_query", press)
            }
            Did::Follows => ("my_chat_member", membership(&message, "member")),
            Did::Leaves => ("my_chat_member", membership(&message, "kicked")),
        };
        json!({"update_id": stamp.number, name: content})
    }

    fn signature(_: &str) -> Header {
        (HEADER, Self::SECRET.into())
    }

    fn forgeries(_: &str) -> Vec<Header> {
        let secret = Self::SECRET;
        vec![
            ("x-other", secret.into()),
            (HEADER, String::new()),
            (HEADER, secret.to_uppercase()),
            (HEADER, secret[1..].into()),
            (HEADER, format!("{secret}x")),
        ]
    }

    fn incomplete(stamp: Stamp) -> Vec<(Value, u16)> {
        let whole = Self::update(Did::Writes("/start"), stamp);
        let press = Self::update(Did::Presses("0:KB"), stamp);
        let without = |update: &Value, place: &str, key: &str| {
            let mut update = update.clone();
            let at = update.pointer_mut(place).unwrap();
            at.as_object_mut().unwrap().remove(key);
            update
        };
        [
            json!({}),
            json!([]),
            json!("update"),
            without(&whole, "", "update_id"),
            without(&whole, "", "message"),
            without(&whole, "/message", "chat"),
            without(&whole, "/message/chat", "id"),
            without(&whole, "/message", "text"),
            without(&press, "/callback_query", "data"),
            without(&press, "/callback_query", "message"),
            json!({"update_id": stamp.number, "poll": {"id": "1"}}),
        ]
        .map(|update| (update, 200))
        .into()
    }

    fn answers(&self, reply: Reply) {
        self.now(reply);
    }

    fn tries(&self) -> usize {
        self.tries()
    }

    fn heard(&self) -> Vec<Said> {
        self.messages().iter().map(said).collect()
    }
}

fn person() -> Value {
    json!({"id": ID, "is_bot": false, "first_name": "An", "language_code": "vi"})
}

fn membership(message: &Value, status: &str) -> Value {
    let member = |status: &str| json!({"status": status, "user": {"id": 7_700, "is_bot": true}});
    json!({"chat": message["chat"], "from": message["from"], "date": message["date"],
        "old_chat_member": member("member"), "new_chat_member": member(status)})
}

fn said(message: &Value) -> Said {
    let text = message.get("text").or_else(|| message.get("caption"));
    let rows = message["reply_markup"]["inline_keyboard"].as_array();
    let buttons = rows.into_iter().flatten().filter_map(Value::as_array);
    let token = |button: &Value| {
        let text = |key: &str| button[key].as_str().map(str::to_owned);
        Some((text("text")?, text("callback_data")?))
    };
    Said {
        text: text.and_then(Value::as_str).unwrap_or_default().to_owned(),
        says: buttons.flatten().filter_map(token).collect(),
        has_picture: message.get("photo").is_some(),
    }
}
