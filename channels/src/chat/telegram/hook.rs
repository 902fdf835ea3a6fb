//! Telegram's calls: a secret in a header, one update in the body.

use workflows::message::Event;

use super::update::{Me, Update};
use crate::gate::equal;
use crate::inbound::{EventHook, HookError, HookReply, HookRequest};

const HEADER: &str = "x-telegram-bot-api-secret-token";

pub(super) struct Hook {
    secret: String,
    me: Me,
}

impl Hook {
    pub(super) fn new(secret: String, me: Me) -> Self {
        Self { secret, me }
    }
}

impl EventHook for Hook {
    /// Whatever the body is: what we refused, Telegram would send again and again, and nothing
    /// else in the meantime.
    fn events(&self, request: &HookRequest<'_>) -> Result<Vec<Event>, HookError> {
        let header = (request.header)(HEADER).unwrap_or_default();
        if !bool::from(equal(header, &self.secret)) {
            return Err(HookError::Unsigned);
        }
        let update = serde_json::from_slice::<Update>(request.body).ok();
        Ok(vec![update.map_or_else(
            || Event::Ignored("an update of another shape".into()),
            |update| update.event(&self.me),
        )])
    }

    fn taken(&self) -> HookReply {
        HookReply::text("")
    }
}
