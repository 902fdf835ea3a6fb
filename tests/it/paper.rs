//! Paper forms that an officer keys: what is keyed is not lost, whatever is wrong with it.

use tests::{Answer, Database, Officer, TestApp, a_declaration, cuong, stranger};
use workflows::phrase::{self, Language};

type Fields = Vec<(String, String)>;

async fn sheet(app: &TestApp, officer: &Officer) -> Fields {
    let page = officer.browser.get("/officer/paper").await;
    let draft = a_declaration("ha-noi").by(cuong());
    let mut fields = page.hidden();
    fields.extend(draft.fields(&app.form("ha-noi").await, app.clock.today()));
    fields.push(("serial".into(), "HN-0001".into()));
    fields.push(("documents".into(), "identity".into()));
    fields
}

async fn picture(app: &TestApp) -> Vec<u8> {
    let pass = app.declare(&a_declaration("ha-noi").by(stranger(7))).await;
    app.browser().get(&format!("{}.png", pass.page)).await.body
}

async fn send(officer: &Officer, fields: &Fields, picture: &[u8]) -> Answer {
    let mut parts: Vec<(&str, &str, &[u8])> = Vec::new();
    parts.extend(fields.iter().map(|(n, v)| (n.as_str(), "", v.as_bytes())));
    parts.push(("picture", "sheet.png", picture));
    officer.browser.post_parts("/officer/paper", &parts).await
}

fn replace(fields: &mut Fields, name: &str, value: &str) {
    fields.retain(|(n, _)| n != name);
    fields.push((name.to_owned(), value.to_owned()));
}

fn says(answer: &Answer, key: &str) -> bool {
    let sentence = phrase::text(Language::Vi, key);
    answer.text().contains(&sentence)
}

#[tokio::test]
async fn a_sheet_that_must_be_corrected_asks_for_its_picture_again() {
    let app = TestApp::on(Database::Sqlite).await;
    let officer = app.on_duty("ha-noi").await;
    let (mut fields, picture) = (sheet(&app, &officer).await, picture(&app).await);
    replace(&mut fields, "document", "00109");
    let wrong = send(&officer, &fields, &picture).await;
    assert!(wrong.status == 422 && says(&wrong, "error-cccd-length"));
    assert!(says(&wrong, "error-picture-again"), "{}", wrong.text());
    let without = send(&officer, &fields, b"").await;
    assert!(!says(&without, "error-picture-again"), "there was none");
    replace(&mut fields, "document", &cuong().number);
    assert_eq!(send(&officer, &fields, &picture).await.status, 303);
    let kept = "SELECT COUNT(*) FROM paper_sheets WHERE picture IS NOT NULL";
    assert_eq!(app.home().number(kept).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_picture_that_is_too_large_costs_nothing_of_what_was_keyed() {
    let setup = TestApp::setup(Database::Sqlite).set("limits.upload_kilobytes", 64);
    let app = setup.start().await;
    let officer = app.on_duty("ha-noi").await;
    let fields = sheet(&app, &officer).await;
    let large = send(&officer, &fields, &vec![7; 100 * 1024]).await;
    assert_eq!(large.status, 422, "{}", large.text());
    assert!(says(&large, "error-picture-large"));
    for kept in ["HN-0001", &cuong().number] {
        assert!(large.text().contains(kept), "{kept}");
    }
    let endless = send(&officer, &fields, &vec![7; 1024 * 1024]).await;
    assert_eq!(endless.status, 413, "somewhere it ends");
    app.finish().await;
}

#[tokio::test]
async fn a_page_that_is_used_for_the_next_person_makes_a_declaration_of_its_own() {
    let app = TestApp::on(Database::Sqlite).await;
    let officer = app.on_duty("ha-noi").await;
    let mut fields = sheet(&app, &officer).await;
    assert_eq!(send(&officer, &fields, b"").await.status, 303);
    replace(&mut fields, "serial", "HN-0002");
    let again = send(&officer, &fields, b"").await;
    assert_eq!(again.status, 409);
    assert!(says(&again, "paper-sent-before") && again.text().contains("HN-0002"));
    replace(&mut fields, "token", &again.field("token"));
    assert_eq!(send(&officer, &fields, b"").await.status, 303);
    let keyed = "SELECT COUNT(*) FROM paper_sheets";
    assert_eq!(app.home().number(keyed).await, 2);
    app.finish().await;
}
