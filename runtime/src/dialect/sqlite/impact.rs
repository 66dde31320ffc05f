//! What statements mean for those who use the database meanwhile. Nothing is locked in SQLite but the whole file.

use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use migratable_core::TableName;

use super::ddl::quoted;
use crate::dialect::Connection;
use crate::dialect::statement::Statement;
use crate::impact::{Impact, RowCount, Situation};

/// How many rows are counted at most.
const MOST: u64 = 1_000_000;

/// A writer waits for the end of the transaction; a reader for its commit, or with a WAL for nothing.
const LOCK: &str = "the write lock";

pub(super) fn of(database: &mut SqliteConnection, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
    let locked = || Impact::locks([(LOCK, "the whole file".to_owned())]);
    let unknown = || Impact { rewrites: None, rows: None, ..locked() };
    let Some(mut it) = Statement::read(sql) else { return Ok(unknown()) };
    let (rewrites, table) = if it.takes("CREATE TABLE") {
        let rows = if it.has("SELECT") { None } else { locked().rows };
        around.made.extend(it.made());
        return Ok(Impact { rows, ..locked() });
    } else if it.takes("CREATE INDEX") || it.takes("CREATE UNIQUE INDEX") {
        (false, it.behind("ON").and_then(|mut on| on.name()))
    } else if it.takes("ALTER TABLE") {
        let Some(table) = it.name() else { return Ok(unknown()) };
        if it.takes("RENAME TO") {
            it.name().into_iter().for_each(|to| around.rename(&table, to));
        }
        if !it.takes("DROP COLUMN") {
            return Ok(locked());
        }
        (true, Some(table))
    } else if it.takes("INSERT INTO") {
        let Some(mut from) = it.behind("SELECT").and_then(|select| select.behind("FROM")) else {
            return Ok(Impact { rows: inserted(&it), ..locked() });
        };
        let into = it.name().unwrap_or(TableName { schema: None, name: String::new() });
        (into.name.starts_with("migratable_new_"), from.name())
    } else if it.takes("UPDATE") || it.takes("DELETE FROM") || it.takes("DROP TABLE") {
        (false, it.name())
    } else if it.takes("DROP INDEX") || it.takes("CREATE TRIGGER") || it.takes("CREATE VIEW") {
        return Ok(locked());
    } else if it.takes("PRAGMA") {
        return Ok(Impact::none());
    } else {
        return Ok(unknown());
    };
    let Some(table) = table.filter(|table| table.name != "sqlite_sequence") else { return Ok(locked()) };
    Ok(Impact { rewrites: Some(rewrites), rows: around.count(database, &table)?, ..locked() })
}

/// How many rows stand behind VALUES.
fn inserted(insert: &Statement<'_>) -> Option<RowCount> {
    insert.behind("VALUES").map(|values| RowCount::exactly(values.parts().len() as u64))
}

/// The number of rows, counted as far as that takes no time.
pub(super) fn count(database: &mut SqliteConnection, table: &TableName) -> QueryResult<Option<RowCount>> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {MOST})", quoted(&table.name));
    let is_there = format!("SELECT 1 FROM sqlite_master WHERE name = {}", crate::dialect::literal(&table.name));
    if database.rows(&is_there)?.is_empty() {
        return Ok(None);
    }
    let counted = database.rows(&sql)?.into_iter().flatten().flatten().find_map(|text| text.parse().ok());
    Ok(counted.map(|count| RowCount { count, exact: count < MOST }))
}
