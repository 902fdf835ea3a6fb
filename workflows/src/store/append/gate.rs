//! What decides whether a request's rows are stored: its event, its claim, its exchange, its
//! link, its declaration or crossing. Each is one statement for the whole batch, its rows in the
//! order of their keys, so that no two writers wait for each other in a circle.

use std::collections::HashSet;

use uuid::Uuid;

use super::super::StoreError;
use super::super::conn::Tx;
use super::{Appended, Rows};
use crate::clock::Moment;

/// The decisions about one batch.
pub(super) struct Gate<'a> {
    pub(super) batch: &'a [Rows],
    /// Who is out, and why.
    pub(super) refused: Vec<Option<Appended>>,
    /// Of whom something was written already.
    pub(super) begun: Vec<bool>,
    /// Somebody was refused of whom something was written: the transaction must go.
    pub(super) torn: bool,
}

/// Of several requests about one exchange only the first can have read what it replaces.
pub(super) fn stale_in_batch(batch: &[Rows]) -> Vec<Option<Appended>> {
    let mut seen = HashSet::new();
    let stale = |rows: &Rows| {
        let key = rows.conversation.as_ref()?.key();
        (!seen.insert(key)).then_some(Appended::Stale)
    };
    batch.iter().map(stale).collect()
}

impl<'a> Gate<'a> {
    pub(super) async fn open(&mut self, tx: &mut Tx, now: Moment) -> Result<(), StoreError> {
        let events = self.going(|r| r.inbound.as_ref());
        if !events.is_empty() {
            let mut rows: Vec<_> = events.iter().map(|(_, row)| *row).collect();
            rows.sort_by_key(|row| row.event_key);
            let new: HashSet<Uuid> = tx.append_inbound(&rows).await?.into_iter().collect();
            self.judge(&events, Appended::Duplicate, |row| new.contains(&row.id.0));
        }
        let claims = self.going(|r| r.settles.as_ref());
        if !claims.is_empty() {
            let rows: Vec<_> = claims.iter().map(|(_, row)| *row).collect();
            let held: HashSet<Uuid> = tx.settle_inbound(&rows, now).await?.into_iter().collect();
            self.judge(&claims, Appended::Lost, |row| held.contains(&row.id.0));
        }
        let exchanges = self.going(|r| r.conversation.as_ref());
        if !exchanges.is_empty() {
            let mut rows: Vec<_> = exchanges.iter().map(|(_, row)| *row).collect();
            rows.sort_by_key(|row| row.key());
            let saved: HashSet<_> = tx.save_conversations(&rows).await?.into_iter().collect();
            self.judge(&exchanges, Appended::Stale, |row| {
                saved.contains(&row.key())
            });
        }
        self.open_keys(tx).await
    }

    async fn open_keys(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let links = self.going(|r| r.hands_over.as_ref());
        if !links.is_empty() {
            let mut rows: Vec<_> = links.iter().map(|(_, row)| *row).collect();
            rows.sort_by_key(|row| row.id);
            let mut stood: HashSet<Uuid> = tx.use_handovers(&rows).await?.into_iter().collect();
            self.judge(&links, Appended::Duplicate, |row| stood.remove(&row.id));
        }
        let declarations = self.going(|r| r.declaration.as_ref().map(|(d, _)| d));
        if !declarations.is_empty() {
            let mut rows: Vec<_> = declarations.iter().map(|(_, row)| *row).collect();
            rows.sort_by_key(|row| row.idem_key);
            let mut new: HashSet<Uuid> = tx.append_declarations(&rows).await?.into_iter().collect();
            self.judge(&declarations, Appended::Duplicate, |row| {
                new.remove(&row.id.0)
            });
        }
        let crossings = self.going(|r| r.crossing.as_ref());
        if !crossings.is_empty() {
            let mut rows: Vec<_> = crossings.iter().map(|(_, row)| *row).collect();
            rows.sort_by_key(|row| row.id.0);
            let mut new: HashSet<Uuid> = tx.append_crossings(&rows).await?.into_iter().collect();
            self.judge(&crossings, Appended::Duplicate, |row| new.remove(&row.id.0));
        }
        Ok(())
    }

    /// One kind of row of the requests that are still in.
    fn going<R>(&self, of: impl Fn(&'a Rows) -> Option<&'a R>) -> Vec<(usize, &'a R)> {
        let rows = self.batch.iter().enumerate();
        rows.filter(|(n, _)| self.refused.get(*n).is_some_and(Option::is_none))
            .filter_map(|(n, rows)| Some((n, of(rows)?)))
            .collect()
    }

    fn judge<R>(
        &mut self,
        rows: &[(usize, &R)],
        refusal: Appended,
        mut stored: impl FnMut(&R) -> bool,
    ) {
        for (number, row) in rows {
            let (Some(refused), Some(begun)) =
                (self.refused.get_mut(*number), self.begun.get_mut(*number))
            else {
                continue;
            };
            if stored(row) {
                *begun = true;
            } else {
                *refused = Some(refusal);
                self.torn |= *begun;
            }
        }
    }
}
