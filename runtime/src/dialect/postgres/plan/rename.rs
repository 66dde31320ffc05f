//! Renames, with the names that the tool made following.

use std::collections::BTreeMap;

use migratable_core::operation::conversion;
use migratable_core::{Operation, Table, TableName};

use super::super::ddl::{block, check_name, create_schema, in_schema_of, qualified, quoted};
use super::super::numbers;
use super::{Planned, Planner};
use crate::dialect::literal;

impl Planner<'_> {
    pub(super) fn rename_table(&mut self, operation: &Operation, from: &TableName, to: &TableName) -> Planned {
        self.free_name(to);
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        check_name(&to.name)?;
        let mut name = from.clone();
        if from.schema != to.schema {
            self.statements(create_schema(to));
            self.statement(match &to.schema {
                Some(schema) => format!("ALTER TABLE {} SET SCHEMA {}", qualified(from), quoted(schema)),
                None => block(&format!(
                    "BEGIN EXECUTE format('ALTER TABLE %s SET SCHEMA %I', {}, current_schema()); END",
                    literal(&qualified(from))
                )),
            });
            name.schema.clone_from(&to.schema);
        }
        if name.name != to.name {
            self.statement(format!("ALTER TABLE {} RENAME TO {}", qualified(&name), quoted(&to.name)));
        }
        self.follow_names(&before, Some((from, to)), None)
    }

    pub(super) fn rename_column(&mut self, operation: &Operation, table: &TableName, from: &str, to: &str) -> Planned {
        let before = self.schema.tables.clone();
        if conversion::is_replaced(operation) {
            self.set_aside_dependents_of_column(table, from)?;
        }
        self.apply(operation)?;
        check_name(to)?;
        self.statement(format!("ALTER TABLE {} RENAME COLUMN {} TO {}", qualified(table), quoted(from), quoted(to)));
        self.follow_names(&before, None, Some((from, to)))
    }

    /// Renames an index or a constraint.
    pub(super) fn rename_part(&mut self, operation: &Operation) -> Planned {
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        self.follow_names(&before, None, None)
    }

    /// Lets the names that the tool made follow a rename, those of sequences as well.
    fn follow_names(
        &mut self,
        before: &BTreeMap<TableName, Table>,
        moved: Option<(&TableName, &TableName)>,
        column: Option<(&str, &str)>,
    ) -> Planned {
        let mut statements = Vec::new();
        for after in self.schema.tables.values() {
            let old_name = moved.filter(|(_, to)| **to == after.name).map_or(&after.name, |(from, _)| from);
            let Some(old) = before.get(old_name).filter(|old| *old != after) else { continue };
            for (from, to) in old.constraint_names().zip(after.constraint_names()).filter(|(from, to)| from != to) {
                let (from, to) = (quoted(from), quoted(to));
                statements.push(format!("ALTER TABLE {} RENAME CONSTRAINT {from} TO {to}", qualified(&after.name)));
            }
            for (from, to) in old.indexes.iter().zip(&after.indexes).filter(|(from, to)| from.name != to.name) {
                let from = in_schema_of(&after.name, &from.name);
                statements.push(format!("ALTER INDEX {from} RENAME TO {}", quoted(&to.name)));
            }
            for (from, to) in old.columns.iter().zip(&after.columns) {
                let is_it = old.name != after.name || column.is_some_and(|(_, name)| to.name == name);
                statements.extend(numbers::follow((&old.name, from), (&after.name, to)).filter(|_| is_it));
            }
        }
        self.statements(statements);
        Ok(())
    }
}
