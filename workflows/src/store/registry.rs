//! The imported copy of the population registry: sealed rows by blind index.

use super::StoreError;
use super::conn::{Tx, on, statements};
use crate::clock::Moment;

statements! {
    PUT = "INSERT INTO registry_people (province, person, sealed, imported_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (province, person) \
        DO UPDATE SET sealed = excluded.sealed, imported_at = excluded.imported_at";
    ONE = "SELECT sealed FROM registry_people WHERE province = $1 AND person = $2";
}

impl Tx {
    /// Adds or replaces a person of the registry.
    pub async fn set_registry_person(
        &mut self,
        person: &[u8; 16],
        sealed: &[u8],
        at: Moment,
    ) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(PUT).bind(province).bind(person.as_slice()).bind(sealed)
            .bind(at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// A person of the registry, sealed.
    pub async fn registry_person(
        &mut self,
        person: &[u8; 16],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_scalar(ONE).bind(province).bind(person.as_slice())
            .fetch_optional(c).await?),
        )
    }
}
