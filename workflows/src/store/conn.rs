//! A transaction on either database, its scope, and the macros that write each query once.

use sqlx::pool::PoolConnection;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction,
};

use super::audit::{Chain, Heads};
use super::{Pools, StoreError};
use crate::audit::{AuditEntry, Purpose};
use crate::ids::ProvinceId;

/// Whose rows a transaction may see and make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One province.
    Province(ProvinceId),
    /// All provinces, for a named purpose (claiming jobs, logging in).
    National(Purpose),
}

impl Scope {
    /// The scope of one province.
    pub fn of(province: &ProvinceId) -> Self {
        Self::Province(province.clone())
    }

    fn setting(&self) -> &str {
        match self {
            Self::Province(p) => p.as_str(),
            Self::National(_) => "*",
        }
    }
}

/// One transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    province: String,
    chain: Chain,
    audit: Vec<(ProvinceId, AuditEntry)>,
}

#[derive(Debug)]
enum Conn {
    SqliteRead(PoolConnection<Sqlite>),
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    Kept(Kept),
}

/// A connection that is kept from transaction to transaction: the pool would ask it each time, in
/// a round trip of its own, whether it lives.
#[derive(Debug)]
pub(super) struct Kept {
    connection: PoolConnection<Postgres>,
    in_transaction: bool,
    /// The provinces its transaction is open to.
    provinces: String,
}

impl Kept {
    async fn begin(mut self, provinces: &str) -> Result<Self, StoreError> {
        if self.in_transaction {
            if self.provinces != provinces {
                self.connection
                    .execute(AssertSqlSafe(open_to(provinces)))
                    .await?;
            }
        } else {
            self.in_transaction = true;
            self.connection
                .execute(AssertSqlSafe(begin_text(provinces)))
                .await?;
        }
        provinces.clone_into(&mut self.provinces);
        Ok(self)
    }

    /// With `goes_on` the next transaction begins in the same round trip, open to the same
    /// provinces.
    async fn commit(mut self, goes_on: bool) -> Result<Self, StoreError> {
        if goes_on {
            let next = format!("COMMIT; {}", begin_text(&self.provinces));
            self.connection.execute(AssertSqlSafe(next)).await?;
        } else {
            self.connection.execute("COMMIT").await?;
            self.in_transaction = false;
        }
        Ok(self)
    }

    async fn undo(mut self) -> Result<Self, StoreError> {
        self.connection.execute("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(self)
    }
}

/// The driver knows nothing of the transactions begun here: a connection inside one is closed.
impl Drop for Kept {
    fn drop(&mut self) {
        if self.in_transaction {
            self.connection.close_on_drop();
        }
    }
}

/// The connection inside a transaction, by driver.
pub(super) enum Either<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

pub(super) async fn read(pools: &Pools, scope: &Scope, chain: &Chain) -> Result<Tx, StoreError> {
    let conn = match pools {
        Pools::Sqlite { read, .. } => Conn::SqliteRead(read.acquire().await?),
        Pools::Postgres(pool) => Conn::Postgres(begin_postgres(pool, scope.setting()).await?),
    };
    Ok(Tx::new(conn, scope, chain))
}

pub(super) async fn write(pools: &Pools, scope: &Scope, chain: &Chain) -> Result<Tx, StoreError> {
    Ok(Tx::new(begin(pools, scope.setting()).await?, scope, chain))
}

/// The transaction of one batch of appends, open to the provinces named (comma-separated).
pub(super) async fn append(
    pools: &Pools,
    kept: Option<Kept>,
    provinces: &str,
    chain: &Chain,
) -> Result<Tx, StoreError> {
    let conn = match pools {
        Pools::Sqlite { .. } => begin(pools, provinces).await?,
        Pools::Postgres(pool) => {
            let kept = match kept {
                Some(kept) => kept,
                None => Kept {
                    connection: pool.acquire().await?,
                    in_transaction: false,
                    provinces: String::new(),
                },
            };
            Conn::Kept(kept.begin(provinces).await?)
        }
    };
    Ok(Tx {
        conn,
        province: String::new(),
        chain: chain.clone(),
        audit: Vec::new(),
    })
}

/// `BEGIN IMMEDIATE`, because a deferred transaction that turns to writing fails with "busy"
/// at once.
async fn begin(pools: &Pools, provinces: &str) -> Result<Conn, StoreError> {
    Ok(match pools {
        Pools::Sqlite { write, .. } => Conn::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
        Pools::Postgres(pool) => Conn::Postgres(begin_postgres(pool, provinces).await?),
    })
}

async fn begin_postgres(
    pool: &sqlx::PgPool,
    provinces: &str,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    Ok(pool
        .begin_with(AssertSqlSafe(begin_text(provinces)))
        .await?)
}

/// One round trip, because a request makes several transactions. The text takes the setting as
/// it is: province ids are lower-case letters, digits and dashes ([`ProvinceId::parse`]), and
/// the rest of it is ours.
fn begin_text(provinces: &str) -> String {
    format!("BEGIN; {}", open_to(provinces))
}

fn open_to(provinces: &str) -> String {
    format!("SET LOCAL khaibao.provinces = '{provinces}'")
}

impl Tx {
    fn new(conn: Conn, scope: &Scope, chain: &Chain) -> Self {
        let province = match scope {
            Scope::Province(p) => p.as_str().to_owned(),
            Scope::National(_) => String::new(),
        };
        Self {
            conn,
            province,
            chain: chain.clone(),
            audit: Vec::new(),
        }
    }

    /// The province every statement binds; empty, and so matching nothing, in a national scope.
    pub(super) fn province(&self) -> String {
        self.province.clone()
    }

    /// Lets this transaction also make rows of another province; statements that bind the
    /// scope's own go on doing so.
    pub(super) async fn open_also(&mut self, other: &ProvinceId) -> Result<(), StoreError> {
        let provinces = format!("{},{other}", self.province);
        if let Either::Postgres(c) = self.connection() {
            c.execute(AssertSqlSafe(open_to(&provinces))).await?;
        }
        Ok(())
    }

    pub(super) fn connection(&mut self) -> Either<'_> {
        match &mut self.conn {
            Conn::SqliteRead(c) => Either::Sqlite(c),
            Conn::Sqlite(c) => Either::Sqlite(c),
            Conn::Postgres(c) => Either::Postgres(c),
            Conn::Kept(kept) => Either::Postgres(&mut kept.connection),
        }
    }

    /// Adds an entry to the province's audit chain; it is stored with the commit or not at all.
    pub fn audit(&mut self, province: &ProvinceId, entry: AuditEntry) {
        self.audit.push((province.clone(), entry));
    }

    /// Makes everything done durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.commit_and_keep(false).await.map(|_| ())
    }

    /// Makes everything done durable, and hands back the connection if it was to be kept. With
    /// `goes_on` that one is in the next transaction already.
    pub(super) async fn commit_and_keep(
        mut self,
        goes_on: bool,
    ) -> Result<Option<Kept>, StoreError> {
        if self.audit.is_empty() {
            return self.commit_conn(goes_on).await;
        }
        // The chain is held until the commit is known, so that no two transactions of this
        // process extend it from the same head. Nothing is locked after it: no deadlock.
        let chain = self.chain.clone();
        let mut heads = chain.heads().await;
        let entries = std::mem::take(&mut self.audit);
        let provinces: Vec<ProvinceId> = entries.iter().map(|(p, _)| p.clone()).collect();
        let committed = self.commit_with(&chain, &heads, entries, goes_on).await;
        match committed {
            Ok((advanced, kept)) => {
                heads.extend(advanced);
                Ok(kept)
            }
            Err(error) => {
                // The commit may have reached the database all the same: read the heads anew.
                heads.retain(|province, _| !provinces.contains(province));
                Err(error)
            }
        }
    }

    async fn commit_with(
        mut self,
        chain: &Chain,
        heads: &Heads,
        entries: Vec<(ProvinceId, AuditEntry)>,
        goes_on: bool,
    ) -> Result<(Heads, Option<Kept>), StoreError> {
        let advanced = chain.extend(&mut self, heads, entries).await?;
        Ok((advanced, self.commit_conn(goes_on).await?))
    }

    async fn commit_conn(self, goes_on: bool) -> Result<Option<Kept>, StoreError> {
        match self.conn {
            Conn::SqliteRead(_) => {}
            Conn::Sqlite(t) => t.commit().await?,
            Conn::Postgres(t) => t.commit().await?,
            Conn::Kept(kept) => return Ok(Some(kept.commit(goes_on).await?)),
        }
        Ok(None)
    }

    /// Leaves nothing behind, as dropping does, and hands back the connection if it was to be
    /// kept.
    pub(super) async fn undo(self) -> Result<Option<Kept>, StoreError> {
        match self.conn {
            Conn::Kept(kept) => Ok(Some(kept.undo().await?)),
            _ => Ok(None),
        }
    }
}

/// Runs one sqlx expression on whichever connection the transaction has.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx.connection() {
            $crate::store::conn::Either::Sqlite($c) => $body,
            $crate::store::conn::Either::Postgres($c) => $body,
        }
    };
}

/// A struct read from a row of either database, column by field name.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$fmeta:meta])* $fvis:vis $field:ident: $ty:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* $fvis $field: $ty),+ }

        impl<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> for $name {
            fn from_row(row: &'r sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok(Self { $($field: row.try_get(stringify!($field))?),+ })
            }
        }

        impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &'r sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok(Self { $($field: row.try_get(stringify!($field))?),+ })
            }
        }
    };
}

/// Named statement texts, and the list of them that a test prepares on both databases.
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$meta])* const $name: &str = $sql;)+
        pub(in crate::store) const ALL: &[&str] = &[$($name),+];
    };
}

pub(super) use {on, row, statements};
