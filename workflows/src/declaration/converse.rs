//! The conversation, driven: read what is kept, step, judge outside, and write everything that
//! one message caused at once.

mod chat;
mod copies;
mod work;
mod written;

use super::Declared;
use super::assist::TextWay;
use super::conversation::{Heard, Input, Limits, Medium, Profile, Say, State};
use crate::Workflows;
use crate::clock::Moment;
use crate::ids::ProvinceId;
use crate::inbox::{CONVERSATION, LINKED, PROFILE};
use crate::message::{Address, ChannelId, ChatFits, Screen, Trust, Turn};
use crate::notices::Way;
use crate::person::Phone;
use crate::place::Province;
use crate::sealing::SealError;
use crate::store::{Appended, ClaimedInbound, PassRow, Rows, Scope, StoreError};
use crate::text;
use crate::verification::ScanError;

/// How often an exchange is read again because another request wrote it.
const REREADS: usize = 8;

/// A channel as the conversation needs to know it.
#[derive(Clone, Debug)]
pub struct ChannelProfile {
    /// Its name.
    pub id: ChannelId,
    /// Whose inbox and outbox it uses, and where its citizens go.
    pub province: ProvinceId,
    /// What it carries.
    pub medium: Medium,
    /// How much its senders' numbers can be believed.
    pub trust: Trust,
    /// What it takes as one message.
    pub fits: text::Limits,
    /// What it takes as one message; for chats.
    pub chat: Option<ChatFits>,
    /// For how many hours after a chat was heard it may be told what it did not ask for; none
    /// where that never ends.
    pub window_hours: Option<i64>,
    /// Whether document numbers and answers about health may be written in the chat itself.
    pub private_in_chat: bool,
    /// Our public address, without a slash at its end.
    pub public_url: String,
    /// How a pass goes to the number of a chat that was not handed it, in this order.
    pub ways: Vec<Way>,
    /// The code that the operator gave us, `*123#`; for USSD.
    pub code: Option<String>,
    /// The SMS channel that gets a pass as well, and what that takes as one message.
    pub copies_to: Option<(ChannelId, text::Limits)>,
    /// How much is too much.
    pub limits: Limits,
}

impl ChannelProfile {
    /// How texts go to the number of a chat, such as a one-time code.
    fn texts(&self) -> Option<&TextWay> {
        self.ways.iter().find_map(|way| match way {
            Way::Text(way) => Some(way),
            Way::Template { .. } => None,
        })
    }

    /// Who wrote, as far as they can be answered.
    fn sender(&self, from: &str) -> Result<Address, ConverseError> {
        let at = match self.medium {
            Medium::Chat => Address::chat(&self.id, from),
            Medium::Sms | Medium::Ussd => Phone::parse(from).ok().map(Address::Phone),
        };
        at.ok_or(ConverseError::NoNumber)
    }
}

/// Why a message was not answered; nothing of it is stored and it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum ConverseError {
    /// The channel's province is not served.
    #[error("the channel's province is not served")]
    UnknownProvince,
    /// The sender has no number or chat that could be answered.
    #[error("the sender cannot be answered")]
    NoNumber,
    /// Others kept writing the same exchange.
    #[error("the exchange was written by others all the time")]
    Contended,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<ScanError> for ConverseError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Store(error) => Self::Store(error),
            ScanError::Seal(error) => Self::Seal(error),
            _ => StoreError::Corrupt {
                table: "passes",
                column: "id",
            }
            .into(),
        }
    }
}

/// Who speaks by what, and what is kept of them.
struct Exchange<'a> {
    channel: &'a ChannelProfile,
    province: Province,
    at: Address,
    /// The telephone's number, or the one that the chat has proven.
    phone: Option<Phone>,
    address: [u8; 16],
    version: i64,
    state: State,
    profile: Option<(Profile, Moment)>,
    now: Moment,
}

/// A text on its way out.
struct Letter<'a> {
    channel: &'a ChannelId,
    fits: &'a text::Limits,
    words: String,
    /// Unique on the channel, so that doing it twice changes nothing.
    cause: String,
    /// Of a pass; none for a reply.
    pass_until: Option<Moment>,
}

/// What a message caused.
struct Caused {
    rows: Rows,
    say: Option<Say>,
    ended: bool,
    state: State,
    /// What was declared, if something was.
    declared: Option<Declared>,
    /// The number that it gave.
    phone: Option<Phone>,
    /// Address of the page that takes what is private.
    handover: Option<String>,
}

impl Caused {
    /// The pass that was declared here.
    fn pass(&self) -> Option<PassRow> {
        let declaration = self.rows.declaration.as_ref();
        declaration.map(|(_, pass)| pass.clone())
    }

    /// When the pass ends that was declared.
    fn pass_until(&self) -> Option<Moment> {
        self.declared.as_ref().map(|d| d.expires_at)
    }
}

impl Workflows {
    /// Answers a text that came in: one write holds the exchange, what is declared and the reply.
    pub async fn converse(
        &self,
        channel: &ChannelProfile,
        claimed: &ClaimedInbound,
    ) -> Result<(), ConverseError> {
        let text = self.claimed_text(claimed).await?;
        let at = channel.sender(&text.from)?;
        let cause = claimed.claim.id.to_string();
        for _ in 0..REREADS {
            let mut exchange = self.exchange(channel, at.clone()).await?;
            exchange.note_language(&text);
            let mut caused = match chat::input(&text) {
                Some(input) => Box::pin(self.work_out(&exchange, input, &cause)).await?,
                None => exchange.unspoken(&text),
            };
            let key = self.key_of(&exchange).await?;
            if let Some(fits) = &channel.chat {
                let reply = self.chat_reply(&exchange, fits, &mut caused, &text);
                if let Some(reply) = Box::pin(reply).await? {
                    let pass = caused.pass();
                    let caused = (&mut caused, pass.as_ref());
                    self.reply_rows((&exchange, &key), &reply, caused, &cause)?;
                }
            } else if let Some(say) = caused.say.take() {
                let words = self.words(&exchange, &caused.state, channel.medium, &say);
                let letter = Letter {
                    channel: &channel.id,
                    fits: &channel.fits,
                    words,
                    cause: format!("reply {cause}"),
                    pass_until: caused.pass_until(),
                };
                let texts = self.texts(&exchange, &key, &letter)?;
                caused.rows.outbox.extend(texts);
            }
            caused.rows.settles = Some(claimed.claim.clone());
            let rows = self.kept(&exchange, &key, caused)?;
            match self.store.append(rows).await? {
                Appended::Stale => {}
                Appended::Stored | Appended::Duplicate | Appended::Lost => return Ok(()),
            }
        }
        Err(ConverseError::Contended)
    }

    /// Answers one request of a USSD dialogue. The screen is durable before it is shown, and a
    /// repeated request gets the same one.
    pub async fn turn(
        &self,
        channel: &ChannelProfile,
        turn: &Turn,
    ) -> Result<Screen, ConverseError> {
        let phone = Phone::parse(&turn.from).map_err(|_| ConverseError::NoNumber)?;
        for _ in 0..REREADS {
            let at = Address::Phone(phone.clone());
            let exchange = self.exchange(channel, at).await?;
            let base = channel.code.as_deref();
            let heard = exchange
                .state
                .heard(turn, base, &channel.limits, exchange.now);
            let input = match heard {
                Heard::Again(screen) => return Ok(screen),
                Heard::Gone => {
                    return Ok(Screen {
                        text: String::new(),
                        continues: false,
                    });
                }
                Heard::Begin(dialled) => Input::Begin(dialled),
                Heard::Text(text) => Input::Text(text),
            };
            let step = exchange.version;
            let cause = format!("turn {} {} {step}", channel.id, turn.session);
            let caused = self.work_out(&exchange, input, &cause).await?;
            if let Some(screen) = self.answer_turn(&exchange, turn, caused, &cause).await? {
                return Ok(screen);
            }
        }
        Err(ConverseError::Contended)
    }

    /// Writes a turn and its screen; none if the exchange was stale.
    async fn answer_turn(
        &self,
        exchange: &Exchange<'_>,
        turn: &Turn,
        mut caused: Caused,
        cause: &str,
    ) -> Result<Option<Screen>, ConverseError> {
        let channel = exchange.channel;
        let key = self.key_of(exchange).await?;
        let silent = Say::silent();
        let say = caused.say.take();
        let words = |medium, say| self.words(exchange, &caused.state, medium, say);
        let screen = Screen {
            text: words(channel.medium, say.as_ref().unwrap_or(&silent)),
            continues: !caused.ended && say.is_some(),
        };
        let mut copied = false;
        if let (Some(until), Some((copy, fits)), Some(say)) =
            (caused.pass_until(), &channel.copies_to, &say)
            && self.may_copy(exchange).await?
        {
            let letter = Letter {
                channel: copy,
                fits,
                words: words(Medium::Sms, say),
                cause: format!("copy {cause}"),
                pass_until: Some(until),
            };
            let texts = self.texts(exchange, &key, &letter)?;
            copied = !texts.is_empty();
            caused.rows.outbox.extend(texts);
        }
        caused.state.answered(turn, &screen, exchange.now);
        caused.rows.inbound = Some(self.turn_row(exchange, &key, (turn, &screen), cause)?);
        let rows = self.kept(exchange, &key, caused)?;
        if self.store.append(rows).await? != Appended::Stored {
            return Ok(None);
        }
        if copied {
            self.note_copy(exchange).await;
        }
        Ok(Some(screen))
    }

    /// Reads what is kept of a number or a chat.
    async fn exchange<'a>(
        &self,
        channel: &'a ChannelProfile,
        at: Address,
    ) -> Result<Exchange<'a>, ConverseError> {
        let province = self
            .places
            .province(&channel.province)
            .ok_or(ConverseError::UnknownProvince)?;
        let address = self.address_of(&channel.province, &at);
        let mut tx = self.store.read(&Scope::of(&channel.province)).await?;
        let stored = tx.conversation(&channel.id, address).await?;
        let profile = tx.profile(address).await?;
        let linked = match channel.medium {
            Medium::Chat => tx.linked_chat(&channel.id, address).await?,
            Medium::Sms | Medium::Ussd => None,
        };
        drop(tx);
        let of = &channel.province;
        let (version, state) = match stored {
            None => (0, State::default()),
            Some(row) => {
                let open = self.sealing.open(of, CONVERSATION, &address, &row.state);
                (row.version, readable(open.await)?.unwrap_or_default())
            }
        };
        let profile = match profile {
            None => None,
            Some(row) => {
                let open = self.sealing.open(of, PROFILE, &address, &row.sealed);
                readable(open.await)?.map(|profile| (profile, Moment(row.consented_at)))
            }
        };
        let phone = match linked {
            None => at.phone().cloned(),
            Some(row) => {
                let open = self.sealing.open(of, LINKED, &address, &row.sealed);
                readable(open.await)?
            }
        };
        Ok(Exchange {
            channel,
            province,
            at,
            phone,
            address,
            version,
            state,
            profile,
            now: self.clock.now(),
        })
    }
}

/// What cannot be read any more, because its key was destroyed or an older version wrote it, is
/// begun anew.
fn readable<T>(opened: Result<T, SealError>) -> Result<Option<T>, SealError> {
    match opened {
        Ok(value) => Ok(Some(value)),
        Err(SealError::Destroyed | SealError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
