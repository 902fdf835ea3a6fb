//! At the post: what a scan says, who may scan, and that a passage is recorded once.

use serde_json::json;
use tests::{Database, Role, TestApp, a_declaration, an, at, binh, cuong, on_both, stranger};
use tokio::task::JoinSet;
use workflows::clock::Clock;
use workflows::form::national;
use workflows::phrase::{self, Language};
use workflows::verdict::reasons;

const CROSSINGS: &str = "SELECT COUNT(*) FROM crossings";

on_both! {
    async fn a_scan_says_what_the_pass_is_worth(database) {
        let app = TestApp::on(database).await;
        let first = app.declare(&a_declaration("base")).await;
        let officer = app.on_duty("base").await;
        for code in [
            first.qr.as_str(),
            &first.code,
            &first.code.to_lowercase().replace('-', " "),
            &first.digits,
            &first.digits.replace(' ', ""),
            "001090000017",
            "001090000017||Nguyễn Văn An|14021990|Nam|12 Phố Huế, Hà Nội|01012021",
        ] {
            let scan = officer.scan(code).await;
            assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("VALID", "let-through"), "{code}");
            assert_eq!(scan.body["holder"]["name"], "NGUYỄN VĂN AN");
            assert_eq!(scan.body["holder"]["document_tail"], "0017");
        }
        let mut forged = first.qr.clone().into_bytes();
        let middle = forged.len() / 2;
        forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
        let scan = officer.scan(&String::from_utf8(forged).unwrap()).await;
        assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("BAD_SIGNATURE", "turn-back"));
        let scan = officer.scan("001090999999").await;
        assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("NOT_FOUND", "check"));

        app.set_clock("2026-11-23 09:30");
        let second = app.declare(&a_declaration("base")).await;
        let scan = officer.scan(&first.qr).await;
        assert_eq!(scan.status, "SUPERSEDED");
        assert!(scan.reasons.contains(&u64::from(reasons::SUPERSEDED)), "{scan:?}");
        assert_eq!(officer.scan("001090000017").await.status, "VALID");
        app.set_clock("2026-11-26 09:30");
        let officer = app.on_duty("base").await;
        let scan = officer.scan(&second.qr).await;
        assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("EXPIRED", "turn-back"));
        assert_eq!(app.home().number(CROSSINGS).await, 0, "a scan records nothing");
        app.finish().await;
    }

    async fn a_repeated_submit_records_one_crossing_also_across_midnight(database) {
        let app = TestApp::setup(database).beginning("2026-11-23 23:59:30").start().await;
        let declared = app.declare(&a_declaration("base")).await;
        let officer = app.on_duty("base").await;
        let scanned = officer.scan(&declared.qr).await;
        let body = json!({
            "code": declared.qr, "record": true, "crossing": scanned.body["crossing"]
        });
        let (one, two) = tokio::join!(officer.try_scan(body.clone()), officer.try_scan(body.clone()));
        app.set_clock("2026-11-24 00:00:30");
        let three = officer.try_scan(body.clone()).await;
        let mut repeats = [one, two, three].map(|a| a.json()["repeated"].as_bool().unwrap());
        repeats.sort_unstable();
        assert_eq!(repeats, [false, true, true]);
        assert_eq!(app.home().number(CROSSINGS).await, 1);
        let mut other = body.clone();
        (other["gate"], other["note"]) = ("turn-back".into(), "đổi ý".into());
        let changed = officer.try_scan(other).await;
        assert_eq!(changed.json()["code"], "already-recorded", "nothing is edited away");

        let verdict = officer.verdict(&declared.code).await;
        for repeated in [false, true] {
            let done = officer.decide(&verdict, "let-through", "").await;
            let mark = format!("repeated={repeated}");
            assert!(done.location().contains(&mark), "{}", done.location());
        }
        assert_eq!(app.home().number(CROSSINGS).await, 2);
        app.finish().await;
    }

    async fn an_override_needs_a_reason_and_is_marked(database) {
        let app = TestApp::on(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        app.set_clock("2026-11-28 09:00");
        let officer = app.on_duty("base").await;
        let verdict = officer.verdict(&declared.qr).await;
        let refused = officer.decide(&verdict, "let-through", "  ").await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains(&phrase::text(Language::Vi, "error-override-reason")));
        assert_eq!(refused.field("crossing"), verdict.field("crossing"));
        assert_eq!(app.home().number(CROSSINGS).await, 0);
        let taken = officer.decide(&refused, "let-through", "đưa đi cấp cứu").await;
        assert!(taken.location().contains("overridden=true"), "{}", taken.location());
        let overridden = app.home().number("SELECT COUNT(*) FROM crossings WHERE overridden").await;
        assert_eq!(overridden, 1);
        let list = officer.browser.get("/officer/list").await.text();
        assert!(list.contains(&phrase::text(Language::Vi, "gate-let-through")), "{list}");
        app.finish().await;
    }

    async fn a_pass_of_another_province_is_taken_and_counts_where_the_post_stands(database) {
        let app = TestApp::on(database).await;
        let declared = app.declare(&a_declaration("ha-noi").to("2025-24-0")).await;
        let officer = app.on_duty("base").await;
        for code in [declared.qr.as_str(), &declared.code, "001090000017"] {
            assert_eq!(officer.scan(code).await.status, "VALID", "{code}");
        }
        let recorded = officer.record(&declared.qr, "let-through").await;
        assert_eq!(recorded.body["recorded"], "let-through");
        let there = "SELECT COUNT(*) FROM crossings WHERE province = 'base' \
            AND pass_province = 'ha-noi'";
        assert_eq!(app.home().number(there).await, 1);
        let page = app.browser().get(&declared.page).await.text();
        for key in ["looks-help", "role-officer", "action-pass-looked-up", "purpose-verify-at-gate"] {
            let words = phrase::text(Language::Vi, key);
            assert!(page.contains(&words), "the citizen sees who looked: {words} in {page}");
        }
        app.finish().await;
    }

    async fn a_document_finds_the_pass_in_force_whichever_province_issued_it(database) {
        let app = TestApp::on(database).await;
        let number = an().number;
        app.declare(&a_declaration("base")).await;
        app.set_clock("2026-11-26 08:00");
        app.declare(&a_declaration("ha-noi")).await;
        let officer = app.on_duty("base").await;
        assert_eq!(officer.scan(&number).await.status, "VALID");
        app.set_clock("2026-11-26 10:00");
        let officer = app.on_duty("base").await;
        let scan = officer.scan(&number).await;
        assert_eq!(scan.status, "VALID", "the post's own ended: {scan:?}");
        assert!(scan.body["reference"].as_str().unwrap().starts_with("pass:ha-noi:"), "{scan:?}");
        app.set_clock("2026-11-30 10:00");
        let officer = app.on_duty("base").await;
        let scan = officer.scan(&number).await;
        assert_eq!(scan.status, "EXPIRED");
        assert!(scan.body["reference"].as_str().unwrap().starts_with("pass:ha-noi:"), "the newest: {scan:?}");
        app.finish().await;
    }

    async fn a_refusal_here_is_not_mended_by_a_pass_from_elsewhere(database) {
        let app = TestApp::on(database).await;
        let untested = a_declaration("quang-ninh")
            .answering(national::SAMPLED_ON, "").answering(national::TEST_RESULT, "");
        assert_eq!(app.declare(&untested).await.level, "refuse");
        app.set_clock("2026-11-23 10:00");
        app.declare(&a_declaration("ha-noi").to("2025-22-6688")).await;
        let officer = app.on_duty("quang-ninh").await;
        let scan = officer.scan(&an().number).await;
        assert_eq!((scan.status.as_str(), scan.advice.as_str()), ("REFUSED", "turn-back"));
        app.finish().await;
    }

    async fn the_tiles_of_todays_list_count_the_whole_day(database) {
        let app = TestApp::on(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        let officer = app.on_duty("base").await;
        officer.record(&declared.qr, "turn-back").await;
        officer.record(&declared.qr, "let-through").await;
        let again = "INSERT INTO crossings SELECT province, local_day - n.n, id, checkpoint, officer, \
            direction, status, advised, gate, overridden, note, reasons, pass_province, pass, person, \
            plate, scanned_at + 1, recorded_at FROM crossings CROSS JOIN (WITH RECURSIVE n(n) AS \
            (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250) SELECT n FROM n) n \
            WHERE gate = 'let-through'";
        assert_eq!(app.home().execute(again).await, 250);
        let list = officer.browser.get("/officer/list").await.text();
        for (gate, count) in [("let-through", 251), ("turn-back", 1)] {
            let words = phrase::text(Language::Vi, &format!("gate-{gate}"));
            let tile = format!("<dt>{words}</dt><dd>{count}</dd>");
            assert!(list.contains(&tile), "{tile} in {list}");
        }
        app.finish().await;
    }

    async fn only_officers_on_duty_scan(database) {
        let app = TestApp::on(database).await;
        let body = json!({"code": "ABCD-EFGH", "direction": "entry"});
        let nobody = app.browser().json("/api/v1/scans", &body).await;
        assert_eq!(nobody.status, 401);
        assert_eq!(app.browser().get("/officer/scan").await.location(), "/officer/login");
        for role in [Role::Committee, Role::Admin] {
            let clerk = app.log_in(role, "ha-noi").await;
            assert_eq!(clerk.browser.json("/api/v1/scans", &body).await.status, 403);
            assert_eq!(clerk.browser.get("/officer/scan").await.status, 403);
        }
        let officer = app.log_in(Role::Officer, "ha-noi").await;
        let idle = officer.try_scan(body.clone()).await;
        assert_eq!((idle.status, idle.json()["code"].clone()), (422, json!("no-duty")));
        let elsewhere = json!({"checkpoint": 99, "direction": "entry"});
        assert_eq!(officer.browser.json("/api/v1/duty", &elsewhere).await.status, 404);
        for path in ["/committee", "/admin"] {
            assert_eq!(officer.browser.get(path).await.status, 403, "{path}");
        }
        let token = officer.browser.cookie("officer").unwrap();
        officer.browser.post("/officer/logout", &[]).await;
        officer.browser.set_cookie("officer", &token);
        assert_eq!(officer.try_scan(body).await.status, 401, "a log-out ends the log-in");
        app.finish().await;
    }

    async fn an_officer_cannot_guess_codes_for_long(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("base").await;
        let mut guesses = JoinSet::new();
        for number in 0..120 {
            let officer = officer.clone();
            let code = format!("001099{number:06}");
            guesses.spawn(async move { officer.try_scan(json!({"code": code})).await.status });
        }
        assert!(guesses.join_all().await.into_iter().all(|status| status == 200));
        let found = app.declare(&a_declaration("base")).await;
        for code in ["001090999999", &found.code] {
            let refused = officer.try_scan(json!({"code": code})).await;
            assert_eq!(refused.json()["code"], "too-many-lookups", "a hit tells nothing either");
        }
        let other = app.log_in(Role::Medical, "base").await;
        other.take_duty(1, "entry").await;
        assert_eq!(other.scan(&found.code).await.status, "VALID", "others work on");
        app.set_clock("2026-11-23 10:01");
        let again = app.on_duty("base").await;
        assert_eq!(again.scan("001090999999").await.status, "NOT_FOUND");
        app.finish().await;
    }
}

on_both! {
    async fn ten_codes_a_minute_and_a_hit_tells_no_more_than_a_miss(database) {
        let app = TestApp::on(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        let officer = app.on_duty("base").await;
        // Checks that hold, and passes that do not exist.
        let (letters, digits) = ("0000-0000", "300 000 0001");
        let mut asked = JoinSet::new();
        for nth in 0..14 {
            let officer = officer.clone();
            let code = [letters, digits, &declared.code, &declared.digits][nth % 4].to_owned();
            asked.spawn(async move { officer.try_scan(json!({"code": code})).await.status });
        }
        let told = asked.join_all().await.into_iter().filter(|status| *status == 200).count();
        assert!(told <= 10, "{told} answers");
        for code in [letters, digits, &declared.code, &declared.digits] {
            let refused = officer.try_scan(json!({"code": code})).await;
            assert_eq!(refused.json()["code"], "too-many-codes", "{code}");
        }
        let path = format!("/api/v1/passes/{}", declared.digits.replace(' ', ""));
        assert_eq!(officer.browser.get(&path).await.json()["code"], "too-many-codes");
        assert_eq!(officer.scan(&declared.qr).await.status, "VALID", "the post goes on");
        app.set_clock("2026-11-23 09:02");
        assert_eq!(officer.browser.get(&path).await.json()["status"], "VALID");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_pass_under_a_key_that_is_not_ours_is_left_to_the_officer() {
    let theirs = TestApp::on(Database::Postgres).await;
    let ours = TestApp::on(Database::Sqlite).await;
    let declared = theirs.declare(&a_declaration("base")).await;
    let scan = ours.on_duty("base").await.scan(&declared.qr).await;
    assert_eq!(
        (scan.status.as_str(), scan.advice.as_str()),
        ("UNKNOWN_KEY", "unsure")
    );
    assert_eq!(scan.reasons, [u64::from(reasons::UNKNOWN_KEY)]);
    theirs.finish().await;
    ours.finish().await;
}

#[tokio::test]
async fn a_crossing_whose_id_is_not_of_these_hours_is_refused() {
    let app = TestApp::on(Database::Sqlite).await;
    let declared = app.declare(&a_declaration("base").by(binh())).await;
    let officer = app.on_duty("base").await;
    for when in ["2026-11-22 20:00", "2026-11-23 09:30"] {
        let id = Clock::fixed(at(when), 7).uuid();
        let body = json!({"code": declared.qr, "record": true, "crossing": id});
        let answer = officer.try_scan(body).await;
        assert_eq!(answer.json()["code"], "bad-crossing", "{when}");
    }
    assert_eq!(app.home().number(CROSSINGS).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_paper_form_is_keyed_with_its_picture_and_passes() {
    let app = TestApp::on(Database::Sqlite).await;
    let officer = app.on_duty("ha-noi").await;
    let some = app.declare(&a_declaration("ha-noi").by(stranger(7))).await;
    let picture = app.browser().get(&format!("{}.png", some.page)).await.body;
    let sheet = officer.browser.get("/officer/paper").await;
    let form = app.form("ha-noi").await;
    let mut fields = sheet.hidden();
    let draft = a_declaration("ha-noi").by(cuong());
    fields.extend(draft.fields(&form, app.clock.today()));
    fields.push(("serial".into(), "HN-0001".into()));
    let send = |fields: Vec<(String, String)>, picture: Vec<u8>| {
        let browser = officer.browser.clone();
        async move {
            let mut parts: Vec<(&str, &str, &[u8])> = Vec::new();
            parts.extend(fields.iter().map(|(n, v)| (n.as_str(), "", v.as_bytes())));
            parts.push(("picture", "sheet.png", &picture));
            browser.post_parts("/officer/paper", &parts).await
        }
    };
    let unseen = send(fields.clone(), picture.clone()).await;
    assert_eq!(unseen.status, 422);
    assert!(
        unseen
            .text()
            .contains(&phrase::text(Language::Vi, "error-compare-identity"))
    );
    fields.push(("documents".into(), "identity".into()));
    let script = send(fields.clone(), b"<svg onload=alert(1)>".to_vec()).await;
    assert_eq!(script.status, 422, "a picture is known by its content");

    let taken = send(fields.clone(), picture).await;
    let print = officer.browser.get(taken.location()).await;
    assert!(print.location().ends_with("/print"));
    let scan = officer.scan(&cuong().number).await;
    assert_eq!(scan.status, "VALID");
    let verdict = officer.verdict(&cuong().number).await.text();
    assert!(
        verdict.contains(&phrase::text(Language::Vi, "channel-paper")),
        "{verdict}"
    );
    let keyed = "SELECT COUNT(*) FROM declarations d JOIN paper_sheets s \
        ON s.province = d.province AND s.declaration = d.id \
        WHERE d.channel = 'paper' AND d.keyed_by = s.keyed_by AND s.picture IS NOT NULL";
    assert_eq!(app.home().number(keyed).await, 1);
    app.finish().await;
}
