//! Zalo's templates by phone number (ZNS; its document "Gửi ZNS"): words that Zalo holds, for
//! people who never wrote to the account. Nothing of it could be tried on a real account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use workflows::clock::Clock;

use super::zalo::{Account, Caller, Meaning, TEMPLATE, outcome};
use super::{Shared, zalo_oa};
use crate::fields::leaf;
use crate::http::{self, HttpSettings};
use crate::settings::{SettingsError, section};
use crate::{Content, Outbound, Sender, Sent, TemplateValues};

const ADDRESS: &str = "https://business.openapi.zalo.me";
/// Everything that one try may take, new tokens included.
const TOTAL: Duration = Duration::from_secs(50);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZnsSettings {
    /// The channel of the Official Account that sends.
    #[serde(rename = "account")]
    _account: String,
    /// The template's id at Zalo.
    template_id: String,
    /// The template's parameters, each with the name of our value.
    values: BTreeMap<String, String>,
    /// Sends to the account's own administrators only, free of charge.
    #[serde(default)]
    development: bool,
    url: Option<String>,
    #[serde(default = "total_milliseconds")]
    timeout_milliseconds: u64,
}

const fn total_milliseconds() -> u64 {
    8_000
}

/// Opens the sender of a template. `account` are the settings of the channel whose account sends,
/// `shared` what the nodes know of it.
pub fn open(
    table: &toml::Table,
    account: &toml::Table,
    clock: &Clock,
    shared: Arc<dyn Shared>,
) -> Result<Arc<dyn Sender>, SettingsError> {
    let settings: ZnsSettings = section("zns", table)?;
    if settings.template_id.is_empty() || settings.values.is_empty() {
        return Err(SettingsError::invalid("template_id, values", "are empty"));
    }
    let client = http::client(&HttpSettings {
        timeout: Duration::from_millis(settings.timeout_milliseconds.clamp(100, 10_000)),
        ca_file: None,
        certificate: None,
    })?;
    let account = zalo_oa::account_settings(account)?;
    let account = Account::open(&account, client.clone(), clock, shared)?;
    let address = settings.url.as_deref().unwrap_or(ADDRESS);
    Ok(Arc::new(Templates {
        client,
        url: http::url("url", &format!("{address}/message/template"))?,
        caller: Caller::new(account, clock.clone()),
        template_id: settings.template_id,
        values: settings.values,
        development: settings.development,
    }))
}

struct Templates {
    client: Client,
    url: Url,
    caller: Caller,
    template_id: String,
    values: BTreeMap<String, String>,
    development: bool,
}

#[async_trait]
impl Sender for Templates {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Template(values) = &message.content else {
            return refused("medium");
        };
        let Some(body) = self.body(message, values) else {
            return refused("values");
        };
        match tokio::time::timeout(TOTAL, self.deliver(&body)).await {
            Ok(sent) => sent,
            Err(_) => http::unknown("no answer in time"),
        }
    }
}

impl Templates {
    /// None when a value is missing that the template needs.
    fn body(&self, message: &Outbound, values: &TemplateValues) -> Option<Value> {
        let mut data = serde_json::Map::new();
        for (parameter, name) in &self.values {
            data.insert(parameter.clone(), values.get(name)?.as_str().into());
        }
        let mut body = json!({
            "phone": message.to.strip_prefix('+').unwrap_or(&message.to),
            "template_id": self.template_id,
            "template_data": data,
            "tracking_id": message.id.to_string(),
        });
        if let (true, Some(fields)) = (self.development, body.as_object_mut()) {
            fields.insert("mode".into(), "development".into());
        }
        Some(body)
    }

    async fn deliver(&self, body: &Value) -> Sent {
        let request = || self.client.post(self.url.clone()).json(body);
        let said = match self.caller.call(TEMPLATE, request).await {
            Ok(said) => said,
            Err(sent) => return sent,
        };
        match (TEMPLATE(said.error), leaf(&said.data, "msg_id")) {
            (Meaning::Taken, Some(id)) => Sent::Accepted { id },
            (Meaning::Taken, None) => http::unknown("an answer without an id"),
            (meaning, _) => outcome(meaning, said.error, self.caller.clock.now()),
        }
    }
}

fn refused(code: &str) -> Sent {
    Sent::Refused { code: code.into() }
}
