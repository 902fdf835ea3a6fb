//! Provinces, posts and zones.

use uuid::Uuid;

use super::StoreError;
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{CheckpointId, ProvinceId};
use crate::place::{Checkpoint, Epoch, Province, UnitCode, Zone};

statements! {
    ADD_PROVINCE = "INSERT INTO provinces (province, name_vi, name_en, unit_epoch, unit_province, \
        cutoff_minute, served_from) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (province) DO UPDATE SET \
        name_vi = excluded.name_vi, name_en = excluded.name_en, \
        unit_epoch = excluded.unit_epoch, unit_province = excluded.unit_province, \
        cutoff_minute = excluded.cutoff_minute";
    PROVINCES = "SELECT province, name_vi, name_en, unit_epoch, unit_province, cutoff_minute, \
        served_from FROM provinces ORDER BY name_vi";
    ADD_CHECKPOINT = "INSERT INTO checkpoints (province, id, name, zone, unit_epoch, \
        unit_province, unit_commune) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (province, id) DO UPDATE SET name = excluded.name, zone = excluded.zone";
    CHECKPOINTS = "SELECT province, id, name, zone, unit_epoch, unit_province, unit_commune \
        FROM checkpoints ORDER BY province, id";
    ADD_ZONE = "INSERT INTO zones (province, id, name, risk, unit_epoch, unit_province, \
        unit_commune, from_at, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ZONES = "SELECT name, risk, unit_epoch, unit_province, unit_commune, from_at, until_at \
        FROM zones WHERE province = $1 AND (until_at IS NULL OR until_at > $2)";
}

row! {
    struct ProvinceRow {
        province: String,
        name_vi: String,
        name_en: String,
        unit_epoch: i64,
        unit_province: i64,
        cutoff_minute: i64,
        served_from: i64,
    }
}

row! {
    struct CheckpointRow {
        province: String,
        id: i64,
        name: String,
        zone: String,
        unit_epoch: i64,
        unit_province: i64,
        unit_commune: i64,
    }
}

row! {
    struct ZoneRow {
        name: String,
        risk: i64,
        unit_epoch: i64,
        unit_province: i64,
        unit_commune: i64,
        from_at: i64,
        until_at: Option<i64>,
    }
}

impl Tx {
    /// Adds a tenant or renews its names.
    pub async fn set_province(&mut self, p: &Province) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(ADD_PROVINCE).bind(p.id.as_str()).bind(p.name_vi.as_str())
            .bind(p.name_en.as_str()).bind(p.unit.epoch.number())
            .bind(i64::from(p.unit.province)).bind(p.cutoff_minute).bind(p.served_from.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// All tenants.
    pub async fn provinces(&mut self) -> Result<Vec<Province>, StoreError> {
        let rows: Vec<ProvinceRow> = on!(self, c => sqlx::query_as(PROVINCES).fetch_all(c).await?);
        rows.into_iter()
            .map(|r| {
                Ok(Province {
                    id: province(&r.province, "provinces")?,
                    name_vi: r.name_vi,
                    name_en: r.name_en,
                    unit: unit([r.unit_epoch, r.unit_province, 0], "provinces")?,
                    cutoff_minute: r.cutoff_minute,
                    served_from: Moment(r.served_from),
                })
            })
            .collect()
    }

    /// Adds a post or renews its name and zone.
    pub async fn set_checkpoint(&mut self, p: &Checkpoint) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(ADD_CHECKPOINT).bind(p.province.as_str()).bind(p.id.0)
            .bind(p.name.as_str()).bind(p.zone.as_str()).bind(p.unit.epoch.number())
            .bind(i64::from(p.unit.province)).bind(i64::from(p.unit.commune))
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// All posts.
    pub async fn checkpoints(&mut self) -> Result<Vec<Checkpoint>, StoreError> {
        let rows: Vec<CheckpointRow> =
            on!(self, c => sqlx::query_as(CHECKPOINTS).fetch_all(c).await?);
        rows.into_iter()
            .map(|r| {
                let codes = [r.unit_epoch, r.unit_province, r.unit_commune];
                Ok(Checkpoint {
                    id: CheckpointId(r.id),
                    province: province(&r.province, "checkpoints")?,
                    name: r.name,
                    zone: r.zone,
                    unit: unit(codes, "checkpoints")?,
                })
            })
            .collect()
    }

    /// Adds a zone's unit.
    pub async fn add_zone(&mut self, id: Uuid, z: &Zone) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(ADD_ZONE).bind(province).bind(id).bind(z.name.as_str())
            .bind(i64::from(z.risk)).bind(z.unit.epoch.number())
            .bind(i64::from(z.unit.province)).bind(i64::from(z.unit.commune))
            .bind(z.from_at.0).bind(z.until_at.map(|t| t.0))
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The zones in force at an instant or later.
    pub async fn zones(&mut self, at: Moment) -> Result<Vec<Zone>, StoreError> {
        let province = self.province();
        let rows: Vec<ZoneRow> = on!(self, c => sqlx::query_as(ZONES).bind(province).bind(at.0)
            .fetch_all(c).await?);
        rows.into_iter()
            .map(|r| {
                let codes = [r.unit_epoch, r.unit_province, r.unit_commune];
                Ok(Zone {
                    name: r.name,
                    risk: u8::try_from(r.risk).map_err(|_| StoreError::Corrupt {
                        table: "zones",
                        column: "risk",
                    })?,
                    unit: unit(codes, "zones")?,
                    from_at: Moment(r.from_at),
                    until_at: r.until_at.map(Moment),
                })
            })
            .collect()
    }
}

fn province(text: &str, table: &'static str) -> Result<ProvinceId, StoreError> {
    ProvinceId::parse(text).ok_or(StoreError::Corrupt {
        table,
        column: "province",
    })
}

/// A unit from its stored epoch, province and commune numbers.
fn unit(codes: [i64; 3], table: &'static str) -> Result<UnitCode, StoreError> {
    let corrupt = || StoreError::Corrupt {
        table,
        column: "unit",
    };
    let [epoch, province, commune] = codes;
    Ok(UnitCode {
        epoch: Epoch::from_number(epoch).ok_or_else(corrupt)?,
        province: u16::try_from(province).map_err(|_| corrupt())?,
        commune: u32::try_from(commune).map_err(|_| corrupt())?,
    })
}
