//! The other ends of the wire: an HTTP stub, and Python programs with fresh certificates.

use std::io::BufRead;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use workflows::clock::Day;
use workflows::person::{Birth, Document, DocumentKind, FullName, Identity, Phone};
use workflows::rules::Gender;

pub(crate) fn identity() -> Identity {
    Identity {
        name: FullName::parse("Nguyễn Văn An").unwrap(),
        document: Document::parse(DocumentKind::Cccd, "001090000001").unwrap(),
        birth: Birth::Date(Day::parse("1990-05-01").unwrap()),
        gender: Gender::Male,
        nationality: "VN".into(),
        phone: Some(Phone::parse("0912345678").unwrap()),
    }
}

/// What the stub does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Http(u16, String),
    /// With a header line of its own.
    Headed(&'static str, String),
    Cut,
    Silence,
}

impl Reply {
    pub(crate) fn json(body: &str) -> Self {
        Self::Http(200, body.into())
    }

    pub(crate) fn status(code: u16, body: &str) -> Self {
        Self::Http(code, body.into())
    }
}

/// Answers one request per connection with the next of its replies, and keeps what it was sent.
pub(crate) struct Stub {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            for reply in replies {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, reply, Arc::clone(&kept)));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/compare", self.address())
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, reply: Reply, requests: Arc<Mutex<Vec<String>>>) {
    let request = read_request(&mut stream).await;
    requests.lock().unwrap().push(request);
    match reply {
        Reply::Silence => tokio::time::sleep(Duration::from_secs(10)).await,
        Reply::Cut => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{")
                .await;
        }
        Reply::Http(code, body) => answer(&mut stream, code, "Location: /elsewhere", &body).await,
        Reply::Headed(header, body) => answer(&mut stream, 200, header, &body).await,
    }
}

async fn answer(stream: &mut TcpStream, code: u16, header: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {code} -\r\n{header}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut lines = BufReader::new(stream);
    let (mut head, mut length, mut in_chunks) = (String::new(), 0, false);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        assert_ne!(
            lines.read_line(&mut line).await.unwrap(),
            0,
            "the request broke off"
        );
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        in_chunks |= line.eq_ignore_ascii_case("transfer-encoding: chunked\r\n");
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).await.unwrap();
    while in_chunks {
        let mut size = String::new();
        lines.read_line(&mut size).await.unwrap();
        let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
        lines.read_exact(&mut chunk).await.unwrap();
        in_chunks = chunk.len() > 2;
        body.extend_from_slice(chunk.strip_suffix(b"\r\n").unwrap());
    }
    head + &String::from_utf8_lossy(&body)
}

/// A folder with an authority, a server and a client of it, and a stranger.
pub(crate) struct Tls(TempDir);

/// A Python program that listens on a port of this machine until it is dropped.
pub(crate) struct Peer {
    pub(crate) port: u16,
    process: Child,
}

const MAKE: &str = "set -eu
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $key -subj /CN=authority -days 2 -keyout ca.key -out ca.crt
openssl req -x509 $key -subj /CN=stranger -days 2 -keyout stranger.key -out stranger.crt
for who in server client; do
    openssl req $key -subj /CN=$who -keyout $who.key -out $who.csr
    printf 'basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n' > $who.ext
    openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
        -extfile $who.ext -out $who.crt
done";

impl Tls {
    pub(crate) fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let made = Command::new("sh")
            .args(["-c", MAKE])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "openssl: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a program in the folder; it prints its port first.
    pub(crate) fn python(&self, program: &str, arguments: &[&str]) -> Peer {
        let mut process = Command::new("python3")
            .args(["-c", program])
            .args(arguments)
            .current_dir(self.0.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is installed (cargo xtask test sees to it)");
        let mut port = String::new();
        std::io::BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        Peer {
            port: port.trim().parse().unwrap(),
            process,
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
