//! Declaring by API: one declaration for one request, and a pass that tools can read.

use serde_json::json;
use tests::{Answer, Declared, TestApp, a_declaration, binh, on_both, stranger, tools};
use workflows::phrase::{self, Language};
use workflows::verdict::reasons;

const COUNT: &str = "SELECT COUNT(*) FROM declarations";

/// The code of a refusal, and its fields with theirs.
fn refused(answer: &Answer) -> (String, Vec<(String, String)>) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let fields = body["fields"].as_array().unwrap();
    let pairs = fields.iter().map(|f| (text(&f["field"]), text(&f["code"])));
    assert!(!text(&body["title"]).is_empty());
    (text(&body["code"]), pairs.collect())
}

on_both! {
    async fn a_valid_declaration_gives_a_pass_that_a_scanner_reads(database) {
        let app = TestApp::on(database).await;
        let declared = app.declare(&a_declaration("ha-noi")).await;
        assert_eq!(declared.level, "clear");
        assert_eq!(declared.expires_at, "2026-11-26T09:00:00+07:00");
        let browser = app.browser();
        let page = browser.get(&declared.page).await.text();
        assert!(page.contains(&declared.code) && page.contains(&declared.digits), "{page}");
        assert!(page.contains(&phrase::text(Language::Vi, "pass-valid")));
        let png = browser.get(&format!("{}.png", declared.page)).await;
        assert_eq!(png.header("content-type"), "image/png");
        assert_eq!(tools::read_qr(&png.body), declared.qr);
        let svg = browser.get(&format!("{}.svg", declared.page)).await;
        assert_eq!(svg.header("content-type"), "image/svg+xml");
        assert!(svg.text().contains("<svg"));
        let sheet = browser.get(&format!("{}/print", declared.page)).await;
        assert!(sheet.status == 200 && sheet.text().contains(&declared.code) && sheet.text().contains(&declared.digits));
        let nobody = format!("{}x", declared.page);
        assert_eq!(browser.get(&nobody).await.status, 404);
        app.finish().await;
    }

    async fn the_same_key_makes_one_declaration_and_another_body_is_refused(database) {
        let app = TestApp::on(database).await;
        let key = "one-and-the-same-key";
        let draft = a_declaration("ha-noi");
        let (one, two) = tokio::join!(app.declare_with(key, &draft), app.declare_with(key, &draft));
        let three = app.declare_with(key, &draft).await;
        let mut statuses = [one.status, two.status, three.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 201], "{} {}", one.text(), two.text());
        let codes = [&one, &two, &three].map(|a| Declared::of(&a.json()).code);
        assert!(codes.iter().all(|c| *c == codes[0]), "{codes:?}");
        assert_eq!(app.home().number(COUNT).await, 1);

        let other = draft.with("person.phone", "0987654321");
        let (code, _) = refused(&app.declare_with(key, &other).await);
        assert_eq!(code, "key-reused");
        assert_eq!(app.home().number(COUNT).await, 1);
        app.finish().await;
    }

    async fn a_new_declaration_supersedes_the_one_before(database) {
        let app = TestApp::on(database).await;
        let first = app.declare(&a_declaration("base")).await;
        app.set_clock("2026-11-23 10:00");
        let second = app.declare(&a_declaration("base")).await;
        let page = app.browser().get(&first.page).await.text();
        assert!(page.contains(&phrase::text(Language::Vi, "pass-SUPERSEDED")), "{page}");
        assert!(page.contains(&phrase::text(Language::Vi, "pass-replaced")));
        assert!(!page.contains(&second.page), "an old link does not open the newer pass");
        let newer = app.browser().get(&second.page).await.text();
        assert!(newer.contains(&phrase::text(Language::Vi, "pass-valid")));
        app.finish().await;
    }

    async fn what_the_registry_knows_otherwise_is_refused_and_what_it_lacks_is_checked(database) {
        let app = TestApp::on(database).await;
        let mut other = binh();
        "Nguyễn Thị Bình".clone_into(&mut other.name);
        "1991-07-01".clone_into(&mut other.birth);
        let draft = a_declaration("ha-noi").by(other);
        let (code, fields) = refused(&app.declare_with("a-mismatch-of-data", &draft).await);
        assert_eq!(code, "mismatch");
        let differs = |f: &str| (f.to_owned(), "registry-differs".to_owned());
        assert_eq!(fields, [differs("name"), differs("birth")]);
        assert_eq!(app.home().number(COUNT).await, 0);

        let unknown = app.declare(&a_declaration("ha-noi").by(stranger(1))).await;
        assert_eq!(unknown.level, "caution");
        assert_eq!(unknown.reasons, [u64::from(reasons::IDENTITY_UNKNOWN)]);
        app.finish().await;
    }

    async fn without_a_registry_the_identity_is_checked_at_the_post(database) {
        let app = TestApp::setup(database).set("registry.kind", "none").start().await;
        let declared = app.declare(&a_declaration("base")).await;
        assert_eq!(declared.level, "caution");
        assert_eq!(declared.reasons, [u64::from(reasons::IDENTITY_TO_CHECK)]);
        let scan = app.on_duty("base").await.scan(&declared.qr).await;
        assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("VALID", "check"));
        assert!(scan.reasons.contains(&u64::from(reasons::IDENTITY_TO_CHECK)), "{scan:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_with_its_code() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let cases = [
        ("person.name", json!("A"), "name", "name-length"),
        ("person.name", json!("An 47"), "name", "name-letters"),
        (
            "person.document.number",
            json!("00109000001"),
            "document",
            "cccd-length",
        ),
        (
            "person.document.number",
            json!("00109000001x"),
            "document",
            "cccd-digits",
        ),
        ("person.birth", json!("2090-01-01"), "birth", "birth-range"),
        ("person.birth", json!("soon"), "birth", "birth-form"),
        ("person.gender", json!(""), "gender", "missing"),
        (
            "person.nationality",
            json!("XX"),
            "nationality",
            "nationality",
        ),
        ("person.phone", json!("091234"), "phone", "phone-length"),
        ("permanent.unit", json!(""), "permanent", "missing"),
        (
            "journey.destination",
            json!({"text": "Xứ Oz"}),
            "destination",
            "unit-unknown",
        ),
        ("journey.transport", json!("broom"), "transport", "choose"),
        (
            "journey.travels_on",
            json!("2027-06-01"),
            "travels_on",
            "date-range",
        ),
        ("answers.50", json!("77"), "q50", "choose"),
        ("commitment", json!(false), "commitment", "commitment"),
    ];
    for (path, value, field, code) in cases {
        let draft = a_declaration("ha-noi").with(path, value.clone());
        let answer = app.declare_with("a-key-for-a-refusal", &draft).await;
        let wanted = (
            "fields".to_owned(),
            vec![(field.to_owned(), code.to_owned())],
        );
        assert_eq!(refused(&answer), wanted, "{path} {value}");
    }
    let two = a_declaration("ha-noi")
        .with("person.name", "")
        .with("person.birth", "");
    let (_, fields) = refused(&app.declare_with("a-key-for-a-refusal", &two).await);
    assert_eq!(fields.len(), 2, "all complaints come at once");

    let future = a_declaration("quang-ninh").answering(40, "2026-12-01");
    let (_, fields) = refused(&app.declare_with("a-key-for-a-refusal", &future).await);
    assert_eq!(fields, [("q40".to_owned(), "province-1050".to_owned())]);
    for (language, begins) in [("vi", "Ngày"), ("en", "The ")] {
        let draft = future.clone().with("language", language);
        let answer = app.declare_with("a-key-for-a-refusal", &draft).await.json();
        let message = answer["fields"][0]["message"].as_str().unwrap();
        assert!(
            message.starts_with(begins),
            "in the province's words: {message}"
        );
    }
    assert_eq!(app.home().number(COUNT).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_commune_of_the_time_before_the_merger_is_taken() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let found = app
        .browser()
        .get("/api/v1/units?q=hang%20bac&epoch=2004")
        .await
        .json();
    let old = found[0]["unit"].as_str().unwrap();
    assert!(old.starts_with("2004-1-"), "{found}");
    let draft = a_declaration("ha-noi").with("permanent.unit", old).to(old);
    let declared = app.declare(&draft).await;
    assert_eq!(declared.level, "clear");
    app.finish().await;
}

#[tokio::test]
async fn an_ended_pass_says_so_on_its_page() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    let declared = app.declare(&a_declaration("ha-noi")).await;
    app.set_clock("2026-11-26 08:59:59");
    let last = app.browser().get(&declared.page).await.text();
    assert!(
        last.contains(&phrase::text(Language::Vi, "pass-valid")),
        "{last}"
    );
    app.set_clock("2026-11-26 09:00");
    let ended = app.browser().get(&declared.page).await.text();
    assert!(
        ended.contains(&phrase::text(Language::Vi, "pass-EXPIRED")),
        "{ended}"
    );
    let english = app
        .browser()
        .get(&declared.page.replace("/vi/", "/en/"))
        .await;
    assert!(
        english
            .text()
            .contains(&phrase::text(Language::En, "pass-EXPIRED"))
    );
    app.finish().await;
}
