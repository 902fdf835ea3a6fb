//! Receipts come in floods: those of many requests are recorded in one transaction.

use channels::inbound::NotStored;
use tokio::sync::{mpsc, oneshot};
use workflows::audit::Purpose;
use workflows::store::{ReceiptRow, Scope, Store, StoreError};

const QUEUE: usize = 1_024;
const BATCH: usize = 256;

type Waiting = (ReceiptRow, oneshot::Sender<bool>);

/// The way in of receipts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ReceiptDoor(mpsc::Sender<Waiting>);

impl ReceiptDoor {
    /// Starts the task that records; it ends with the last clone of the door.
    pub(crate) fn open(store: &Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(store.clone(), receiver));
        Self(sender)
    }

    /// Answers when the receipt is durable.
    pub(super) async fn record(&self, receipt: ReceiptRow) -> Result<(), NotStored> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send((receipt, reply)).await;
        sent.map_err(|_| NotStored)?;
        match answer.await {
            Ok(true) => Ok(()),
            _ => Err(NotStored),
        }
    }
}

async fn run(store: Store, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (receipts, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let recorded = record(&store, &receipts).await;
        if let Err(error) = &recorded {
            tracing::error!(
                receipts = receipts.len(),
                "receipts were not recorded: {error}"
            );
        }
        for reply in replies {
            let _ = reply.send(recorded.is_ok());
        }
    }
}

async fn record(store: &Store, receipts: &[ReceiptRow]) -> Result<(), StoreError> {
    let mut tx = store.write(&Scope::National(Purpose::Support)).await?;
    let found = tx.record_receipts(receipts).await?;
    tx.commit().await?;
    let parked = u64::try_from(receipts.len().saturating_sub(found)).unwrap_or(0);
    metrics::counter!("receipts_unmatched_total").increment(parked);
    Ok(())
}
