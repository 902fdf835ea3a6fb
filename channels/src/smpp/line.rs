//! One connection to an SMSC: who waits for which answer, and how far each request got.
//!
//! What was never written may be sent again without harm; what was written and not answered may
//! have been taken. Only the one who writes knows which, so a request is marked as gone the
//! moment before its bytes are, and a request that nobody waits for any more is not written.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rusmpp::{CommandStatus, Pdu};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::wire::{self, Heard, id};

/// Requests that may stand before the writer; the window keeps them fewer.
const QUEUE: usize = 1_024;
const BATCH: usize = 16 * 1_024;
/// `ESME_RUNKNOWNERR`.
const NOT_UNDERSTOOD: u32 = 0xff;
const HIGHEST_SEQUENCE: u32 = 0x7fff_ffff;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// The SMSC answered.
    Reply { status: u32, message_id: String },
    /// It never left this machine.
    NeverLeft,
    /// It left, and the connection broke before an answer.
    Cut,
    /// It left, and no answer came in time.
    Late,
}

/// The sending side of a connection.
pub(super) struct Line {
    out: mpsc::Sender<Out>,
    waiting: Arc<Mutex<Waiting>>,
    sequence: AtomicU32,
    /// Free places of the window.
    pub(super) window: Arc<Semaphore>,
}

struct Out {
    frame: Bytes,
    request: Option<u32>,
}

#[derive(Default)]
struct Waiting {
    closed: bool,
    requests: HashMap<u32, Request>,
}

struct Request {
    answer: oneshot::Sender<Answer>,
    left: Option<Instant>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Line {
    /// A line and the task that writes it.
    pub(super) fn new(window: usize) -> (Arc<Self>, Writer) {
        let (out, queue) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let line = Self {
            out,
            waiting: Arc::clone(&waiting),
            sequence: AtomicU32::new(0),
            window: Arc::new(Semaphore::new(window)),
        };
        (Arc::new(line), Writer { queue, waiting })
    }

    /// Asks and waits. `place` is the request's place in the window; it is free again when the
    /// answer has come, however late, and not when this side lost patience.
    pub(super) async fn ask(
        &self,
        pdu: impl Into<Pdu>,
        place: Option<OwnedSemaphorePermit>,
        time: Duration,
    ) -> Answer {
        let (answer, answered) = oneshot::channel();
        let sequence = self.next_sequence();
        let request = Request {
            answer,
            left: None,
            _place: place,
        };
        if !lock(&self.waiting).add(sequence, request) {
            return Answer::NeverLeft;
        }
        let frame = wire::encode(sequence, CommandStatus::EsmeRok, pdu);
        let out = Out {
            frame,
            request: Some(sequence),
        };
        let answer = timeout(time, async {
            match self.out.send(out).await {
                Ok(()) => answered.await.unwrap_or(Answer::Cut),
                Err(_) => Answer::NeverLeft,
            }
        });
        match answer.await {
            Ok(answer) => answer,
            Err(_) => lock(&self.waiting).give_up(sequence),
        }
    }

    /// Says something that has no answer.
    pub(super) async fn say(&self, sequence: u32, status: CommandStatus, pdu: impl Into<Pdu>) {
        let frame = wire::encode(sequence, status, pdu);
        // Without a line there is nobody left to hear it.
        let _ = self
            .out
            .send(Out {
                frame,
                request: None,
            })
            .await;
    }

    /// A number for a request of ours.
    pub(super) fn next_sequence(&self) -> u32 {
        self.sequence.fetch_add(1, Ordering::Relaxed) % HIGHEST_SEQUENCE + 1
    }

    /// Hands an answer to the one who waits for it. Whether it answers anything.
    pub(super) fn answered(&self, heard: &Heard) -> bool {
        let request = lock(&self.waiting).requests.remove(&heard.sequence);
        let Some(request) = request else {
            return false;
        };
        let answer = Answer::Reply {
            status: match (heard.id, heard.status) {
                // "Not understood" is never well.
                (id::REPLY, 0) => NOT_UNDERSTOOD,
                (_, status) => status,
            },
            message_id: heard.message_id(),
        };
        request.answer.send(answer).is_ok()
    }

    /// Requests without an answer.
    pub(super) fn in_flight(&self) -> usize {
        lock(&self.waiting).requests.len()
    }

    /// Frees the places of requests that were written this long ago and that nobody will answer.
    pub(super) fn forget_older_than(&self, age: Duration) {
        let mut waiting = lock(&self.waiting);
        let old = |request: &Request| request.left.is_some_and(|left| left.elapsed() > age);
        waiting.requests.retain(|_, request| !old(request));
    }

    /// Ends every wait; nothing more can be asked.
    pub(super) fn close(&self) {
        lock(&self.waiting).close();
        self.window.close();
    }
}

impl Waiting {
    fn add(&mut self, sequence: u32, request: Request) -> bool {
        if self.closed {
            return false;
        }
        self.requests.insert(sequence, request);
        true
    }

    /// The asker waits no more. What has left stays, because its place in the window is taken
    /// until the SMSC answers.
    fn give_up(&mut self, sequence: u32) -> Answer {
        match self.requests.get(&sequence) {
            Some(request) if request.left.is_none() => {
                self.requests.remove(&sequence);
                Answer::NeverLeft
            }
            _ => Answer::Late,
        }
    }

    /// Whether somebody still waits for a request that is about to be written.
    fn leaves(&mut self, sequence: u32) -> bool {
        let request = self.requests.get_mut(&sequence);
        request.is_some_and(|request| {
            request.left = Some(Instant::now());
            true
        })
    }

    fn close(&mut self) {
        self.closed = true;
        for (_, request) in self.requests.drain() {
            let answer = match request.left {
                Some(_) => Answer::Cut,
                None => Answer::NeverLeft,
            };
            // The asker may have lost patience.
            let _ = request.answer.send(answer);
        }
    }
}

/// Writes what a line says, in order.
pub(super) struct Writer {
    queue: mpsc::Receiver<Out>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Writer {
    /// Writes until the line is gone or the connection breaks.
    pub(super) async fn run(mut self, mut to: impl AsyncWrite + Unpin) {
        let mut batch = BytesMut::with_capacity(BATCH);
        while let Some(first) = self.queue.recv().await {
            batch.clear();
            self.add(&mut batch, &first);
            while batch.len() < BATCH
                && let Ok(next) = self.queue.try_recv()
            {
                self.add(&mut batch, &next);
            }
            if to.write_all(&batch).await.is_err() || to.flush().await.is_err() {
                break;
            }
        }
        lock(&self.waiting).close();
    }

    fn add(&self, batch: &mut BytesMut, out: &Out) {
        let goes = out
            .request
            .is_none_or(|sequence| lock(&self.waiting).leaves(sequence));
        if goes {
            batch.extend_from_slice(&out.frame);
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
