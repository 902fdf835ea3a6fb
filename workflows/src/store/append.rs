//! Group commit: the rows of many requests in one transaction, acknowledged after its commit.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::audit::Chain;
use super::conn::{self, Tx};
use super::crossings::CrossingRow;
use super::declarations::{DeclarationRow, SheetRow};
use super::marks::MarkRow;
use super::outbox::OutboxRow;
use super::passes::PassRow;
use super::{Pools, StoreError};
use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::ids::ProvinceId;

/// Everything one request leaves behind. The declaration or the crossing is its key: if that
/// was stored before, nothing of these rows is stored again.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// A declaration with its pass.
    pub declaration: Option<(DeclarationRow, PassRow)>,
    /// The paper it was keyed from.
    pub sheet: Option<SheetRow>,
    /// A passage at a post.
    pub crossing: Option<CrossingRow>,
    /// An entry about a person's class.
    pub mark: Option<MarkRow>,
    /// Messages to send.
    pub outbox: Vec<OutboxRow>,
    /// Entries for the audit chains, stored with the effect.
    pub audit: Vec<(ProvinceId, AuditEntry)>,
    /// Entries about what was looked at: stored even when the key had been stored before.
    pub looks: Vec<(ProvinceId, AuditEntry)>,
}

/// What became of one request's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// They are durable.
    Stored,
    /// Their key was there already; nothing was stored.
    Duplicate,
}

type Reply = oneshot::Sender<Result<Appended, StoreError>>;

#[derive(Debug)]
enum Call {
    Append(Box<Rows>, Reply),
    Close(oneshot::Sender<()>),
}

/// The way in.
#[derive(Clone, Debug)]
pub(super) struct Door(mpsc::Sender<Call>);

/// Requests waiting before senders are made to wait too.
const QUEUE: usize = 4_096;
/// Most requests in one transaction: bounds the time the first of them waits.
const BATCH: usize = 256;

impl Door {
    pub(super) fn open(pools: Pools, chain: Chain, clock: Clock) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(
            receiver,
            Writer {
                pools,
                chain,
                clock,
            },
        ));
        Self(sender)
    }

    pub(super) async fn append(&self, rows: Rows) -> Result<Appended, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0
            .send(Call::Append(Box::new(rows), reply))
            .await
            .map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    pub(super) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.0.send(Call::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }
}

struct Writer {
    pools: Pools,
    chain: Chain,
    clock: Clock,
}

async fn run(mut calls: mpsc::Receiver<Call>, writer: Writer) {
    let mut waiting = Vec::with_capacity(BATCH);
    while calls.recv_many(&mut waiting, BATCH).await > 0 {
        // The commit just acknowledged has woken its senders: let them send again first, or every
        // second batch would be nearly empty.
        tokio::task::yield_now().await;
        while waiting.len() < BATCH
            && let Ok(call) = calls.try_recv()
        {
            waiting.push(call);
        }
        let mut batch = Vec::with_capacity(waiting.len());
        let mut closing = None;
        for call in waiting.drain(..) {
            match call {
                Call::Append(rows, reply) => batch.push((*rows, reply)),
                Call::Close(reply) => closing = Some(reply),
            }
        }
        writer.answer(batch).await;
        if let Some(reply) = closing {
            let _ = reply.send(());
            return;
        }
    }
}

impl Writer {
    async fn answer(&self, batch: Vec<(Rows, Reply)>) {
        if batch.is_empty() {
            return;
        }
        let (rows, replies): (Vec<Rows>, Vec<Reply>) = batch.into_iter().unzip();
        match self.commit(rows.clone()).await {
            Ok(outcomes) => {
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    let _ = reply.send(Ok(outcome));
                }
            }
            // Alone, or the database is away: trying each would only keep the others waiting.
            Err(error) if rows.len() == 1 || !is_about_rows(&error) => {
                let why: Arc<str> = error.to_string().into();
                for reply in replies {
                    let _ = reply.send(Err(StoreError::NotStored(Arc::clone(&why))));
                }
            }
            // One bad request must not take the others with it: each goes alone.
            Err(error) => {
                tracing::warn!(
                    requests = rows.len(),
                    "a batch failed, storing one by one: {error}"
                );
                for (rows, reply) in rows.into_iter().zip(replies) {
                    let outcome = self.commit(vec![rows]).await;
                    let _ =
                        reply.send(outcome.map(|o| o.first().copied().unwrap_or(Appended::Stored)));
                }
            }
        }
    }

    async fn commit(&self, batch: Vec<Rows>) -> Result<Vec<Appended>, StoreError> {
        let provinces = provinces(&batch);
        let mut tx = conn::append(&self.pools, &provinces, &self.chain).await?;
        let new = store_keys(&mut tx, &batch).await?;
        let mut seen = HashSet::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut rest = Rest::default();
        for mut rows in batch {
            rest.audit.append(&mut rows.looks);
            let fresh = rows
                .key()
                .is_none_or(|key| new.contains(&key) && seen.insert(key));
            outcomes.push(if fresh {
                Appended::Stored
            } else {
                Appended::Duplicate
            });
            if fresh {
                rest.take(rows);
            }
        }
        rest.store(&mut tx, &self.clock).await?;
        tx.commit().await?;
        Ok(outcomes)
    }
}

/// Whether the database itself refused something in the rows.
fn is_about_rows(error: &StoreError) -> bool {
    matches!(error, StoreError::Driver(sqlx::Error::Database(_)))
}

impl Rows {
    fn key(&self) -> Option<Uuid> {
        let declared = self.declaration.as_ref().map(|(d, _)| d.id.0);
        declared.or_else(|| self.crossing.as_ref().map(|c| c.id.0))
    }
}

fn provinces(batch: &[Rows]) -> String {
    let mut names = BTreeSet::new();
    for rows in batch {
        names.extend(rows.declaration.iter().map(|(d, _)| d.province.as_str()));
        names.extend(rows.crossing.iter().map(|c| c.province.as_str()));
        names.extend(rows.mark.iter().map(|m| m.province.as_str()));
        names.extend(rows.outbox.iter().map(|o| o.province.as_str()));
        names.extend(
            rows.audit
                .iter()
                .chain(&rows.looks)
                .map(|(p, _)| p.as_str()),
        );
    }
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// Stores the keyed rows first; the ids that come back are the ones that were new.
async fn store_keys(tx: &mut Tx, batch: &[Rows]) -> Result<HashSet<Uuid>, StoreError> {
    let declarations: Vec<&DeclarationRow> = batch
        .iter()
        .filter_map(|r| r.declaration.as_ref().map(|(d, _)| d))
        .collect();
    let crossings: Vec<&CrossingRow> = batch.iter().filter_map(|r| r.crossing.as_ref()).collect();
    let mut new = HashSet::new();
    if !declarations.is_empty() {
        new.extend(tx.append_declarations(&declarations).await?);
    }
    if !crossings.is_empty() {
        new.extend(tx.append_crossings(&crossings).await?);
    }
    Ok(new)
}

/// The rows that depend on a new key, gathered by table.
#[derive(Default)]
struct Rest {
    passes: Vec<PassRow>,
    sheets: Vec<SheetRow>,
    marks: Vec<MarkRow>,
    outbox: Vec<OutboxRow>,
    audit: Vec<(ProvinceId, AuditEntry)>,
}

impl Rest {
    fn take(&mut self, rows: Rows) {
        self.passes.extend(rows.declaration.map(|(_, pass)| pass));
        self.sheets.extend(rows.sheet);
        self.marks.extend(rows.mark);
        self.outbox.extend(rows.outbox);
        self.audit.extend(rows.audit);
    }

    async fn store(self, tx: &mut Tx, clock: &Clock) -> Result<(), StoreError> {
        if !self.passes.is_empty() {
            tx.append_passes(&self.passes).await?;
        }
        if !self.sheets.is_empty() {
            tx.append_sheets(&self.sheets).await?;
        }
        if !self.marks.is_empty() {
            tx.append_marks(&self.marks).await?;
        }
        if !self.outbox.is_empty() {
            tx.append_outbox(&self.outbox, clock.now()).await?;
        }
        for (province, entry) in self.audit {
            tx.audit(&province, entry);
        }
        Ok(())
    }
}
