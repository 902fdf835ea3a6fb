//! What the tests of hooks and senders share: a channel's place, a call of its hook, a message.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use channels::inbound::{EventHook, HookError, HookRequest, UssdHook};
use channels::sms::{self, SmsChannel};
use channels::{Content, Outbound, Place, Sent};
use uuid::Uuid;
use workflows::ids::OutboundId;
use workflows::message::{ChannelId, Event, Inbound, PartOf, Receipt, TextPart, Turn};

pub(crate) const ID: &str = "0197a1b2-0000-7000-8000-00000000002a";
pub(crate) const PUBLIC: &str = "https://khaibao.example";

/// A call of a hook, by default a GET of nothing.
#[derive(Clone, Default)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) source: Option<IpAddr>,
    pub(crate) channel: Option<&'static str>,
}

impl Call {
    pub(crate) fn get(query: &str) -> Self {
        Self {
            method: "GET",
            query: query.into(),
            ..Self::default()
        }
    }

    pub(crate) fn post(body: &str) -> Self {
        Self {
            method: "POST",
            body: body.into(),
            ..Self::default()
        }
    }

    pub(crate) fn query(mut self, query: &str) -> Self {
        self.query = query.into();
        self
    }

    /// Calls another channel than `sms-main`.
    pub(crate) fn at(mut self, channel: &'static str) -> Self {
        self.channel = Some(channel);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    pub(crate) fn from(mut self, source: &str) -> Self {
        self.source = Some(source.parse().unwrap());
        self
    }

    fn with<T>(&self, read: impl FnOnce(&HookRequest<'_>) -> T) -> T {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let channel = self.channel.unwrap_or("sms-main");
        let url = format!("{PUBLIC}/hooks/{channel}{mark}{}", self.query);
        let header = |name: &str| self.headers.get(name).map(String::as_str);
        read(&HookRequest {
            method: self.method,
            url: &url,
            query: &self.query,
            header: &header,
            body: &self.body,
            source: self.source,
        })
    }

    pub(crate) fn events(&self, hook: &dyn EventHook) -> Result<Vec<Event>, HookError> {
        self.with(|request| hook.events(request))
    }

    /// The one message of a good call.
    pub(crate) fn message(&self, hook: &dyn EventHook) -> Inbound {
        match self.events(hook).unwrap().remove(0) {
            Event::Message(message) => message,
            Event::Receipt(_) | Event::Ignored(_) => panic!("no message"),
        }
    }

    /// The one receipt of a good call.
    pub(crate) fn receipt(&self, hook: &dyn EventHook) -> Receipt {
        match self.events(hook).unwrap().remove(0) {
            Event::Receipt(receipt) => receipt,
            Event::Message(_) | Event::Ignored(_) => panic!("no receipt"),
        }
    }

    pub(crate) fn turn(&self, hook: &dyn UssdHook) -> Result<Turn, HookError> {
        self.with(|request| hook.turn(request))
    }
}

pub(crate) fn open(kind: &str, settings: &str) -> SmsChannel {
    try_open(kind, settings).unwrap_or_else(|why| panic!("{why}"))
}

pub(crate) fn try_open(kind: &str, settings: &str) -> Result<SmsChannel, channels::SettingsError> {
    let channel = ChannelId::parse("sms-main").unwrap();
    let place = Place {
        channel: &channel,
        public_url: PUBLIC,
    };
    sms::open(kind, &settings.parse().unwrap(), &place)
}

pub(crate) fn hook(channel: &SmsChannel) -> Arc<dyn EventHook> {
    channel.hook.clone().unwrap()
}

pub(crate) fn message(text: &str, part: Option<PartOf>) -> Outbound {
    Outbound {
        id: OutboundId(Uuid::parse_str(ID).unwrap()),
        to: "+84912345678".into(),
        content: Content::Text(TextPart {
            text: text.into(),
            part,
        }),
    }
}

/// The word of an outcome, with its id or code.
pub(crate) fn word(sent: &Sent) -> String {
    match sent {
        Sent::Accepted { id } => format!("accepted {id}"),
        Sent::Refused { code } => format!("refused {code}"),
        Sent::Throttled { after } => format!("throttled {}", after.as_secs()),
        Sent::Held { after } => format!("held {}", after.as_secs()),
        Sent::Away { after } => format!("away {}", after.as_secs()),
        Sent::Unknown { why } => format!("unknown {why}"),
        Sent::Stopped => "stopped".into(),
    }
}
