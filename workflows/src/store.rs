//! One store on SQLite or PostgreSQL: one portable SQL text per statement, two doors.
//!
//! - [`Store::append`] for the hot, append-only paths: rows of many requests become one
//!   multi-row statement per table in one transaction (group commit).
//! - [`Store::write`] and [`Store::read`] for everything else: a [`Tx`] with one method per
//!   query, committed by name, rolled back by forgetting.
//!
//! Every statement binds its [`Scope`]; on PostgreSQL row-level security is the second wall.

mod accounts;
mod append;
mod assist;
mod audit;
mod bulk;
mod conn;
mod conversations;
mod crossings;
mod declarations;
mod handovers;
mod inbox;
mod jobs;
mod keys;
mod links;
mod marks;
mod migrate;
mod officers;
mod outbox;
mod passes;
mod pictures;
mod places;
mod registry;
mod reports;
mod watches;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, SqlitePool};

pub use accounts::{AccountStatus, SealedTokens};
pub use append::{Appended, NoticesChange, Rows, StopRow};
pub use assist::{AssistRow, NewAssist};
pub use audit::AboutRow;
pub use conn::{Scope, Tx};
pub use conversations::{
    ConversationRow, ProfileChange, ProfileRow, StoredConversation, StoredProfile,
};
pub use crossings::CrossingRow;
pub use crossings::{Known, ListedCrossing, PassageCount};
pub use declarations::StoredSheet;
pub use declarations::{DeclarationRow, SheetRow};
pub use handovers::{HandoverRow, HandoverUse, StoredHandover};
pub use inbox::{
    ClaimedInbound, DeadInbound, InboundClaim, InboundRow, InboxCounts, KnownInbound, LastInbound,
    PARTS_WAIT_SECONDS, PartRow, Released,
};
pub use jobs::{Job, JobDone};
pub use links::{LinkChange, LinkedChatRow, StoredLink};
pub use marks::StoredMark;
pub use marks::{ContactRow, MarkRow};
pub use officers::{LoginRow, OfficerRow};
pub use outbox::{ChannelCounts, ChannelFlow, ClaimedMessage, ClaimedOutbox, DeadMessage};
pub use outbox::{OutboxCounts, OutboxRow, Pace, ReceiptRow, Settled, Swept};
pub use passes::{PassRow, PassWithDeclaration};
pub use reports::{DeclaredCount, MemberRow, ReportRow};
pub use watches::{Watch, WatchRow};

use crate::clock::Clock;

/// The storage failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The driver or the database refused.
    #[error("the database failed: {0}")]
    Driver(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the schema could not be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A stored value is not one we wrote.
    #[error("corrupt value in {table}.{column}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// Row-level security does not bind this role.
    #[error("the database role is a superuser or has BYPASSRLS: use one that has neither")]
    PrivilegedRole,
    /// The group-commit writer is gone; the process is ending.
    #[error("the writer has stopped")]
    Stopped,
    /// The batch this request was part of failed, and so did the request alone.
    #[error("the rows were not stored: {0}")]
    NotStored(Arc<str>),
}

impl StoreError {
    /// Whether the database is away rather than something being wrong: nothing was
    /// acknowledged, and trying again will help.
    pub fn is_outage(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Tls};
        match self {
            Self::Stopped | Self::NotStored(_) => true,
            Self::Driver(error) => matches!(error, PoolTimedOut | PoolClosed | Io(_) | Tls(_)),
            _ => false,
        }
    }
}

/// Either database.
#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// One writer connection and a read pool.
    Sqlite { read: SqlitePool, write: SqlitePool },
    /// One pool.
    Postgres(PgPool),
}

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Pools,
    chain: audit::Chain,
    appends: append::Door,
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// A connection given back this long ago is used without asking whether it lives.
const SURELY_ALIVE: Duration = Duration::from_secs(1);

impl Store {
    /// Opens `sqlite:<path>` (created if absent) or `postgres://…`, brings the schema up to date
    /// and starts the group-commit writer. `node` names this process in the audit chains and in
    /// leases; it must differ between running processes.
    pub async fn open(url: &str, node: &str, clock: &Clock) -> Result<Self, StoreError> {
        let pools = match url.strip_prefix("sqlite:") {
            Some(path) => open_sqlite(Path::new(path)).await?,
            None => open_postgres(url).await?,
        };
        migrate::run(&pools).await?;
        let writer = format!("{node}-{:08x}", u32::from_be_bytes(clock.random()));
        let chain = audit::Chain::new(writer);
        let appends = append::Door::open(&pools, &chain, clock);
        Ok(Self {
            pools,
            chain,
            appends,
        })
    }

    /// A transaction that only reads.
    pub async fn read(&self, scope: &Scope) -> Result<Tx, StoreError> {
        conn::read(&self.pools, scope, &self.chain).await
    }

    /// A transaction that writes; nothing is kept until [`Tx::commit`].
    pub async fn write(&self, scope: &Scope) -> Result<Tx, StoreError> {
        conn::write(&self.pools, scope, &self.chain).await
    }

    /// Stores the rows of one request, merged with those of others, and answers after commit.
    pub async fn append(&self, rows: Rows) -> Result<Appended, StoreError> {
        self.appends.append(rows).await
    }

    /// Told when this process has stored events to work on; others may store some too.
    pub fn inbox_written(&self) -> tokio::sync::watch::Receiver<()> {
        self.appends.wakes().inbox()
    }

    /// Told when this process has stored messages to send; others may store some too.
    pub fn outbox_written(&self) -> tokio::sync::watch::Receiver<()> {
        self.appends.wakes().outbox()
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self.pools {
            Pools::Sqlite { .. } => "sqlite",
            Pools::Postgres(_) => "postgres",
        }
    }

    /// Whether the database answers and appends are taken.
    pub async fn is_up(&self) -> bool {
        if !self.appends.is_open() {
            return false;
        }
        match &self.pools {
            Pools::Sqlite { read, .. } => sqlx::query("SELECT 1").execute(read).await.is_ok(),
            Pools::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.is_ok(),
        }
    }

    /// Waits for pending appends and closes the pools.
    pub async fn close(&self) {
        self.appends.close().await;
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Every statement text of the store, for the test that prepares each on both databases.
    pub fn statements() -> impl Iterator<Item = &'static str> {
        [
            accounts::ALL,
            assist::ALL,
            audit::ALL,
            conversations::ALL,
            crossings::ALL,
            declarations::ALL,
            handovers::ALL,
            inbox::ALL,
            inbox::CLAIM_ALL,
            jobs::ALL,
            keys::ALL,
            links::ALL,
            marks::ALL,
            officers::ALL,
            outbox::ALL,
            passes::ALL,
            pictures::ALL,
            places::ALL,
            registry::ALL,
            reports::ALL,
            watches::ALL,
            watches::LOCKS_ALL,
        ]
        .into_iter()
        .chain(outbox::PARTS)
        .flatten()
        .copied()
    }

    /// Prepares one statement, to prove that this database accepts its text.
    pub async fn prepares(&self, sql: &'static str) -> Result<(), StoreError> {
        use sqlx::{Executor, SqlSafeStr};
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                read.acquire()
                    .await?
                    .prepare(sql.into_sql_str())
                    .await
                    .map(|_| ())?;
            }
            Pools::Postgres(pool) => {
                pool.acquire()
                    .await?
                    .prepare(sql.into_sql_str())
                    .await
                    .map(|_| ())?;
            }
        }
        Ok(())
    }
}

/// `synchronous=FULL`, because an acknowledged declaration must survive a power cut; group
/// commit pays for it.
async fn open_sqlite(path: &Path) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true)
        .statement_cache_capacity(256);
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options.clone())
        .await?;
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .connect_with(options.read_only(false).pragma("query_only", "1"))
        .await?;
    Ok(Pools::Sqlite { read, write })
}

async fn open_postgres(url: &str) -> Result<Pools, StoreError> {
    // Range joins mislead PostgreSQL's estimates and JIT then costs more than the query.
    let options = PgConnectOptions::from_str(url)?
        .options([
            ("jit", "off"),
            ("statement_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ])
        .statement_cache_capacity(256);
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        // The driver would ask every connection whether it lives, a round trip per transaction,
        // although it has asked when the connection was given back.
        .test_before_acquire(false)
        .before_acquire(|connection, seen| {
            Box::pin(async move {
                if seen.idle_for > SURELY_ALIVE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await?;
    let unwalled: bool = sqlx::query_scalar(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&pool)
    .await?;
    if unwalled {
        return Err(StoreError::PrivilegedRole);
    }
    Ok(Pools::Postgres(pool))
}
