//! What an SMSC delivers is answered only after it is durable.

use std::sync::Arc;
use std::time::Duration;

use rusmpp::pdus::{DataSmResp, DeliverSmResp};
use rusmpp::{CommandStatus, Pdu};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use workflows::message::TurnInput;

use super::coding::Codings;
use super::incoming;
use super::line::{Answer, Line};
use super::order::{Added, Order};
use super::outgoing::{Letterhead, Verdict, verdict};
use super::settings::{ReceiptId, SmppSettings, UssdProfile};
use super::slot::{Slot, roomiest};
use super::status::Counts;
use super::ussd;
use super::wire::{Delivery, Heard, id};
use crate::inbound::Inlet;

/// Deliveries held at once; an SMSC's own window is far smaller.
const MOST_HELD: usize = 512;
/// Senders served at once.
const AT_ONCE: usize = 64;
/// A caller waits for the screen only so long.
const SCREEN_TRIES: u32 = 3;
const SCREEN_PAUSE: Duration = Duration::from_millis(300);

/// Leads deliveries to the inlet.
pub(super) struct Receiver {
    inlet: Arc<dyn Inlet>,
    codings: Codings,
    ids: ReceiptId,
    ussd: Option<UssdProfile>,
    letterhead: Arc<Letterhead>,
    slots: Vec<Arc<Slot>>,
    patience: Duration,
    order: Order<Job>,
    at_once: Semaphore,
    counts: Arc<Counts>,
}

struct Job {
    delivery: Delivery,
    line: Arc<Line>,
    sequence: u32,
    id: u32,
}

impl Receiver {
    pub(super) fn new(
        settings: &SmppSettings,
        inlet: Arc<dyn Inlet>,
        letterhead: Arc<Letterhead>,
        slots: Vec<Arc<Slot>>,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            inlet,
            codings: Codings::of(settings),
            ids: settings.receipt_id,
            ussd: settings.ussd.clone(),
            letterhead,
            slots,
            patience: Duration::from_secs(settings.response_seconds),
            order: Order::new(MOST_HELD),
            at_once: Semaphore::new(AT_ONCE),
            counts,
        }
    }

    /// Whether nothing is in work.
    pub(super) fn is_idle(&self) -> bool {
        self.order.held() == 0
    }

    /// Takes a delivery up; it is answered when it is dealt with.
    pub(super) async fn hear(self: &Arc<Self>, line: &Arc<Line>, heard: &Heard) {
        Counts::add(&self.counts.received);
        let Some(delivery) = heard.delivery() else {
            Counts::add(&self.counts.malformed);
            let status = CommandStatus::EsmeRinvcmdlen;
            return reply(line, heard.id, heard.sequence, status).await;
        };
        let sender = delivery.from.clone();
        let job = Job {
            delivery,
            line: Arc::clone(line),
            sequence: heard.sequence,
            id: heard.id,
        };
        match self.order.add(&sender, job) {
            Added::Begin(job) => {
                let receiver = Arc::clone(self);
                tokio::spawn(async move { receiver.work(sender, job).await });
            }
            Added::Queued => {}
            Added::Full(job) => self.refuse(&job).await,
        }
    }

    async fn work(&self, sender: String, first: Job) {
        let mut next = Some(first);
        let mut refused = false;
        while let Some(job) = next {
            // What follows a refused message waits for it to be delivered again.
            if refused {
                self.refuse(&job).await;
            } else {
                refused = !self.deal_with(&job).await;
            }
            next = self.order.next(&sender);
        }
    }

    /// Whether the delivery is durable or of no use, and so was answered well.
    async fn deal_with(&self, job: &Job) -> bool {
        // Never closed.
        let _turn = self.at_once.acquire().await;
        if ussd::is_ussd(&job.delivery) {
            return self.deal_with_turn(job).await;
        }
        let event = incoming::event(&job.delivery, self.codings, self.ids);
        if self.inlet.take(event).await.is_err() {
            self.refuse(job).await;
            return false;
        }
        reply(&job.line, job.id, job.sequence, CommandStatus::EsmeRok).await;
        true
    }

    async fn deal_with_turn(&self, job: &Job) -> bool {
        let Some(profile) = &self.ussd else {
            let status = CommandStatus::EsmeRxPAppn;
            reply(&job.line, job.id, job.sequence, status).await;
            return true;
        };
        let Some(turn) = ussd::turn(&job.delivery, profile, self.codings) else {
            reply(&job.line, job.id, job.sequence, CommandStatus::EsmeRok).await;
            return true;
        };
        let ended = turn.input == TurnInput::Ended;
        let Ok(screen) = self.inlet.turn(turn).await else {
            self.refuse(job).await;
            return false;
        };
        reply(&job.line, job.id, job.sequence, CommandStatus::EsmeRok).await;
        if ended {
            return true;
        }
        match ussd::answer(&job.delivery, profile, &self.letterhead, &screen) {
            Ok(submit) => {
                let line = self.way_back(&job.line);
                self.show(&line, &Pdu::from(submit)).await;
            }
            Err(_) => Counts::add(&self.counts.screens_lost),
        }
        true
    }

    /// The connection that the turn came on, or a transmitter if that one only receives.
    fn way_back(&self, came_on: &Arc<Line>) -> Arc<Line> {
        let mut lines = self.slots.iter().filter_map(|slot| slot.transmits());
        let same = lines.find(|line| Arc::ptr_eq(line, came_on));
        same.or_else(|| roomiest(&self.slots))
            .unwrap_or_else(|| Arc::clone(came_on))
    }

    /// Sends a screen; a dialogue cannot wait for the outbox.
    async fn show(&self, line: &Line, screen: &Pdu) {
        for _ in 0..SCREEN_TRIES {
            let place = Arc::clone(&line.window).acquire_owned().await.ok();
            match line.ask(screen.clone(), place, self.patience).await {
                Answer::Reply { status, .. } => match verdict(status) {
                    Verdict::Accepted => return,
                    Verdict::Refused => break,
                    Verdict::Throttled | Verdict::Full | Verdict::Later(_) => {
                        sleep(SCREEN_PAUSE).await;
                    }
                },
                Answer::NeverLeft | Answer::Cut | Answer::Late => break,
            }
        }
        Counts::add(&self.counts.screens_lost);
    }

    /// Tells the SMSC to deliver this again later.
    async fn refuse(&self, job: &Job) {
        Counts::add(&self.counts.sent_back);
        reply(&job.line, job.id, job.sequence, CommandStatus::EsmeRxTAppn).await;
    }
}

async fn reply(line: &Line, to: u32, sequence: u32, status: CommandStatus) {
    let pdu = if to == id::DATA_SM {
        Pdu::from(DataSmResp::default())
    } else {
        Pdu::from(DeliverSmResp::default())
    };
    line.say(sequence, status, pdu).await;
}
