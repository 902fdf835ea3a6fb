//! An officer at work, by pages and by API.

use serde_json::{Value, json};

use crate::declaration::reason_codes;
use crate::{Answer, Browser, TestApp};

/// Somebody logged in.
#[derive(Clone, Debug)]
pub struct Officer {
    /// The officer's browser.
    pub browser: Browser,
}

/// What a scan said.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Status of the pass.
    pub status: String,
    /// What is advised.
    pub advice: String,
    /// Codes of the reasons.
    pub reasons: Vec<u64>,
    /// Everything else.
    pub body: Value,
}

impl Officer {
    pub(crate) async fn log_in(app: &TestApp, login: &str, password: &str) -> Self {
        let browser = app.browser();
        let fields = [
            ("username".to_owned(), login.to_owned()),
            ("password".into(), password.to_owned()),
        ];
        let answer = browser.post("/officer/login", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        Self { browser }
    }

    /// Goes on duty at a post, in a direction.
    pub async fn take_duty(&self, checkpoint: i64, direction: &str) {
        let body = json!({"checkpoint": checkpoint, "direction": direction});
        let answer = self.browser.json("/api/v1/duty", &body).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// Scans for entry without recording.
    pub async fn scan(&self, code: &str) -> Scan {
        let answer = self.try_scan(json!({"code": code})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Scan::of(answer.json())
    }

    /// Scans and records in one step; an empty gate follows the advice.
    pub async fn record(&self, code: &str, gate: &str) -> Scan {
        let body = json!({"code": code, "record": true, "gate": gate, "note": "đã xem giấy tờ"});
        let answer = self.try_scan(body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Scan::of(answer.json())
    }

    /// Scans with any fields, whatever comes back; the direction is entry unless given.
    pub async fn try_scan(&self, mut body: Value) -> Answer {
        if body["direction"].is_null() {
            body["direction"] = "entry".into();
        }
        self.browser.json("/api/v1/scans", &body).await
    }

    /// Opens the verdict page for a code.
    pub async fn verdict(&self, code: &str) -> Answer {
        let fields = [("input".to_owned(), code.to_owned())];
        let answer = self.browser.post("/officer/scan", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }

    /// Decides on a verdict page.
    pub async fn decide(&self, verdict: &Answer, gate: &str, note: &str) -> Answer {
        let mut fields: Vec<(String, String)> = ["crossing", "reference", "direction"]
            .map(|name| (name.to_owned(), verdict.field(name)))
            .into();
        fields.push(("gate".into(), gate.into()));
        fields.push(("note".into(), note.into()));
        self.browser.post("/officer/record", &fields).await
    }
}

impl Scan {
    fn of(body: Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            status: text("status"),
            advice: text("advice"),
            reasons: reason_codes(&body),
            body,
        }
    }
}
