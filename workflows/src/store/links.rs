//! Numbers that chats have proven to be theirs.

use super::StoreError;
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::ProvinceId;
use crate::message::ChannelId;

statements! {
    ONE = "SELECT sealed, linked_at FROM linked_chats \
        WHERE province = $1 AND channel = $2 AND address = $3";
    LINK = "INSERT INTO linked_chats (province, channel, address, sealed, linked_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (province, channel, address) DO UPDATE SET \
        sealed = excluded.sealed, linked_at = excluded.linked_at";
    UNLINK = "DELETE FROM linked_chats WHERE province = $1 AND channel = $2 AND address = $3";
}

/// A proven number.
#[derive(Clone, Debug)]
pub struct LinkedChatRow {
    /// The channel's province.
    pub province: ProvinceId,
    /// The channel.
    pub channel: ChannelId,
    /// Blind index of the chat under that province.
    pub address: [u8; 16],
    /// Sealed number.
    pub sealed: Vec<u8>,
    /// Blind index of the number under that province.
    pub number: [u8; 16],
    /// When it was proven.
    pub linked_at: Moment,
}

/// A change of what a chat has proven.
#[derive(Clone, Debug)]
pub enum LinkChange {
    /// This number, in place of another; the chat may know of its passes that were declared with
    /// it.
    Link(LinkedChatRow),
    /// Nothing any more; links to pages that were given to it end, and it is told nothing
    /// of its passes.
    Unlink {
        /// The channel's province.
        province: ProvinceId,
        /// The channel.
        channel: ChannelId,
        /// Whose.
        address: [u8; 16],
    },
}

row! {
    /// A proven number as it was read.
    #[derive(Clone, Debug)]
    pub struct StoredLink {
        /// Sealed number.
        pub sealed: Vec<u8>,
        /// When it was proven, microseconds UTC.
        pub linked_at: i64,
    }
}

impl LinkChange {
    /// Whose.
    pub(super) fn chat(&self) -> (&ChannelId, &[u8; 16]) {
        match self {
            Self::Link(row) => (&row.channel, &row.address),
            Self::Unlink {
                channel, address, ..
            } => (channel, address),
        }
    }

    pub(super) fn province(&self) -> &ProvinceId {
        match self {
            Self::Link(row) => &row.province,
            Self::Unlink { province, .. } => province,
        }
    }
}

impl Tx {
    /// The number that a chat of the scope's province has proven.
    pub async fn linked_chat(
        &mut self,
        channel: &ChannelId,
        address: [u8; 16],
    ) -> Result<Option<StoredLink>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ONE).bind(province).bind(channel.as_str())
            .bind(address.as_slice()).fetch_optional(c).await?),
        )
    }

    /// Changes what chats have proven, in their order.
    pub(super) async fn change_links(
        &mut self,
        changes: &[LinkChange],
        now: Moment,
    ) -> Result<(), StoreError> {
        for change in changes {
            match change {
                LinkChange::Link(row) => {
                    on!(self, c => sqlx::query(LINK).bind(row.province.as_str())
                        .bind(row.channel.as_str()).bind(row.address.as_slice())
                        .bind(row.sealed.as_slice()).bind(row.linked_at.0)
                        .execute(c).await.map(|_| ()))?;
                    self.prove_watches(row, now).await?;
                }
                LinkChange::Unlink {
                    province,
                    channel,
                    address,
                } => {
                    on!(self, c => sqlx::query(UNLINK).bind(province.as_str())
                        .bind(channel.as_str()).bind(address.as_slice())
                        .execute(c).await.map(|_| ()))?;
                    let home = (province, channel);
                    self.drop_handovers(home, address).await?;
                    self.spare_notices_of(home, address, now).await?;
                    self.unwatch(channel, address).await?;
                }
            }
        }
        Ok(())
    }
}
