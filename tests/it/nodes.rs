//! Two processes on one PostgreSQL: each report is made once and each mail sent once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use workflows::clock::Clock;

use tests::{Database, Home, Program, tools};

const PATIENCE: Duration = Duration::from_secs(60);

fn settings(node: &'static str) -> Vec<(&'static str, String)> {
    let server = tools::variable("KHAIBAO_TEST_SMTP");
    let (host, port) = server.rsplit_once(':').unwrap();
    vec![
        ("KHAIBAO_NODE", node.into()),
        ("KHAIBAO_JOBS__EVERY_SECONDS", "1".into()),
        ("KHAIBAO_JOBS__CATCH_UP_DAYS", "5".into()),
        ("KHAIBAO_MAIL__KIND", "smtp".into()),
        ("KHAIBAO_MAIL__SMTP__HOST", format!("{host:?}")),
        ("KHAIBAO_MAIL__SMTP__PORT", port.into()),
        ("KHAIBAO_MAIL__SMTP__TLS", "none".into()),
    ]
}

async fn start(home: &Home, node: &'static str) -> Program {
    let settings = settings(node);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Program::start(home, &settings).await
}

/// Polls until the database says so; the work is done by other processes.
async fn until_zero(home: &Home, sql: &str) {
    let began = Instant::now();
    while home.number(sql).await != 0 {
        assert!(began.elapsed() < PATIENCE, "still not: {sql}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_database_send_each_report_once() {
    let home = Home::fresh(Database::Postgres).await;
    // The demo is served since a while, so that several days are due.
    let day = 86_400_000_000_i64;
    let back = format!(
        "UPDATE provinces SET served_from = {}",
        Clock::system().now().0 - 9 * day
    );
    home.execute(&back).await;
    // Whoever starts first would else have done everything before the other has begun.
    let mut held = home.hold_table("jobs").await;
    let (one, two) = tokio::join!(start(&home, "one"), start(&home, "two"));
    held.is_waited_for(2).await;
    held.release().await;
    // Five days of three provinces at least; today's report may not be due yet.
    until_zero(&home, "SELECT GREATEST(15 - COUNT(*), 0) FROM reports").await;
    until_zero(&home, "SELECT COUNT(*) FROM jobs WHERE state <> 'done'").await;
    until_zero(&home, "SELECT COUNT(*) FROM outbox WHERE state <> 'sent'").await;
    let reports = home.number("SELECT COUNT(*) FROM reports").await;
    let again = home
        .number("SELECT COUNT(*) FROM jobs WHERE attempts <> 1")
        .await;
    assert_eq!(again, 0, "no job was taken twice");
    let nodes = home
        .number("SELECT COUNT(DISTINCT owner) FROM jobs WHERE owner <> ''")
        .await;
    assert_eq!(nodes, 2, "both nodes work");
    for program in [one, two] {
        let (log, status) = program.stop();
        assert!(status.success(), "{log}");
    }
    let mut copies: BTreeMap<(String, String), u32> = BTreeMap::new();
    for mail in tests::received_mails(&home) {
        *copies.entry((mail.to, mail.subject)).or_default() += 1;
    }
    let twice: Vec<_> = copies.iter().filter(|(_, n)| **n != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!(
        i64::try_from(copies.len()).unwrap(),
        reports * 2,
        "two members each"
    );
    home.remove().await;
}
