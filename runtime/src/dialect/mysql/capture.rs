//! Notes of the rows that others write while a table is worked on.

use migratable_core::hash::hex;
use migratable_core::{ColumnType, Dialect, Table, TableName};

use super::ddl::{quoted, table_name};
use super::types;
use crate::batches::{Batches, Capture, KeyColumn, Lock};
use crate::settings::HistoryTable;

pub(super) const CAPTURE: Capture = Capture {
    make,
    begin,
    end: |table| ["new_row", "changed_row"].map(|it| format!("DROP TRIGGER IF EXISTS {}", trigger(table, it))).into(),
    forget: |table| vec![format!("DROP TABLE IF EXISTS {}", notes(table))],
    bar,
    unbar: |table| {
        ["no_new_row", "no_changed_row"].map(|it| format!("DROP TRIGGER IF EXISTS {}", trigger(table, it))).into()
    },
    take: |batches, most| {
        let notes = notes(&batches.table);
        format!("SELECT number, is_new, {} FROM {notes} ORDER BY number LIMIT {most}", batches.taken_key())
    },
    taken: Some(taken),
    lock: Some(Lock { waits: " FOR UPDATE", fails: " FOR UPDATE NOWAIT" }),
    leaves: 0.0,
    // `@migratable_session` does, as long as the session lasts.
    marks: None,
    own: |_| (vec!["SET @migratable_batch = 1".to_owned()], vec!["SET @migratable_batch = NULL".to_owned()]),
    counted: None,
    keyless: |_| None,
};

/// What the tool makes beside a table, in the same database.
fn beside(table: &TableName, name: &str) -> String {
    table_name(&TableName { schema: table.schema.clone(), name: name.to_owned() })
}

fn notes(table: &TableName) -> String {
    beside(table, HistoryTable::CHANGED_ROWS)
}

/// A trigger of a table: its name is that of no other table's.
fn trigger(table: &TableName, name: &str) -> String {
    beside(table, &format!("migratable_{name}_{}", hex(&table.name, 8)))
}

/// The primary key of a table.
pub(super) fn key(table: &Table) -> Vec<KeyColumn> {
    let columns = table.primary_key.iter().flat_map(|key| &key.columns).enumerate();
    let column = |(at, name): (usize, &String)| {
        let column_type = table.find(name).map_or(ColumnType::Text, |it| it.column_type.on(Dialect::Mysql));
        let native = if let ColumnType::Native(sql) = &column_type { sql.text(Dialect::Mysql) } else { None };
        let literal = |of: &str| match &column_type {
            ColumnType::Binary | ColumnType::Varbinary(_) => bytes(of),
            _ if native.is_some_and(is_binary) => bytes(of),
            // They are ordered by their number.
            ColumnType::Enum(_) => format!("CAST({of} AS UNSIGNED)"),
            // Several texts are compared with a number by what floating point makes of them.
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Numeric(_) => number(of),
            _ if native.is_some_and(is_number) => number(of),
            _ => format!("QUOTE({of})"),
        };
        KeyColumn { column: quoted(name), literal: literal(&quoted(name)), noted: literal(&format!("k{at}")) }
    };
    columns.map(column).collect()
}

fn bytes(of: &str) -> String {
    format!("CONCAT('x''', HEX({of}), '''')")
}

fn number(of: &str) -> String {
    format!("CAST({of} AS CHAR)")
}

fn is_binary(column_type: &str) -> bool {
    begins_with(column_type, &["binary", "varbinary"])
}

fn is_number(column_type: &str) -> bool {
    begins_with(column_type, &["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "numeric"])
}

fn begins_with(column_type: &str, words: &[&str]) -> bool {
    let lower = column_type.trim_start().to_ascii_lowercase();
    words.iter().any(|word| lower.starts_with(word))
}

fn make(batches: &Batches) -> Vec<String> {
    let (notes, key) = (notes(&batches.table), batches.noted_key().join(", "));
    vec![format!(
        "CREATE TABLE {notes} (number BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB AS SELECT {key}, 0 AS is_new FROM \
         {} LIMIT 0",
        batches.sql
    )]
}

/// The trigger cannot be told of which columns an update is: what the tool writes says so itself.
fn begin(batches: &Batches) -> Vec<String> {
    let (table, notes) = (&batches.sql, notes(&batches.table));
    let names: Vec<String> = (0..batches.key.len()).map(|at| format!("k{at}")).collect();
    let note = |is_new: u8, condition: &str| {
        format!(
            "FOR EACH ROW IF @migratable_batch IS NULL{condition} THEN INSERT INTO {notes} ({}, is_new) VALUES ({}, \
             {is_new}); END IF",
            names.join(", "),
            batches.new_key()
        )
    };
    let unless_set = batches.kept().map_or(String::new(), |column| format!(" AND OLD.{column} <=> NEW.{column}"));
    let (new, changed) = (trigger(&batches.table, "new_row"), trigger(&batches.table, "changed_row"));
    vec![
        format!("CREATE TRIGGER {new} AFTER INSERT ON {table} {}", note(1, "")),
        format!("CREATE TRIGGER {changed} AFTER UPDATE ON {table} {}", note(0, &unless_set)),
    ]
}

/// A lock of the table would keep the tool itself from every other table.
fn bar(batches: &Batches) -> Vec<String> {
    let message = types::text(&format!("{} is being migrated: try again in a moment", batches.table));
    let refuse = format!(
        "FOR EACH ROW IF @migratable_session IS NULL THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {message}; END IF"
    );
    let (new, changed) = (trigger(&batches.table, "no_new_row"), trigger(&batches.table, "no_changed_row"));
    vec![
        format!("CREATE TRIGGER IF NOT EXISTS {new} BEFORE INSERT ON {} {refuse}", batches.sql),
        format!("CREATE TRIGGER IF NOT EXISTS {changed} BEFORE UPDATE ON {} {refuse}", batches.sql),
    ]
}

/// Takes these notes and looks at no other: those that others are writing stand between them, and beside.
fn taken(batches: &Batches, numbers: &[String]) -> String {
    let numbers = numbers.join(" UNION ALL SELECT ");
    format!(
        "DELETE notes FROM (SELECT 0 AS taken UNION ALL SELECT {numbers}) AS these STRAIGHT_JOIN {} AS notes ON \
         notes.number = these.taken",
        notes(&batches.table)
    )
}
