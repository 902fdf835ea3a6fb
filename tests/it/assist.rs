//! Declaring for somebody with a keypad phone, by a one-time code: what it takes, and its limits.

use tests::{Answer, Browser, Officer, Role, TestApp, a_declaration, on_both};

const PHONE: &str = "0987 612 345";

/// What the citizen's phone shows, the newest text last.
async fn texts(app: &TestApp, phone: &str) -> Vec<String> {
    app.run_jobs().await;
    let fields = [("number", phone), ("do", "texts")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let page = app.browser().post("/demo/phone?lang=vi", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    let bubbles = page.split("<div class=\"bubble\">\n<p>").skip(1);
    bubbles
        .map(|b| b.split("</p>").next().unwrap().to_owned())
        .collect()
}

/// The six digits of the newest code on the phone.
async fn code_on(app: &TestApp, phone: &str) -> String {
    let texts = texts(app, phone).await;
    let newest = texts
        .iter()
        .rev()
        .find(|t| t.contains("dung trong 10 phut"));
    let newest = newest.unwrap_or_else(|| panic!("no code in {texts:?}"));
    let code: String = newest
        .split("la ")
        .nth(1)
        .unwrap()
        .chars()
        .take(6)
        .collect();
    assert!(code.bytes().all(|b| b.is_ascii_digit()), "{newest}");
    code
}

async fn ask(browser: &Browser, phone: &str) -> Answer {
    let fields = [("phone".to_owned(), phone.to_owned())];
    browser.post("/officer/assist", &fields).await
}

/// Asks for a code that must be sent; its name.
async fn ask_well(browser: &Browser, phone: &str) -> String {
    let answer = ask(browser, phone).await;
    let location = answer.location().to_owned();
    location
        .strip_prefix("/officer/assist?open=")
        .unwrap_or_else(|| panic!("{location}"))
        .to_owned()
}

async fn give(browser: &Browser, open: &str, code: &str) -> Answer {
    let fields = [
        ("open".to_owned(), open.to_owned()),
        ("code".into(), code.into()),
    ];
    browser.post("/officer/assist/code", &fields).await
}

/// Fills the opened form with a declaration and sends it.
async fn declare(app: &TestApp, officer: &Officer, open: &str) -> Answer {
    let form = officer
        .browser
        .get(&format!("/officer/assist/form?open={open}"))
        .await;
    assert_eq!(form.status, 200, "{}", form.text());
    assert!(!form.text().contains("name=\"phone\""), "the number stands");
    let mut fields = form.hidden();
    let draft = a_declaration("ha-noi").with("person.phone", "0911111111");
    fields.extend(draft.fields(&app.form("ha-noi").await, app.clock.today()));
    officer.browser.post("/officer/assist/form", &fields).await
}

/// Another code than this.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

on_both! {
    async fn an_officer_declares_by_the_code_that_the_citizen_reads_out(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let open = ask_well(&officer.browser, PHONE).await;
        let page = officer.browser.get(&format!("/officer/assist?open={open}")).await.text();
        assert!(page.contains("345") && !page.contains("612"), "only the number's end: {page}");
        let code = code_on(&app, PHONE).await;
        let early = officer.browser.get(&format!("/officer/assist/form?open={open}")).await;
        assert_eq!(early.status, 422, "no form without the code");
        let spoken = format!("{} {}", &code[..3], &code[3..]);
        assert!(give(&officer.browser, &open, &spoken).await.location().contains("/form"));

        let made = declare(&app, &officer, &open).await;
        let made = made.location().to_owned();
        let page = officer.browser.get(&made).await.text();
        let pass = page.split("<strong translate=\"no\">").nth(1).unwrap()[..9].to_owned();
        let told = texts(&app, PHONE).await;
        assert!(told.last().unwrap().contains(&pass), "{pass} in {told:?}");

        let scan = officer.scan(&pass).await;
        assert_eq!(scan.status, "VALID");
        let verdict = officer.verdict(&pass).await.text();
        assert!(verdict.contains("Cán bộ khai hộ"), "{verdict}");
        let link = made.split(['=', '&']).nth(1).unwrap();
        let mine = app.browser().get(&format!("/vi/pass/{link}")).await.text();
        assert!(mine.contains("đã khai hộ bạn"), "{mine}");
        let phones = "SELECT COUNT(*) FROM declarations WHERE channel = 'assisted' \
            AND keyed_by IS NOT NULL";
        assert_eq!(app.home().number(phones).await, 1);
        app.finish().await;
    }

    async fn a_form_that_is_sent_twice_makes_one_pass_and_one_text(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let open = ask_well(&officer.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        give(&officer.browser, &open, &code).await.location();
        let again = give(&officer.browser, &open, &code).await;
        assert!(again.location().contains("/form"), "a double press is no mistake");
        let form = officer.browser.get(&format!("/officer/assist/form?open={open}")).await;
        let mut fields = form.hidden();
        let draft = a_declaration("ha-noi");
        fields.extend(draft.fields(&app.form("ha-noi").await, app.clock.today()));
        let first = officer.browser.post("/officer/assist/form", &fields).await;
        let second = officer.browser.post("/officer/assist/form", &fields).await;
        assert_eq!(first.location(), second.location());
        assert_eq!(texts(&app, PHONE).await.len(), 2, "the code and the pass");
        assert_eq!(app.home().number("SELECT COUNT(*) FROM declarations").await, 1);
        app.finish().await;
    }

    async fn five_wrong_tries_end_a_code(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let open = ask_well(&officer.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        for _ in 0..5 {
            let refused = give(&officer.browser, &open, &wrong(&code)).await;
            assert_eq!(refused.status, 422);
        }
        let late = give(&officer.browser, &open, &code).await;
        assert_eq!(late.status, 422, "the right code comes too late");
        app.finish().await;
    }

    async fn tries_made_at_once_are_counted_too(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let open = ask_well(&officer.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        let mut tries = Vec::new();
        for _ in 0..12 {
            let (browser, open, code) = (officer.browser.clone(), open.clone(), wrong(&code));
            tries.push(tokio::spawn(async move { give(&browser, &open, &code).await.status }));
        }
        for one in tries {
            assert_eq!(one.await.unwrap(), 422);
        }
        assert_eq!(app.home().number("SELECT tries FROM assists").await, 5);
        app.finish().await;
    }

    async fn a_code_ends_after_ten_minutes(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let open = ask_well(&officer.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        app.set_clock("2026-11-23 09:10");
        assert_eq!(give(&officer.browser, &open, &code).await.status, 422);
        app.finish().await;
    }

    async fn a_number_gets_three_codes_an_hour_whoever_asks(database) {
        let app = TestApp::on(database).await;
        let one = app.on_duty("ha-noi").await;
        let other = app.on_duty("base").await;
        for browser in [&one.browser, &other.browser, &one.browser] {
            ask_well(browser, PHONE).await;
        }
        for browser in [&one.browser, &other.browser] {
            assert_eq!(ask(browser, "+84987612345").await.status, 422);
        }
        ask_well(&other.browser, "0911222333").await;
        app.run_jobs().await;
        // A refusal does not count: asking on does not keep the number shut.
        app.set_clock("2026-11-23 10:00:01");
        let other = app.on_duty("base").await;
        ask_well(&other.browser, PHONE).await;
        app.run_jobs().await;
        assert_eq!(texts(&app, PHONE).await.len(), 4);
        app.finish().await;
    }

    async fn a_number_gets_ten_codes_a_day(database) {
        let app = TestApp::on(database).await;
        let officer = app.log_in(Role::Hotline, "ha-noi").await;
        let mut sent = 0;
        for hour in 9..14 {
            app.set_clock(&format!("2026-11-23 {hour:02}:00"));
            // An idle log-in ends; each hour begins with a new one.
            let officer = if hour == 9 { officer.clone() } else { app.log_in(Role::Hotline, "ha-noi").await };
            for _ in 0..3 {
                let answer = ask(&officer.browser, PHONE).await;
                sent += u32::from(answer.status == 303);
            }
            app.set_clock(&format!("2026-11-23 {hour:02}:59"));
        }
        assert_eq!(sent, 10);
        app.finish().await;
    }

    async fn a_code_serves_only_who_asked_for_it(database) {
        let app = TestApp::on(database).await;
        let asker = app.on_duty("ha-noi").await;
        let open = ask_well(&asker.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        let colleague = app.log_in(Role::Medical, "ha-noi").await;
        colleague.take_duty(1, "entry").await;
        let foreigner = app.on_duty("base").await;
        for other in [&colleague, &foreigner] {
            assert_eq!(give(&other.browser, &open, &code).await.status, 422);
        }
        give(&asker.browser, &open, &code).await.location();
        let form = format!("/officer/assist/form?open={open}");
        assert_eq!(colleague.browser.get(&form).await.status, 422);
        app.finish().await;
    }

    async fn the_hotline_declares_without_a_post_and_may_do_nothing_else(database) {
        let app = TestApp::on(database).await;
        let operator = app.log_in(Role::Hotline, "ha-noi").await;
        for path in ["/officer/scan", "/officer/paper", "/officer/list", "/admin", "/committee"] {
            assert_eq!(operator.browser.get(path).await.status, 403, "{path}");
        }
        let open = ask_well(&operator.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        give(&operator.browser, &open, &code).await.location();
        declare(&app, &operator, &open).await.location();
        let kept = "SELECT COUNT(*) FROM declarations WHERE channel = 'hotline' AND checkpoint = 1";
        assert_eq!(app.home().number(kept).await, 1);
        app.finish().await;
    }
}

on_both! {
    async fn only_vietnamese_mobile_numbers_get_codes(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        for phone in ["02438 123 456", "+82 10 1234 5678", "12", "'; DROP"] {
            let refused = ask(&officer.browser, phone).await;
            assert_eq!(refused.status, 422, "{phone}");
        }
        let committee = app.log_in(Role::Committee, "ha-noi").await;
        assert_eq!(ask(&committee.browser, PHONE).await.status, 403);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM assists").await, 0);
        app.finish().await;
    }

    async fn every_step_is_in_the_audit(database) {
        let app = TestApp::on(database).await;
        let officer = app.on_duty("ha-noi").await;
        let open = ask_well(&officer.browser, PHONE).await;
        let code = code_on(&app, PHONE).await;
        give(&officer.browser, &open, &wrong(&code)).await;
        give(&officer.browser, &open, &code).await;
        declare(&app, &officer, &open).await.location();
        for action in ["assist-code-sent", "assist-code-wrong", "assist-code-proven", "declared-for"] {
            let count = "SELECT COUNT(*) FROM audit WHERE role = 'officer' AND action = ";
            assert_eq!(app.home().number(&format!("{count}'{action}'")).await, 1, "{action}");
        }
        app.finish().await;
    }
}
