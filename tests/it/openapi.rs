//! The contract: every example in it is taken by the demo's data.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Browser, Database, Declared, Role, TestApp, a_declaration};

/// The example of a request's body, whether it stands in the body or in the schema named.
fn example(contract: &Value, operation: &Value) -> Option<Value> {
    let media = &operation["requestBody"]["content"]["application/json"];
    if !media["example"].is_null() {
        return Some(media["example"].clone());
    }
    let reference = media["schema"]["$ref"].as_str()?;
    let schema = contract.pointer(reference.strip_prefix('#')?)?;
    let found = schema["example"].clone();
    let found = if found.is_null() {
        schema["examples"][0].clone()
    } else {
        found
    };
    assert!(!found.is_null(), "{reference} has no example");
    Some(found)
}

#[tokio::test]
async fn every_example_of_the_contract_is_taken_by_the_demo() {
    let app = TestApp::on(Database::Sqlite).await;
    let contract = app.browser().get("/api/openapi.json").await.json();
    assert!(
        contract["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        contract["openapi"]
    );
    let declared = app.declare(&a_declaration("ha-noi")).await;
    app.set_clock("2026-11-23 11:02");
    app.run_jobs().await;
    let officer = app.on_duty("ha-noi").await.browser;
    let committee = app.log_in(Role::Committee, "ha-noi").await.browser;
    let mut tried = 0;
    for (path, operations) in contract["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let browser = if path.contains("report") {
                &committee
            } else {
                &officer
            };
            let call = Call {
                app: &app,
                declared: &declared,
                path,
                method,
            };
            call.succeeds(browser, example(&contract, operation)).await;
            tried += 1;
        }
    }
    assert!(tried >= 8, "{tried} operations");
    app.finish().await;
}

struct Call<'a> {
    app: &'a TestApp,
    declared: &'a Declared,
    path: &'a str,
    method: &'a str,
}

impl Call<'_> {
    /// Sends the example; what only a running server knows is put in: passwords, codes, days.
    async fn succeeds(&self, browser: &Browser, example: Option<Value>) {
        let path = self
            .path
            .replace("{province}", "ha-noi")
            .replace("{code}", &self.declared.code)
            .replace("{day}", "2026-11-23");
        let path = if path.ends_with("units") {
            format!("{path}?q=hoan%20kiem")
        } else {
            path
        };
        let method: Method = self.method.to_uppercase().parse().unwrap();
        let mut body = example;
        if let Some(body) = &mut body {
            let (login, password) = self.app.home().account(Role::Officer, "ha-noi");
            if !body["password"].is_null() {
                assert_eq!(
                    body["login"],
                    json!(login),
                    "the example names an account of the demo"
                );
                body["password"] = password.into();
            }
            if self.path.ends_with("scans") {
                body["code"] = self.declared.code.clone().into();
            }
        }
        let sent = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", "an-example-of-the-contract"),
        ];
        let answer = browser.send(method, &path, &headers, sent).await;
        let good = (200..300).contains(&answer.status);
        assert!(
            good,
            "{} {path}: {} {}",
            self.method,
            answer.status,
            answer.text()
        );
    }
}
