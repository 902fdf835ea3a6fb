//! What is planted with the real binary is found in no file, log, metric or address
//! (SECURITY.md §9 bar 7).

use std::process::Command;

use tests::{
    Answer, Browser, Database, Draft, Home, Person, Program, Role, a_declaration, on_both, tools,
};
use workflows::clock::Clock;
use workflows::form::Form;

const NAME: &str = "Đặng Quỳnh Ngọc Bích";
const NUMBER: &str = "031188123457";
const PHONE: &str = "0987612345";
const HOUSE: &str = "Hẻm Kỳ Lạ 359 tổ Ốc Đảo";
const PLATE: &str = "34C-876.54";
/// Secrets that stand in addresses.
const LINK: &str = "31c0ffee31c0ffee31c0ffee31c0ffee";
const NOTE: &str = "bà ngoại ốm nặng ở viện";

/// Everything planted, in every shape in which it might lie about.
fn planted() -> Vec<String> {
    let texts = [
        NAME,
        "ĐẶNG QUỲNH NGỌC BÍCH",
        "đặng quỳnh ngọc bích",
        "DANG QUYNH NGOC BICH",
        "dang quynh ngoc bich",
        "Quỳnh",
        NUMBER,
        PHONE,
        "987612345",
        HOUSE,
        "kỳ lạ 359",
        "ky la 359",
        PLATE,
        "34C87654",
        NOTE,
        LINK,
    ];
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let mut all: Vec<String> = texts.iter().map(|t| hex(t)).collect();
    all.extend(texts.map(str::to_owned));
    all
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

fn clean(what: &str, bytes: &[u8]) {
    for text in planted() {
        assert!(!contains(bytes, &text), "{what} says {text}");
    }
}

fn draft() -> Draft {
    let person = Person {
        name: NAME.into(),
        number: NUMBER.into(),
        birth: "1988-04-30".into(),
        gender: "female",
    };
    a_declaration("ha-noi")
        .by(person)
        .with("person.phone", PHONE)
        .with("permanent.house", HOUSE)
        .with("staying.house", HOUSE)
        .with("journey.plate", PLATE)
        .answering(50, 6)
        .answering(103, NOTE)
}

/// Declares by API, by web and by paper, scans and overrides; every redirect on the way.
async fn live_through_a_day(home: &Home, program: &Program) -> Vec<String> {
    let browser = program.browser();
    let today = Clock::system().today();
    let form = browser.get("/api/v1/forms/ha-noi").await.json();
    let form: Form = serde_json::from_value(form).unwrap();
    let key = [("idempotency-key", "privacy-by-the-api")];
    let body = draft().body(&form, today);
    let api = browser.json_with(&key, "/api/v1/declarations", &body).await;
    assert_eq!(api.status, 201, "{}", api.text());
    let api = tests::Declared::of(&api.json());
    let mut fields = browser.get("/vi/declare?province=ha-noi").await.hidden();
    fields.extend(draft().fields(&form, today));
    let check = browser.post("/vi/declare", &fields).await;
    assert!(check.text().contains(NAME), "{}", check.text());
    let sent = browser.post("/vi/declare/send", &check.hidden()).await;
    let mut addresses = vec![sent.location().to_owned(), api.page];

    let officer = log_in(home, program).await;
    let png = browser.get(&format!("{}.png", sent.location())).await.body;
    let mut sheet = officer.get("/officer/paper").await.hidden();
    sheet.extend(draft().fields(&form, today));
    sheet.push(("serial".into(), "HN-7".into()));
    sheet.push(("documents".into(), "identity".into()));
    let mut parts: Vec<(&str, &str, &[u8])> = Vec::new();
    parts.extend(sheet.iter().map(|(n, v)| (n.as_str(), "", v.as_bytes())));
    parts.push(("picture", "sheet.png", &png));
    let paper = officer.post_parts("/officer/paper", &parts).await;
    addresses.push(paper.location().to_owned());
    addresses.push(officer.get(paper.location()).await.location().to_owned());
    let verdict = scan(&officer, NUMBER).await;
    assert!(verdict.text().contains("ĐẶNG QUỲNH NGỌC BÍCH"));
    addresses.push(
        override_advice(&officer, &verdict)
            .await
            .location()
            .to_owned(),
    );
    let asked = [("phone".to_owned(), PHONE.to_owned())];
    let code = officer.post("/officer/assist", &asked).await;
    addresses.push(code.location().to_owned());
    let press = [("number", PHONE), ("do", "send"), ("entry", NAME)];
    let press = press.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(browser.post("/demo/phone", &press).await.status, 200);
    // Mistakes leave traces too.
    let looked = officer.get(&format!("/api/v1/passes/{NUMBER}")).await;
    assert_eq!(
        looked.json()["code"],
        "pass-code",
        "a number has no place in an address"
    );
    officer.get(&format!("/nowhere/{NUMBER}")).await;
    browser.json("/api/v1/declarations", &body).await;
    for path in ["/vi/chat/base.", "/once/base."] {
        assert_eq!(browser.get(&format!("{path}{LINK}")).await.status, 404);
    }
    assert_eq!(
        browser
            .post(&format!("/vi/chat/base.{LINK}"), &[])
            .await
            .status,
        404
    );
    addresses
}

async fn log_in(home: &Home, program: &Program) -> Browser {
    let browser = program.browser();
    let (login, password) = home.account(Role::Officer, "ha-noi");
    let fields = [
        ("username".to_owned(), login),
        ("password".into(), password),
    ];
    browser.post("/officer/login", &fields).await.location();
    let duty = serde_json::json!({"checkpoint": 1, "direction": "entry"});
    assert_eq!(browser.json("/api/v1/duty", &duty).await.status, 204);
    browser
}

async fn scan(officer: &Browser, input: &str) -> Answer {
    officer
        .post("/officer/scan", &[("input".to_owned(), input.to_owned())])
        .await
}

async fn override_advice(officer: &Browser, verdict: &Answer) -> Answer {
    let mut fields: Vec<(String, String)> = ["crossing", "reference", "direction"]
        .map(|name| (name.to_owned(), verdict.field(name)))
        .into();
    fields.push(("gate".into(), "turn-back".into()));
    fields.push(("note".into(), NOTE.into()));
    officer.post("/officer/record", &fields).await
}

/// The database as a thief gets it: every file, or a dump.
fn stolen(home: &Home, database: Database) -> Vec<(String, Vec<u8>)> {
    match database {
        Database::Sqlite => tools::files(home.folder()),
        Database::Postgres => {
            let mut dump = Command::new("pg_dump");
            dump.env("PGOPTIONS", "-c khaibao.provinces=*");
            dump.args(["--enable-row-security", "--dbname", &home.url()]);
            vec![("the dump".into(), tools::output(&mut dump).into_bytes())]
        }
    }
}

on_both! {
    async fn nothing_planted_is_found_outside_the_sealed_fields(database) {
        let home = Home::fresh(database).await;
        let program = Program::start(&home, &[("KHAIBAO_LOG", "debug")]).await;
        let addresses = live_through_a_day(&home, &program).await;
        let metrics = program.browser().get("/metrics").await;
        assert!(metrics.text().contains("declarations_total"));
        let open = stolen(&home, database);
        let (log, status) = program.stop();
        assert!(status.success() && log.contains("request_id"), "{log}");
        let closed = stolen(&home, database);

        assert!(open.iter().any(|(_, bytes)| contains(bytes, "HN-7")), "the search does find");
        for (name, bytes) in open.iter().chain(&closed) {
            clean(name, bytes);
        }
        clean("the log", log.as_bytes());
        clean("the metrics", &metrics.body);
        clean("an address", addresses.join("\n").as_bytes());
        home.remove().await;
    }
}
