//! The way in: requests queue in lanes, and each lane commits batch after batch.
//!
//! One lane leaves PostgreSQL idle while the next batch is encoded, and this process idle while
//! the last one is committed; of two lanes one encodes while the other commits. Requests that may
//! meet in one row go by the same lane, so what one number sends keeps its order, and a repeat
//! waits behind what it repeats. All lanes extend one audit chain: it is taken at the end of a
//! transaction.

use tokio::sync::{mpsc, oneshot};

use super::{Appended, Rows, Wakes, Writer};
use crate::clock::Clock;
use crate::store::audit::Chain;
use crate::store::{Pools, ProfileChange, StoreError};

pub(super) type Reply = oneshot::Sender<Result<Appended, StoreError>>;

#[derive(Debug)]
pub(super) enum Call {
    Append(Box<Rows>, Reply),
    Close(oneshot::Sender<()>),
}

/// The way in.
#[derive(Clone, Debug)]
pub(in crate::store) struct Door {
    lanes: Vec<mpsc::Sender<Call>>,
    wakes: Wakes,
}

/// Requests waiting in a lane before senders are made to wait too.
const QUEUE: usize = 4_096;
/// Most requests in one transaction: bounds the time the first of them waits.
const BATCH: usize = 256;
/// How often at most senders are let go first.
const YIELDS: usize = 4;
/// More lanes make smaller batches: two suffice to keep both sides busy.
const POSTGRES_LANES: usize = 2;

impl Door {
    pub(in crate::store) fn open(pools: &Pools, chain: &Chain, clock: &Clock) -> Self {
        let count = match pools {
            // It has one writer anyway.
            Pools::Sqlite { .. } => 1,
            Pools::Postgres(_) => POSTGRES_LANES,
        };
        let wakes = Wakes::default();
        let lane = |_| {
            let (calls, receiver) = mpsc::channel(QUEUE);
            let writer = Writer {
                pools: pools.clone(),
                chain: chain.clone(),
                clock: clock.clone(),
                wakes: wakes.clone(),
                calls: receiver,
                kept: None,
            };
            tokio::spawn(run(writer));
            calls
        };
        let lanes = (0..count).map(lane).collect();
        Self { lanes, wakes }
    }

    /// Told of what this process stored.
    pub(in crate::store) fn wakes(&self) -> &Wakes {
        &self.wakes
    }

    pub(in crate::store) async fn append(&self, rows: Rows) -> Result<Appended, StoreError> {
        let (reply, answer) = oneshot::channel();
        let number = usize::from(rows.meeting()) % self.lanes.len().max(1);
        let lane = self.lanes.get(number).ok_or(StoreError::Stopped)?;
        lane.send(Call::Append(Box::new(rows), reply))
            .await
            .map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    pub(in crate::store) fn is_open(&self) -> bool {
        self.lanes.iter().all(|lane| !lane.is_closed())
    }

    /// Answers when every request taken so far is.
    pub(in crate::store) async fn close(&self) {
        let mut answers = Vec::with_capacity(self.lanes.len());
        for lane in &self.lanes {
            let (reply, answer) = oneshot::channel();
            if lane.send(Call::Close(reply)).await.is_ok() {
                answers.push(answer);
            }
        }
        for answer in answers {
            let _ = answer.await;
        }
    }
}

impl Rows {
    /// Equal for requests that may meet in one row. Keys are hashes or random, so one byte
    /// spreads them evenly.
    fn meeting(&self) -> u8 {
        let number = self.inbound.as_ref().map(|event| event.address);
        let number = number.or_else(|| self.conversation.as_ref().map(|c| c.address));
        let number = number.or_else(|| self.profile.as_ref().map(ProfileChange::address));
        let claim = || self.settles.as_ref().map(|claim| *claim.id.0.as_bytes());
        let declaration = || self.declaration.as_ref().map(|(row, _)| row.idem_key);
        let crossing = || self.crossing.as_ref().map(|row| *row.id.0.as_bytes());
        let key = number.or_else(claim).or_else(declaration).or_else(crossing);
        key.map_or(0, |[.., last]| last)
    }
}

async fn run(mut writer: Writer) {
    let mut waiting = Vec::with_capacity(BATCH);
    while writer.calls.recv_many(&mut waiting, BATCH).await > 0 {
        gather(&mut writer.calls, &mut waiting).await;
        let mut batch = Vec::with_capacity(waiting.len());
        let mut closing = None;
        for call in waiting.drain(..) {
            match call {
                Call::Append(rows, reply) => batch.push((*rows, reply)),
                Call::Close(reply) => closing = Some(reply),
            }
        }
        writer.answer(batch).await;
        if writer.calls.is_empty() {
            writer.kept = None;
        }
        if let Some(reply) = closing {
            let _ = reply.send(());
            return;
        }
    }
}

/// The commit just acknowledged has woken its senders: while they still send again, they go first,
/// or every second batch would be nearly empty.
async fn gather(calls: &mut mpsc::Receiver<Call>, waiting: &mut Vec<Call>) {
    for _ in 0..YIELDS {
        tokio::task::yield_now().await;
        let before = waiting.len();
        while waiting.len() < BATCH
            && let Ok(call) = calls.try_recv()
        {
            waiting.push(call);
        }
        if waiting.len() == before {
            break;
        }
    }
}
