//! Steps of the conversation, with the judging that stands between them.

use super::super::conversation::{
    Effect, Input, Medium, Outcome, State, Step, World, for_text, step,
};
use super::super::handover::Handover;
use super::super::{Channel, DeclareError, Declared, Origin, RawForm};
use super::{Caused, ChannelProfile, ConverseError, Exchange};
use crate::Workflows;
use crate::form::Form;
use crate::message::Inbound;
use crate::pass::{DigitCode, SpokenCode};
use crate::person::Phone;
use crate::place::Checkpoint;
use crate::store::{PassRow, ProfileChange, Rows};

/// The field of a page by which its reader lets the chat remember them.
const KEEP: &str = "keep";
/// How often a form that is refused without a question is sent again.
const ROUNDS: usize = 4;

impl Workflows {
    /// Steps until there is something to say.
    pub(super) async fn work_out(
        &self,
        exchange: &Exchange<'_>,
        input: Input,
        cause: &str,
    ) -> Result<Caused, ConverseError> {
        let form = self.text_form(exchange)?;
        let checkpoints = self.places.checkpoints(&exchange.channel.province);
        let world = exchange.world(&form, &checkpoints);
        self.steps(exchange, &world, input, cause).await
    }

    /// What a chat is told of a declaration that was made on its page: the rows that go with it.
    pub(in crate::declaration) async fn told_in_chat(
        &self,
        channel: &ChannelProfile,
        (handover, raw): (&Handover, &RawForm),
        (declared, pass): (&Declared, Option<&PassRow>),
        cause: &str,
    ) -> Result<Rows, ConverseError> {
        let Some(fits) = &channel.chat else {
            return Ok(Rows::default());
        };
        let at = channel.sender(&handover.recipient)?;
        let exchange = self.exchange(channel, at).await?;
        let form = self.text_form(&exchange)?;
        let checkpoints = self.places.checkpoints(&channel.province);
        let world = exchange.world(&form, &checkpoints);
        let mut state = exchange.state.clone();
        state.handed(raw);
        let outcome = Outcome {
            kept: Some(!raw.one(KEEP).is_empty()),
            ..outcome(channel, declared)
        };
        let step = step(&world, &state, &Input::Declared(outcome));
        let mut rows = Rows::default();
        if let Effect::Keep(profile) = step.effect {
            rows.profile = Some(self.keep(&exchange, &profile).await?);
        }
        let mut caused = Caused {
            rows,
            say: step.say,
            ended: step.ended,
            state: step.state,
            declared: Some(declared.clone()),
            phone: Phone::parse(raw.one("phone")).ok(),
            handover: None,
        };
        let key = self.key_of(&exchange).await?;
        let heard = Inbound::default();
        let reply = self.chat_reply(&exchange, fits, &mut caused, &heard);
        if let Some(reply) = reply.await? {
            self.reply_rows((&exchange, &key), &reply, (&mut caused, pass), cause)?;
        }
        self.kept(&exchange, &key, caused)
    }

    fn text_form(&self, exchange: &Exchange<'_>) -> Result<Form, ConverseError> {
        let form = self.form(&exchange.channel.province);
        let form = form.map_err(|_| ConverseError::UnknownProvince)?;
        Ok(for_text(&form))
    }

    async fn steps(
        &self,
        exchange: &Exchange<'_>,
        world: &World<'_>,
        mut input: Input,
        cause: &str,
    ) -> Result<Caused, ConverseError> {
        let mut state = exchange.state.clone();
        let mut rows = Rows::default();
        let (mut made, mut handover) = (None, None);
        for round in 0.. {
            let Step {
                state: next,
                say,
                ended,
                effect,
            } = step(world, &state, &input);
            state = next;
            match effect {
                Effect::None => {}
                Effect::Keep(profile) => rows.profile = Some(self.keep(exchange, &profile).await?),
                Effect::Forget => {
                    rows.profile = Some(ProfileChange::Forget {
                        province: exchange.channel.province.clone(),
                        address: exchange.address,
                    });
                    rows.link = exchange.unlinked();
                }
                Effect::Link(phone) => rows.link = Some(self.linked(exchange, &phone).await?),
                Effect::Notices(on) => rows.notices = Some(exchange.notices(on)),
                Effect::HandOver(raw) => {
                    handover = Some(self.hand_over(exchange, &state, raw, &mut rows).await?);
                }
                Effect::Prove(phone) => {
                    input = self.prove(exchange, &state, &phone, &mut rows).await?;
                    continue;
                }
                Effect::Declare(_) if round >= ROUNDS => {
                    input = Input::Failed;
                    continue;
                }
                Effect::Declare(raw) => {
                    let origin = origin(exchange, &state, &raw, cause);
                    match self.judged(exchange, world.form, &raw, &origin).await? {
                        Ok((judged, declared)) => {
                            rows = judged;
                            input = Input::Declared(outcome(exchange.channel, &declared));
                            made = Some(declared);
                        }
                        Err(refused) => input = refused,
                    }
                    continue;
                }
            }
            return Ok(Caused {
                rows,
                say,
                ended,
                state,
                declared: made,
                // What a conversation declares gives the number that it knows.
                phone: exchange.phone.clone(),
                handover,
            });
        }
        Err(ConverseError::Contended)
    }

    /// A form checked and judged; or what the conversation hears instead.
    async fn judged(
        &self,
        exchange: &Exchange<'_>,
        form: &Form,
        raw: &RawForm,
        origin: &Origin,
    ) -> Result<Result<(Rows, Declared), Input>, ConverseError> {
        let judged = match self.check_on(&exchange.province.id, raw, form) {
            Ok(submission) => self.judged_rows(&submission, origin).await,
            Err(error) => Err(error),
        };
        match judged {
            Ok(judged) => Ok(Ok(judged)),
            Err(DeclareError::Invalid(errors)) => Ok(Err(Input::Refused(errors))),
            Err(DeclareError::Mismatch(fields)) => Ok(Err(Input::Mismatch(fields))),
            Err(DeclareError::TooMany) => Ok(Err(Input::TooMany)),
            Err(DeclareError::KeyReused) => Ok(Err(Input::Failed)),
            Err(DeclareError::UnknownProvince) => Err(ConverseError::UnknownProvince),
            Err(DeclareError::Store(error)) => Err(error.into()),
            Err(DeclareError::Seal(error)) => Err(error.into()),
        }
    }
}

impl Exchange<'_> {
    fn world<'a>(&'a self, form: &'a Form, checkpoints: &'a [Checkpoint]) -> World<'a> {
        let channel = self.channel;
        World {
            province: &self.province,
            form,
            checkpoints,
            medium: channel.medium,
            is_private: channel.chat.is_none() || channel.private_in_chat,
            phone: self.phone.as_ref(),
            profile: self.profile.as_ref().map(|(profile, _)| profile),
            limits: &channel.limits,
            now: self.now,
        }
    }
}

fn origin(exchange: &Exchange<'_>, state: &State, raw: &RawForm, cause: &str) -> Origin {
    let trust = exchange.channel.trust;
    Origin {
        channel: match exchange.channel.medium {
            Medium::Sms => Channel::Sms(trust),
            Medium::Ussd => Channel::Ussd(trust),
            Medium::Chat => Channel::Chat,
        },
        language: state.language.unwrap_or_default().as_str().to_owned(),
        idempotency_key: cause.to_owned(),
        sent: raw.canonical(),
        paper: None,
        assisted: None,
        request_id: cause.to_owned(),
    }
}

fn outcome(channel: &ChannelProfile, declared: &Declared) -> Outcome {
    let code = SpokenCode::parse(&declared.code);
    Outcome {
        level: declared.level,
        code: code.map_or_else(|_| declared.code.clone(), |code| code.to_string()),
        digits: declared.digits.as_deref().map(DigitCode::grouped),
        expires_at: declared.expires_at,
        link: channel.chat.map(|_| declared.link.clone()),
        kept: None,
    }
}
