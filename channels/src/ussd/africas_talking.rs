//! Africa's Talking (its documents "USSD: handle sessions", "End of session notifications"): a
//! form whose `text` is everything typed so far; the answer is a text that begins with `CON` or
//! `END`.

use std::sync::Arc;

use serde::Deserialize;
use workflows::message::{Screen, Turn, TurnInput};

use crate::fields::{Fields, Wrapping};
use crate::gate::{Gate, GateSettings};
use crate::inbound::{HookError, HookReply, HookRequest, UssdHook};
use crate::settings::{SettingsError, section};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    gate: GateSettings,
}

pub(super) fn open(table: &toml::Table) -> Result<Arc<dyn UssdHook>, SettingsError> {
    let settings: Settings = section("ussd-http", table)?;
    Ok(Arc::new(Hook(Gate::open(&settings.gate)?)))
}

struct Hook(Gate);

impl UssdHook for Hook {
    fn turn(&self, request: &HookRequest<'_>) -> Result<Turn, HookError> {
        self.0.check(request)?;
        let fields = Fields::of(Wrapping::Form, request)?;
        // The notice after the end has a status and no text of its own.
        let input = match (fields.get("text"), fields.get("status")) {
            (Some(text), None) => TurnInput::History(text),
            (_, Some(_)) => TurnInput::Ended,
            (None, None) => return Err(HookError::Malformed("no text")),
        };
        Ok(Turn {
            session: fields.need("sessionId")?,
            from: fields.need("phoneNumber")?,
            code: fields.need("serviceCode")?,
            input,
        })
    }

    fn screen(&self, turn: &Turn, screen: &Screen) -> HookReply {
        if turn.input == TurnInput::Ended {
            return HookReply::text("");
        }
        let word = if screen.continues { "CON" } else { "END" };
        HookReply::text(format!("{word} {}", screen.text))
    }
}
