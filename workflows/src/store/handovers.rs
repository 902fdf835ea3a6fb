//! One-time links from a chat to the page that takes what a chat should not carry.

use uuid::Uuid;

use super::StoreError;
use super::bulk::{self, Cell, Table};
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{DeclarationId, ProvinceId};
use crate::message::ChannelId;

/// A link ends when its chat was given a later one: whoever asks for a new link takes the old one
/// out of the hands it fell into.
macro_rules! is_the_last {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM handovers later WHERE later.province = handovers.province \
         AND later.channel = handovers.channel AND later.address = handovers.address \
         AND later.created_at > handovers.created_at)"
    };
}

statements! {
    ONE = concat!("SELECT id, channel, content, opener, declaration, \
        (used_at IS NULL AND expires_at > $3", is_the_last!(), ") AS stands \
        FROM handovers WHERE province = $1 AND token = $2");
    // Looked at and taken in one statement: of two browsers one gets it.
    OPEN = concat!("UPDATE handovers SET opener = $3, opened_at = $4, expires_at = $5 \
        WHERE province = $1 AND token = $2 AND opener IS NULL AND expires_at > $4",
        is_the_last!());
    // What the chat knew is in the declaration from now on.
    USE = concat!("UPDATE handovers SET used_at = $3, declaration = $4, content = $5 \
        WHERE province = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3",
        is_the_last!());
    DROP = "DELETE FROM handovers WHERE province = $1 AND channel = $2 AND address = $3 \
        AND used_at IS NULL";
    FORGET = "DELETE FROM handovers WHERE created_at < $1";
}

const NOTHING: &[u8] = &[];

static HANDOVERS: Table = Table {
    name: "handovers",
    columns: &[
        "province",
        "id",
        "token",
        "channel",
        "address",
        "content",
        "created_at",
        "expires_at",
    ],
    tail: "",
};

/// A link to keep.
#[derive(Clone, Debug)]
pub struct HandoverRow {
    /// The channel's province.
    pub province: ProvinceId,
    /// Its id.
    pub id: Uuid,
    /// Keyed hash of the link.
    pub token: [u8; 16],
    /// The channel of the chat.
    pub channel: ChannelId,
    /// Blind index of the chat.
    pub address: [u8; 16],
    /// What the chat knew, sealed.
    pub content: Vec<u8>,
    /// When it was made.
    pub created_at: Moment,
    /// When it ends, unless it is opened before.
    pub expires_at: Moment,
}

/// A link that has done its work.
#[derive(Clone, Debug)]
pub struct HandoverUse {
    /// The channel's province.
    pub province: ProvinceId,
    /// The link's id.
    pub id: Uuid,
    /// What was declared.
    pub declaration: DeclarationId,
    /// When.
    pub at: Moment,
}

row! {
    /// A kept link.
    #[derive(Clone, Debug)]
    pub struct StoredHandover {
        /// Its id.
        pub id: Uuid,
        /// The channel of the chat.
        pub channel: String,
        /// What the chat knew, sealed; empty once it is used.
        pub content: Vec<u8>,
        /// Keyed hash of what the browser keeps that opened it.
        pub opener: Option<Vec<u8>>,
        /// What was declared by it.
        pub declaration: Option<Uuid>,
        /// Whether it has not ended, was not used and is its chat's last.
        pub stands: bool,
    }
}

impl Tx {
    /// Keeps links; a link's token is new by its randomness.
    pub(super) async fn append_handovers(
        &mut self,
        rows: &[HandoverRow],
    ) -> Result<(), StoreError> {
        bulk::insert(self, &HANDOVERS, rows.iter().map(cells).collect()).await
    }

    /// The link of this hash in the scope's province, however it stands.
    pub async fn handover(
        &mut self,
        token: &[u8; 16],
        now: Moment,
    ) -> Result<Option<StoredHandover>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ONE).bind(province).bind(token.as_slice())
            .bind(now.0).fetch_optional(c).await?),
        )
    }

    /// Gives a link that nobody has opened to whoever comes first; whether this was the first.
    pub async fn open_handover(
        &mut self,
        token: &[u8; 16],
        opener: &[u8; 16],
        (now, until): (Moment, Moment),
    ) -> Result<bool, StoreError> {
        let province = self.province();
        let done = on!(self, c => sqlx::query(OPEN).bind(province).bind(token.as_slice())
            .bind(opener.as_slice()).bind(now.0).bind(until.0).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Marks links as used, in the order of their ids; the ids of those that stood.
    pub(super) async fn use_handovers(
        &mut self,
        uses: &[&HandoverUse],
    ) -> Result<Vec<Uuid>, StoreError> {
        let mut stood = Vec::with_capacity(uses.len());
        for used in uses {
            let done = on!(self, c => sqlx::query(USE).bind(used.province.as_str()).bind(used.id)
                .bind(used.at.0).bind(used.declaration.0).bind(NOTHING)
                .execute(c).await?.rows_affected());
            stood.extend((done == 1).then_some(used.id));
        }
        Ok(stood)
    }

    /// Takes back what a chat was given and has not used.
    pub(super) async fn drop_handovers(
        &mut self,
        (province, channel): (&ProvinceId, &ChannelId),
        address: &[u8; 16],
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(DROP).bind(province.as_str()).bind(channel.as_str())
            .bind(address.as_slice()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Forgets links made before an instant.
    pub async fn forget_handovers_before(&mut self, before: Moment) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(FORGET).bind(before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

fn cells(row: &HandoverRow) -> Vec<Cell<'_>> {
    vec![
        Cell::Text(row.province.as_str()),
        Cell::Id(row.id),
        Cell::Blob(&row.token),
        Cell::Text(row.channel.as_str()),
        Cell::Blob(&row.address),
        Cell::Blob(&row.content),
        Cell::Int(row.created_at.0),
        Cell::Int(row.expires_at.0),
    ]
}
