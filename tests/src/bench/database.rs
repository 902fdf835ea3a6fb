//! Empty databases, of either kind.

use std::path::Path;

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use workflows::clock::Clock;
use workflows::store::Store;

use crate::Options;
use crate::raw::OPEN_TO_ALL;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Engine {
    /// As figures' names end.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// The URL of an empty database of this name, without tables.
    pub(crate) async fn empty(
        self,
        options: &Options,
        folder: &Path,
        name: &str,
    ) -> Result<String> {
        match self {
            Self::Sqlite => Ok(format!("sqlite:{}", folder.join(name).display())),
            Self::Postgres => {
                let server = options
                    .postgres
                    .as_deref()
                    .context("--postgres URL is needed for this figure")?;
                let name = format!("{name}_{}", std::process::id());
                let mut admin = PgConnection::connect(server).await?;
                let create = format!("CREATE DATABASE {name}");
                admin.execute(AssertSqlSafe(create)).await?;
                admin.close().await?;
                let (start, _) = server
                    .rsplit_once('/')
                    .context("a URL without a database")?;
                Ok(format!("{start}/{name}"))
            }
        }
    }

    /// The URL of a database of this name that has our tables and no rows.
    pub(crate) async fn migrated(
        self,
        options: &Options,
        folder: &Path,
        name: &str,
    ) -> Result<String> {
        let url = self.empty(options, folder, name).await?;
        Store::open(&url, "bench", &Clock::system())
            .await?
            .close()
            .await;
        Ok(url)
    }

    /// How many rows of a database there are behind this `FROM`, beside the server that writes it.
    pub(crate) async fn count(self, url: &str, from: &str) -> Result<i64> {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {from}"));
        Ok(match self {
            Self::Sqlite => {
                let mut own = SqliteConnection::connect(url).await?;
                let count = sqlx::query_scalar(sql).fetch_one(&mut own).await?;
                own.close().await?;
                count
            }
            Self::Postgres => {
                let mut own = PgConnection::connect(url).await?;
                own.execute(OPEN_TO_ALL).await?;
                let count = sqlx::query_scalar(sql).fetch_one(&mut own).await?;
                own.close().await?;
                count
            }
        })
    }
}
