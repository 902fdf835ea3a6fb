//! The latest input with a word for the kind of request, as Hubtel does it (its document
//! "Programmable Services: USSD"): `Type` is `initiation`, `response` or `release`, and so is the
//! answer's. Other gateways differ in names, which the settings give; one without such a word
//! (Oltranz) begins with the dialled code, or with nothing, as its input.

use std::sync::Arc;

use serde::Deserialize;
use workflows::message::{Screen, Turn, TurnInput};

use super::shape::{Shape, ShapeSettings};
use crate::fields::Fields;
use crate::inbound::{HookError, HookReply, HookRequest, UssdHook};
use crate::settings::{SettingsError, merge, section};

/// Hubtel's names. `ClientState` is for stateless servers; ours knows the dialogue by its id.
const HUBTEL: &str = r#"
session = "SessionId"
from = "Mobile"
code = "ServiceCode"
input = "Message"
kind = "Type"
begins = ["initiation"]
ended = ["release", "timeout", "hijackedsession"]
continues = "response"
ends = "release"
[reply]
SessionId = "{session}"
Type = "{more}"
Message = "{text}"
"#;

#[derive(Debug, Deserialize)]
struct Settings {
    /// Where the kind of a request is; `""` for nowhere.
    kind: String,
    /// Its words for a beginning, in any case of letters.
    begins: Vec<String>,
    /// Its words for a dialogue that is over.
    ended: Vec<String>,
}

pub(super) fn open(table: &toml::Table) -> Result<Arc<dyn UssdHook>, SettingsError> {
    let mut names: toml::Table = HUBTEL
        .parse()
        .map_err(|e| SettingsError::invalid("ussd-http", e))?;
    // An answer of other members has none of Hubtel's.
    if table.contains_key("reply") {
        names.remove("reply");
    }
    merge(&mut names, table.clone());
    let mut kinds = toml::Table::new();
    for name in ["kind", "begins", "ended"] {
        kinds.extend(names.remove_entry(name));
    }
    let shape: ShapeSettings = section("ussd-http", &names)?;
    Ok(Arc::new(Hook {
        shape: Shape::open(shape)?,
        kinds: section("ussd-http", &kinds)?,
    }))
}

struct Hook {
    shape: Shape,
    kinds: Settings,
}

impl Hook {
    fn input(&self, fields: &Fields<'_>) -> Result<TurnInput, HookError> {
        let typed = self.shape.input(fields);
        if self.kinds.kind.is_empty() {
            let begins = typed.is_empty() || typed.starts_with('*');
            return Ok(if begins {
                TurnInput::Begin
            } else {
                TurnInput::Latest(typed)
            });
        }
        let kind = fields.need(&self.kinds.kind)?;
        let is = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&kind));
        Ok(if is(&self.kinds.begins) {
            TurnInput::Begin
        } else if is(&self.kinds.ended) {
            TurnInput::Ended
        } else {
            TurnInput::Latest(typed)
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
