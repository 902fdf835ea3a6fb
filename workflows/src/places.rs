//! Provinces, posts and zones in memory: small, read at every request, changed rarely.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::clock::Moment;
use crate::ids::{CheckpointId, ProvinceId};
use crate::place::{Checkpoint, Province, UnitCode, Zone};
use crate::store::{Scope, Store, StoreError};
use crate::units::Units;

/// A picture of the reference tables; refreshed as a whole.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<RwLock<Arc<Picture>>>);

#[derive(Debug, Default)]
struct Picture {
    provinces: Vec<Province>,
    checkpoints: Vec<Checkpoint>,
    zones: BTreeMap<ProvinceId, Vec<Zone>>,
}

impl Places {
    /// Reads everything anew.
    pub async fn refresh(&self, store: &Store, now: Moment) -> Result<(), StoreError> {
        let mut picture = Picture::default();
        let mut tx = store
            .read(&Scope::National(crate::audit::Purpose::Administer))
            .await?;
        picture.provinces = tx.provinces().await?;
        picture.checkpoints = tx.checkpoints().await?;
        drop(tx);
        for province in &picture.provinces {
            let zones = store
                .read(&Scope::of(&province.id))
                .await?
                .zones(now)
                .await?;
            picture.zones.insert(province.id.clone(), zones);
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(picture);
        Ok(())
    }

    fn picture(&self) -> Arc<Picture> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// All tenants, by Vietnamese name.
    pub fn provinces(&self) -> Vec<Province> {
        self.picture().provinces.clone()
    }

    /// One tenant.
    pub fn province(&self, id: &ProvinceId) -> Option<Province> {
        self.picture()
            .provinces
            .iter()
            .find(|p| p.id == *id)
            .cloned()
    }

    /// A province's posts.
    pub fn checkpoints(&self, province: &ProvinceId) -> Vec<Checkpoint> {
        let picture = self.picture();
        picture
            .checkpoints
            .iter()
            .filter(|c| c.province == *province)
            .cloned()
            .collect()
    }

    /// One post.
    pub fn checkpoint(&self, province: &ProvinceId, id: CheckpointId) -> Option<Checkpoint> {
        let picture = self.picture();
        picture
            .checkpoints
            .iter()
            .find(|c| c.province == *province && c.id == id)
            .cloned()
    }

    /// The risk of each unit as the province's zones in force at `now` state it; the highest
    /// zone counts, a unit in no zone is not named.
    pub fn risk(
        &self,
        province: &ProvinceId,
        units: &[UnitCode],
        now: Moment,
    ) -> Vec<(UnitCode, u8)> {
        let picture = self.picture();
        let zones = picture.zones.get(province).map_or(&[][..], Vec::as_slice);
        let in_force = |z: &&Zone| z.from_at <= now && z.until_at.is_none_or(|end| now < end);
        let mut risk = Vec::new();
        for unit in units {
            let highest = zones
                .iter()
                .filter(in_force)
                .filter(|z| Units::embedded().contains(z.unit, *unit))
                .map(|z| z.risk)
                .max();
            risk.extend(highest.map(|r| (*unit, r)));
        }
        risk
    }
}
