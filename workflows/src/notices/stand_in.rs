//! A pass that its chat could not be handed in time goes another way, where the chat has proven a
//! number.

use crate::Workflows;
use crate::clock::Moment;
use crate::declaration::Declared;
use crate::declaration::assist::{Message, TextWay};
use crate::ids::{OutboundId, ProvinceId};
use crate::inbox::{BODY, RECIPIENT};
use crate::message::{ChannelId, Class, TemplateText};
use crate::pass::DigitCode;
use crate::person::Phone;
use crate::phrase::{self, Language};
use crate::sealing::SealError;
use crate::store::OutboxRow;
use crate::vault::DataKey;
use crate::verdict::Level;
use crate::verification::spaced;

/// How long a way has, when another one waits behind it: longer than any try and its receipt.
const WAY_MINUTES: i64 = 15;

/// A way to a number.
#[derive(Clone, Debug)]
pub enum Way {
    /// As a text.
    Text(TextWay),
    /// In words that the channel's provider holds; it gets the values `code`, `digits` and `until`.
    Template {
        /// The channel.
        channel: ChannelId,
        /// The channel's own province.
        province: ProvinceId,
    },
}

/// A pass that goes to a number if its chat cannot be handed it.
#[derive(Clone, Copy, Debug)]
pub struct StandIn<'a> {
    /// The number that the chat has proven to be its own. Never one that was merely written in the
    /// declaration: a stranger must not be able to make us text anybody.
    pub phone: &'a Phone,
    /// The pass: its code and its end are told, never a document's number or an answer.
    pub declared: &'a Declared,
    /// The declaration's language.
    pub language: Language,
    /// The ways in their order: each stands in for the one before, the first for the chat. A text
    /// comes last, because of several parts nothing can stand in for more than one.
    pub ways: &'a [Way],
}

impl Workflows {
    /// The rows that stand in for `first`, to be written with it; none for a number that gets no
    /// texts. `first` needs a deadline well before the end of the pass: by then it must have been
    /// taken, or the next way is tried. `key` is the key of its province.
    pub fn stand_in(
        &self,
        first: &OutboxRow,
        pass: &StandIn<'_>,
        key: &DataKey,
    ) -> Result<Vec<OutboxRow>, SealError> {
        let mut rows: Vec<OutboxRow> = Vec::new();
        if !pass.phone.is_textable() {
            return Ok(rows);
        }
        let expires_at = pass.declared.expires_at;
        let (mut instead_of, mut due_at) = (first.id, first.deadline_at);
        for (number, way) in (1..).zip(pass.ways) {
            let soon = due_at.plus_minutes(WAY_MINUTES).min(expires_at);
            let slot = Slot {
                first,
                cause: format!("stand-in {} {number}", first.id),
                deadline_at: if number == pass.ways.len() {
                    expires_at
                } else {
                    soon
                },
            };
            let mut made = match way {
                Way::Text(way) => self.text_instead(&slot, pass, way, key)?,
                Way::Template { channel, province } => {
                    let to = (channel, province);
                    let row = self.template_instead(&slot, pass, to, key)?;
                    row.into_iter().collect()
                }
            };
            for row in &mut made {
                (row.instead_of, row.due_at) = (Some(instead_of), due_at);
            }
            if let Some(row) = made.first() {
                (instead_of, due_at) = (row.id, row.deadline_at);
            }
            rows.extend(made);
        }
        Ok(rows)
    }

    fn text_instead(
        &self,
        slot: &Slot<'_>,
        pass: &StandIn<'_>,
        way: &TextWay,
        key: &DataKey,
    ) -> Result<Vec<OutboxRow>, SealError> {
        let sentence = match pass.declared.level {
            Level::Refuse => "assist-sms-refused",
            _ => "notice-sms-pass",
        };
        let values = values(pass.declared).into_iter();
        let values = values.map(|(name, value)| (name.into(), value.into()));
        let text = phrase::text_with(pass.language, sentence, &values.collect());
        let message = Message {
            province: &slot.first.province,
            phone: pass.phone,
            way,
            cause: slot.cause.clone(),
            class: Class::Pass,
            deadline_at: slot.deadline_at,
        };
        let rows = self.text_rows(&message, key, &text)?;
        Ok(rows.unwrap_or_else(|| {
            tracing::error!(channel = %way.channel, "the text of a pass does not fit");
            Vec::new()
        }))
    }

    /// None for a refused declaration: the provider's words are about a pass.
    fn template_instead(
        &self,
        slot: &Slot<'_>,
        pass: &StandIn<'_>,
        (channel, home): (&ChannelId, &ProvinceId),
        key: &DataKey,
    ) -> Result<Option<OutboxRow>, SealError> {
        if pass.declared.level == Level::Refuse {
            return Ok(None);
        }
        let id = OutboundId(self.clock.uuid());
        let row = id.0.as_bytes();
        let values = values(pass.declared).into_iter();
        let body = TemplateText {
            values: values.map(|(name, value)| (name.into(), value)).collect(),
        };
        let recipient = pass.phone.e164();
        Ok(Some(OutboxRow {
            province: slot.first.province.clone(),
            id,
            channel: channel.clone(),
            class: Class::Pass,
            cause: slot.cause.clone(),
            recipient: self.sealing.seal(key, RECIPIENT, row, &recipient)?,
            body: self.sealing.seal(key, BODY, row, &body)?,
            address: Some(self.address(home, pass.phone)),
            units: 1,
            part: None,
            due_at: slot.deadline_at,
            deadline_at: slot.deadline_at,
            instead_of: None,
        }))
    }
}

/// The place of one way in the chain.
struct Slot<'a> {
    first: &'a OutboxRow,
    cause: String,
    deadline_at: Moment,
}

/// What is told of a pass.
fn values(declared: &Declared) -> [(&'static str, String); 3] {
    let digits = declared.digits.as_deref().map(DigitCode::grouped);
    [
        ("code", spaced(&declared.code)),
        ("digits", digits.unwrap_or_default()),
        ("until", declared.expires_at.local_text()),
    ]
}
