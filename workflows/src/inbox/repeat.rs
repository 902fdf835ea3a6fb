//! Whether a text is another or the same once more. SMPP names no message, and an SMSC that did
//! not hear our answer delivers again.

use crate::Workflows;
use crate::clock::Moment;
use crate::ids::{InboundId, ProvinceId};
use crate::message::{Address, ChannelId, Event, Inbound, PartOf};
use crate::sealing::SealError;
use crate::store::{InboundRow, LastInbound, Scope, StoreError};

/// Nobody types the same answer again so soon, in microseconds.
const SHORT_MICROS: i64 = 3_000_000;
/// Nor so long a text: a whole declaration.
const LONG_MICROS: i64 = 60_000_000;
/// What is longer is typed once.
const SHORT_CHARS: usize = 24;

/// Why a text could not be prepared for the inbox; it may be taken again.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Workflows {
    /// The row of a text that came by a channel of `province`; none if the text is what its
    /// sender said last, delivered again. `at` rises from event to event.
    ///
    /// A provider's id decides that by itself. Without one, the same text is a repeat while the
    /// one before it waits for its answer, and for a moment after it came (CHANNELS.md E2): the
    /// same short answer may well be meant twice, but not before something else was asked.
    pub async fn text_row(
        &self,
        province: &ProvinceId,
        (channel, from): (&ChannelId, &Address),
        text: Inbound,
        at: Moment,
    ) -> Result<Option<InboundRow>, TakeError> {
        let address = self.address_of(province, from);
        let part = text.part.filter(|p| is_part(*p));
        let distinct = if let Some(id) = &text.event_id {
            format!("event:{channel}:{}:{id}", named(text.part))
        } else {
            let last = self.last(province, (channel, address), part).await?;
            if let Some(last) = &last
                && self.repeats(province, last, &text, at).await?
            {
                return Ok(None);
            }
            // Two nodes that take it at the same moment both see what was before it.
            let after = last.map_or(String::new(), |last| last.id.to_string());
            let (from, part) = (from.recipient(), named(text.part));
            format!("text:{channel}:{from}:{part}:{after}:{}", text.text)
        };
        let id = InboundId(self.clock.uuid());
        let key = self.sealing.key(province, at).await?;
        let event = Event::Message(text);
        Ok(Some(InboundRow {
            province: province.clone(),
            id,
            channel: channel.clone(),
            event_key: self.event_key(province, &distinct),
            address,
            event: self
                .sealing
                .seal(&key, super::EVENT, id.0.as_bytes(), &event)?,
            part,
            reply: None,
            received_at: at,
        }))
    }

    async fn last(
        &self,
        province: &ProvinceId,
        (channel, address): (&ChannelId, [u8; 16]),
        part: Option<PartOf>,
    ) -> Result<Option<LastInbound>, StoreError> {
        let mut tx = self.store.read(&Scope::of(province)).await?;
        tx.last_inbound(channel, address, part).await
    }

    async fn repeats(
        &self,
        province: &ProvinceId,
        last: &LastInbound,
        text: &Inbound,
        at: Moment,
    ) -> Result<bool, SealError> {
        let is_short = text.part.is_none() && text.text.chars().count() <= SHORT_CHARS;
        let micros = if is_short { SHORT_MICROS } else { LONG_MICROS };
        let waits = matches!(last.state.as_str(), "new" | "working" | "part");
        if !waits && at.0.saturating_sub(last.received_at) >= micros {
            return Ok(false);
        }
        match self.sealed_text(province, last.id, &last.event).await {
            Ok(before) => Ok(before.text == text.text && before.part == text.part),
            // What cannot be read any more repeats nothing.
            Err(SealError::Destroyed | SealError::Corrupt { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A text of one part is a whole one.
fn is_part(part: PartOf) -> bool {
    part.total > 1 && (1..=part.total).contains(&part.number)
}

fn named(part: Option<PartOf>) -> String {
    part.map_or(String::new(), |p| {
        format!("{}/{}/{}", p.reference, p.number, p.total)
    })
}
