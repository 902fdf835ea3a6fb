//! Declaring for a citizen who is at the post or on the hotline with a phone that can only get
//! texts: a one-time code proves the number, then the helper keys the same form (CHANNELS.md
//! E5, E6).

mod counted;

use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{DeclareError, Declared, Origin};
use crate::Workflows;
use crate::audit::{AuditEntry, Purpose};
use crate::clock::Moment;
use crate::ids::{CheckpointId, OfficerId, OutboundId, ProvinceId};
use crate::inbox::{BODY, RECIPIENT};
use crate::message::{ChannelId, Class, PartOf, TextPart};
use crate::person::Phone;
use crate::phrase::{self, Language};
use crate::sealing::{Column, SealError};
use crate::store::{AssistRow, NewAssist, OutboxRow, Scope, StoreError};
use crate::text::{self, Limits};
use crate::vault::{DataKey, Field};
use crate::verdict::Level;
use crate::verification::spaced;

/// Sealed number of a code's citizen.
const NUMBER: Column = Column::new("assists", "number");

/// A code ends after this long, or after so many tries.
const CODE_MINUTES: i64 = 10;
const TRIES: i64 = 5;
/// A proven number may be keyed for this long: a household takes a while.
const PROVEN_MINUTES: i64 = 30;
/// Codes to one number, in the whole country: (minutes, most).
const PER_NUMBER: [(i64, i64); 2] = [(60, 3), (24 * 60, 10)];
/// Codes that one helper asks for.
const PER_HELPER: [(i64, i64); 2] = [(60, 30), (24 * 60, 200)];
/// Texts of a province's helpers together, whatever the number of accounts.
const PER_PROVINCE: [(i64, i64); 1] = [(60, 600)];

/// A kind of attempt, its subject, and how many there may be: (minutes, most).
type Counted<'a> = (&'static str, &'a [u8], &'a [(i64, i64)]);

/// Who declares for somebody.
#[derive(Clone, Debug)]
pub struct Helper {
    /// Province of the account.
    pub province: ProvinceId,
    /// The account.
    pub officer: OfficerId,
    /// In which role, for the audit.
    pub role: String,
    /// The post on duty at; none on the hotline.
    pub checkpoint: Option<CheckpointId>,
    /// The request it happens in.
    pub request_id: String,
}

/// The channel that texts go out on.
#[derive(Clone, Debug)]
pub struct TextWay {
    /// The channel.
    pub channel: ChannelId,
    /// The channel's own province, under which its receipts find what they are about.
    pub province: ProvinceId,
    /// What it takes as one message.
    pub limits: Limits,
}

/// A declaration keyed by a helper for the owner of a proven number.
#[derive(Clone, Debug)]
pub struct Assisted {
    /// Who keys it.
    pub officer: OfficerId,
    /// In which role, for the audit.
    pub role: String,
    /// The proven number: the pass goes there.
    pub phone: Phone,
    /// The code that proved it.
    pub code: Uuid,
    /// How texts go out.
    pub way: TextWay,
}

/// A code that was given, as its helper may see it.
#[derive(Clone, Debug)]
pub struct Assist {
    /// The citizen's number.
    pub phone: Phone,
    /// Whether the right code was given, not too long ago.
    pub is_proven: bool,
    /// Tries that are left.
    pub tries_left: i64,
}

/// Why a code was not sent or not taken.
#[derive(Debug, thiserror::Error)]
pub enum AssistError {
    /// Only Vietnamese mobile numbers get texts.
    #[error("the number gets no texts")]
    NotTextable,
    /// Too many codes to this number, by this helper or in this province.
    #[error("too many codes")]
    TooMany,
    /// No such code, or it ended, or was tried too often.
    #[error("the code no longer stands")]
    Gone,
    /// Not this code.
    #[error("the code is wrong")]
    Wrong,
    /// The text does not fit the channel.
    #[error("the text does not fit the channel")]
    Unsendable,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Workflows {
    /// Texts a one-time code to a citizen; the name under which it can be proven. The answer is
    /// the same whether or not anything is known of the number.
    pub async fn send_assist_code(
        &self,
        helper: &Helper,
        phone: &Phone,
        way: &TextWay,
        language: Language,
    ) -> Result<Uuid, AssistError> {
        if !phone.is_textable() {
            return Err(AssistError::NotTextable);
        }
        let now = self.clock.now();
        self.count_sent_code(helper, phone, now).await?;
        let (province, id) = (&helper.province, self.clock.uuid());
        let drawn = u64::from_be_bytes(self.clock.random()) % 1_000_000;
        let code = format!("{drawn:06}");
        let key = self.sealing.key(province, now).await?;
        let values = [("code".into(), code.clone().into())].into();
        let text = phrase::text_with(language, "assist-sms-code", &values);
        let message = Message {
            province,
            phone,
            way,
            cause: format!("assist {id}"),
            class: Class::Reply,
            deadline_at: now.plus_minutes(CODE_MINUTES),
        };
        let rows = self.text_rows(&message, &key, &text)?;
        let rows = rows.ok_or(AssistError::Unsendable)?;
        let assist = NewAssist {
            id,
            officer: helper.officer,
            phone: self.address(province, phone),
            number: self
                .sealing
                .seal(&key, NUMBER, id.as_bytes(), &phone.e164())?,
            code: self.code_hash(province, id, &code),
            checkpoint: helper.checkpoint,
            sent_at: now,
            expires_at: now.plus_minutes(CODE_MINUTES),
        };
        let mut tx = self.store.write(&Scope::of(province)).await?;
        tx.add_assist(&assist).await?;
        tx.add_outbox(&rows, now).await?;
        tx.audit(
            province,
            entry(helper, "assist-code-sent", assist.phone, id, now),
        );
        tx.commit().await?;
        Ok(id)
    }

    /// Takes the code that the citizen read out. Each try counts, also those made at the same
    /// time; only the helper who asked for the code can use it.
    pub async fn prove_assist(
        &self,
        helper: &Helper,
        id: Uuid,
        typed: &str,
    ) -> Result<(), AssistError> {
        let now = self.clock.now();
        let province = &helper.province;
        let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
        let mut tx = self.store.write(&Scope::of(province)).await?;
        let claimed = tx
            .claim_assist_try((id, helper.officer), now, TRIES)
            .await?;
        let Some(row) = claimed else {
            drop(tx);
            // A form that is sent twice has its code taken already.
            let known = self.assist(helper, id).await?;
            return known
                .filter(|a| a.is_proven)
                .map(|_| ())
                .ok_or(AssistError::Gone);
        };
        let right: bool = self
            .code_hash(province, id, &typed)
            .ct_eq(row.code.as_slice())
            .into();
        let action = if right {
            tx.set_assist_proven(id, now).await?;
            "assist-code-proven"
        } else {
            "assist-code-wrong"
        };
        let phone = row.phone.as_slice().try_into().map_err(|_| corrupt())?;
        tx.audit(province, entry(helper, action, phone, id, now));
        tx.commit().await?;
        match (right, row.tries < TRIES) {
            (true, _) => Ok(()),
            (false, true) => Err(AssistError::Wrong),
            (false, false) => Err(AssistError::Gone),
        }
    }

    /// A code of this helper's that still stands or was proven of late.
    pub async fn assist(&self, helper: &Helper, id: Uuid) -> Result<Option<Assist>, AssistError> {
        let now = self.clock.now();
        let province = &helper.province;
        let mut tx = self.store.read(&Scope::of(province)).await?;
        let Some(row) = tx.assist(id, helper.officer).await? else {
            return Ok(None);
        };
        drop(tx);
        let is_proven = is_fresh(row.proven_at, PROVEN_MINUTES, now);
        let is_open = row.proven_at.is_none()
            && row.tries < TRIES
            && is_fresh(Some(row.sent_at), CODE_MINUTES, now);
        if !is_proven && !is_open {
            return Ok(None);
        }
        Ok(Some(Assist {
            phone: self.number_of(province, &row).await?,
            is_proven,
            tries_left: TRIES - row.tries,
        }))
    }

    async fn number_of(
        &self,
        province: &ProvinceId,
        row: &AssistRow,
    ) -> Result<Phone, AssistError> {
        let opened = self
            .sealing
            .open(province, NUMBER, row.id.as_bytes(), &row.number);
        Ok(opened.await?)
    }

    /// Counts a code before it is made, so that many at once are counted too, and takes the count
    /// back when it is one too many: asking again and again must not shut a citizen out for ever.
    async fn count_sent_code(
        &self,
        helper: &Helper,
        phone: &Phone,
        now: Moment,
    ) -> Result<(), AssistError> {
        let number = self.address(&everywhere(), phone);
        let counted: [Counted<'_>; 3] = [
            ("assist-number", &number, &PER_NUMBER),
            ("assist-helper", helper.officer.0.as_bytes(), &PER_HELPER),
            (
                "assist-province",
                helper.province.as_str().as_bytes(),
                &PER_PROVINCE,
            ),
        ];
        let id = self.clock.uuid();
        if self.is_counted(&helper.province, &counted, id).await? {
            return Ok(());
        }
        let scope = Scope::of(&helper.province);
        let mut tx = self.store.write(&scope).await?;
        let phone = self.address(&helper.province, phone);
        tx.audit(
            &helper.province,
            entry(helper, "assist-code-refused", phone, id, now),
        );
        tx.commit().await?;
        Err(AssistError::TooMany)
    }

    /// The pass as a text for the citizen, written with the declaration; none without a helper.
    pub(super) fn pass_text(
        &self,
        province: &ProvinceId,
        origin: &Origin,
        declared: &Declared,
        key: &DataKey,
    ) -> Result<Vec<OutboxRow>, DeclareError> {
        let Some(assisted) = &origin.assisted else {
            return Ok(Vec::new());
        };
        let language = Language::parse(&origin.language).unwrap_or_default();
        let values = [
            ("code".into(), spaced(&declared.code).into()),
            ("until".into(), declared.expires_at.local_text().into()),
        ];
        let sentence = match declared.level {
            Level::Refuse => "assist-sms-refused",
            _ => "assist-sms-pass",
        };
        let text = phrase::text_with(language, sentence, &values.into());
        let message = Message {
            province,
            phone: &assisted.phone,
            way: &assisted.way,
            cause: format!("pass {}", declared.declaration),
            class: Class::Pass,
            deadline_at: declared.expires_at,
        };
        let rows = self.text_rows(&message, key, &text)?;
        // The page shows the pass too: a text too long for its channel stops no declaration.
        Ok(rows.unwrap_or_else(|| {
            tracing::error!(channel = %message.way.channel, "the text of a pass does not fit");
            Vec::new()
        }))
    }

    /// A text as rows of the outbox; `None` when the channel cannot carry it.
    pub(crate) fn text_rows(
        &self,
        message: &Message<'_>,
        key: &DataKey,
        text: &str,
    ) -> Result<Option<Vec<OutboxRow>>, SealError> {
        let Ok(parts) = text::pieces(text, &message.way.limits) else {
            return Ok(None);
        };
        let Ok(total) = u8::try_from(parts.len()) else {
            return Ok(None);
        };
        let reference = u16::from_be_bytes(self.clock.random());
        let now = self.clock.now();
        let row = |(number, (text, units)): (u8, (String, i64))| {
            let id = OutboundId(self.clock.uuid());
            let part = (total > 1).then_some(PartOf {
                reference,
                number,
                total,
            });
            let body = TextPart { text, part };
            let row = id.0.as_bytes();
            Ok(OutboxRow {
                province: message.province.clone(),
                id,
                channel: message.way.channel.clone(),
                class: message.class,
                cause: format!("{} {number}", message.cause),
                recipient: self
                    .sealing
                    .seal(key, RECIPIENT, row, &message.phone.e164())?,
                body: self.sealing.seal(key, BODY, row, &body)?,
                address: Some(self.address(&message.way.province, message.phone)),
                units,
                part,
                due_at: now,
                deadline_at: message.deadline_at,
                instead_of: None,
            })
        };
        let rows: Result<_, SealError> = (1..=total).zip(parts).map(row).collect();
        rows.map(Some)
    }

    /// Keyed and bound to its row: a copied database gives no code away, though there are only a
    /// million of them.
    fn code_hash(&self, province: &ProvinceId, id: Uuid, code: &str) -> [u8; 16] {
        self.sealing
            .index(province, Field::Key, &format!("assist {id} {code}"))
    }
}

/// A text to one citizen.
pub(crate) struct Message<'a> {
    pub(crate) province: &'a ProvinceId,
    pub(crate) phone: &'a Phone,
    pub(crate) way: &'a TextWay,
    /// Unique; the parts get their number behind it.
    pub(crate) cause: String,
    pub(crate) class: Class,
    pub(crate) deadline_at: Moment,
}

/// Numbers are counted across provinces: three codes an hour are three in all.
#[expect(clippy::expect_used, reason = "a constant")]
fn everywhere() -> ProvinceId {
    ProvinceId::parse("service").expect("a province id")
}

fn is_fresh(at: Option<i64>, minutes: i64, now: Moment) -> bool {
    at.is_some_and(|at| Moment(at).plus_minutes(minutes) > now)
}

fn corrupt() -> StoreError {
    StoreError::Corrupt {
        table: "assists",
        column: "phone",
    }
}

pub(super) fn entry(
    helper: &Helper,
    action: &'static str,
    phone: [u8; 16],
    id: Uuid,
    now: Moment,
) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: helper.officer.to_string().into(),
        role: helper.role.clone().into(),
        purpose: Purpose::Declare,
        action: action.into(),
        subject: Some(phone),
        detail: id.to_string(),
        request_id: helper.request_id.clone(),
    }
}
