//! Multi-row inserts. The only place that builds SQL text, and only from constants.
//!
//! PostgreSQL takes one array per column: one text per table, parsed and planned once, serves
//! every number of rows. SQLite has no arrays and takes `VALUES` in a few sizes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::StoreError;
use super::conn::{Either, Tx};

/// A table that rows are appended to.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// What follows the values: `ON CONFLICT … DO NOTHING RETURNING id`, or nothing.
    pub(super) tail: &'static str,
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Int(i64),
    MaybeInt(Option<i64>),
    Blob(&'a [u8]),
    MaybeBlob(Option<&'a [u8]>),
    Id(Uuid),
    MaybeId(Option<Uuid>),
    Flag(bool),
}

/// A blind index that may be missing, as bytes.
pub(super) fn bytes(index: Option<&[u8; 16]>) -> Option<&[u8]> {
    index.map(<[u8; 16]>::as_slice)
}

/// One column of many rows.
#[derive(Debug)]
enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Int(Vec<Option<i64>>),
    Blob(Vec<Option<&'a [u8]>>),
    Id(Vec<Option<Uuid>>),
    Flag(Vec<Option<bool>>),
}

/// Rows go to SQLite in chunks of these sizes, so that seven texts per table serve every batch
/// and stay in the statement cache, and a batch below 64 rows takes three statements on average.
const CHUNKS: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

macro_rules! bind_cells {
    ($query:expr, $cells:expr) => {{
        let mut query = $query;
        for cell in $cells {
            query = match cell {
                Cell::Text(v) => query.bind(v),
                Cell::MaybeText(v) => query.bind(v),
                Cell::Int(v) => query.bind(v),
                Cell::MaybeInt(v) => query.bind(v),
                Cell::Blob(v) => query.bind(v),
                Cell::MaybeBlob(v) => query.bind(v),
                Cell::Id(v) => query.bind(v),
                Cell::MaybeId(v) => query.bind(v),
                Cell::Flag(v) => query.bind(v),
            };
        }
        query
    }};
}

macro_rules! bind_columns {
    ($query:expr, $columns:expr) => {{
        let mut query = $query;
        for column in $columns {
            query = match column {
                Column::Text(v) => query.bind(v),
                Column::Int(v) => query.bind(v),
                Column::Blob(v) => query.bind(v),
                Column::Id(v) => query.bind(v),
                Column::Flag(v) => query.bind(v),
            };
        }
        query
    }};
}

/// Inserts the rows; a row that breaks a key fails the statement.
pub(super) async fn insert(
    tx: &mut Tx,
    table: &'static Table,
    rows: Vec<Vec<Cell<'_>>>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    match tx.connection() {
        Either::Sqlite(c) => {
            for (text, cells) in chunks(table, rows) {
                let query = bind_cells!(sqlx::query(AssertSqlSafe(text)), cells);
                query.execute(&mut *c).await?;
            }
        }
        Either::Postgres(c) => {
            let (text, columns) = arrays(table, rows)?;
            let query = bind_columns!(sqlx::query(AssertSqlSafe(text)), columns);
            query.execute(c).await?;
        }
    }
    Ok(())
}

/// Inserts the rows and returns the ids of those that were new; the table's tail says
/// `ON CONFLICT … DO NOTHING RETURNING id`.
pub(super) async fn insert_new(
    tx: &mut Tx,
    table: &'static Table,
    rows: Vec<Vec<Cell<'_>>>,
) -> Result<Vec<Uuid>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    match tx.connection() {
        Either::Sqlite(c) => {
            let mut new: Vec<Uuid> = Vec::with_capacity(rows.len());
            for (text, cells) in chunks(table, rows) {
                let query = bind_cells!(sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(text)), cells);
                new.extend(query.fetch_all(&mut *c).await?);
            }
            Ok(new)
        }
        Either::Postgres(c) => {
            let (text, columns) = arrays(table, rows)?;
            let query = bind_columns!(sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(text)), columns);
            Ok(query.fetch_all(c).await?)
        }
    }
}

fn chunks<'a>(table: &'static Table, rows: Vec<Vec<Cell<'a>>>) -> Vec<(Arc<str>, Vec<Cell<'a>>)> {
    let mut out = Vec::new();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let size = CHUNKS.into_iter().find(|n| *n <= rows.len()).unwrap_or(1);
        out.push((
            text(table, Shape::Values(size), || write_values(table, size)),
            rows.by_ref().take(size).flatten().collect(),
        ));
    }
    out
}

/// The statement of the table for any number of rows, and its arrays. A column whose cells
/// differ in kind is refused.
fn arrays<'a>(
    table: &'static Table,
    rows: Vec<Vec<Cell<'a>>>,
) -> Result<(Arc<str>, Vec<Column<'a>>), StoreError> {
    let count = rows.len();
    let first = rows.first().map_or(&[][..], Vec::as_slice);
    let mut columns: Vec<Column> = first.iter().map(|c| Column::like(c, count)).collect();
    for row in rows {
        for ((column, cell), name) in columns.iter_mut().zip(row).zip(table.columns) {
            column.push(cell).map_err(|Mixed| StoreError::Corrupt {
                table: table.name,
                column: name,
            })?;
        }
    }
    let text = text(table, Shape::Arrays, || write_arrays(table, &columns));
    Ok((text, columns))
}

/// A cell of another kind than its column.
struct Mixed;

impl<'a> Column<'a> {
    fn like(cell: &Cell<'_>, rows: usize) -> Self {
        match cell {
            Cell::Text(_) | Cell::MaybeText(_) => Self::Text(Vec::with_capacity(rows)),
            Cell::Int(_) | Cell::MaybeInt(_) => Self::Int(Vec::with_capacity(rows)),
            Cell::Blob(_) | Cell::MaybeBlob(_) => Self::Blob(Vec::with_capacity(rows)),
            Cell::Id(_) | Cell::MaybeId(_) => Self::Id(Vec::with_capacity(rows)),
            Cell::Flag(_) => Self::Flag(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, cell: Cell<'a>) -> Result<(), Mixed> {
        match (self, cell) {
            (Self::Text(all), Cell::Text(v)) => all.push(Some(v)),
            (Self::Text(all), Cell::MaybeText(v)) => all.push(v),
            (Self::Int(all), Cell::Int(v)) => all.push(Some(v)),
            (Self::Int(all), Cell::MaybeInt(v)) => all.push(v),
            (Self::Blob(all), Cell::Blob(v)) => all.push(Some(v)),
            (Self::Blob(all), Cell::MaybeBlob(v)) => all.push(v),
            (Self::Id(all), Cell::Id(v)) => all.push(Some(v)),
            (Self::Id(all), Cell::MaybeId(v)) => all.push(v),
            (Self::Flag(all), Cell::Flag(v)) => all.push(Some(v)),
            _ => return Err(Mixed),
        }
        Ok(())
    }

    /// The PostgreSQL type of its values.
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Int(_) => "bigint",
            Self::Blob(_) => "bytea",
            Self::Id(_) => "uuid",
            Self::Flag(_) => "boolean",
        }
    }
}

/// How a statement takes its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// One array per column.
    Arrays,
    /// So many rows of single values.
    Values(usize),
}

/// Texts by table and shape.
type Texts = HashMap<(&'static str, Shape), Arc<str>>;

fn text(table: &'static Table, shape: Shape, write: impl FnOnce() -> Arc<str>) -> Arc<str> {
    static TEXTS: OnceLock<Mutex<Texts>> = OnceLock::new();
    let mut texts = TEXTS
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    texts
        .entry((table.name, shape))
        .or_insert_with(write)
        .clone()
}

/// The places have no names: the driver looks up each name that a statement has, and SQLite finds
/// one by walking through all of them.
fn write_values(table: &Table, rows: usize) -> Arc<str> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    format!(
        "INSERT INTO {} ({}) VALUES {} {}",
        table.name,
        table.columns.join(", "),
        vec![row; rows].join(", "),
        table.tail
    )
    .into()
}

/// Arrays unnested side by side in the select list go straight into the table; from a function in
/// `FROM` PostgreSQL would first gather each in a store of its own.
fn write_arrays(table: &Table, columns: &[Column<'_>]) -> Arc<str> {
    let arrays: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| format!("UNNEST(${}::{}[])", at + 1, column.kind()))
        .collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} {}",
        table.name,
        table.columns.join(", "),
        arrays.join(", "),
        table.tail
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_few_statement_shapes() {
        static T: Table = Table {
            name: "t",
            columns: &["a", "b"],
            tail: "",
        };
        let rows = vec![vec![Cell::Int(1), Cell::Flag(true)]; 86];
        let cut = chunks(&T, rows);
        let sizes: Vec<usize> = cut.iter().map(|(_, cells)| cells.len() / 2).collect();
        assert_eq!(sizes, [64, 16, 4, 2]);
        assert_eq!(
            &*cut[2].0,
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?), (?, ?), (?, ?) "
        );
    }

    #[test]
    fn arrays_take_any_number_of_rows_in_one_statement() {
        static T: Table = Table {
            name: "u",
            columns: &["a", "b"],
            tail: "RETURNING a",
        };
        let row = |b: Option<&'static str>| vec![Cell::Int(1), Cell::MaybeText(b)];
        let one = arrays(&T, vec![row(None)]).ok();
        let many = arrays(&T, vec![row(Some("x")); 3]).ok();
        let sql =
            "INSERT INTO u (a, b) SELECT UNNEST($1::bigint[]), UNNEST($2::text[]) RETURNING a";
        assert_eq!(one.map(|(text, _)| text).as_deref(), Some(sql));
        assert_eq!(many.map(|(text, _)| text).as_deref(), Some(sql));
        let mixed = vec![row(None), vec![Cell::Flag(true), Cell::Flag(true)]];
        assert!(arrays(&T, mixed).is_err(), "a column holds one kind");
    }
}
