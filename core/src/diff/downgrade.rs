//! The way back of a plan, with values for what cannot come back.

use std::collections::BTreeMap;

use super::casts::can_become;
use super::columns::is_null;
use super::enums::{replace, set_aside};
use super::widening::holds_every_value_in;
use super::{Answers, DiffError, Loss, neutral};
use crate::operation::reverse_all;
use crate::{Column, ColumnChange, Operation, Schema, Table, TableName};

/// The operations that take back an upgrade, and what they do not bring back.
pub(super) fn plan(
    before: &Schema,
    upgrade: &[Operation],
    answers: &Answers,
) -> Result<(Vec<Operation>, Vec<Loss>), DiffError> {
    let impossible = |error: crate::ApplyError| DiffError::Impossible(error.to_string());
    let reversed = without_detours(reverse_all(upgrade, before).map_err(impossible)?);
    let mut current = before.clone();
    for operation in upgrade {
        operation.apply(&mut current).map_err(impossible)?;
    }
    let mut renamed = before.clone();
    let is_rename = |it: &Operation| matches!(it, Operation::RenameTable { .. } | Operation::RenameColumn { .. });
    let renames = upgrade.iter().rposition(is_rename).map_or(0, |last| last + 1);
    for operation in &upgrade[..renames] {
        operation.apply(&mut renamed).map_err(impossible)?;
    }
    let set_aside = set_aside(upgrade);
    let mut back =
        Back { current, before, upgrade, renamed, answers, set_aside, operations: Vec::new(), losses: Vec::new() };
    for operation in reversed {
        back.take(operation).map_err(impossible)?;
    }
    Ok((back.operations, back.losses))
}

/// Leaves out changes to columns and indexes that are dropped further on, with their column or table.
fn without_detours(operations: Vec<Operation>) -> Vec<Operation> {
    let dropped = |at: usize| match &operations[at] {
        Operation::AlterColumn { table, column, .. } => operations[at + 1..]
            .iter()
            .any(|it| matches!(it, Operation::DropColumn { table: of, column: name } if of == table && name == column)),
        Operation::DropIndex { table, .. } => {
            operations[at + 1..].iter().any(|it| matches!(it, Operation::DropTable { table: of } if of == table))
        }
        _ => false,
    };
    let kept: Vec<bool> = (0..operations.len()).map(|at| !dropped(at)).collect();
    operations.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(operation, _)| operation).collect()
}

struct Back<'a> {
    current: Schema,
    before: &'a Schema,
    /// What is taken back.
    upgrade: &'a [Operation],
    /// The schema before under the names that it has until the way back undoes the renames, which it does last.
    renamed: Schema,
    answers: &'a Answers,
    /// The passing names of the values that only moved, under which their rows go on.
    set_aside: BTreeMap<(String, String), String>,
    operations: Vec<Operation>,
    losses: Vec<Loss>,
}

type Applied = Result<(), crate::ApplyError>;

impl Back<'_> {
    fn push(&mut self, operation: Operation) -> Applied {
        operation.apply(&mut self.current)?;
        self.operations.push(operation);
        Ok(())
    }

    fn lose(&mut self, note: String) {
        self.losses.push(Loss { at: self.operations.len(), note });
    }

    fn take(&mut self, operation: Operation) -> Applied {
        match operation {
            Operation::CreateTable(table) => {
                self.lose(format!("The rows of {} do not come back.", table.name));
                self.push(Operation::CreateTable(table))
            }
            Operation::AddColumn { table, column } => self.add_column(table, column),
            Operation::AlterColumn { table, column, change } => self.alter_column(table, column, change),
            Operation::AddEnumValue { name, value, before } => {
                self.note_replaced(&name, &value);
                self.push(Operation::AddEnumValue { name, value, before })
            }
            Operation::DropEnumValue { name, value } => self.drop_value(name, value),
            other => self.push(other),
        }
    }

    fn add_column(&mut self, table: TableName, column: Column) -> Applied {
        let name = column.name.clone();
        let fill = self.answers.fill_of(&self.answers.name_after(&table), &name);
        if column.generated.is_some() || column.identity.is_some() {
            return self.push(Operation::AddColumn { table, column });
        }
        if fill.is_none() && column.fills_itself() {
            let value = if column.default.is_some() { "its default" } else { "NULL" };
            self.lose(format!("The values of {table}.{name} do not come back: every row gets {value}."));
            return self.push(Operation::AddColumn { table, column });
        }
        let value = match fill {
            Some(fill) => fill,
            None => {
                let value = self.neutral(&table, &column);
                let gets = match &value {
                    crate::Sql::Portable(text) => text.as_str(),
                    crate::Sql::Each(_) => "a neutral one",
                };
                self.lose(format!("The values of {table}.{name} do not come back: every row gets {gets}."));
                value
            }
        };
        let empty = Column { nullable: true, default: None, ..column.clone() };
        let change = ColumnChange::between(&empty, &column);
        self.push(Operation::AddColumn { table: table.clone(), column: empty })?;
        self.push(Operation::Backfill { table: table.clone(), column: name.clone(), value, predicate: None })?;
        if change.is_empty() {
            return Ok(());
        }
        self.push(Operation::AlterColumn { table, column: name, change })
    }

    /// SQL for the value that a column gets when its own does not come back.
    fn neutral(&self, table: &TableName, column: &Column) -> crate::Sql {
        self.neutral_of(table, column, false)
    }

    /// The same, in a conversion without a look at other tables, which no database takes there.
    fn neutral_of(&self, table: &TableName, column: &Column, in_conversion: bool) -> crate::Sql {
        let has_column = |it: &&Table| it.find(&column.name).is_some();
        let found = self.renamed.tables.get(table).filter(has_column);
        let found = found.or_else(|| self.before.tables.get(table)).or_else(|| self.current.tables.get(table));
        let mut found = found.cloned().unwrap_or_else(|| Table::new(table.clone()));
        if in_conversion {
            found.foreign_keys.clear();
        }
        neutral::value(&self.current, &found, column)
    }

    fn alter_column(&mut self, table: TableName, column: String, mut change: ColumnChange) -> Applied {
        let there = self.current.column(&table, &column).cloned();
        let Some(there) = there else { return self.push(Operation::AlterColumn { table, column, change }) };
        let mut wanted = there.clone();
        change.apply(&mut wanted);
        let tightened = there.nullable && !wanted.nullable && wanted.generated.is_none();
        if there.generated.is_some() && wanted.generated.is_none() {
            self.lose(format!("The values that {table}.{column} had before it was computed do not come back."));
        }
        // A column that is computed takes no values: it becomes a plain one before it is filled or converted.
        let plain = change.generated.is_some() && wanted.generated.is_none();
        if plain && (tightened || change.column_type.is_some()) {
            change.generated = None;
            let plain = ColumnChange { generated: Some(None), ..ColumnChange::default() };
            self.push(Operation::AlterColumn { table: table.clone(), column: column.clone(), change: plain })?;
            return self.alter_column(table, column, change);
        }
        // What stands in for NULL is a value of the type that the column comes to have.
        if tightened && change.column_type.is_some() {
            self.alter_column(table.clone(), column.clone(), ColumnChange { nullable: None, ..change })?;
            let required = ColumnChange { nullable: Some(false), ..ColumnChange::default() };
            return self.alter_column(table, column, required);
        }
        self.note_changed(&table, &there, &wanted);
        if tightened {
            let value = self.neutral(&table, &wanted);
            self.lose(format!("{table}.{column} refuses NULL again: the rows that hold NULL get another value."));
            let predicate = Some(is_null(&column));
            self.push(Operation::Backfill { table: table.clone(), column: column.clone(), value, predicate })?;
        }
        let holds = || {
            let (to, from) = ((&wanted.column_type, self.before), (&there.column_type, &self.current));
            holds_every_value_in(to, from)
        };
        let made_up = change.column_type.is_some() && change.using.is_none() && wanted.generated.is_none();
        if made_up && !can_become(&there.column_type, &wanted.column_type) {
            change.using = Some(self.neutral_of(&table, &wanted, true));
            self.lose(format!(
                "No {} says what {table}.{column} was as {}: every row gets a neutral one.",
                there.column_type, wanted.column_type
            ));
        } else if change.column_type.is_some() && !holds() {
            self.lose(format!(
                "{} does not hold every value of {}: what does not fit stops the downgrade.",
                wanted.column_type, there.column_type
            ));
        }
        self.push(Operation::AlterColumn { table, column, change })
    }

    /// Says which values of a column, that stays, the upgrade has put others in the place of.
    fn note_changed(&mut self, table: &TableName, there: &Column, wanted: &Column) {
        let name = format!("{table}.{}", there.name);
        if there.generated.is_some() {
            return;
        }
        if !there.nullable && wanted.nullable {
            self.lose(format!("The NULLs of {name} that were filled do not come back."));
        }
        let (from, to) = (&wanted.column_type, &there.column_type);
        let has_said_how = |it: &Operation| {
            matches!(it, Operation::AlterColumn { table: of, column, change }
                if of == table && *column == there.name && change.using.is_some())
        };
        let converted = self.upgrade.iter().any(has_said_how);
        if from != to && (converted || !holds_every_value_in((to, &self.current), (from, self.before))) {
            self.lose(format!("The values of {name} that were changed to become {to} do not come back."));
        }
    }

    /// Says which rows had a value that was dropped, and were given another.
    fn note_replaced(&mut self, name: &str, value: &str) {
        let is_passing = self.set_aside.iter().any(|((of, _), passing)| of == name && passing == value);
        let was_there = |(table, column): &(&TableName, &Column)| {
            self.renamed.column(table, &column.name).is_some_and(|it| it.column_type == column.column_type)
        };
        let users: Vec<String> = self
            .current
            .users_of(name)
            .filter(was_there)
            .map(|(table, column)| format!("{table}.{}", column.name))
            .collect();
        if !is_passing && !users.is_empty() {
            let users = users.join(" and ");
            self.lose(format!("The rows of {users} that had the value {value} do not come back to it."));
        }
    }

    fn drop_value(&mut self, name: String, value: String) -> Applied {
        let values = self.current.enums.get(&name).map(|it| it.values.clone()).unwrap_or_default();
        let users: Vec<(TableName, Column)> =
            self.current.users_of(&name).map(|(table, column)| (table.clone(), column.clone())).collect();
        let moved = self.set_aside.get(&(name.clone(), value.clone())).cloned();
        let is_new = moved.is_none();
        // The values that only pass are no place for rows to stay.
        let passes = |it: &String| self.set_aside.iter().any(|((of, _), passing)| *of == name && passing == it);
        let first = values.iter().find(|it| **it != value && !passes(it)).cloned();
        if let Some(instead) = moved.or(first) {
            for (table, column) in users {
                if is_new {
                    self.lose(format!(
                        "{value} is no value of {name} before this revision: the rows of {table}.{} that have it get \
                         {instead}.",
                        column.name
                    ));
                }
                self.push(replace(table, &column, &value, &instead))?;
            }
        }
        self.push(Operation::DropEnumValue { name, value })
    }
}
