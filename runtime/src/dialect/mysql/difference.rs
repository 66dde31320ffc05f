//! The script for the `mariadb` client that turns one database into another.

use migratable_core::{ColumnChange, Operation, Schema};

use super::OFFLINE;
use super::flavour::Flavour;
use super::plan;
use crate::dialect::Work;
use crate::inspect::Inspected;
use crate::migrator::Direction;
use crate::plan::Refusal;

/// Writes the script. It is planned as a way back is: rows stay, and what they need is filled with neutral values.
pub(super) fn script(before: &Inspected, _after: &Inspected, operations: &[Operation]) -> Result<String, Refusal> {
    let mut schema = before.schema.clone();
    let planned = with_renames_in_case(&before.schema, operations);
    let pieces =
        plan::plan(&planned, &mut schema, Direction::Downgrade, Flavour::USUAL).map_err(|refusal| Refusal {
            operation: operations.iter().position(|it| Some(it) == planned.get(refusal.operation)).unwrap_or_default(),
            ..refusal
        })?;
    let mut script = String::new();
    // All but what stops upgrades.
    for line in OFFLINE.before.iter().take_while(|line| !line.contains("migratable_guard")) {
        script.push_str(line);
        script.push('\n');
    }
    for piece in &pieces.pieces {
        if let Work::Statement(sql) = &piece.work {
            script.push_str(sql);
            script.push_str(";\n");
        }
    }
    Ok(script)
}

/// A column that goes beside one whose name differs in case only is the same column to the server: it is renamed, and
/// keeps its values.
fn with_renames_in_case(before: &Schema, operations: &[Operation]) -> Vec<Operation> {
    let goes = |table: &_, column: &str| {
        operations
            .iter()
            .any(|it| matches!(it, Operation::DropColumn { table: of, column: it } if of == table && it == column))
    };
    let (mut renames, mut others, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
    for operation in operations {
        let same = match operation {
            Operation::AddColumn { table, column } => before.table(table).and_then(|found| {
                let lower = column.name.to_lowercase();
                found.columns.iter().find(|it| it.name.to_lowercase() == lower && goes(table, &it.name))
            }),
            _ => None,
        };
        match (operation, same) {
            (Operation::AddColumn { table, column }, Some(old)) => {
                let (from, to) = (old.name.clone(), column.name.clone());
                renamed.push((table.clone(), from.clone()));
                renames.push(Operation::RenameColumn { table: table.clone(), from, to: to.clone() });
                let change = ColumnChange::between(old, column);
                others.push(Operation::AlterColumn { table: table.clone(), column: to, change });
            }
            (Operation::DropColumn { table, column }, _) if renamed.contains(&(table.clone(), column.clone())) => {}
            _ => others.push(operation.clone()),
        }
    }
    renames.extend(others);
    renames
}
