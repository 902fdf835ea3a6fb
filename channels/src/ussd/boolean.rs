//! The latest input with flags, as Nalo does it (its document "USSD API"): `MSGTYPE` is true in
//! the first request of a dialogue, and true in every answer but the last. Gateways of this style
//! differ in names and in how they write a flag, which the settings give.

use std::sync::Arc;

use serde::Deserialize;
use workflows::message::{Screen, Turn, TurnInput};

use super::shape::{Shape, ShapeSettings};
use crate::fields::Fields;
use crate::inbound::{HookError, HookReply, HookRequest, UssdHook};
use crate::settings::{SettingsError, merge, section};

/// Nalo's names. Its `USERID` names the account and belongs into a `reply` of the settings.
const NALO: &str = r#"
session = "SESSIONID"
from = "MSISDN"
input = "USERDATA"
first = "MSGTYPE"
ended = ""
continues = true
ends = false
[reply]
MSISDN = "{from}"
USERDATA = "{input}"
MSG = "{text}"
MSGTYPE = "{more}"
"#;

#[derive(Debug, Deserialize)]
struct Settings {
    /// The flag of a dialogue's first request.
    first: String,
    /// The flag of a dialogue that is over; `""` where there is none.
    ended: String,
}

pub(super) fn open(table: &toml::Table) -> Result<Arc<dyn UssdHook>, SettingsError> {
    let mut names: toml::Table = NALO
        .parse()
        .map_err(|e| SettingsError::invalid("ussd-http", e))?;
    // An answer of other members has none of Nalo's.
    if table.contains_key("reply") {
        names.remove("reply");
    }
    merge(&mut names, table.clone());
    let mut flags = toml::Table::new();
    for name in ["first", "ended"] {
        flags.extend(names.remove_entry(name));
    }
    let shape: ShapeSettings = section("ussd-http", &names)?;
    Ok(Arc::new(Hook {
        shape: Shape::open(shape)?,
        flags: section("ussd-http", &flags)?,
    }))
}

struct Hook {
    shape: Shape,
    flags: Settings,
}

/// A flag as JSON, forms and older gateways write it.
fn flag(text: &str) -> Result<bool, HookError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(HookError::Malformed("a flag is neither true nor false")),
    }
}

impl Hook {
    fn input(&self, fields: &Fields<'_>) -> Result<TurnInput, HookError> {
        if let Some(text) = fields.get(&self.flags.ended)
            && flag(&text)?
        {
            return Ok(TurnInput::Ended);
        }
        Ok(if flag(&fields.need(&self.flags.first)?)? {
            TurnInput::Begin
        } else {
            TurnInput::Latest(self.shape.input(fields))
        })
    }
}

impl UssdHook for Hook {
    fn turn(&self, request: &HookRequest<'_>) -> Result<Turn, HookError> {
        let fields = self.shape.fields(request)?;
        let input = self.input(&fields)?;
        self.shape.turn(&fields, input)
    }

    fn screen(&self, turn: &Turn, screen: &Screen) -> HookReply {
        self.shape.screen(turn, screen)
    }
}
