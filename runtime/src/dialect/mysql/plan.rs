//! Which statements do the operations of a revision.
//!
//! Changes of tables are gathered until rows are worked on, so that each table is altered once; renames are done at
//! once. No change of a table is in a transaction here.

mod data;
mod enums;
mod fitting;
mod flush;
mod foresight;
mod looks;
mod rename;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, ColumnChange, Enum, Operation, Schema, Table, TableName};

use self::foresight::Foresight;
use super::clocks::Clocks;
use super::ddl::{self, Words};
use super::flavour::{Flavour, Surroundings};
use super::types;
use crate::batches::Bar;
use crate::dialect::Work;
use crate::plan::{Mode, Pieces, Refusal};

/// Plans operations on the schema that they meet, and makes their changes in it.
pub(super) fn plan(
    operations: &[Operation],
    schema: &mut Schema,
    mode: Mode,
    surroundings: &Surroundings,
) -> Result<Pieces, Refusal> {
    let mut planner = Planner {
        operations,
        schema,
        mode,
        flavour: surroundings.flavour,
        noticed: surroundings.noticed.clone(),
        clocks: surroundings.clocks.clone(),
        at: 0,
        pending: Vec::new(),
        gone: Vec::new(),
        aliases: BTreeMap::new(),
        new_tables: BTreeSet::new(),
        foresight: Foresight::at_beginning(),
        bar: Bar::new(false),
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
    mode: Mode,
    flavour: Flavour,
    /// The tables with triggers that notice updates.
    noticed: BTreeSet<TableName>,
    /// The columns that the server sets to the time of an update.
    clocks: Clocks,
    /// The place of the operation that is planned.
    at: usize,
    /// The tables that are made or changed before rows are worked on again.
    pending: Vec<Pending>,
    /// The tables that are dropped then, as they are in the database, each with the place of its operation.
    gone: Vec<(usize, Table)>,
    /// What foreign keys are called in the database, where the server has renamed them with their table.
    aliases: BTreeMap<(TableName, String), String>,
    /// The tables that are made together with the changes that are planned, and so have no rows for them.
    new_tables: BTreeSet<TableName>,
    foresight: Foresight,
    /// Who is kept from writing to a table.
    bar: Bar,
    planned: Pieces,
}

/// A table that is to be made or changed.
struct Pending {
    table: TableName,
    /// The table as it is in the database; nothing if it is not there yet.
    before: Option<Table>,
    /// The enums as its columns have them.
    enums: BTreeMap<String, Enum>,
    /// The places of the operations.
    operations: Vec<usize>,
    dropped: BTreeSet<String>,
    values: BTreeMap<String, String>,
}

type Planned<T = ()> = Result<T, String>;

impl Planner<'_> {
    fn run(&mut self) -> Planned {
        let operations = self.operations;
        for (at, operation) in operations.iter().enumerate() {
            self.at = at;
            if operation.is_data() {
                self.flush()?;
                self.planned.add(self.at, self.bar.ends());
                self.data(operation)?;
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
            if let Some(table) = operation.table().and_then(|name| self.schema.table(name)) {
                self.at = at;
                ddl::check_numbers(table)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, work: Work) {
        self.planned.add(self.at, [work]);
    }

    fn statement(&mut self, sql: String) {
        self.push(Work::Statement(sql));
    }

    /// Makes an operation's change in the schema.
    fn apply(&mut self, operation: &Operation) -> Planned {
        self.clocks.follow(operation);
        operation.apply(self.schema).map_err(|error| error.message)
    }

    /// The table as the schema has it now.
    fn table(&self, name: &TableName) -> Planned<Table> {
        self.schema.table(name).cloned().ok_or_else(|| format!("there is no table `{name}` at this step"))
    }

    fn waiting(&self, table: &TableName) -> Option<usize> {
        self.pending.iter().position(|pending| pending.table == *table)
    }

    /// The entry of a table that changes; there is one from now on. `before` is the table as it is in the database.
    fn gather(&mut self, before: &Table) -> &mut Pending {
        let at = self.waiting(&before.name).unwrap_or_else(|| {
            self.pending.push(Pending {
                table: before.name.clone(),
                before: Some(before.clone()),
                enums: self.schema.enums.clone(),
                operations: Vec::new(),
                dropped: BTreeSet::new(),
                values: BTreeMap::new(),
            });
            self.pending.len() - 1
        });
        let pending = &mut self.pending[at];
        if pending.operations.last() != Some(&self.at) {
            pending.operations.push(self.at);
        }
        pending
    }

    /// Makes the change in the schema, and remembers that the table changes.
    fn change(&mut self, operation: &Operation, table: &TableName) -> Planned<&mut Pending> {
        let before = self.table(table)?;
        self.apply(operation)?;
        Ok(self.gather(&before))
    }

    fn operation(&mut self, operation: &Operation) -> Planned {
        match operation {
            Operation::CreateTable(table) => self.create_table(operation, table),
            Operation::DropTable { table } => self.drop_table(operation, table),
            Operation::RenameTable { from, to } => self.rename_table(operation, from, to),
            Operation::AddColumn { table, column } => self.add_column(operation, table, column),
            Operation::DropColumn { table, column } => {
                let pending = self.change(operation, table)?;
                pending.values.remove(column);
                pending.dropped.insert(column.clone());
                Ok(())
            }
            Operation::RenameColumn { table, from, to } => self.rename_column(operation, table, from, to),
            Operation::AlterColumn { table, column, change } => self.alter_column(operation, table, column, change),
            Operation::AddEnumValue { name, .. } | Operation::DropEnumValue { name, .. } => {
                self.enum_values(operation, name)
            }
            Operation::RenameEnumValue { name, from, to } => self.rename_enum_value(operation, name, from, to),
            Operation::CreateEnum(_) | Operation::DropEnum { .. } => self.apply(operation),
            other => match other.table() {
                Some(table) => self.change(other, table).map(drop),
                None => Err(format!("`{other}` is no change of a table")),
            },
        }
    }

    fn create_table(&mut self, operation: &Operation, table: &Table) -> Planned {
        self.apply(operation)?;
        ddl::check_names(table)?;
        if self.gone.iter().any(|(_, gone)| gone.name == table.name) {
            // The name must be free.
            self.flush()?;
        }
        self.pending.push(Pending {
            table: table.name.clone(),
            before: None,
            enums: BTreeMap::new(),
            operations: vec![self.at],
            dropped: BTreeSet::new(),
            values: BTreeMap::new(),
        });
        Ok(())
    }

    fn drop_table(&mut self, operation: &Operation, table: &TableName) -> Planned {
        let found = self.table(table)?;
        self.apply(operation)?;
        let waiting = self.waiting(table).map(|at| self.pending.remove(at));
        let in_database = match waiting {
            Some(pending) => pending.before,
            None => Some(found),
        };
        self.gone.extend(in_database.map(|table| (self.at, table)));
        Ok(())
    }

    fn add_column(&mut self, operation: &Operation, table: &TableName, column: &Column) -> Planned {
        let default = types::default(column)?;
        let filled = column.default.is_some() && column.generated.is_none();
        let pending = self.change(operation, table)?;
        pending.values.remove(&column.name);
        if let (true, Some(default)) = (filled, default) {
            pending.values.insert(column.name.clone(), default);
        }
        Ok(())
    }

    fn alter_column(&mut self, operation: &Operation, table: &TableName, name: &str, change: &ColumnChange) -> Planned {
        // What the expression reads must be in the database as it is meant.
        if change.using.is_some() && self.waiting(table).is_some() {
            self.flush()?;
        }
        let using = match &change.using {
            Some(using) => Some(types::sql_text(using, &format!("what `{name}` becomes"))?.to_owned()),
            None => None,
        };
        let pending = self.change(operation, table)?;
        if let Some(using) = using {
            pending.values.insert(name.to_owned(), format!("({using})"));
        }
        Ok(())
    }

    fn words<'w>(&self, enums: &'w BTreeMap<String, Enum>) -> Words<'w> {
        Words { enums, flavour: self.flavour }
    }
}
