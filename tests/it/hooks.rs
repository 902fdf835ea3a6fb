//! The gateways' door, on the real router: who is let in, what is told to whom, and that nothing
//! is acknowledged before it is kept. The inlet behind it keeps in memory.

use std::sync::Arc;

use channels::Place;
use server::hooks::{Hook, HookTable};
use tests::{Answer, Database, MemoryInlet, TestApp};
use workflows::message::{ChannelId, TurnInput};

const GATE: &str = "gate = { query = { name = \"secret\", secret = \"long-enough\" } }\n";
const HERE: &str = "gate = { sources = [\"127.0.0.0/8\"] }\n";
const ELSEWHERE: &str = "gate = { sources = [\"203.0.113.0/24\"] }\n";
const MESSAGE: &str = "from=84912345678&to=8066&text=KB&id=m1&charset=UTF-8&coding=0";
const TURN: &str = "sessionId=s1&serviceCode=*123%23&phoneNumber=%2B84912345678&text=1";
const FORM: &str = "application/x-www-form-urlencoded";

struct Door {
    app: TestApp,
    inlet: Arc<MemoryInlet>,
    client: reqwest::Client,
}

impl Door {
    /// A server with a channel of each kind of hook.
    async fn open() -> Self {
        let inlet = Arc::new(MemoryInlet::default());
        let mut table = HookTable::default();
        let mut put = |name: &str, hook: Hook| {
            table.put(ChannelId::parse(name).unwrap(), hook, inlet.clone());
        };
        put("sms-kannel", Hook::Events(sms("kannel", KANNEL)));
        put("sms-twilio", Hook::Events(sms("twilio", TWILIO)));
        for (name, gate) in [
            ("ussd", GATE),
            ("ussd-here", HERE),
            ("ussd-elsewhere", ELSEWHERE),
        ] {
            let settings = format!("style = \"africas-talking\"\n{gate}");
            put(
                name,
                Hook::Ussd(channels::ussd::open(&settings.parse().unwrap()).unwrap()),
            );
        }
        let setup = TestApp::setup(Database::Sqlite).hooks(table);
        let app = setup
            .set("public_url", "\"https://khaibao.example\"")
            .start()
            .await;
        Self {
            app,
            inlet,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn post(&self, path: &str, body: impl Into<String>) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.app.url());
        self.client
            .post(url)
            .header("content-type", FORM)
            .body(body.into())
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.app.url());
        self.client.get(url).send().await.unwrap()
    }

    async fn close(self) {
        self.app.finish().await;
    }
}

const KANNEL: &str = "url = \"http://127.0.0.1:9/\"\nusername = \"u\"\npassword = \"p\"\n\
    sender = \"8066\"\nsecret = \"kannel-secret\"";
const TWILIO: &str = "account_sid = \"AC1\"\nsender = \"+842471000000\"\n\
    auth_token = \"12345678901234567890123456789012\"";

fn sms(kind: &str, settings: &str) -> Arc<dyn channels::inbound::EventHook> {
    let place = Place {
        channel: &ChannelId::parse("sms").unwrap(),
        public_url: "https://khaibao.example",
    };
    let channel = channels::sms::open(kind, &settings.parse().unwrap(), &place).unwrap();
    channel.hook.unwrap()
}

/// Status and body; nothing a gateway gets may start a session.
async fn told(response: reqwest::Response) -> (u16, String) {
    assert!(!response.headers().contains_key("set-cookie"));
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_kept_before_its_gateway_hears_so() {
    let door = Door::open().await;
    let path = format!("/hooks/sms-kannel?secret=kannel-secret&{MESSAGE}");
    door.inlet.set_full(true);
    let response = door.get(&path).await;
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(told(response).await, (503, String::new()));
    door.inlet.set_full(false);
    assert_eq!(told(door.get(&path).await).await, (200, String::new()));
    let kept = door.inlet.messages();
    assert_eq!((kept.len(), kept[0].text.as_str()), (1, "KB"));
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing_and_leave_nothing() {
    let door = Door::open().await;
    let unknown = [
        "/hooks/sms-other",
        "/hooks/SMS-KANNEL",
        "/hooks/sms-kannel/x",
        "/hooks/%00",
    ];
    for path in unknown {
        assert_eq!(told(door.get(path).await).await.0, 404, "{path}");
    }
    assert_eq!(told(door.get("/hooks/sms-other").await).await.1, "");
    let nothing = |status: u16| (status, String::new());
    let path = format!("/hooks/sms-kannel?secret=kannel-secreT&{MESSAGE}");
    assert_eq!(told(door.get(&path).await).await, nothing(401));
    let path = "/hooks/sms-kannel?secret=kannel-secret&text=KB";
    assert_eq!(told(door.get(path).await).await, nothing(400));
    let large = door
        .post("/hooks/ussd?secret=long-enough", "x".repeat(70_000))
        .send()
        .await;
    assert_eq!(told(large.unwrap()).await, nothing(413));
    assert!(door.inlet.messages().is_empty() && door.inlet.turns().is_empty());
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_answered_in_the_same_request() {
    let door = Door::open().await;
    let response = door
        .post("/hooks/ussd?secret=long-enough", TURN)
        .send()
        .await
        .unwrap();
    assert_eq!(told(response).await, (200, "CON 1=Co 2=Khong".into()));
    let turn = door.inlet.turns().remove(0);
    assert!(turn.input == TurnInput::History("1".into()) && turn.code == "*123#");
    door.inlet.set_full(true);
    let response = door
        .post("/hooks/ussd?secret=long-enough", TURN)
        .send()
        .await
        .unwrap();
    assert_eq!(told(response).await.0, 503);
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_known_by_where_it_calls_from() {
    let door = Door::open().await;
    for (path, status) in [("/hooks/ussd-here", 200), ("/hooks/ussd-elsewhere", 401)] {
        let response = door
            .post(path, TURN)
            .header("x-forwarded-for", "203.0.113.1");
        assert_eq!(
            told(response.send().await.unwrap()).await.0,
            status,
            "{path}"
        );
    }
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twilios_signature_is_over_the_public_address() {
    // Made by npm `twilio` 6.2.0 for https://khaibao.example/hooks/sms-twilio.
    let body = "MessageSid=SM0123456789abcdef0123456789abcdef&From=%2B84912345678\
        &To=%2B842471000000&Body=KB+001090000001+Nguy%E1%BB%85n+V%C4%83n+An+%26+con&NumMedia=0";
    let door = Door::open().await;
    for (signature, status) in [("FbhJhKKKjhis44uRx0xjUr2vbqg=", 200), ("x", 401)] {
        let call = door
            .post("/hooks/sms-twilio", body)
            .header("x-twilio-signature", signature);
        assert_eq!(told(call.send().await.unwrap()).await.0, status);
    }
    assert_eq!(door.inlet.messages().len(), 1);
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_no_pages_and_pages_stay_guarded_against_other_sites() {
    let door = Door::open().await;
    let cross = |path: &str, body: &str| {
        door.post(path, body)
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://evil.example")
    };
    let hook = cross("/hooks/ussd?secret=long-enough", TURN)
        .send()
        .await
        .unwrap();
    assert_eq!(told(hook).await.0, 200);
    let page = cross("/officer/login", "login=a&password=b")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status().as_u16(), 403);
    let metrics: Answer = door.app.browser().get("/metrics").await;
    assert!(!metrics.text().contains("84912345678"));
    door.close().await;
}
