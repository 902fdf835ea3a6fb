//! What every handler and job shares. Cheap to clone.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use channels::Sender;
use channels::email::SinkMailer;
use metrics_exporter_prometheus::PrometheusHandle;
use moka::sync::Cache;
use plugin_host::Provinces;
use workflows::Workflows;
use workflows::access::Login;

use crate::config::Config;
use crate::hooks::HookTable;
use crate::http::Pages;
use crate::telemetry;

/// Role changes and log-outs on another node take effect within this time.
const LOGIN_CACHED: Duration = Duration::from_secs(1);
const LOGINS_CACHED: u64 = 20_000;
/// Drawn passes kept; a picture is a few kilobytes.
const PICTURES_CACHED: u64 = 4_000;

/// The server's state.
#[derive(Clone)]
pub struct App {
    /// The workflows.
    pub workflows: Workflows,
    pub(crate) config: Arc<Config>,
    pub(crate) provinces: Arc<Provinces>,
    pub(crate) pages: Arc<Pages>,
    pub(crate) mailer: Arc<dyn Sender>,
    pub(crate) sink: Option<SinkMailer>,
    pub(crate) hooks: Arc<HookTable>,
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
    ) -> Result<Self> {
        Ok(Self {
            pages: Arc::new(Pages::load()?),
            config: Arc::new(config),
            workflows,
            provinces,
            mailer,
            sink,
            hooks: Arc::default(),
            logins: Cache::builder()
                .max_capacity(LOGINS_CACHED)
                .time_to_live(LOGIN_CACHED)
                .build(),
            pictures: Cache::new(PICTURES_CACHED),
            metrics: telemetry::metrics(),
        })
    }

    /// Runs every job that is due, now; the scheduler does the same on its ticks.
    pub async fn run_due_jobs(&self) -> Result<()> {
        crate::jobs::run_due(self).await
    }

    /// Mails that were sent to the sink, newest first.
    pub fn sunk_mails(&self) -> Vec<channels::email::SunkMail> {
        self.sink
            .as_ref()
            .map(SinkMailer::mails)
            .unwrap_or_default()
    }
}
