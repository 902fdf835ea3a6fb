//! Declaring on the pages, without a line of JavaScript.

use tests::{Answer, Browser, Draft, TestApp, a_declaration, binh, on_both};
use workflows::phrase::{self, Language};

type Fields = Vec<(String, String)>;

/// What a browser sends after somebody filled in the form: its hidden fields and the answers.
async fn filled(app: &TestApp, browser: &Browser, draft: &Draft) -> Fields {
    let form = browser
        .get(&format!(
            "/vi/declare?province={}&checkpoint=1",
            draft.province
        ))
        .await;
    assert_eq!(form.status, 200, "{}", form.text());
    let mut fields = form.hidden();
    let asked = app.form(&draft.province).await;
    fields.extend(draft.fields(&asked, app.clock.today()));
    fields
}

fn replace(fields: &mut Fields, name: &str, value: &str) {
    fields.retain(|(n, _)| n != name);
    fields.push((name.to_owned(), value.to_owned()));
}

fn wrong(answer: &Answer, key: &str) -> String {
    let text = answer.text();
    assert_eq!(answer.status, 422, "{text}");
    let sentence = phrase::text(Language::Vi, key);
    assert!(text.contains(&sentence), "{sentence} in {text}");
    text
}

on_both! {
    async fn a_citizen_declares_without_javascript_and_a_double_submit_makes_one(database) {
        let app = TestApp::on(database).await;
        let browser = app.browser();
        let fields = filled(&app, &browser, &a_declaration("ha-noi")).await;
        let check = browser.post("/vi/declare", &fields).await;
        let text = check.text();
        assert_eq!(check.status, 200, "{text}");
        for shown in ["Nguyễn Văn An", "001090000017", "12 Phố Huế", "29A-123.45"] {
            assert!(text.contains(shown), "{shown} is read back: {text}");
        }
        let hidden = check.hidden();
        let send = || browser.post("/vi/declare/send", &hidden);
        let (one, two) = tokio::join!(send(), send());
        let page = one.location().to_owned();
        assert_eq!(two.location(), page);
        assert_eq!(send().await.location(), page);
        let count = app.home().number("SELECT COUNT(*) FROM declarations").await;
        assert_eq!(count, 1);
        assert_eq!(browser.get(&page).await.status, 200);
        let mine = browser.get("/vi/me").await.text();
        assert!(mine.contains(&page), "the browser remembers its pass: {mine}");
        browser.post("/vi/me/forget", &[]).await;
        assert!(!browser.get("/vi/me").await.text().contains(&page));
        app.finish().await;
    }
}

#[tokio::test]
async fn a_wrong_field_comes_back_with_everything_typed_and_can_be_corrected() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let browser = app.browser();
    let mut fields = filled(&app, &browser, &a_declaration("ha-noi")).await;
    replace(&mut fields, "document", "00109");
    let text = wrong(
        &browser.post("/vi/declare", &fields).await,
        "error-cccd-length",
    );
    assert!(text.contains("12 Phố Huế") && text.contains("0912345678"));

    replace(&mut fields, "document", "001090000017");
    replace(&mut fields, "name", "Nguyễn Văn Bình");
    let check = browser.post("/vi/declare", &fields).await;
    assert_eq!(check.status, 200, "{}", check.text());
    let send = browser.post("/vi/declare/send", &check.hidden()).await;
    wrong(&send, "error-registry-differs");

    let mut back = check.hidden();
    replace(&mut back, "edit", "1");
    let form = browser.post("/vi/declare", &back).await;
    assert_eq!(form.status, 200);
    assert!(
        form.text().contains("Nguyễn Văn Bình"),
        "the form is filled"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_commune_whose_name_fits_several_asks_which_one() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let browser = app.browser();
    let mut fields = filled(&app, &browser, &a_declaration("ha-noi").by(binh())).await;
    replace(&mut fields, "origin_unit", "");
    replace(&mut fields, "origin", "Tân Phú");
    let text = wrong(&browser.post("/vi/declare", &fields).await, "error-several");
    let candidates: Vec<&str> = text
        .split("name=\"origin_unit\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|value| !value.is_empty())
        .collect();
    assert!(candidates.len() > 1, "{text}");
    replace(&mut fields, "origin_unit", candidates[0]);
    let check = browser.post("/vi/declare", &fields).await;
    assert_eq!(check.status, 200, "{}", check.text());
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_corrected_after_it_was_sent_becomes_a_declaration_of_its_own() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let browser = app.browser();
    let fields = filled(&app, &browser, &a_declaration("ha-noi")).await;
    let check = browser.post("/vi/declare", &fields).await;
    let mut hidden = check.hidden();
    let sent = browser.post("/vi/declare/send", &hidden).await;
    let first = sent.location().to_owned();

    app.set_clock("2026-11-23 09:01");
    replace(&mut hidden, "plate", "29A-999.99");
    let again = browser.post("/vi/declare/send", &hidden).await;
    let text = again.text();
    let notice = phrase::text(Language::Vi, "declare-sent-before");
    assert!(again.status == 409 && text.contains(&notice), "{text}");
    assert!(text.contains("29A-999.99") && text.contains("12 Phố Huế"));
    // The form goes the usual way from here, under a name of its own.
    let token = again.field("token");
    assert_ne!(token, check.field("token"));
    replace(&mut hidden, "token", &token);
    let check = browser.post("/vi/declare", &hidden).await;
    let sent = browser.post("/vi/declare/send", &check.hidden()).await;
    assert_ne!(sent.location(), first);
    let page = browser.get(&first).await.text();
    assert!(page.contains(&phrase::text(Language::Vi, "pass-SUPERSEDED")));
    app.finish().await;
}

#[tokio::test]
async fn a_house_line_that_is_too_long_says_so_at_its_address() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let browser = app.browser();
    let mut fields = filled(&app, &browser, &a_declaration("ha-noi")).await;
    replace(&mut fields, "permanent_house", &"ằ".repeat(200));
    let check = browser.post("/vi/declare", &fields).await;
    assert_eq!(check.status, 200, "two hundred letters fit");
    replace(&mut fields, "permanent_house", &"ằ".repeat(201));
    let text = wrong(
        &browser.post("/vi/declare", &fields).await,
        "error-house-too-long",
    );
    assert!(text.contains("id=\"e-permanent\""), "{text}");
    app.finish().await;
}
