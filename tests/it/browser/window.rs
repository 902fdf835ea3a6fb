//! A headless Chromium, driven over `WebDriver`.

use std::str::FromStr;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{TestApp, tools};

/// Width of a phone, in CSS pixels.
pub(crate) const PHONE: u32 = 360;
/// Width of a desktop, in CSS pixels.
pub(crate) const DESKTOP: u32 = 1280;
const ENTER: &str = "\u{e007}";
const ARROW_DOWN: &str = "\u{e015}";
/// A machine that also builds is slow; nothing here measures time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Without the background flags Chromium asks its maker's hosts at every start.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// One person's browser: its own profile, so its own cookies.
pub(crate) struct Window {
    pub(crate) client: Client,
    base: String,
    _profile: TempDir,
}

/// A command of Chromium's own protocol, as `ChromeDriver` passes it on.
#[derive(Debug)]
struct Devtools(Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or("")
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

impl Window {
    /// A Vietnamese person's browser of this width.
    pub(crate) async fn open(app: &TestApp, width: u32) -> Self {
        Self::open_with(app, width, &[]).await
    }

    /// The same with more of Chromium's arguments.
    pub(crate) async fn open_with(app: &TestApp, width: u32, more: &[String]) -> Self {
        let profile = TempDir::new().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.extend_from_slice(more);
        let mut capabilities = Capabilities::new();
        capabilities.insert(
            "goog:chromeOptions".into(),
            json!({ "args": arguments, "prefs": { "intl.accept_languages": "vi" } }),
        );
        capabilities.insert(
            "timeouts".into(),
            json!({ "script": PATIENCE.as_secs() * 1_000 }),
        );
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&tools::variable("KHAIBAO_TEST_WEBDRIVER"))
            .await
            .unwrap();
        let window = Self {
            client,
            base: app.url().to_owned(),
            _profile: profile,
        };
        window.resize(width).await;
        window
    }

    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// Sends a command of Chromium's own protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) {
        let command = Devtools(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(command).await.unwrap();
    }

    /// Another width; narrow ones are phones.
    pub(crate) async fn resize(&self, width: u32) {
        let metrics = json!({
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Opens an address of the server.
    pub(crate) async fn goto(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.client.goto(&url).await.unwrap();
    }

    /// Path of the present page.
    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// The first element, as soon as it is there.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE);
        match found.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css}: {error}; the page says:\n{}", self.words().await),
        }
    }

    /// Whether there is such an element now.
    pub(crate) async fn has(&self, css: &str) -> bool {
        let found = self.client.find_all(Locator::Css(css)).await.unwrap();
        !found.is_empty()
    }

    /// What a person reads in an element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// What a person reads on the whole page.
    pub(crate) async fn words(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.unwrap();
        body.text().await.unwrap()
    }

    pub(crate) async fn attribute(&self, css: &str, name: &str) -> String {
        let value = self.find(css).await.attr(name).await.unwrap();
        value.unwrap_or_else(|| panic!("{css} has no {name}"))
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Clicks and waits until another page has replaced this one.
    pub(crate) async fn follow(&self, css: &str) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        self.click(css).await;
        self.replaced(&page, css).await;
    }

    async fn replaced(&self, page: &Element, by: &str) {
        let began = Instant::now();
        while page.tag_name().await.is_ok() {
            assert!(
                began.elapsed() < PATIENCE,
                "{by} led nowhere: {}",
                self.words().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.find("footer, main").await;
    }

    /// Types into a field that may hold something.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Types as a wedge scanner does: the text and Enter, into whatever has the focus.
    pub(crate) async fn wedge(&self, text: &str) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        let focused = self.client.active_element().await.unwrap();
        let typed = focused.send_keys(&format!("{text}{ENTER}")).await;
        typed.unwrap();
        self.replaced(&page, "the scan").await;
    }

    /// Types a commune's name and takes the first one offered.
    pub(crate) async fn pick_unit(&self, name: &str, typed: &str) {
        let field = self.find(&format!("[name={name}]")).await;
        field.send_keys(typed).await.unwrap();
        let offered = format!("[data-field={name}] [role=option]");
        self.find(&offered).await;
        let took = field.send_keys(&format!("{ARROW_DOWN}{ENTER}")).await;
        took.unwrap();
    }

    /// Runs a script beside the page's own; its content policy does not bind us.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The same for a script that calls `done(value)`.
    pub(crate) async fn script_until_done(&self, script: &str) -> Result<Value, CmdError> {
        let script = format!("const done = arguments[arguments.length - 1];{script}");
        self.client.execute_async(&script, Vec::new()).await
    }
}
