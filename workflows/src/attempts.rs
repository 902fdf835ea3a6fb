//! How often something may be tried.

use crate::Workflows;
use crate::audit::Purpose;
use crate::clock::Moment;
use crate::store::{Scope, StoreError};

/// What is tried, and how often it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// The word under which tries are counted.
    pub(crate) kind: &'static str,
    /// For what the count is read and written.
    pub(crate) purpose: Purpose,
    /// Length of the sliding window.
    pub(crate) minutes: i64,
    /// Most tries in it.
    pub(crate) most: i64,
}

impl Workflows {
    /// Counts a try before it is made, so that those that run at the same time are counted too;
    /// `false`: it is one too many. Those refused from the start are not counted, or whoever tries
    /// on would be kept out for ever.
    pub(crate) async fn may_try(
        &self,
        allowance: &Allowance,
        subject: &[u8],
        now: Moment,
    ) -> Result<bool, StoreError> {
        let Allowance { kind, most, .. } = *allowance;
        let scope = Scope::National(allowance.purpose);
        let since = now.plus_minutes(-allowance.minutes);
        let mut tx = self.store.read(&scope).await?;
        if tx.attempt_count(kind, subject, since).await? >= most {
            return Ok(false);
        }
        drop(tx);
        let mut tx = self.store.write(&scope).await?;
        tx.add_attempt(kind, subject, self.clock.uuid(), now)
            .await?;
        tx.commit().await?;
        let mut tx = self.store.read(&scope).await?;
        Ok(tx.attempt_count(kind, subject, since).await? <= most)
    }
}
