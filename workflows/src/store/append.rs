//! Group commit: the rows of many requests in one transaction, acknowledged after its commit.

mod gate;
mod lanes;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use gate::{Gate, stale_in_batch};
use lanes::{Call, Reply};

use super::audit::Chain;
use super::conn::{self, Kept, Tx};
use super::conversations::{ConversationRow, ProfileChange};
use super::crossings::CrossingRow;
use super::declarations::{DeclarationRow, SheetRow};
use super::handovers::{HandoverRow, HandoverUse};
use super::inbox::{InboundClaim, InboundRow};
use super::links::LinkChange;
use super::marks::MarkRow;
use super::outbox::{OutboxRow, SERVICE};
use super::passes::PassRow;
use super::watches::{Superseding, WatchRow};
use super::{Pools, StoreError};
use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::ids::ProvinceId;
use crate::message::ChannelId;

pub(super) use lanes::Door;

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
    /// What the chat has proven.
    pub link: Option<LinkChange>,
    /// Whether the chat wants reminders and notices.
    pub notices: Option<NoticesChange>,
    /// The chat wants nothing more until it writes itself.
    pub stop: Option<StopRow>,
    /// A link to the page that takes what a chat should not carry.
    pub handover: Option<HandoverRow>,
    /// The link by which this is declared: it is used up, or nothing of this is stored.
    pub hands_over: Option<HandoverUse>,
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

impl Rows {
    /// Adds what a chat is told of them: its exchange, what it lets us remember, its messages.
    pub(crate) fn join(&mut self, told: Self) {
        self.conversation = told.conversation.or(self.conversation.take());
        self.profile = told.profile.or(self.profile.take());
        self.watch = told.watch.or(self.watch.take());
        self.outbox.extend(told.outbox);
    }
}

/// A chat that wants nothing more.
#[derive(Clone, Debug)]
pub struct StopRow {
    /// The channel.
    pub channel: ChannelId,
    /// Blind index of the chat.
    pub address: [u8; 16],
}

/// Whether a chat wants reminders and notices.
#[derive(Clone, Debug)]
pub struct NoticesChange {
    /// The channel's province.
    pub province: ProvinceId,
    /// The channel.
    pub channel: ChannelId,
    /// Blind index of the chat.
    pub address: [u8; 16],
    /// It wants none.
    pub off: bool,
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

struct Writer {
    pools: Pools,
    chain: Chain,
    clock: Clock,
    wakes: Wakes,
    /// What is still to be done.
    calls: mpsc::Receiver<Call>,
    /// The connection of the last batch, while the next one already waits.
    kept: Option<Kept>,
}

impl Writer {
    async fn answer(&mut self, batch: Vec<(Rows, Reply)>) {
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
    async fn commit(&mut self, batch: &[Rows]) -> Result<Vec<Appended>, StoreError> {
        let provinces = provinces(batch);
        let mut refused: Vec<Option<Appended>> = stale_in_batch(batch);
        loop {
            let kept = self.kept.take();
            let mut tx = conn::append(&self.pools, kept, &provinces, &self.chain).await?;
            let mut gate = Gate {
                batch,
                refused,
                begun: vec![false; batch.len()],
                torn: false,
            };
            gate.open(&mut tx, self.clock.now()).await?;
            refused = gate.refused;
            if gate.torn {
                self.kept = tx.undo().await?;
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
            let goes_on = !self.calls.is_empty();
            self.kept = tx.commit_and_keep(goes_on).await?;
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
        names.extend(rows.link.iter().map(|l| l.province().as_str()));
        names.extend(rows.notices.iter().map(|n| n.province.as_str()));
        names.extend(rows.stop.iter().map(|_| SERVICE));
        names.extend(rows.handover.iter().map(|h| h.province.as_str()));
        names.extend(rows.hands_over.iter().map(|h| h.province.as_str()));
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
    links: Vec<LinkChange>,
    notices: Vec<NoticesChange>,
    stops: Vec<StopRow>,
    handovers: Vec<HandoverRow>,
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
        self.links.extend(rows.link.clone());
        self.notices.extend(rows.notices.clone());
        self.stops.extend(rows.stop.clone());
        self.handovers.extend(rows.handover.clone());
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
        if !self.links.is_empty() {
            tx.lock_watches(&self.links, &self.superseding).await?;
            tx.change_links(&self.links, clock.now()).await?;
        }
        for change in &self.notices {
            let home = (&change.province, &change.channel);
            tx.turn_notices(home, &change.address, change.off, clock.now())
                .await?;
        }
        for stop in &self.stops {
            tx.stop_address(&stop.channel, &stop.address, clock.now())
                .await?;
        }
        if !self.handovers.is_empty() {
            tx.append_handovers(&self.handovers).await?;
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
