//! The accept loop. axum's own sets no header time-out (SECURITY.md §0.9), so this one does:
//! time to send a head, connections in all and per address, and a graceful end.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use crate::config::Limits;

/// Serves until `shutdown` resolves, then lets open requests end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let gate = Gate::new(limits);
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &gate) => accepted,
            () = &mut shutdown => break,
        };
        let Some((stream, address, place)) = accepted else {
            continue;
        };
        let service = router
            .clone()
            .map_request(move |mut request: hyper::Request<_>| {
                request.extensions_mut().insert(ConnectInfo(address));
                request
            });
        let connection = builder(limits)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is no event worth a line.
            let _ = watched.await;
            drop(place);
        });
    }
    drop(listener);
    let patience = Duration::from_secs(limits.shutdown_seconds);
    if tokio::time::timeout(patience, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were cut off at shutdown");
    }
}

fn builder(limits: Limits) -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_seconds))
        .max_buf_size(32 * 1024)
        .keep_alive(true);
    builder
}

async fn accept(listener: &TcpListener, gate: &Gate) -> Option<(TcpStream, SocketAddr, Place)> {
    let permit = gate.all.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            let place = gate.admit(address.ip(), permit)?;
            stream.set_nodelay(true).ok()?;
            Some((stream, address, place))
        }
        Err(error) => {
            // Out of file descriptors, mostly: wait for some to be freed.
            tracing::error!("a connection could not be accepted: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Counts connections in all and per address.
struct Gate {
    all: Arc<Semaphore>,
    per_address: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection's place; freed when dropped.
struct Place {
    address: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Gate {
    fn new(limits: Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            per_address: limits.connections_per_address,
            open: Arc::default(),
        }
    }

    /// `None` closes the connection: its address has too many.
    fn admit(&self, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.per_address {
            metrics::counter!("connections_refused_total").increment(1);
            return None;
        }
        *count += 1;
        Some(Place {
            address,
            open: Arc::clone(&self.open),
            _permit: permit,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
