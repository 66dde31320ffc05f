//! Renames as SQLite does them: references, views and triggers follow.

use diesel::sqlite::SqliteConnection;
use migratable_core::Operation;
use migratable_core::diff::{Answers, ColumnRename};

use super::dependents;
use crate::dialect::Connection;
use crate::dialect::sqlite::ddl::quoted;
use crate::dialect::sqlite::{inspect, introspect};
use crate::inspect::Inspected;

/// The statements that rename what is renamed, and the database behind them. Nothing if there are no renames, or SQLite
/// cannot do them there, because something must be dropped first. No name begins with the free prefix.
pub(super) fn apart(
    before: &Inspected,
    operations: &[Operation],
    free_prefix: &str,
) -> Option<(Vec<String>, Inspected)> {
    let last = operations.iter().rposition(is_rename)?;
    let makes_room = |it: &Operation| matches!(it, Operation::DropTable { .. } | Operation::DropColumn { .. });
    if operations[..last].iter().any(makes_room) {
        return None;
    }
    let mut database = dependents::in_memory(before)?;
    let (mut statements, again) = out_of_the_way(&mut database, before);
    statements.extend(operations.iter().flat_map(|operation| self::statements(operation, free_prefix)));
    statements.extend(again);
    statements.iter().try_for_each(|sql| database.execute(sql)).ok()?;
    Some((statements, inspect::inspect(&mut database).ok()?))
}

/// What drops the views and triggers that do not work, at which a rename would stop, and what makes them again.
fn out_of_the_way(database: &mut SqliteConnection, before: &Inspected) -> (Vec<String>, Vec<String>) {
    let broken = introspect::broken(database).unwrap_or_default();
    let is_broken = |kind: &str, name: &str| broken.contains_key(&format!("{kind} `{name}`"));
    let (mut drops, mut views, mut triggers) = (Vec::new(), Vec::new(), Vec::new());
    for it in &before.not_managed {
        let goes_with_view = it.table.as_ref().is_some_and(|table| is_broken("view", &table.name));
        let text = before.definitions.get(&it.to_string()).cloned();
        match it.kind.as_str() {
            "view" if is_broken("view", &it.name) => {
                drops.push(format!("DROP VIEW {}", quoted(&it.name)));
                views.extend(text);
            }
            "trigger" if goes_with_view => triggers.extend(text),
            "trigger" if is_broken("trigger", &it.name) => {
                drops.push(format!("DROP TRIGGER {}", quoted(&it.name)));
                triggers.extend(text);
            }
            _ => {}
        }
    }
    views.append(&mut triggers);
    (drops, views)
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

fn statements(operation: &Operation, free_prefix: &str) -> Vec<String> {
    match operation {
        Operation::RenameTable { from, to } => {
            let rename = |from: &str, to: &str| format!("ALTER TABLE {} RENAME TO {}", quoted(from), quoted(to));
            let passing = format!("{free_prefix}{}", from.name);
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
