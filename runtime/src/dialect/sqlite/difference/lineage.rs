//! Which table and which columns of the old database the wanted ones go on from.

use std::collections::BTreeMap;

use migratable_core::{Operation, Table, TableName};

use crate::inspect::Inspected;

/// Where the wanted tables come from, by their names; those that are new are left out.
pub(super) struct Lineage {
    pub(super) tables: BTreeMap<TableName, Origin>,
}

/// The table that one goes on from.
pub(super) struct Origin {
    pub(super) name: TableName,
    /// Where its columns come from; a new one from nowhere.
    pub(super) columns: BTreeMap<String, Option<String>>,
}

impl Origin {
    fn of(table: &Table) -> Origin {
        let columns = table.columns.iter().map(|column| (column.name.clone(), Some(column.name.clone())));
        Origin { name: table.name.clone(), columns: columns.collect() }
    }
}

impl Lineage {
    /// What the operations make of the tables.
    pub(super) fn of(before: &Inspected, operations: &[Operation]) -> Lineage {
        let tables = before.schema.tables.values().map(|table| (table.name.clone(), Origin::of(table)));
        let mut lineage = Lineage { tables: tables.collect() };
        operations.iter().for_each(|operation| lineage.follow(operation));
        lineage
    }

    /// What they make of the tables when their renames are done already.
    pub(super) fn behind_renames(renamed: &Inspected, operations: &[Operation]) -> Lineage {
        let is_rename = |it: &&Operation| matches!(it, Operation::RenameTable { .. } | Operation::RenameColumn { .. });
        let others: Vec<Operation> = operations.iter().filter(|it| !is_rename(it)).cloned().collect();
        Lineage::of(renamed, &others)
    }

    fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::DropTable { table } => drop(self.tables.remove(table)),
            Operation::RenameTable { from, to } => {
                if let Some(origin) = self.tables.remove(from) {
                    self.tables.insert(to.clone(), origin);
                }
            }
            Operation::AddColumn { table, column } => {
                if let Some(origin) = self.tables.get_mut(table) {
                    origin.columns.insert(column.name.clone(), None);
                }
            }
            Operation::DropColumn { table, column } => {
                if let Some(origin) = self.tables.get_mut(table) {
                    origin.columns.remove(column);
                }
            }
            Operation::RenameColumn { table, from, to } => {
                if let Some(origin) = self.tables.get_mut(table)
                    && let Some(column) = origin.columns.remove(from)
                {
                    origin.columns.insert(to.clone(), column);
                }
            }
            _ => {}
        }
    }
}
