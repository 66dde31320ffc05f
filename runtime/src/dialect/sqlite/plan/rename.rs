//! Renames: done in the database at once, with the names that the tool made following.

use std::collections::BTreeMap;

use migratable_core::{Column, ColumnType, Naming, Operation, Table, TableName};

use super::super::ddl::{create_index, quoted};
use super::{Planned, Planner};

impl Planner<'_> {
    pub(super) fn rename_table(&mut self, operation: &Operation, from: &TableName, to: &TableName) -> Planned {
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        if to.schema.is_some() {
            return Err(format!("SQLite has no schemas: `{from}` cannot become `{to}` there"));
        }
        for pending in &mut self.pending {
            pending.follow_table(from, to);
        }
        let created = self.waiting(to).is_some_and(|at| self.pending[at].before.is_none());
        if !created {
            let mut name = from.name.clone();
            if name.eq_ignore_ascii_case(&to.name) {
                // For SQLite the name is taken, by the table itself.
                let between = format!("migratable_new_{name}");
                self.statement(format!("ALTER TABLE {} RENAME TO {}", quoted(&name), quoted(&between)));
                name = between;
            }
            self.statement(format!("ALTER TABLE {} RENAME TO {}", quoted(&name), quoted(&to.name)));
        }
        self.follow_names(&before, Some((from, to)))
    }

    pub(super) fn rename_column(&mut self, operation: &Operation, table: &TableName, from: &str, to: &str) -> Planned {
        if let Some(at) = self.waiting(table)
            && self.pending[at].would_clash(from, to)
        {
            self.flush_one(at)?;
        }
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        let in_database = match self.waiting(table) {
            Some(at) => self.pending[at].follow_column(from, to),
            None => true,
        };
        if in_database {
            let (table, from, to) = (quoted(&table.name), quoted(from), quoted(to));
            self.statement(format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"));
        }
        self.follow_names(&before, None)
    }

    pub(super) fn rename_index(&mut self, operation: &Operation) -> Planned {
        let before = self.schema.tables.clone();
        self.apply(operation)?;
        self.follow_names(&before, None)
    }

    /// Lets the names that the tool made follow a rename: those inside of a table by making it anew, those of indexes
    /// at once.
    fn follow_names(
        &mut self,
        before: &BTreeMap<TableName, Table>,
        moved: Option<(&TableName, &TableName)>,
    ) -> Planned {
        let tables: Vec<Table> = self.schema.tables.values().cloned().collect();
        for after in tables {
            let old_name = moved.filter(|(_, to)| **to == after.name).map_or(&after.name, |(from, _)| from);
            let Some(old) = before.get(old_name).filter(|old| **old != after) else { continue };
            if inner_names(old) != inner_names(&after) {
                let own = old.indexes.iter().map(|index| index.name.clone());
                self.gather(&after).own_indexes.extend(own);
            }
            if self.waiting(&after.name).is_some() {
                continue;
            }
            for (old, new) in old.indexes.iter().zip(&after.indexes).filter(|(old, new)| old.name != new.name) {
                self.statement(format!("DROP INDEX {}", quoted(&old.name)));
                self.statement(create_index(&after.name.name, new)?);
            }
        }
        Ok(())
    }
}

/// The names that stand in CREATE TABLE.
fn inner_names(table: &Table) -> Vec<String> {
    let is_enum = |column: &&Column| matches!(column.column_type, ColumnType::Enum(_));
    let enums = table.columns.iter().filter(is_enum).map(|column| Naming::enum_check(&table.name, &column.name));
    table.constraint_names().map(str::to_owned).chain(enums).collect()
}
