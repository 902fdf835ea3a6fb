//! Sealing and opening cells with the key of the right province and week.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{Clock, Moment};
use crate::ids::{PassId, ProvinceId};
use crate::store::{Scope, Store, StoreError};
use crate::vault::{DataKey, Field, Period, SealedCell, Vault, VaultError, sealed_period};

/// A sealed cell could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seal failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The key of its period was destroyed: the data has died.
    #[error("the key of this period was destroyed")]
    Destroyed,
    /// What was inside is not what we wrote.
    #[error("corrupt value in {table}.{column}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
}

/// Seals, opens and indexes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// Where the wrapped keys are.
    pub store: Store,
    /// The keys that unwrap them.
    pub vault: Arc<Vault>,
    /// Time and randomness.
    pub clock: Clock,
}

/// A column that holds sealed values.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
}

impl Column {
    /// Names a column.
    pub const fn new(table: &'static str, column: &'static str) -> Self {
        Self { table, column }
    }

    fn cell<'a>(&self, province: &'a ProvinceId, row: &'a [u8]) -> SealedCell<'a> {
        SealedCell {
            table: self.table,
            column: self.column,
            row,
            province,
        }
    }
}

impl Sealing {
    /// The blind index of a normalised value.
    pub fn index(&self, province: &ProvinceId, field: Field, normalised: &str) -> [u8; 16] {
        self.vault.index(province, field, normalised)
    }

    /// The key that seals what is written now.
    pub async fn key(&self, province: &ProvinceId, at: Moment) -> Result<Arc<DataKey>, SealError> {
        let period = Period::of(at.day());
        if let Some(key) = self.vault.cached(province, period) {
            return Ok(key);
        }
        let (_, wrapped) = self.vault.new_data_key(&self.clock, province, period)?;
        let mut tx = self.store.write(&Scope::of(province)).await?;
        tx.add_data_key(i64::from(period.0), &wrapped, at).await?;
        tx.commit().await?;
        self.stored_key(province, period).await
    }

    async fn stored_key(
        &self,
        province: &ProvinceId,
        period: Period,
    ) -> Result<Arc<DataKey>, SealError> {
        if let Some(key) = self.vault.cached(province, period) {
            return Ok(key);
        }
        let mut tx = self.store.read(&Scope::of(province)).await?;
        let wrapped = tx
            .data_key(i64::from(period.0))
            .await?
            .ok_or(SealError::Destroyed)?;
        let key = self.vault.unwrap(province, period, &wrapped)?;
        Ok(self.vault.remember(key))
    }

    /// Seals a value as JSON for one cell.
    pub fn seal<T: Serialize>(
        &self,
        key: &DataKey,
        column: Column,
        row: &[u8],
        value: &T,
    ) -> Result<Vec<u8>, SealError> {
        let Column {
            table,
            column: name,
        } = column;
        let plain = serde_json::to_vec(value).map_err(|_| SealError::Corrupt {
            table,
            column: name,
        })?;
        Ok(key.seal(&self.clock, &column.cell(key.province(), row), &plain)?)
    }

    /// Opens a sealed JSON value.
    pub async fn open<T: DeserializeOwned>(
        &self,
        province: &ProvinceId,
        column: Column,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<T, SealError> {
        let plain = self.open_bytes(province, column, row, sealed).await?;
        serde_json::from_slice(&plain).map_err(|_| SealError::Corrupt {
            table: column.table,
            column: column.column,
        })
    }

    /// Opens sealed bytes.
    pub async fn open_bytes(
        &self,
        province: &ProvinceId,
        column: Column,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let period = sealed_period(sealed).ok_or(VaultError::NotSealed)?;
        let key = self.stored_key(province, period).await?;
        Ok(key.open(&column.cell(province, row), sealed)?)
    }

    /// Seals bytes (a picture) for one cell.
    pub fn seal_bytes(
        &self,
        key: &DataKey,
        column: Column,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        Ok(key.seal(&self.clock, &column.cell(key.province(), row), plain)?)
    }

    /// The address part of a citizen's pass page: province, pass id and a keyed check, so that
    /// nobody who saw the QR (it carries the id) can derive the page.
    pub fn pass_link(&self, province: &ProvinceId, pass: PassId) -> String {
        use base64::Engine;
        let check = self.link_check(province, pass);
        let mut bytes = pass.0.to_vec();
        bytes.extend_from_slice(&check);
        format!(
            "{province}.{}",
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
        )
    }

    /// The pass a link points to, if the link is genuine.
    pub fn read_pass_link(&self, link: &str) -> Option<(ProvinceId, PassId)> {
        use base64::Engine;
        use subtle::ConstantTimeEq;
        let (province, rest) = link.split_once('.')?;
        let province = ProvinceId::parse(province)?;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(rest)
            .ok()?;
        let (id, check) = bytes.split_first_chunk::<16>()?;
        let pass = PassId(*id);
        bool::from(self.link_check(&province, pass).ct_eq(check)).then_some((province, pass))
    }

    fn link_check(&self, province: &ProvinceId, pass: PassId) -> [u8; 16] {
        let hex = pass.0.iter().fold(String::new(), |mut s, b| {
            use std::fmt::Write;
            let _ = write!(s, "{b:02x}");
            s
        });
        self.vault.index(province, Field::Link, &hex)
    }
}
