//! The limit of durable storage: the very rows that the server stored, inserted by nothing but
//! the driver, in groups, into an empty database of the same schema and durability.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column, Executor, PgPool, Row, SqlitePool, TypeInfo};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Rows of a table that a request leaves behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// The table.
    pub(crate) table: &'static str,
    /// Which of its rows, as SQL.
    pub(crate) which: &'static str,
    /// How many a request makes.
    pub(crate) each: usize,
}

/// Rows read back, ready to be inserted elsewhere.
pub(crate) struct Stored {
    table: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    each: usize,
}

#[derive(Clone, Debug)]
enum Cell {
    Text(Option<String>),
    Int(Option<i64>),
    Blob(Option<Vec<u8>>),
    Id(Option<Uuid>),
    Flag(Option<bool>),
}

/// Either database, opened without our store.
#[derive(Clone)]
pub(crate) enum Raw {
    /// One connection, as our store writes.
    Sqlite(SqlitePool),
    /// As many connections as our store opens.
    Postgres(PgPool),
}

const CONNECTIONS: u32 = 16;
/// One round trip, as our store begins.
const BEGIN: &str = "BEGIN; SET LOCAL khaibao.provinces = 'ha-noi'";
pub(crate) const OPEN_TO_ALL: &str = "SELECT set_config('khaibao.provinces', '*', false)";

macro_rules! bound {
    ($query:expr, $cells:expr) => {{
        let mut query = $query;
        for cell in $cells {
            query = match cell {
                Cell::Text(v) => query.bind(v),
                Cell::Int(v) => query.bind(v),
                Cell::Blob(v) => query.bind(v),
                Cell::Id(v) => query.bind(v),
                Cell::Flag(v) => query.bind(v),
            };
        }
        query
    }};
}
impl Raw {
    /// Opens a database that has our schema.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::from_str("sqlite://")?
                .filename(file)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10));
            let pool = SqlitePoolOptions::new().max_connections(1);
            return Ok(Self::Sqlite(pool.connect_with(options).await?));
        }
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(OPEN_TO_ALL).await.map(|_| ()) })
            });
        Ok(Self::Postgres(pool.connect(url).await?))
    }

    /// Reads what at most `requests` requests left behind.
    pub(crate) async fn read(&self, parts: &[Part], requests: usize) -> Result<Vec<Stored>> {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            let sql = format!(
                "SELECT * FROM {} WHERE {} LIMIT {}",
                part.table,
                part.which,
                requests * part.each
            );
            let (columns, rows) = match self {
                Self::Sqlite(pool) => cells(&pool.fetch_all(AssertSqlSafe(sql)).await?)?,
                Self::Postgres(pool) => cells(&pool.fetch_all(AssertSqlSafe(sql)).await?)?,
            };
            all.push(Stored {
                table: part.table,
                columns,
                rows,
                each: part.each,
            });
        }
        Ok(all)
    }

    /// Inserts the rows of `group` requests in a transaction, one statement a table, and returns
    /// requests a second.
    pub(crate) async fn insert_grouped(&self, stored: &[Stored], group: usize) -> Result<f64> {
        let requests = stored
            .iter()
            .map(|s| s.rows.len() / s.each)
            .min()
            .unwrap_or(0);
        let groups = requests / group;
        let texts: Vec<Arc<str>> = stored.iter().map(|s| self.text(s, group)).collect();
        let began = Instant::now();
        for at in 0..groups {
            let values = stored.iter().map(|s| s.values(at * group, group));
            self.insert(&texts, values.collect()).await?;
        }
        Ok((groups * group) as f64 / began.elapsed().as_secs_f64())
    }

    /// Inserts one request's rows a transaction from `clients` tasks, and returns requests a
    /// second.
    pub(crate) async fn insert_singly(&self, stored: Vec<Stored>, clients: usize) -> Result<f64> {
        let requests = stored
            .iter()
            .map(|s| s.rows.len() / s.each)
            .min()
            .unwrap_or(0);
        let texts: Arc<Vec<Arc<str>>> = Arc::new(stored.iter().map(|s| self.text(s, 1)).collect());
        let stored = Arc::new(stored);
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for client in 0..clients {
            let (raw, stored, texts) = (self.clone(), Arc::clone(&stored), Arc::clone(&texts));
            tasks.spawn(async move {
                for at in (client..requests).step_by(clients) {
                    let values = stored.iter().map(|s| s.values(at, 1)).collect();
                    raw.insert(&texts, values).await?;
                }
                Ok::<(), anyhow::Error>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(requests as f64 / began.elapsed().as_secs_f64())
    }

    /// One transaction. On PostgreSQL it names its province, as every one of our store does.
    async fn insert(&self, texts: &[Arc<str>], values: Vec<Vec<Cell>>) -> Result<()> {
        let statements = texts.iter().cloned().zip(values);
        match self {
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                for (sql, cells) in statements {
                    bound!(sqlx::query(AssertSqlSafe(sql)), cells)
                        .execute(&mut *tx)
                        .await?;
                }
                tx.commit().await?;
            }
            Self::Postgres(pool) => {
                let mut tx = pool.begin_with(BEGIN).await?;
                for (sql, cells) in statements {
                    bound!(sqlx::query(AssertSqlSafe(sql)), cells)
                        .execute(&mut *tx)
                        .await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// The statement for `count` requests; places as our store writes them for this database.
    fn text(&self, stored: &Stored, count: usize) -> Arc<str> {
        let width = stored.columns.len();
        let place = |at: usize| match self {
            Self::Sqlite(_) => "?".to_owned(),
            Self::Postgres(_) => format!("${}", at + 1),
        };
        let row = |row: usize| {
            let places: Vec<String> = (row * width..(row + 1) * width).map(place).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<String> = (0..count * stored.each).map(row).collect();
        format!(
            "INSERT INTO {} ({}) VALUES {}",
            stored.table,
            stored.columns.join(", "),
            rows.join(", ")
        )
        .into()
    }

    /// Closes the connections.
    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Stored {
    /// The values of `count` requests from the `from`-th on.
    fn values(&self, from: usize, count: usize) -> Vec<Cell> {
        let rows = &self.rows[from * self.each..(from + count) * self.each];
        rows.iter().flatten().cloned().collect()
    }
}

type Cells = (Vec<String>, Vec<Vec<Cell>>);

fn cells<R: Row>(rows: &[R]) -> Result<Cells>
where
    for<'r> &'r str: sqlx::ColumnIndex<R>,
    usize: sqlx::ColumnIndex<R>,
    for<'r> Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<Vec<u8>>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<Uuid>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<bool>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let Some(first) = rows.first() else {
        bail!("no rows were stored");
    };
    let columns = first
        .columns()
        .iter()
        .map(|c| c.name().to_owned())
        .collect();
    let kinds: Vec<String> = first
        .columns()
        .iter()
        .map(|c| c.type_info().name().to_owned())
        .collect();
    let cell = |row: &R, at: usize| -> Result<Cell> {
        Ok(match kinds[at].as_str() {
            "TEXT" => Cell::Text(row.try_get(at)?),
            "INTEGER" | "INT8" | "BIGINT" => Cell::Int(row.try_get(at)?),
            "BLOB" | "BYTEA" => Cell::Blob(row.try_get(at)?),
            "UUID" => Cell::Id(row.try_get(at)?),
            "BOOLEAN" | "BOOL" => Cell::Flag(row.try_get(at)?),
            other => bail!("a column of type {other}"),
        })
    };
    let row = |row: &R| {
        (0..kinds.len())
            .map(|at| cell(row, at))
            .collect::<Result<Vec<_>>>()
    };
    Ok((columns, rows.iter().map(row).collect::<Result<_>>()?))
}
