//! Telegram's Bot API (core.telegram.org/bots/api), with teloxide as its client. Events come by
//! webhook or are fetched.
//!
//! The bot's token is part of every address that is called, and teloxide's errors and even its
//! `Bot` show it: none of them is ever formatted.

mod call;
mod hook;
mod keeper;
mod pictures;
mod render;
mod sender;
mod update;

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use workflows::message::{ChatFits, PictureBy};

use self::hook::Hook;
use self::keeper::{TelegramKeeper, Way};
use self::sender::Telegram;
use self::update::Me;
use super::{ChatChannel, Opening, Provider};
use crate::http;
use crate::inbound::EventHook;
use crate::settings::{Secret, SettingsError, section};

const ADDRESS: &str = "https://api.telegram.org";

/// Telegram, by its word in the configuration.
pub(super) const PROVIDER: Provider = Provider {
    name: "telegram",
    fits: ChatFits {
        text: 4_096,
        caption: 1_024,
        buttons: 24,
        label: 40,
        picture: PictureBy::Upload,
        beside_picture: true,
        asks_number: true,
        replaces: true,
    },
    window_hours: |_| None,
    open,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TelegramSettings {
    /// What `BotFather` gave: the bot's id, a colon, and the secret itself.
    token: Secret,
    /// What Telegram shows at our hook; only for the mode `webhook`.
    secret: Option<Secret>,
    #[serde(default)]
    mode: Mode,
    /// The bot's name, without its `@`: by it a group's message to the bot is known.
    username: Option<String>,
    /// Another address than Telegram's own.
    api_url: Option<String>,
    #[serde(default = "total_seconds")]
    timeout_seconds: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    /// Telegram calls our hook.
    #[default]
    Webhook,
    /// We ask for what is new.
    Polling,
}

const fn total_seconds() -> u64 {
    20
}

fn open(opening: &Opening<'_>) -> Result<ChatChannel, SettingsError> {
    let settings: TelegramSettings = section("telegram", opening.settings)?;
    if !(1..50).contains(&settings.timeout_seconds) {
        return Err(SettingsError::invalid("timeout_seconds", "1 to 49"));
    }
    let timeout = Duration::from_secs(settings.timeout_seconds);
    let token = settings.token.reveal()?;
    let me = Me {
        id: bot_id(&token)?,
        username: settings.username,
    };
    let address = settings.api_url.as_deref().unwrap_or(ADDRESS);
    let bot = call::bot(token, http::url("api_url", address)?, timeout)?;
    let (hook, way) = match settings.mode {
        Mode::Webhook => {
            let secret = shown(settings.secret.as_ref())?;
            let hook: Arc<dyn EventHook> = Arc::new(Hook::new(secret.clone(), me));
            let url = opening.place.hook_url();
            // Whether Telegram can reach it, it says itself when it is set.
            let url =
                reqwest::Url::parse(&url).map_err(|e| SettingsError::invalid("public_url", e))?;
            (Some(hook), Way::Webhook { url, secret })
        }
        Mode::Polling => (None, Way::Polling(me)),
    };
    let keeper = TelegramKeeper {
        bot: bot.clone(),
        way,
        channel: opening.place.channel.clone(),
        inlet: Arc::clone(&opening.inlet),
        shared: Arc::clone(&opening.shared),
    };
    Ok(ChatChannel {
        hook,
        sender: Arc::new(Telegram::new(bot, timeout)),
        keeper: Some(Box::new(keeper)),
    })
}

/// The bot's id, which every token begins with.
fn bot_id(token: &str) -> Result<i64, SettingsError> {
    let wrong = || SettingsError::invalid("token", "digits, a colon, and letters");
    let (id, rest) = token.split_once(':').ok_or_else(wrong)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if rest.is_empty() || !rest.chars().all(fits) {
        return Err(wrong());
    }
    id.parse().map_err(|_| wrong())
}

/// The secret that Telegram is told to show, of the letters that it allows.
fn shown(secret: Option<&Secret>) -> Result<String, SettingsError> {
    let wrong = || SettingsError::invalid("secret", "16 to 256 of A-Z a-z 0-9 _ -");
    let text = secret.ok_or_else(wrong)?.reveal()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (16..=256).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text)
    } else {
        Err(wrong())
    }
}
