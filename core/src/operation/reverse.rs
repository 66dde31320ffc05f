//! How operations are taken back.

use crate::{ApplyError, ColumnChange, Operation, Schema, Table, TableName};

impl Operation {
    /// The operations that take this one back, given the schema that it meets; none for what works on rows only.
    ///
    /// Dropped rows and values do not come back.
    pub fn reverse(&self, before: &Schema) -> Vec<Operation> {
        let table_before = |name: &TableName| before.tables.get(name);
        let one = |operation: Option<Operation>| operation.into_iter().collect();
        match self {
            Operation::CreateTable(table) => vec![Operation::DropTable { table: table.name.clone() }],
            Operation::DropTable { table } => one(table_before(table).cloned().map(Operation::CreateTable)),
            Operation::RenameTable { from, to } => {
                vec![Operation::RenameTable { from: to.clone(), to: from.clone() }]
            }
            Operation::AddColumn { table, column } => {
                vec![Operation::DropColumn { table: table.clone(), column: column.name.clone() }]
            }
            Operation::DropColumn { table, column } => one(before
                .column(table, column)
                .map(|column| Operation::AddColumn { table: table.clone(), column: column.clone() })),
            Operation::RenameColumn { table, from, to } => {
                vec![Operation::RenameColumn { table: table.clone(), from: to.clone(), to: from.clone() }]
            }
            Operation::RenameIndex { table, from, to } => {
                vec![Operation::RenameIndex { table: table.clone(), from: to.clone(), to: from.clone() }]
            }
            Operation::RenameConstraint { table, from, to } => {
                vec![Operation::RenameConstraint { table: table.clone(), from: to.clone(), to: from.clone() }]
            }
            Operation::AlterColumn { table, column, change } => one(before.column(table, column).map(|old| {
                let mut new = old.clone();
                change.apply(&mut new);
                Operation::AlterColumn {
                    table: table.clone(),
                    column: column.clone(),
                    change: ColumnChange::between(&new, old),
                }
            })),
            Operation::CreateIndex { table, index } => {
                vec![Operation::DropIndex { table: table.clone(), name: index.name.clone() }]
            }
            Operation::DropIndex { table, name } => one(table_before(table).and_then(|found| {
                let index = found.indexes.iter().find(|it| it.name == *name)?.clone();
                Some(Operation::CreateIndex { table: table.clone(), index })
            })),
            Operation::CreateUnique { table, unique } => {
                vec![Operation::DropUnique { table: table.clone(), name: unique.name.clone() }]
            }
            Operation::DropUnique { table, name } => one(table_before(table).and_then(|found| {
                let unique = found.uniques.iter().find(|it| it.name == *name)?.clone();
                Some(Operation::CreateUnique { table: table.clone(), unique })
            })),
            Operation::CreateCheck { table, check } => {
                vec![Operation::DropCheck { table: table.clone(), name: check.name.clone() }]
            }
            Operation::DropCheck { table, name } => one(table_before(table).and_then(|found| {
                let check = found.checks.iter().find(|it| it.name == *name)?.clone();
                Some(Operation::CreateCheck { table: table.clone(), check })
            })),
            Operation::CreateForeignKey { table, foreign_key } => {
                vec![Operation::DropForeignKey { table: table.clone(), name: foreign_key.name.clone() }]
            }
            Operation::DropForeignKey { table, name } => one(table_before(table).and_then(|found| {
                let foreign_key = found.foreign_keys.iter().find(|it| it.name == *name)?.clone();
                Some(Operation::CreateForeignKey { table: table.clone(), foreign_key })
            })),
            Operation::CreatePrimaryKey { table, primary_key } => {
                vec![Operation::DropPrimaryKey { table: table.clone(), name: primary_key.name.clone() }]
            }
            Operation::DropPrimaryKey { table, .. } => one(table_before(table).and_then(|found| {
                let primary_key = found.primary_key.clone()?;
                Some(Operation::CreatePrimaryKey { table: table.clone(), primary_key })
            })),
            Operation::CreateEnum(enumeration) => vec![Operation::DropEnum { name: enumeration.name.clone() }],
            Operation::DropEnum { name } => one(before.enums.get(name).cloned().map(Operation::CreateEnum)),
            Operation::AddEnumValue { name, value, .. } => {
                vec![Operation::DropEnumValue { name: name.clone(), value: value.clone() }]
            }
            Operation::RenameEnumValue { name, from, to } => {
                vec![Operation::RenameEnumValue { name: name.clone(), from: to.clone(), to: from.clone() }]
            }
            Operation::DropEnumValue { name, value } => one(before.enums.get(name).and_then(|found| {
                let at = found.values.iter().position(|it| it == value)?;
                let before = found.values.get(at + 1).cloned();
                Some(Operation::AddEnumValue { name: name.clone(), value: value.clone(), before })
            })),
            Operation::SetTableComment { table, .. } => one(table_before(table)
                .map(|found| Operation::SetTableComment { table: table.clone(), comment: found.comment.clone() })),
            Operation::SetTableOption { table, option, .. } => one(table_before(table).map(|found| {
                let value = match option.as_str() {
                    Table::COLUMN_ORDER => Some(found.column_order()),
                    option => found.native.get(option).map(str::to_owned),
                };
                Operation::SetTableOption { table: table.clone(), option: option.clone(), value }
            })),
            Operation::Execute { effect, .. } => reverse_all(effect, before).unwrap_or_default(),
            Operation::BulkInsert { .. }
            | Operation::Backfill { .. }
            | Operation::Run { .. }
            | Operation::MapRows { .. }
            | Operation::Convert(_)
            | Operation::ConvertLast(_)
            | Operation::Irreversible { .. } => Vec::new(),
        }
    }
}

/// The operations that take back all of these, last first.
///
/// # Errors
/// If one of them does not fit the schema that it meets.
pub fn reverse_all(operations: &[Operation], before: &Schema) -> Result<Vec<Operation>, ApplyError> {
    let mut schema = before.clone();
    let mut reversed = Vec::new();
    for operation in operations {
        reversed.push(operation.reverse(&schema));
        operation.apply(&mut schema)?;
    }
    Ok(reversed.into_iter().rev().flatten().collect())
}
