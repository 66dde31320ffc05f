//! Views and triggers. They are not managed, and made whether they work or not.

use diesel::sqlite::SqliteConnection;
use migratable_core::{Operation, Sql};

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
    for sql in tables.chain(indexes).chain(others) {
        // A virtual table may need a module that is not here; it is none of the business of what is tried.
        let made = database.execute(sql);
        if !sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL") {
            made.ok()?;
        }
    }
    Some(database)
}

/// Refuses the operation by which something goes that a view or trigger needs, which works until then.
pub(super) fn refuse(before: &Inspected, operations: &[Operation], statements: &[String]) -> Result<(), Refusal> {
    let rests = before.not_managed.iter().any(|it| matches!(it.kind.as_str(), "view" | "trigger"));
    let goes = |it: &Operation| matches!(it, Operation::DropColumn { .. } | Operation::DropTable { .. });
    if !rests || !operations.iter().any(goes) {
        return Ok(());
    }
    needed(before, operations, statements).map_or(Ok(()), Err)
}

/// What is found when the statements are tried.
fn needed(before: &Inspected, operations: &[Operation], statements: &[String]) -> Option<Refusal> {
    let mut database = in_memory(before)?;
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
            let what = match goes {
                Operation::DropColumn { table, column } if why.mentions(column) => format!("{table}.{column}"),
                Operation::DropTable { table } if why.mentions(&table.name) => table.to_string(),
                _ => return None,
            };
            Some(Refusal { operation, message: unmanaged::needs(&it.to_string(), &what) })
        })
    })
}
