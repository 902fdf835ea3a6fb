//! Mail against a real SMTP server: `aiosmtpd` with the faults of `tests/peers/smtp_sink.py`.
//! Whatever is said of a mail that arrived is said by Python's parser, not by ours.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use channels::email::{Encryption, SinkMailer, SmtpMailer, SmtpSettings, message_id};
use channels::{Content, Mail, Outbound, Sender, Sent};
use serde_json::Value;
use workflows::clock::{Clock, Day};
use workflows::ids::OutboundId;

const FROM: &str = "Khai báo y tế <tin@khaibao.example>";

#[expect(
    clippy::disallowed_methods,
    reason = "the suite's peers are named by the environment"
)]
fn peer(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

fn settings() -> SmtpSettings {
    let address = peer("KHAIBAO_TEST_SMTP");
    let (host, port) = address.rsplit_once(':').unwrap();
    SmtpSettings {
        host: host.into(),
        port: port.parse().unwrap(),
        tls: Encryption::None,
        ca_file: None,
        username: None,
        password: None,
        from: FROM.into(),
        hello_name: None,
        timeout_seconds: 10,
    }
}

fn mailer() -> SmtpMailer {
    SmtpMailer::open(&settings()).unwrap()
}

/// A report to a recipient whose name nobody else in this run uses.
fn report(local: &str) -> Outbound {
    let id = OutboundId(Clock::system().uuid());
    Outbound {
        id,
        to: format!("{local}-{}@committee.example", id.0.simple()),
        content: Content::Mail(Mail {
            subject: "Báo cáo ngày 23/11/2026: Hà Nội".into(),
            text: "Số lượt qua chốt: 1\n.\nHết.\n".into(),
            html: Some("<p>Số lượt qua chốt: <b>1</b></p>".into()),
            message_id: message_id(id, "khaibao.example"),
            list_id: Some("daily.ha-noi.khaibao.example".into()),
            written_at: Day::parse("2026-11-23").unwrap().at_minute(11 * 60 + 5),
        }),
    }
}

fn mail(outbound: &mut Outbound) -> &mut Mail {
    let Content::Mail(mail) = &mut outbound.content else {
        unreachable!("it is a mail")
    };
    mail
}

/// The mails the server kept for one outbox row or its recipient.
fn kept(outbound: &Outbound) -> Vec<Value> {
    let mark = outbound.id.0.simple().to_string();
    std::fs::read_to_string(PathBuf::from(peer("KHAIBAO_TEST_MAILBOX")))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|m| m["rcpt_to"].to_string().contains(&mark))
        .collect()
}

fn header_lines(mail: &Value) -> Vec<String> {
    let raw = mail["raw"].as_str().unwrap().replace("\r\n", "\n");
    let (head, _) = raw.split_once("\n\n").unwrap();
    head.lines().map(str::to_owned).collect()
}

fn header_names(mail: &Value) -> Vec<String> {
    let mut names: Vec<_> = header_lines(mail)
        .iter()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap().to_ascii_lowercase())
        .collect();
    names.sort();
    names
}

const HEADERS: [&str; 9] = [
    "auto-submitted",
    "content-type",
    "date",
    "from",
    "list-id",
    "message-id",
    "mime-version",
    "subject",
    "to",
];

#[tokio::test]
async fn a_mail_arrives_as_it_was_written_under_its_own_message_id() {
    let mut report = report("ban");
    let id = mail(&mut report).message_id.clone();
    assert_eq!(
        mailer().send(&report).await,
        Sent::Accepted { id: id.clone() }
    );
    let kept = kept(&report);
    assert_eq!(kept.len(), 1);
    let got = &kept[0];
    assert_eq!(got["message_id"], id.as_str());
    assert_eq!(got["mail_from"], "tin@khaibao.example");
    assert_eq!(got["rcpt_to"], serde_json::json!([report.to]));
    assert_eq!(got["subject"], "Báo cáo ngày 23/11/2026: Hà Nội");
    let text = got["text"].as_str().unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim(), "Số lượt qua chốt: 1\n.\nHết.");
    assert_eq!(
        got["html"].as_str().unwrap().trim(),
        "<p>Số lượt qua chốt: <b>1</b></p>"
    );
    assert_eq!(header_names(got), HEADERS);
    let lines = header_lines(got);
    for line in [
        "Auto-Submitted: auto-generated",
        "List-Id: <daily.ha-noi.khaibao.example>",
        "Date: Mon, 23 Nov 2026 04:05:00 +0000",
    ] {
        assert!(lines.iter().any(|l| l == line), "{line} in {lines:#?}");
    }
    assert!(
        got["raw"].as_str().unwrap().is_ascii(),
        "any server can take it"
    );
}

#[tokio::test]
async fn attempts_at_one_row_are_equal_to_the_byte() {
    let report = report("ban");
    let mailer = mailer();
    for _ in 0..2 {
        assert!(matches!(mailer.send(&report).await, Sent::Accepted { .. }));
    }
    let kept = kept(&report);
    assert_eq!(kept[0]["raw"], kept[1]["raw"]);
}

#[tokio::test]
async fn a_recipient_who_does_not_exist_is_refused_with_the_servers_code() {
    let report = report("nouser");
    assert_eq!(
        mailer().send(&report).await,
        Sent::Refused { code: "550".into() }
    );
    assert!(kept(&report).is_empty());
}

#[tokio::test]
async fn a_greylisted_mail_is_put_off_twice_and_then_goes_through() {
    let report = report("grey");
    let mailer = mailer();
    for _ in 0..2 {
        let sent = mailer.send(&report).await;
        assert!(
            matches!(sent, Sent::Throttled { after } if !after.is_zero()),
            "{sent:?}"
        );
    }
    assert!(matches!(mailer.send(&report).await, Sent::Accepted { .. }));
    assert_eq!(kept(&report).len(), 1);
}

#[tokio::test]
async fn a_line_cut_after_the_text_is_unknown_because_the_server_may_have_kept_the_mail() {
    let report = report("cut");
    let sent = mailer().send(&report).await;
    assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    assert_eq!(kept(&report).len(), 1, "this one did keep it");
}

#[tokio::test]
async fn a_late_answer_is_unknown_within_our_time_and_spoils_no_later_mail() {
    let mailer = SmtpMailer::open(&SmtpSettings {
        timeout_seconds: 1,
        ..settings()
    })
    .unwrap();
    let started = Instant::now();
    let sent = mailer.send(&report("slow")).await;
    assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );

    let refused = mailer.send(&report("nouser")).await;
    assert_eq!(refused, Sent::Refused { code: "550".into() });
    assert!(matches!(
        mailer.send(&report("ban")).await,
        Sent::Accepted { .. }
    ));
}

#[tokio::test]
async fn a_line_break_in_a_subject_or_sender_adds_no_header() {
    for smuggled in [
        "Báo cáo\r\nBcc: thief@example.com",
        "Report\nBcc: thief@example.com\n\nbody",
        "Report\rBcc: thief@example.com",
        "Report\u{2028}Bcc: thief@example.com",
        "Report\0\u{b}Bcc: thief@example.com",
    ] {
        let mut report = report("ban");
        mail(&mut report).subject = smuggled.into();
        let from = format!("{smuggled} <tin@khaibao.example>");
        let mailer = SmtpMailer::open(&SmtpSettings { from, ..settings() }).unwrap();
        assert!(
            matches!(mailer.send(&report).await, Sent::Accepted { .. }),
            "{smuggled:?}"
        );
        let kept = kept(&report);
        assert_eq!(header_names(&kept[0]), HEADERS, "{smuggled:?}");
        assert_eq!(kept[0]["rcpt_to"], serde_json::json!([report.to]));
    }
}

#[tokio::test]
async fn a_recipient_a_message_id_or_a_list_with_a_line_break_is_refused_before_it_is_sent() {
    let smuggle = "\r\nBcc: thief@example.com";
    let mut to = report("ban");
    to.to.push_str(smuggle);
    let mut two = report("ban");
    two.to.push_str(", thief@example.com");
    let mut id = report("ban");
    mail(&mut id).message_id.push_str(smuggle);
    let mut list = report("ban");
    mail(&mut list).list_id = Some(format!("daily{smuggle}"));
    for (outbound, code) in [
        (to, "invalid-address"),
        (two, "invalid-address"),
        (id, "invalid-message-id"),
        (list, "invalid-list-id"),
    ] {
        assert_eq!(
            mailer().send(&outbound).await,
            Sent::Refused { code: code.into() }
        );
        assert!(kept(&outbound).is_empty());
    }
}

#[tokio::test]
async fn a_server_that_is_away_or_offers_no_encryption_gets_the_mail_later() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    for settings in [
        SmtpSettings { port, ..settings() },
        SmtpSettings {
            tls: Encryption::Starttls,
            ..settings()
        },
    ] {
        let report = report("ban");
        let sent = SmtpMailer::open(&settings).unwrap().send(&report).await;
        assert!(matches!(sent, Sent::Away { .. }), "{sent:?}");
        assert!(kept(&report).is_empty(), "nothing was said in the clear");
    }
}

#[tokio::test]
async fn a_server_elsewhere_is_not_spoken_to_in_the_clear() {
    let settings = SmtpSettings {
        host: "mail.khaibao.example".into(),
        ..settings()
    };
    assert!(SmtpMailer::open(&settings).is_err());
}

#[tokio::test]
async fn the_demo_sink_keeps_the_newest_mails_and_refuses_what_a_server_would() {
    let sink = SinkMailer::new(FROM, 2).unwrap();
    let shown = sink.clone();
    let reports = [report("a"), report("b"), report("c")];
    for report in &reports {
        assert!(matches!(sink.send(report).await, Sent::Accepted { .. }));
    }
    let mut bad = report("d");
    bad.to = "nobody".into();
    assert_eq!(
        sink.send(&bad).await,
        Sent::Refused {
            code: "invalid-address".into()
        }
    );
    let to: Vec<_> = shown.mails().into_iter().map(|m| m.to).collect();
    assert_eq!(to, [reports[2].to.as_str(), reports[1].to.as_str()]);
    assert!(
        shown.mails()[0]
            .html
            .as_deref()
            .unwrap()
            .contains("<b>1</b>")
    );
}
