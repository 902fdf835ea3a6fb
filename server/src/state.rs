//! What every handler and job shares. Cheap to clone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use channels::Sender;
use channels::chat::Provider;
use channels::email::SinkMailer;
use channels::inbound::Inlet;
use metrics_exporter_prometheus::PrometheusHandle;
use moka::sync::Cache;
use plugin_host::Provinces;
use workflows::Workflows;
use workflows::access::Login;
use workflows::declaration::converse::ChannelProfile;
use workflows::message::ChannelId;

use crate::config::{ChannelConfig, Config};
use crate::demo::DemoLines;
use crate::gateways::Binds;
use crate::hooks::HookTable;
use crate::http::Pages;
use crate::inlet::{ChannelInlet, ReceiptDoor};
use crate::outlets::{Outlet, Outlets};
use crate::telemetry;

/// Role changes and log-outs on another node take effect within this time.
const LOGIN_CACHED: Duration = Duration::from_secs(1);
const LOGINS_CACHED: u64 = 20_000;
/// Drawn passes kept; a picture is a few kilobytes.
const PICTURES_CACHED: u64 = 4_000;

type Inlets = BTreeMap<ChannelId, Arc<ChannelInlet>>;

/// The server's state.
#[derive(Clone)]
pub struct App {
    /// The workflows.
    pub workflows: Workflows,
    pub(crate) config: Arc<Config>,
    pub(crate) provinces: Arc<Provinces>,
    pub(crate) pages: Arc<Pages>,
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) inlets: Arc<Inlets>,
    pub(crate) sink: Option<SinkMailer>,
    pub(crate) demo: Option<Arc<DemoLines>>,
    pub(crate) hooks: Arc<HookTable>,
    /// Whose chats a channel may name.
    pub(crate) providers: Arc<[Provider]>,
    pub(crate) binds: Binds,
    pub(crate) logins: Cache<String, Arc<Login>>,
    pub(crate) pictures: Cache<(String, &'static str), Arc<Vec<u8>>>,
    pub(crate) metrics: PrometheusHandle,
}

impl App {
    pub(crate) fn new(
        config: Config,
        workflows: Workflows,
        provinces: Arc<Provinces>,
        (mailer, sink): (Arc<dyn Sender>, Option<SinkMailer>),
        providers: Arc<[Provider]>,
    ) -> Result<Self> {
        let outlets = Outlets::default();
        outlets.put(crate::mail::channel(), Outlet::mail(mailer));
        let inlets = inlets(&config, &workflows, &providers);
        let mut app = Self {
            pages: Arc::new(Pages::load()?),
            config: Arc::new(config),
            inlets: Arc::new(inlets),
            workflows,
            provinces,
            outlets: Arc::new(outlets),
            sink,
            demo: None,
            hooks: Arc::default(),
            providers,
            binds: Binds::default(),
            logins: Cache::builder()
                .max_capacity(LOGINS_CACHED)
                .time_to_live(LOGIN_CACHED)
                .build(),
            pictures: Cache::new(PICTURES_CACHED),
            metrics: telemetry::metrics(),
        };
        app.demo = crate::demo::plug(&app)?;
        Ok(app)
    }

    /// Runs every job that is due, now; the scheduler does the same on its ticks.
    pub async fn run_due_jobs(&self) -> Result<()> {
        crate::jobs::run_due(self).await
    }

    /// A channel as the conversation needs to know it.
    pub(crate) fn conversation(&self, id: &ChannelId) -> Option<ChannelProfile> {
        self.config.conversation(id, &self.providers)
    }

    /// Gives a configured channel its way out; before the server runs.
    pub fn plug(&self, channel: &ChannelId, sender: Arc<dyn Sender>) -> Result<()> {
        let config = self.config.channel.get(channel);
        let config = config.with_context(|| format!("channel.{channel} has no section"))?;
        self.outlets
            .put(channel.clone(), Outlet::of(config, sender));
        Ok(())
    }

    /// Gives the account of a channel a refresh token that somebody obtained, in the place of what
    /// it has.
    pub async fn give_tokens(&self, channel: &ChannelId, refresh: &str) -> Result<()> {
        crate::accounts::give(self, channel, refresh).await
    }

    /// The way in of a configured channel: one for all that lead to it, because it keeps the
    /// order of its events.
    pub fn inlet(&self, channel: &ChannelId) -> Result<Arc<dyn Inlet>> {
        let inlet = self.inlets.get(channel);
        let inlet = inlet.with_context(|| format!("channel.{channel} has no section"))?;
        Ok(Arc::<ChannelInlet>::clone(inlet))
    }

    /// Mails that were sent to the sink, newest first.
    pub fn sunk_mails(&self) -> Vec<channels::email::SunkMail> {
        self.sink
            .as_ref()
            .map(SinkMailer::mails)
            .unwrap_or_default()
    }
}

/// The ways in of all configured channels; their receipts share one door.
fn inlets(config: &Config, workflows: &Workflows, providers: &[Provider]) -> Inlets {
    let receipts = ReceiptDoor::open(&workflows.store);
    let channels = config.channel.iter();
    let inlet = |(id, section): (&ChannelId, &ChannelConfig)| {
        let profile = config.conversation(id, providers);
        let inlet = ChannelInlet::new(workflows, &receipts, (id, section), profile);
        (id.clone(), Arc::new(inlet))
    };
    channels.map(inlet).collect()
}
