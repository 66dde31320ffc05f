//! Renames as SQLite does them: references, views and triggers follow.

use migratable_core::Operation;
use migratable_core::diff::{Answers, ColumnRename};

use crate::dialect::Connection;
use crate::dialect::sqlite::ddl::quoted;
use crate::dialect::sqlite::inspect;
use crate::inspect::Inspected;

/// The statements that rename what is renamed, and the database behind them. Nothing if there are no renames, or SQLite
/// cannot do them there: because a view is broken, or something must be dropped first.
pub(super) fn apart(before: &Inspected, operations: &[Operation]) -> Option<(Vec<String>, Inspected)> {
    let last = operations.iter().rposition(is_rename)?;
    let makes_room = |it: &Operation| matches!(it, Operation::DropTable { .. } | Operation::DropColumn { .. });
    if operations[..last].iter().any(makes_room) {
        return None;
    }
    let statements: Vec<String> = operations.iter().flat_map(statements).collect();
    let mut database = inspect::memory().ok()?;
    database.execute("PRAGMA foreign_keys = OFF").ok()?;
    let tables = before.schema.tables.keys().filter_map(|table| before.definitions.get(&table.name));
    let indexes = before.schema.tables.values().flat_map(|table| &table.indexes);
    let indexes = indexes.filter_map(|index| before.definitions.get(&index.name));
    let others = before.not_managed.iter().filter_map(|it| before.definitions.get(&it.to_string()));
    for sql in tables.chain(indexes).chain(others) {
        // A virtual table may need a module that is not here; a rename there is none of its business.
        let made = database.execute(sql);
        if !sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL") {
            made.ok()?;
        }
    }
    statements.iter().try_for_each(|sql| database.execute(sql)).ok()?;
    Some((statements, inspect::inspect(&mut database).ok()?))
}

/// The answers that led to the renames.
pub(super) fn answers(operations: &[Operation]) -> Answers {
    let mut answers = Answers::default();
    for operation in operations {
        match operation {
            Operation::RenameTable { from, to } => answers.table_renames.push((from.clone(), to.clone())),
            Operation::RenameColumn { table, from, to } => {
                let rename = ColumnRename { table: table.clone(), from: from.clone(), to: to.clone() };
                answers.column_renames.push(rename);
            }
            _ => {}
        }
    }
    answers
}

fn is_rename(operation: &Operation) -> bool {
    matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. })
}

fn statements(operation: &Operation) -> Vec<String> {
    match operation {
        Operation::RenameTable { from, to } => {
            let rename = |from: &str, to: &str| format!("ALTER TABLE {} RENAME TO {}", quoted(from), quoted(to));
            let passing = format!("migratable_old_{}", from.name);
            // A name that differs in the case of letters only is taken by the table itself.
            if from.name.eq_ignore_ascii_case(&to.name) {
                vec![rename(&from.name, &passing), rename(&passing, &to.name)]
            } else {
                vec![rename(&from.name, &to.name)]
            }
        }
        Operation::RenameColumn { table, from, to } => {
            vec![format!("ALTER TABLE {} RENAME COLUMN {} TO {}", quoted(&table.name), quoted(from), quoted(to))]
        }
        _ => Vec::new(),
    }
}
