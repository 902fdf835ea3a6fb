//! Where the events of a channel go: kept before they are acknowledged, receipts past the inbox.

mod receipts;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use channels::inbound::{Inlet, NotStored};
use moka::sync::Cache;
use workflows::Workflows;
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::declaration::conversation::Medium;
use workflows::declaration::converse::ChannelProfile;
use workflows::ids::{InboundId, ProvinceId};
use workflows::message::{Act, Address, ChannelId, Event, Inbound, Receipt, Screen, Turn};
use workflows::person::Phone;
use workflows::store::{ReceiptRow, Rows, Scope};

pub(crate) use receipts::ReceiptDoor;

use crate::config::ChannelConfig;

/// Events that one number may send within a minute; what is more is dropped and counted.
const PER_MINUTE: u32 = 30;
const MINUTE: Duration = Duration::from_mins(1);
const NUMBERS: u64 = 100_000;
/// How exactly it is known when a channel was last heard.
const HEARD_SECONDS: i64 = 10;

/// The way in of one channel.
pub struct ChannelInlet {
    workflows: Workflows,
    receipts: ReceiptDoor,
    channel: ChannelId,
    province: ProvinceId,
    /// How it is spoken to.
    profile: Option<ChannelProfile>,
    /// Events by number, this minute.
    counts: Cache<[u8; 16], Arc<AtomicU32>>,
    last_at: AtomicI64,
    heard_at: AtomicI64,
}

impl ChannelInlet {
    pub(crate) fn new(
        workflows: &Workflows,
        receipts: &ReceiptDoor,
        (channel, config): (&ChannelId, &ChannelConfig),
        profile: Option<ChannelProfile>,
    ) -> Self {
        Self {
            workflows: workflows.clone(),
            receipts: receipts.clone(),
            channel: channel.clone(),
            province: config.province.clone(),
            profile,
            counts: Cache::builder()
                .max_capacity(NUMBERS)
                .time_to_live(MINUTE)
                .build(),
            last_at: AtomicI64::new(0),
            heard_at: AtomicI64::new(0),
        }
    }

    /// The present instant, later than that of the event before: it is their order.
    fn rising(&self) -> Moment {
        let now = self.workflows.clock.now().0;
        let next = |last: i64| Some(now.max(last + 1));
        let last = self
            .last_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .unwrap_or(now);
        Moment(now.max(last + 1))
    }

    fn count(&self, what: &'static str) {
        let labels = [
            ("channel", self.channel.to_string()),
            ("what", what.to_owned()),
        ];
        metrics::counter!("events_total", &labels).increment(1);
    }

    /// Whom to answer. Only a mobile number of this country can be answered by text, and only
    /// those are paid for.
    fn sender(&self, from: &str) -> Option<Address> {
        if self
            .profile
            .as_ref()
            .is_some_and(|p| p.medium == Medium::Chat)
        {
            return Address::chat(&self.channel, from);
        }
        let phone = Phone::parse(from).ok().filter(Phone::is_textable);
        phone.map(Address::Phone)
    }

    async fn text(&self, mut text: Inbound) -> Result<(), NotStored> {
        if text.act == Act::InGroup && text.event_id.is_some() {
            // It is answered without being read, and others may have said it to each other.
            text.text.clear();
        }
        let Some(sender) = self.sender(&text.from) else {
            self.count("dropped-number");
            return Ok(());
        };
        let address = self.workflows.address_of(&self.province, &sender);
        let count = self.counts.get_with(address, Arc::default);
        if count.fetch_add(1, Ordering::Relaxed) >= PER_MINUTE {
            self.count("dropped-flood");
            return Ok(());
        }
        let at = self.rising();
        let from = (&self.channel, &sender);
        let row = self
            .workflows
            .text_row(&self.province, from, text, at)
            .await;
        let Some(row) = row.map_err(|error| self.failed(&error))? else {
            self.count("repeat");
            return Ok(());
        };
        let rows = Rows {
            inbound: Some(row),
            ..Rows::default()
        };
        let stored = self.workflows.store.append(rows).await;
        stored.map_err(|error| self.failed(&error))?;
        self.count("text");
        Ok(())
    }

    async fn receipt(&self, receipt: Receipt) -> Result<(), NotStored> {
        let to = receipt.to.as_deref().and_then(|to| self.sender(to));
        let row = ReceiptRow {
            id: InboundId(self.workflows.clock.uuid()),
            channel: self.channel.clone(),
            provider_id: receipt.provider_id,
            address: to.map(|to| self.workflows.address_of(&self.province, &to)),
            state: receipt.state,
            code: receipt.code.map(|code| short(&code)),
            received_at: self.workflows.clock.now(),
        };
        self.receipts.record(row).await?;
        self.count("receipt");
        Ok(())
    }

    fn failed(&self, error: &dyn std::error::Error) -> NotStored {
        tracing::error!(channel = %self.channel, "an event was not stored: {error}");
        self.count("not-stored");
        NotStored
    }

    /// Takes note, now and then, that the channel was heard.
    async fn heard(&self) {
        let now = self.workflows.clock.now();
        let last = self.heard_at.load(Ordering::Relaxed);
        if now.0 < last.saturating_add(HEARD_SECONDS * 1_000_000)
            || self
                .heard_at
                .compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        let noted = async {
            let scope = Scope::National(Purpose::Support);
            let mut tx = self.workflows.store.write(&scope).await?;
            tx.heard_channel(&self.channel, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(channel = %self.channel, "not noted as heard: {error}");
        }
    }
}

/// A provider's code, without what might be a text in its place.
fn short(code: &str) -> String {
    let fit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    code.chars().filter(fit).take(32).collect()
}

#[async_trait]
impl Inlet for ChannelInlet {
    async fn take(&self, event: Event) -> Result<(), NotStored> {
        self.heard().await;
        match event {
            Event::Message(text) => self.text(text).await,
            Event::Receipt(receipt) => self.receipt(receipt).await,
            Event::Ignored(_) => {
                self.count("ignored");
                Ok(())
            }
        }
    }

    async fn turn(&self, turn: Turn) -> Result<Screen, NotStored> {
        self.heard().await;
        let profile = self.profile.as_ref().ok_or(NotStored)?;
        let screen = self.workflows.turn(profile, &turn).await;
        self.count("turn");
        screen.map_err(|error| self.failed(&error))
    }
}
