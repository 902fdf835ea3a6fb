//! A server's data: a folder with configuration and keys, and a database. Seeding takes
//! password hashes and so seconds, so each test copies what was seeded once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use server::cli::demo::{self, Account, Options};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use workflows::access::Role;
use workflows::clock::Clock;

use crate::{BEGIN, at, plugins, tools};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in a temporary folder.
    Sqlite,
    /// A fresh database of `KHAIBAO_TEST_POSTGRES`.
    Postgres,
}

/// One server's data.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    name: String,
    database: Database,
    accounts: Vec<Account>,
}

/// The demo's data, made once in this process.
#[derive(Debug)]
struct Seeded {
    folder: TempDir,
    accounts: Vec<Account>,
}

static SQLITE: OnceCell<Seeded> = OnceCell::const_new();
static POSTGRES: OnceCell<Seeded> = OnceCell::const_new();

impl Home {
    /// The demo's data, fresh.
    pub async fn fresh(database: Database) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("khaibao_{}_{number}", std::process::id());
        let seeded = match database {
            Database::Sqlite => {
                SQLITE
                    .get_or_init(|| seed("sqlite:khaibao.db".into()))
                    .await
            }
            Database::Postgres => POSTGRES.get_or_init(seed_postgres).await,
        };
        let folder = TempDir::new().unwrap();
        copy(seeded.folder.path(), folder.path());
        if database == Database::Postgres {
            let sql = format!("CREATE DATABASE {name} TEMPLATE {}", template());
            run(&sql).await;
        }
        Self {
            folder,
            name,
            database,
            accounts: seeded.accounts.clone(),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's address, as the configuration takes it.
    pub fn url(&self) -> String {
        match self.database {
            Database::Sqlite => "sqlite:khaibao.db".into(),
            Database::Postgres => postgres(&self.name),
        }
    }

    /// The file of its configuration.
    pub fn configuration_file(&self) -> PathBuf {
        self.folder().join("khaibao.toml")
    }

    /// The text of its configuration, as the demo wrote it.
    pub fn configuration(&self) -> String {
        fs::read_to_string(self.configuration_file()).unwrap()
    }

    /// Domain of its mails' Message-IDs; no other server's.
    pub fn mail_domain(&self) -> String {
        format!("{}.example", self.name.replace('_', "-"))
    }

    /// The demo's account of a role.
    pub fn account(&self, role: Role, province: &str) -> (String, String) {
        let found = self
            .accounts
            .iter()
            .find(|a| a.role == role && a.province == province)
            .unwrap();
        (found.login.clone(), found.password.clone())
    }

    /// A connection beside the server's, past every scope on SQLite.
    pub async fn sqlite(&self) -> SqliteConnection {
        let file = self.folder().join("khaibao.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// A connection beside the server's, under the same role.
    pub async fn postgres(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// Runs one statement beside the server, seeing every province; how many rows it touched.
    pub async fn execute(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.database {
            Database::Sqlite => {
                let done = sqlx::query(sql).execute(&mut self.sqlite().await).await;
                done.unwrap().rows_affected()
            }
            Database::Postgres => {
                let mut c = self.postgres().await;
                see_everything(&mut c).await;
                sqlx::query(sql)
                    .execute(&mut c)
                    .await
                    .unwrap()
                    .rows_affected()
            }
        }
    }

    /// One number asked of the database, seeing every province.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.database {
            Database::Sqlite => sqlx::query_scalar(sql)
                .fetch_one(&mut self.sqlite().await)
                .await
                .unwrap(),
            Database::Postgres => {
                let mut c = self.postgres().await;
                see_everything(&mut c).await;
                sqlx::query_scalar(sql).fetch_one(&mut c).await.unwrap()
            }
        }
    }

    /// Takes what writers of one row wait for, until it is released: on SQLite that is the whole
    /// database.
    pub async fn hold(&self, table: &str, which: &str) -> Hold {
        match self.database {
            Database::Sqlite => {
                let mut c = self.sqlite().await;
                sqlx::query("BEGIN IMMEDIATE")
                    .execute(&mut c)
                    .await
                    .unwrap();
                Hold::Sqlite(c)
            }
            Database::Postgres => {
                let mut c = self.postgres().await;
                see_everything(&mut c).await;
                sqlx::query("BEGIN").execute(&mut c).await.unwrap();
                let sql = format!("SELECT 1 FROM {table} WHERE {which} FOR UPDATE");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut c).await;
                assert_eq!(rows.unwrap().len(), 1, "{table} {which}");
                Hold::Postgres(c)
            }
        }
    }

    /// Takes a whole table of PostgreSQL's, until it is released.
    pub async fn hold_table(&self, table: &str) -> Hold {
        let mut c = self.postgres().await;
        sqlx::query("BEGIN").execute(&mut c).await.unwrap();
        let sql = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut c)
            .await
            .unwrap();
        Hold::Postgres(c)
    }

    /// Removes the database; the folder goes by itself.
    pub async fn remove(self) {
        if self.database == Database::Postgres {
            drop_database(&self.name).await;
        }
    }
}

/// See [`Home::hold`].
pub enum Hold {
    /// SQLite's write lock.
    Sqlite(SqliteConnection),
    /// A row's lock.
    Postgres(PgConnection),
}

impl Hold {
    /// Waits until so many wait for it. SQLite cannot be asked.
    pub async fn is_waited_for(&mut self, by: i64) {
        let Self::Postgres(c) = self else {
            return;
        };
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
            WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))";
        while sqlx::query_scalar::<_, i64>(waiting)
            .fetch_one(&mut *c)
            .await
            .unwrap()
            < by
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets the others go on.
    pub async fn release(self) {
        let ended = match self {
            Self::Sqlite(mut c) => sqlx::query("ROLLBACK").execute(&mut c).await.map(|_| ()),
            Self::Postgres(mut c) => sqlx::query("ROLLBACK").execute(&mut c).await.map(|_| ()),
        };
        ended.unwrap();
    }
}

async fn see_everything(c: &mut PgConnection) {
    sqlx::query("SELECT set_config('khaibao.provinces', '*', false)")
        .execute(c)
        .await
        .unwrap();
}

fn template() -> String {
    format!("khaibao_{}_seeded", std::process::id())
}

/// The address of one database of the test cluster.
fn postgres(name: &str) -> String {
    let url = tools::variable("KHAIBAO_TEST_POSTGRES");
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

async fn run(sql: &str) {
    let mut c = PgConnection::connect(&tools::variable("KHAIBAO_TEST_POSTGRES"))
        .await
        .unwrap();
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(&mut c)
        .await
        .unwrap();
}

/// Drops a database. The server's own vacuum may be at work in it for a moment, and only a
/// superuser may end that.
async fn drop_database(name: &str) {
    let mut c = PgConnection::connect(&tools::variable("KHAIBAO_TEST_POSTGRES"))
        .await
        .unwrap();
    let sql = format!("DROP DATABASE {name} WITH (FORCE)");
    for _ in 0..50 {
        match sqlx::query(AssertSqlSafe(sql.clone()))
            .execute(&mut c)
            .await
        {
            Ok(_) => return,
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the vacuum does not leave {name}");
}

async fn seed_postgres() -> Seeded {
    run(&format!("CREATE DATABASE {}", template())).await;
    seed(postgres(&template())).await
}

async fn seed(database: String) -> Seeded {
    let folder = TempDir::new().unwrap();
    let options = Options {
        data: folder.path().to_owned(),
        listen: "127.0.0.1:0".into(),
        plugins: plugins(),
        database,
    };
    let seed = 1 + u64::from(options.database.starts_with("postgres"));
    let clock = Clock::fixed(at(BEGIN).plus_minutes(-60), seed);
    let (_, accounts) = demo::seed(&options, clock).await.unwrap();
    Seeded { folder, accounts }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // `copy` keeps the permissions, on which the key file's reader insists.
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
