//! Wrapped sealing keys per province and period.

use super::StoreError;
use super::conn::{Tx, on, statements};
use crate::clock::Moment;

statements! {
    ADD = "INSERT INTO data_keys (province, period, wrapped, created_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (province, period) DO NOTHING";
    ONE = "SELECT wrapped FROM data_keys WHERE province = $1 AND period = $2";
    PERIODS = "SELECT period, created_at FROM data_keys WHERE province = $1 ORDER BY period";
}

impl Tx {
    /// Stores a wrapped key unless another node stored one for the period first.
    pub async fn add_data_key(
        &mut self,
        period: i64,
        wrapped: &[u8],
        at: Moment,
    ) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(ADD).bind(province).bind(period).bind(wrapped).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The wrapped key of a period.
    pub async fn data_key(&mut self, period: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_scalar(ONE).bind(province).bind(period)
            .fetch_optional(c).await?),
        )
    }

    /// Periods that have a key, with the time it was made.
    pub async fn data_keys(&mut self) -> Result<Vec<(i64, i64)>, StoreError> {
        let province = self.province();
        Ok(on!(self, c => sqlx::query_as(PERIODS).bind(province).fetch_all(c).await?))
    }
}
