//! Notes of the rows that others write while a table is worked on.

use migratable_core::Table;

use super::ddl::quoted;
use crate::batches::{Batches, Capture, KeyColumn};
use crate::settings::HistoryTable;

const NOTES: &str = HistoryTable::CHANGED_ROWS;

/// The triggers that note what others write.
pub(super) const TRIGGERS: [&str; 2] = ["migratable_new_row", "migratable_changed_row"];

pub(super) const CAPTURE: Capture = Capture {
    make,
    begin,
    end: |_| end(),
    forget: |_| vec![format!("DROP TABLE IF EXISTS {NOTES}")],
    // Whoever is in a transaction that writes is alone.
    bar: |_| Vec::new(),
    unbar: |_| Vec::new(),
    take: |batches, most| {
        format!("SELECT rowid, is_new, {} FROM {NOTES} ORDER BY rowid LIMIT {most}", batches.taken_key())
    },
    taken: Some(|_, numbers| format!("DELETE FROM {NOTES} WHERE rowid IN ({})", numbers.join(", "))),
    lock: None,
    // They ask again and again, at most a tenth of a second apart.
    leaves: 0.25,
    marks: None,
    // Nobody else writes before the transaction ends.
    own: |batches| (end(), begin(batches)),
    counted: Some(|batches| format!("SELECT count(*) FROM {}", batches.sql)),
    keyless,
};

/// The primary key of a table.
pub(super) fn key(table: &Table) -> Vec<KeyColumn> {
    let columns = table.primary_key.iter().flat_map(|key| &key.columns).enumerate();
    let column = |(at, name): (usize, &String)| KeyColumn {
        column: quoted(name),
        literal: format!("quote({})", quoted(name)),
        noted: format!("quote(k{at})"),
    };
    columns.map(column).collect()
}

fn make(batches: &Batches) -> Vec<String> {
    let key = batches.noted_key().join(", ");
    vec![format!("CREATE TABLE {NOTES} AS SELECT {key}, 0 AS is_new FROM {} WHERE 0", batches.sql)]
}

fn begin(batches: &Batches) -> Vec<String> {
    let table = &batches.sql;
    let note = |is_new: u8| format!("BEGIN INSERT INTO {NOTES} VALUES ({}, {is_new}); END", batches.new_key());
    let unless_set = batches.kept().map_or(String::new(), |column| format!(" WHEN OLD.{column} IS NEW.{column}"));
    let sources = batches.sources.join(", ");
    let [new_row, changed_row] = TRIGGERS;
    vec![
        format!("CREATE TRIGGER {new_row} AFTER INSERT ON {table} {}", note(1)),
        format!("CREATE TRIGGER {changed_row} AFTER UPDATE OF {sources} ON {table}{unless_set} {}", note(0)),
    ]
}

fn end() -> Vec<String> {
    TRIGGERS.map(|name| format!("DROP TRIGGER IF EXISTS {name}")).into()
}

/// A primary key may hold NULL here (SQLite documentation, CREATE TABLE: the PRIMARY KEY).
fn keyless(batches: &Batches) -> Option<String> {
    let columns: Vec<String> = batches.key.iter().map(|it| format!("{} IS NULL", it.column)).collect();
    Some(format!("SELECT 1 FROM {} WHERE {} LIMIT 1", batches.sql, columns.join(" OR ")))
}
