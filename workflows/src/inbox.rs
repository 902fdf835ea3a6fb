//! From a raw event to its row and back: what makes two events the same, how they are sealed, how
//! the parts of a long text become one.

use crate::Workflows;
use crate::clock::Moment;
use crate::ids::{InboundId, ProvinceId};
use crate::message::{Address, ChannelId, Event, Inbound, PartOf};
use crate::person::Phone;
use crate::sealing::{Column, SealError};
use crate::store::{ClaimedInbound, InboundRow};
use crate::vault::Field;

/// Sealed raw event; its row is the id of the event.
pub const EVENT: Column = Column::new("inbox", "event");
/// Sealed screen that answered a turn; its row is the id of the event.
pub const REPLY: Column = Column::new("inbox", "reply");
/// Sealed address of a message; its row is the id of the message.
pub const RECIPIENT: Column = Column::new("outbox", "recipient");
/// Sealed content of a message (a [`crate::message::TextPart`] or a mail); its row is the id.
pub const BODY: Column = Column::new("outbox", "body");
/// Sealed state of an exchange; its row is the number's blind index.
pub const CONVERSATION: Column = Column::new("conversations", "state");
/// Sealed number of a chat; its row is the chat's blind index.
pub const LINKED: Column = Column::new("linked_chats", "sealed");
/// Sealed content of a profile; its row is the number's blind index.
pub const PROFILE: Column = Column::new("profiles", "sealed");

impl Workflows {
    /// The blind index of a number, by which its events, exchange, profile and messages are found:
    /// under the province of the channel, whichever province it declares for.
    pub fn address(&self, channels_province: &ProvinceId, phone: &Phone) -> [u8; 16] {
        let key = phone.index_key();
        self.sealing.index(channels_province, Field::Phone, &key)
    }

    /// The same of a number or a chat.
    pub fn address_of(&self, channels_province: &ProvinceId, address: &Address) -> [u8; 16] {
        let (field, key) = address.index_key();
        self.sealing.index(channels_province, field, &key)
    }

    /// The keyed hash of what makes a repeat equal to the first, such as a provider's event id.
    pub fn event_key(&self, channels_province: &ProvinceId, distinct: &str) -> [u8; 16] {
        self.sealing.index(channels_province, Field::Key, distinct)
    }

    /// What makes a text equal to its repeat: the provider's id; without one the sender, the text
    /// and the minute, because the same answer may well be meant twice (CHANNELS.md E2).
    pub fn text_key(
        &self,
        province: &ProvinceId,
        (channel, from): (&ChannelId, &Address),
        text: &Inbound,
        at: Moment,
    ) -> [u8; 16] {
        let part = text.part.map_or(String::new(), |p| {
            format!("{}/{}/{}", p.reference, p.number, p.total)
        });
        let distinct = match &text.event_id {
            Some(id) => format!("event:{channel}:{part}:{id}"),
            None => format!(
                "text:{channel}:{}:{part}:{}:{}",
                from.recipient(),
                at.local_minute(),
                text.text
            ),
        };
        self.event_key(province, &distinct)
    }

    /// The row of a text that came by a channel of `province`. `at` rises from event to event.
    pub async fn text_row(
        &self,
        province: &ProvinceId,
        (channel, from): (&ChannelId, &Address),
        text: Inbound,
        at: Moment,
    ) -> Result<InboundRow, SealError> {
        let id = InboundId(self.clock.uuid());
        let key = self.sealing.key(province, at).await?;
        let event_key = self.text_key(province, (channel, from), &text, at);
        let part = text.part.filter(|p| is_part(*p));
        let event = Event::Message(text);
        Ok(InboundRow {
            province: province.clone(),
            id,
            channel: channel.clone(),
            event_key,
            address: self.address_of(province, from),
            event: self.sealing.seal(&key, EVENT, id.0.as_bytes(), &event)?,
            part,
            reply: None,
            received_at: at,
        })
    }

    /// Opens a claimed text. Parts are joined in their order, each once; one that is missing
    /// leaves nothing in its place.
    pub async fn claimed_text(&self, claimed: &ClaimedInbound) -> Result<Inbound, SealError> {
        let mut first = self
            .text(claimed, claimed.claim.id.0, &claimed.event)
            .await?;
        let Some((number, _)) = claimed.part else {
            return Ok(first);
        };
        let mut parts = std::collections::BTreeMap::new();
        parts.insert(number, first.text.clone());
        for other in &claimed.others {
            let text = self.text(claimed, other.id, &other.event).await?.text;
            parts.entry(other.part_number).or_insert(text);
        }
        first.text = parts.into_values().collect();
        first.part = None;
        Ok(first)
    }

    async fn text(
        &self,
        claimed: &ClaimedInbound,
        id: uuid::Uuid,
        sealed: &[u8],
    ) -> Result<Inbound, SealError> {
        let province = &claimed.claim.province;
        let event = self
            .sealing
            .open(province, EVENT, id.as_bytes(), sealed)
            .await?;
        match event {
            Event::Message(text) => Ok(text),
            Event::Receipt(_) | Event::Ignored(_) => Err(SealError::Corrupt {
                table: EVENT.table,
                column: EVENT.column,
            }),
        }
    }
}

/// A text of one part is a whole one.
fn is_part(part: PartOf) -> bool {
    part.total > 1 && (1..=part.total).contains(&part.number)
}
