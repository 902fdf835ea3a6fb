//! What every page owes its readers: no barrier, no sideways scrolling, little weight.

use std::fmt::Write as _;

use serde_json::Value;
use tests::{Album, Database, Role, TestApp, a_declaration, stranger, tools};

use super::steps::{NAME, NUMBER, fill_in, log_in, scan, take_post};
use super::window::{DESKTOP, PHONE, Window};
use crate::handover::hand_over;

/// Looks at pages at both widths and remembers what is wrong.
struct Inspection {
    axe: String,
    problems: String,
    pages: usize,
}

impl Inspection {
    fn begin() -> Self {
        let axe = std::fs::read_to_string(tools::variable("KHAIBAO_TEST_AXE")).unwrap();
        Self {
            axe,
            problems: String::new(),
            pages: 0,
        }
    }

    /// The page that shows now.
    async fn look(&mut self, window: &Window, name: &str) {
        const RUN: &str = "axe.run(document).then(r => done({ \
            passed: r.passes.length, \
            bad: r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical') \
                .map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' ').slice(0, 300)), \
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth }))";
        // Run as a function's body, axe-core sets `window.axe` for the second width too.
        window.script(&self.axe).await;
        for width in [PHONE, DESKTOP] {
            window.resize(width).await;
            let result = window.script_until_done(RUN).await.unwrap();
            assert!(
                result["passed"].as_u64() > Some(5),
                "{name}: axe ran: {result}"
            );
            for problem in result["bad"].as_array().unwrap() {
                writeln!(self.problems, "{name} at {width}: {problem}").unwrap();
            }
            if result["wide"] != 0 {
                writeln!(self.problems, "{name} at {width}: scrolls sideways").unwrap();
            }
        }
        self.pages += 1;
    }

    async fn open(&mut self, window: &Window, path: &str) {
        window.goto(path).await;
        let name = path.split(['?', '.']).next().unwrap();
        self.look(window, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_has_a_serious_accessibility_issue() {
    let app = TestApp::on(Database::Sqlite).await;
    let mut all = Inspection::begin();
    citizens_pages(&app, &mut all).await;
    posts_pages(&app, &mut all).await;
    app.set_clock("2026-11-23 11:03");
    app.run_jobs().await;
    offices_pages(&app, &mut all).await;
    assert_eq!(all.problems, "");
    assert_eq!(all.pages, 29);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_behind_a_chats_link_have_none_either() {
    let (app, _album) = Album::on(Database::Sqlite).await;
    let page = hand_over(&app).await;
    let mut all = Inspection::begin();
    let citizen = Window::open(&app, PHONE).await;
    all.open(&citizen, &page).await;
    citizen.follow("main form button.primary").await;
    all.look(&citizen, "what the chat knows").await;
    citizen.follow("main form button.primary").await;
    all.look(&citizen, "with complaints").await;
    citizen.close().await;
    let other = Window::open(&app, PHONE).await;
    all.open(&other, &page).await;
    other.close().await;
    assert_eq!(all.problems, "");
    app.finish().await;
}

async fn citizens_pages(app: &TestApp, all: &mut Inspection) {
    let declared = app.declare(&a_declaration("ha-noi")).await;
    let citizen = Window::open(app, PHONE).await;
    all.open(&citizen, "/vi/").await;
    all.open(&citizen, "/en/declare?province=quang-ninh&checkpoint=1")
        .await;
    all.open(&citizen, "/vi/declare?province=ha-noi&checkpoint=1")
        .await;
    citizen.follow("main form button.primary").await;
    all.look(&citizen, "declare with complaints").await;
    fill_in(&citizen, NAME, NUMBER).await;
    citizen.follow("main form button.primary").await;
    all.look(&citizen, "check").await;
    all.open(&citizen, &declared.page).await;
    all.open(&citizen, &format!("{}/print", declared.page))
        .await;
    all.open(&citizen, "/vi/me").await;
    all.open(&citizen, "/vi/nowhere").await;
    citizen.close().await;
}

async fn posts_pages(app: &TestApp, all: &mut Inspection) {
    let green = app.declare(&a_declaration("base")).await;
    let amber = app.declare(&a_declaration("base").by(stranger(77))).await;
    let sick = a_declaration("base").by(stranger(78));
    let red = app
        .declare(
            &sick
                .answering(1, "yes")
                .answering(2, "yes")
                .answering(20, "yes"),
        )
        .await;
    let officer = Window::open(app, PHONE).await;
    all.open(&officer, "/officer/login").await;
    log_in(&officer, app, Role::Medical, "base").await;
    all.look(&officer, "duty").await;
    take_post(&officer).await;
    all.look(&officer, "scan").await;
    for (pass, colour) in [(green, "go"), (amber, "look"), (red, "stop")] {
        scan(&officer, &pass.qr).await;
        assert!(
            officer.has(&format!("body.{colour}")).await,
            "{colour}: {}",
            officer.words().await
        );
        all.look(&officer, colour).await;
    }
    officer.follow("a[href^='/officer/mark']").await;
    all.look(&officer, "mark").await;
    scan(&officer, "ABCD-EFGH").await;
    officer.follow("button[value=let-through]").await;
    all.look(&officer, "recorded").await;
    all.open(&officer, "/officer/list").await;
    all.open(&officer, "/officer/paper").await;
    helpers_pages(app, all, &officer).await;
    officer.close().await;
}

/// The phone's three screens, each with something on it.
async fn feature_phone(app: &TestApp, all: &mut Inspection) {
    let phone = Window::open(app, PHONE).await;
    all.open(&phone, "/demo/phone").await;
    phone.click("[name=try][value=KB]").await;
    phone.click("#softs [value=send]").await;
    phone.find(".bubble.own").await;
    app.run_jobs().await;
    phone.find(".bubble:not(.own)").await;
    all.look(&phone, "phone with texts").await;
    phone.click("[name=try][value='*123#']").await;
    phone.find("[data-view=home]").await;
    phone.click("#softs [value=call]").await;
    phone.find(".menu").await;
    all.look(&phone, "phone with a dialogue").await;
    phone.close().await;
}

/// The three steps of declaring for somebody.
async fn helpers_pages(app: &TestApp, all: &mut Inspection, officer: &Window) {
    const NUMBER: &str = "0987612345";
    all.open(officer, "/officer/assist").await;
    officer.fill("[name=phone]", NUMBER).await;
    officer.follow("main button.primary").await;
    officer.fill("[name=code]", "12345").await;
    officer.follow("main button.primary").await;
    all.look(officer, "assist with a wrong code").await;
    app.run_jobs().await;
    let fields = [("number", NUMBER), ("do", "texts")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let phone = app
        .browser()
        .post("/demo/phone?lang=vi", &fields)
        .await
        .text();
    let code = phone.split("cua ban la ").nth(1).unwrap()[..6].to_owned();
    officer.fill("[name=code]", &code).await;
    officer.follow("main button.primary").await;
    assert_eq!(officer.path().await, "/officer/assist/form");
    all.look(officer, "assist form").await;
}

async fn offices_pages(app: &TestApp, all: &mut Inspection) {
    let office = Window::open(app, DESKTOP).await;
    all.open(&office, "/demo/mail").await;
    feature_phone(app, all).await;
    log_in(&office, app, Role::Committee, "ha-noi").await;
    all.open(&office, "/committee").await;
    all.open(&office, "/committee/2026-11-23").await;
    office.close().await;
    let office = Window::open(app, DESKTOP).await;
    log_in(&office, app, Role::Admin, "ha-noi").await;
    all.open(&office, "/admin").await;
    office.close().await;
}

/// Bytes over the wire of an address and everything it loads, as the browser counts them.
const WEIGH: &str = "document.fonts.ready.then(() => done(\
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]\
    .map(e => [e.name, e.transferSize])))";
const BUDGET: u64 = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_declare_page_weighs_at_most_60_kb() {
    let app = TestApp::on(Database::Sqlite).await;
    for province in ["ha-noi", "quang-ninh", "base"] {
        // A new profile for each: nothing is in its cache.
        let citizen = Window::open(&app, PHONE).await;
        citizen
            .goto(&format!("/vi/declare?province={province}"))
            .await;
        let loaded = citizen.script_until_done(WEIGH).await.unwrap();
        let loaded = loaded.as_array().unwrap();
        let kinds = |end: &str| loaded.iter().filter(|e| name(e).ends_with(end)).count();
        assert!(
            kinds(".css") == 1 && kinds(".js") >= 2 && kinds(".woff2") >= 2,
            "{loaded:?}"
        );
        assert_eq!(kinds(".wasm"), 0, "the camera's decoder stays away");
        let sizes = loaded.iter().map(|e| e[1].as_u64().unwrap());
        let weight: u64 = sizes.sum();
        assert!(weight <= BUDGET, "{province}: {weight} bytes: {loaded:?}");
        citizen.close().await;
    }
    app.finish().await;
}

fn name(entry: &Value) -> &str {
    entry[0].as_str().unwrap()
}
