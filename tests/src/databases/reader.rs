//! What a database holds, read by nothing of the product, as lines that are equal where the databases are.

mod catalogue;
mod mysql;
mod postgres;
mod sqlite;

use std::collections::BTreeSet;

use migratable_core::Dialect;

use crate::databases::client::Database;

/// What a database holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What a comparison is about.
    pub managed: BTreeSet<String>,
    /// Views, triggers, functions: what a comparison leaves alone.
    pub others: BTreeSet<String>,
}

/// Reads a database.
///
/// # Errors
/// With what its client said.
pub fn read(database: &Database<'_>) -> Result<Held, String> {
    match database.dialect() {
        Dialect::Sqlite => sqlite::read(database),
        // pg_dump takes longer than all that is asked here.
        Dialect::Postgres if database.session().is_some() => catalogue::read(database),
        Dialect::Postgres => postgres::read(database),
        Dialect::Mysql => mysql::read(database),
    }
}

/// Reads a database by the most thorough means that its server brings along.
///
/// # Errors
/// With what its client said.
pub fn read_all(database: &Database<'_>) -> Result<Held, String> {
    match database.dialect() {
        Dialect::Postgres => postgres::read(database),
        Dialect::Sqlite | Dialect::Mysql => read(database),
    }
}

/// The lines that only one of two has; an error if there are any.
///
/// # Errors
/// The lines, `-` before those that are missing and `+` before those that are too many.
pub fn same(found: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Result<(), String> {
    let missing = wanted.difference(found).map(|line| format!("- {line}"));
    let excess = found.difference(wanted).map(|line| format!("+ {line}"));
    let lines: Vec<String> = missing.chain(excess).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

/// Lines without the places of the columns: a new one, or one that comes back, stands behind the others.
pub fn without_places(lines: BTreeSet<String>) -> BTreeSet<String> {
    let without_place = |line: String| match line.split_once(": ") {
        Some((table, column)) => {
            format!("{table}: {}", column.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start())
        }
        None => line,
    };
    lines.into_iter().map(without_place).collect()
}
