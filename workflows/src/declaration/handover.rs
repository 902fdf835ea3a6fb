//! From a chat to a page: what a chat should not carry (document number, identity, answers about
//! health) is given on a page that one browser can open once; the pass goes to the chat and is
//! shown on the page. A link is a secret: it stands in the chat, and here only as a keyed hash.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::converse::{ChannelProfile, ConverseError};
use super::{Channel, DeclareError, Declared, Origin, RawForm};
use crate::Workflows;
use crate::clock::Moment;
use crate::ids::ProvinceId;
use crate::message::{Address, ChannelId};
use crate::phrase::Language;
use crate::sealing::{Column, SealError};
use crate::store::{Appended, HandoverRow, HandoverUse, Scope, StoreError, StoredHandover};
use crate::vault::{DataKey, Field};

/// What the chat knew, sealed.
const CONTENT: Column = Column::new("handovers", "content");

/// How often a chat is read again because it wrote at the same time.
const REREADS: usize = 8;
/// A link may be opened for this long.
pub const LINK_MINUTES: i64 = 15;
/// An opened page may be sent for this long.
pub const PAGE_MINUTES: i64 = 30;

/// What a chat hands over to the page.
#[derive(Clone)]
pub struct Handover {
    /// The channel's province, for which is declared.
    pub province: ProvinceId,
    /// The channel of the chat.
    pub channel: ChannelId,
    /// The chat's id, as its provider writes it.
    pub recipient: String,
    /// Language of the chat.
    pub language: Language,
    /// The fields that are known already.
    pub raw: RawForm,
}

/// What is sealed of it.
#[derive(Serialize, Deserialize)]
struct Content {
    recipient: String,
    language: Language,
    raw: Vec<(String, String)>,
}

/// What the browser that opened a link keeps, as a cookie; it proves nothing by itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Opener(String);

/// A link in the hands of the browser that opened it.
pub enum Opened {
    /// The page waits to be sent.
    Waiting(Box<Waiting>),
    /// It was sent; this came of it.
    Used(Box<Declared>),
}

/// A page that waits to be sent.
pub struct Waiting {
    /// Name of the link; no secret.
    pub id: Uuid,
    /// What the chat handed over.
    pub handover: Handover,
}

/// Why nothing was declared by a link.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The link ended, is not this browser's, or the chat was given a later one.
    #[error("the link no longer stands")]
    Gone,
    /// The declaration was not taken.
    #[error(transparent)]
    Declare(#[from] DeclareError),
    /// The chat could not be told.
    #[error(transparent)]
    Converse(#[from] ConverseError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Opener {
    /// As the cookie holds it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One that a browser brings back; none for what we would not have made.
    pub fn parse(text: &str) -> Option<Self> {
        is_secret(text).then(|| Self(text.to_owned()))
    }
}

impl Handover {
    fn chat(&self) -> Address {
        Address::Chat(self.channel.clone(), self.recipient.clone())
    }
}

impl Workflows {
    /// A new link: the part of its address that is secret, and the row that goes into
    /// [`Rows::handover`]. Earlier links of the chat end with it.
    pub fn new_handover(
        &self,
        handover: &Handover,
        key: &DataKey,
        now: Moment,
    ) -> Result<(String, HandoverRow), SealError> {
        let province = &handover.province;
        let token = format!("{province}.{}", self.secret());
        let id = self.clock.uuid();
        let pairs = handover.raw.pairs();
        let content = Content {
            recipient: handover.recipient.clone(),
            language: handover.language,
            raw: pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        };
        let row = HandoverRow {
            province: province.clone(),
            id,
            token: self.link_hash(province, &token),
            channel: handover.channel.clone(),
            address: self.address_of(province, &handover.chat()),
            content: self.sealing.seal(key, CONTENT, id.as_bytes(), &content)?,
            created_at: now,
            expires_at: now.plus_minutes(LINK_MINUTES),
        };
        Ok((token, row))
    }

    /// The channel of a link that still waits for somebody to open it. Looking changes nothing:
    /// previews of links look too.
    pub async fn unopened_handover(&self, token: &str) -> Result<Option<ChannelId>, StoreError> {
        let found = self.stored_handover(token).await?;
        let waits = found.filter(|(_, stored)| stored.opener.is_none() && stored.stands);
        Ok(waits.and_then(|(_, stored)| ChannelId::parse(&stored.channel)))
    }

    /// Opens a link for the browser that pressed its button: the first one gets it. A browser
    /// that presses twice brings what it was given before as `held`, and gets the link again.
    pub async fn claim_handover(
        &self,
        token: &str,
        held: Option<Opener>,
    ) -> Result<Option<Opener>, StoreError> {
        let Some(province) = province_of(token) else {
            return Ok(None);
        };
        let opener = held.unwrap_or_else(|| self.new_opener());
        let hashes = (
            self.link_hash(&province, token),
            self.opener_hash(&province, token, &opener),
        );
        let now = self.clock.now();
        let mut tx = self.store.write(&Scope::of(&province)).await?;
        let until = now.plus_minutes(PAGE_MINUTES);
        let is_first = tx.open_handover(&hashes.0, &hashes.1, (now, until)).await?;
        let is_own = is_first
            || tx
                .handover(&hashes.0, now)
                .await?
                .is_some_and(|stored| is_openers(&stored, &hashes.1));
        tx.commit().await?;
        Ok(is_own.then_some(opener))
    }

    /// What a browser keeps from its first look at a link on, so that pressing twice does no harm.
    pub fn new_opener(&self) -> Opener {
        Opener(self.secret())
    }

    /// A link as the browser that opened it may see it.
    pub async fn handover(
        &self,
        token: &str,
        opener: &Opener,
    ) -> Result<Option<Opened>, HandoverError> {
        let Some((province, stored)) = self.stored_handover(token).await? else {
            return Ok(None);
        };
        if !is_openers(&stored, &self.opener_hash(&province, token, opener)) {
            return Ok(None);
        }
        if stored.declaration.is_some() {
            let origin = origin(stored.id, Language::default(), String::new());
            let declared = self.declared_already(&province, &origin).await?;
            return Ok(declared.map(|declared| Opened::Used(Box::new(declared))));
        }
        if !stored.stands {
            return Ok(None);
        }
        let row = stored.id.as_bytes();
        let content: Content = self
            .sealing
            .open(&province, CONTENT, row, &stored.content)
            .await?;
        let Some(channel) = ChannelId::parse(&stored.channel) else {
            return Ok(None);
        };
        Ok(Some(Opened::Waiting(Box::new(Waiting {
            id: stored.id,
            handover: Handover {
                province,
                channel,
                recipient: content.recipient,
                language: content.language,
                raw: RawForm::from_pairs(content.raw),
            },
        }))))
    }

    /// Takes the declaration of a page. A link makes one declaration, whatever is sent how often:
    /// who sends again gets the same pass. `channel` is the chat's, which is told of it in the
    /// same write; none where it is no longer served.
    pub async fn declare_handed(
        &self,
        (token, opener): (&str, &Opener),
        raw: &RawForm,
        channel: Option<&ChannelProfile>,
        (language, request_id): (Language, String),
    ) -> Result<Declared, HandoverError> {
        let waiting = match self.handover(token, opener).await? {
            None => return Err(HandoverError::Gone),
            Some(Opened::Used(declared)) => return Ok(*declared),
            Some(Opened::Waiting(waiting)) => waiting,
        };
        let handover = &waiting.handover;
        let origin = origin(waiting.id, language, request_id);
        let submission = self.check(&handover.province, raw)?;
        let (mut rows, declared) = self.judged_rows(&submission, &origin).await?;
        rows.hands_over = Some(HandoverUse {
            province: handover.province.clone(),
            id: waiting.id,
            declaration: declared.declaration,
            at: self.clock.now(),
        });
        for _ in 0..REREADS {
            let mut rows = rows.clone();
            if let Some(channel) = channel {
                let cause = format!("handover {}", waiting.id);
                let pass = rows.declaration.as_ref().map(|(_, pass)| pass.clone());
                let made = (&declared, pass.as_ref());
                let told = self.told_in_chat(channel, (handover, raw), made, &cause);
                rows.join(Box::pin(told).await?);
            }
            if self.store.append(rows).await? == Appended::Stored {
                return Ok(declared);
            }
            // It was sent twice, or the chat wrote in between and is read again.
            let before = self.declared_already(&handover.province, &origin).await?;
            if let Some(before) = before {
                return Ok(before);
            }
            if self.handover(token, opener).await?.is_none() {
                return Err(HandoverError::Gone);
            }
        }
        Err(HandoverError::Converse(ConverseError::Contended))
    }

    async fn stored_handover(
        &self,
        token: &str,
    ) -> Result<Option<(ProvinceId, StoredHandover)>, StoreError> {
        let Some(province) = province_of(token) else {
            return Ok(None);
        };
        let hash = self.link_hash(&province, token);
        let mut tx = self.store.read(&Scope::of(&province)).await?;
        let stored = tx.handover(&hash, self.clock.now()).await?;
        Ok(stored.map(|stored| (province, stored)))
    }

    /// 128 bits in letters and digits, so that no app takes an address for shorter than it is.
    fn secret(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.clock.random()))
    }

    fn link_hash(&self, province: &ProvinceId, token: &str) -> [u8; 16] {
        self.sealing
            .index(province, Field::Link, &format!("handover {token}"))
    }

    fn opener_hash(&self, province: &ProvinceId, token: &str, opener: &Opener) -> [u8; 16] {
        let text = format!("opener {token} {}", opener.0);
        self.sealing.index(province, Field::Link, &text)
    }
}

/// The link itself is the key, and the content does not count: the first that was taken stands.
fn origin(link: Uuid, language: Language, request_id: String) -> Origin {
    let key = format!("handover {link}");
    Origin {
        channel: Channel::Chat,
        language: language.as_str().into(),
        sent: key.clone().into_bytes(),
        idempotency_key: key,
        paper: None,
        assisted: None,
        request_id,
    }
}

fn is_openers(stored: &StoredHandover, hash: &[u8; 16]) -> bool {
    let opener = stored.opener.as_deref();
    opener.is_some_and(|opener| opener.ct_eq(hash.as_slice()).into())
}

/// The province of a link, if it may be one of ours.
fn province_of(token: &str) -> Option<ProvinceId> {
    let (province, secret) = token.split_once('.')?;
    ProvinceId::parse(province).filter(|_| is_secret(secret))
}

fn is_secret(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Shows nothing of what it holds, so that it may stand in a log.
impl std::fmt::Debug for Handover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handover(…)")
    }
}
