//! The demo's feature phone in a browser: a journey by SMS and one by USSD, up to the post.

use serde_json::json;
use tests::{Role, TestApp, on_both};

use super::steps::{go_on_duty, scan};
use super::window::{DESKTOP, PHONE, Window};

/// Puts a text on the screen as a thumb does, and sends it by the left soft key.
async fn write(phone: &Window, text: &str) {
    phone.click("#softs [value=texts]").await;
    phone.find("[data-view=texts]").await;
    phone.fill("#entry", text).await;
    phone.click("#softs [value=send]").await;
    phone.find(".bubble.own").await;
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
    async fn one_text_from_a_feature_phone_opens_the_checkpoint(database) {
        let app = TestApp::on(database).await;
        let phone = Window::open(&app, PHONE).await;
        phone.goto("/demo/phone").await;
        write(&phone, "KB 001090000017 NGUYEN VAN AN HAI PHONG 0").await;
        app.run_jobs().await;
        let text = says(&phone, "Dua ma nay").await;
        assert!(text.contains("1/1") && text.contains("GSM"), "its parts are shown: {text}");
        assert!(!phone.client.current_url().await.unwrap().as_str().contains("090"));
        let counters = phone.text("#counters").await;
        assert!(counters.contains("800"), "what it cost: {counters}");
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
        phone.click(".call").await;
        let mut screen = says(&phone, "/182").await;
        for answer in ["001090000017", "NGUYEN VAN AN", "31", "0", "0", "0", "0"] {
            if phone.has("#softs [value=answer]").await {
                phone.fill("#entry", answer).await;
                phone.click("#softs [value=answer]").await;
                let before = screen.clone();
                let changed = format!(
                    "const wait = () => {{ const t = document.getElementById('lcd').textContent; \
                     t !== {} ? done(t) : setTimeout(wait, 50); }}; wait()",
                    json!(before)
                );
                screen = phone.script_until_done(&changed).await.unwrap().as_str().unwrap().to_owned();
            }
        }
        let pass = code(&screen);
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
