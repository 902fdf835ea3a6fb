//! The demo's feature phone in a browser: a journey by SMS and one by USSD, up to the post.

use serde_json::json;
use tests::{Role, TestApp, on_both};

use super::steps::{go_on_duty, scan};
use super::window::{DESKTOP, PHONE, Window};

/// Puts a text on the screen and sends it by the left soft key; what comes back.
async fn write(app: &TestApp, phone: &Window, text: &str) -> String {
    let before = version(phone).await;
    // A clock that stands still puts what comes later behind it.
    app.clock.set(app.clock.now().plus_seconds(5));
    phone.fill("#entry", text).await;
    phone.click("#softs [value=send]").await;
    let sent = changed(phone, &before).await;
    app.run_jobs().await;
    changed(phone, &sent).await;
    phone.text(".bubble:last-child").await
}

/// Counts everything that came to the phone and went from it.
async fn version(phone: &Window) -> String {
    phone.attribute("#lcd", "data-version").await
}

/// Waits until something came or went.
async fn changed(phone: &Window, before: &str) -> String {
    let wait = format!(
        "const wait = () => {{ const v = document.getElementById('lcd').dataset.version; \
         v !== {before:?} ? done(v) : setTimeout(wait, 50); }}; wait()"
    );
    let version = phone.script_until_done(&wait).await;
    match version {
        Ok(version) => version.as_str().unwrap().to_owned(),
        Err(error) => panic!(
            "nothing new: {error}; the page says:\n{}",
            phone.words().await
        ),
    }
}

/// What a healthy citizen answers to a question, whatever its place in the form.
fn answer(question: &str) -> &'static str {
    let known = [
        ("CCCD", "001090000017"),
        ("Ho va ten", "NGUYEN VAN AN"),
        ("Di tu", "Hai Phong"),
        ("Ly do di", "2"),
        ("Ngay ve", "30112026"),
    ];
    let found = known.iter().find(|(words, _)| question.contains(words));
    found.map_or("0", |(_, answer)| answer)
}

/// Waits until the screen says this.
async fn says(phone: &Window, text: &str) -> String {
    let shown = format!(
        "const wait = () => {{ const t = document.getElementById('lcd').textContent; \
         t.includes({text:?}) ? done(t) : setTimeout(wait, 50); }}; wait()"
    );
    let said = phone.script_until_done(&shown).await;
    match said {
        Ok(said) => said.as_str().unwrap().to_owned(),
        Err(error) => panic!(
            "no {text}: {error}; the page says:\n{}",
            phone.words().await
        ),
    }
}

/// The spoken code in a text, `ABCD-EFGH`.
fn code(text: &str) -> String {
    let is_code = |word: &&str| {
        word.len() == 9
            && word.as_bytes()[4] == b'-'
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let found = words.find(is_code);
    found
        .unwrap_or_else(|| panic!("no code in {text}"))
        .to_owned()
}

async fn crosses(app: &TestApp, code: &str, channel: &str) {
    let officer = Window::open(app, PHONE).await;
    go_on_duty(&officer, app, Role::Officer, "ha-noi").await;
    scan(&officer, code).await;
    let verdict = officer.words().await;
    assert!(
        verdict.contains("NGUYEN VAN AN") || verdict.contains("NGUYỄN VĂN AN"),
        "{verdict}"
    );
    assert!(verdict.contains(channel), "{verdict}");
    officer.follow("button[value=let-through]").await;
    assert!(officer.has(".flash").await);
    officer.close().await;
}

on_both! {
    async fn a_text_from_a_feature_phone_opens_the_checkpoint(database) {
        let app = TestApp::on(database).await;
        let phone = Window::open(&app, PHONE).await;
        phone.goto("/demo/phone").await;
        phone.click("#softs [value=texts]").await;
        phone.find("[data-view=texts]").await;
        let mut text = write(&app, &phone, "KB 001090000017 NGUYEN VAN AN HAI PHONG 0").await;
        // What the province asks beyond one text is asked one by one.
        for _ in 0..6 {
            if !text.contains("Dua ma nay") {
                text = write(&app, &phone, answer(&text)).await;
            }
        }
        assert!(text.contains("1/1") && text.contains("GSM"), "its parts are shown: {text}");
        let address = phone.client.current_url().await.unwrap();
        assert!(!address.as_str().contains("090"), "no number in {address}");
        let counters = phone.text("#counters").await;
        assert!(counters.contains("00 ₫"), "what it cost: {counters}");
        crosses(&app, &code(&text), "Tin nhắn").await;
        phone.close().await;
        app.finish().await;
    }

    async fn a_dialled_code_opens_the_checkpoint(database) {
        let app = TestApp::on(database).await;
        let phone = Window::open(&app, DESKTOP).await;
        phone.goto("/demo/phone").await;
        for key in ["*", "1", "2", "3", "#"] {
            phone.click(&format!(".keypad [value='{key}']")).await;
        }
        let mut at = version(&phone).await;
        phone.click(".call").await;
        let mut screens = Vec::new();
        for _ in 0..12 {
            at = changed(&phone, &at).await;
            let screen = phone.text(".menu").await;
            screens.push(screen.clone());
            if !phone.has("#softs [value=answer]").await {
                break;
            }
            phone.fill("#entry", answer(&screen)).await;
            phone.click("#softs [value=answer]").await;
        }
        assert!(screens.last().unwrap().contains("Dua ma nay"), "{screens:?}");
        let pass = code(screens.last().unwrap());
        phone.click("#softs [value=texts]").await;
        app.run_jobs().await;
        assert!(says(&phone, &pass).await.contains("1/1"), "the code also came as a text");
        crosses(&app, &pass, "USSD").await;
        phone.close().await;
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phone_works_without_javascript_and_keeps_numbers_apart() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let phone = Window::open(&app, PHONE).await;
    let off = json!({ "value": true });
    phone
        .devtools("Emulation.setScriptExecutionDisabled", off)
        .await;
    phone.goto("/demo/phone").await;
    for key in ["*", "9", "#"] {
        phone.follow(&format!(".keypad [value='{key}']")).await;
    }
    assert_eq!(phone.attribute("#entry", "value").await, "*9#");
    phone.follow("[name=try][value=KB]").await;
    assert_eq!(phone.attribute("#entry", "value").await, "KB");
    phone.follow("#softs [value=send]").await;
    assert!(phone.text(".bubble.own").await.contains("KB"));
    app.run_jobs().await;
    phone.follow("#softs [value=texts]").await;
    assert!(
        phone.has(".bubble:not(.own)").await,
        "{}",
        phone.words().await
    );
    phone.fill("#f-number", "0912 000 111").await;
    phone.follow(".other button").await;
    assert!(!phone.has(".bubble").await, "another number, another phone");
    assert_eq!(phone.path().await, "/demo/phone");
    phone.close().await;
    app.finish().await;
}
