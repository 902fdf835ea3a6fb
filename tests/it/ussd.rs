//! A first declaration by USSD over every kind of gateway, by somebody whose dialogue breaks after
//! each screen, through a network that asks everything twice.

use channels::Sent;
use serde_json::{Value, json};
use tests::smsc::Smsc;
use tests::{Browser, Database, Script, TestApp, on_both};

use crate::outbox::{accepted, pass_seconds, sms};

const FIRST: [&str; 6] = ["001090000017", "Nguyen Van An", "Bac Ninh", "0", "0", "0"];
const HOOK: &str = "/hooks/ussd?secret=long-enough";
const NUMBER: &str = "84912345678";

/// A screen, and whether it asks.
type Screen = (String, bool);

/// What a phone does.
enum Act<'a> {
    Dial,
    Type(&'a str),
    HangUp,
}

/// How a gateway speaks.
enum Gateway {
    /// Everything typed so far, as Africa's Talking.
    History(Vec<String>),
    /// The latest input with a word, as Hubtel.
    Latest,
    /// The latest input with a flag, as Nalo: it tells of no end.
    Flags,
    /// `ussd_service_op`, by an SMSC made of npm's `smpp`; how many screens it got.
    Smpp(Smsc, usize),
}

impl Gateway {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let http = |style: &str| {
            vec![
                ("kind", "\"ussd-http\"".to_owned()),
                ("settings.style", format!("{style:?}")),
                ("settings.gate.query.name", "\"secret\"".to_owned()),
                ("settings.gate.query.secret", "\"long-enough\"".to_owned()),
            ]
        };
        match self {
            Self::History(_) => http("africas-talking"),
            Self::Latest => http("latest"),
            Self::Flags => http("boolean"),
            Self::Smpp(smsc, _) => vec![
                ("kind", "\"ussd-smpp\"".to_owned()),
                ("settings.address", format!("{:?}", smsc.address)),
                ("settings.system_id", "\"khaibao\"".to_owned()),
                ("settings.password", "\"secret08\"".to_owned()),
                ("settings.ussd", "{}".to_owned()),
            ],
        }
    }

    async fn start(&self, database: Database) -> (TestApp, Script) {
        let mut setup = TestApp::setup(database)
            .set("channel.sms-main.kind", "\"demo\"")
            .set("channel.sms-main.province", "\"base\"")
            .set("channel.ussd.province", "\"base\"")
            .set("channel.ussd.code", "\"*123#\"")
            .set("channel.ussd.copies_to", "\"sms-main\"");
        for (key, value) in self.settings() {
            setup = setup.set(&format!("channel.ussd.{key}"), value);
        }
        let app = setup.start().await;
        let script = Script::answering(|n, _| -> Sent { accepted(&n.to_string()) });
        let plugged = std::sync::Arc::new(script.clone());
        app.parts().plug(&sms(), plugged).unwrap();
        (app, script)
    }

    /// One request; the screen that answers it. Nobody shows one to who has gone.
    async fn ask(&mut self, browser: &Browser, session: &str, act: &Act<'_>) -> Screen {
        match self {
            Self::History(typed) => {
                let text = typed.join("*");
                let more = match act {
                    Act::HangUp => "status=Incomplete".to_owned(),
                    Act::Dial | Act::Type(_) => format!("text={}", text.replace(' ', "+")),
                };
                let body = format!(
                    "sessionId={session}&serviceCode=*123%23&phoneNumber=%2B{NUMBER}&{more}"
                );
                let form = [("content-type", "application/x-www-form-urlencoded")];
                let post = reqwest::Method::POST;
                let said = browser.send(post, HOOK, &form, body.into_bytes()).await;
                assert_eq!(said.status, 200);
                let text = said.text();
                let (word, text) = text.split_once(' ').unwrap_or_default();
                (text.to_owned(), word == "CON")
            }
            Self::Latest => {
                let (kind, text) = match act {
                    Act::Dial => ("Initiation", "*123#"),
                    Act::Type(text) => ("Response", *text),
                    Act::HangUp => ("Release", ""),
                };
                let body = json!({"Type": kind, "Mobile": NUMBER, "SessionId": session,
                    "ServiceCode": "123", "Message": text});
                let said = browser.json(HOOK, &body).await.json();
                let text = said["Message"].as_str().unwrap_or_default();
                (text.to_owned(), said["Type"] == "response")
            }
            Self::Flags => {
                let (first, text) = match act {
                    Act::Dial => (true, "*123#"),
                    Act::Type(text) => (false, *text),
                    Act::HangUp => return Screen::default(),
                };
                let body = json!({"USERID": "NALO", "MSISDN": NUMBER, "USERDATA": text,
                    "MSGTYPE": first, "SESSIONID": session});
                let said = browser.json(HOOK, &body).await.json();
                let text = said["MSG"].as_str().unwrap_or_default();
                (text.to_owned(), said["MSGTYPE"] == true)
            }
            Self::Smpp(smsc, shown) => {
                let (operation, text) = match act {
                    Act::Dial => (1, "*123#"),
                    Act::Type(text) => (18, *text),
                    Act::HangUp => (0x81, ""),
                };
                let octets: String = text.bytes().map(|b| format!("{b:02x}")).collect();
                let pdu = json!({"source_addr": NUMBER, "destination_addr": "*123#",
                    "service_type": "USSD", "ussd_service_op": operation,
                    "its_session_info": session, "data_coding": 0,
                    "short_message": {"hex": octets}});
                let order = json!({"pdus": [pdu], "tries": 1});
                assert_eq!(smsc.post("/deliver", &order).await["statuses"], json!([0]));
                if matches!(act, Act::HangUp) {
                    return Screen::default();
                }
                *shown += 1;
                screen_of(&nth(smsc, *shown).await)
            }
        }
    }
}

/// The screen of this number, once the SMSC has it.
async fn nth(smsc: &Smsc, number: usize) -> Value {
    for _ in 0..500 {
        if let Some(screen) = smsc.submits().await.get(number - 1) {
            return screen.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no screen {number}")
}

fn screen_of(submit: &Value) -> Screen {
    let text = submit["short_message"].as_str().unwrap_or_default();
    (text.to_owned(), submit["ussd_service_op"] == 2)
}

/// A phone in a network that asks twice.
struct Phone<'a> {
    app: &'a TestApp,
    browser: Browser,
    gateway: Gateway,
    dialogues: u32,
}

impl Phone<'_> {
    async fn act(&mut self, act: Act<'_>) -> Screen {
        pass_seconds(self.app, 5);
        if matches!(act, Act::Dial) {
            self.dialogues += 1;
        }
        if let Gateway::History(typed) = &mut self.gateway {
            match act {
                Act::Dial => typed.clear(),
                Act::Type(text) => typed.push(text.to_owned()),
                Act::HangUp => {}
            }
        }
        let session = format!("12{:02x}", 2 * self.dialogues);
        let first = self.gateway.ask(&self.browser, &session, &act).await;
        let again = self.gateway.ask(&self.browser, &session, &act).await;
        assert_eq!(first, again, "a repeated request gets the same screen");
        first
    }

    /// Declares; before each answer the dialogue breaks and is taken up again. The last screen.
    async fn declare(&mut self) -> Screen {
        let mut screen = self.act(Act::Dial).await;
        for (answered, answer) in FIRST.iter().enumerate() {
            assert!(screen.1, "{screen:?}");
            self.act(Act::HangUp).await;
            let redialled = self.act(Act::Dial).await;
            let back = if answered == 0 {
                redialled
            } else {
                assert!(redialled.0.contains("1=tiep tuc"), "{redialled:?}");
                self.act(Act::Type("1")).await
            };
            assert_eq!(back, screen, "what was asked is asked again");
            screen = self.act(Act::Type(answer)).await;
        }
        screen
    }
}

async fn a_first_declaration(gateway: Gateway, database: Database) {
    let (app, script) = gateway.start(database).await;
    let mut phone = Phone {
        app: &app,
        browser: app.browser(),
        gateway,
        dialogues: 0,
    };
    let last = phone.declare().await;
    assert!(!last.1, "{last:?}");
    drop(phone);
    app.run_jobs().await;
    let copies = script.texts();
    assert_eq!(copies.len(), 1, "the pass by text: {copies:?}");
    let declared = "SELECT COUNT(*) FROM declarations WHERE channel = 'ussd'";
    assert_eq!(app.home().number(declared).await, 1);
    assert_eq!(app.home().number("SELECT COUNT(*) FROM passes").await, 1);
    app.finish().await;
}

on_both! {
    async fn by_a_gateway_that_gives_the_history(database) {
        a_first_declaration(Gateway::History(Vec::new()), database).await;
    }

    async fn by_a_gateway_that_gives_the_latest_input(database) {
        a_first_declaration(Gateway::Latest, database).await;
    }

    async fn by_a_gateway_that_gives_flags(database) {
        a_first_declaration(Gateway::Flags, database).await;
    }

    async fn by_an_smsc(database) {
        a_first_declaration(Gateway::Smpp(Smsc::start(), 0), database).await;
    }
}
