//! Notes of the rows that others write while a table is worked on.

use migratable_core::Table;

use super::ddl::quoted;
use crate::batches::{Batches, Capture, KeyColumn, Take};
use crate::settings::HistoryTable;

const NOTES: &str = HistoryTable::CHANGED_ROWS;

pub(super) const CAPTURE: Capture = Capture {
    begin,
    end,
    // Whoever is in a transaction that writes is alone.
    bar: |_| Vec::new(),
    unbar: |_| Vec::new(),
    take,
    now: "",
    // They ask again and again, at most a tenth of a second apart.
    leaves: 0.25,
    own: None,
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

fn begin(batches: &Batches) -> Vec<String> {
    let (table, key) = (&batches.sql, batches.noted_key().join(", "));
    let note = |is_new: u8| format!("BEGIN INSERT INTO {NOTES} VALUES ({}, {is_new}); END", batches.new_key());
    let unless_set = batches.filled().map_or(String::new(), |column| format!(" WHEN OLD.{column} IS NEW.{column}"));
    let sources = batches.sources.join(", ");
    vec![
        format!("CREATE TABLE {NOTES} AS SELECT {key}, 0 AS is_new FROM {table} WHERE 0"),
        format!("CREATE TRIGGER migratable_new_row AFTER INSERT ON {table} {}", note(1)),
        format!("CREATE TRIGGER migratable_changed_row AFTER UPDATE OF {sources} ON {table}{unless_set} {}", note(0)),
    ]
}

fn end(_: &Batches) -> Vec<String> {
    vec![
        "DROP TRIGGER IF EXISTS migratable_new_row".to_owned(),
        "DROP TRIGGER IF EXISTS migratable_changed_row".to_owned(),
        format!("DROP TABLE IF EXISTS {NOTES}"),
    ]
}

fn take(batches: &Batches, most: u64) -> Take {
    Take {
        read: format!("SELECT rowid, is_new, {} FROM {NOTES} ORDER BY rowid LIMIT {most}", batches.taken_key()),
        delete: Some("DELETE FROM migratable_changed_rows WHERE rowid IN "),
    }
}
