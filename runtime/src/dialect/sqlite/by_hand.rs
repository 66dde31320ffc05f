//! Constraints that somebody put on a table by hand: they would be lost when it is made anew.

use std::collections::{BTreeMap, BTreeSet};

use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use migratable_core::{Enum, Table};

use super::ddl::{self, Form};
use super::tokens;
use crate::dialect::{Connection, literal};
use crate::error::Stop;

/// A foreign key: its columns, the table that it refers to, and what it does on DELETE and on UPDATE.
type Reference = (Vec<String>, String, String, String);

/// Refuses a table that has constraints that no revision made.
pub(super) fn check(
    database: &mut SqliteConnection,
    table: &Table,
    enums: &BTreeMap<String, Enum>,
) -> Result<(), Stop> {
    let failed = |error| Stop::at("read the constraints", error);
    let lost = |what: &str| {
        Stop::refused(format!(
            "`{}` has {what} in the database that no revision made; it would be lost: drop it, or write a revision \
             that makes it and is only recorded there",
            table.name
        ))
    };
    let known = known_references(table);
    for reference in references(database, table).map_err(failed)? {
        if !known.contains(&reference) {
            return Err(lost(&format!("a foreign key from ({}) to `{}`", reference.0.join(", "), reference.1)));
        }
    }
    let known = known_uniques(table);
    for (what, columns) in uniques(database, table).map_err(failed)? {
        if !known.contains(&columns.iter().cloned().collect()) {
            return Err(lost(&format!("{what} ({})", columns.join(", "))));
        }
    }
    let ours = ddl::create_table(table, enums, &table.name.name, &Form::default()).map_err(Stop::refused)?;
    let name = literal(&table.name.name);
    let stored = format!("SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = {name} COLLATE NOCASE");
    let stored = database.rows(&stored).map_err(failed)?.into_iter().flatten().flatten().next().unwrap_or_default();
    for (word, what) in [("CHECK", "a CHECK"), ("COLLATE", "a COLLATE")] {
        let count = |sql: &str| tokens::words(sql).filter(|it| it.eq_ignore_ascii_case(word)).count();
        let (found, made) = (count(&stored), count(&ours));
        if found > made {
            return Err(lost(&format!("{what} ({found} in all, and revisions made {made})")));
        }
    }
    Ok(())
}

fn lower<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// What the references of the model are. The columns that they refer to are left out: those of another table may have
/// got other names since.
fn known_references(table: &Table) -> Vec<Reference> {
    let known = table.foreign_keys.iter().map(|key| {
        let (delete, update) = (key.on_delete.sql().to_owned(), key.on_update.sql().to_owned());
        (lower(&key.columns), key.table.name.to_ascii_lowercase(), delete, update)
    });
    known.collect()
}

fn references(database: &mut SqliteConnection, table: &Table) -> QueryResult<Vec<Reference>> {
    let query = format!(
        "SELECT id, lower(\"from\"), lower(\"table\"), on_delete, on_update FROM pragma_foreign_key_list({}) \
         ORDER BY id, seq",
        literal(&table.name.name)
    );
    let mut found: BTreeMap<String, Reference> = BTreeMap::new();
    for row in database.rows(&query)? {
        let mut row = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || row.next().unwrap_or_default();
        let (id, column, parent, delete, update) = (next(), next(), next(), next(), next());
        found.entry(id).or_insert_with(|| (Vec::new(), parent, delete, update)).0.push(column);
    }
    Ok(found.into_values().collect())
}

/// The columns in which no two rows of the model may be equal.
fn known_uniques(table: &Table) -> Vec<BTreeSet<String>> {
    let key = table.primary_key.iter().map(|key| &key.columns);
    let constraints = key.chain(table.uniques.iter().map(|it| &it.columns)).map(|it| lower(it).into_iter().collect());
    let indexes = table.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
    let indexes = indexes.filter_map(|index| {
        index.parts.iter().map(|part| part.column_name().map(str::to_ascii_lowercase)).collect::<Option<_>>()
    });
    constraints.chain(indexes).collect()
}

/// The columns of each UNIQUE and of the primary key, behind what it is.
fn uniques(database: &mut SqliteConnection, table: &Table) -> QueryResult<Vec<(&'static str, Vec<String>)>> {
    let name = literal(&table.name.name);
    let query = format!(
        "SELECT '', lower(name) FROM pragma_table_xinfo({name}) WHERE pk > 0 UNION ALL \
         SELECT list.name, lower(info.name) FROM pragma_index_list({name}) AS list, \
         pragma_index_xinfo(list.name) AS info WHERE list.origin = 'u' AND info.key"
    );
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in database.rows(&query)? {
        let mut row = row.into_iter().map(Option::unwrap_or_default);
        let (index, column) = (row.next().unwrap_or_default(), row.next().unwrap_or_default());
        found.entry(index).or_default().push(column);
    }
    let what = |index: &str| if index.is_empty() { "a PRIMARY KEY" } else { "a UNIQUE" };
    Ok(found.into_iter().map(|(index, columns)| (what(&index), columns)).collect())
}
