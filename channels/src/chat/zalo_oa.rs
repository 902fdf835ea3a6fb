//! Zalo Official Account (its document hub: "Webhook", "Tin tư vấn" v3.0, "Upload hình ảnh" v2.0,
//! "Xác thực và ủy quyền" v4). Nothing of it could be tried on a real account.

mod compose;
mod events;
mod pictures;
mod send;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use workflows::message::{ChatFits, PictureBy};

use super::zalo::{Account, AccountSettings, Caller, LOOK};
use super::{ChatChannel, Keeper, Opening, Provider, Stopped};
use crate::http::{self, HttpSettings};
use crate::settings::{Secret, SettingsError, section};

/// The provider.
pub(super) const PROVIDER: Provider = Provider {
    name: "zalo-oa",
    fits: ChatFits {
        text: 2_000,
        caption: 2_000,
        buttons: 5,
        label: 100,
        picture: PictureBy::Upload,
        beside_picture: false,
        asks_number: true,
        replaces: false,
    },
    window_hours: |settings| {
        let paid = settings.get("paid").and_then(toml::Value::as_bool);
        Some(if paid.unwrap_or(false) {
            WINDOW_HOURS
        } else {
            FREE_HOURS
        })
    },
    open,
};

/// Zalo takes nothing for a chat that was not heard for so long.
const WINDOW_HOURS: i64 = 7 * 24;
/// Later than this it charges.
const FREE_HOURS: i64 = 48;

const ADDRESS: &str = "https://openapi.zalo.me";
/// Events are recognised as repeats for so long at least; older ones must not be taken.
const MOST_HOURS: i64 = 72;

/// What begins the text of a pressed button: it comes back as if it were written.
const MARK: &str = "#kb:";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OaSettings {
    app_id: String,
    app_secret: Secret,
    /// The account's own secret key, with which events are signed.
    oa_secret: Secret,
    /// Other addresses than Zalo's own.
    url: Option<String>,
    oauth_url: Option<String>,
    #[serde(default)]
    appsecret_proof: bool,
    renew_minutes: Option<i64>,
    /// Older events are not taken.
    #[serde(default = "most_hours")]
    max_age_hours: i64,
    /// Whether messages that Zalo charges for are sent: more than 48 hours after the chat was heard.
    #[serde(default)]
    paid: bool,
    /// Title and picture of the form that asks for the number.
    #[serde(default = "form_title")]
    form_title: String,
    form_picture: Option<String>,
    #[serde(default = "total_milliseconds")]
    timeout_milliseconds: u64,
}

const fn most_hours() -> i64 {
    MOST_HOURS
}

const fn total_milliseconds() -> u64 {
    8_000
}

fn form_title() -> String {
    "Số điện thoại / Phone number".into()
}

/// The account that sends templates is the one of a channel of chats: its section, read again.
pub(super) fn account_settings(table: &toml::Table) -> Result<AccountSettings, SettingsError> {
    let settings: OaSettings = section("zalo-oa", table)?;
    Ok(settings.account())
}

impl OaSettings {
    fn account(&self) -> AccountSettings {
        AccountSettings {
            app_id: self.app_id.clone(),
            app_secret: self.app_secret.clone(),
            oauth_url: self.oauth_url.clone(),
            appsecret_proof: self.appsecret_proof,
            renew_minutes: self.renew_minutes,
        }
    }
}

fn open(opening: &Opening<'_>) -> Result<ChatChannel, SettingsError> {
    let settings: OaSettings = section("zalo-oa", opening.settings)?;
    let secret = settings.oa_secret.reveal()?;
    if secret.len() < 8 {
        return Err(SettingsError::invalid("oa_secret", "is no key"));
    }
    if !(1..=MOST_HOURS).contains(&settings.max_age_hours) {
        return Err(SettingsError::invalid("max_age_hours", "1 to 72"));
    }
    let client = http::client(&HttpSettings {
        timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(100, 10_000)),
        ca_file: None,
        certificate: None,
    })?;
    let shared = Arc::clone(&opening.shared);
    let account = Account::open(&settings.account(), client.clone(), opening.clock, shared)?;
    let caller = Arc::new(Caller::new(account, opening.clock.clone()));
    let address = settings.url.as_deref().unwrap_or(ADDRESS);
    let place = |path: &str| http::url("url", &format!("{address}{path}"));
    Ok(ChatChannel {
        hook: Some(Arc::new(events::Hook {
            app_id: settings.app_id,
            secret,
            max_age_hours: settings.max_age_hours,
            clock: opening.clock.clone(),
        })),
        sender: Arc::new(send::Messages {
            client,
            url: place("/v3.0/oa/message/cs")?,
            upload_url: place("/v2.0/oa/upload/image")?,
            caller: Arc::clone(&caller),
            pictures: pictures::Pictures::default(),
            form: compose::Form {
                title: settings.form_title,
                picture: settings.form_picture,
            },
            paid: settings.paid,
        }),
        keeper: Some(Box::new(Renewal(caller))),
    })
}

/// Renews the tokens of an account on which nobody writes.
struct Renewal(Arc<Caller>);

#[async_trait]
impl Keeper for Renewal {
    async fn keep(self: Box<Self>, mut stopped: Stopped) {
        loop {
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            // Whose turn it is, the renewal itself decides; a failure is in the log.
            let _ = self.0.account.access().await;
        }
    }
}
