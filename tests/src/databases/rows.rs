//! Rows for tables of any shape, and what became of them.

mod catalogue;
mod kept;
mod values;

pub use kept::{Renames, Rows, kept, same, snapshot};

use migratable_core::Dialect;

use crate::databases::client::Database;
use catalogue::{Column, Table, tables};

/// How many rows a table gets.
const COUNT: u32 = 3;

/// Puts rows in every table: those that are given, and others in the tables that are empty after that.
///
/// Equal types get equal values, so that references find what they refer to; the last row has NULL where it may.
///
/// # Errors
/// With what the client said.
pub fn fill(database: &Database<'_>, given: &str) -> Result<(), String> {
    let (loose, strict) = match database.dialect() {
        Dialect::Sqlite => ("PRAGMA foreign_keys = OFF;\n", "PRAGMA foreign_keys = ON;\n"),
        Dialect::Postgres => ("SET session_replication_role = replica;\n", "SET session_replication_role = DEFAULT;\n"),
        Dialect::Mysql => ("SET foreign_key_checks = 0;\n", "SET foreign_key_checks = 1;\n"),
    };
    let mut script = loose.to_owned();
    if !given.is_empty() {
        let given = given.trim_end().trim_end_matches(';');
        database.run(&format!("{loose}{given};\n{strict}"))?;
    }
    let tables = tables(database)?;
    let standing = match given.is_empty() {
        true => String::new(),
        false => {
            let has_rows = |table: &Table| {
                format!("SELECT CASE WHEN EXISTS (SELECT 1 FROM {}) THEN 'rows' ELSE 'none' END;", table.sql)
            };
            database.query(&tables.iter().map(has_rows).collect::<Vec<_>>().join("\n"))?
        }
    };
    let mut standing = standing.lines();
    for table in &tables {
        if standing.next().is_none_or(|rows| rows == "none") {
            script.extend((1..=COUNT).map(|row| insert(table, row, database.dialect())));
        }
    }
    database.run(&format!("{script}{strict}"))
}

fn insert(table: &Table, row: u32, dialect: Dialect) -> String {
    let columns: Vec<&Column> = table.columns.iter().filter(|column| column.generated.is_empty()).collect();
    if columns.is_empty() {
        return match dialect {
            Dialect::Mysql => format!("INSERT INTO {} () VALUES ();\n", table.sql),
            _ => format!("INSERT INTO {} DEFAULT VALUES;\n", table.sql),
        };
    }
    let names: Vec<&str> = columns.iter().map(|column| &*column.sql).collect();
    let value = |column: &&Column| match column.nullable && !column.refers && row == COUNT {
        true => "NULL".to_owned(),
        false => values::value(dialect, column, row),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let overriding = if dialect == Dialect::Postgres { " OVERRIDING SYSTEM VALUE" } else { "" };
    format!("INSERT INTO {} ({}){overriding} VALUES ({});\n", table.sql, names.join(", "), values.join(", "))
}
