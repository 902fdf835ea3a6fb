//! The HTTP registry adapter. Vietnam's population registry has no interface to test against, so
//! the answers come from a small stub that speaks HTTP/1.1 on a socket and knows nothing of our
//! code; mutual TLS is proven against an independent peer, OpenSSL behind Python's `ssl` module,
//! with certificates that the `openssl` command makes on the spot.

use std::time::{Duration, Instant};

use crate::peers::{Reply, Stub, Tls, identity};
use channels::registry_http::{HttpRegistry, RegistrySettings};
use workflows::clock::{Clock, Moment};
use workflows::registry::{Registry, RegistryAnswer, RegistryField};

/// Shakes hands only with holders of the authority's certificates.
const SERVE: &str = r#"
import http.server, ssl
class Peer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        body = b'{"result":"match","fields":[]}'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile='ca.crt')
context.verify_mode = ssl.CERT_REQUIRED
context.load_cert_chain('server.crt', 'server.key')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Peer)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

const NOW: Moment = Moment(1_795_000_000_000_000);

fn settings(url: &str) -> RegistrySettings {
    RegistrySettings {
        url: url.into(),
        ca_file: None,
        certificate_file: None,
        key_file: None,
        timeout_milliseconds: 500,
        at_once: 8,
    }
}

fn registry(stub: &Stub, clock: &Clock) -> HttpRegistry {
    HttpRegistry::open(&settings(&stub.url()), clock.clone()).unwrap()
}

async fn answer_to(reply: Reply) -> RegistryAnswer {
    let stub = Stub::start(vec![reply]).await;
    registry(&stub, &Clock::fixed(NOW, 1))
        .compare(&identity())
        .await
}

#[tokio::test]
async fn a_match_a_mismatch_and_an_unknown_number_are_told_apart() {
    let stub = Stub::start(vec![
        Reply::json(r#"{"result":"match","fields":[]}"#),
        Reply::json(r#"{"result":"mismatch","fields":["name","birth"]}"#),
        Reply::json(r#"{"result":"unknown"}"#),
    ])
    .await;
    let registry = registry(&stub, &Clock::fixed(NOW, 1));
    assert_eq!(registry.compare(&identity()).await, RegistryAnswer::Match);
    assert_eq!(
        registry.compare(&identity()).await,
        RegistryAnswer::Mismatch(vec![RegistryField::Name, RegistryField::Birth])
    );
    assert_eq!(registry.compare(&identity()).await, RegistryAnswer::Unknown);
}

#[tokio::test]
async fn the_question_is_a_post_whose_address_and_headers_name_nobody() {
    let stub = Stub::start(vec![Reply::json(r#"{"result":"match"}"#)]).await;
    registry(&stub, &Clock::fixed(NOW, 1))
        .compare(&identity())
        .await;
    let requests = stub.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /compare HTTP/1.1\r\n"), "{head}");
    assert!(
        !head.contains("001090000001") && !head.contains("Nguy"),
        "{head}"
    );
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "document": "cccd",
            "number": "001090000001",
            "name": "Nguyễn Văn An",
            "birth": "1990-05-01",
            "gender": "male",
        })
    );
}

#[tokio::test]
async fn a_registry_that_hangs_is_unavailable_within_our_time() {
    let started = Instant::now();
    assert_eq!(answer_to(Reply::Silence).await, RegistryAnswer::Unavailable);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn everything_but_a_sound_answer_is_unavailable() {
    for reply in [
        Reply::status(500, r#"{"result":"match"}"#),
        Reply::status(401, ""),
        Reply::status(302, ""),
        Reply::json("<html>busy</html>"),
        Reply::json(r#"{"result":"mismatch","fields":[]}"#),
        Reply::json(&format!(
            r#"{{"result":"match","pad":"{}"}}"#,
            "x".repeat(20_000)
        )),
        Reply::Cut,
    ] {
        let named = format!("{reply:?}").chars().take(60).collect::<String>();
        assert_eq!(
            answer_to(reply).await,
            RegistryAnswer::Unavailable,
            "{named}"
        );
    }
}

#[tokio::test]
async fn a_redirect_carries_nobody_elsewhere() {
    let stub = Stub::start(vec![
        Reply::status(307, ""),
        Reply::json(r#"{"result":"match"}"#),
    ])
    .await;
    let registry = registry(&stub, &Clock::fixed(NOW, 1));
    assert_eq!(
        registry.compare(&identity()).await,
        RegistryAnswer::Unavailable
    );
    assert_eq!(stub.requests().len(), 1);
}

#[tokio::test]
async fn five_failures_stop_the_asking_for_thirty_seconds_and_one_probe_resumes_it() {
    let mut replies = vec![Reply::status(503, ""); 6];
    replies.extend(vec![Reply::json(r#"{"result":"match"}"#); 2]);
    let stub = Stub::start(replies).await;
    let clock = Clock::fixed(NOW, 1);
    let registry = registry(&stub, &clock);
    for _ in 0..8 {
        assert_eq!(
            registry.compare(&identity()).await,
            RegistryAnswer::Unavailable
        );
    }
    assert_eq!(stub.requests().len(), 5, "an open breaker asks nobody");

    clock.set(NOW.plus_seconds(30));
    for _ in 0..3 {
        assert_eq!(
            registry.compare(&identity()).await,
            RegistryAnswer::Unavailable
        );
    }
    assert_eq!(stub.requests().len(), 6, "one probe, and it failed");

    clock.set(NOW.plus_seconds(60));
    for _ in 0..2 {
        assert_eq!(registry.compare(&identity()).await, RegistryAnswer::Match);
    }
    assert_eq!(stub.requests().len(), 8, "closed again");
}

#[tokio::test]
async fn a_full_house_is_unavailable_at_once() {
    let stub = Stub::start(vec![Reply::Silence, Reply::json(r#"{"result":"match"}"#)]).await;
    let settings = RegistrySettings {
        at_once: 1,
        ..settings(&stub.url())
    };
    let registry = HttpRegistry::open(&settings, Clock::fixed(NOW, 1)).unwrap();
    let person = identity();
    let (slow, quick) = tokio::join!(registry.compare(&person), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let started = Instant::now();
        let answer = registry.compare(&person).await;
        assert!(started.elapsed() < Duration::from_millis(200));
        answer
    });
    assert_eq!(
        (slow, quick),
        (RegistryAnswer::Unavailable, RegistryAnswer::Unavailable)
    );
    assert_eq!(stub.requests().len(), 1);
}

#[tokio::test]
async fn a_registry_that_wants_our_certificate_answers_only_with_it() {
    let tls = Tls::make();
    let peer = tls.python(SERVE, &[]);
    let with = RegistrySettings {
        timeout_milliseconds: 5_000,
        ca_file: Some(tls.file("ca.crt")),
        certificate_file: Some(tls.file("client.crt")),
        key_file: Some(tls.file("client.key")),
        ..settings(&format!("https://127.0.0.1:{}/compare", peer.port))
    };
    let without = RegistrySettings {
        certificate_file: None,
        key_file: None,
        ..with.clone()
    };
    let stranger = RegistrySettings {
        certificate_file: Some(tls.file("stranger.crt")),
        key_file: Some(tls.file("stranger.key")),
        ..with.clone()
    };
    let untrusted = RegistrySettings {
        ca_file: Some(tls.file("stranger.crt")),
        ..with.clone()
    };
    for (settings, expected) in [
        (&with, RegistryAnswer::Match),
        (&without, RegistryAnswer::Unavailable),
        (&stranger, RegistryAnswer::Unavailable),
        (&untrusted, RegistryAnswer::Unavailable),
        (&with, RegistryAnswer::Match),
    ] {
        let registry = HttpRegistry::open(settings, Clock::fixed(NOW, 1)).unwrap();
        assert_eq!(
            registry.compare(&identity()).await,
            expected,
            "{settings:?}"
        );
    }
}

#[test]
fn settings_that_would_send_people_in_the_clear_are_refused() {
    let clock = || Clock::fixed(NOW, 1);
    assert!(HttpRegistry::open(&settings("http://registry.example/compare"), clock()).is_err());
    let half = RegistrySettings {
        certificate_file: Some("client.crt".into()),
        ..settings("https://registry.example/compare")
    };
    assert!(HttpRegistry::open(&half, clock()).is_err());
    let missing = RegistrySettings {
        ca_file: Some("no-such.pem".into()),
        ..settings("https://registry.example/compare")
    };
    assert!(HttpRegistry::open(&missing, clock()).is_err());
}
