//! The least service behind a gateway: it answers every request with the same words, so that what
//! is measured is the gateway.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 62\r\n\r\n\
    KHAI BAO Y TE. Ma the 105V-D10T, dua ma nay o chot kiem dich..";

/// Listens until the runtime ends.
pub(crate) async fn listen() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Ok(address)
}

/// Answers a connection's requests, which have no bodies, until it is closed.
async fn serve(mut stream: TcpStream) {
    let mut heard = Vec::with_capacity(4_096);
    while let Ok(1..) = stream.read_buf(&mut heard).await {
        while let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
            heard.drain(..end + 4);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}
