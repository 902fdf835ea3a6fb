//! Opens the configured channels: their senders, their hooks and their connections.

use std::sync::Arc;

use anyhow::{Context, Result};
use channels::smpp::{Smpp, SmppSettings};
use channels::{Place, sms, ussd};
use workflows::message::ChannelId;

use crate::config::{ChannelConfig, Kind};
use crate::hooks::{Hook, HookTable};
use crate::state::App;

/// The connections that this server keeps by itself.
#[derive(Default)]
pub(crate) struct Gateways(Vec<Arc<Smpp>>);

impl Gateways {
    /// Opens every channel of the configuration. A provider that is away is no error.
    pub(crate) fn open(app: &mut App) -> Result<Self> {
        let mut gateways = Self::default();
        let mut hooks = HookTable::default();
        let config = Arc::clone(&app.config);
        for (id, channel) in &config.channel {
            gateways
                .channel(app, &mut hooks, (id, channel))
                .with_context(|| format!("channel.{id}"))?;
        }
        app.hooks = Arc::new(hooks);
        Ok(gateways)
    }

    fn channel(
        &mut self,
        app: &App,
        hooks: &mut HookTable,
        (id, channel): (&ChannelId, &ChannelConfig),
    ) -> Result<()> {
        let inlet = app.inlet(id)?;
        match channel.kind {
            Kind::Smpp | Kind::UssdSmpp => {
                let settings: SmppSettings = channel.settings.clone().try_into()?;
                let smpp = Smpp::open(settings, inlet, app.workflows.clock.clone())?;
                let smpp = Arc::new(smpp);
                if channel.kind.sends_texts() {
                    app.plug(id, Arc::<Smpp>::clone(&smpp))?;
                }
                self.0.push(smpp);
            }
            Kind::Kannel | Kind::Template | Kind::Twilio => {
                let place = Place {
                    channel: id,
                    public_url: &app.config.public_url,
                };
                let opened = sms::open(channel.kind.as_str(), &channel.settings, &place)?;
                app.plug(id, opened.sender)?;
                if let Some(hook) = opened.hook {
                    hooks.put(id.clone(), Hook::Sms(hook), inlet);
                }
            }
            Kind::UssdHttp => {
                let hook = ussd::open(&channel.settings)?;
                hooks.put(id.clone(), Hook::Ussd(hook), inlet);
            }
            // The demo's phones were connected with the application itself.
            Kind::Demo => {}
        }
        Ok(())
    }

    /// Ends the connections once the answers that are on their way have come.
    pub(crate) async fn close(self) {
        for smpp in self.0 {
            smpp.close().await;
        }
    }
}
