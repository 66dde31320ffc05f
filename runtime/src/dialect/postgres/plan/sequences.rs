//! Sequences that go from one column to another, that nothing owned before, or that something else uses as well.

use migratable_core::{Column, ColumnChange, DefaultValue, Dialect, Operation, TableName};

use super::super::ddl::{qualified, quoted};
use super::super::numbers;
use super::super::texts::identifier;
use super::columns::alter;
use super::{Planned, Planner};
use crate::dialect::literal;

impl Planner<'_> {
    /// A new column, marked if the sequence that goes with it is there already.
    pub(super) fn with_sequence(&mut self, table: &TableName, column: &Column) -> Planned<Column> {
        let mut column = column.clone();
        self.knows_free(&column);
        let Some(own) = numbers::own_sequence(table, &column) else { return Ok(column) };
        let is_there = self.take_sequence(&own, numbers::is_identity(&column))?;
        column.native.set(numbers::IS_THERE, is_there.then_some("true"));
        Ok(column)
    }

    /// Whether the sequence that is to go with a column that changes is there already.
    pub(super) fn has_sequence(&mut self, table: &TableName, column: &str, change: &ColumnChange) -> Planned<bool> {
        let Some(old) = self.table(table)?.find(column).cloned() else { return Ok(false) };
        let mut new = old.clone();
        change.apply(&mut new);
        self.knows_free(&new);
        let (before, after) = (numbers::own_sequence(table, &old), numbers::own_sequence(table, &new));
        match after {
            Some(own) if before.as_ref() != Some(&own) => self.take_sequence(&own, numbers::is_identity(&new)),
            _ => Ok(before == after && !numbers::is_identity(&old) && !numbers::is_identity(&new)),
        }
    }

    /// Makes the sequences that the default of a column is to come from.
    pub(super) fn make_sequences(
        &mut self,
        table: &TableName,
        old: &Column,
        new: &Column,
        redefaulted: bool,
    ) -> Planned {
        self.statements(numbers::create_free_sequence(new).filter(|_| redefaulted));
        let same_options = old.native.get("own_sequence_options") == new.native.get("own_sequence_options");
        let (before, after) = (numbers::own_sequence(table, old), numbers::own_sequence(table, new));
        if new.identity.is_some() || before == after && same_options {
            return Ok(());
        }
        let mut made = new.clone();
        if let (Some(before), Some(after), true) = (before, after, is_renamed(table, old, new)) {
            let name = quoted(&after.name);
            self.statement(format!("ALTER SEQUENCE {} RENAME TO {name}", qualified(&before)));
            made.native.set(numbers::IS_THERE, Some("true"));
        }
        self.statements(numbers::create_sequence(table, &made)?);
        Ok(())
    }

    /// What is left to be done when the default of a column is what it is to be.
    pub(super) fn settle_sequences(&mut self, table: &TableName, old: &Column, new: &Column, redefaulted: bool) {
        if let Some(free) = numbers::free_sequence(new).filter(|_| redefaulted) {
            self.statements(numbers::go_on_behind(&free, table, new));
        }
        if numbers::own_sequence(table, old) == numbers::own_sequence(table, new) {
            return;
        }
        if new.identity.is_none() {
            self.statements(numbers::settle_sequence(table, new));
        }
        if old.identity.is_none() && !is_renamed(table, old, new) && !self.let_sequence_go(table, old) {
            self.statements(numbers::drop_sequence(table, old));
        }
    }

    /// What a default of a column lets the script make is there from then on.
    fn knows_free(&mut self, column: &Column) {
        let Some(free) = numbers::free_sequence(column) else { return };
        let owned = |it: &(&TableName, &Column)| numbers::own_sequence(it.0, it.1).as_ref() == Some(&free);
        let columns =
            self.schema.tables.values().flat_map(|it| it.columns.iter().map(move |column| (&it.name, column)));
        if !columns.into_iter().any(|it| owned(&it)) {
            self.free_sequences.insert(free);
        }
    }

    /// Makes a sequence ready to go with another column, or its name. Whether it is there.
    fn take_sequence(&mut self, name: &TableName, is_identity: bool) -> Planned<bool> {
        if is_identity && self.free_sequences.contains(name) {
            return Err(format!("`{name}` is a sequence that is not managed: drop or rename it by hand first"));
        }
        if self.free_sequences.remove(name) {
            return Ok(true);
        }
        let next = &self.operations[self.at + 1..];
        for table in self.schema.tables.values_mut().filter(|_| !is_identity) {
            let of = table.name.clone();
            let has = |it: &&mut Column| numbers::own_sequence(&of, it).as_ref() == Some(name);
            let Some(owner) = table.columns.iter_mut().find(has) else { continue };
            if owner.identity.is_none() {
                owner.native.set("own_sequence", None::<String>);
                return Ok(true);
            }
            let stops = |change: &ColumnChange| change.identity == Some(None);
            if numbers::is_serial(owner) && next.iter().any(|it| goes(it, &of, &owner.name, stops)) {
                owner.identity = None;
                let drop = alter(&of, &owner.name, "DROP DEFAULT");
                self.statement(drop);
                return Ok(true);
            }
        }
        self.free_sequence(name);
        Ok(false)
    }

    /// Lets the sequence of a column go that other columns take numbers from: they lose the default that they are to
    /// lose before it goes. Whether it stays, because one of them is to keep it, or another column is to own it.
    pub(super) fn let_sequence_go(&mut self, table: &TableName, column: &Column) -> bool {
        let Some(own) = numbers::own_sequence(table, column) else { return false };
        let name = own.schema.iter().chain([&own.name]).map(|it| identifier(it)).collect::<Vec<_>>().join(".");
        let called = format!("{}::regclass", literal(&name));
        let uses = |it: &Option<DefaultValue>| match it {
            Some(DefaultValue::Sql(sql)) => sql.text(Dialect::Postgres).is_some_and(|it| it.contains(&called)),
            _ => false,
        };
        let next = &self.operations[self.at + 1..];
        let (mut stays, mut statements) = (next.iter().any(|it| self.takes(it, &own)), Vec::new());
        for user in self.schema.tables.values_mut() {
            let name = user.name.clone();
            for column in user.columns.iter_mut().filter(|it| uses(&it.default)) {
                let loses = |change: &ColumnChange| change.default.as_ref().is_some_and(|it| !uses(it));
                if next.iter().any(|it| goes(it, &name, &column.name, loses)) {
                    column.default = None;
                    statements.push(alter(&name, &column.name, "DROP DEFAULT"));
                } else {
                    stays = true;
                }
            }
        }
        if stays {
            statements.push(format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(&own)));
            self.free_sequences.insert(own);
        }
        self.statements(statements);
        stays
    }

    /// Whether an operation gives a sequence to another column, with the numbers that it has come to.
    fn takes(&self, operation: &Operation, own: &TableName) -> bool {
        let gets = |table: &TableName, column: &Column| {
            !numbers::is_identity(column) && numbers::own_sequence(table, column).as_ref() == Some(own)
        };
        match operation {
            Operation::CreateTable(table) => table.columns.iter().any(|column| gets(&table.name, column)),
            Operation::AddColumn { table, column } => gets(table, column),
            Operation::AlterColumn { table, column, change } => {
                let found = self.schema.table(table).and_then(|it| it.find(column));
                found.is_some_and(|found| {
                    let mut column = found.clone();
                    change.apply(&mut column);
                    gets(table, &column)
                })
            }
            _ => false,
        }
    }
}

/// Whether the sequence that goes with a column, but does not number it, gets another name.
fn is_renamed(table: &TableName, old: &Column, new: &Column) -> bool {
    let (before, after) = (numbers::own_sequence(table, old), numbers::own_sequence(table, new));
    let is_numbered = old.identity.is_some() || new.identity.is_some();
    !is_numbered && before != after && before.is_some() && after.is_some() && !new.native.has(numbers::IS_THERE)
}

/// Whether an operation drops a column, or makes such a change of it.
fn goes(operation: &Operation, of: &TableName, name: &str, change: impl Fn(&ColumnChange) -> bool) -> bool {
    match operation {
        Operation::AlterColumn { table, column, change: made } => table == of && column == name && change(made),
        Operation::DropColumn { table, column } => table == of && column == name,
        Operation::DropTable { table } => table == of,
        _ => false,
    }
}
