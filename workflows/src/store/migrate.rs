//! Embedded migrations: the same versions for both databases.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::{Pools, StoreError};

macro_rules! embedded {
    ($engine:literal) => {
        &[
            (
                1,
                "places",
                include_str!(concat!("../../../migrations/", $engine, "/0001_places.sql")),
            ),
            (
                2,
                "declarations",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0002_declarations.sql"
                )),
            ),
            (
                3,
                "checkpoints",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0003_checkpoints.sql"
                )),
            ),
            (
                4,
                "messages",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0004_messages.sql"
                )),
            ),
            (
                5,
                "audit",
                include_str!(concat!("../../../migrations/", $engine, "/0005_audit.sql")),
            ),
            (
                6,
                "channels",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0006_channels.sql"
                )),
            ),
            (
                7,
                "digits",
                include_str!(concat!("../../../migrations/", $engine, "/0007_digits.sql")),
            ),
            (
                8,
                "assist",
                include_str!(concat!("../../../migrations/", $engine, "/0008_assist.sql")),
            ),
            (
                9,
                "person_index",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0009_person_index.sql"
                )),
            ),
            (
                10,
                "ended",
                include_str!(concat!("../../../migrations/", $engine, "/0010_ended.sql")),
            ),
            (
                11,
                "notices",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0011_notices.sql"
                )),
            ),
            (
                12,
                "channel_accounts",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0012_channel_accounts.sql"
                )),
            ),
            (
                13,
                "handovers",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0013_handovers.sql"
                )),
            ),
            (
                14,
                "linked_chats",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0014_linked_chats.sql"
                )),
            ),
            (
                15,
                "chat_order",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0015_chat_order.sql"
                )),
            ),
            (
                16,
                "marks_elsewhere",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0016_marks_elsewhere.sql"
                )),
            ),
            (
                17,
                "repeats",
                include_str!(concat!(
                    "../../../migrations/",
                    $engine,
                    "/0017_repeats.sql"
                )),
            ),
        ]
    };
}

type Embedded = &'static [(i64, &'static str, &'static str)];

const SQLITE: Embedded = embedded!("sqlite");
const POSTGRES: Embedded = embedded!("postgres");

/// Brings the schema up to date.
pub(super) async fn run(pools: &Pools) -> Result<(), StoreError> {
    match pools {
        Pools::Sqlite { write, .. } => migrator(SQLITE).run(write).await?,
        Pools::Postgres(pool) => migrator(POSTGRES).run(pool).await?,
    }
    Ok(())
}

fn migrator(embedded: Embedded) -> Migrator {
    Migrator::with_migrations(
        embedded
            .iter()
            .map(|(version, name, sql)| {
                Migration::new(
                    *version,
                    Cow::Borrowed(name),
                    MigrationType::Simple,
                    sql.into_sql_str(),
                    false,
                )
            })
            .collect(),
    )
}
