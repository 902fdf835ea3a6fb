//! Pictures that providers fetch: what is drawn, and which were fetched.

use super::StoreError;
use super::conn::{Tx, on, statements};
use crate::clock::Moment;
use crate::ids::OutboundId;

statements! {
    BODY = "SELECT body FROM outbox WHERE province = $1 AND id = $2";
    SERVED = "SELECT served_at FROM served_pictures \
        WHERE province = $1 AND message = $2 AND attempt = $3";
    // Of several requests at the same time, on whichever nodes, one adds the row.
    SERVE = "INSERT INTO served_pictures (province, message, attempt, served_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (province, message, attempt) DO NOTHING";
    FORGET = "DELETE FROM served_pictures WHERE served_at < $1";
}

impl Tx {
    /// The sealed content of a message of the scope's province.
    pub async fn outbox_body(
        &mut self,
        message: OutboundId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_scalar(BODY).bind(province).bind(message.0)
            .fetch_optional(c).await?),
        )
    }

    /// Whether the picture of a message was fetched from this attempt to send it.
    pub async fn is_picture_served(
        &mut self,
        message: OutboundId,
        attempt: i64,
    ) -> Result<bool, StoreError> {
        let province = self.province();
        let at: Option<i64> = on!(self, c => sqlx::query_scalar(SERVED).bind(province)
            .bind(message.0).bind(attempt).fetch_optional(c).await?);
        Ok(at.is_some())
    }

    /// Notes that it is fetched now; whether this was the first time.
    pub async fn claim_picture(
        &mut self,
        message: OutboundId,
        attempt: i64,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let province = self.province();
        let done = on!(self, c => sqlx::query(SERVE).bind(province).bind(message.0).bind(attempt)
            .bind(now.0).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Forgets what was fetched before an instant.
    pub async fn forget_pictures_before(&mut self, before: Moment) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(FORGET).bind(before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
