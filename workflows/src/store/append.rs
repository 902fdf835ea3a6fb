//! Group commit: the rows of many requests in one transaction, acknowledged after its commit.

mod gate;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use gate::{Gate, stale_in_batch};

use super::audit::Chain;
use super::conn::{self, Tx};
use super::conversations::{ConversationRow, ProfileChange};
use super::crossings::CrossingRow;
use super::declarations::{DeclarationRow, SheetRow};
use super::inbox::{InboundClaim, InboundRow};
use super::marks::MarkRow;
use super::outbox::{OutboxRow, SERVICE};
use super::passes::PassRow;
use super::watches::{Superseding, WatchRow};
use super::{Pools, StoreError};
use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::ids::ProvinceId;

/// Everything one request leaves behind, stored as a whole or not at all. The event, the
/// declaration or the crossing is its key: if that was stored before, nothing of these rows is
/// stored again. Rows of one request may lie in several provinces.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// A new raw event; with its answer, if it was answered in its turn.
    pub inbound: Option<InboundRow>,
    /// The claimed event that caused all this: it is done with these rows.
    pub settles: Option<InboundClaim>,
    /// The exchange as it stands now.
    pub conversation: Option<ConversationRow>,
    /// What the number lets us remember.
    pub profile: Option<ProfileChange>,
    /// A declaration with its pass.
    pub declaration: Option<(DeclarationRow, PassRow)>,
    /// The paper it was keyed from.
    pub sheet: Option<SheetRow>,
    /// A passage at a post.
    pub crossing: Option<CrossingRow>,
    /// An entry about a person's class.
    pub mark: Option<MarkRow>,
    /// The chat that is told of the declaration's pass.
    pub watch: Option<WatchRow>,
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
    /// The exchange was written by another request since it was read; nothing was stored.
    Stale,
    /// The claim they settle was lost to another node; nothing was stored.
    Lost,
}

/// Tells workers of this process that something was stored for them. They poll as well: other
/// nodes store too.
#[derive(Clone, Debug)]
pub(super) struct Wakes {
    inbox: watch::Sender<()>,
    outbox: watch::Sender<()>,
}

impl Default for Wakes {
    fn default() -> Self {
        let channel = || watch::channel(()).0;
        Self {
            inbox: channel(),
            outbox: channel(),
        }
    }
}

impl Wakes {
    pub(super) fn inbox(&self) -> watch::Receiver<()> {
        self.inbox.subscribe()
    }

    pub(super) fn outbox(&self) -> watch::Receiver<()> {
        self.outbox.subscribe()
    }

    fn wake(&self, (inbox, outbox): (bool, bool)) {
        if inbox {
            self.inbox.send_replace(());
        }
        if outbox {
            self.outbox.send_replace(());
        }
    }
}

type Reply = oneshot::Sender<Result<Appended, StoreError>>;

#[derive(Debug)]
enum Call {
    Append(Box<Rows>, Reply),
    Close(oneshot::Sender<()>),
}

/// The way in.
#[derive(Clone, Debug)]
pub(super) struct Door {
    calls: mpsc::Sender<Call>,
    wakes: Wakes,
}

/// Requests waiting before senders are made to wait too.
const QUEUE: usize = 4_096;
/// Most requests in one transaction: bounds the time the first of them waits.
const BATCH: usize = 256;

impl Door {
    pub(super) fn open(pools: Pools, chain: Chain, clock: Clock) -> Self {
        let (calls, receiver) = mpsc::channel(QUEUE);
        let wakes = Wakes::default();
        let writer = Writer {
            pools,
            chain,
            clock,
            wakes: wakes.clone(),
        };
        tokio::spawn(run(receiver, writer));
        Self { calls, wakes }
    }

    /// Told of what this process stored.
    pub(super) fn wakes(&self) -> &Wakes {
        &self.wakes
    }

    pub(super) async fn append(&self, rows: Rows) -> Result<Appended, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.calls
            .send(Call::Append(Box::new(rows), reply))
            .await
            .map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    pub(super) fn is_open(&self) -> bool {
        !self.calls.is_closed()
    }

    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.calls.send(Call::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }
}

struct Writer {
    pools: Pools,
    chain: Chain,
    clock: Clock,
    wakes: Wakes,
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
        match self.commit(&rows).await {
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
                    let outcome = self.commit(&[rows]).await;
                    let _ =
                        reply.send(outcome.map(|o| o.first().copied().unwrap_or(Appended::Stored)));
                }
            }
        }
    }

    /// Stores a batch. A request that is refused after a part of it was written takes the
    /// transaction with it, and the others are stored without it: that is rare.
    async fn commit(&self, batch: &[Rows]) -> Result<Vec<Appended>, StoreError> {
        let provinces = provinces(batch);
        let mut refused: Vec<Option<Appended>> = stale_in_batch(batch);
        loop {
            let mut tx = conn::append(&self.pools, &provinces, &self.chain).await?;
            let mut gate = Gate {
                batch,
                refused,
                begun: vec![false; batch.len()],
                torn: false,
            };
            gate.open(&mut tx, self.clock.now()).await?;
            refused = gate.refused;
            if gate.torn {
                continue;
            }
            let mut rest = Rest::default();
            for (rows, refused) in batch.iter().zip(&refused) {
                rest.audit.extend(rows.looks.iter().cloned());
                if refused.is_none() {
                    rest.take(rows);
                }
            }
            let wakes = (rest.has_new_events, !rest.outbox.is_empty());
            rest.store(&mut tx, &self.clock).await?;
            tx.commit().await?;
            self.wakes.wake(wakes);
            return Ok(refused
                .into_iter()
                .map(|r| r.unwrap_or(Appended::Stored))
                .collect());
        }
    }
}

/// Whether the database itself refused something in the rows.
fn is_about_rows(error: &StoreError) -> bool {
    matches!(error, StoreError::Driver(sqlx::Error::Database(_)))
}

fn provinces(batch: &[Rows]) -> String {
    let mut names = BTreeSet::new();
    for rows in batch {
        if let Some(event) = &rows.inbound {
            // Numbers that want no more messages are filed under the service.
            names.extend([event.province.as_str(), SERVICE]);
        }
        names.extend(rows.settles.iter().map(|s| s.province.as_str()));
        names.extend(rows.conversation.iter().map(|c| c.province.as_str()));
        names.extend(rows.profile.iter().map(|p| p.province().as_str()));
        names.extend(rows.declaration.iter().map(|(d, _)| d.province.as_str()));
        names.extend(rows.crossing.iter().map(|c| c.province.as_str()));
        names.extend(rows.mark.iter().map(|m| m.province.as_str()));
        names.extend(rows.watch.iter().map(|w| w.province.as_str()));
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

/// The rows that depend on a new key, gathered by table.
#[derive(Default)]
struct Rest {
    has_new_events: bool,
    heard: Vec<(String, [u8; 16])>,
    profiles: Vec<ProfileChange>,
    passes: Vec<PassRow>,
    sheets: Vec<SheetRow>,
    marks: Vec<MarkRow>,
    watches: Vec<WatchRow>,
    superseding: Vec<Superseding>,
    outbox: Vec<OutboxRow>,
    audit: Vec<(ProvinceId, AuditEntry)>,
}

impl Rest {
    fn take(&mut self, rows: &Rows) {
        if let Some(event) = rows.inbound.as_ref().filter(|i| i.reply.is_none()) {
            self.has_new_events = true;
            self.heard.push((event.channel.to_string(), event.address));
        }
        self.profiles.extend(rows.profile.clone());
        if let Some((_, pass)) = &rows.declaration {
            self.superseding
                .push(superseding(pass, rows.watch.as_ref()));
            self.passes.push(pass.clone());
        }
        self.watches.extend(rows.watch.clone());
        self.sheets.extend(rows.sheet.clone());
        self.marks.extend(rows.mark.clone());
        self.outbox.extend(rows.outbox.iter().cloned());
        self.audit.extend(rows.audit.iter().cloned());
    }

    async fn store(self, tx: &mut Tx, clock: &Clock) -> Result<(), StoreError> {
        if !self.heard.is_empty() {
            tx.resume_addresses(&self.heard).await?;
        }
        if !self.profiles.is_empty() {
            tx.change_profiles(&self.profiles).await?;
        }
        if !self.passes.is_empty() {
            tx.append_passes(&self.passes).await?;
        }
        if !self.sheets.is_empty() {
            tx.append_sheets(&self.sheets).await?;
        }
        if !self.marks.is_empty() {
            tx.append_marks(&self.marks).await?;
        }
        if !self.watches.is_empty() {
            tx.append_watches(&self.watches).await?;
        }
        if !self.superseding.is_empty() {
            tx.supersede_watches(&self.superseding).await?;
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

fn superseding(pass: &PassRow, watch: Option<&WatchRow>) -> Superseding {
    let chat = watch.map(|w| (w.channel.to_string(), w.address.to_vec()));
    Superseding {
        province: pass.province.to_string(),
        person: pass.person,
        pass: pass.id.0,
        at: pass.issued_at.0,
        chat: chat.unwrap_or_default(),
    }
}
