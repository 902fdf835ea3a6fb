//! USSD over HTTP gateways, in the three styles that are about (CHANNELS.md B3): the whole
//! history, the latest input with a word for the kind of request, the latest input with flags.

mod africas_talking;
mod boolean;
mod latest;
mod shape;

use std::sync::Arc;

use crate::inbound::UssdHook;
use crate::settings::SettingsError;

/// Opens a gateway by the word `style` of its settings: `africas-talking`, `latest` or
/// `boolean`. Reads the files they name; connects nowhere, for answers go out in the turn.
pub fn open(settings: &toml::Table) -> Result<Arc<dyn UssdHook>, SettingsError> {
    let mut own = settings.clone();
    let style = own.remove("style");
    match style.as_ref().and_then(toml::Value::as_str) {
        Some("africas-talking") => africas_talking::open(&own),
        Some("latest") => latest::open(&own),
        Some("boolean") => boolean::open(&own),
        _ => Err(SettingsError::invalid(
            "style",
            "africas-talking, latest or boolean",
        )),
    }
}
