//! From a raw event to its row and back: how it is sealed, how the parts of a long text become one.
//! [`repeat`] says what makes two texts the same.

mod repeat;

use crate::Workflows;
use crate::ids::ProvinceId;
use crate::message::{Address, Event, Inbound};
use crate::person::Phone;
use crate::sealing::{Column, SealError};
use crate::store::ClaimedInbound;
use crate::vault::Field;

pub use repeat::TakeError;

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
        self.sealed_text(province, id, sealed).await
    }

    async fn sealed_text(
        &self,
        province: &ProvinceId,
        id: uuid::Uuid,
        sealed: &[u8],
    ) -> Result<Inbound, SealError> {
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
