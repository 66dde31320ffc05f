//! Notes of the rows that others write while a table is worked on.

use migratable_core::{ColumnType, Dialect, Table};

use super::ddl::quoted;
use super::types;
use crate::batches::{Batches, Capture, KeyColumn, Take};
use crate::settings::HistoryTable;

const NOTES: &str = HistoryTable::CHANGED_ROWS;

pub(super) const CAPTURE: Capture = Capture {
    begin,
    end,
    bar,
    unbar,
    take,
    // Queries else see the rows as they were when the transaction began.
    now: " LOCK IN SHARE MODE",
    leaves: 0.0,
    own: Some(("SET @migratable_batch = 1", "SET @migratable_batch = NULL")),
};

/// The primary key of a table.
pub(super) fn key(table: &Table) -> Vec<KeyColumn> {
    let columns = table.primary_key.iter().flat_map(|key| &key.columns).enumerate();
    let column = |(at, name): (usize, &String)| {
        let column_type = table.find(name).map_or(ColumnType::Text, |it| it.column_type.on(Dialect::Mysql));
        let literal = |of: &str| match &column_type {
            ColumnType::Binary | ColumnType::Varbinary(_) => format!("CONCAT('x\'', HEX({of}), '\'')"),
            ColumnType::Native(sql) if sql.text(Dialect::Mysql).is_some_and(is_binary) => {
                format!("CONCAT('x\'', HEX({of}), '\'')")
            }
            // They are ordered by their number.
            ColumnType::Enum(_) => format!("CAST({of} AS UNSIGNED)"),
            _ => format!("QUOTE({of})"),
        };
        KeyColumn { column: quoted(name), literal: literal(&quoted(name)), noted: literal(&format!("k{at}")) }
    };
    columns.map(column).collect()
}

fn is_binary(column_type: &str) -> bool {
    let lower = column_type.trim_start().to_ascii_lowercase();
    lower.starts_with("binary") || lower.starts_with("varbinary")
}

/// The trigger cannot be told of which columns an update is: what the tool writes says so itself.
fn begin(batches: &Batches) -> Vec<String> {
    let (table, key) = (&batches.sql, batches.noted_key().join(", "));
    let names: Vec<String> = (0..batches.key.len()).map(|at| format!("k{at}")).collect();
    let note = |is_new: u8, condition: &str| {
        format!(
            "FOR EACH ROW IF @migratable_batch IS NULL{condition} THEN INSERT INTO {NOTES} ({}, is_new) VALUES ({}, \
             {is_new}); END IF",
            names.join(", "),
            batches.new_key()
        )
    };
    let unless_set = batches.filled().map_or(String::new(), |column| format!(" AND OLD.{column} <=> NEW.{column}"));
    vec![
        format!(
            "CREATE TABLE {NOTES} (number BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB AS SELECT {key}, 0 AS is_new \
             FROM {table} LIMIT 0"
        ),
        format!("CREATE TRIGGER migratable_new_row AFTER INSERT ON {table} {}", note(1, "")),
        format!("CREATE TRIGGER migratable_changed_row AFTER UPDATE ON {table} {}", note(0, &unless_set)),
    ]
}

fn end(_: &Batches) -> Vec<String> {
    vec![
        "DROP TRIGGER IF EXISTS migratable_new_row".to_owned(),
        "DROP TRIGGER IF EXISTS migratable_changed_row".to_owned(),
        format!("DROP TABLE IF EXISTS {NOTES}"),
    ]
}

/// A lock of the table would keep the tool itself from every other table.
fn bar(batches: &Batches) -> Vec<String> {
    let message = types::text(&format!("{} is being migrated: try again in a moment", batches.table));
    let refuse = format!(
        "FOR EACH ROW IF @migratable_session IS NULL THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {message}; END IF"
    );
    let mut statements = unbar(batches);
    statements.extend([
        format!("CREATE TRIGGER migratable_no_new_row BEFORE INSERT ON {} {refuse}", batches.sql),
        format!("CREATE TRIGGER migratable_no_changed_row BEFORE UPDATE ON {} {refuse}", batches.sql),
    ]);
    statements
}

fn unbar(_: &Batches) -> Vec<String> {
    vec![
        "DROP TRIGGER IF EXISTS migratable_no_new_row".to_owned(),
        "DROP TRIGGER IF EXISTS migratable_no_changed_row".to_owned(),
    ]
}

fn take(batches: &Batches, most: u64) -> Take {
    let key = batches.taken_key();
    Take {
        read: format!("SELECT number, is_new, {key} FROM {NOTES} ORDER BY number LIMIT {most} FOR UPDATE"),
        delete: Some("DELETE FROM migratable_changed_rows WHERE number IN "),
    }
}
