//! Suspicion: by answers or by a medical officer, a hold that the post sees without its cause.

use serde_json::json;
use tests::{Answer, Declared, Officer, Role, TestApp, a_declaration, an, binh, cuong, on_both};
use workflows::form::national;
use workflows::ids::{MarkId, ProvinceId};
use workflows::phrase::{self, Language};
use workflows::store::{MarkRow, Scope};
use workflows::verdict::reasons;

/// What an officer at the post may learn of a hold.
fn is_held(scan: &tests::Scan) {
    assert_eq!(
        (scan.status.as_str(), scan.advice.as_str()),
        ("HELD_CLASS", "isolate")
    );
    assert_eq!(
        scan.reasons[0],
        u64::from(reasons::MEDICAL_HOLD),
        "{scan:?}"
    );
    for cause in [
        reasons::MET_PATIENT,
        reasons::SYMPTOMS,
        reasons::TESTED_POSITIVE,
    ] {
        assert!(
            !scan.reasons.contains(&u64::from(cause)),
            "the cause is not the post's: {scan:?}"
        );
    }
    let text = scan.body.to_string();
    for word in ["F0", "F1", "nghi ngờ", "dương tính"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

pub(crate) async fn medical(app: &TestApp) -> Officer {
    let officer = app.log_in(Role::Medical, "base").await;
    officer.take_duty(1, "entry").await;
    officer
}

/// Enters a class about the holder of a pass.
pub(crate) async fn mark(doctor: &Officer, of: &Declared, fields: &[(&str, &str)]) -> Answer {
    let scanned = doctor.scan(&of.qr).await;
    let mut all = vec![(
        "reference".to_owned(),
        scanned.body["reference"].as_str().unwrap().into(),
    )];
    all.extend(
        fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
    );
    doctor.browser.post("/officer/mark", &all).await
}

/// The page of a person's entries.
pub(crate) async fn history(doctor: &Officer, of: &Declared) -> Answer {
    let scanned = doctor.scan(&of.qr).await;
    let reference = scanned.body["reference"].as_str().unwrap();
    doctor
        .browser
        .get(&format!("/officer/mark?reference={reference}"))
        .await
}

/// The newest entry that others can rest on, as offered on another person's page.
pub(crate) fn source(page: &Answer) -> String {
    let text = page.text();
    let offered = text.split("<option value=\"").skip(1);
    let ids = offered.filter_map(|o| o.split('"').next());
    ids.map(str::to_owned)
        .find(|id| id.len() == 36)
        .unwrap_or_else(|| panic!("{text}"))
}

pub(crate) async fn release(doctor: &Officer, of: &Declared, evidence: &str) -> Answer {
    let page = history(doctor, of).await;
    let fields = [
        ("reference".to_owned(), page.field("reference")),
        ("mark".into(), page.field("mark")),
        ("evidence".into(), evidence.into()),
    ];
    doctor.browser.post("/officer/release", &fields).await
}

/// As many people suspected by their answers.
async fn suspect(app: &TestApp, people: u8) {
    let workflows = &app.parts().workflows;
    let province = ProvinceId::parse("base").unwrap();
    let mut tx = workflows.store.write(&Scope::of(&province)).await.unwrap();
    for number in 0..people {
        tx.add_mark(&MarkRow {
            province: province.clone(),
            id: MarkId(app.clock.uuid()),
            person: [number; 16],
            class: "suspected".into(),
            source: None,
            ends: None,
            evidence: None,
            marked_by: None,
            checkpoint: None,
            marked_at: app.clock.now(),
        })
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

on_both! {
    async fn answers_that_make_somebody_suspected_hold_the_pass(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("base").await;
        let contact = a_declaration("base").answering(national::MET_PATIENT, "yes");
        let declared = app.declare(&contact).await;
        assert_eq!(declared.level, "hold");
        assert!(declared.reasons.contains(&u64::from(reasons::MET_PATIENT)), "the citizen learns why");
        is_held(&officer.scan(&declared.qr).await);
        app.set_clock("2026-11-23 09:20");
        let harmless = app.declare(&a_declaration("base")).await;
        is_held(&officer.scan(&harmless.qr).await);
        app.finish().await;
    }

    async fn a_confirmed_patient_needs_evidence_and_holds_contacts_until_released(database) {
        let app = TestApp::on(database).await;
        let patient = app.declare(&a_declaration("base")).await;
        let near = app.declare(&a_declaration("base").by(binh())).await;
        let far = app.declare(&a_declaration("base").by(cuong())).await;
        let (doctor, officer) = (medical(&app).await, app.on_duty("base").await);

        let bare = mark(&doctor, &patient, &[("class", "f0")]).await;
        assert_eq!(bare.status, 422);
        assert!(bare.text().contains(&phrase::text(Language::Vi, "error-evidence")));
        assert_eq!(officer.scan(&patient.qr).await.status, "VALID");
        let entered = mark(&doctor, &patient, &[("class", "f0"), ("evidence", "PCR 4711")]).await;
        assert!(entered.location().contains("saved=true"));
        is_held(&officer.scan(&patient.qr).await);

        app.set_clock("2026-11-23 09:01");
        let alone = mark(&doctor, &near, &[("class", "f1"), ("met_on", "2026-11-20")]).await;
        assert_eq!(alone.status, 422, "a contact names whom it met");
        let f0 = source(&history(&doctor, &near).await);
        let met = [("class", "f1"), ("source", f0.as_str()), ("met_on", "2026-11-20")];
        assert_eq!(mark(&doctor, &near, &met).await.status, 303);
        is_held(&officer.scan(&near.qr).await);
        let skips = [("class", "f2"), ("source", f0.as_str()), ("met_on", "2026-11-21")];
        assert_eq!(mark(&doctor, &far, &skips).await.status, 422, "F2 met an F1");
        let f1 = source(&history(&doctor, &far).await);
        let met = [("class", "f2"), ("source", f1.as_str()), ("met_on", "2026-11-21")];
        assert_eq!(mark(&doctor, &far, &met).await.status, 303);
        is_held(&officer.scan(&far.qr).await);
        officer.record(&far.qr, "").await;

        assert_eq!(release(&doctor, &patient, " ").await.status, 422, "a release needs evidence");
        let released = release(&doctor, &patient, "PCR 4712 âm tính").await;
        assert!(released.location().contains("saved=true"));
        for freed in [&patient, &near, &far] {
            assert_eq!(officer.scan(&freed.qr).await.status, "VALID", "what rested on it ends too");
        }
        let entries = app.home().number("SELECT COUNT(*) FROM marks").await;
        assert_eq!(entries, 4, "nothing is edited away");
        let shown = history(&doctor, &patient).await.text();
        assert!(shown.contains("PCR 4711") && shown.contains("PCR 4712"), "{shown}");

        app.set_clock("2026-11-23 11:02");
        app.run_jobs().await;
        let committee = app.log_in(Role::Committee, "base").await;
        let report = committee.browser.get("/api/v1/reports/2026-11-23").await.json();
        let figure = |key: &str| report["totals"][key].as_i64().unwrap_or(0);
        let counted = ["16", "17", "18", "24", "19"].map(figure);
        assert_eq!(counted, [1, 1, 1, 1, 1], "F0, F1, F2, released, holds met: {report}");
        app.finish().await;
    }

    async fn a_patient_is_offered_by_the_label_of_its_own_page_however_many_are_suspected(database) {
        let app = TestApp::on(database).await;
        let patient = app.declare(&a_declaration("base")).await;
        let healed = app.declare(&a_declaration("base").by(cuong())).await;
        let near = app.declare(&a_declaration("base").by(binh())).await;
        let doctor = medical(&app).await;
        for of in [&healed, &patient] {
            mark(&doctor, of, &[("class", "f0"), ("evidence", "PCR 4711")]).await;
        }
        assert_eq!(release(&doctor, &healed, "PCR 4712 âm tính").await.status, 303);
        app.set_clock("2026-11-23 09:01");
        suspect(&app, 150).await;

        let own = history(&doctor, &patient).await;
        let (id, label) = (own.field("mark"), own.field("mark")[30..].to_owned());
        let shown = format!("<span translate=\"no\">{label}</span>");
        assert!(own.text().contains(&shown), "{shown} in {}", own.text());
        let text = history(&doctor, &near).await.text();
        let f0: Vec<_> = text.lines().filter(|l| l.contains("<option") && l.contains("F0")).collect();
        assert_eq!(f0.len(), 1, "who was released is not offered: {f0:?}");
        assert!(f0[0].contains(&id) && f0[0].contains(&label), "{f0:?}");
        let met = [("class", "f1"), ("source", id.as_str()), ("met_on", "2026-11-20")];
        assert_eq!(mark(&doctor, &near, &met).await.status, 303);
        app.finish().await;
    }

    async fn whoever_is_found_at_a_post_elsewhere_is_held_everywhere_until_released_there(database) {
        let app = TestApp::on(database).await;
        let to_base = a_declaration("ha-noi").to("2025-24-0");
        let patient = app.declare(&to_base.clone().by(an())).await;
        let near = app.declare(&to_base.by(binh())).await;
        let doctor = medical(&app).await;
        mark(&doctor, &patient, &[("class", "f0"), ("evidence", "PCR 4711")]).await;
        let f0 = source(&history(&doctor, &near).await);
        let met = [("class", "f1"), ("source", f0.as_str()), ("met_on", "2026-11-20")];
        assert_eq!(mark(&doctor, &near, &met).await.status, 303);
        let posts = ["ha-noi", "quang-ninh", "base"];
        for province in posts {
            let officer = app.on_duty(province).await;
            is_held(&officer.scan(&patient.qr).await);
            is_held(&officer.scan(&near.qr).await);
        }
        let colleague = app.log_in(Role::Medical, "ha-noi").await;
        colleague.take_duty(1, "entry").await;
        let words = phrase::text(Language::Vi, "mark-elsewhere");
        let page = history(&colleague, &patient).await.text();
        assert!(page.contains(&words) && !page.contains("PCR 4711"), "whose, not why: {page}");
        assert!(!history(&doctor, &patient).await.text().contains(&words), "it is their own");
        let seen = app.browser().get(&patient.page).await.text();
        assert!(seen.contains(&phrase::text(Language::Vi, "action-class-entered")), "{seen}");

        app.set_clock("2026-11-23 09:05");
        assert_eq!(release(&doctor, &patient, "PCR 4712 âm tính").await.status, 303);
        for province in posts {
            let officer = app.on_duty(province).await;
            assert_eq!(officer.scan(&patient.qr).await.status, "VALID", "{province}");
            assert_eq!(officer.scan(&near.qr).await.status, "VALID", "what rested on it: {province}");
        }
        assert!(!history(&colleague, &patient).await.text().contains(&words));
        app.finish().await;
    }

    async fn only_a_medical_officer_enters_a_class(database) {
        let app = TestApp::on(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        let officer = app.on_duty("base").await;
        let scanned = officer.scan(&declared.qr).await;
        let reference = scanned.body["reference"].as_str().unwrap().to_owned();
        let fields = [
            ("reference".to_owned(), reference.clone()),
            ("class".into(), "f0".into()),
            ("evidence".into(), "nghe nói".into()),
        ];
        assert_eq!(officer.browser.post("/officer/mark", &fields).await.status, 403);
        let page = format!("/officer/mark?reference={reference}");
        assert_eq!(officer.browser.get(&page).await.status, 403);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM marks").await, 0);
        let other = officer.try_scan(json!({"code": declared.qr})).await;
        assert_eq!(other.json()["status"], "VALID");
        app.finish().await;
    }
}
