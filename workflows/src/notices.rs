//! What a citizen's chat is told of a pass without having asked: that it ends soon, that it needs
//! a check at the post or may be used again, that a later declaration replaced it. And how a pass
//! reaches its holder when the chat cannot be handed it ([`StandIn`]).
//!
//! A declaration made in a chat leaves a *watch* beside its pass. Reminders and replacements
//! become due on the watch and are told by [`Workflows::tell_due`]; holds and releases are
//! messages written with the entry that caused them.
//!
//! Whoever declares with somebody else's document must not learn of that person's entries or
//! other declarations. So only a watch is told of them whose chat proved the number that its
//! declaration gives, and only while every declaration of that document in the province gives
//! that same number. The words are neutral: neither a class nor a reason, a place or a name.

mod due;
mod quiet;
mod stand_in;
mod standing;

pub use quiet::{Quiet, Timing};
pub use stand_in::{StandIn, Way};
pub(crate) use standing::Told;

use crate::Workflows;
use crate::clock::Moment;
use crate::ids::{OutboundId, PassId, ProvinceId};
use crate::inbox::{BODY, RECIPIENT};
use crate::message::{Address, ChannelId, ChatText, Class};
use crate::phrase::{self, Language};
use crate::sealing::{Column, SealError};
use crate::store::{OutboxRow, PassRow, StoreError, Watch, WatchRow};
use crate::vault::DataKey;

/// Sealed id of a watch's chat; its row is the pass's id.
const RECIPIENT_OF_WATCH: Column = Column::new("watches", "recipient");

/// The chat that a declaration was made in.
#[derive(Clone, Copy, Debug)]
pub struct Watcher<'a> {
    /// The channel.
    pub channel: &'a ChannelId,
    /// The channel's own province.
    pub home: &'a ProvinceId,
    /// The chat.
    pub chat: &'a Address,
    /// Its language.
    pub language: Language,
    /// Whether the chat proved, by sharing its own contact or by a one-time code, the very number
    /// that this declaration gives.
    pub proven: bool,
    /// When it was last heard.
    pub heard_at: Moment,
    /// For how many hours from then on it may be told what it did not ask for; none: always.
    pub window_hours: Option<i64>,
}

impl Watcher<'_> {
    /// Until when it is reminded: an hour before it may no longer be.
    fn reminded_until(&self) -> Option<Moment> {
        let hours = self.window_hours?;
        Some(self.heard_at.plus_minutes(hours.saturating_sub(1) * 60))
    }
}

/// Why nothing could be told.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl NoticeError {
    /// Whether the database is away, and trying again will help.
    fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) | Self::Seal(SealError::Store(error)) => error.is_outage(),
            Self::Seal(_) => false,
        }
    }
}

/// One message about a pass.
struct Notice {
    /// What made it necessary; unique on its channel.
    cause: String,
    /// The sentence; it may have the pass's end in it as `until`.
    sentence: &'static str,
    due_at: Moment,
    deadline_at: Moment,
}

impl Workflows {
    /// The watch beside a pass that was declared in a chat, to be appended with it. `key` is the
    /// key of the pass's province.
    pub fn watch(
        &self,
        pass: &PassRow,
        watcher: &Watcher<'_>,
        key: &DataKey,
    ) -> Result<WatchRow, SealError> {
        let to = watcher.chat.recipient();
        let is_refused = pass.level == "refuse";
        let within = (pass.issued_at, pass.expires_at);
        let remind_at = self.notices.remind_at(within, watcher.reminded_until());
        Ok(WatchRow {
            province: pass.province.clone(),
            pass: pass.id,
            person: pass.person,
            channel: watcher.channel.clone(),
            home: watcher.home.clone(),
            address: self.address_of(watcher.home, watcher.chat),
            recipient: self
                .sealing
                .seal(key, RECIPIENT_OF_WATCH, &pass.id.0, &to)?,
            language: watcher.language,
            proven: watcher.proven,
            heard_at: watcher.heard_at,
            issued_at: pass.issued_at,
            expires_at: pass.expires_at,
            due_at: remind_at.filter(|_| !is_refused),
        })
    }

    /// A notice as a row of the outbox. Its province is the pass's, whatever the channel's.
    async fn notice_row(&self, watch: &Watch, notice: Notice) -> Result<OutboxRow, NoticeError> {
        let province = ProvinceId::parse(&watch.province).ok_or_else(|| corrupt("province"))?;
        let channel = ChannelId::parse(&watch.channel).ok_or_else(|| corrupt("channel"))?;
        let address = watch.address.as_slice().try_into();
        let sealed = &watch.recipient;
        let opened = self
            .sealing
            .open(&province, RECIPIENT_OF_WATCH, &watch.pass, sealed);
        let to: String = opened.await?;
        let language = Language::parse(&watch.language).unwrap_or_default();
        let until = Moment(watch.expires_at).local_text();
        let values = [("until".into(), until.into())].into();
        let heard_at = watch.talked_at.unwrap_or(0).max(watch.heard_at);
        let body = ChatText {
            text: phrase::text_with(language, notice.sentence, &values),
            heard_at: Some(Moment(heard_at)),
            ..ChatText::default()
        };
        let id = OutboundId(self.clock.uuid());
        let row = id.0.as_bytes();
        let key = self.sealing.key(&province, self.clock.now()).await?;
        Ok(OutboxRow {
            id,
            channel,
            class: Class::Notice,
            cause: notice.cause,
            recipient: self.sealing.seal(&key, RECIPIENT, row, &to)?,
            body: self.sealing.seal(&key, BODY, row, &body)?,
            address: Some(address.map_err(|_| corrupt("address"))?),
            units: 1,
            part: None,
            due_at: notice.due_at,
            deadline_at: notice.deadline_at,
            instead_of: None,
            province,
        })
    }
}

impl Watch {
    /// The pass's id as causes name it.
    fn pass_name(&self) -> String {
        let id = PassId(self.pass.as_slice().try_into().unwrap_or_default());
        format!("{:032x}", u128::from_be_bytes(id.0))
    }

    /// Whether its chat may hear of entries and of other declarations.
    fn may_know(&self) -> bool {
        self.proven && self.agreed && !self.unwanted
    }

    /// Whether the pass was ever good for anything and is not withdrawn. What was judged first
    /// may be stored last: nobody told its watch then that it was replaced.
    fn is_pass(&self) -> bool {
        let is_last = self.superseded_at.is_some() || !self.overtaken;
        is_last && !self.revoked && self.level != "refuse"
    }
}

fn corrupt(column: &'static str) -> StoreError {
    StoreError::Corrupt {
        table: "watches",
        column,
    }
}
