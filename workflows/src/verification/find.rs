//! From what was scanned to a stored pass.

use super::{Duty, ScanError};
use crate::Workflows;
use crate::audit::{AuditEntry, Purpose};
use crate::clock::Moment;
use crate::exposure;
use crate::ids::{MarkId, PassId, ProvinceId};
use crate::pass::{PREFIX, PassError, typed_code};
use crate::person::{Document, DocumentScan};
use crate::store::{PassWithDeclaration, Scope, StoreError, Tx};
use crate::vault::Field;

/// What was found, written so that a form can carry it back: `pass:<province>:<hex>` or
/// `none:<status>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A stored pass.
    Pass(ProvinceId, PassId),
    /// Nothing was found for a well-formed code or number.
    Nothing,
    /// A text that pretends to be a pass.
    Forged,
    /// A pass signed by a key we do not know.
    UnknownKey,
}

impl Reference {
    /// Reads what [`std::fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none:not-found" => return Some(Self::Nothing),
            "none:forged" => return Some(Self::Forged),
            "none:unknown-key" => return Some(Self::UnknownKey),
            _ => {}
        }
        let (province, hex) = text.strip_prefix("pass:")?.split_once(':')?;
        let id = u128::from_str_radix(hex, 16)
            .ok()
            .filter(|_| hex.len() == 32)?;
        Some(Self::Pass(
            ProvinceId::parse(province)?,
            PassId(id.to_be_bytes()),
        ))
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pass(province, id) => {
                write!(f, "pass:{province}:{:032x}", u128::from_be_bytes(id.0))
            }
            Self::Nothing => f.write_str("none:not-found"),
            Self::Forged => f.write_str("none:forged"),
            Self::UnknownKey => f.write_str("none:unknown-key"),
        }
    }
}

/// A found pass, with the newest one of its holder when that is another.
pub(super) struct Found {
    pub(super) reference: Reference,
    pub(super) pass: Option<PassWithDeclaration>,
    /// The pass that counts: the newest of the same holder.
    pub(super) newest: Option<PassWithDeclaration>,
    /// Blind index of the holder in the province that issued the pass.
    pub(super) person: Option<[u8; 16]>,
    /// The holder's standing there.
    pub(super) standing: Standing,
}

/// What a province holds against a person at its posts, read in the transaction that found them.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Whether a class stands.
    pub(super) held: bool,
    /// Entries of other provinces, standing or not.
    pub(super) elsewhere: Vec<(ProvinceId, MarkId)>,
    /// Passages recorded in the province since its day began.
    pub(super) crossings_today: i64,
}

impl Standing {
    pub(super) async fn of(
        tx: &mut Tx,
        person: &[u8; 16],
        now: Moment,
    ) -> Result<Self, StoreError> {
        let known = tx.known_of(person, now.day().start()).await?;
        // Hardly anybody has marks, and following them takes statements of their own.
        let held = known.marked != 0 && exposure::standing_class(tx, person).await?.is_some();
        let elsewhere = match known.elsewhere {
            0 => Vec::new(),
            _ => tx.marks_elsewhere(person).await?,
        };
        Ok(Self {
            held,
            elsewhere,
            crossings_today: known.crossings,
        })
    }
}

impl Found {
    pub(super) fn is_miss(&self) -> bool {
        self.pass.is_none()
    }

    /// The audit entry of this look-up. It stands in the chain of the province whose data was
    /// read, where the person concerned will find it.
    pub(super) fn look_up(&self, duty: &Duty, now: Moment) -> (ProvinceId, AuditEntry) {
        let province = match &self.reference {
            Reference::Pass(province, _) => province.clone(),
            _ => duty.province.clone(),
        };
        let entry = AuditEntry {
            at: now,
            actor: duty.officer.to_string().into(),
            role: duty.role.clone().into(),
            purpose: Purpose::VerifyAtGate,
            action: "pass-looked-up".into(),
            subject: self.person,
            detail: format!("{} post {}", duty.province, duty.checkpoint.0),
            request_id: duty.request_id.clone(),
        };
        (province, entry)
    }

    fn none(reference: Reference) -> Self {
        Self {
            reference,
            pass: None,
            newest: None,
            person: None,
            standing: Standing::default(),
        }
    }
}

/// What a scanned or typed text is.
enum Scan {
    Pass(ProvinceId, PassId),
    /// A code in letters or digits, and the document number it might be instead.
    Code(String, Option<Document>),
    Document(Document),
    Refused(Reference),
}

/// What a pass is looked up by.
enum Key {
    Code(String),
    Document(String),
}

/// Codes are short, so two people can have one at the same time. Then nobody's pass is shown:
/// the QR or the document decides.
fn one_of(mut passes: Vec<PassWithDeclaration>) -> Option<PassWithDeclaration> {
    let first = passes.first()?.person.clone();
    let same = passes.iter().all(|p| p.person == first);
    same.then(|| passes.swap_remove(0))
}

impl Workflows {
    pub(super) async fn find(
        &self,
        duty: &Duty,
        input: &str,
        now: Moment,
    ) -> Result<Found, ScanError> {
        match self.read_scan(input, now) {
            Scan::Refused(reference) => Ok(Found::none(reference)),
            Scan::Pass(province, id) => self.found(&Reference::Pass(province, id), now).await,
            Scan::Code(code, instead) => {
                let found = self.first(duty, &Key::Code(code), now).await?;
                match instead {
                    // A passport number can look like a code: eight letters and digits, or ten digits.
                    Some(document) if found.is_miss() => {
                        self.first(duty, &Key::Document(document.index_key()), now)
                            .await
                    }
                    _ => Ok(found),
                }
            }
            Scan::Document(document) => {
                self.first(duty, &Key::Document(document.index_key()), now)
                    .await
            }
        }
    }

    /// The pass behind a reference, read afresh.
    pub(super) async fn found(
        &self,
        reference: &Reference,
        now: Moment,
    ) -> Result<Found, ScanError> {
        let Reference::Pass(province, id) = reference else {
            return Ok(Found::none(reference.clone()));
        };
        if self.places.province(province).is_none() {
            return Ok(Found::none(Reference::Nothing));
        }
        let mut tx = self.store.read(&Scope::of(province)).await?;
        match tx.pass(*id).await? {
            Some(pass) => gather(&mut tx, province, pass, now).await,
            // Genuine by its seal, yet not ours to vouch for: it was never committed.
            None => Ok(Found::none(Reference::Nothing)),
        }
    }

    /// Asks the post's own province first, then the others: codes and documents name none. A pass
    /// that has not ended is taken at once, also a refused one: another province's does not mend
    /// that. Of passes that ended, the newest counts.
    async fn first(&self, duty: &Duty, key: &Key, now: Moment) -> Result<Found, ScanError> {
        let mut provinces = vec![duty.province.clone()];
        let others = self.places.provinces().into_iter().map(|p| p.id);
        provinces.extend(others.filter(|p| *p != duty.province));
        let mut ended: Option<(ProvinceId, PassWithDeclaration)> = None;
        for province in provinces {
            let mut tx = self.store.read(&Scope::of(&province)).await?;
            let found = match key {
                Key::Code(code) => one_of(tx.passes_by_code(code, now).await?),
                Key::Document(key) => {
                    tx.latest_pass(&self.sealing.index(&province, Field::Document, key))
                        .await?
                }
            };
            let Some(pass) = found else { continue };
            if pass.expires_at > now.0 {
                return gather(&mut tx, &province, pass, now).await;
            }
            let newest = ended.as_ref().map(|(_, p)| p.issued_at);
            if newest.is_none_or(|at| pass.issued_at > at) {
                ended = Some((province, pass));
            }
        }
        let Some((province, pass)) = ended else {
            return Ok(Found::none(Reference::Nothing));
        };
        let mut tx = self.store.read(&Scope::of(&province)).await?;
        gather(&mut tx, &province, pass, now).await
    }

    fn read_scan(&self, input: &str, now: Moment) -> Scan {
        let text = input.trim();
        if is_sealed(text) {
            return match self.verifier.open(text) {
                Ok(claims) => Scan::Pass(claims.province, claims.id),
                Err(PassError::UnknownKey) => Scan::Refused(Reference::UnknownKey),
                Err(_) => Scan::Refused(Reference::Forged),
            };
        }
        if let Ok(card) = DocumentScan::parse(text, now.day()) {
            return Scan::Document(card.document);
        }
        if let Some(code) = typed_code(text) {
            return Scan::Code(code, Document::guess(text).ok());
        }
        match Document::guess(text) {
            Ok(document) => Scan::Document(document),
            Err(_) => Scan::Refused(Reference::Nothing),
        }
    }
}

/// Whether a scanned text says it is a sealed pass.
pub(super) fn is_sealed(input: &str) -> bool {
    let start = input.trim().get(..PREFIX.len());
    start.is_some_and(|p| p.eq_ignore_ascii_case(PREFIX))
}

/// Everything the issuing province knows that a post asks for, in the transaction that found the
/// pass: each further one would cost a scan several round trips.
async fn gather(
    tx: &mut Tx,
    province: &ProvinceId,
    pass: PassWithDeclaration,
    now: Moment,
) -> Result<Found, ScanError> {
    let corrupt = |column| StoreError::Corrupt {
        table: "passes",
        column,
    };
    let id: [u8; 16] = pass.id.as_slice().try_into().map_err(|_| corrupt("id"))?;
    let person: [u8; 16] = pass
        .person
        .as_slice()
        .try_into()
        .map_err(|_| corrupt("person"))?;
    let newest = match pass.later {
        0 => pass.clone(),
        _ => tx
            .latest_pass(&person)
            .await?
            .unwrap_or_else(|| pass.clone()),
    };
    let standing = Standing::of(tx, &person, now).await?;
    Ok(Found {
        reference: Reference::Pass(province.clone(), PassId(id)),
        pass: Some(pass),
        newest: Some(newest),
        person: Some(person),
        standing,
    })
}
