//! What a gateway described by its settings calls our hook with.

use std::collections::BTreeMap;

use serde::Deserialize;
use workflows::message::{Event, Inbound, PartOf, Receipt, ReceiptState};

use crate::fields::{Fields, Wrapping};
use crate::gate::Gate;
use crate::http;
use crate::inbound::{EventHook, HookError, HookReply, HookRequest};

/// Where a message's fields are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageSettings {
    #[serde(default)]
    wrapping: Wrapping,
    from: String,
    to: String,
    text: String,
    /// The provider's name for it; without one, repeats are told by text and time.
    id: Option<String>,
    part: Option<PartSettings>,
}

/// Where the place of a part in a long text is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartSettings {
    reference: String,
    number: String,
    total: String,
}

/// Where a receipt's fields are. A request that has them is a receipt.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptSettings {
    #[serde(default)]
    wrapping: Wrapping,
    id: String,
    to: Option<String>,
    code: Option<String>,
    /// The fields whose values, joined by commas, make the state.
    state: Vec<String>,
    /// What those mean.
    states: BTreeMap<String, ReceiptState>,
}

/// The hook of such a gateway.
pub(super) struct Hook {
    pub(super) gate: Gate,
    pub(super) message: Option<MessageSettings>,
    pub(super) receipt: Option<ReceiptSettings>,
    /// What it wants to hear.
    pub(super) taken: String,
}

impl EventHook for Hook {
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        self.gate.check(request)?;
        if let Some(settings) = &self.receipt {
            // A body of another wrapping may be a message.
            match Fields::of(settings.wrapping, request) {
                Ok(fields) if let Some(state) = settings.state(&fields) => {
                    return Ok(vec![settings.receipt(&fields, &state)?]);
                }
                Err(error) if self.message.is_none() => return Err(error),
                _ => {}
            }
        }
        let Some(settings) = &self.message else {
            return Err(HookError::Malformed("a field is missing"));
        };
        let fields = Fields::of(settings.wrapping, request)?;
        Ok(vec![settings.message(&fields)?])
    }

    fn taken(&self) -> HookReply {
        HookReply {
            status: 200,
            content_type: if self.taken.starts_with(['{', '[']) {
                "application/json"
            } else {
                "text/plain; charset=utf-8"
            },
            body: self.taken.clone(),
        }
    }
}

impl MessageSettings {
    fn message(&self, fields: &Fields<'_>) -> Result<Event, HookError> {
        let event_id = self.id.as_ref().map(|name| fields.need(name)).transpose()?;
        Ok(Event::Message(Inbound {
            event_id,
            from: fields.need(&self.from)?,
            to: fields.need(&self.to)?,
            text: fields
                .get(&self.text)
                .ok_or(HookError::Malformed("no text"))?,
            part: self.part.as_ref().and_then(|part| part.read(fields)),
            ..Inbound::default()
        }))
    }
}

impl PartSettings {
    /// None for a whole message, and for numbers that make no sense.
    fn read(&self, fields: &Fields<'_>) -> Option<PartOf> {
        let number = fields.get(&self.number)?.parse().ok()?;
        let total = fields.get(&self.total)?.parse().ok()?;
        let part = PartOf {
            reference: fields.get(&self.reference)?.parse().ok()?,
            number,
            total,
        };
        (total > 1 && (1..=total).contains(&number)).then_some(part)
    }
}

impl ReceiptSettings {
    /// The state's word; none where a field of it is missing.
    fn state(&self, fields: &Fields<'_>) -> Option<String> {
        let values: Option<Vec<String>> = self.state.iter().map(|name| fields.get(name)).collect();
        values.map(|values| values.join(","))
    }

    fn receipt(&self, fields: &Fields<'_>, state: &str) -> Result<Event, HookError> {
        let Some(state) = self.states.get(state) else {
            return Ok(Event::Ignored("a receipt of an unknown state".into()));
        };
        let optional = |name: &Option<String>| {
            let value = name.as_ref().and_then(|name| fields.get(name));
            value.filter(|value| !value.is_empty())
        };
        Ok(Event::Receipt(Receipt {
            provider_id: fields.need(&self.id)?,
            to: optional(&self.to),
            state: *state,
            code: optional(&self.code).map(|code| http::code(&code)),
        }))
    }
}
