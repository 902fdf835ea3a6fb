//! Multi-row inserts. The only place that builds SQL text, and only from constants.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::StoreError;
use super::conn::{Tx, on};

/// A table that rows are appended to.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// What follows the values: `ON CONFLICT … DO NOTHING RETURNING id`, or nothing.
    pub(super) tail: &'static str,
}

/// One value of a row.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Text(String),
    MaybeText(Option<String>),
    Int(i64),
    MaybeInt(Option<i64>),
    Blob(Vec<u8>),
    MaybeBlob(Option<Vec<u8>>),
    Id(Uuid),
    MaybeId(Option<Uuid>),
    Flag(bool),
}

/// Rows go in chunks of these sizes, so that seven texts per table serve every batch and stay
/// in the statement cache, and a batch below 64 rows takes three statements on average.
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

/// Inserts the rows; a row that breaks a key fails the statement.
pub(super) async fn insert(
    tx: &mut Tx,
    table: &'static Table,
    rows: Vec<Vec<Cell>>,
) -> Result<(), StoreError> {
    for (text, cells) in chunks(table, rows) {
        on!(tx, c => bind_cells!(sqlx::query(AssertSqlSafe(text)), cells).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// Inserts the rows and returns the ids of those that were new; the table's tail says
/// `ON CONFLICT … DO NOTHING RETURNING id`.
pub(super) async fn insert_new(
    tx: &mut Tx,
    table: &'static Table,
    rows: Vec<Vec<Cell>>,
) -> Result<Vec<Uuid>, StoreError> {
    let mut new = Vec::with_capacity(rows.len());
    for (text, cells) in chunks(table, rows) {
        let ids: Vec<Uuid> = on!(tx, c => {
            bind_cells!(sqlx::query_scalar(AssertSqlSafe(text)), cells).fetch_all(c).await?
        });
        new.extend(ids);
    }
    Ok(new)
}

fn chunks(table: &'static Table, rows: Vec<Vec<Cell>>) -> Vec<(Arc<str>, Vec<Cell>)> {
    let mut out = Vec::new();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let size = CHUNKS.into_iter().find(|n| *n <= rows.len()).unwrap_or(1);
        out.push((
            text(table, size),
            rows.by_ref().take(size).flatten().collect(),
        ));
    }
    out
}

/// Texts by table and number of rows.
type Texts = HashMap<(&'static str, usize), Arc<str>>;

fn text(table: &'static Table, rows: usize) -> Arc<str> {
    static TEXTS: OnceLock<Mutex<Texts>> = OnceLock::new();
    let mut texts = TEXTS
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    texts
        .entry((table.name, rows))
        .or_insert_with(|| write_text(table, rows))
        .clone()
}

fn write_text(table: &Table, rows: usize) -> Arc<str> {
    let width = table.columns.len();
    let mut sql = format!(
        "INSERT INTO {} ({}) VALUES ",
        table.name,
        table.columns.join(", ")
    );
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(sql, "{comma}${}", row * width + column + 1);
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(table.tail);
    sql.into()
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
        let sizes: Vec<usize> = chunks(&T, rows)
            .iter()
            .map(|(_, cells)| cells.len() / 2)
            .collect();
        assert_eq!(sizes, [64, 16, 4, 2]);
        assert_eq!(
            &*text(&T, 4),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8) "
        );
    }
}
