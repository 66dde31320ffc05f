//! Whether there are so many rows that they are worked on batch by batch.

use diesel::result::QueryResult;
use migratable_core::graph::Graph;
use migratable_core::operation::conversion::name_before;
use migratable_core::replay::Replay;
use migratable_core::{Operation, Schema, TableName};

use crate::dialect::{Database, offline};
use crate::error::Error;
use crate::migrator::{Direction, Revision};
use crate::settings::{Settings, Transaction};

/// Whether the rows of a revision are worked on batch by batch: there are many of them, and it may be more than one
/// transaction. Some operations may come before it, behind what is replayed.
pub(crate) fn goes_in_batches<Db: Database>(
    database: &mut Db,
    (settings, transaction): (&Settings, Transaction),
    (revision, direction): (&Revision, Direction),
    (replay, graph): (&Replay, &Graph),
    before: &[Operation],
) -> Result<bool, Error> {
    let is_transactional = database.is_transactional();
    let is_one = transaction == Transaction::All || revision.transaction == Some(Transaction::Revision);
    let own = revision.operations(direction);
    let works_on_rows = |it: &Operation| matches!(it, Operation::MapRows { .. } | Operation::Backfill { .. });
    if is_one && is_transactional || !own.iter().any(works_on_rows) {
        return Ok(false);
    }
    let detour = replay.detour(graph, revision.id, &own).before;
    // Others would meet their tables by the names of another branch.
    if is_transactional && !detour.is_empty() {
        return Ok(false);
    }
    let all = [before, &detour, &own].concat();
    for (at, operation) in all.iter().enumerate().skip(all.len() - own.len()) {
        let table = match operation {
            // Nothing keeps others away from the rows of MySQL otherwise.
            Operation::MapRows { .. } if !is_transactional => return Ok(true),
            Operation::MapRows { table, .. } | Operation::Backfill { table, .. } => table,
            _ => continue,
        };
        let Some(table) = name_before(all[..at].iter(), table) else { continue };
        let is_many = has_many(database, settings, &replay.schema, &table);
        if is_many.map_err(|source| Error::Database { doing: "look at the tables", source })? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_many<Db: Database>(
    database: &mut Db,
    settings: &Settings,
    schema: &Schema,
    table: &TableName,
) -> QueryResult<bool> {
    let Some(offline) = offline(database.dialect()).filter(|_| schema.tables.contains_key(table)) else {
        return Ok(false);
    };
    let within = table.schema.as_deref().map_or(String::new(), |it| (offline.quoted)(it) + ".");
    let (name, few) = ((offline.quoted)(&table.name), settings.batches.few());
    Ok(!database.rows(&format!("SELECT 1 FROM {within}{name} LIMIT 1 OFFSET {few}"))?.is_empty())
}
