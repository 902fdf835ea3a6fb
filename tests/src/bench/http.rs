//! A load generator that costs little beside the server it shares two cores with: keep-alive
//! connections, one thread, no more HTTP than the server's own answers need.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::figure::percentile;

/// A connection is not used again after so long, because the server ends those that are silent.
pub(crate) const SILENCE: Duration = Duration::from_secs(3);

/// What clients send and expect.
pub(crate) trait Traffic: Send + Sync + 'static {
    /// The bytes of the n-th request, counted over all clients.
    fn request(&self, nth: u64) -> Vec<u8>;

    /// Takes the answer to the n-th request; an error ends the run.
    fn answered(&self, nth: u64, status: u16, body: &str) -> Result<()>;
}

/// How long and how wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Connections, each with one request at a time.
    pub(crate) clients: usize,
    /// Not counted.
    pub(crate) warm_up: Duration,
    /// Counted.
    pub(crate) measured: Duration,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// Answers in all, with those of the warm-up.
    pub(crate) answers: f64,
}

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and reads its whole answer: status and body.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<(u16, &str)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.more().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let status = text.get(9..12).context("no status")?.parse()?;
        let length: usize = match text
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "))
        {
            Some(length) => length.parse()?,
            None if status == 204 => 0,
            None => bail!("an answer without a length"),
        };
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        Ok((
            status,
            std::str::from_utf8(&self.buffer[head..head + length])?,
        ))
    }

    async fn more(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        Ok(())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

/// A request's bytes. `head` holds further header lines, each ended by CR LF.
pub(crate) fn post(path: &str, head: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{head}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Requests of a route without work.
pub(crate) struct Nothing;

impl Traffic for Nothing {
    fn request(&self, _: u64) -> Vec<u8> {
        b"GET /health/live HTTP/1.1\r\nhost: bench\r\n\r\n".to_vec()
    }

    fn answered(&self, _: u64, status: u16, _: &str) -> Result<()> {
        ensure!(status == 200, "the server answered {status}");
        Ok(())
    }
}

/// Requests that come at their own time, whatever became of those before them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrivals {
    /// Requests a second, evenly spread.
    pub(crate) rate: u32,
    /// Requests that are not counted, before the others.
    pub(crate) warm_up: u32,
    /// Requests that are counted.
    pub(crate) measured: u32,
}

/// Sends the n-th request when its time has come, over a connection that nothing waits on, and
/// measures from that time on: a server that falls behind is seen to.
pub(crate) async fn arrive(
    address: SocketAddr,
    arrivals: Arrivals,
    traffic: Arc<impl Traffic>,
) -> Result<Load> {
    let idle = Arc::new(Mutex::new(Vec::<(Instant, Connection)>::new()));
    let (begin, every) = (Instant::now(), Duration::from_secs(1) / arrivals.rate);
    let mut requests = JoinSet::new();
    for nth in 0..arrivals.warm_up + arrivals.measured {
        let due = begin + every * nth;
        tokio::time::sleep_until(due.into()).await;
        let (idle, traffic) = (Arc::clone(&idle), Arc::clone(&traffic));
        requests.spawn(async move {
            let kept = idle.lock().ok().and_then(|mut kept| kept.pop());
            let mut connection = match kept {
                Some((used, connection)) if used.elapsed() < SILENCE => connection,
                _ => Connection::open(address).await?,
            };
            let request = traffic.request(nth.into());
            let (status, body) = connection.send(&request).await?;
            let took = due.elapsed().as_secs_f64() * 1_000.0;
            traffic.answered(nth.into(), status, body)?;
            if let Ok(mut kept) = idle.lock() {
                kept.push((Instant::now(), connection));
            }
            Ok::<_, anyhow::Error>((nth >= arrivals.warm_up).then_some(took))
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = requests.join_next().await {
        times.extend(ended??);
    }
    let took = (begin + every * arrivals.warm_up).elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    Ok(Load {
        rate: times.len() as f64 / took,
        p50: percentile(&times, 0.5),
        p99: percentile(&times, 0.99),
        answers: f64::from(arrivals.warm_up + arrivals.measured),
    })
}

/// Runs the traffic with the plan's clients.
pub(crate) async fn load(
    address: SocketAddr,
    plan: Plan,
    traffic: Arc<impl Traffic>,
) -> Result<Load> {
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now() + plan.warm_up;
    let end = begin + plan.measured;
    let mut clients = JoinSet::new();
    for _ in 0..plan.clients {
        let client = client(
            address,
            (begin, end),
            Arc::clone(&next),
            Arc::clone(&traffic),
        );
        clients.spawn(client);
    }
    let mut times = Vec::new();
    while let Some(ended) = clients.join_next().await {
        times.extend(ended??);
    }
    times.sort_by(f64::total_cmp);
    Ok(Load {
        rate: times.len() as f64 / plan.measured.as_secs_f64(),
        p50: percentile(&times, 0.5),
        p99: percentile(&times, 0.99),
        answers: next.load(Ordering::Relaxed) as f64,
    })
}

/// Milliseconds of each answer that came in the measured time.
async fn client(
    address: SocketAddr,
    (begin, end): (Instant, Instant),
    next: Arc<AtomicU64>,
    traffic: Arc<impl Traffic>,
) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address).await?;
    let mut times = Vec::with_capacity(4_096);
    loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        let request = traffic.request(nth);
        let sent = Instant::now();
        let (status, body) = connection.send(&request).await?;
        let answered = Instant::now();
        traffic.answered(nth, status, body)?;
        if answered >= end {
            return Ok(times);
        }
        if answered >= begin {
            times.push((answered - sent).as_secs_f64() * 1_000.0);
        }
    }
}
