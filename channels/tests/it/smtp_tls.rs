//! Encryption and log-in towards a mail server. The dialogue is a small stub in Python (the
//! suite's real SMTP server, in `tests/it/mail.rs`, speaks without TLS); the encryption is
//! OpenSSL's, with certificates that the `openssl` command makes on the spot.

use channels::email::{Encryption, SmtpMailer, SmtpSettings, message_id};
use channels::{Content, Mail, Outbound, Secret, Sender, Sent};
use workflows::clock::{Clock, Moment};
use workflows::ids::OutboundId;

use crate::peers::Tls;

const SERVE: &str = r"
import socket, ssl, sys, threading
mode, said = sys.argv[1], open('said', 'w')
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain('server.crt', 'server.key')
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
def talk(line):
    safe = mode == 'implicit'
    if safe:
        line = context.wrap_socket(line, server_side=True)
    words = line.makefile('rb')
    line.sendall(b'220 peer\r\n')
    while heard := words.readline():
        verb = heard.split()[0].upper()
        print('tls' if safe else 'plain', verb.decode(), file=said, flush=True)
        if verb == b'EHLO':
            offer = b'250-STARTTLS\r\n' if mode == 'starttls' and not safe else b''
            line.sendall(b'250-peer\r\n' + offer + b'250 AUTH PLAIN\r\n')
        elif verb == b'STARTTLS':
            line.sendall(b'220 go\r\n')
            line = context.wrap_socket(line, server_side=True)
            words, safe = line.makefile('rb'), True
        elif verb == b'AUTH':
            good = heard.split()[2] == b'AHRpbgBodW50ZXIy'
            line.sendall(b'235 in\r\n' if good else b'535 no\r\n')
        elif verb == b'DATA':
            line.sendall(b'354 go\r\n')
            while words.readline() != b'.\r\n':
                pass
            line.sendall(b'250 kept\r\n')
        else:
            line.sendall(b'250 fine\r\n')
while True:
    threading.Thread(target=talk, args=[listener.accept()[0]], daemon=True).start()
";

struct Case {
    server: &'static str,
    tls: Encryption,
    authority: &'static str,
    password: &'static str,
}

const GOOD: Case = Case {
    server: "starttls",
    tls: Encryption::Starttls,
    authority: "ca.crt",
    password: "hunter2",
};

fn report() -> Outbound {
    let id = OutboundId(Clock::fixed(Moment(0), 1).uuid());
    Outbound {
        id,
        to: "ban@committee.example".into(),
        content: Content::Mail(Mail {
            subject: "Báo cáo".into(),
            text: "1".into(),
            html: None,
            message_id: message_id(id, "khaibao.example"),
            list_id: None,
            written_at: Moment(0),
        }),
    }
}

/// What became of a mail, and what the server heard, as `plain VERB` or `tls VERB`.
async fn sent(case: &Case) -> (Sent, Vec<String>) {
    let tls = Tls::make();
    let peer = tls.python(SERVE, &[case.server]);
    let settings = SmtpSettings {
        host: "127.0.0.1".into(),
        port: peer.port,
        tls: case.tls,
        ca_file: Some(tls.file(case.authority)),
        username: Some("tin".into()),
        password: Some(Secret::Value(case.password.into())),
        from: "tin@khaibao.example".into(),
        hello_name: None,
        timeout_seconds: 10,
    };
    let sent = SmtpMailer::open(&settings).unwrap().send(&report()).await;
    let heard = std::fs::read_to_string(tls.file("said")).unwrap_or_default();
    (sent, heard.lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn starttls_hides_the_log_in_and_the_mail() {
    for tls in [Encryption::Starttls, Encryption::Opportunistic] {
        let (sent, heard) = sent(&Case { tls, ..GOOD }).await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        let verbs: Vec<_> = heard.iter().map(String::as_str).take(7).collect();
        assert_eq!(
            verbs,
            [
                "plain EHLO",
                "plain STARTTLS",
                "tls EHLO",
                "tls AUTH",
                "tls MAIL",
                "tls RCPT",
                "tls DATA"
            ]
        );
    }
}

#[tokio::test]
async fn tls_from_the_first_byte_leaves_nothing_in_the_clear() {
    let (sent, heard) = sent(&Case {
        server: "implicit",
        tls: Encryption::Implicit,
        ..GOOD
    })
    .await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    assert!(
        heard.iter().all(|line| line.starts_with("tls ")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_stripped_offer_or_a_strange_certificate_gets_neither_password_nor_mail() {
    for case in [
        Case {
            server: "stripped",
            ..GOOD
        },
        Case {
            authority: "stranger.crt",
            ..GOOD
        },
        Case {
            authority: "stranger.crt",
            tls: Encryption::Opportunistic,
            ..GOOD
        },
    ] {
        let (sent, heard) = sent(&case).await;
        assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
        let told = heard
            .iter()
            .any(|line| line.ends_with("AUTH") || line.ends_with("MAIL"));
        assert!(!told, "{heard:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_delays_mail_instead_of_refusing_it() {
    let (sent, heard) = sent(&Case {
        password: "wrong",
        ..GOOD
    })
    .await;
    assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
    assert!(
        !heard.iter().any(|line| line.ends_with("MAIL")),
        "{heard:?}"
    );
}
