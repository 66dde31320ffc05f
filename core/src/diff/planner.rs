//! The phases of a plan, in the order in which they run on every dialect.

use std::collections::BTreeSet;

use super::renames::{free, in_order};
use super::{Answers, DiffError, Hole, Plan, constraints, downgrade, enums};
use crate::canonical::exact_text;
use crate::{ForeignKey, Operation, Schema, Table, TableName};

/// A plan in the making: what has been planned, and the schema that it has led to.
pub(super) struct Planner<'a> {
    pub(super) current: Schema,
    pub(super) after: &'a Schema,
    pub(super) answers: &'a Answers,
    pub(super) operations: Vec<Operation>,
    pub(super) holes: Vec<Hole>,
    /// The answers that were of use.
    pub(super) used_fills: BTreeSet<(TableName, String)>,
}

impl Planner<'_> {
    /// Plans an operation and makes its change in the working copy.
    pub(super) fn push(&mut self, operation: Operation) -> Result<(), DiffError> {
        operation.apply(&mut self.current).map_err(|error| {
            DiffError::Impossible(format!(
                "cannot plan to {operation}: {error}; change the models in two smaller steps"
            ))
        })?;
        self.operations.push(operation);
        Ok(())
    }

    /// A step that only a person can write.
    pub(super) fn hole(&mut self, hole: Hole) -> Result<(), DiffError> {
        if self.after.is_database {
            return Ok(());
        }
        let step = free(hole.step, |name| self.holes.iter().any(|other| other.step == name));
        self.holes.push(Hole { step: step.clone(), ..hole });
        self.push(Operation::Run { step })
    }

    /// The columns that need values, as the end of a sentence about one that does not.
    fn needs(&self) -> String {
        let answered = self.used_fills.iter().cloned();
        let open = self.holes.iter().map(|hole| (hole.table.clone(), hole.column.clone()));
        let needing: BTreeSet<String> =
            answered.chain(open).map(|(table, column)| format!("{table}.{column}")).collect();
        match needing.is_empty() {
            true => String::new(),
            false => format!(". Values are needed by {}", needing.into_iter().collect::<Vec<_>>().join(", ")),
        }
    }

    /// The names of the tables that stand in the working copy and in the schema that is wanted.
    pub(super) fn common(&self) -> Vec<TableName> {
        self.current.tables.keys().filter(|name| self.after.tables.contains_key(*name)).cloned().collect()
    }
}

pub(super) fn plan(before: &Schema, after: &Schema, answers: &Answers) -> Result<Plan, DiffError> {
    let mut planner = Planner {
        current: before.clone(),
        after,
        answers,
        operations: Vec::new(),
        holes: Vec::new(),
        used_fills: BTreeSet::new(),
    };
    planner.drop_what_makes_room()?;
    planner.rename()?;
    constraints::rename(&mut planner)?;
    enums::rename_values(&mut planner)?;
    constraints::drop(&mut planner)?;
    enums::create_and_extend(&mut planner)?;
    planner.create_tables()?;
    planner.add_columns()?;
    planner.fill_columns()?;
    enums::empty_removed_values(&mut planner)?;
    planner.add_numbered_columns()?;
    planner.alter_columns()?;
    planner.drop_columns(before)?;
    planner.drop_tables()?;
    enums::drop_values_and_enums(&mut planner)?;
    constraints::create(&mut planner)?;
    planner.comment_tables()?;
    planner.set_table_options()?;
    let differs = |name: &&TableName| {
        let (found, wanted) = (planner.current.tables.get(*name), after.tables.get(*name));
        found != wanted && found.map(exact_text) != wanted.map(exact_text)
    };
    let names: BTreeSet<&TableName> = planner.current.tables.keys().chain(after.tables.keys()).collect();
    if let Some(table) = names.iter().find(|name| differs(name)) {
        let message = format!("no order of operations was found that changes `{table}` as the models say");
        return Err(DiffError::Impossible(message));
    }
    let values = |schema: &Schema| -> Vec<(String, Vec<String>)> {
        schema.enums.iter().map(|(name, it)| (name.clone(), it.values.clone())).collect()
    };
    let (found, wanted) = (values(&planner.current), values(after));
    if let Some((name, _)) =
        found.iter().find(|it| !wanted.contains(it)).or(wanted.iter().find(|it| !found.contains(it)))
    {
        let message = format!("no order of operations was found that changes the enum `{name}` as the models say");
        return Err(DiffError::Impossible(message));
    }
    let unused: Vec<String> = answers
        .fills
        .keys()
        .filter(|key| !planner.used_fills.contains(*key) && !is_fill_of_drop(before, after, answers, key))
        .map(|(table, column)| {
            format!(
                "`--default {table}.{column}=…`: nothing in this change needs values for that column; leave it out{}",
                planner.needs()
            )
        })
        .collect();
    if !unused.is_empty() {
        return Err(DiffError::Answers(unused));
    }
    let (upgrade, holes) = (planner.operations, planner.holes);
    if after.is_database {
        return Ok(Plan { upgrade, ..Plan::default() });
    }
    let (downgrade, losses) = downgrade::plan(before, &upgrade, answers)?;
    Ok(Plan { upgrade, downgrade, holes, losses })
}

/// Whether an answer gives a dropped column its values on the way back.
fn is_fill_of_drop(before: &Schema, after: &Schema, answers: &Answers, key: &(TableName, String)) -> bool {
    let (table, column) = key;
    before.column(&answers.name_before(table), column).is_some()
        && (after.column(table, column).is_none() || answers.is_dropped(table, column))
}

impl Planner<'_> {
    /// Drops what is dropped although its name goes on: renamed to, or made anew.
    fn drop_what_makes_room(&mut self) -> Result<(), DiffError> {
        let names: Vec<TableName> = self.current.tables.keys().cloned().collect();
        for name in names {
            let target = self.answers.table_renames.iter().any(|(_, to)| *to == name);
            let moves = self.answers.table_renames.iter().any(|(from, _)| *from == name);
            if !moves && (target || (self.answers.is_table_dropped(&name) && self.after.tables.contains_key(&name))) {
                constraints::drop_references_to(self, &name)?;
                self.push(Operation::DropTable { table: name })?;
                continue;
            }
            let after = self.answers.name_after(&name);
            let Some(table) = self.current.tables.get(&name) else { continue };
            let renames = || self.answers.column_renames.iter().filter(|it| it.table == after);
            let room: Vec<String> = table
                .columns
                .iter()
                .map(|it| it.name.clone())
                .filter(|column| !renames().any(|it| it.from == *column))
                .filter(|column| {
                    renames().any(|it| it.to == *column)
                        || (self.answers.is_dropped(&after, column) && self.after.column(&after, column).is_some())
                })
                .collect();
            for column in room {
                constraints::drop_dependants(self, &name, &column)?;
                self.push(Operation::DropColumn { table: name.clone(), column })?;
            }
        }
        Ok(())
    }

    fn rename(&mut self) -> Result<(), DiffError> {
        let passing = |table: &TableName| {
            let named = |name: &str| TableName { name: name.to_owned(), ..table.clone() };
            let taken = |name: &TableName| [&self.current, self.after].iter().any(|it| it.tables.contains_key(name));
            named(&free(format!("{}_renamed", table.name), |name| taken(&named(name))))
        };
        for (from, to) in in_order(&self.answers.table_renames, passing) {
            self.push(Operation::RenameTable { from, to })?;
        }
        for table in self.common() {
            let renames: Vec<(String, String)> = self
                .answers
                .column_renames
                .iter()
                .filter(|it| it.table == table)
                .map(|it| (it.from.clone(), it.to.clone()))
                .collect();
            let passing = |column: &String| {
                let taken = |name: &str| [&self.current, self.after].iter().any(|it| it.column(&table, name).is_some());
                free(format!("{column}_renamed"), taken)
            };
            for (from, to) in in_order(&renames, passing) {
                self.push(Operation::RenameColumn { table: table.clone(), from, to })?;
            }
        }
        Ok(())
    }

    /// Makes the new tables, each behind those that it refers to; a reference in a circle waits for the end.
    fn create_tables(&mut self) -> Result<(), DiffError> {
        let mut open: Vec<&Table> =
            self.after.tables.values().filter(|table| !self.current.tables.contains_key(&table.name)).collect();
        while !open.is_empty() {
            let waits = |table: &Table, key: &ForeignKey| {
                key.table != table.name && open.iter().any(|other| other.name == key.table)
            };
            let free = open.iter().position(|table| !table.foreign_keys.iter().any(|key| waits(table, key)));
            let mut table = open[free.unwrap_or(0)].clone();
            // In a database a key may refer to what is not there, or is not unique; it need not wait.
            let ready = |key: &ForeignKey| {
                let is_there = can_refer(&self.current, key) && self.have_their_types(key);
                key.table == table.name || is_there || !can_refer(self.after, key)
            };
            let kept: Vec<ForeignKey> = table.foreign_keys.iter().filter(|key| ready(key)).cloned().collect();
            table.foreign_keys = kept;
            open.remove(free.unwrap_or(0));
            self.push(Operation::CreateTable(table))?;
        }
        Ok(())
    }

    /// Whether the columns that a key refers to have the types already that they are to have.
    fn have_their_types(&self, key: &ForeignKey) -> bool {
        key.references.iter().all(|name| {
            let of = |schema: &Schema| {
                let column = schema.column(&key.table, name)?;
                Some((column.column_type.clone(), column.collation.clone(), column.native.clone()))
            };
            of(&self.current) == of(self.after)
        })
    }

    fn drop_columns(&mut self, before: &Schema) -> Result<(), DiffError> {
        for table in self.common() {
            let gone: Vec<String> = self.current.tables[&table]
                .columns
                .iter()
                .filter(|column| self.after.column(&table, &column.name).is_none())
                .map(|column| column.name.clone())
                .collect();
            // A generated column goes before the columns that it is computed from.
            let (computed, plain): (Vec<String>, Vec<String>) = gone.into_iter().partition(|column| {
                self.current.column(&table, column).is_some_and(|column| column.generated.is_some())
            });
            // What refers to another of them goes before it, and so comes back behind it.
            let before = before.tables.get(&self.answers.name_before(&table));
            let (referring, others): (Vec<String>, Vec<String>) = plain.iter().cloned().partition(|column| {
                before.is_some_and(|it| {
                    let own_key = it.primary_key.as_ref().map_or(&[][..], |key| &key.columns);
                    // One that names no columns refers to the primary key.
                    let refers_to = |key: &ForeignKey, name: &String| match key.references.is_empty() {
                        true => own_key.contains(name),
                        false => key.references.contains(name),
                    };
                    let own =
                        it.foreign_keys.iter().filter(|key| key.table == it.name && key.columns == [column.as_str()]);
                    own.into_iter().any(|key| plain.iter().any(|name| refers_to(key, name)))
                })
            });
            for column in computed.into_iter().chain(referring).chain(others) {
                self.push(Operation::DropColumn { table: table.clone(), column })?;
            }
        }
        Ok(())
    }

    /// Drops the tables that go, each before those that it refers to.
    fn drop_tables(&mut self) -> Result<(), DiffError> {
        loop {
            let gone: Vec<TableName> =
                self.current.tables.keys().filter(|name| !self.after.tables.contains_key(*name)).cloned().collect();
            let free = |name: &&TableName| !self.current.references_to(name).any(|(from, _)| from != *name);
            let Some(first) = gone.first() else { return Ok(()) };
            match gone.iter().find(free) {
                Some(name) => self.push(Operation::DropTable { table: name.clone() })?,
                None => {
                    let first = first.clone();
                    constraints::drop_references_to(self, &first)?;
                }
            }
        }
    }

    fn set_table_options(&mut self) -> Result<(), DiffError> {
        for table in self.common() {
            let (there, wanted) = (self.current.tables[&table].native.clone(), &self.after.tables[&table].native);
            for (option, value) in there.changes(wanted) {
                let (option, value) = (option.to_owned(), value.map(str::to_owned));
                self.push(Operation::SetTableOption { table: table.clone(), option, value })?;
            }
            let (there, wanted) = (&self.current.tables[&table], &self.after.tables[&table]);
            if wanted.native.has(Table::COLUMN_ORDER) && there.column_order() != wanted.column_order() {
                let (option, value) = (Table::COLUMN_ORDER.to_owned(), Some(wanted.column_order()));
                self.push(Operation::SetTableOption { table, option, value })?;
            }
        }
        Ok(())
    }

    fn comment_tables(&mut self) -> Result<(), DiffError> {
        for table in self.common() {
            let comment = &self.after.tables[&table].comment;
            if self.current.tables[&table].comment != *comment {
                self.push(Operation::SetTableComment { table, comment: comment.clone() })?;
            }
        }
        Ok(())
    }
}

/// Whether what a foreign key refers to is there already, with the key that makes it unique.
fn can_refer(schema: &Schema, key: &ForeignKey) -> bool {
    schema.tables.get(&key.table).is_some_and(|table| table.is_unique(&key.references))
}
