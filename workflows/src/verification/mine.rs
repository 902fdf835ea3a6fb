//! The citizen's own view of a pass: its state, its QR text, and who looked.

use super::judge::status;
use super::{PassStatus, ScanError};
use crate::Workflows;
use crate::clock::Moment;
use crate::declaration::class_letter;
use crate::exposure;
use crate::ids::{PassId, ProvinceId};
use crate::pass::{DigitCode, Holder, PassClaims, PassKind};
use crate::sealing::SealError;
use crate::store::{PassWithDeclaration, Scope, StoreError};
use crate::verdict::{Level, Reason};

/// A pass as its holder sees it.
#[derive(Clone, Debug)]
pub struct MyPass {
    /// Who issued it.
    pub province: ProvinceId,
    /// What it is worth now.
    pub status: PassStatus,
    /// How the declaration was assessed.
    pub level: Level,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Spoken code with its dash.
    pub code: String,
    /// The same in digits, in groups; passes of before 2026-11 have none.
    pub digits: Option<String>,
    /// QR text; none for a refused declaration.
    pub qr_text: Option<String>,
    /// First letters of the name's words.
    pub initials: String,
    /// Year of birth.
    pub birth_year: u16,
    /// When it was issued.
    pub issued_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// Who looked at this person's record since this pass, newest first; only on the newest pass.
    pub looks: Vec<Look>,
}

/// One look-up, as the person concerned sees it.
#[derive(Clone, Debug)]
pub struct Look {
    /// When.
    pub at: Moment,
    /// Role of who looked.
    pub role: String,
    /// Purpose, a word.
    pub purpose: String,
    /// What was done, a word.
    pub action: String,
}

const LOOKS: i64 = 50;

impl Workflows {
    /// The pass behind a citizen's link; `None` when the link is not genuine or the pass gone.
    pub async fn my_pass(&self, link: &str) -> Result<Option<MyPass>, ScanError> {
        let Some((province, id)) = self.sealing.read_pass_link(link) else {
            return Ok(None);
        };
        if self.places.province(&province).is_none() {
            return Ok(None);
        }
        let mut tx = self.store.read(&Scope::of(&province)).await?;
        let Some(pass) = tx.pass(id).await? else {
            return Ok(None);
        };
        let person = person(&pass)?;
        // Whoever declares with somebody's number gets a page of their own. It must not tell of
        // that person's other declarations, marks or scans, so it says what this one led to.
        let mut looks = match pass.later {
            0 => tx.audit_about(&person, LOOKS).await?,
            _ => Vec::new(),
        };
        looks.retain(|look| look.at >= pass.issued_at);
        let held = exposure::standing_class(&mut tx, &person).await?.is_some();
        drop(tx);
        let mut opened = self.opened(&pass, held).await?;
        opened.held = held && opened.is_hold();
        let status = status(&pass, &pass, &opened, self.clock.now());
        let holder = Holder::of(opened.name(), opened.birth_year());
        let claims = claims(&pass, &province, id, holder.clone());
        let qr_text = (status != PassStatus::Refused)
            .then(|| self.signer.seal(&claims))
            .transpose()
            .map_err(|_| SealError::Corrupt {
                table: "passes",
                column: "id",
            })?;
        Ok(Some(MyPass {
            status,
            level: claims_level(&pass)?,
            reasons: opened.reasons(),
            code: spaced(&pass.code),
            digits: pass.digits.as_deref().map(DigitCode::grouped),
            qr_text,
            initials: holder.initials().to_owned(),
            birth_year: holder.birth_year(),
            issued_at: Moment(pass.issued_at),
            expires_at: Moment(pass.expires_at),
            looks: looks.into_iter().map(look).collect(),
            province,
        }))
    }
}

fn claims(
    pass: &PassWithDeclaration,
    province: &ProvinceId,
    id: PassId,
    holder: Holder,
) -> PassClaims {
    PassClaims {
        id,
        province: province.clone(),
        issued_at: Moment(pass.issued_at),
        expires_at: Moment(pass.expires_at),
        kind: PassKind::Person,
        class: class_letter(&pass.level),
        holder: Some(holder),
    }
}

fn claims_level(pass: &PassWithDeclaration) -> Result<Level, StoreError> {
    crate::declaration::level(&pass.level)
}

fn person(pass: &PassWithDeclaration) -> Result<[u8; 16], StoreError> {
    let corrupt = StoreError::Corrupt {
        table: "passes",
        column: "person",
    };
    pass.person.as_slice().try_into().map_err(|_| corrupt)
}

/// A stored code with the dash people read.
pub fn spaced(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((head, tail)) => format!("{head}-{tail}"),
        None => code.to_owned(),
    }
}

fn look(row: crate::store::AboutRow) -> Look {
    Look {
        at: Moment(row.at),
        role: row.role,
        purpose: row.purpose,
        action: row.action,
    }
}
