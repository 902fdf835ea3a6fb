//! What a message caused, as rows to write.

use std::sync::Arc;

use super::super::conversation::{HeldPass, Medium, Profile, Say, State, Voice};
use super::{Caused, ConverseError, Exchange, Letter};
use crate::Workflows;
use crate::ids::{InboundId, OutboundId};
use crate::inbox::{BODY, CONVERSATION, EVENT, PROFILE, RECIPIENT, REPLY};
use crate::message::{Class, Event, Inbound, PartOf, Screen, TextPart, Turn, TurnInput};
use crate::sealing::SealError;
use crate::store::{ConversationRow, InboundRow, OutboxRow, ProfileChange, ProfileRow, Rows};
use crate::text;
use crate::vault::DataKey;

/// A reply is of no use to anybody later than this.
const REPLY_MINUTES: i64 = 5;
impl Workflows {
    pub(super) async fn keep(
        &self,
        exchange: &Exchange<'_>,
        profile: &Profile,
    ) -> Result<ProfileChange, ConverseError> {
        let key = self.key_of(exchange).await?;
        let sealed = self
            .sealing
            .seal(&key, PROFILE, &exchange.address, profile)?;
        let agreed = exchange.profile.as_ref().map(|(_, at)| *at);
        Ok(ProfileChange::Keep(ProfileRow {
            province: exchange.channel.province.clone(),
            address: exchange.address,
            sealed,
            consented_at: agreed.unwrap_or(exchange.now),
            updated_at: exchange.now,
        }))
    }

    pub(super) async fn key_of(&self, exchange: &Exchange<'_>) -> Result<Arc<DataKey>, SealError> {
        let province = &exchange.channel.province;
        self.sealing.key(province, exchange.now).await
    }

    pub(super) fn words(
        &self,
        exchange: &Exchange<'_>,
        state: &State,
        medium: Medium,
        say: &Say,
    ) -> String {
        let voice = Voice {
            rules: self.rules.as_ref(),
            province: &exchange.province,
            language: state.language.unwrap_or_default(),
            medium,
        };
        voice.render(say)
    }

    /// Adds the exchange to what a message caused.
    pub(super) fn kept(
        &self,
        exchange: &Exchange<'_>,
        key: &DataKey,
        caused: Caused,
    ) -> Result<Rows, ConverseError> {
        let channel = exchange.channel;
        let (now, address) = (exchange.now, exchange.address);
        let resumable = now.plus_minutes(channel.limits.resume_hours * 60);
        let passes = caused.state.passes.iter().map(HeldPass::expires_at);
        let expires_at = passes.chain([resumable]).max().unwrap_or(resumable);
        let state = self
            .sealing
            .seal(key, CONVERSATION, &address, &caused.state)?;
        Ok(Rows {
            conversation: Some(ConversationRow {
                province: channel.province.clone(),
                channel: channel.id.clone(),
                address,
                version: exchange.version + 1,
                state,
                updated_at: now,
                expires_at,
            }),
            ..caused.rows
        })
    }

    /// A text as rows of the outbox, one for each part. A text that the channel cannot carry is
    /// dropped: its author is this program, and a test measures every sentence.
    pub(super) fn texts(
        &self,
        exchange: &Exchange<'_>,
        key: &DataKey,
        letter: &Letter<'_>,
    ) -> Result<Vec<OutboxRow>, ConverseError> {
        let parts = text::pieces(&letter.words, letter.fits).unwrap_or_else(|error| {
            tracing::error!(channel = %letter.channel, "a reply was not sent: {error}");
            Vec::new()
        });
        let total = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        let reference = u16::from_be_bytes(self.clock.random());
        let late = exchange.now.plus_minutes(REPLY_MINUTES);
        let row = |(number, (text, units)): (u8, (String, i64))| {
            let id = OutboundId(self.clock.uuid());
            let part = (total > 1).then_some(PartOf {
                reference,
                number,
                total,
            });
            let body = TextPart { text, part };
            let (row, to) = (id.0.as_bytes(), exchange.at.recipient());
            Ok(OutboxRow {
                province: exchange.channel.province.clone(),
                id,
                channel: letter.channel.clone(),
                class: letter.pass_until.map_or(Class::Reply, |_| Class::Pass),
                cause: format!("{} {number}", letter.cause),
                recipient: self.sealing.seal(key, RECIPIENT, row, &to)?,
                body: self.sealing.seal(key, BODY, row, &body)?,
                address: Some(exchange.address),
                units,
                part,
                due_at: exchange.now,
                deadline_at: letter.pass_until.unwrap_or(late),
                instead_of: None,
            })
        };
        (1..=total).zip(parts).map(row).collect()
    }

    /// A request of a dialogue as it is kept, with the screen that answered it.
    pub(super) fn turn_row(
        &self,
        exchange: &Exchange<'_>,
        key: &DataKey,
        (turn, screen): (&Turn, &Screen),
        cause: &str,
    ) -> Result<InboundRow, ConverseError> {
        let id = InboundId(self.clock.uuid());
        let row = id.0.as_bytes();
        let province = &exchange.channel.province;
        let event = Event::Message(Inbound {
            event_id: Some(turn.session.clone()),
            from: turn.from.clone(),
            to: turn.code.clone(),
            text: typed(&turn.input).to_owned(),
            part: None,
            ..Inbound::default()
        });
        let shown = (&screen.text, screen.continues);
        Ok(InboundRow {
            province: province.clone(),
            id,
            channel: exchange.channel.id.clone(),
            event_key: self.event_key(province, cause),
            address: exchange.address,
            event: self.sealing.seal(key, EVENT, row, &event)?,
            part: None,
            reply: Some(self.sealing.seal(key, REPLY, row, &shown)?),
            received_at: exchange.now,
        })
    }
}

fn typed(input: &TurnInput) -> &str {
    match input {
        TurnInput::Latest(text) | TurnInput::History(text) => text,
        TurnInput::Begin | TurnInput::Ended => "",
    }
}
