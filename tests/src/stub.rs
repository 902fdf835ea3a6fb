//! What the stubs of chats share: the least of an HTTP server, and the answers that a test may
//! want from a provider.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What a provider makes of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reply {
    /// It takes it.
    #[default]
    Taken,
    /// Never so.
    Refused,
    /// There were too many.
    Later,
    /// It takes it, and its answer is lost.
    Lost,
    /// The person wants no more of ours.
    Blocked,
}

/// Head and body of one request; none of one that broke off.
pub(crate) async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut lines = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if lines.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// Answers and ends the connection.
pub(crate) async fn respond(stream: &mut TcpStream, status: u16, body: &Value) {
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status} Stub\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // Nobody waits for an answer that cannot be written.
    let _ = stream.write_all(answer.as_bytes()).await;
}
