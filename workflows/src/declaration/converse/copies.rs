//! The text that repeats the pass of a USSD dialogue. It is ours to pay, and a dialogue costs its
//! caller nothing: so it goes to mobile numbers of this country only, and not over and over.

use super::Exchange;
use crate::Workflows;
use crate::person::Phone;
use crate::store::{Scope, StoreError};

/// Copies that one number is sent, within minutes; beyond that the screen must do.
const PER_NUMBER: [(i64, i64); 2] = [(60, 3), (24 * 60, 10)];
const KIND: &str = "ussd-copy";

impl Workflows {
    /// Whether the pass is sent by text as well.
    pub(super) async fn may_copy(&self, exchange: &Exchange<'_>) -> Result<bool, StoreError> {
        if !exchange.phone.as_ref().is_some_and(Phone::is_textable) {
            return Ok(false);
        }
        let scope = Scope::of(&exchange.channel.province);
        let mut tx = self.store.read(&scope).await?;
        for (minutes, most) in PER_NUMBER {
            let since = exchange.now.plus_minutes(-minutes);
            let sent = tx.attempt_count(KIND, &exchange.address, since).await?;
            if sent >= most {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Counts a copy that is on its way. One that could not be counted is sent all the same.
    pub(super) async fn note_copy(&self, exchange: &Exchange<'_>) {
        let noted = async {
            let scope = Scope::of(&exchange.channel.province);
            let mut tx = self.store.write(&scope).await?;
            let id = self.clock.uuid();
            tx.add_attempt(KIND, &exchange.address, id, exchange.now)
                .await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!("a pass by text was not counted: {error}");
        }
    }
}
