//! The day's report: its window, that it goes out once, and what its mail says.

use serde_json::Value;
use tests::{Role, TestApp, a_declaration, an, binh, cuong, on_both};
use workflows::phrase::{self, Language};
use workflows::reporting::figures;
use workflows::sealing::Column;
use workflows::store::{MemberRow, Scope};

const MEMBERS: usize = 2;
const PROVINCES: usize = 3;

/// A day's stored report, as the committee reads it.
async fn report(app: &TestApp, province: &str, day: &str) -> Value {
    let committee = app.log_in(Role::Committee, province).await;
    let answer = committee
        .browser
        .get(&format!("/api/v1/reports/{day}"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn total(report: &Value, figure: u16) -> i64 {
    report["totals"][figure.to_string()].as_i64().unwrap_or(0)
}

/// One more committee member of the province `base`.
async fn add_member(app: &TestApp, address: &str) {
    const ADDRESS: Column = Column::new("committee_members", "address");
    let workflows = &app.parts().workflows;
    let province = workflows::ids::ProvinceId::parse("base").unwrap();
    let id = app.clock.uuid();
    let key = workflows
        .sealing
        .key(&province, app.clock.now())
        .await
        .unwrap();
    let sealed = workflows
        .sealing
        .seal(&key, ADDRESS, id.as_bytes(), &address);
    let mut tx = workflows.store.write(&Scope::of(&province)).await.unwrap();
    tx.add_member(&MemberRow {
        id,
        name: "Ủy viên".into(),
        address: sealed.unwrap(),
        language: "en".into(),
        active: true,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

on_both! {
    async fn a_scan_at_the_cut_off_belongs_to_the_next_report(database) {
        let app = TestApp::setup(database).beginning("2026-11-23 10:59:59").start().await;
        let declared = app.declare(&a_declaration("base")).await;
        let officer = app.on_duty("base").await;
        officer.record(&declared.qr, "let-through").await;
        app.set_clock("2026-11-23 11:00:00");
        officer.record(&declared.qr, "turn-back").await;
        officer.record(&declared.qr, "let-through").await;
        app.set_clock("2026-11-23 11:01:59");
        app.run_jobs().await;
        assert!(app.sunk_mails().is_empty(), "open scans have two minutes");
        app.set_clock("2026-11-23 11:02:00");
        app.run_jobs().await;
        let first = report(&app, "base", "2026-11-23").await;
        assert_eq!(total(&first, figures::CROSSINGS), 1);
        assert_eq!(total(&first, figures::DECLARATIONS), 1);
        assert_eq!(total(&first, figures::POSTS), 2);
        assert_eq!(total(&first, figures::SILENT_POSTS), 1);
        app.set_clock("2026-11-24 11:02:00");
        app.run_jobs().await;
        let second = report(&app, "base", "2026-11-24").await;
        let counted = [figures::CROSSINGS, figures::TURNED_BACK, figures::OVERRIDES, figures::PERSONS]
            .map(|f| total(&second, f));
        assert_eq!(counted, [2, 1, 1, 1]);
        assert_eq!(second["posts"]["1"][figures::CROSSINGS.to_string()], 2);
        app.finish().await;
    }

    async fn a_coach_full_of_people_is_one_vehicle(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let plates = [(an(), "29B-123.45"), (binh(), "29b 12345"), (cuong(), "14C-678.90")];
        for (person, plate) in plates {
            let aboard = a_declaration("ha-noi").by(person).with("journey.plate", plate);
            officer.record(&app.declare(&aboard).await.qr, "let-through").await;
        }
        app.set_clock("2026-11-23 11:02");
        app.run_jobs().await;
        let made = report(&app, "ha-noi", "2026-11-23").await;
        let counted = [figures::CROSSINGS, figures::RIDERS, figures::VEHICLES].map(|f| total(&made, f));
        assert_eq!(counted, [3, 3, 2]);
        let mails = app.sunk_mails();
        let mail = mails.iter().find(|m| m.to.contains("@ha-noi.")).unwrap();
        let own = "Số phương tiện (theo biển số): 2";
        assert_eq!(mail.text.matches(own).count(), 2, "in the totals and in the section: {}", mail.text);
        app.finish().await;
    }

    async fn the_mail_reaches_every_member_once_by_a_real_server(database) {
        let app = TestApp::setup(database).with_smtp().start().await;
        let declared = app.declare(&a_declaration("ha-noi")).await;
        app.declare(&a_declaration("quang-ninh").by(binh())).await;
        app.on_duty("ha-noi").await.record(&declared.qr, "let-through").await;
        app.set_clock("2026-11-23 11:02");
        let (one, two) = tokio::join!(app.parts().run_due_jobs(), app.parts().run_due_jobs());
        one.unwrap();
        two.unwrap();
        app.run_jobs().await;
        let mails = app.received_mails();
        assert_eq!(mails.len(), MEMBERS * PROVINCES, "{mails:#?}");
        for to in ["truong-ban@ha-noi.bcd.example", "thu-ky@ha-noi.bcd.example"] {
            let to_one: Vec<_> = mails.iter().filter(|m| m.to == to).collect();
            assert_eq!(to_one.len(), 1, "{to}");
            let label = phrase::text(Language::Vi, &format!("figure-{}", figures::CROSSINGS));
            let counted = to_one[0].text.lines().find(|l| l.contains(&label));
            let counted = counted.unwrap_or_else(|| panic!("{label} in {}", to_one[0].text));
            assert!(counted.trim_end().ends_with('1'), "{counted}");
            assert!(to_one[0].html.contains(&label) && to_one[0].subject.contains("23/11/2026"));
            assert!(to_one[0].text.contains("/committee/2026-11-23"));
        }
        let (name, number) = (an().name, an().number);
        for mail in &mails {
            let all = format!("{}{}{}{}", mail.subject, mail.text, mail.html, mail.raw);
            for planted in [name.as_str(), &number, "0912345678", "29A12345", "12 Phố Huế"] {
                assert!(!all.contains(planted), "a mail says {planted}");
            }
        }
        app.finish().await;
    }

    async fn a_failing_plugin_costs_a_report_its_sections_only(database) {
        let folder = tempfile::tempdir().unwrap();
        crate::provinces::copy_plugins(folder.path());
        std::fs::write(folder.path().join("quang-ninh/plugin.wasm"), b"garbage").unwrap();
        let app = TestApp::setup(database).plugins(folder.path()).start().await;
        app.set_clock("2026-11-23 11:02");
        app.run_jobs().await;
        let broken = report(&app, "quang-ninh", "2026-11-23").await;
        assert_eq!((&broken["sections_failed"], &broken["sections"]), (&true.into(), &Value::Array(vec![])));
        assert_eq!(total(&broken, figures::POSTS), 2);
        let whole = report(&app, "ha-noi", "2026-11-23").await;
        assert_eq!(whole["sections_failed"], false);
        assert_eq!(whole["sections"].as_array().unwrap().len(), 1);
        assert_eq!(app.sunk_mails().len(), MEMBERS * PROVINCES);
        app.finish().await;
    }

    async fn missed_days_are_made_up_for_and_shown_to_the_committee(database) {
        let app = TestApp::setup(database).set("jobs.catch_up_days", 3).start().await;
        let declared = app.declare(&a_declaration("base")).await;
        app.on_duty("base").await.record(&declared.qr, "").await;
        app.set_clock("2026-11-26 12:00");
        let app = app.restarted().await;
        app.run_jobs().await;
        let made = app.home().number("SELECT COUNT(*) FROM reports WHERE province = 'base'").await;
        assert_eq!(made, 4);
        let committee = app.log_in(Role::Committee, "base").await;
        let list = committee.browser.get("/committee").await.text();
        for day in ["23", "24", "25", "26"] {
            assert!(list.contains(&format!("/committee/2026-11-{day}")), "{list}");
        }
        let page = committee.browser.get("/committee/2026-11-23").await.text();
        assert!(page.contains(&phrase::text(Language::Vi, &format!("figure-{}", figures::CROSSINGS))));
        assert_eq!(total(&report(&app, "base", "2026-11-23").await, figures::CROSSINGS), 1);
        let day = "/api/v1/reports/2026-11-22";
        assert_eq!(committee.browser.get(day).await.status, 404);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_mail_sent_again_carries_the_same_message_id() {
    let app = TestApp::setup(tests::Database::Sqlite)
        .with_smtp()
        .start()
        .await;
    // The server cuts off the first mail to each such address, and remembers it.
    add_member(
        &app,
        &format!("cutonce-{}@base.bcd.example", app.home().mail_domain()),
    )
    .await;
    app.set_clock("2026-11-23 11:02");
    app.run_jobs().await;
    assert_eq!(
        app.unsent().await,
        [("queued".to_owned(), 1)],
        "its outcome is unknown"
    );
    app.set_clock("2026-11-23 11:03");
    app.run_jobs().await;
    let mails = app.received_mails();
    let copies: Vec<_> = mails
        .iter()
        .filter(|m| m.to.starts_with("cutonce"))
        .collect();
    assert_eq!(copies.len(), 2, "{mails:#?}");
    assert_eq!(copies[0].message_id, copies[1].message_id);
    assert_eq!(copies[0].raw, copies[1].raw);
    assert!(
        copies[0]
            .text
            .contains(&phrase::text(Language::En, "figure-3")),
        "in the reader's language"
    );
    app.finish().await;
}
