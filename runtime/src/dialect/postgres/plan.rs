//! Which statements do the operations of a revision.
//!
//! PostgreSQL changes tables in place, so that nearly every operation is a statement at once. What could not stand
//! while a column changes (checks, indexes over expressions, references, computed columns) is set aside and made again
//! behind it; the changes of an enum's values that follow one another are one new type.

mod aside;
mod columns;
mod data;
mod dependents;
pub(super) mod domains;
mod enums;
mod fill;
mod fitting;
mod names;
mod rename;
mod sequences;

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Operation, Schema, Table, TableName};

use self::aside::Aside;
use self::dependents::Dependents;
use self::enums::NewValues;
use super::ddl;
use super::types::sql_text;
use super::verify::Rows;
use crate::batches::Bar;
use crate::dialect::{Verify, Work, unmanaged};
use crate::inspect::{Domain, Need};
use crate::plan::{Mode, Pieces, Refusal};

/// What stands in a database beside what a schema says.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Whether there are views, policies, triggers, rules or functions.
    pub(super) has_dependents: bool,
    pub(super) domains: BTreeMap<String, Domain>,
    /// The sequences that go with no column.
    pub(super) free_sequences: BTreeSet<TableName>,
    /// What cannot be set aside with what it rests on.
    pub(super) held: Vec<Need>,
    /// The types whose values the server makes those of others; none where nobody knows.
    pub(super) casts: BTreeSet<(String, String)>,
}

impl Surroundings {
    /// Where nobody knows, and what is done looks for it.
    pub(super) fn unknown() -> Surroundings {
        Surroundings { has_dependents: true, ..Surroundings::default() }
    }
}

/// Plans operations on the schema that they meet, and makes their changes in it.
pub(super) fn plan(
    operations: &[Operation],
    schema: &mut Schema,
    mode: Mode,
    surroundings: &Surroundings,
) -> Result<Pieces, Refusal> {
    // Values are added to a type only where all is known that its transaction does with them.
    if mode.is_difference() && operations.iter().any(|it| matches!(it, Operation::AddEnumValue { .. })) {
        let mut after = schema.clone();
        let mut planner = planner(operations, &mut after, mode, surroundings);
        planner.adds_values = true;
        if planner.run().is_ok() && !planner.uses_added {
            let planned = planner.planned;
            *schema = after;
            return Ok(planned);
        }
    }
    let mut planner = planner(operations, schema, mode, surroundings);
    match planner.run() {
        Ok(()) => Ok(planner.planned),
        Err(message) => Err(Refusal { operation: planner.at, message }),
    }
}

fn planner<'a>(
    operations: &'a [Operation],
    schema: &'a mut Schema,
    mode: Mode,
    surroundings: &'a Surroundings,
) -> Planner<'a> {
    Planner {
        operations,
        target: fill::target(operations, schema, mode),
        schema,
        mode,
        at: 0,
        next: 0,
        aside: Vec::new(),
        new_values: None,
        renamed_enums: BTreeMap::new(),
        added: BTreeSet::new(),
        surroundings,
        free_sequences: surroundings.free_sequences.clone(),
        held: surroundings.held.clone(),
        dependents: if surroundings.has_dependents { Dependents::There } else { Dependents::None },
        keyless: BTreeSet::new(),
        indexed: BTreeSet::new(),
        planned: Pieces::default(),
        adds_values: false,
        added_values: Vec::new(),
        uses_added: false,
        bar: Bar::new(true),
    }
}

struct Planner<'a> {
    operations: &'a [Operation],
    schema: &'a mut Schema,
    /// The schema behind all operations, where rows may need values from it.
    target: Option<Schema>,
    mode: Mode,
    /// The place of the operation that is planned.
    at: usize,
    /// The place of the first operation that has done nothing yet.
    next: usize,
    /// What was dropped and is to be made again.
    aside: Vec<Aside>,
    /// An enum whose values are changing.
    new_values: Option<NewValues>,
    /// The enums whose names are taken over before they are dropped, with the names that they bear until then.
    renamed_enums: BTreeMap<String, String>,
    /// The columns that were added since the last data step.
    added: BTreeSet<(TableName, String)>,
    surroundings: &'a Surroundings,
    /// The sequences that go with no column at this step.
    free_sequences: BTreeSet<TableName>,
    /// What cannot be set aside with what it rests on, by its name at this step.
    held: Vec<Need>,
    dependents: Dependents,
    /// The tables whose primary keys were dropped, since what rests on such a key was set aside.
    keyless: BTreeSet<TableName>,
    /// The indexes that were made, those of constraints as well.
    indexed: BTreeSet<(TableName, String)>,
    planned: Pieces,
    /// Whether values may be added to a type as it is.
    adds_values: bool,
    /// The values that were added so, each behind its type.
    added_values: Vec<(String, String)>,
    /// Whether a statement may use one of them, which PostgreSQL refuses.
    uses_added: bool,
    /// Who is kept from writing to a table.
    bar: Bar,
}

type Planned<T = ()> = Result<T, String>;

impl Planner<'_> {
    fn run(&mut self) -> Planned {
        let operations = self.operations;
        for (at, operation) in operations.iter().enumerate() {
            self.next = at;
            if !self.new_values.as_ref().is_some_and(|it| it.takes(operation)) {
                self.make_new_values()?;
            }
            self.at = at;
            self.bring_back_before(operation)?;
            if operation.is_data() {
                self.planned.add(self.at, self.bar.ends());
            }
            self.operation(operation)?;
            if operation.is_data() {
                self.added.clear();
            }
            if operation.is_data() && !matches!(operation, Operation::Convert(_) | Operation::ConvertLast(_)) {
                self.push(Work::CheckReferences { at_end: false });
            }
        }
        self.make_new_values()?;
        self.next = operations.len();
        self.bring_back(|_| true)?;
        self.mark_again();
        self.planned.add(self.at, self.bar.ends());
        Ok(())
    }

    /// Marks the indexes again that were made anew, and that their tables are ordered or told apart by.
    fn mark_again(&mut self) {
        let mut statements = Vec::new();
        for (table, name) in std::mem::take(&mut self.indexed) {
            let Some(found) = self.schema.table(&table) else { continue };
            let by = format!("USING INDEX {}", ddl::quoted(&name));
            let marks = [("clustered", name.as_str()), ("replica_identity", by.as_str())];
            let has = |(option, value): &&(&str, &str)| found.native.get(option) == Some(*value);
            let set = marks.iter().filter(has).filter_map(|(it, value)| ddl::set_option(&table, it, Some(value), None));
            statements.extend(set);
        }
        self.statements(statements);
    }

    fn push(&mut self, work: Work) {
        self.planned.add(self.at, [work]);
    }

    fn statement(&mut self, sql: String) {
        self.uses_added |= self.uses_added_value(&sql);
        self.push(Work::Statement(sql));
    }

    fn statements(&mut self, statements: impl IntoIterator<Item = String>) {
        statements.into_iter().for_each(|sql| self.statement(sql));
    }

    /// Looks for rows first. A script that makes one database of another leaves that to the statement itself.
    fn verify(&mut self, verify: Verify) {
        if !self.mode.is_difference() {
            self.push(Work::Verify(verify));
        }
    }

    /// Looks for values that the change would lose, unless that is allowed.
    fn verify_losses(&mut self, verify: Verify) {
        if self.mode.refuses_losses() {
            self.push(Work::Verify(verify));
        }
    }

    /// Makes an operation's change in the schema.
    fn apply(&mut self, operation: &Operation) -> Planned {
        unmanaged::follow(&mut self.held, operation);
        operation.apply(self.schema).map_err(|error| error.message)
    }

    /// The table as the schema has it now.
    fn table(&self, name: &TableName) -> Planned<Table> {
        self.schema.table(name).cloned().ok_or_else(|| format!("there is no table `{name}` at this step"))
    }

    fn operation(&mut self, operation: &Operation) -> Planned {
        match operation {
            Operation::CreateTable(table) => {
                self.free_name(&table.name);
                let mut made = table.clone();
                for column in &mut made.columns {
                    *column = self.with_sequence(&table.name, column)?;
                }
                self.apply(operation)?;
                self.statements(ddl::create_all(&made)?);
            }
            Operation::DropTable { table } => {
                let before = self.table(table)?;
                self.apply(operation)?;
                for column in &before.columns {
                    self.let_sequence_go(table, column);
                }
                self.statement(format!("DROP TABLE {}", ddl::qualified(table)));
            }
            Operation::RenameTable { from, to } => self.rename_table(operation, from, to)?,
            Operation::AddColumn { table, column } => self.add_column(operation, table, column)?,
            Operation::DropColumn { table, column } => {
                let before = self.table(table)?;
                self.apply(operation)?;
                if let Some(column) = before.find(column) {
                    self.let_sequence_go(table, column);
                }
                if !self.forget_column(table, column) {
                    let (table, column) = (ddl::qualified(table), ddl::quoted(column));
                    self.statement(format!("ALTER TABLE {table} DROP COLUMN {column}"));
                }
            }
            Operation::RenameColumn { table, from, to } => self.rename_column(operation, table, from, to)?,
            Operation::RenameIndex { .. } | Operation::RenameConstraint { .. } => self.rename_part(operation)?,
            Operation::AlterColumn { table, column, .. } => self.alter_column(operation, table, column)?,
            Operation::CreateIndex { table, index } => {
                let found = self.table(table)?;
                self.apply(operation)?;
                if index.unique {
                    self.verify(Rows(&found).index(index)?);
                }
                self.statements(ddl::create_index(table, index)?);
                self.indexed.insert((table.clone(), index.name.clone()));
            }
            Operation::CreateUnique { table, unique } => {
                let found = self.table(table)?;
                self.apply(operation)?;
                self.verify(Rows(&found).unique(&unique.columns));
                self.statement(ddl::add_constraint(table, &ddl::unique(unique)?));
                self.statements(ddl::comment_on_constraint(table, &unique.name, &unique.native));
                self.indexed.insert((table.clone(), unique.name.clone()));
            }
            Operation::CreatePrimaryKey { table, primary_key } => {
                let found = self.table(table)?;
                self.apply(operation)?;
                self.verify(Rows(&found).unique(&primary_key.columns));
                self.statement(ddl::add_constraint(table, &ddl::primary_key(primary_key)?));
                self.statements(ddl::comment_on_constraint(table, &primary_key.name, &primary_key.native));
                self.indexed.insert((table.clone(), primary_key.name.clone()));
            }
            Operation::CreateCheck { table, check } => {
                let found = self.table(table)?;
                self.apply(operation)?;
                if !check.native.has("exclusion") && !check.native.has("not_valid") {
                    let condition = sql_text(&check.expression, &format!("the check `{}`", check.name))?;
                    let names = found.columns.iter().map(|it| it.name.as_str());
                    let columns = check.expression.mentioned(names).into_iter().map(str::to_owned).collect();
                    self.verify(Rows(&found).condition(&check.name, condition, columns));
                }
                self.statement(ddl::add_constraint(table, &ddl::check(check)?));
                self.statements(ddl::comment_on_constraint(table, &check.name, &check.native));
            }
            Operation::CreateForeignKey { table, foreign_key } => {
                let found = self.table(table)?;
                self.apply(operation)?;
                if !foreign_key.native.has("not_valid") {
                    self.verify(Rows(&found).orphans(foreign_key));
                }
                self.statement(ddl::add_constraint(table, &ddl::foreign_key(foreign_key)?));
                self.statements(ddl::comment_on_constraint(table, &foreign_key.name, &foreign_key.native));
            }
            Operation::DropIndex { table, name }
            | Operation::DropUnique { table, name }
            | Operation::DropCheck { table, name }
            | Operation::DropForeignKey { table, name }
            | Operation::DropPrimaryKey { table, name } => self.drop_part(operation, table, name)?,
            Operation::CreateEnum(enumeration) => {
                self.apply(operation)?;
                self.statements(ddl::create_schema(&TableName::parse(&enumeration.name)));
                self.statement(ddl::create_enum(enumeration)?);
            }
            Operation::DropEnum { name } => {
                self.apply(operation)?;
                let name = self.last_name(name);
                self.statement(format!("DROP TYPE {name}"));
            }
            Operation::AddEnumValue { name, .. } | Operation::DropEnumValue { name, .. } => {
                self.new_value(operation, name)?;
            }
            Operation::RenameEnumValue { name, from, to } => self.rename_value(operation, name, from, to)?,
            Operation::SetTableComment { table, comment } => {
                self.apply(operation)?;
                self.statement(ddl::comment_on_table(table, comment));
            }
            Operation::SetTableOption { table, option, value } => {
                let before = self.table(table)?.native.get(option).map(str::to_owned);
                self.apply(operation)?;
                self.statements(ddl::set_option(table, option, value.as_deref(), before.as_deref()));
            }
            Operation::BulkInsert { .. }
            | Operation::Backfill { .. }
            | Operation::Execute { .. }
            | Operation::Run { .. }
            | Operation::MapRows { .. }
            | Operation::Convert(_)
            | Operation::ConvertLast(_)
            | Operation::Irreversible { .. } => self.data(operation)?,
        }
        Ok(())
    }

    /// Drops an index or a constraint, unless it was set aside and is not there.
    fn drop_part(&mut self, operation: &Operation, table: &TableName, name: &str) -> Planned {
        let before = self.table(table)?;
        self.apply(operation)?;
        if self.forget(table, name) {
            return Ok(());
        }
        self.set_aside_references(&before, name)?;
        if matches!(operation, Operation::DropPrimaryKey { .. }) {
            self.set_aside_dependents_of_key(table, name);
        }
        let sql = match operation {
            Operation::DropIndex { .. } => format!("DROP INDEX {}", ddl::in_schema_of(table, name)),
            _ => ddl::drop_constraint(table, name),
        };
        self.statement(sql);
        Ok(())
    }
}
