//! What a link changes on watches. On PostgreSQL two lanes append at once, and each may change the
//! watches of a chat and those of a person: whoever does both locks all of them first, in one
//! order.

use super::super::conn::{Either, Tx, on, statements};
use super::super::links::{LinkChange, LinkedChatRow};
use super::{StoreError, Superseding};
use crate::clock::Moment;

statements! {
    // A replacement that the chat did not make itself is news now.
    PROVE = "UPDATE watches SET proven = TRUE, due_at = CASE WHEN superseded_at IS NOT NULL \
        AND NOT EXISTS (SELECT 1 FROM watches o WHERE o.province = watches.province \
        AND o.person = watches.person AND o.channel = watches.channel \
        AND o.address = watches.address AND o.issued_at = watches.superseded_at) \
        THEN $5 ELSE due_at END \
        WHERE home = $1 AND channel = $2 AND address = $3 AND NOT proven AND expires_at > $5 \
        AND EXISTS (SELECT 1 FROM passes p JOIN declarations d ON d.province = p.province \
        AND d.id = p.declaration WHERE p.province = watches.province AND p.id = watches.pass \
        AND d.phone = $4)";
}

const LOCK_POSTGRES: &str = "SELECT 1 FROM watches w JOIN (\
     SELECT a.province, a.pass FROM watches a \
     JOIN UNNEST($1::TEXT[], $2::BYTEA[]) AS c(channel, address) \
     ON a.channel = c.channel AND a.address = c.address \
     UNION SELECT b.province, b.pass FROM watches b \
     JOIN UNNEST($3::TEXT[], $4::BYTEA[]) AS v(province, person) \
     ON b.province = v.province AND b.person = v.person WHERE b.superseded_at IS NULL) k \
     ON w.province = k.province AND w.pass = k.pass \
     ORDER BY w.province, w.pass FOR UPDATE OF w";

impl Tx {
    /// Locks the watches of these chats and those that are replaced, in the order in which
    /// everybody locks them. SQLite has one writer.
    pub(in crate::store) async fn lock_watches(
        &mut self,
        links: &[LinkChange],
        by: &[Superseding],
    ) -> Result<(), StoreError> {
        if let Either::Postgres(c) = self.connection() {
            let chats = || links.iter().map(LinkChange::chat);
            let channels: Vec<&str> = chats().map(|(channel, _)| channel.as_str()).collect();
            let addresses: Vec<&[u8]> = chats().map(|(_, address)| address.as_slice()).collect();
            let query = sqlx::query(LOCK_POSTGRES).bind(channels).bind(addresses);
            let query = query
                .bind(by.iter().map(|s| s.province.as_str()).collect::<Vec<_>>())
                .bind(by.iter().map(|s| s.person.as_slice()).collect::<Vec<_>>());
            query.execute(c).await?;
        }
        Ok(())
    }

    /// A chat that proved a number may know of its passes that were declared with it.
    pub(in crate::store) async fn prove_watches(
        &mut self,
        link: &LinkedChatRow,
        now: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(PROVE).bind(link.province.as_str())
            .bind(link.channel.as_str()).bind(link.address.as_slice())
            .bind(link.number.as_slice()).bind(now.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
