//! Text messages over HTTP gateways: one file per provider.

mod kannel;
mod template;
mod twilio;

use std::sync::Arc;

use workflows::message::PartOf;

use crate::inbound::EventHook;
use crate::settings::SettingsError;
use crate::{Place, Sender};

/// A way in and a way out.
#[derive(Clone)]
pub struct SmsChannel {
    /// Reads what the gateway calls us with; none where it never does.
    pub hook: Option<Arc<dyn EventHook>>,
    /// Hands parts over to the gateway.
    pub sender: Arc<dyn Sender>,
}

/// Opens a gateway by the word of its kind, `kannel`, `template` or `twilio`, with the settings
/// of its own. Reads the files they name; connects nowhere.
pub fn open(
    kind: &str,
    settings: &toml::Table,
    place: &Place<'_>,
) -> Result<SmsChannel, SettingsError> {
    match kind {
        "kannel" => kannel::open(settings, place),
        "template" => template::open(settings, place),
        "twilio" => twilio::open(settings, place),
        _ => Err(SettingsError::invalid(
            "kind",
            "no such gateway of text messages",
        )),
    }
}

/// Whether a template's requests tell the gateway which part of a long text they carry. Without
/// that the gateway must get whole texts.
pub fn knows_parts(settings: &toml::Table) -> bool {
    template::knows_parts(settings)
}

/// The user data header of a part in hexadecimal (TS 23.040, 9.2.3.24.1). Its reference is the
/// one of eight bits, for which the parts were cut; the lower half serves.
fn header_of(part: PartOf) -> String {
    let [_, reference] = part.reference.to_be_bytes();
    format!("050003{reference:02x}{:02x}{:02x}", part.total, part.number)
}
