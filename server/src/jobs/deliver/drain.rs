//! One channel's queue: claim while there is room, hand over, record.

use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::message::ChannelId;
use workflows::store::{ClaimedMessage, ClaimedOutbox, Scope, Settled};

use super::{open, policy};
use crate::outlets::Outlet;
use crate::state::App;

/// Ends that are awaited for this long before they are recorded together.
const GATHERING: Duration = Duration::from_millis(5);
/// Most messages recorded at once.
const RECORDED_MAX: usize = 256;

type Ended = (ClaimedMessage, Settled);

/// A channel being drained.
pub(super) struct Drain {
    app: App,
    channel: ChannelId,
    outlet: Outlet,
    flying: JoinSet<Ended>,
    /// What has ended and is not recorded yet; kept if our database fails.
    ended: Vec<Ended>,
    /// Something may be due.
    looking: bool,
    /// The last claim brought all it could: there may be more.
    full: bool,
    /// What the last claim said beside its messages.
    last: ClaimedOutbox,
}

fn scope() -> Scope {
    Scope::National(Purpose::Support)
}

impl Drain {
    pub(super) fn new(app: App, channel: ChannelId, outlet: Outlet) -> Self {
        Self {
            app,
            channel,
            outlet,
            flying: JoinSet::new(),
            ended: Vec::new(),
            looking: true,
            full: false,
            last: ClaimedOutbox::default(),
        }
    }

    /// Something may have become due.
    pub(super) fn look(&mut self) {
        self.looking = true;
    }

    /// The provider is there again: what it was left alone for is over.
    pub(super) async fn try_now(&mut self) {
        if let Err(error) = self.end_rest().await {
            tracing::error!(channel = %self.channel, "the channel rests on: {error:#}");
        }
    }

    async fn end_rest(&mut self) -> Result<()> {
        let mut tx = self.app.workflows.store.write(&scope()).await?;
        if tx.end_rest(&self.channel).await? {
            tx.commit().await?;
        }
        if self.last.stopped {
            self.last.rests_until = None;
        }
        (self.looking, self.full) = (true, true);
        Ok(())
    }

    /// Sends all that is due and waits for it.
    pub(super) async fn until_idle(&mut self) -> Result<()> {
        loop {
            self.look();
            self.fill().await?;
            if self.flying.is_empty() {
                return Ok(());
            }
            if let Some(ended) = self.landed().await {
                self.gather(ended).await;
                self.settle().await?;
            }
        }
    }

    /// Claims what is due as far as there is room. Returns when to look again by oneself: sooner
    /// than the next tick, or not at all.
    pub(super) async fn fill(&mut self) -> Result<Option<Duration>> {
        self.settle().await?;
        while self.looking && self.flying.len() <= self.outlet.in_flight / 2 {
            let now = self.app.workflows.clock.now();
            if self.last.rests_until.is_some_and(|until| now < until) {
                break;
            }
            if !self.full && !self.is_due(now).await? {
                self.looking = false;
                break;
            }
            self.claim(now).await?;
        }
        self.pause().await
    }

    async fn is_due(&self, now: Moment) -> Result<bool> {
        let first = self.due_after(Moment(i64::MIN)).await?;
        Ok(first.is_some_and(|due| due <= now))
    }

    async fn due_after(&self, after: Moment) -> Result<Option<Moment>> {
        let mut tx = self.app.workflows.store.read(&scope()).await?;
        Ok(tx.next_outbox(&self.channel, after).await?)
    }

    async fn pause(&self) -> Result<Option<Duration>> {
        let now = self.app.workflows.clock.now();
        let until = match self.last.rests_until {
            Some(until) if now < until => Some(until),
            _ if self.looking => None,
            // What is due already waits for another message: that one's end is looked at anyway.
            _ => self.due_after(now).await?,
        };
        Ok(until.map(|until| {
            let wait = u64::try_from(until.0 - now.0).unwrap_or(0);
            Duration::from_micros(wait.max(1_000))
        }))
    }

    async fn claim(&mut self, now: Moment) -> Result<()> {
        let room = self.outlet.in_flight.saturating_sub(self.flying.len());
        let limits = (
            self.outlet.lease_seconds,
            i64::try_from(room).unwrap_or(i64::MAX),
        );
        let mut tx = self.app.workflows.store.write(&scope()).await?;
        let pace = &self.outlet.pace;
        let mut claimed = tx.claim_outbox(&self.channel, pace, now, limits).await?;
        tx.commit().await?;
        self.full = claimed.messages.len() == room;
        self.looking = self.full || claimed.rests_until.is_some();
        self.say_capped(claimed.capped);
        for message in std::mem::take(&mut claimed.messages) {
            self.hand_over(message, now);
        }
        self.last = claimed;
        Ok(())
    }

    fn say_capped(&self, capped: bool) {
        if capped && !self.last.capped {
            tracing::warn!(channel = %self.channel, "the day's money is spent: messages wait");
        }
        let gauge = metrics::gauge!("channel_capped", "channel" => self.channel.to_string());
        gauge.set(if capped { 1.0 } else { 0.0 });
    }

    fn hand_over(&mut self, message: ClaimedMessage, now: Moment) {
        let (app, outlet) = (self.app.clone(), self.outlet.clone());
        self.flying.spawn(async move {
            let settled = attempt(&app, &outlet, &message, now).await;
            (message, settled)
        });
    }

    /// The next message to end; never while none flies.
    pub(super) async fn landed(&mut self) -> Option<Ended> {
        loop {
            match self.flying.join_next().await {
                Some(Ok(ended)) => return Some(ended),
                // A sender that panics leaves its message to the lease.
                Some(Err(error)) => {
                    tracing::error!(channel = %self.channel, "a try broke: {error}");
                }
                None => return None,
            }
        }
    }

    async fn gather(&mut self, first: Ended) {
        self.ended.push(first);
        let gathering = async {
            while self.ended.len() < RECORDED_MAX
                && let Some(Ok(ended)) = self.flying.join_next().await
            {
                self.ended.push(ended);
            }
        };
        let _ = tokio::time::timeout(GATHERING, gathering).await;
    }

    /// Records what ended together with this one.
    pub(super) async fn record(&mut self, first: Ended) {
        self.gather(first).await;
        if let Err(error) = self.settle().await {
            tracing::error!(channel = %self.channel, "outcomes wait to be recorded: {error:#}");
            tokio::time::sleep(super::AFTER_FAILURE).await;
        }
    }

    async fn settle(&mut self) -> Result<()> {
        if self.ended.is_empty() {
            return Ok(());
        }
        let now = self.app.workflows.clock.now();
        let mut tx = self.app.workflows.store.write(&scope()).await?;
        let pace = &self.outlet.pace;
        tx.settle_outbox(&self.channel, pace, &self.ended, now)
            .await?;
        tx.commit().await?;
        for (message, settled) in self.ended.drain(..) {
            let labels = [
                ("channel", message.channel),
                ("class", message.class),
                ("outcome", word(&settled).to_owned()),
            ];
            metrics::counter!("messages_total", &labels).increment(1);
        }
        // There is room again, and a stopped channel may have come back.
        self.looking = true;
        if self.last.stopped {
            self.last.rests_until = None;
        }
        Ok(())
    }

    /// What passing time does.
    pub(super) async fn tick(&mut self) {
        if let Err(error) = self.sweep().await {
            tracing::error!(channel = %self.channel, "the queue could not be swept: {error:#}");
        }
        // A claim whose holder died is found by claiming only.
        (self.looking, self.full) = (true, true);
    }

    pub(super) async fn sweep(&mut self) -> Result<()> {
        let now = self.app.workflows.clock.now();
        let mut tx = self.app.workflows.store.write(&scope()).await?;
        let swept = tx.sweep_outbox(&self.channel, now).await?;
        tx.commit().await?;
        for (outcome, count) in [("expired", swept.expired), ("resent", swept.resent)] {
            let labels = [
                ("channel", self.channel.to_string()),
                ("class", "any".to_owned()),
                ("outcome", outcome.to_owned()),
            ];
            metrics::counter!("messages_total", &labels).increment(count);
        }
        Ok(())
    }

    /// Waits for everything that has left, and records it.
    pub(super) async fn land_all(&mut self) {
        while let Some(ended) = self.landed().await {
            self.record(ended).await;
        }
        if let Err(error) = self.settle().await {
            tracing::error!(channel = %self.channel, "outcomes were not recorded: {error:#}");
        }
    }
}

async fn attempt(app: &App, outlet: &Outlet, message: &ClaimedMessage, now: Moment) -> Settled {
    if message.stopped {
        return Settled::Stopped;
    }
    if now >= Moment(message.deadline_at) {
        return Settled::Expired;
    }
    match open::outbound(app, message).await {
        Ok(outbound) if outlet.guard.repeats(message, &outbound) => Settled::Refused {
            code: "loop".into(),
        },
        Ok(outbound) => {
            let sent = outlet.sender.send(&outbound).await;
            policy::settle(&sent, message, outlet, app.workflows.clock.now())
        }
        Err(error) => {
            tracing::error!(message = %message.id, "cannot be opened: {error:#}");
            Settled::Refused {
                code: "unreadable".into(),
            }
        }
    }
}

fn word(settled: &Settled) -> &'static str {
    match settled {
        Settled::Sent { .. } => "sent",
        Settled::Refused { .. } => "refused",
        Settled::Throttled { .. } => "throttled",
        Settled::Again { .. } => "again",
        Settled::Doubtful { .. } | Settled::Awaiting { .. } | Settled::Unknown => "unknown",
        Settled::Expired => "expired",
        Settled::Stopped => "stopped",
    }
}
