//! SMS and USSD over SMPP 3.4 and 5.0.
//!
//! PDUs are written by rusmpp; the connection is ours, because an outbox must know whether a
//! message never left, left without an answer, or was answered, and because window, pace and the
//! order of what is delivered belong together. Standards: SMPP v3.4 issue 1.2, SMPP v5.0,
//! 3GPP TS 23.038 and TS 23.040.

mod bind;
mod coding;
mod connect;
mod incoming;
mod line;
mod order;
mod outgoing;
mod pace;
mod receipt;
mod receive;
mod settings;
mod slot;
mod status;
mod understand;
mod ussd;
mod wire;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusmpp::pdus::SubmitSm;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use workflows::clock::Clock;

use self::bind::{Account, Keeper};
use self::connect::Address;
use self::line::{Answer, Line};
use self::outgoing::{Letterhead, Verdict, verdict};
use self::pace::Pace;
use self::receive::Receiver;
use self::slot::{Role, Slot, roomiest};
use self::status::Counts;
use crate::inbound::Inlet;
use crate::{Content, Outbound, Sender, Sent, SettingsError};

pub use self::settings::{
    BindMode, DefaultAlphabet, DialledCode, LongText, NumberFormat, ReceiptId, Receipts,
    SmppSettings, SmppTls, UssdProfile, UssdSession, Version,
};
pub use self::status::{BindStatus, SmppStatus};
pub use self::understand::{Understood, understand};

/// When nobody is bound, it may be soon.
const NOT_BOUND: Duration = Duration::from_secs(2);
/// After "too fast" everybody waits so long; the part that heard it waits longer each time.
const BREATH: Duration = Duration::from_millis(100);
const FIRST_THROTTLE: Duration = Duration::from_secs(1);
const FIRST_FULL: Duration = Duration::from_secs(5);
const MOST_DOUBLINGS: u32 = 5;

/// An account at a provider's SMSC, with all of its connections.
pub struct Smpp {
    account: Arc<Account>,
    letterhead: Arc<Letterhead>,
    slots: Vec<Arc<Slot>>,
    keepers: Mutex<Vec<JoinHandle<()>>>,
    pace: Pace,
    /// Times in a row that the SMSC said "too fast" or "full".
    throttled: AtomicU32,
    counts: Arc<Counts>,
    patience: Duration,
}

impl Smpp {
    /// Checks the settings and begins to keep the binds; an SMSC that is away is no error. Needs
    /// a tokio runtime.
    pub fn open(
        settings: SmppSettings,
        inlet: Arc<dyn Inlet>,
        clock: Clock,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let letterhead = Arc::new(Letterhead::of(&settings));
        let counts = Arc::new(Counts::default());
        let roles: &[Role] = match settings.bind {
            BindMode::Transceiver => &[Role::Transceiver],
            BindMode::Pair => &[Role::Transmitter, Role::Receiver],
        };
        let now = clock.now();
        let slots: Vec<_> = (0..settings.binds)
            .flat_map(|_| roles)
            .map(|role| Slot::new(*role, now))
            .collect();
        let receiver = Receiver::new(
            &settings,
            inlet,
            Arc::clone(&letterhead),
            slots.clone(),
            Arc::clone(&counts),
        );
        let pace = Pace::new(settings.parts_per_second);
        let patience = Duration::from_secs(settings.response_seconds);
        let account = Arc::new(Account {
            address: Address::of(&settings)?,
            password: settings.password.reveal()?,
            settings,
            clock,
            receiver: Arc::new(receiver),
            closing: watch::Sender::new(false),
            returns: watch::Sender::new(0),
        });
        let keepers = slots
            .iter()
            .map(|slot| Keeper::new(Arc::clone(&account), Arc::clone(slot)))
            .map(|keeper| tokio::spawn(keeper.keep()))
            .collect();
        Ok(Self {
            account,
            letterhead,
            slots,
            keepers: Mutex::new(keepers),
            pace,
            throttled: AtomicU32::new(0),
            counts,
            patience,
        })
    }

    /// What the health page shows.
    pub fn status(&self) -> SmppStatus {
        let binds = self.slots.iter().map(|slot| slot.status()).collect();
        self.counts.with(binds)
    }

    /// Takes no more, waits for the answers that are on their way and for what is being stored,
    /// and unbinds: at most twice the time that an answer may take.
    pub async fn close(&self) {
        self.account.closing.send_replace(true);
        let keepers = {
            let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *keepers)
        };
        for mut keeper in keepers {
            // The answers have half of the time, and connecting may have taken the other.
            if timeout(self.patience * 2, &mut keeper).await.is_err() {
                keeper.abort();
            }
        }
    }

    /// The bound line with the most room in its window.
    fn line(&self) -> Option<Arc<Line>> {
        if *self.account.closing.borrow() {
            return None;
        }
        roomiest(&self.slots)
    }

    async fn submit(&self, submit: SubmitSm) -> Sent {
        if self.line().is_none() {
            return Sent::Away { after: NOT_BOUND };
        }
        if let Err(wait) = self.pace.turn().await {
            return Sent::Throttled { after: wait };
        }
        let Some(line) = self.line() else {
            return Sent::Away { after: NOT_BOUND };
        };
        let place = timeout(self.patience, Arc::clone(&line.window).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Sent::Away { after: NOT_BOUND };
        };
        match line.ask(submit, Some(place), self.patience).await {
            Answer::Reply { status, message_id } => self.answered(status, message_id),
            Answer::NeverLeft => Sent::Away { after: NOT_BOUND },
            Answer::Cut => Sent::Unknown {
                why: "the connection broke before the answer".into(),
            },
            Answer::Late => Sent::Unknown {
                why: "no answer in time".into(),
            },
        }
    }

    fn answered(&self, status: u32, message_id: String) -> Sent {
        match verdict(status) {
            Verdict::Accepted => {
                self.throttled.store(0, Ordering::Relaxed);
                Sent::Accepted { id: message_id }
            }
            Verdict::Throttled => self.slower(FIRST_THROTTLE),
            Verdict::Full => self.slower(FIRST_FULL),
            Verdict::Later(after) => {
                tracing::warn!(status, "the SMSC takes nothing for now");
                Sent::Away { after }
            }
            Verdict::Refused => Sent::Refused {
                code: format!("smpp {status:#x}"),
            },
        }
    }

    fn slower(&self, first: Duration) -> Sent {
        self.pace.hold(BREATH);
        let before = self.throttled.fetch_add(1, Ordering::Relaxed);
        // A window's worth of refusals is one.
        let doublings = before / u32::from(self.account.settings.window).max(1);
        Sent::Throttled {
            after: first * (1 << doublings.min(MOST_DOUBLINGS)),
        }
    }
}

impl Drop for Smpp {
    fn drop(&mut self) {
        self.account.closing.send_replace(true);
        let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        keepers.drain(..).for_each(|keeper| keeper.abort());
    }
}

#[async_trait]
impl Sender for Smpp {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Text(text) = &message.content else {
            return Sent::Refused {
                code: "not a text".into(),
            };
        };
        let sent = match self.letterhead.text(&message.to, text) {
            Ok(submit) => self.submit(submit).await,
            Err(unfit) => Sent::Refused {
                code: unfit.0.into(),
            },
        };
        Counts::add(match &sent {
            Sent::Accepted { .. } => &self.counts.accepted,
            Sent::Throttled { .. } | Sent::Held { .. } | Sent::Away { .. } => {
                &self.counts.throttled
            }
            Sent::Unknown { .. } => &self.counts.unknown,
            Sent::Refused { .. } | Sent::Stopped => &self.counts.refused,
        });
        sent
    }

    fn returns(&self) -> Option<watch::Receiver<u64>> {
        Some(self.account.returns.subscribe())
    }
}
