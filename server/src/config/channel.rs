//! The section of a channel.

use anyhow::{Result, bail};
use channels::chat::Provider;
use serde::Deserialize;
use workflows::declaration::assist::TextWay;
use workflows::declaration::conversation::{self, Medium};
use workflows::declaration::converse::ChannelProfile;
use workflows::ids::ProvinceId;
use workflows::message::{ChannelId, Trust};
use workflows::notices::Way;
use workflows::store::Pace;
use workflows::text;

use super::Config;

/// Most ways that a pass is tried by beside its chat.
const WAYS: usize = 4;

/// A channel's settings: what all kinds share, and one table of the kind's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// What carries it.
    pub kind: Kind,
    /// The tenant its numbers are indexed under, and the default destination.
    pub province: ProvinceId,
    /// How much a sender's number can be believed.
    #[serde(default)]
    pub trust: Trust,
    /// Parts a second; 0 for no limit.
    #[serde(default = "ten")]
    pub parts_per_second: i64,
    /// Đồng a part.
    #[serde(default)]
    pub cost: i64,
    /// Đồng a day after which notices, reports and bulk wait; 0 for no cap.
    #[serde(default)]
    pub daily_cap: i64,
    /// Đồng a day after which everything waits; 0 for twice the daily cap.
    #[serde(default)]
    pub hard_cap: i64,
    /// What follows a part that got no answer.
    #[serde(default)]
    pub(crate) unknown: Unknown,
    /// Alphabet of what is sent: `gsm`.
    #[serde(default)]
    pub(crate) charset: Alphabet,
    /// Longest text.
    #[serde(default = "three")]
    pub max_parts: u8,
    /// Characters that the provider refuses.
    #[serde(default)]
    pub deny: String,
    /// Parts handed over at the same time.
    #[serde(default = "hundred")]
    pub in_flight: u16,
    /// For USSD: the code that the operator gave us; what is dialled behind it are answers.
    #[serde(default)]
    pub code: Option<String>,
    /// For USSD: the SMS channel that also sends the code.
    #[serde(default)]
    pub copies_to: Option<ChannelId>,
    /// For chats: whose.
    #[serde(default)]
    pub provider: Option<String>,
    /// For chats: whether document numbers and answers about health may be written there. By
    /// default they are taken through a web page that is opened once.
    #[serde(default)]
    pub private_in_chat: bool,
    /// For chats: the channel by which a pass goes that could not be handed over in time, where
    /// the chat has proven a number.
    #[serde(default)]
    pub fallback_to: Option<ChannelId>,
    /// The kind's own settings.
    #[serde(default)]
    pub settings: toml::Table,
}

/// What carries a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// SMS over SMPP.
    Smpp,
    /// SMS over Kannel.
    Kannel,
    /// SMS over a gateway described in the settings.
    Template,
    /// SMS over Twilio.
    Twilio,
    /// USSD over an HTTP gateway.
    UssdHttp,
    /// USSD over SMPP.
    UssdSmpp,
    /// Chats of a provider.
    Chat,
    /// Templates by phone number, sent by an account of a channel of chats (ZNS).
    Zns,
    /// The phones of `/demo/phone`.
    Demo,
}

impl Kind {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Smpp => "smpp",
            Self::Kannel => "kannel",
            Self::Template => "template",
            Self::Twilio => "twilio",
            Self::UssdHttp => "ussd-http",
            Self::UssdSmpp => "ussd-smpp",
            Self::Chat => "chat",
            Self::Zns => "zns",
            Self::Demo => "demo",
        }
    }

    /// Whether it can send texts by itself, outside a dialogue.
    pub fn sends_texts(self) -> bool {
        !matches!(
            self,
            Self::UssdHttp | Self::UssdSmpp | Self::Chat | Self::Zns
        )
    }
}

/// What follows a part that got no answer: it may or may not have arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unknown {
    /// It is sent once more.
    #[default]
    Resend,
    /// A receipt is waited for; without one it is sent once more.
    Wait,
    /// It is left at that.
    Drop,
}

/// Alphabet of what a channel sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Alphabet {
    /// GSM 03.38: Vietnamese without its marks.
    #[default]
    Gsm,
    /// UCS-2. Nothing is written for it: texts are plain, so that they cost half.
    Ucs2,
}

fn ten() -> i64 {
    10
}

fn three() -> u8 {
    3
}

fn hundred() -> u16 {
    100
}

impl Config {
    /// A channel as the conversation needs to know it. None for a name without a section, and for
    /// chats of a provider that is not among these.
    pub(crate) fn conversation(
        &self,
        id: &ChannelId,
        providers: &[Provider],
    ) -> Option<ChannelProfile> {
        let channel = self.channel.get(id)?;
        let provider = match channel.kind {
            Kind::Chat => Some(channel.provider(providers)?),
            _ => None,
        };
        let copies_to = channel.copies_to.as_ref();
        Some(ChannelProfile {
            id: id.clone(),
            province: channel.province.clone(),
            medium: channel.medium(),
            trust: channel.trust,
            fits: channel.limits(),
            chat: provider.map(|p| p.fits),
            window_hours: provider.and_then(|p| (p.window_hours)(&channel.settings)),
            private_in_chat: channel.private_in_chat,
            public_url: self.public_url.clone(),
            ways: self.ways(channel),
            code: channel.code.clone(),
            copies_to: copies_to.and_then(|to| Some((to.clone(), self.channel.get(to)?.limits()))),
            limits: conversation::Limits::default(),
        })
    }
}

impl Config {
    /// How a pass goes that a chat could not be handed: by its fallback, by that one's, and so on
    /// to the first that sends texts.
    fn ways(&self, chat: &ChannelConfig) -> Vec<Way> {
        let mut ways = Vec::new();
        let mut next = chat.fallback_to.as_ref();
        while let Some((id, channel)) = next.and_then(|id| Some((id, self.channel.get(id)?))) {
            if !channel.carries_templates() {
                ways.push(Way::Text(TextWay {
                    channel: id.clone(),
                    province: channel.province.clone(),
                    limits: channel.limits(),
                }));
                break;
            }
            ways.push(Way::Template {
                channel: id.clone(),
                province: channel.province.clone(),
            });
            next = channel.fallback_to.as_ref().filter(|_| ways.len() < WAYS);
        }
        ways
    }
}

impl ChannelConfig {
    /// The provider of a chat channel.
    pub(crate) fn provider<'a>(&self, providers: &'a [Provider]) -> Option<&'a Provider> {
        let name = self.provider.as_deref()?;
        providers.iter().find(|p| p.name == name)
    }

    /// For templates: the channel of chats whose account sends them.
    pub(crate) fn account(&self) -> Option<ChannelId> {
        ChannelId::parse(self.settings.get("account")?.as_str()?)
    }

    fn has_account(&self, config: &Config) -> bool {
        let account = self.account().and_then(|id| config.channel.get(&id));
        account.is_some_and(|c| c.provider.as_deref() == Some("zalo-oa"))
    }

    /// Texts, or screens: the demo's channel is for USSD when it copies its codes.
    fn medium(&self) -> Medium {
        match self.kind {
            Kind::UssdHttp | Kind::UssdSmpp => Medium::Ussd,
            Kind::Chat => Medium::Chat,
            Kind::Demo if self.copies_to.is_some() => Medium::Ussd,
            _ => Medium::Sms,
        }
    }

    /// What it takes as one message.
    pub(crate) fn limits(&self) -> text::Limits {
        text::Limits {
            charset: match self.charset {
                Alphabet::Gsm => text::Charset::Gsm,
                Alphabet::Ucs2 => text::Charset::Ucs2,
            },
            max_parts: usize::from(self.max_parts),
            deny: text::Denied::parse(&self.deny).unwrap_or_default(),
            whole: self.sends_whole(),
            ..text::Limits::default()
        }
    }

    /// Whether the provider takes whole texts and cuts them by itself.
    fn sends_whole(&self) -> bool {
        match self.kind {
            Kind::Twilio => true,
            Kind::Template => !channels::sms::knows_parts(&self.settings),
            Kind::Smpp => self.settings.get("long").and_then(|l| l.as_str()) == Some("payload"),
            _ => false,
        }
    }

    /// Whether the provider holds the words and gets only values for them.
    pub(crate) fn carries_templates(&self) -> bool {
        self.kind == Kind::Zns
    }

    /// What it may send.
    pub fn pace(&self) -> Pace {
        let twice = self.daily_cap.saturating_mul(2);
        Pace {
            parts_per_second: self.parts_per_second,
            cost: self.cost,
            daily_cap: self.daily_cap,
            hard_cap: if self.hard_cap == 0 {
                twice
            } else {
                self.hard_cap
            },
            has_breaker: true,
            in_order: self.kind == Kind::Chat,
        }
    }

    pub(super) fn check(&self, config: &Config) -> Result<()> {
        if config.channel.contains_key(&crate::mail::channel()) {
            bail!("the name mail belongs to mail, which is set under [mail]");
        }
        if !config.province.contains_key(&self.province) {
            bail!("province: {} has no section of its own", self.province);
        }
        for (key, value) in [
            ("parts_per_second", self.parts_per_second),
            ("cost", self.cost),
            ("daily_cap", self.daily_cap),
            ("hard_cap", self.hard_cap),
        ] {
            if !(0..=1_000_000_000_000).contains(&value) {
                bail!("{key}: from 0 on");
            }
        }
        if self.hard_cap > 0 && self.hard_cap < self.daily_cap {
            bail!("hard_cap: not below daily_cap");
        }
        if !(1..=10).contains(&self.max_parts) || !(1..=1_000).contains(&self.in_flight) {
            bail!("max_parts: 1 to 10; in_flight: 1 to 1000");
        }
        if self.charset == Alphabet::Ucs2 {
            bail!("charset: texts are written for \"gsm\" only, without Vietnamese marks");
        }
        if self.kind == Kind::Demo && !config.demo {
            bail!("kind: \"demo\" needs demo = true");
        }
        if self.kind != Kind::Demo && self.settings.is_empty() {
            bail!("settings: the kind {} needs its own", self.kind.as_str());
        }
        if (self.kind == Kind::Chat) != self.provider.is_some() {
            bail!("provider: the kind \"chat\" needs one, and no other kind has one");
        }
        let others = [
            ("copies_to", &self.copies_to),
            ("fallback_to", &self.fallback_to),
        ];
        for (key, other) in others {
            let Some(other) = other else { continue };
            let kind = config.channel.get(other).map(|c| c.kind);
            let template = key == "fallback_to" && kind == Some(Kind::Zns);
            if !template && !kind.is_some_and(Kind::sends_texts) {
                bail!("{key}: {other} is no channel that sends texts");
            }
        }
        if self.kind == Kind::Zns && !self.has_account(config) {
            bail!("settings.account: names no channel of the provider \"zalo-oa\"");
        }
        Ok(())
    }
}
