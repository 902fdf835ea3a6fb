//! The harness: a real server on a free port, on either database, and the words its tests use.
//! A failing helper panics: it is a test that fails.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod album;
mod browser;
mod declaration;
mod home;
mod inlet;
pub mod kannel;
mod mailbox;
mod officer;
mod pigeon;
mod program;
mod script;
pub mod smsc;
mod stub;
pub mod telegram;
mod telegram_stub;
pub mod tools;
mod zalo;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use channels::chat::{PROVIDERS, Provider};
use server::Server;
use server::config::Config;
use server::hooks::HookTable;
use server::state::App;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use workflows::clock::{Clock, Day, Moment};

pub use album::Album;
pub use browser::{Answer, Browser};
pub use declaration::{Declared, Draft, Person, a_declaration, an, binh, cuong, dao, stranger};
pub use home::{Database, Home};
pub use inlet::MemoryInlet;
pub use mailbox::Received;
pub use officer::{Officer, Scan};
pub use pigeon::{Delivery, Pigeon};
pub use program::Program;
pub use script::Script;
pub use stub::Reply;
pub use telegram_stub::TelegramStub;
pub use zalo::Zalo;

pub use workflows::access::Role;

/// Makes two tests of one story, `on_sqlite` and `on_postgres`. The story gets the
/// [`Database`] it runs on.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "short stories need little of their file")]
            use super::*;

            async fn story($database: $crate::Database) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                Box::pin(story($crate::Database::Sqlite)).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                Box::pin(story($crate::Database::Postgres)).await;
            }
        }
    )+};
}

/// The instant every test begins at unless it says otherwise.
pub const BEGIN: &str = "2026-11-23 09:00";

/// An instant of the local clock, written `2026-11-23 09:00` or with seconds.
pub fn at(text: &str) -> Moment {
    let (day, time) = text.split_once(' ').unwrap();
    let parts: Vec<i64> = time.split(':').map(|p| p.parse().unwrap()).collect();
    let seconds = parts.get(2).copied().unwrap_or(0);
    let day = Day::parse(day).unwrap();
    day.at_minute(parts[0] * 60 + parts[1])
        .plus_seconds(seconds)
}

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    database: Database,
    begin: Moment,
    smtp: bool,
    settings: BTreeMap<String, String>,
    hooks: HookTable,
    providers: Vec<Provider>,
}

impl Setup {
    /// Settings by their dotted key, as in `config.default.toml`; the value is written as TOML.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl ToString) -> Self {
        let name = format!("KHAIBAO_{}", key.replace('.', "__").to_uppercase());
        self.settings.insert(name, value.to_string());
        self
    }

    /// Mail goes to the real SMTP server of `cargo xtask peers`.
    #[must_use]
    pub fn with_smtp(mut self) -> Self {
        self.smtp = true;
        self
    }

    /// Listens for gateways with these hooks.
    #[must_use]
    pub fn hooks(mut self, hooks: HookTable) -> Self {
        self.hooks = hooks;
        self
    }

    /// Chats of another provider beside ours.
    #[must_use]
    pub fn provider(mut self, provider: Provider) -> Self {
        self.providers.push(provider);
        self
    }

    /// Another beginning than [`BEGIN`].
    #[must_use]
    pub fn beginning(mut self, text: &str) -> Self {
        self.begin = at(text);
        self
    }

    /// Another folder of plugins.
    #[must_use]
    pub fn plugins(self, folder: &std::path::Path) -> Self {
        let quoted = format!("{:?}", folder.display().to_string());
        self.set("plugins", quoted)
    }

    /// Starts the server on a fresh copy of the demo's data.
    pub async fn start(self) -> TestApp {
        let home = Home::fresh(self.database).await;
        TestApp::serve(self, home).await
    }

    /// The settings that differ from the demo's file.
    fn overrides(&self, home: &Home) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let mut put = |key: &str, value: String| {
            all.insert(format!("KHAIBAO_{key}"), value);
        };
        put("LISTEN", "127.0.0.1:0".into());
        put("DATABASE", home.url());
        put("MAIL__DOMAIN", format!("{:?}", home.mail_domain()));
        // The tests say when jobs run, and which day's.
        put("JOBS__EVERY_SECONDS", "0".into());
        put("JOBS__CATCH_UP_DAYS", "0".into());
        if self.smtp {
            let server = tools::variable("KHAIBAO_TEST_SMTP");
            let (host, port) = server.rsplit_once(':').unwrap();
            put("MAIL__KIND", "smtp".into());
            put("MAIL__SMTP__HOST", format!("{host:?}"));
            put("MAIL__SMTP__PORT", port.into());
            put("MAIL__SMTP__TLS", "none".into());
        }
        all.extend(self.settings.clone());
        all
    }
}

/// A running server with the demo's data. End it with [`TestApp::finish`].
pub struct TestApp {
    /// Time, standing still until set.
    pub clock: Clock,
    setup: Setup,
    home: Option<Home>,
    app: App,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

impl TestApp {
    /// A server with the demo's data and a sink for its mail.
    pub async fn on(database: Database) -> Self {
        Self::setup(database).start().await
    }

    /// The same with other settings.
    pub fn setup(database: Database) -> Setup {
        Setup {
            database,
            begin: at(BEGIN),
            smtp: false,
            settings: BTreeMap::new(),
            hooks: HookTable::default(),
            providers: PROVIDERS.to_vec(),
        }
    }

    async fn serve(setup: Setup, home: Home) -> Self {
        // Different servers draw different numbers, as different machines do.
        static SEED: AtomicU64 = AtomicU64::new(1_000);
        let seed = SEED.fetch_add(1, Ordering::SeqCst);
        let clock = Clock::fixed(setup.begin, seed);
        let config =
            Config::read(&home.configuration(), home.folder(), setup.overrides(&home)).unwrap();
        let providers = setup.providers.as_slice().into();
        let server = Server::build_with(config, clock.clone(), providers).await;
        let mut server = server.unwrap();
        if !setup.hooks.is_empty() {
            server = server.with_hooks(setup.hooks.clone());
        }
        let url = format!("http://{}", server.address().unwrap());
        let app = server.app();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            server.run(stopped).await.unwrap();
        });
        Self {
            clock,
            setup,
            home: Some(home),
            app,
            url,
            stop: Some(stop),
            running: Some(running),
        }
    }

    /// The parts of another node on the same data and clock, which serves nobody; on PostgreSQL,
    /// because SQLite has one node. Close its store before the end.
    pub async fn another_node(&self) -> App {
        let home = self.home();
        let mut overrides = self.setup.overrides(home);
        overrides.insert("KHAIBAO_NODE".into(), "\"another\"".into());
        let config = Config::read(&home.configuration(), home.folder(), overrides).unwrap();
        let providers = self.setup.providers.as_slice().into();
        let server = Server::build_with(config, self.clock.clone(), providers).await;
        server.unwrap().app()
    }

    /// The same server again on the same data, at the present instant of its clock.
    pub async fn restarted(mut self) -> Self {
        self.stop().await;
        let home = self.home.take().unwrap();
        let mut setup = self.setup.clone();
        setup.begin = self.clock.now();
        Self::serve(setup, home).await
    }

    /// Stops the server in good order and keeps its data, for a program that goes on with them.
    pub async fn stopped(mut self) -> Home {
        self.stop().await;
        self.home.take().unwrap()
    }

    async fn stop(&mut self) {
        self.begin_shutdown();
        self.running.take().unwrap().await.unwrap();
    }

    /// Tells the server to stop, without waiting for it.
    pub fn begin_shutdown(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Does what is due, fails if a message is left over, stops the server, removes its data.
    pub async fn finish(mut self) {
        self.run_jobs().await;
        let left = self.unsent().await;
        assert!(left.is_empty(), "left in the outbox: {left:?}");
        self.stop().await;
        self.home.take().unwrap().remove().await;
    }

    /// Messages that are neither sent nor given up, by state.
    pub async fn unsent(&self) -> Vec<(String, i64)> {
        let scope = workflows::store::Scope::National(workflows::audit::Purpose::Administer);
        let mut tx = self.app.workflows.store.read(&scope).await.unwrap();
        let counts = tx.outbox_counts(Moment(i64::MAX)).await.unwrap();
        let open = counts
            .into_iter()
            .filter(|c| matches!(c.state.as_str(), "queued" | "sending"));
        open.map(|c| (c.state, c.messages)).collect()
    }

    /// The parts of the running server.
    pub fn parts(&self) -> &App {
        &self.app
    }

    /// The data it works on.
    pub fn home(&self) -> &Home {
        self.home.as_ref().unwrap()
    }

    /// Address without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which database it runs on.
    pub fn database(&self) -> Database {
        self.setup.database
    }

    /// A visitor without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// Sets the clock; see [`at`].
    pub fn set_clock(&self, text: &str) {
        self.clock.set(at(text));
    }

    /// Runs every job that is due and delivers what is queued.
    pub async fn run_jobs(&self) {
        self.app.run_due_jobs().await.unwrap();
    }

    /// Opens the demo's account of this role.
    pub async fn log_in(&self, role: Role, province: &str) -> Officer {
        let (login, password) = self.home().account(role, province);
        Officer::log_in(self, &login, &password).await
    }

    /// An officer of the province's first post, letting people in.
    pub async fn on_duty(&self, province: &str) -> Officer {
        let officer = self.log_in(Role::Officer, province).await;
        officer.take_duty(1, "entry").await;
        officer
    }

    /// Declares by the API under a key of its own; the declaration must be taken.
    pub async fn declare(&self, draft: &Draft) -> Declared {
        let key = format!("key-{}", self.clock.uuid());
        let answer = self.declare_with(&key, draft).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Declared::of(&answer.json())
    }

    /// Declares by the API under a key, whatever comes back.
    pub async fn declare_with(&self, key: &str, draft: &Draft) -> Answer {
        let body = draft.body(&self.form(&draft.province).await, self.clock.today());
        self.browser()
            .json_with(&[("idempotency-key", key)], "/api/v1/declarations", &body)
            .await
    }

    /// The form a province asks.
    pub async fn form(&self, province: &str) -> workflows::form::Form {
        let answer = self
            .browser()
            .get(&format!("/api/v1/forms/{province}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_value(answer.json()).unwrap()
    }

    /// Mails that went to the sink, newest first.
    pub fn sunk_mails(&self) -> Vec<channels::email::SunkMail> {
        self.app.sunk_mails()
    }

    /// Mails of this server that the real SMTP server got, oldest first.
    pub fn received_mails(&self) -> Vec<Received> {
        received_mails(self.home())
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        assert!(
            self.home.is_none() || std::thread::panicking(),
            "a test ends with app.finish().await"
        );
    }
}

/// Mails of a server's data that the real SMTP server got, oldest first.
pub fn received_mails(home: &Home) -> Vec<Received> {
    mailbox::of_domain(&home.mail_domain())
}

/// The folder of the built plugins.
pub fn plugins() -> PathBuf {
    PathBuf::from(tools::variable("KHAIBAO_TEST_PLUGINS"))
}
