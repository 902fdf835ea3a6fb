//! The only binary: pages, API, jobs, wiring. [`Server::build`] is the list of everything.

mod accounts;
pub mod cli;
pub mod config;
mod demo;
mod gateways;
pub mod hooks;
mod http;
pub mod inlet;
mod jobs;
mod listen;
mod mail;
mod outlets;
mod picture;
mod qr;
pub mod state;
pub mod telemetry;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use channels::Sender;
use channels::chat::{PROVIDERS, Provider};
use channels::email::{SinkMailer, SmtpMailer};
use channels::registry_http::HttpRegistry;
use plugin_host::Provinces;
use tokio::net::TcpListener;
use workflows::Workflows;
use workflows::clock::Clock;
use workflows::pass::{PassSigner, PassVerifier};
use workflows::person::Identity;
use workflows::places::Places;
use workflows::registry::{ImportedRegistry, Registry, RegistryAnswer};
use workflows::rules::Rules;
use workflows::sealing::Sealing;
use workflows::store::Store;
use workflows::units::Units;
use workflows::vault::{KeyFile, Vault};

use config::{Config, MailKind, RegistryKind};
use state::App;

/// How many of the last mails `/demo/mail` shows.
const SUNK_MAILS: usize = 100;

/// A built server, bound to its address.
pub struct Server {
    app: App,
    listener: TcpListener,
    keepers: gateways::Keepers,
}

impl Server {
    /// Opens everything the configuration names and binds the address; nothing is served yet.
    pub async fn build(config: Config, clock: Clock) -> Result<Self> {
        Self::build_with(config, clock, PROVIDERS.into()).await
    }

    /// The same with other providers of chats than ours.
    pub async fn build_with(
        config: Config,
        clock: Clock,
        providers: Arc<[Provider]>,
    ) -> Result<Self> {
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.listen))?;
        let mut app = open_with(config, clock, providers).await?;
        let keepers = gateways::open(&mut app)?;
        if app.workflows.store.engine() == "sqlite" {
            tracing::info!("one node on SQLite: provinces are kept apart by scope only");
        }
        Ok(Self {
            app,
            listener,
            keepers,
        })
    }

    /// The address bound.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Listens for gateways with these hooks instead of the configured ones.
    #[must_use]
    pub fn with_hooks(mut self, hooks: hooks::HookTable) -> Self {
        self.app.hooks = Arc::new(hooks);
        self
    }

    /// Shared state, for tests and commands.
    pub fn app(&self) -> App {
        self.app.clone()
    }

    /// Serves until `shutdown` resolves, then ends open requests and jobs.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let keepers = self.keepers.start();
        let jobs = jobs::start(self.app.clone()).await?;
        let router = http::router(self.app.clone());
        listen::serve(self.listener, router, self.app.config.limits, shutdown).await;
        // First no more comes in, then what waits goes out, then the lines are closed.
        keepers.stop().await;
        jobs.stop().await;
        self.app.binds.close().await;
        self.app.workflows.store.close().await;
        Ok(())
    }
}

/// Everything but the address: commands work on the same parts as the server.
pub async fn open(config: Config, clock: Clock) -> Result<App> {
    open_with(config, clock, PROVIDERS.into()).await
}

async fn open_with(config: Config, clock: Clock, providers: Arc<[Provider]>) -> Result<App> {
    // Parsing the unit lists takes tens of milliseconds: better now than in a citizen's request.
    let units = tokio::task::spawn_blocking(|| {
        Units::embedded();
    });
    let keys = KeyFile::load(&config.keys)
        .with_context(|| format!("the key file {}", config.keys.display()))?;
    let store = Store::open(&config.database, &config.node, &clock).await?;
    let sealing = Sealing {
        store: store.clone(),
        vault: Arc::new(Vault::new(&keys)),
        clock: clock.clone(),
    };
    let provinces = Arc::new(
        Provinces::load(&config.plugins, &config.bindings())
            .with_context(|| format!("plugins in {}", config.plugins.display()))?,
    );
    let rules: Arc<dyn Rules> = Arc::<Provinces>::clone(&provinces);
    let signer = PassSigner::new(&keys);
    let places = Places::default();
    places.refresh(&store, clock.now()).await?;
    let (mailer, sink) = mailer(&config)?;
    let workflows = Workflows {
        verifier: Arc::new(PassVerifier::from_signer(&signer)),
        signer: Arc::new(signer),
        registry: registry(&config, &sealing, &clock)?,
        rules,
        sealing,
        places,
        notices: config.timing(),
        store,
        clock,
    };
    units.await?;
    App::new(config, workflows, provinces, (mailer, sink), providers)
}

type Mailers = (Arc<dyn Sender>, Option<SinkMailer>);

fn mailer(config: &Config) -> Result<Mailers> {
    match config.mail.kind {
        MailKind::Sink => {
            let sink = SinkMailer::new(&config.mail.from, SUNK_MAILS)?;
            Ok((Arc::new(sink.clone()), Some(sink)))
        }
        MailKind::Smtp => Ok((Arc::new(SmtpMailer::open(&config.smtp()?)?), None)),
    }
}

fn registry(config: &Config, sealing: &Sealing, clock: &Clock) -> Result<Arc<dyn Registry>> {
    Ok(match (config.registry.kind, &config.registry.http) {
        (RegistryKind::Imported, _) => Arc::new(ImportedRegistry::new(sealing.clone())),
        (RegistryKind::Http, Some(settings)) => {
            Arc::new(HttpRegistry::open(settings, clock.clone())?)
        }
        _ => Arc::new(NoRegistry),
    })
}

/// Without a registry every identity is to be checked at the post.
struct NoRegistry;

impl Registry for NoRegistry {
    fn compare<'a>(
        &'a self,
        _: &'a Identity,
    ) -> std::pin::Pin<Box<dyn Future<Output = RegistryAnswer> + Send + 'a>> {
        Box::pin(async { RegistryAnswer::Unavailable })
    }
}
