//! What the server refuses, and how it ends.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use reqwest::Method;
use tests::{Database, Home, Program, Role, TestApp, a_declaration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(app: &TestApp) -> TcpStream {
    let address = app.url().strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Everything until the server closes; a reset counts as closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_client_that_dribbles_its_head_is_cut_off() {
    let setup = TestApp::setup(Database::Sqlite);
    let app = setup.set("limits.header_seconds", 1).start().await;
    let mut slow = connect(&app).await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .await
        .unwrap();
    let began = Instant::now();
    let said = tokio::time::timeout(Duration::from_secs(10), rest(&mut slow))
        .await
        .unwrap();
    assert!(began.elapsed() >= Duration::from_millis(900), "{said}");
    assert!(!said.contains("200 OK"), "{said}");
    assert_eq!(app.browser().get("/health/ready").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let app = TestApp::on(Database::Sqlite).await;
    let body = format!("{{\"province\": \"{}\"}}", "x".repeat(100 * 1024)).into_bytes();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "a-large-body-indeed"),
    ];
    let answer = app
        .browser()
        .send(Method::POST, "/api/v1/declarations", &headers, body)
        .await;
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert_eq!(answer.json()["code"], "too-large");
    app.finish().await;
}

#[tokio::test]
async fn one_address_gets_so_many_connections_and_no_more() {
    let setup = TestApp::setup(Database::Sqlite);
    let app = setup.set("limits.connections_per_address", 3).start().await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(connect(&app).await);
    }
    let mut fourth = connect(&app).await;
    let refused = tokio::time::timeout(Duration::from_secs(5), rest(&mut fourth)).await;
    assert_eq!(refused.unwrap(), "", "the fourth is closed without a word");
    let mut first = held.swap_remove(0);
    first
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut first).await.starts_with("HTTP/1.1 200"));
    drop((first, held));
    app.finish().await;
}

#[tokio::test]
async fn every_page_carries_the_headers_that_protect_it() {
    let app = TestApp::on(Database::Sqlite).await;
    let declared = app.declare(&a_declaration("ha-noi")).await;
    let officer = app.on_duty("ha-noi").await;
    for path in [
        "/",
        "/vi/declare?province=ha-noi",
        &declared.page,
        "/officer/scan",
        "/nowhere",
    ] {
        let page = officer.browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        let camera = page.header("permissions-policy").contains("camera=(self)");
        assert_eq!(camera, path == "/officer/scan", "{path}");
        let text = page.text();
        assert!(
            !text.contains(" style=\"") && !text.contains(" onclick="),
            "{path}"
        );
        let inline = text
            .split("<script")
            .skip(1)
            .filter(|s| !s.contains("src="))
            .count();
        assert_eq!(inline, 0, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_form_posted_from_another_site_is_refused() {
    let app = TestApp::on(Database::Sqlite).await;
    let officer = app.on_duty("ha-noi").await;
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for foreign in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("origin", "https://evil.example")],
    ] {
        let mut headers = vec![kind];
        headers.extend(foreign);
        let body = b"checkpoint=2&direction=exit".to_vec();
        let answer = officer
            .browser
            .send(Method::POST, "/officer/duty", &headers, body)
            .await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let own = [kind, ("sec-fetch-site", "same-origin")];
    let body = b"checkpoint=2&direction=exit".to_vec();
    let answer = officer
        .browser
        .send(Method::POST, "/officer/duty", &own, body)
        .await;
    assert_eq!(answer.location(), "/officer/scan");
    app.finish().await;
}

#[tokio::test]
async fn an_unknown_address_is_a_page_that_names_the_request() {
    let app = TestApp::on(Database::Sqlite).await;
    let json = app.browser().get("/api/v1/nowhere").await;
    assert_eq!(
        (json.status, &json.json()["code"]),
        (404, &"not-found".into())
    );
    let id = json.json()["request_id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 16, "{id}");
    let page = app.browser().get("/vi/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("<h1"), "{}", page.text());
    app.finish().await;
}

#[tokio::test]
async fn staff_keep_the_language_they_chose_and_find_back_from_an_error() {
    let app = TestApp::on(Database::Sqlite).await;
    let officer = app.on_duty("ha-noi").await;
    let page = officer.browser.get("/officer/duty?lang=en").await;
    assert!(page.text().contains("<html lang=\"en\""), "{}", page.text());
    let verdict = officer.verdict("ABCD-EFGH").await.text();
    assert!(verdict.contains("<html lang=\"en\""), "{verdict}");
    let wrong = officer.browser.post("/officer/record", &[]).await;
    let text = wrong.text();
    assert!(
        wrong.status == 422 && text.contains("<html lang=\"en\""),
        "{text}"
    );
    assert!(
        text.contains("class=\"button\" href=\"/officer\""),
        "{text}"
    );
    let citizen = app.browser().get("/vi/nowhere").await.text();
    assert!(
        citizen.contains("class=\"button\" href=\"/vi/\""),
        "{citizen}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_password_cannot_be_guessed_for_long() {
    let app = TestApp::on(Database::Sqlite).await;
    let (login, password) = app.home().account(Role::Officer, "ha-noi");
    let body = |password: &str| serde_json::json!({"login": login, "password": password});
    let browser = app.browser();
    for number in 0..8 {
        let answer = browser
            .json("/api/v1/login", &body(&format!("wrong-password-{number}")))
            .await;
        assert_eq!(answer.json()["code"], "login-wrong");
    }
    let blocked = browser.json("/api/v1/login", &body(&password)).await;
    assert_eq!(
        (blocked.status, &blocked.json()["code"]),
        (422, &"login-too-many".into())
    );
    // Whoever tries on does not keep the owner out beyond that.
    app.set_clock("2026-11-23 09:10");
    browser.json("/api/v1/login", &body("wrong-again")).await;
    let other = app.log_in(Role::Officer, "base").await;
    assert!(
        other.browser.cookie("officer").is_some(),
        "others are not shut out"
    );
    app.set_clock("2026-11-23 09:16");
    assert_eq!(
        browser.json("/api/v1/login", &body(&password)).await.status,
        200
    );
    app.finish().await;
}

#[tokio::test]
async fn a_key_file_that_others_can_read_refuses_to_start() {
    let home = Home::fresh(Database::Sqlite).await;
    let keys = home.folder().join("keys.toml");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (said, status) = Program::run(&home, &["serve"]);
    assert!(!status.success() && said.contains("key file"), "{said}");
    home.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_open_at_shutdown_is_still_answered() {
    let mut app = TestApp::on(Database::Sqlite).await;
    let body = a_declaration("base").body(&app.form("base").await, app.clock.today());
    let body = body.to_string().into_bytes();
    let (half, other) = body.split_at(body.len() / 2);
    let head = format!(
        "POST /api/v1/declarations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Idempotency-Key: open-at-shutdown-1\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut open = connect(&app).await;
    open.write_all(head.as_bytes()).await.unwrap();
    open.write_all(half).await.unwrap();
    // The server has the request once it answers another one that came later.
    assert_eq!(app.browser().get("/health/live").await.status, 200);
    app.begin_shutdown();
    while connects(&app).await {
        tokio::task::yield_now().await;
    }
    open.write_all(other).await.unwrap();
    let answer = rest(&mut open).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let home = app.stopped().await;
    assert_eq!(home.number("SELECT COUNT(*) FROM declarations").await, 1);
    home.remove().await;
}

async fn connects(app: &TestApp) -> bool {
    let address = app.url().strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.is_ok()
}
