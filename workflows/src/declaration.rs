//! Workflow 1, declare: judge outside, then record declaration, pass, mark and audit in one
//! append.

pub mod assist;
pub mod conversation;
pub mod converse;
pub mod handover;
mod kept;
pub mod national;
mod paper;
mod raw;
mod rows;
mod submission;

use std::sync::Arc;
use std::time::Duration;

pub use assist::Assisted;
pub use paper::{ComparedDocument, Paper};
pub use raw::{Complaint, FieldError, RawForm};
pub use submission::{Homes, Journey, Submission, parse_unit, unit_text};

use crate::Workflows;
use crate::clock::Moment;
use crate::form::Form;
use crate::ids::{DeclarationId, OfficerId, PassId, ProvinceId};
use crate::message::Trust;
use crate::registry::{RegistryAnswer, RegistryField};
use crate::rules::{Facts, facts};
use crate::sealing::SealError;
use crate::store::{Appended, Rows, Scope, StoreError};
use crate::verdict::{Level, Reason, Verdict, earliest_end};

use crate::exposure;
use crate::vault::Field;
use crate::verification::ScanError;

/// Refusals by the registry for one document in so many minutes.
const MISMATCHES: i64 = 10;
const MISMATCH_MINUTES: i64 = 60;
/// How long a dialogue waits for the registry: it has one second for everything.
const IN_A_TURN: Duration = Duration::from_millis(600);

/// How a declaration came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The citizen's own browser.
    Web,
    /// The JSON API.
    Api,
    /// A text message of the citizen's own.
    Sms(Trust),
    /// A USSD dialogue.
    Ussd(Trust),
    /// A chat, or the page that it led to.
    Chat,
    /// Paper, keyed by an officer.
    Paper,
    /// Keyed by an officer for somebody whose number a one-time code proved.
    Assisted,
    /// The same, keyed by an operator of the hotline.
    Hotline,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Web,
        Self::Api,
        Self::Sms(Trust::Low),
        Self::Sms(Trust::Network),
        Self::Ussd(Trust::Low),
        Self::Ussd(Trust::Network),
        Self::Chat,
        Self::Paper,
        Self::Assisted,
        Self::Hotline,
    ];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Sms(_) => "sms",
            Self::Ussd(_) => "ussd",
            Self::Chat => "chat",
            Self::Paper => "paper",
            Self::Assisted => "assisted",
            Self::Hotline => "hotline",
        }
    }

    /// Whether the sender's number may be forged: the post compares the document.
    pub fn is_low_trust(self) -> bool {
        matches!(self, Self::Sms(Trust::Low) | Self::Ussd(Trust::Low))
    }
}

/// What surrounds a submission.
#[derive(Clone, Debug)]
pub struct Origin {
    /// How it came.
    pub channel: Channel,
    /// Language of the answers, `vi` or `en`.
    pub language: String,
    /// The client's key: the same key makes one declaration, however often it is sent.
    pub idempotency_key: String,
    /// Canonical bytes of what was sent, to refuse a reused key with other content.
    pub sent: Vec<u8>,
    /// The paper, when an officer keyed it.
    pub paper: Option<Paper>,
    /// The proven number, when somebody keyed it for the citizen.
    pub assisted: Option<Assisted>,
    /// The request it came in.
    pub request_id: String,
}

impl Origin {
    fn keyed_by(&self) -> Option<OfficerId> {
        self.keyer().map(|(officer, _)| officer)
    }

    /// Who keyed it for the citizen, and in which role.
    fn keyer(&self) -> Option<(OfficerId, &str)> {
        let paper = self.paper.as_ref().map(|p| (p.officer, p.role.as_str()));
        let assisted = self.assisted.as_ref();
        paper.or_else(|| assisted.map(|a| (a.officer, a.role.as_str())))
    }
}

/// A declaration that is durable.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Whose.
    pub province: ProvinceId,
    /// Its id.
    pub declaration: DeclarationId,
    /// Its pass.
    pub pass: PassId,
    /// Address part of the citizen's page.
    pub link: String,
    /// Spoken code.
    pub code: String,
    /// The same in digits; passes of before 2026-11 have none.
    pub digits: Option<String>,
    /// Verdict's level.
    pub level: Level,
    /// Why.
    pub reasons: Vec<Reason>,
    /// QR text; none for a refused declaration.
    pub qr_text: Option<String>,
    /// When the pass ends.
    pub expires_at: Moment,
    /// Whether the same request had been stored before.
    pub repeated: bool,
}

/// Why a declaration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// No such province.
    #[error("there is no such province")]
    UnknownProvince,
    /// Fields to correct.
    #[error("some fields need correcting")]
    Invalid(Vec<FieldError>),
    /// The registry knows this number with other data.
    #[error("the registry differs")]
    Mismatch(Vec<RegistryField>),
    /// The registry has refused this document too often; wait.
    #[error("too many refusals for this document")]
    TooMany,
    /// The idempotency key was used for something else.
    #[error("the idempotency key was used for another declaration")]
    KeyReused,
    /// Storage failed; nothing was acknowledged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed; nothing was acknowledged.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Workflows {
    /// The form that a province asks today; the national one where its rules give none.
    pub fn form(&self, province: &ProvinceId) -> Result<Arc<Form>, DeclareError> {
        let context = self
            .context(province, &[])
            .ok_or(DeclareError::UnknownProvince)?;
        Ok(self.rules.form(province, &context).unwrap_or_else(|error| {
            tracing::error!(%province, "the national form is asked: {error}");
            Arc::new(Form::national())
        }))
    }

    /// Parses raw fields against the province's form, and asks its rules whether the answers
    /// make sense together.
    pub fn check(&self, province: &ProvinceId, raw: &RawForm) -> Result<Submission, DeclareError> {
        let form = self.form(province)?;
        self.check_on(province, raw, &form)
    }

    /// The same against a form that asks less than the province's own.
    fn check_on(
        &self,
        province: &ProvinceId,
        raw: &RawForm,
        form: &Form,
    ) -> Result<Submission, DeclareError> {
        let submission = submission::parse(province, raw, form, self.clock.today())
            .map_err(DeclareError::Invalid)?;
        if let Some(post) = submission.checkpoint
            && self.places.checkpoint(province, post).is_none()
        {
            let unknown = FieldError::code("checkpoint", "post-unknown");
            return Err(DeclareError::Invalid(vec![unknown]));
        }
        let context = self
            .context(province, &[])
            .ok_or(DeclareError::UnknownProvince)?;
        // A failing check is no reason to turn a citizen away: the assessment will say unsure.
        let complaints = self
            .rules
            .check(province, &context, &submission.replies)
            .unwrap_or_else(|error| {
                tracing::warn!(%province, "answers not checked: {error}");
                Vec::new()
            });
        if complaints.is_empty() {
            return Ok(submission);
        }
        let error = |(id, reason)| FieldError {
            field: format!("q{id}"),
            why: Complaint::Province(reason),
        };
        Err(DeclareError::Invalid(
            complaints.into_iter().map(error).collect(),
        ))
    }

    /// Takes a declaration: the registry compares, the province's rules assess, the core
    /// tightens, and everything is stored at once.
    pub async fn declare(
        &self,
        submission: &Submission,
        origin: &Origin,
    ) -> Result<Declared, DeclareError> {
        let (rows, declared) = self.judged_rows(submission, origin).await?;
        let hash = rows
            .declaration
            .as_ref()
            .map(|(d, _)| (d.idem_key, d.request_hash));
        match (self.store.append(rows).await?, hash) {
            (Appended::Duplicate, Some((key, hash))) => {
                self.declared_before(&submission.province, &key, &hash)
                    .await
            }
            _ => Ok(declared),
        }
    }

    /// Everything up to the write: what is to be stored, and what it says.
    async fn judged_rows(
        &self,
        submission: &Submission,
        origin: &Origin,
    ) -> Result<(Rows, Declared), DeclareError> {
        let answer = self.compared(submission, origin).await;
        if let RegistryAnswer::Mismatch(fields) = answer {
            self.count_mismatch(submission).await?;
            return Err(DeclareError::Mismatch(fields));
        }
        let verdict = self.assess(submission, origin, &answer)?;
        let key = self
            .sealing
            .key(&submission.province, self.clock.now())
            .await?;
        let judged = rows::Judged {
            submission,
            origin,
            verdict: &verdict,
            registry: &answer,
        };
        let (mut rows, declared) = self.declaration_rows(&judged, &key)?;
        rows.outbox = self.pass_text(&submission.province, origin, &declared, &key)?;
        if self.is_suspected_already(&rows).await? {
            rows.mark = None;
        }
        Ok((rows, declared))
    }

    /// What the registry says. A dialogue waits for it no longer than its gateway waits for us;
    /// what is not known by then is checked at the post.
    async fn compared(&self, submission: &Submission, origin: &Origin) -> RegistryAnswer {
        let comparing = self.registry.compare(&submission.identity);
        if !matches!(origin.channel, Channel::Ussd(_)) {
            return comparing.await;
        }
        let compared = tokio::time::timeout(IN_A_TURN, comparing).await;
        compared.unwrap_or(RegistryAnswer::Unavailable)
    }

    /// One standing suspicion is enough: each further one would need a release of its own.
    async fn is_suspected_already(&self, rows: &Rows) -> Result<bool, DeclareError> {
        let Some(mark) = &rows.mark else {
            return Ok(false);
        };
        let mut tx = self.store.read(&Scope::of(&mark.province)).await?;
        Ok(exposure::standing_class(&mut tx, &mark.person)
            .await?
            .is_some())
    }

    /// The registry's differences help who mistyped; asked again and again they would spell out
    /// somebody's name and birth.
    async fn count_mismatch(&self, submission: &Submission) -> Result<(), DeclareError> {
        let now = self.clock.now();
        let key = submission.identity.document.index_key();
        let subject = self
            .sealing
            .index(&submission.province, Field::Document, &key);
        let scope = Scope::of(&submission.province);
        let mut tx = self.store.write(&scope).await?;
        let since = now.plus_minutes(-MISMATCH_MINUTES);
        if tx.attempt_count("mismatch", &subject, since).await? >= MISMATCHES {
            return Err(DeclareError::TooMany);
        }
        tx.add_attempt("mismatch", &subject, self.clock.uuid(), now)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// What became of this very request, if it had been stored: a retry gets its pass even when
    /// it would no longer be taken.
    pub async fn declared_already(
        &self,
        province: &ProvinceId,
        origin: &Origin,
    ) -> Result<Option<Declared>, DeclareError> {
        let key = self.idempotency_index(province, origin);
        let mut tx = self.store.read(&Scope::of(province)).await?;
        let Some((_, hash, _)) = tx.declaration_by_key(&key).await? else {
            return Ok(None);
        };
        drop(tx);
        if hash != self.request_hash(province, origin) {
            return Ok(None);
        }
        self.declared_before(province, &key, &hash).await.map(Some)
    }

    fn assess(
        &self,
        submission: &Submission,
        origin: &Origin,
        registry: &RegistryAnswer,
    ) -> Result<Verdict, DeclareError> {
        let province = &submission.province;
        let declared = submission.facts(self.clock.now());
        let units = [declared.origin, declared.destination];
        let mut context = self
            .context(province, &units)
            .ok_or(DeclareError::UnknownProvince)?;
        context.checkpoint = submission.checkpoint;
        context.facts = vec![
            (
                facts::REGISTRY,
                registry_fact(rows::registry_word(registry)),
            ),
            (
                facts::LOW_TRUST_CHANNEL,
                i64::from(origin.channel.is_low_trust()),
            ),
        ];
        let mut verdict = self
            .rules
            .assess(province, &context, &declared)
            .unwrap_or_else(|error| {
                tracing::error!(%province, "a declaration was not assessed: {error}");
                Verdict::unsure()
            });
        national::tighten(&mut verdict, &submission.replies);
        national::note_registry(&mut verdict, registry);
        Ok(verdict)
    }

    /// The same request again: the same declaration, unless the key came with other content.
    async fn declared_before(
        &self,
        province: &ProvinceId,
        idem_key: &[u8; 16],
        request_hash: &[u8; 16],
    ) -> Result<Declared, DeclareError> {
        let mut tx = self.store.read(&Scope::of(province)).await?;
        let corrupt = StoreError::Corrupt {
            table: "declarations",
            column: "idem_key",
        };
        let (declaration, hash, pass) = tx.declaration_by_key(idem_key).await?.ok_or(corrupt)?;
        if hash != *request_hash {
            return Err(DeclareError::KeyReused);
        }
        let missing = StoreError::Corrupt {
            table: "passes",
            column: "id",
        };
        let stored = tx.pass(pass).await?.ok_or(missing)?;
        drop(tx);
        let link = self.sealing.pass_link(province, pass);
        let mine = self.my_pass(&link).await.map_err(|error| match error {
            ScanError::Store(error) => DeclareError::Store(error),
            ScanError::Seal(error) => DeclareError::Seal(error),
            _ => StoreError::Corrupt {
                table: "passes",
                column: "id",
            }
            .into(),
        })?;
        let missing = StoreError::Corrupt {
            table: "passes",
            column: "id",
        };
        let mine = mine.ok_or(missing)?;
        Ok(Declared {
            province: province.clone(),
            declaration,
            pass,
            link,
            code: stored.code.clone(),
            digits: stored.digits.clone(),
            level: mine.level,
            reasons: mine.reasons,
            qr_text: mine.qr_text,
            expires_at: mine.expires_at,
            repeated: true,
        })
    }
}

impl Submission {
    /// What rules may see of it: no name, number, phone, plate, house or free text.
    pub fn facts(&self, sent_at: Moment) -> Facts {
        Facts {
            sent_at,
            birth_year: self.identity.birth.year(),
            gender: self.identity.gender,
            vietnamese: self.identity.is_vietnamese(),
            origin: self.journey.origin,
            destination: self.journey.destination,
            transport: self.journey.transport,
            travels_on: self.journey.travels_on,
            returns_on: self.journey.returns_on,
            replies: self.replies.clone(),
        }
    }
}

/// When a pass with this verdict ends.
pub(crate) fn expiry(verdict: &Verdict, issued_at: Moment) -> Moment {
    earliest_end(issued_at, &verdict.clauses)
}

pub(crate) use rows::{ANSWERS, class_letter, registry_fact};
pub use rows::{IDENTITY, SealedIdentity, StoredFacts, level};
