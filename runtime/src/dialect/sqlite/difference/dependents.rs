//! Views and triggers. They are not managed, and made whether they work or not.

use diesel::result::{Error as DieselError, QueryResult};
use diesel::sqlite::SqliteConnection;
use migratable_core::{Operation, Sql, TableName};

use crate::dialect::sqlite::{inspect, introspect};
use crate::dialect::{Connection, unmanaged};
use crate::inspect::Inspected;
use crate::plan::Refusal;

/// A database with nothing in its tables, in memory. Nothing if it cannot be made there.
pub(super) fn in_memory(inspected: &Inspected) -> Option<SqliteConnection> {
    let mut database = inspect::memory().ok()?;
    database.execute("PRAGMA foreign_keys = OFF").ok()?;
    let tables = inspected.schema.tables.keys().filter_map(|table| inspected.definitions.get(&table.name));
    let indexes = inspected.schema.tables.values().flat_map(|table| &table.indexes);
    let indexes = indexes.filter_map(|index| inspected.definitions.get(&index.name));
    // Triggers come behind the views that they may be on.
    let (triggers, others): (Vec<_>, Vec<_>) = inspected.not_managed.iter().partition(|it| it.kind == "trigger");
    let others = others.iter().chain(&triggers).filter_map(|it| inspected.definitions.get(&it.to_string()));
    tables.chain(others).try_for_each(|sql| make(&mut database, sql)).ok()?;
    // One over a function of the application is no part of what views and triggers need.
    indexes.for_each(|sql| drop(make(&mut database, sql)));
    Some(database)
}

/// Makes something of which the application may bring a part of its own: collations compare nothing here, and a virtual
/// table whose module is missing is none of the business of what is tried.
fn make(database: &mut SqliteConnection, sql: &str) -> QueryResult<()> {
    let mut made = database.execute(sql);
    while let Some(collation) = made.as_ref().err().and_then(missing_collation) {
        database.register_collation(&collation, str::cmp)?;
        made = database.execute(sql);
    }
    if sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL") { Ok(()) } else { made }
}

fn missing_collation(error: &DieselError) -> Option<String> {
    Some(error.to_string().split_once("no such collation sequence: ")?.1.to_owned())
}

/// Refuses the operation by which something goes that a view or trigger needs, which works until then.
pub(super) fn refuse(before: &Inspected, operations: &[Operation], statements: &[String]) -> Result<(), Refusal> {
    let rests = before.not_managed.iter().any(|it| matches!(it.kind.as_str(), "view" | "trigger"));
    if !rests || !operations.iter().any(|it| gone(it).is_some()) {
        return Ok(());
    }
    let found = match in_memory(before) {
        Some(database) => needed(database, before, operations, statements),
        None => named(before, operations),
    };
    found.map_or(Ok(()), Err)
}

/// The table of which something goes, and the column if it is that.
fn gone(operation: &Operation) -> Option<(&TableName, Option<&str>)> {
    match operation {
        Operation::DropColumn { table, column } => Some((table, Some(column))),
        Operation::DropTable { table } => Some((table, None)),
        _ => None,
    }
}

/// What is found by names alone, where nothing can be tried: a table may need a function of the application.
fn named(before: &Inspected, operations: &[Operation]) -> Option<Refusal> {
    operations.iter().enumerate().find_map(|(operation, goes)| {
        let (table, column) = gone(goes)?;
        let by = before.not_managed.iter().filter(|it| matches!(it.kind.as_str(), "view" | "trigger")).find(|it| {
            // A trigger goes with its table.
            let goes_along = column.is_none() && it.table.as_ref() == Some(table);
            let text = before.definitions.get(&it.to_string()).map(|it| Sql::portable(it));
            !goes_along
                && text.is_some_and(|it| it.mentions(&table.name) && column.is_none_or(|name| it.mentions(name)))
        })?;
        let what = column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"));
        Some(Refusal { operation, message: unmanaged::needs(&by.to_string(), &what) })
    })
}

/// What is found when the statements are tried.
fn needed(
    mut database: SqliteConnection,
    before: &Inspected,
    operations: &[Operation],
    statements: &[String],
) -> Option<Refusal> {
    let broken_before = introspect::broken(&mut database).ok()?;
    statements.iter().try_for_each(|sql| database.execute(sql)).ok()?;
    let broken = introspect::broken(&mut database).ok()?;
    let new = before.not_managed.iter().filter_map(|it| {
        let key = format!("{} `{}`", it.kind, it.name);
        Some((it, broken.get(&key).filter(|_| !broken_before.contains_key(&key))?))
    });
    new.into_iter().find_map(|(it, why)| {
        let why = Sql::portable(why);
        operations.iter().enumerate().find_map(|(operation, goes)| {
            let (table, column) = gone(goes).filter(|(table, column)| why.mentions(column.unwrap_or(&table.name)))?;
            let what = column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"));
            Some(Refusal { operation, message: unmanaged::needs(&it.to_string(), &what) })
        })
    })
}
