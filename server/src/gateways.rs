//! Opens the configured channels: each gets its way in and its way out, by its kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use channels::Place;
use channels::chat::{Keeper, Opening};
use channels::smpp::{Smpp, SmppSettings, SmppStatus};
use tokio::sync::watch;
use tokio::task::JoinSet;
use workflows::message::ChannelId;

use crate::config::{ChannelConfig, Kind};
use crate::hooks::{Hook, HookTable};
use crate::state::App;

/// Time for keepers to end when the server stops.
const ENDING: Duration = Duration::from_secs(10);

/// The SMSCs that this process is bound to, by channel.
#[derive(Clone, Default)]
pub(crate) struct Binds(Arc<BTreeMap<ChannelId, Arc<Smpp>>>);

impl Binds {
    /// How a channel's binds stand; none for a channel that has no SMSC.
    pub(crate) fn status(&self, channel: &ChannelId) -> Option<SmppStatus> {
        self.0.get(channel).map(|smpp| smpp.status())
    }

    /// Unbinds everywhere.
    pub(crate) async fn close(&self) {
        for smpp in self.0.values() {
            smpp.close().await;
        }
    }
}

/// What runs beside the server for its channels.
#[derive(Default)]
pub(crate) struct Keepers(Vec<Box<dyn Keeper>>);

impl Keepers {
    /// Starts what there is.
    pub(crate) fn start(&mut self) -> KeepersAtWork {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for keeper in self.0.drain(..) {
            let mut stopped = stopped.clone();
            let stopped = Box::pin(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            });
            tasks.spawn(keeper.keep(stopped));
        }
        KeepersAtWork { stop, tasks }
    }
}

/// Keepers that were started.
pub(crate) struct KeepersAtWork {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl KeepersAtWork {
    /// Tells them to end, and waits for it.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let ending = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(ENDING, ending).await;
    }
}

/// Opens every channel of the configuration. An SMSC or a gateway that is away is no error.
pub(crate) fn open(app: &mut App) -> Result<Keepers> {
    let mut keepers = Keepers::default();
    let mut hooks = HookTable::default();
    let mut binds = BTreeMap::new();
    for (id, config) in &app.config.channel {
        let opened = match config.kind {
            // Its phones are connected with the pages that show them.
            Kind::Demo => Ok(()),
            Kind::Smpp | Kind::UssdSmpp => smpp(app, id, config).map(|smpp| {
                binds.insert(id.clone(), smpp);
            }),
            Kind::UssdHttp => channels::ussd::open(&config.settings)
                .map_err(anyhow::Error::from)
                .and_then(|hook| {
                    hooks.put(id.clone(), Hook::Ussd(hook), app.inlet(id)?);
                    Ok(())
                }),
            Kind::Kannel | Kind::Template | Kind::Twilio => texts(app, id, config, &mut hooks),
            Kind::Zns => templates(app, id, config),
            Kind::Chat => chats(app, id, config, &mut hooks).map(|keeper| keepers.0.extend(keeper)),
        };
        opened.with_context(|| format!("channel.{id}.settings"))?;
    }
    app.hooks = Arc::new(hooks);
    app.binds = Binds(Arc::new(binds));
    Ok(keepers)
}

/// Chats of a provider.
fn chats(
    app: &App,
    id: &ChannelId,
    config: &ChannelConfig,
    hooks: &mut HookTable,
) -> Result<Option<Box<dyn Keeper>>> {
    let provider = config.provider(&app.providers);
    let provider = provider.context("there is no such provider of chats")?;
    let opened = (provider.open)(&Opening {
        settings: &config.settings,
        place: Place {
            channel: id,
            public_url: &app.config.public_url,
        },
        clock: &app.workflows.clock,
        inlet: app.inlet(id)?,
        shared: crate::accounts::open(app, id),
    })?;
    app.plug(id, opened.sender)?;
    if let Some(hook) = opened.hook {
        hooks.put(id.clone(), Hook::Events(hook), app.inlet(id)?);
    }
    Ok(opened.keeper)
}

/// Templates that an account of another channel sends.
fn templates(app: &App, id: &ChannelId, config: &ChannelConfig) -> Result<()> {
    let account = config.account().context("account: names no channel")?;
    let section = app.config.channel.get(&account);
    let section = section.context("account: names no channel")?;
    let clock = &app.workflows.clock;
    let shared = crate::accounts::open(app, &account);
    let sender = channels::chat::zns::open(&config.settings, &section.settings, clock, shared)?;
    app.plug(id, sender)
}

/// A gateway of texts over HTTP.
fn texts(app: &App, id: &ChannelId, config: &ChannelConfig, hooks: &mut HookTable) -> Result<()> {
    let place = Place {
        channel: id,
        public_url: &app.config.public_url,
    };
    let opened = channels::sms::open(config.kind.as_str(), &config.settings, &place)?;
    app.plug(id, opened.sender)?;
    if let Some(hook) = opened.hook {
        hooks.put(id.clone(), Hook::Events(hook), app.inlet(id)?);
    }
    Ok(())
}

/// An account at an SMSC, for texts or for dialogues.
fn smpp(app: &App, id: &ChannelId, config: &ChannelConfig) -> Result<Arc<Smpp>> {
    let settings: SmppSettings = toml::Value::Table(config.settings.clone()).try_into()?;
    let clock = app.workflows.clock.clone();
    let smpp = Arc::new(Smpp::open(settings, app.inlet(id)?, clock)?);
    if config.kind == Kind::Smpp {
        app.plug(id, Arc::<Smpp>::clone(&smpp) as Arc<dyn channels::Sender>)?;
    }
    Ok(smpp)
}
