//! Keeps one connection bound: connects, binds, listens, asks whether the other side is there,
//! and begins again after every trouble.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rusmpp::pdus::{BindReceiver, BindTransceiver, BindTransmitter};
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{CommandStatus, Pdu};
use tokio::io::{AsyncReadExt, ReadHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use workflows::clock::Clock;

use super::connect::{Address, Stream};
use super::line::Line;
use super::receive::Receiver;
use super::settings::{SmppSettings, Version};
use super::slot::{Role, Slot};
use super::wire::{self, Heard, id};

const READ_BUFFER: usize = 16 * 1_024;
/// How often a bound line is looked after.
const TICK: Duration = Duration::from_millis(100);
/// A bind that held this long was a good one: the next attempt comes soon.
const GOOD: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(2);

/// What all binds of an account share.
pub(super) struct Account {
    pub(super) settings: SmppSettings,
    pub(super) address: Address,
    pub(super) password: String,
    pub(super) clock: Clock,
    pub(super) receiver: Arc<Receiver>,
    pub(super) closing: watch::Sender<bool>,
    /// Times that a connection which takes submissions was bound.
    pub(super) returns: watch::Sender<u64>,
}

/// Why a connection ended; no text of the SMSC.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("cannot connect: {0}")]
    Unreachable(std::io::ErrorKind),
    #[error("cannot connect in time")]
    Slow,
    #[error("the bind was refused with status {0:#x}")]
    Refused(u32),
    #[error("the connection was closed")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(std::io::ErrorKind),
    #[error("the SMSC does not speak SMPP")]
    NotSmpp(#[from] wire::NotSmpp),
    #[error("the SMSC is silent")]
    Silent,
    #[error("the SMSC unbound")]
    Unbound,
}

/// Lives as long as the account.
pub(super) struct Keeper {
    account: Arc<Account>,
    slot: Arc<Slot>,
    closing: watch::Receiver<bool>,
}

impl Keeper {
    pub(super) fn new(account: Arc<Account>, slot: Arc<Slot>) -> Self {
        let closing = account.closing.subscribe();
        Self {
            account,
            slot,
            closing,
        }
    }

    /// Keeps the connection until the account is closed.
    pub(super) async fn keep(mut self) {
        let mut attempt = 0;
        while !*self.closing.borrow() {
            let began = Instant::now();
            match self.connection().await {
                Ok(()) => break,
                Err(trouble) => self.note(&trouble),
            }
            attempt = if began.elapsed() > GOOD {
                0
            } else {
                attempt + 1
            };
            let pause = self.pause(attempt);
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.closing.wait_for(|closing| *closing) => {}
            }
        }
    }

    /// Doubles from the shortest to the longest; half of it is random, so that the binds of many
    /// servers do not come back at once.
    fn pause(&self, attempt: u32) -> Duration {
        let settings = &self.account.settings;
        let base = Duration::from_secs(settings.reconnect_min_seconds)
            .saturating_mul(1 << attempt.saturating_sub(1).min(16))
            .min(Duration::from_secs(settings.reconnect_max_seconds));
        let share = u32::from(self.account.clock.random::<1>()[0]);
        base / 2 + base / 2 * share / 255
    }

    fn note(&self, trouble: &Trouble) {
        tracing::warn!(%trouble, role = ?self.slot.role, "an SMPP bind is down");
        self.slot.note(trouble.to_string());
    }

    /// One connection from its beginning to its end; `Ok` if we wanted the end.
    async fn connection(&mut self) -> Result<(), Trouble> {
        let patience = Duration::from_secs(self.account.settings.response_seconds);
        let connecting = timeout(patience, self.account.address.connect());
        let stream = tokio::select! {
            stream = connecting => stream,
            _ = self.closing.wait_for(|closing| *closing) => return Ok(()),
        };
        let stream = stream
            .map_err(|_| Trouble::Slow)?
            .map_err(|e| Trouble::Unreachable(e.kind()))?;
        let (from, to) = tokio::io::split(stream);
        let (line, writer) = Line::new(usize::from(self.account.settings.window));
        let writer = tokio::spawn(writer.run(to));
        let mut ear = Ear {
            from,
            buffer: BytesMut::with_capacity(READ_BUFFER),
        };
        let result = self.bound(&mut ear, &line, patience).await;
        self.slot.down(self.account.clock.now());
        // What is still queued is told that it never left, what is unanswered that it was cut.
        writer.abort();
        let _ = writer.await;
        line.close();
        result
    }

    async fn bound(
        &mut self,
        ear: &mut Ear,
        line: &Arc<Line>,
        patience: Duration,
    ) -> Result<(), Trouble> {
        let sequence = line.next_sequence();
        let pdu = bind_pdu(&self.account, self.slot.role);
        line.say(sequence, CommandStatus::EsmeRok, pdu).await;
        let reply = timeout(patience, ear.hear_reply(sequence));
        let reply = reply.await.map_err(|_| Trouble::Silent)??;
        if reply.status != 0 {
            return Err(Trouble::Refused(reply.status));
        }
        self.slot.up(line, self.account.clock.now());
        if self.slot.transmits().is_some() {
            self.account.returns.send_modify(|times| *times += 1);
        }
        tracing::info!(role = ?self.slot.role, "an SMPP bind is up");
        self.listen(ear, line, patience).await
    }

    async fn listen(
        &mut self,
        ear: &mut Ear,
        line: &Arc<Line>,
        patience: Duration,
    ) -> Result<(), Trouble> {
        let silence = Duration::from_secs(self.account.settings.enquire_link_seconds);
        let mut heard_at = Instant::now();
        let mut asked_at: Option<Instant> = None;
        let mut farewell = Farewell::default();
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                heard = ear.hear() => {
                    heard_at = Instant::now();
                    asked_at = None;
                    let heard = heard?;
                    if farewell.said && heard.id == id::UNBIND_RESP {
                        return Ok(());
                    }
                    self.slot.heard(self.account.clock.now());
                    let dealt_with = timeout(patience, self.deal_with(line, &heard));
                    dealt_with.await.map_err(|_| Trouble::Silent)??;
                }
                _ = tick.tick() => {
                    line.forget_older_than(patience * 2);
                    if asked_at.is_some_and(|asked| asked.elapsed() > patience) {
                        return Err(Trouble::Silent);
                    }
                    if asked_at.is_none() && heard_at.elapsed() >= silence {
                        asked_at = Some(Instant::now());
                        say_within(patience, line, Pdu::EnquireLink).await?;
                    }
                    if *self.closing.borrow() && farewell.is_over(self, line, patience).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn deal_with(&self, line: &Arc<Line>, heard: &Heard) -> Result<(), Trouble> {
        let ok = CommandStatus::EsmeRok;
        match heard.id {
            id::DELIVER_SM | id::DATA_SM => self.account.receiver.hear(line, heard).await,
            id::ENQUIRE_LINK => line.say(heard.sequence, ok, Pdu::EnquireLinkResp).await,
            id::UNBIND => {
                line.say(heard.sequence, ok, Pdu::UnbindResp).await;
                // The answer is written by another task.
                sleep(TICK).await;
                return Err(Trouble::Unbound);
            }
            id::ALERT_NOTIFICATION => {}
            reply if reply & id::REPLY != 0 => {
                // Nobody waits for the answer to an enquire_link, nor for one that came too late.
                let _ = line.answered(heard);
            }
            _ => {
                let status = CommandStatus::EsmeRinvcmdid;
                line.say(heard.sequence, status, Pdu::GenericNack).await;
            }
        }
        Ok(())
    }
}

/// The end of a connection that we want to end.
#[derive(Default)]
struct Farewell {
    since: Option<Instant>,
    said: bool,
}

impl Farewell {
    /// Waits for what is in work, then unbinds, then waits a little for the answer.
    async fn is_over(
        &mut self,
        keeper: &Keeper,
        line: &Line,
        patience: Duration,
    ) -> Result<bool, Trouble> {
        let since = *self.since.get_or_insert_with(Instant::now);
        keeper.slot.down(keeper.account.clock.now());
        let idle = line.in_flight() == 0 && keeper.account.receiver.is_idle();
        if !self.said && (idle || since.elapsed() > patience) {
            self.said = true;
            self.since = Some(Instant::now());
            say_within(patience, line, Pdu::Unbind).await?;
            return Ok(false);
        }
        Ok(self.said && since.elapsed() > FAREWELL)
    }
}

/// An SMSC that reads nothing for so long is gone.
async fn say_within(patience: Duration, line: &Line, pdu: Pdu) -> Result<(), Trouble> {
    let said = line.say(line.next_sequence(), CommandStatus::EsmeRok, pdu);
    timeout(patience, said).await.map_err(|_| Trouble::Silent)
}

/// The hearing side of a connection.
struct Ear {
    from: ReadHalf<Box<dyn Stream>>,
    buffer: BytesMut,
}

impl Ear {
    /// The next PDU. May be dropped while it waits; nothing is lost.
    async fn hear(&mut self) -> Result<Heard, Trouble> {
        loop {
            if let Some(heard) = wire::cut(&mut self.buffer)? {
                return Ok(heard);
            }
            match self.from.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(Trouble::Closed),
                Ok(_) => {}
                Err(e) => return Err(Trouble::Broken(e.kind())),
            }
        }
    }

    async fn hear_reply(&mut self, sequence: u32) -> Result<Heard, Trouble> {
        loop {
            let heard = self.hear().await?;
            if heard.id & id::REPLY != 0 && heard.sequence == sequence {
                return Ok(heard);
            }
        }
    }
}

fn bind_pdu(account: &Account, role: Role) -> Pdu {
    let settings = &account.settings;
    // The settings were checked: everything fits.
    let system_id = COctetString::from_str(&settings.system_id).unwrap_or_default();
    let password = COctetString::from_str(&account.password).unwrap_or_default();
    let system_type = COctetString::from_str(&settings.system_type).unwrap_or_default();
    let version = match settings.version {
        Version::V34 => InterfaceVersion::Smpp3_4,
        Version::V50 => InterfaceVersion::Smpp5_0,
    };
    let transceiver = BindTransceiver::builder()
        .system_id(system_id)
        .password(password)
        .system_type(system_type)
        .interface_version(version)
        .build();
    match role {
        Role::Transceiver => transceiver.into(),
        Role::Transmitter => BindTransmitter::builder()
            .system_id(transceiver.system_id)
            .password(transceiver.password)
            .system_type(transceiver.system_type)
            .interface_version(version)
            .build()
            .into(),
        Role::Receiver => BindReceiver::builder()
            .system_id(transceiver.system_id)
            .password(transceiver.password)
            .system_type(transceiver.system_type)
            .interface_version(version)
            .build()
            .into(),
    }
}
