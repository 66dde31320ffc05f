//! What a live database has beside what its revisions say.

use std::collections::{BTreeMap, BTreeSet};

use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::ddl::{Form, quoted};
use super::tokens;
use crate::dialect::{Connection, literal};

/// The file of a database, if it is in one.
pub(super) fn file(database: &mut SqliteConnection) -> QueryResult<Option<String>> {
    let listed = database.rows("PRAGMA database_list")?;
    let main = listed.into_iter().find(|row| row.get(1).is_some_and(|name| name.as_deref() == Some("main")));
    Ok(main.and_then(|row| row.into_iter().nth(2).flatten()).filter(|file| !file.is_empty()))
}

/// A table in the database.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The names of its columns.
    pub(super) columns: Vec<String>,
    pub(super) form: Form,
    /// Its triggers and indexes.
    pub(super) dependents: Vec<Dependent>,
}

/// A trigger or an index, as it was made.
#[derive(Clone, Debug)]
pub(super) struct Dependent {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) sql: String,
}

fn texts(row: Vec<Option<String>>) -> impl Iterator<Item = String> {
    row.into_iter().map(Option::unwrap_or_default)
}

/// Reads a table, if it is there.
pub(super) fn table(database: &mut SqliteConnection, name: &str) -> QueryResult<Option<Found>> {
    let name = literal(name);
    let mut found = Found::default();
    let kept = format!(
        "SELECT wr, strict, (SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = {name} COLLATE NOCASE) \
         FROM pragma_table_list({name}) WHERE schema = 'main' AND type = 'table'"
    );
    let Some(row) = database.rows(&kept)?.into_iter().next() else { return Ok(None) };
    let mut row = texts(row);
    found.form.without_rowid = row.next().is_some_and(|flag| flag == "1");
    found.form.strict = row.next().is_some_and(|flag| flag == "1");
    found.form.autoincrement = row.next().is_some_and(|sql| tokens::has_word(&sql, "AUTOINCREMENT"));
    for row in database.rows(&format!("SELECT name, type FROM pragma_table_xinfo({name})"))? {
        let mut row = texts(row);
        let (column, declared) = (row.next().unwrap_or_default(), row.next().unwrap_or_default());
        found.columns.push(column.clone());
        if found.form.strict {
            found.form.declared.insert(column, declared);
        }
    }
    let dependents = format!(
        "SELECT type, name, sql FROM main.sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL \
         AND tbl_name = {name} COLLATE NOCASE ORDER BY type, rowid"
    );
    for row in database.rows(&dependents)? {
        let mut row = texts(row);
        let mut next = || row.next().unwrap_or_default();
        found.dependents.push(Dependent { kind: next(), name: next(), sql: next() });
    }
    Ok(Some(found))
}

/// The names of the STRICT tables.
pub(super) fn strict_tables(database: &mut SqliteConnection) -> QueryResult<BTreeSet<String>> {
    // The list of tables is slow to make in a large schema; the word stands in the text of every table that it lists.
    let mentioned = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND sql LIKE '%strict%' LIMIT 1";
    if database.rows(mentioned)?.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = database.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict")?;
    Ok(rows.into_iter().flat_map(texts).collect())
}

/// The views and triggers that do not work, by kind and name, with the reason.
pub(super) fn broken(database: &mut SqliteConnection) -> QueryResult<BTreeMap<String, String>> {
    let mut broken = BTreeMap::new();
    let dependents = "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type IN ('view', 'trigger')";
    for row in database.rows(dependents)? {
        let mut row = texts(row);
        let mut next = || row.next().unwrap_or_default();
        let (kind, name, table, sql) = (next(), next(), next(), next());
        let probe = match kind.as_str() {
            "view" => format!("SELECT * FROM {} LIMIT 0", quoted(&name)),
            _ => probe_trigger(database, &table, &sql)?,
        };
        if let Err(error) = database.execute(&probe) {
            broken.insert(format!("{kind} `{name}`"), error.to_string());
        }
    }
    Ok(broken)
}

/// A statement that is compiled together with the trigger, and not run.
fn probe_trigger(database: &mut SqliteConnection, table: &str, sql: &str) -> QueryResult<String> {
    let target = quoted(table);
    Ok(match tokens::first_of(sql, &["DELETE", "INSERT", "UPDATE"]) {
        Some("DELETE") => format!("EXPLAIN DELETE FROM {target}"),
        Some("INSERT") => format!("EXPLAIN INSERT INTO {target} DEFAULT VALUES"),
        _ => {
            let columns = database.rows(&format!("SELECT name FROM pragma_table_info({})", literal(table)))?;
            let set: Vec<String> =
                columns.into_iter().flat_map(texts).map(|name| format!("{0} = {0}", quoted(&name))).collect();
            format!("EXPLAIN UPDATE {target} SET {}", set.join(", "))
        }
    })
}
