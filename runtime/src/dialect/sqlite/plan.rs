//! Which statements do the operations of a revision, with as few rebuilds of tables as can be.
//!
//! Operations that SQLite does as safely on full tables as on empty ones are statements at once. What needs a table to
//! be made anew is gathered, and done at the end or before the next data step. Renames are always done at once, so that
//! the columns of a table have the same names in the database and in the replayed schema at any time.

mod data;
mod pending;
mod rename;

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{
    Column, ColumnChange, ColumnType, DefaultValue, Dialect, Enum, Literal, Operation, Schema, Table, TableName,
};

use self::pending::Pending;
use super::ddl::{self, Form, create_index, quoted};
use super::sources::Source;
use super::temporal::Change;
use super::types::{self, Storage, storage};
use super::verify::Rows;
use crate::batches::Bar;
use crate::dialect::Work;
use crate::migrator::Direction;
use crate::plan::{Pieces, Refusal};

/// Plans operations on the schema that they meet, and makes their changes in it.
pub(super) fn plan(
    operations: &[Operation],
    schema: &mut Schema,
    direction: Direction,
    strict: &BTreeSet<String>,
) -> Result<Pieces, Refusal> {
    let mut planner = Planner {
        operations,
        schema,
        direction,
        strict,
        at: 0,
        pending: Vec::new(),
        rebuilt: BTreeSet::new(),
        referred: 0,
        bar: Bar::new(true),
        planned: Pieces::default(),
    };
    match planner.run() {
        Ok(()) => Ok(planner.planned),
        Err(message) => Err(Refusal { operation: planner.at, message }),
    }
}

struct Planner<'a> {
    operations: &'a [Operation],
    schema: &'a mut Schema,
    direction: Direction,
    /// The STRICT tables in the database.
    strict: &'a BTreeSet<String>,
    /// The place of the operation that is planned.
    at: usize,
    /// The tables that are to be made, or made anew, before the next data step.
    pending: Vec<Pending>,
    /// The tables that some operation before the next data step makes anew for sure.
    rebuilt: BTreeSet<TableName>,
    /// How many tables were dropped to which others refer in the database until they are made anew.
    referred: usize,
    /// Who is kept from writing to a table.
    bar: Bar,
    planned: Pieces,
}

type Planned<T = ()> = Result<T, String>;

impl Planner<'_> {
    fn run(&mut self) -> Planned {
        self.look_ahead(0);
        let operations = self.operations;
        for (at, operation) in operations.iter().enumerate() {
            self.at = at;
            if operation.is_data() {
                self.flush()?;
                self.planned.add(self.at, self.bar.ends());
                self.data(operation)?;
                self.look_ahead(at + 1);
            } else {
                self.operation(operation)?;
            }
        }
        self.flush()?;
        self.planned.add(self.at, self.bar.ends());
        self.check_numbers()
    }

    fn check_numbers(&mut self) -> Planned {
        for (at, operation) in self.operations.iter().enumerate() {
            let name = match operation {
                Operation::RenameTable { to, .. } => Some(to),
                operation => operation.table(),
            };
            if let Some(table) = name.and_then(|name| self.schema.table(name)) {
                self.at = at;
                ddl::check_numbers(table)?;
            }
        }
        Ok(())
    }

    /// Finds the tables that are made anew in any case: on these nothing is done apart.
    fn look_ahead(&mut self, from: usize) {
        let segment = self.operations.iter().skip(from).take_while(|operation| !operation.is_data());
        self.rebuilt = segment
            .filter(|operation| match operation {
                Operation::AlterColumn { change, .. } => !is_comment(change),
                Operation::AddColumn { table, column } => !can_add(column, self.is_strict(table)),
                Operation::CreateUnique { .. }
                | Operation::DropUnique { .. }
                | Operation::CreateCheck { .. }
                | Operation::DropCheck { .. }
                | Operation::CreateForeignKey { .. }
                | Operation::DropForeignKey { .. }
                | Operation::CreatePrimaryKey { .. }
                | Operation::DropPrimaryKey { .. } => true,
                Operation::SetTableOption { option, .. } => is_form(option),
                _ => false,
            })
            .filter_map(|operation| operation.table().cloned())
            .collect();
    }

    fn push(&mut self, work: Work) {
        self.planned.add(self.at, [work]);
    }

    fn statement(&mut self, sql: String) {
        self.push(Work::Statement(sql));
    }

    /// Makes an operation's change in the schema.
    fn apply(&mut self, operation: &Operation) -> Planned {
        operation.apply(self.schema).map_err(|error| error.message)
    }

    fn waiting(&self, table: &TableName) -> Option<usize> {
        self.pending.iter().position(|pending| pending.table == *table)
    }

    /// The entry of a table that is made anew; there is one from now on. `before` is the table as it is in the database.
    fn gather(&mut self, before: &Table) -> &mut Pending {
        let at = match self.waiting(&before.name) {
            Some(at) => at,
            None => {
                self.pending.push(Pending::rebuild(before, &self.schema.enums));
                self.pending.len() - 1
            }
        };
        let pending = &mut self.pending[at];
        pending.operations.push(self.at);
        pending
    }

    /// The table as the schema has it now.
    fn table(&self, name: &TableName) -> Planned<Table> {
        self.schema.table(name).cloned().ok_or_else(|| format!("there is no table `{name}` at this step"))
    }

    fn is_strict(&self, table: &TableName) -> bool {
        self.strict.contains(&table.name) || self.schema.table(table).is_some_and(|it| it.native.has(Form::STRICT))
    }

    fn operation(&mut self, operation: &Operation) -> Planned {
        match operation {
            Operation::CreateTable(table) => {
                self.apply(operation)?;
                self.pending.push(Pending::create(table.name.clone(), self.at));
                Ok(())
            }
            Operation::DropTable { table } => {
                self.apply(operation)?;
                let created = self.waiting(table).is_some_and(|at| self.pending.remove(at).before.is_none());
                if !created {
                    self.planned.endangers_dependents = true;
                    self.planned.endangers_references = true;
                    if self.pending.iter().any(|it| it.refers_to(table)) {
                        self.push(Work::Begin);
                        self.referred += 1;
                    }
                    self.statement(format!("DROP TABLE {}", quoted(&table.name)));
                }
                Ok(())
            }
            Operation::RenameTable { from, to } => self.rename_table(operation, from, to),
            Operation::AddColumn { table, column } => self.add_column(operation, table, column),
            Operation::DropColumn { table, column } => self.drop_column(operation, table, column),
            Operation::RenameColumn { table, from, to } => self.rename_column(operation, table, from, to),
            Operation::RenameIndex { .. } => self.rename_index(operation),
            Operation::AlterColumn { table, column, change } => self.alter_column(operation, table, column, change),
            Operation::CreateIndex { table, index } => {
                let before = self.table(table)?;
                self.apply(operation)?;
                if self.waiting(table).is_some() || self.rebuilt.contains(table) {
                    self.gather(&before);
                    return Ok(());
                }
                if index.unique {
                    let sources = pending::unchanged(&before);
                    let rows = Rows { before: &before, after: &before, sources: &sources };
                    if let Some(verify) = rows.index(index)? {
                        self.push(Work::Verify(verify));
                    }
                }
                self.statement(create_index(&table.name, index)?);
                Ok(())
            }
            Operation::DropIndex { table, name } => {
                let before = self.table(table)?;
                self.apply(operation)?;
                if self.waiting(table).is_some() || self.rebuilt.contains(table) {
                    self.gather(&before);
                } else {
                    self.statement(format!("DROP INDEX {}", quoted(name)));
                }
                Ok(())
            }
            Operation::CreateUnique { table, .. }
            | Operation::DropUnique { table, .. }
            | Operation::CreateCheck { table, .. }
            | Operation::DropCheck { table, .. }
            | Operation::CreateForeignKey { table, .. }
            | Operation::DropForeignKey { table, .. }
            | Operation::CreatePrimaryKey { table, .. }
            | Operation::DropPrimaryKey { table, .. }
            | Operation::RenameConstraint { table, .. } => {
                let before = self.table(table)?;
                self.apply(operation)?;
                self.gather(&before);
                Ok(())
            }
            Operation::SetTableOption { table, option, value } if is_form(option) => {
                if value.as_deref().is_some_and(|value| value != "true") {
                    return Err(format!("the option `{option}` of `{table}` is either `true` or empty"));
                }
                let before = self.table(table)?;
                self.apply(operation)?;
                self.gather(&before);
                Ok(())
            }
            Operation::AddEnumValue { name, .. } | Operation::DropEnumValue { name, .. } => {
                self.enum_values(operation, name, None)
            }
            Operation::RenameEnumValue { name, from, to } => self.enum_values(operation, name, Some((from, to))),
            Operation::CreateEnum(_)
            | Operation::DropEnum { .. }
            | Operation::SetTableComment { .. }
            | Operation::SetTableOption { .. } => self.apply(operation),
            Operation::BulkInsert { .. }
            | Operation::Backfill { .. }
            | Operation::Execute { .. }
            | Operation::Run { .. }
            | Operation::MapRows { .. }
            | Operation::Convert(_)
            | Operation::ConvertLast(_)
            | Operation::Irreversible { .. } => self.data(operation),
        }
    }

    fn add_column(&mut self, operation: &Operation, table: &TableName, column: &Column) -> Planned {
        let before = self.table(table)?;
        self.apply(operation)?;
        let wait = self.waiting(table).is_some() || self.rebuilt.contains(table);
        if !wait && can_add(column, self.is_strict(table)) && default_fits(column, &self.schema.enums) {
            let definition = ddl::define(&before, column, &self.schema.enums, &Form::default())?;
            self.statement(format!("ALTER TABLE {} ADD COLUMN {definition}", quoted(&table.name)));
            return Ok(());
        }
        let fill = types::default(column)?.map(|default| default.sql);
        let generated = column.generated.is_some();
        self.gather(&before).sources.extend((!generated).then(|| (column.name.clone(), Source::New(fill))));
        Ok(())
    }

    fn drop_column(&mut self, operation: &Operation, table: &TableName, column: &str) -> Planned {
        let before = self.table(table)?;
        self.apply(operation)?;
        if self.waiting(table).is_some() || self.rebuilt.contains(table) {
            self.gather(&before).sources.remove(column);
        } else {
            self.statement(format!("ALTER TABLE {} DROP COLUMN {}", quoted(&table.name), quoted(column)));
        }
        Ok(())
    }

    fn alter_column(&mut self, operation: &Operation, table: &TableName, name: &str, change: &ColumnChange) -> Planned {
        // What the expression reads must be in the database, and be there as it is meant.
        if let (Some(using), Some(at)) = (&change.using, self.waiting(table))
            && self.table(table)?.columns.iter().any(|column| {
                using.mentions(&column.name) && !self.pending[at].sources.get(&column.name).is_some_and(Source::is_kept)
            })
        {
            self.flush_one(at)?;
        }
        let before = self.table(table)?;
        self.apply(operation)?;
        let after = self.table(table)?;
        let (Some(old), Some(new)) = (before.find(name), after.find(name)) else { return Ok(()) };
        let facts = ColumnChange { comment: None, ..ColumnChange::between(old, new) };
        if facts.is_empty() && change.using.is_none() {
            return Ok(());
        }
        let fill = match self.direction {
            Direction::Downgrade if old.nullable && !new.nullable => Some(match types::default(new)? {
                Some(default) => default.sql,
                None => types::neutral(&new.column_type, &self.schema.enums),
            }),
            _ => None,
        };
        let backwards = self.direction == Direction::Downgrade;
        let pending = self.gather(&before);
        if new.generated.is_some() {
            pending.sources.remove(name);
            return Ok(());
        }
        let mut source = match (&change.using, pending.sources.remove(name)) {
            (Some(using), _) => Source::Sql(using.clone()),
            (None, Some(source)) => source,
            (None, None) if pending.is_in_database(name) => Source::Column(name.to_owned()),
            (None, None) => Source::New(None),
        };
        if !matches!(source, Source::New(_)) {
            let given = change.using.is_some();
            // On the way back there is nobody to ask what becomes of a time.
            let temporal = Change::between(&old.column_type, &new.column_type, backwards).filter(|_| !given);
            source = match temporal {
                Some(temporal) => Source::Temporal(Box::new(source), temporal),
                None => convert(source, &old.column_type, &new.column_type, given),
            };
        }
        if let (Some(fill), false) = (fill, matches!(source, Source::New(_))) {
            source = Source::OrElse(Box::new(source), fill);
        }
        pending.sources.insert(name.to_owned(), source);
        Ok(())
    }

    fn enum_values(&mut self, operation: &Operation, name: &str, renamed: Option<(&String, &String)>) -> Planned {
        let users: BTreeSet<TableName> = self.schema.users_of(name).map(|(table, _)| table.clone()).collect();
        for table in &users {
            let before = self.table(table)?;
            let columns = before.columns.iter().filter(|it| it.column_type == ColumnType::Enum(name.to_owned()));
            let columns: Vec<String> = columns.map(|it| it.name.clone()).collect();
            let pending = self.gather(&before);
            for (column, (from, to)) in columns.iter().filter_map(|column| Some((column, renamed?))) {
                if let Some(source) = pending.sources.remove(column) {
                    let source = match source {
                        Source::New(None) => Source::New(None),
                        source => Source::Renamed(Box::new(source), from.clone(), to.clone()),
                    };
                    pending.sources.insert(column.clone(), source);
                }
            }
        }
        self.apply(operation)
    }
}

/// A source in the form in which the new type keeps its values. What an expression gives is converted in any case.
fn convert(source: Source, from: &ColumnType, to: &ColumnType, given: bool) -> Source {
    let is_jsonb = |it: &ColumnType| it.on(Dialect::Sqlite) == ColumnType::Jsonb;
    match (storage(from), storage(to)) {
        _ if is_jsonb(from) && is_jsonb(to) && !given => source,
        _ if is_jsonb(to) => Source::Function("jsonb", Box::new(source)),
        (_, Some(Storage::Text)) if is_jsonb(from) && !given => Source::Function("json", Box::new(source)),
        (from, Some(to)) if given || from != Some(to) => Source::Cast(Box::new(source), to),
        _ => source,
    }
}

/// Whether an option of a table stands in the text by which it is made.
fn is_form(option: &str) -> bool {
    [Form::STRICT, Form::WITHOUT_ROWID].contains(&option)
}

fn is_comment(change: &ColumnChange) -> bool {
    ColumnChange { comment: None, ..change.clone() }.is_empty()
}

/// Whether ADD COLUMN takes the column on a full table as on an empty one.
pub(super) fn can_add(column: &Column, strict: bool) -> bool {
    let default = match &column.default {
        None => column.nullable,
        Some(DefaultValue::Literal(Literal::Null)) => column.nullable,
        Some(DefaultValue::Literal(value)) => types::literal(&column.column_type, value).constant,
        Some(DefaultValue::Now | DefaultValue::Sql(_)) => false,
    };
    let computed = column.generated.as_ref().is_some_and(|generated| generated.stored || !column.nullable);
    !strict && default && !computed && column.identity.is_none()
}

/// Whether the default of an enum's column is one of its values: else rows would have to be looked at.
fn default_fits(column: &Column, enums: &BTreeMap<String, Enum>) -> bool {
    match (&column.column_type, &column.default) {
        (ColumnType::Enum(name), Some(DefaultValue::Literal(Literal::Text(value)))) => {
            enums.get(name).is_some_and(|enumeration| enumeration.values.contains(value))
        }
        _ => true,
    }
}
