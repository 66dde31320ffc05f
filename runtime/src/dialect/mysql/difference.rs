//! The script for the `mariadb` client that turns one database into another.

use migratable_core::{ColumnChange, Operation, Schema, TableName};

use super::ddl::table_name;
use super::flavour::{Flavour, Surroundings};
use super::{dependents, plan, session, statements};
use crate::dialect::Work;
use crate::inspect::{Inspected, Losses};
use crate::plan::{Mode, Refusal};
use crate::script::terminated;
use crate::settings::Settings;

/// Writes the script. It is planned as a way back is: rows stay, and what they need is filled with neutral values.
pub(super) fn script(
    before: &Inspected,
    _: &Inspected,
    operations: &[Operation],
    losses: Losses,
    settings: &Settings,
) -> Result<String, Refusal> {
    let mut schema = before.schema.clone();
    let planned = with_renames_in_case(&before.schema, operations);
    let surroundings = surroundings(before);
    let pieces = dependents::refuse(before, &planned)
        .and_then(|()| dependents::refuse_named_or_unseen(before, &planned))
        .and_then(|()| plan::plan(&planned, &mut schema, Mode::Difference(losses), &surroundings))
        .map_err(|refusal| Refusal {
            operation: operations.iter().position(|it| Some(it) == planned.get(refusal.operation)).unwrap_or_default(),
            ..refusal
        })?;
    let looks = pieces.pieces.iter().any(|piece| matches!(piece.work, Work::Verify(_)));
    let mut lines: Vec<String> = session::set_script(settings);
    lines.extend(looks.then(|| session::GUARD.to_owned()));
    for sql in pieces.pieces.iter().flat_map(|it| statements(&it.work)) {
        let updates = |table: &&TableName| sql.starts_with(&format!("UPDATE {} ", table_name(table)));
        let noticed = surroundings.noticed.iter().find(updates);
        lines.extend(noticed.map(|table| format!("-- The triggers of {table} for updates run at this.")));
        lines.push(terminated(&sql));
    }
    lines.extend(looks.then(|| session::DROP_GUARD.to_owned()));
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// What stands beside the tables: triggers for updates are to notice nothing of what fills columns.
fn surroundings(before: &Inspected) -> Surroundings {
    let triggers = before.not_managed.iter().filter(|it| {
        it.kind == "trigger" && before.definitions.get(&it.to_string()).is_some_and(|event| event == "UPDATE")
    });
    let noticed = triggers.filter_map(|it| it.table.clone()).collect();
    Surroundings { noticed, ..Surroundings::none(Flavour::of(before)) }
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

#[cfg(test)]
mod tests {
    use migratable_core::diff::{Answers, diff};
    use migratable_core::{Column, ColumnType, Index, IndexPart, Native, Sql, Table};

    use super::*;
    use crate::dialect::mysql::flavour;

    /// A table with an index over an expression, which MariaDB has not, and with a place in a reference system.
    fn wanted(version: &str) -> Inspected {
        let mut table = Table::new("t");
        let mut place =
            Column::new("place", ColumnType::Native(Sql::each([(migratable_core::Dialect::Mysql, "point")])));
        place.native.set("srid", Some("4326"));
        table.columns = vec![Column::new("id", ColumnType::Integer), place];
        let expression = Sql::each([(migratable_core::Dialect::Mysql, "abs(`id`)")]);
        let mut native = Native::default();
        native.set("ignored", Some("yes"));
        table.indexes = vec![Index {
            name: "ix".to_owned(),
            parts: vec![IndexPart::expression(expression)],
            unique: false,
            predicate: None,
            method: None,
            include: Vec::new(),
            native,
        }];
        let mut found = read(version);
        found.schema.tables.insert(table.name.clone(), table);
        found
    }

    fn read(version: &str) -> Inspected {
        let mut found = Inspected::default();
        found.native.set(flavour::VERSION, Some(version).filter(|it| !it.is_empty()));
        found
    }

    #[test]
    fn a_script_is_written_for_the_server_that_was_read() {
        let plan = |version: &str| {
            let (before, after) = (read(version), wanted(version));
            let operations = diff(&before.schema, &after.schema, &Answers::default()).unwrap().upgrade;
            script(&before, &after, &operations, Losses::Refused, &Settings::USUAL)
        };
        let script = plan("8.0.36").ok().unwrap();
        for part in ["((abs(`id`))) INVISIBLE", "`place` point NOT NULL /*!80003 SRID 4326 */"] {
            assert!(script.contains(part), "{part}: {script}");
        }
        for version in ["10.11.6-MariaDB", ""] {
            let message = plan(version).err().unwrap().message;
            assert!(message.contains("MariaDB has no index over an expression"), "{message}");
        }
    }
}
