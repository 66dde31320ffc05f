//! The columns that the database numbers: their numbers go on behind the rows that are there.

use std::collections::BTreeMap;

use migratable_core::{Dialect, Schema, TableName};
use migratable_tests::databases::client::Database;

/// The rows that leave a column out which the database numbers, by the column.
type Next = BTreeMap<String, String>;

/// Makes the database number on behind the rows, which were put in with numbers of their own.
pub fn follow_the_rows(database: &Database<'_>, next: &Next, schema: &Schema) -> Result<(), String> {
    for (table, column, _) in numbered(next, schema).filter(|_| database.dialect() == Dialect::Postgres) {
        database.query(&format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}));"
        ))?;
    }
    go_on(database, next, schema)
}

/// That a row which leaves the column out gets a number that no other has; it goes again.
pub fn go_on(database: &Database<'_>, next: &Next, schema: &Schema) -> Result<(), String> {
    for (table, column, insert) in numbered(next, schema) {
        let greatest = || -> Result<i64, String> {
            let text = database.query(&format!("SELECT CAST(max({column}) AS CHAR(20)) FROM {table};"))?;
            text.trim().parse().map_err(|error| format!("{table}.{column} is at most {text:?}: {error}"))
        };
        let before = greatest()?;
        database.run(&format!("{insert};"))?;
        let number = greatest()?;
        if number <= before {
            return Err(format!("{table}.{column} goes up to {before}, and no row of {insert:?} comes behind it"));
        }
        database.run(&format!("DELETE FROM {table} WHERE {column} = {number};"))?;
    }
    Ok(())
}

/// Table, column and row, of what the database numbers in this schema.
fn numbered<'a>(next: &'a Next, schema: &'a Schema) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let named = next.iter().filter_map(|(name, insert)| {
        let (table, column) = name.rsplit_once('.')?;
        Some((table, column, insert.as_str()))
    });
    named.filter(|(table, column, _)| {
        schema.column(&TableName::plain(*table), column).is_some_and(|it| it.identity.is_some())
    })
}
