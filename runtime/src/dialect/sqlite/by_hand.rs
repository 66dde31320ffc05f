//! Constraints that somebody put on a table by hand: they would be lost when it is made anew.

use std::collections::BTreeMap;

use diesel::sqlite::SqliteConnection;
use migratable_core::{Enum, Table};

use super::ddl::{self, Form};
use super::tokens;
use crate::dialect::{Connection, literal};
use crate::error::Stop;

/// Constraints that are seen by nothing but a word in the text of the table.
const WORDS: [&str; 2] = ["CHECK", "COLLATE"];

/// Refuses a table that has constraints that no revision made.
pub(super) fn check(
    database: &mut SqliteConnection,
    table: &Table,
    enums: &BTreeMap<String, Enum>,
) -> Result<(), Stop> {
    let failed = |error| Stop::at("read the constraints", error);
    let mut lost = Vec::new();
    for query in [references(table), uniques(table)] {
        lost.extend(database.rows(&query).map_err(failed)?.into_iter().flatten().flatten());
    }
    let ours = text(table, enums).map_err(Stop::refused)?;
    let stored = format!("SELECT sql FROM {}", stored(table));
    let stored = database.rows(&stored).map_err(failed)?.into_iter().flatten().flatten().next().unwrap_or_default();
    for word in WORDS {
        let count = |sql: &str| tokens::words(sql).filter(|it| it.eq_ignore_ascii_case(word)).count();
        let (found, made) = (count(&stored), count(&ours));
        if found > made {
            lost.push(format!("a {word} ({found} in all, and revisions made {made})"));
        }
    }
    match lost.first() {
        None => Ok(()),
        Some(what) => Err(Stop::refused(format!(
            "`{}` has {what} in the database that no revision made; it would be lost: drop it, or write a revision \
             that makes it and is only recorded there",
            table.name
        ))),
    }
}

/// How the constraints that a script would lose stand in the text of a table, and what white space is turned into to
/// find them. SQL cannot tell what stands in quotes or comments; names do not look like this.
const MARKS: [(&str, &str); 3] = [("CHECK(", ""), (" COLLATE ", " "), (" AUTOINCREMENT", " ")];

/// Queries of which each gives a row for each constraint that a script would lose. It is no loss where the program
/// itself makes a table anew that somebody has given an AUTOINCREMENT.
pub(super) fn offline(table: &Table, enums: &BTreeMap<String, Enum>) -> Result<Vec<String>, String> {
    let ours = text(table, enums)?.to_ascii_uppercase();
    let marks = MARKS.map(|(mark, space)| {
        let made = ours.replace([' ', '\t', '\n', '\r'], space).matches(mark).count();
        let white = ["' '", "char(9)", "char(10)", "char(13)"];
        let plain = white.iter().fold("upper(sql)".to_owned(), |sql, it| format!("replace({sql}, {it}, '{space}')"));
        format!(
            "SELECT 1 FROM {} AND length({plain}) - length(replace({plain}, '{mark}', '')) > {}",
            stored(table),
            made * mark.len()
        )
    });
    Ok([references(table), uniques(table)].into_iter().chain(marks).collect())
}

/// The text of a table as revisions make it.
fn text(table: &Table, enums: &BTreeMap<String, Enum>) -> Result<String, String> {
    ddl::create_table(table, enums, &table.name.name, &Form::of(table))
}

/// Where the text of a table is stored.
fn stored(table: &Table) -> String {
    format!("main.sqlite_master WHERE type = 'table' AND name = {} COLLATE NOCASE", literal(&table.name.name))
}

fn lower<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

fn literals(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| literal(&text)).collect::<Vec<_>>().join(", ")
}

/// A query for the references that no revision made: the columns, the table that they refer to, and what is done on
/// DELETE and on UPDATE. The columns that they refer to are left out: those of another table may have got other names
/// since.
fn references(table: &Table) -> String {
    let known = table.foreign_keys.iter().map(|key| {
        let (columns, parent) = (lower(&key.columns).join(", "), key.table.name.to_ascii_lowercase());
        format!("({columns}) to `{parent}` {} {}", key.on_delete.sql(), key.on_update.sql())
    });
    format!(
        "SELECT 'a foreign key from ' || it FROM (SELECT '(' || group_concat(part, ', ') || ') to `' || parent || '`' \
         AS it, on_delete || ' ' || on_update AS does FROM (SELECT id, lower(\"from\") AS part, \
         lower(\"table\") AS parent, on_delete, on_update FROM pragma_foreign_key_list({}) ORDER BY id, seq) \
         GROUP BY id) WHERE it || ' ' || does NOT IN ({})",
        literal(&table.name.name),
        literals(known)
    )
}

/// A query for each UNIQUE and the primary key, if no revision made one of these columns.
fn uniques(table: &Table) -> String {
    let key = table.primary_key.iter().map(|key| lower(&key.columns));
    let constraints = key.chain(table.uniques.iter().map(|it| lower(&it.columns)));
    let indexes = table.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
    let indexes = indexes.filter_map(|index| {
        index.parts.iter().map(|part| part.column_name().map(str::to_ascii_lowercase)).collect::<Option<_>>()
    });
    let known = constraints.chain(indexes).map(|mut columns: Vec<String>| {
        columns.sort();
        columns.join(", ")
    });
    let name = literal(&table.name.name);
    format!(
        "SELECT what || ' (' || columns || ')' FROM (SELECT what, group_concat(part, ', ') AS columns FROM (\
         SELECT '' AS it, 'a PRIMARY KEY' AS what, lower(name) AS part FROM pragma_table_xinfo({name}) WHERE pk > 0 \
         UNION ALL SELECT list.name, 'a UNIQUE', lower(info.name) FROM pragma_index_list({name}) AS list, \
         pragma_index_xinfo(list.name) AS info WHERE list.origin = 'u' AND info.key ORDER BY 1, 3) GROUP BY it) \
         WHERE columns NOT IN ({})",
        literals(known)
    )
}
