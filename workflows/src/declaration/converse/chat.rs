//! What a chat's message causes beside a step: words with buttons and a picture, the number that
//! was proven, the page that takes what is private.

use super::super::conversation::{Frame, Input, Medium, Opens, Say, State, Voice};
use super::super::handover::Handover;
use super::super::{Declared, RawForm};
use super::{Caused, ConverseError, Exchange};
use crate::Workflows;
use crate::ids::OutboundId;
use crate::inbox::{BODY, LINKED, RECIPIENT};
use crate::message::{Act, ChatFits, ChatText, Class, Inbound};
use crate::notices::{StandIn, Watcher};
use crate::person::Phone;
use crate::phrase::{self, Language, Values};
use crate::store::{LinkChange, LinkedChatRow, NoticesChange, OutboxRow, PassRow, Rows, StopRow};
use crate::vault::DataKey;
use crate::verification::PassStatus;

/// A reply is of no use to anybody later than this.
const REPLY_MINUTES: i64 = 5;
/// A pass that the chat did not take by then goes by text, where a number is known.
const PASS_MINUTES: i64 = 10;

/// A reply to a chat, not yet sealed.
pub(super) struct Reply {
    pub(super) text: ChatText,
    pub(super) class: Class,
}

/// What the conversation hears of what somebody did; none where it is not spoken to.
pub(super) fn input(inbound: &Inbound) -> Option<Input> {
    let number = |vouched| match Phone::parse(&inbound.text) {
        Ok(phone) => Input::Number(phone, vouched),
        Err(_) => Input::Text(inbound.text.clone()),
    };
    match inbound.act {
        Act::Wrote => Some(Input::Text(inbound.text.clone())),
        Act::Pressed { .. } => Some(Input::Pressed(inbound.text.clone())),
        Act::SharedOwnNumber => Some(number(true)),
        Act::GaveNumber => Some(number(false)),
        Act::Followed => Some(Input::Followed),
        Act::Left | Act::InGroup => None,
    }
}

impl Exchange<'_> {
    /// A chat begins in the language of its app, as far as we speak it: whose app speaks neither
    /// reads English more likely than Vietnamese. Who chose one before keeps it.
    pub(super) fn note_language(&mut self, inbound: &Inbound) {
        let profile = self.profile.as_ref();
        if profile.is_some_and(|(profile, _)| profile.language.is_some()) {
            return;
        }
        if let (None, Some(language)) = (self.state.language, &inbound.language) {
            let is_vietnamese = language
                .get(..2)
                .is_some_and(|l| l.eq_ignore_ascii_case("vi"));
            self.state.language = Some(if is_vietnamese {
                Language::Vi
            } else {
                Language::En
            });
        }
    }

    /// What happens where nobody speaks to us alone.
    pub(super) fn unspoken(&self, inbound: &Inbound) -> Caused {
        let left = inbound.act == Act::Left;
        let rows = Rows {
            stop: left.then(|| StopRow {
                channel: self.channel.id.clone(),
                address: self.address,
            }),
            ..Rows::default()
        };
        Caused {
            rows,
            say: (!left).then(Say::in_group),
            ended: true,
            state: self.state.clone(),
            declared: None,
            phone: None,
            handover: None,
        }
    }

    pub(super) fn unlinked(&self) -> Option<LinkChange> {
        (self.channel.medium == Medium::Chat).then(|| LinkChange::Unlink {
            province: self.channel.province.clone(),
            channel: self.channel.id.clone(),
            address: self.address,
        })
    }

    pub(super) fn notices(&self, on: bool) -> NoticesChange {
        NoticesChange {
            province: self.channel.province.clone(),
            channel: self.channel.id.clone(),
            address: self.address,
            off: !on,
        }
    }
}

impl Workflows {
    /// The words for a chat, with what was pressed answered; none where nothing is to be sent.
    pub(super) async fn chat_reply(
        &self,
        exchange: &Exchange<'_>,
        fits: &ChatFits,
        caused: &mut Caused,
        inbound: &Inbound,
    ) -> Result<Option<Reply>, ConverseError> {
        let (answers, replaces) = match &inbound.act {
            Act::Pressed { press, message } => (press.clone(), message.clone()),
            _ => (None, None),
        };
        let Some(mut say) = caused.say.take() else {
            // A press that gets no answer keeps turning on the screen.
            let reply = |answers| Reply {
                text: ChatText {
                    answers: Some(answers),
                    ..ChatText::default()
                },
                class: Class::Reply,
            };
            return Ok(answers.map(reply));
        };
        let qr = self.picture_of(&mut say, caused.declared.as_ref()).await?;
        let link = exchange.page(&say, caused);
        let frame = Frame {
            fits,
            asked: caused.state.asked(),
            link: link.as_deref(),
        };
        let voice = Voice {
            rules: self.rules.as_ref(),
            province: &exchange.province,
            language: caused.state.language.unwrap_or_default(),
            medium: Medium::Chat,
        };
        let text = ChatText {
            qr,
            answers,
            replaces: replaces.filter(|_| say.replaces && fits.replaces),
            heard_at: Some(exchange.now),
            ..voice.chat(&say, &frame)
        };
        let class = match caused.declared {
            Some(_) => Class::Pass,
            None => Class::Reply,
        };
        Ok(Some(Reply { text, class }))
    }

    /// The QR text of the pass that is shown. One that no longer holds is said to, and has no
    /// picture.
    async fn picture_of(
        &self,
        say: &mut Say,
        declared: Option<&Declared>,
    ) -> Result<Option<String>, ConverseError> {
        let Some(link) = say.pass.clone() else {
            return Ok(None);
        };
        if let Some(declared) = declared.filter(|d| d.link == link) {
            return Ok(declared.qr_text.clone());
        }
        let mine = self.my_pass(&link).await.map_err(ConverseError::from)?;
        let holds = mine.filter(|pass| pass.status == PassStatus::Valid);
        if holds.is_none() {
            *say = Say::no_longer(say);
        }
        Ok(holds.and_then(|pass| pass.qr_text))
    }

    /// Adds a reply as its row of the outbox; a pass with what stands in for it, and with the
    /// watch by which the chat is reminded.
    pub(super) fn reply_rows(
        &self,
        (exchange, key): (&Exchange<'_>, &DataKey),
        reply: &Reply,
        (caused, pass): (&mut Caused, Option<&PassRow>),
        cause: &str,
    ) -> Result<(), ConverseError> {
        let row = self.chat_row(exchange, key, (caused, reply), cause)?;
        let language = caused.state.language.unwrap_or_default();
        if let (Some(declared), Some(pass)) = (&caused.declared, pass) {
            let watcher = Watcher {
                channel: &exchange.channel.id,
                home: &exchange.channel.province,
                chat: &exchange.at,
                language,
                proven: exchange.phone.is_some() && caused.phone == exchange.phone,
                heard_at: exchange.now,
                window_hours: exchange.channel.window_hours,
            };
            caused.rows.watch = Some(self.watch(pass, &watcher, key)?);
            if let Some(phone) = &exchange.phone {
                let stand_in = StandIn {
                    phone,
                    declared,
                    language,
                    ways: &exchange.channel.ways,
                };
                caused
                    .rows
                    .outbox
                    .extend(self.stand_in(&row, &stand_in, key)?);
            }
        }
        caused.rows.outbox.push(row);
        Ok(())
    }

    fn chat_row(
        &self,
        exchange: &Exchange<'_>,
        key: &DataKey,
        (caused, reply): (&Caused, &Reply),
        cause: &str,
    ) -> Result<OutboxRow, ConverseError> {
        let id = OutboundId(self.clock.uuid());
        let row = id.0.as_bytes();
        let now = exchange.now;
        let deadline_at = match caused.pass_until() {
            Some(_) if exchange.has_fallback() => now.plus_minutes(PASS_MINUTES),
            Some(until) => until,
            None => now.plus_minutes(REPLY_MINUTES),
        };
        let to = exchange.at.recipient();
        Ok(OutboxRow {
            province: exchange.channel.province.clone(),
            id,
            channel: exchange.channel.id.clone(),
            class: reply.class,
            cause: format!("reply {cause} 1"),
            recipient: self.sealing.seal(key, RECIPIENT, row, &to)?,
            body: self.sealing.seal(key, BODY, row, &reply.text)?,
            address: Some(exchange.address),
            units: 1,
            part: None,
            due_at: now,
            deadline_at,
            instead_of: None,
        })
    }

    /// Ties a proven number to the chat.
    pub(super) async fn linked(
        &self,
        exchange: &Exchange<'_>,
        phone: &Phone,
    ) -> Result<LinkChange, ConverseError> {
        let key = self.key_of(exchange).await?;
        let sealed = self.sealing.seal(&key, LINKED, &exchange.address, phone)?;
        Ok(LinkChange::Link(LinkedChatRow {
            province: exchange.channel.province.clone(),
            channel: exchange.channel.id.clone(),
            address: exchange.address,
            sealed,
            number: self.address(&exchange.channel.province, phone),
            linked_at: exchange.now,
        }))
    }

    /// Sends a one-time code to a number that somebody gave, or says why not.
    pub(super) async fn prove(
        &self,
        exchange: &Exchange<'_>,
        state: &State,
        phone: &Phone,
        rows: &mut Rows,
    ) -> Result<Input, ConverseError> {
        let Some(way) = exchange.channel.texts() else {
            return Ok(Input::CodeRefused("chat-no-texts"));
        };
        if !phone.is_textable() {
            return Ok(Input::CodeRefused("error-phone-no-texts"));
        }
        let province = &exchange.channel.province;
        if !self
            .counts_chat_code(province, exchange.address, phone)
            .await?
        {
            return Ok(Input::CodeRefused("chat-too-many-codes"));
        }
        let drawn = u64::from_be_bytes(self.clock.random()) % 1_000_000;
        let code = format!("{drawn:06}");
        let values = Values::from([("code".into(), code.clone().into())]);
        let language = state.language.unwrap_or_default();
        let words = phrase::text_with(language, "chat-sms-code", &values);
        let key = self.key_of(exchange).await?;
        let id = self.clock.uuid();
        let texts = self.code_rows(
            province,
            way,
            (phone, &key),
            (&format!("link {id}"), &words),
        )?;
        let Some(texts) = texts else {
            return Ok(Input::CodeRefused("chat-no-texts"));
        };
        rows.outbox.extend(texts);
        Ok(Input::CodeSent(phone.clone(), code))
    }

    /// The address of a page that knows what the chat was told and asks the rest, once.
    pub(super) async fn hand_over(
        &self,
        exchange: &Exchange<'_>,
        state: &State,
        raw: RawForm,
        rows: &mut Rows,
    ) -> Result<String, ConverseError> {
        let language = state.language.unwrap_or_default();
        let handover = Handover {
            province: exchange.channel.province.clone(),
            channel: exchange.channel.id.clone(),
            recipient: exchange.at.recipient().to_owned(),
            language,
            raw,
        };
        let key = self.key_of(exchange).await?;
        let (token, row) = self.new_handover(&handover, &key, exchange.now)?;
        rows.handover = Some(row);
        let (ours, language) = (&exchange.channel.public_url, language.as_str());
        Ok(format!("{ours}/{language}/chat/{token}"))
    }
}

impl Exchange<'_> {
    /// The address of the page that a message opens.
    fn page(&self, say: &Say, caused: &Caused) -> Option<String> {
        match say.opens.as_ref()? {
            Opens::Handover => caused.handover.clone(),
            Opens::Pass(link) => {
                let language = caused.state.language.unwrap_or_default().as_str();
                Some(format!(
                    "{}/{language}/pass/{link}",
                    self.channel.public_url
                ))
            }
        }
    }

    /// Whether a pass can go another way if the chat does not take it.
    fn has_fallback(&self) -> bool {
        self.phone.as_ref().is_some_and(Phone::is_textable) && !self.channel.ways.is_empty()
    }
}
