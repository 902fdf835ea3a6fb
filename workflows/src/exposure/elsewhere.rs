//! Entries about people whose pass another province issued: its posts hold them too, as long as the
//! entry stands where it was made.

use super::stands;
use crate::Workflows;
use crate::audit::AuditEntry;
use crate::ids::{MarkId, ProvinceId};
use crate::store::{MarkRow, Scope, StoreError, Tx};

/// The province that issued a person's pass.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Which.
    pub province: ProvinceId,
    /// Blind index of the person there.
    pub person: [u8; 16],
}

/// Tells the issuer of an entry, in the transaction that makes it.
pub(super) async fn tell(
    tx: &mut Tx,
    issuer: &Issuer,
    row: &MarkRow,
    mut entry: AuditEntry,
) -> Result<(), StoreError> {
    tx.point_to_mark((&issuer.province, &issuer.person), row.id)
        .await?;
    entry.subject = Some(issuer.person);
    tx.audit(&issuer.province, entry);
    Ok(())
}

impl Workflows {
    /// Provinces other than the officer's whose entries hold the person.
    pub async fn held_by_others(
        &self,
        province: &ProvinceId,
        person: &[u8; 16],
        issuer: Option<&Issuer>,
    ) -> Result<Vec<ProvinceId>, StoreError> {
        let mut tx = self.store.read(&Scope::of(province)).await?;
        let mut entries = tx.marks_elsewhere(person).await?;
        drop(tx);
        if let Some(issuer) = issuer {
            let mut tx = self.store.read(&Scope::of(&issuer.province)).await?;
            entries.extend(tx.marks_elsewhere(&issuer.person).await?);
        }
        let mut holding = Vec::new();
        for entry in entries {
            let counts = entry.0 != *province && !holding.contains(&entry.0);
            if counts && self.any_stands(std::slice::from_ref(&entry)).await? {
                holding.push(entry.0);
            }
        }
        Ok(holding)
    }

    /// Whether any of these entries stands where it was made.
    pub(crate) async fn any_stands(
        &self,
        entries: &[(ProvinceId, MarkId)],
    ) -> Result<bool, StoreError> {
        for (province, mark) in entries {
            let mut tx = self.store.read(&Scope::of(province)).await?;
            let about = tx.mark_and_ends(*mark).await?;
            if let Some(made) = about.iter().find(|m| m.id == mark.0)
                && stands(&mut tx, made).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
