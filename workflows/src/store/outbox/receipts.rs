//! Receipts: matched with what was sent, never taking a message back to an earlier state, parked
//! when they come before the answer to what they are about.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::super::StoreError;
use super::super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::InboundId;
use crate::message::{ChannelId, ReceiptState};

/// How long a receipt waits for its message, in seconds.
const PARKED_SECONDS: i64 = 600;
/// After this time the answer to a submission is not late but lost.
const ANSWER_SECONDS: i64 = 15;
/// Parked receipts tried in one go.
const PARKED_MAX: i64 = 500;

statements! {
    SENT_AS = "SELECT o.province, o.id, o.state, o.provider_id, o.provider_key, o.address, \
        EXISTS (SELECT 1 FROM outbox w WHERE w.province = o.province AND w.instead_of = o.id) \
        AS stood_in_for FROM outbox o \
        WHERE channel = $1 AND provider_key IN ($2, $3, $4) \
        ORDER BY created_at DESC, id DESC LIMIT 20";
    AWAITED = "SELECT o.province, o.id, o.state, o.provider_id, o.provider_key, o.address, \
        EXISTS (SELECT 1 FROM outbox w WHERE w.province = o.province AND w.instead_of = o.id) \
        AS stood_in_for FROM outbox o \
        WHERE channel = $1 AND address = $2 AND state = 'unknown' AND provider_id IS NULL \
        ORDER BY created_at DESC, id DESC LIMIT 2";
    // The states are in the order of `ReceiptState`; only a later one replaces an earlier.
    RECORD = "UPDATE outbox SET state = $3, last_code = $4, settled_at = $5 \
        WHERE province = $1 AND id = $2 AND CASE $3 WHEN 'refused' THEN state IN ('sent', 'unknown') \
        WHEN 'delivered' THEN state IN ('sent', 'unknown', 'refused') \
        WHEN 'read' THEN state IN ('sent', 'unknown', 'refused', 'delivered') ELSE FALSE END";
    PARK = "INSERT INTO orphan_receipts (province, id, channel, provider_id, address, state, code, \
        received_at) VALUES ('service', $1, $2, $3, $4, $5, $6, $7)";
    PARKED = "SELECT id, channel, provider_id, address, state, code, received_at \
        FROM orphan_receipts WHERE province = 'service' AND channel = $1 AND received_at >= $2 \
        ORDER BY received_at, id LIMIT $3";
    UNPARK = "DELETE FROM orphan_receipts WHERE province = 'service' AND id = $1";
    FORGET = "DELETE FROM orphan_receipts WHERE province = 'service' AND channel = $1 \
        AND received_at < $2";
}

/// A receipt, its number already a blind index.
#[derive(Clone, Debug)]
pub struct ReceiptRow {
    /// An id of its own, should it have to wait.
    pub id: InboundId,
    /// The channel it came by.
    pub channel: ChannelId,
    /// The provider's id of the message, unchanged.
    pub provider_id: String,
    /// Blind index of the number under the channel's province, where the receipt says it.
    pub address: Option<[u8; 16]>,
    /// What became of it.
    pub state: ReceiptState,
    /// The provider's code.
    pub code: Option<String>,
    /// When it came.
    pub received_at: Moment,
}

row! {
    struct Candidate {
        province: String,
        id: Uuid,
        state: String,
        provider_id: Option<String>,
        provider_key: Option<String>,
        address: Option<Vec<u8>>,
        stood_in_for: bool,
    }
}

row! {
    struct Parked {
        id: Uuid,
        channel: String,
        provider_id: String,
        address: Option<Vec<u8>>,
        state: String,
        code: Option<String>,
        received_at: i64,
    }
}

/// The form under which ids are compared: lower case, no leading zeros. Gateways pad ids, and give
/// in hexadecimal at submission what the receipt has in decimal (CHANNELS.md B3).
pub(super) fn provider_key(id: &str) -> String {
    let id = id.trim().to_ascii_lowercase();
    let bare = id.trim_start_matches('0');
    if bare.is_empty() {
        "0".into()
    } else {
        bare.into()
    }
}

/// What a message may have been called at submission, given what its receipt calls it; the
/// likeliest first.
fn names(id: &str) -> [String; 3] {
    let key = provider_key(id);
    let hexadecimal = key
        .parse::<u128>()
        .map_or(key.clone(), |n| format!("{n:x}"));
    let decimal = u128::from_str_radix(&key, 16).map_or(key.clone(), |n| n.to_string());
    [key, hexadecimal, decimal]
}

/// The word of a stored state; nothing for a message still on its way.
fn word(state: ReceiptState) -> Option<&'static str> {
    match state {
        ReceiptState::Underway => None,
        ReceiptState::Failed => Some("refused"),
        ReceiptState::Delivered => Some("delivered"),
        ReceiptState::Read => Some("read"),
    }
}

impl Tx {
    /// Records receipts; those whose message is not known yet are parked. Returns how many found
    /// theirs. A receipt recorded twice changes nothing. National scope.
    pub async fn record_receipts(&mut self, receipts: &[ReceiptRow]) -> Result<usize, StoreError> {
        let mut found = 0;
        for receipt in receipts {
            let Some(state) = word(receipt.state) else {
                continue;
            };
            if self
                .record_receipt(receipt, state, receipt.received_at)
                .await?
            {
                found += 1;
            } else {
                self.park(receipt, state).await?;
            }
        }
        Ok(found)
    }

    async fn record_receipt(
        &mut self,
        receipt: &ReceiptRow,
        state: &str,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let Some(message) = self.meant(receipt, now).await? else {
            return Ok(false);
        };
        let recorded = on!(self, c => sqlx::query(RECORD).bind(message.province.as_str()).bind(message.id)
            .bind(state).bind(receipt.code.as_deref()).bind(receipt.received_at.0)
            .execute(c).await?.rows_affected());
        if message.stood_in_for && recorded == 1 {
            let key = (message.province.as_str(), message.id);
            match receipt.state {
                ReceiptState::Failed => self.revive_stand_ins(key, now).await?,
                ReceiptState::Delivered | ReceiptState::Read => {
                    self.spare_stand_ins(&[key], now).await?;
                }
                ReceiptState::Underway => {}
            }
        }
        Ok(true)
    }

    /// The message that a receipt is about.
    async fn meant(
        &mut self,
        receipt: &ReceiptRow,
        now: Moment,
    ) -> Result<Option<Candidate>, StoreError> {
        let channel = receipt.channel.as_str();
        let names = names(&receipt.provider_id);
        let [key, hexadecimal, decimal] = &names;
        let candidates: Vec<Candidate> = on!(self, c => sqlx::query_as(SENT_AS).bind(channel)
            .bind(key.as_str()).bind(hexadecimal.as_str()).bind(decimal.as_str())
            .fetch_all(c).await?);
        if let Some(best) = best(candidates, receipt, &names) {
            return Ok(Some(best));
        }
        // A message whose answer never came has no id: its number must do, if only one waits and no
        // answer came for another meanwhile.
        let Some(address) = receipt
            .address
            .filter(|_| now >= receipt.received_at.plus_seconds(ANSWER_SECONDS))
        else {
            return Ok(None);
        };
        let mut awaited: Vec<Candidate> = on!(self, c => sqlx::query_as(AWAITED).bind(channel)
            .bind(address.as_slice()).fetch_all(c).await?);
        Ok(if awaited.len() == 1 {
            awaited.pop()
        } else {
            None
        })
    }

    async fn park(&mut self, receipt: &ReceiptRow, state: &str) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(PARK).bind(receipt.id.0).bind(receipt.channel.as_str())
            .bind(receipt.provider_id.as_str()).bind(receipt.address.map(|a| a.to_vec()))
            .bind(state).bind(receipt.code.as_deref()).bind(receipt.received_at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Tries the parked receipts of a channel again and forgets those that waited long enough.
    pub(super) async fn match_orphans(
        &mut self,
        channel: &ChannelId,
        now: Moment,
    ) -> Result<(), StoreError> {
        let since = now.plus_seconds(-PARKED_SECONDS);
        let parked: Vec<Parked> = on!(self, c => sqlx::query_as(PARKED).bind(channel.as_str())
            .bind(since.0).bind(PARKED_MAX).fetch_all(c).await?);
        for parked in parked {
            let Some(receipt) = parked.receipt() else {
                continue;
            };
            if self.record_receipt(&receipt, &parked.state, now).await? {
                on!(self, c => sqlx::query(UNPARK).bind(parked.id)
                    .execute(c).await.map(|_| ()))?;
            }
        }
        on!(self, c => sqlx::query(FORGET).bind(channel.as_str()).bind(since.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Parked {
    fn receipt(&self) -> Option<ReceiptRow> {
        let state = match self.state.as_str() {
            "refused" => ReceiptState::Failed,
            "delivered" => ReceiptState::Delivered,
            _ => ReceiptState::Read,
        };
        Some(ReceiptRow {
            id: InboundId(self.id),
            channel: ChannelId::parse(&self.channel)?,
            provider_id: self.provider_id.clone(),
            address: match &self.address {
                Some(address) => Some(address.as_slice().try_into().ok()?),
                None => None,
            },
            state,
            code: self.code.clone(),
            received_at: Moment(self.received_at),
        })
    }
}

/// The candidate that a receipt means: the id to the letter before its variants, and the newest of
/// equals. The number must agree where both say it; hexadecimal for decimal is believed only then.
fn best(
    candidates: Vec<Candidate>,
    receipt: &ReceiptRow,
    names: &[String; 3],
) -> Option<Candidate> {
    let rank = |c: &Candidate| {
        let agrees = match (&c.address, receipt.address) {
            (Some(one), Some(other)) => Some(one.as_slice() == other),
            _ => None,
        };
        if agrees == Some(false) {
            return None;
        }
        let place = if c.provider_id.as_deref() == Some(receipt.provider_id.as_str()) {
            0
        } else {
            1 + names
                .iter()
                .position(|n| Some(n) == c.provider_key.as_ref())?
        };
        (place < 2 || agrees == Some(true)).then_some(place)
    };
    let open: BTreeSet<&str> = ["sent", "unknown", "refused", "delivered", "read"].into();
    candidates
        .into_iter()
        .filter(|c| open.contains(c.state.as_str()))
        .filter_map(|c| Some((rank(&c)?, c)))
        .min_by_key(|(place, _)| *place)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_padded_in_hexadecimal_and_in_decimal() {
        assert_eq!(provider_key("00A3"), "a3");
        assert_eq!(provider_key("000"), "0");
        // Submitted as hexadecimal ff, receipt in decimal; and the reverse.
        assert!(names("0000000255").contains(&"ff".to_owned()));
        assert!(names("FF").contains(&"255".to_owned()));
        assert_eq!(names("not a number")[0], "not a number");
    }
}
