//! What the two styles of the latest input share: where a request's fields are, and the shape of
//! the answer.

use serde::Deserialize;
use serde_json::Value;
use workflows::message::{Screen, Turn, TurnInput};

use crate::fields::{Fields, Wrapping};
use crate::gate::{Gate, GateSettings};
use crate::inbound::{HookError, HookReply, HookRequest};
use crate::settings::SettingsError;

/// Names of a gateway's fields, and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShapeSettings {
    pub(super) gate: GateSettings,
    #[serde(default = "json")]
    wrapping: Wrapping,
    session: String,
    from: String,
    /// Where the dialled code is, if the gateway tells.
    code: Option<String>,
    input: String,
    /// The answer's members. A text of one name in braces is filled: `{text}`, `{more}`,
    /// `{session}`, `{from}`, `{code}`, `{input}`; anything else stands as it is.
    reply: toml::Table,
    /// What `{more}` becomes where an answer is awaited, and where not.
    continues: toml::Value,
    ends: toml::Value,
}

fn json() -> Wrapping {
    Wrapping::Json
}

pub(super) struct Shape {
    gate: Gate,
    names: ShapeSettings,
    reply: Value,
    continues: Value,
    ends: Value,
}

impl Shape {
    pub(super) fn open(names: ShapeSettings) -> Result<Self, SettingsError> {
        let tree = |value: toml::Value| {
            serde_json::to_value(value).map_err(|e| SettingsError::invalid("reply", e))
        };
        let reply = tree(toml::Value::Table(names.reply.clone()))?;
        if !holds(&reply, "{text}") || !holds(&reply, "{more}") {
            return Err(SettingsError::invalid("reply", "needs {text} and {more}"));
        }
        Ok(Self {
            gate: Gate::open(&names.gate)?,
            continues: tree(names.continues.clone())?,
            ends: tree(names.ends.clone())?,
            reply,
            names,
        })
    }

    /// Checks who calls and unwraps the fields.
    pub(super) fn fields<'a>(&self, request: &HookRequest<'a>) -> Result<Fields<'a>, HookError> {
        self.gate.check(request)?;
        Fields::of(self.names.wrapping, request)
    }

    /// What was typed; empty where nothing was.
    pub(super) fn input(&self, fields: &Fields<'_>) -> String {
        fields.get(&self.names.input).unwrap_or_default()
    }

    /// The turn. At the beginning many gateways give what was dialled, with what followed the
    /// code, in the place of the input.
    pub(super) fn turn(&self, fields: &Fields<'_>, input: TurnInput) -> Result<Turn, HookError> {
        let code = self.names.code.as_ref().and_then(|name| fields.get(name));
        let typed = self.input(fields);
        let dialled = input == TurnInput::Begin && typed.starts_with('*');
        Ok(Turn {
            session: fields.need(&self.names.session)?,
            from: fields.need(&self.names.from)?,
            code: if dialled {
                typed
            } else {
                code.unwrap_or_default()
            },
            input,
        })
    }

    pub(super) fn screen(&self, turn: &Turn, screen: &Screen) -> HookReply {
        let more = if screen.continues {
            &self.continues
        } else {
            &self.ends
        };
        let body = filled(&self.reply, &|name| {
            Some(match name {
                "{text}" => screen.text.as_str().into(),
                "{more}" => more.clone(),
                "{session}" => turn.session.as_str().into(),
                "{from}" => turn.from.as_str().into(),
                "{code}" => turn.code.as_str().into(),
                "{input}" => match &turn.input {
                    TurnInput::Latest(text) | TurnInput::History(text) => text.as_str().into(),
                    TurnInput::Begin | TurnInput::Ended => turn.code.as_str().into(),
                },
                _ => return None,
            })
        });
        HookReply {
            status: 200,
            content_type: "application/json",
            body: body.to_string(),
        }
    }
}

fn holds(tree: &Value, name: &str) -> bool {
    match tree {
        Value::String(text) => text == name,
        Value::Array(values) => values.iter().any(|value| holds(value, name)),
        Value::Object(members) => members.values().any(|value| holds(value, name)),
        _ => false,
    }
}

fn filled(tree: &Value, fill: &dyn Fn(&str) -> Option<Value>) -> Value {
    match tree {
        Value::String(text) => fill(text).unwrap_or_else(|| tree.clone()),
        Value::Array(values) => values.iter().map(|value| filled(value, fill)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(name, value)| (name.clone(), filled(value, fill)))
                .collect()
        }
        _ => tree.clone(),
    }
}
