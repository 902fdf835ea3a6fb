//! The row of Zalo's Official Accounts, as far as its documents tell.

use serde_json::{Value, json};
use tests::{Reply, TestApp, Zalo};
use workflows::message::ChannelId;

use super::{Did, Header, Provider, Said, Stamp};

const HEADER: &str = "x-zevent-signature";
/// What our buttons' texts begin with.
const MARK: &str = "#kb:";

impl Provider for Zalo {
    const CHAT: &str = "246845883529";
    const REST: i64 = Self::REST;
    // Zalo charges from the 48th on.
    const REMINDED: i64 = 47;
    const VOUCHES: bool = false;
    const HAS_GROUPS: bool = false;

    async fn start() -> Self {
        Self::start().await
    }

    fn settings(&self) -> Vec<(String, String)> {
        let mut settings = self.settings("bot");
        settings.retain(|(key, _)| !key.ends_with("parts_per_second"));
        settings
    }

    async fn ready(&self, app: &TestApp) {
        let token = self.authorise();
        let account = ChannelId::parse("bot").unwrap();
        app.parts().give_tokens(&account, &token).await.unwrap();
    }

    fn update(did: Did<'_>, stamp: Stamp) -> Value {
        let text = |text: &str| {
            let message = json!({"text": text, "msg_id": format!("m-{}", stamp.number)});
            event("user_send_text", stamp, &json!({"message": message}))
        };
        match did {
            Did::Writes(words) => text(words),
            // The account has no groups; an event of one would be of no use.
            Did::WritesInGroup(words) => {
                let message = json!({"text": words, "msg_id": format!("m-{}", stamp.number)});
                event("user_send_group_text", stamp, &json!({"message": message}))
            }
            Did::Presses(token) => text(&format!("{MARK}{token}")),
            Did::SharesNumber(phone) => {
                let info = json!({"info": {"phone": phone, "name": "An"}});
                event("user_submit_info", stamp, &info)
            }
            Did::Follows => event("follow", stamp, &json!({"follower": {"id": Self::CHAT}})),
            Did::Leaves => event("unfollow", stamp, &json!({"follower": {"id": Self::CHAT}})),
        }
    }

    fn signature(body: &str) -> Header {
        let update: Value = serde_json::from_str(body).unwrap();
        let timestamp = update["timestamp"].as_str().unwrap_or_default();
        (HEADER, Self::signature(body, timestamp))
    }

    fn forgeries(body: &str) -> Vec<Header> {
        let (_, mac) = <Self as Provider>::signature(body);
        let (_, other) = <Self as Provider>::signature(&body.replace("sender", "Sender"));
        vec![
            ("x-other", mac.clone()),
            (HEADER, String::new()),
            (HEADER, mac.replace("mac=", "")),
            (HEADER, mac.replace(['0', '1', '2'], "3")),
            (HEADER, other),
        ]
    }

    fn incomplete(stamp: Stamp) -> Vec<(Value, u16)> {
        let message = json!({"message": {"text": "/start", "msg_id": "m"}});
        let whole = event("user_send_text", stamp, &message);
        let with = |key: &str, value: Value| {
            let mut update = whole.clone();
            update[key] = value;
            update
        };
        vec![
            (json!({}), 401),
            (with("timestamp", Value::Null), 401),
            (with("timestamp", "soon".into()), 400),
            (with("sender", Value::Null), 200),
            (with("sender", json!({"id": ""})), 200),
            (with("event_name", Value::Null), 200),
            (with("event_name", "oa_send_text".into()), 200),
            (with("event_name", "follow".into()), 200),
            (with("event_name", "user_submit_info".into()), 200),
            (with("event_name", "user_seen_message".into()), 200),
        ]
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

fn event(name: &str, stamp: Stamp, more: &Value) -> Value {
    let mut event = json!({
        "app_id": "3601",
        "event_name": name,
        "sender": {"id": Zalo::CHAT},
        "recipient": {"id": "388613280878"},
        "timestamp": stamp.at.to_string(),
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn said(call: &Value) -> Said {
    let message = &call["message"];
    let payload = &message["attachment"]["payload"];
    let buttons = payload["buttons"].as_array();
    let token = |button: &Value| {
        let token = button["payload"].as_str()?.strip_prefix(MARK)?;
        Some((button["title"].as_str()?.to_owned(), token.to_owned()))
    };
    let asking = payload["elements"][0]["subtitle"].as_str();
    let text = message["text"].as_str().or(asking);
    Said {
        text: text.unwrap_or_default().to_owned(),
        says: buttons.into_iter().flatten().filter_map(token).collect(),
        has_picture: payload["template_type"] == "media",
    }
}
