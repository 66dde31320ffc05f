//! What `map_rows` is run as.
//!
//! The function sees each row as the revision found it and gives the row as the revision leaves it. So nothing of the old
//! row may change before the last row is converted: what the function gives is written in columns beside the old ones,
//! and the changes of the table that the revision names are made at once when all rows are there. Where `map_rows` stands
//! in the revision:
//!
//! 1. The columns that are new, or whose values change, are added beside the others, all nullable.
//! 2. The rows are converted, in as many transactions as it takes. What others write meanwhile is noted.
//! 3. Those noted rows are converted too, with everybody else kept away, and the table becomes what the revision says.

use std::collections::BTreeMap;

use crate::diff::{Answers, ColumnRename, DiffError, dependants, diff};
use crate::{ApplyError, Column, ColumnType, Operation, Schema, Table, TableName};

/// What begins the name of a column in which values stand until the table changes.
const NEW: &str = "migratable_new_";
/// What begins the name of a column whose place is taken.
const OLD: &str = "migratable_old_";

/// Whether a column leaves its name to another that takes its place.
pub fn is_replaced(operation: &Operation) -> bool {
    matches!(operation, Operation::RenameColumn { to, .. } if to.starts_with(OLD))
}

/// Whether a column takes the place of another.
pub fn replaces(operation: &Operation) -> bool {
    matches!(operation, Operation::RenameColumn { from, .. } if from.starts_with(NEW))
}

/// What a table was called before some operations; nothing if they make it.
pub fn name_before<'a>(
    operations: impl DoubleEndedIterator<Item = &'a Operation>,
    table: &TableName,
) -> Option<TableName> {
    let mut name = table.clone();
    for operation in operations.rev() {
        match operation {
            Operation::RenameTable { from, to } if *to == name => name.clone_from(from),
            Operation::CreateTable(made) if made.name == name => return None,
            _ => {}
        }
    }
    Some(name)
}

/// How the rows of a table are converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The table, as the revision finds it.
    pub table: TableName,
    /// The name of the function.
    pub step: String,
    /// The columns of the primary key: each by its name before and after the revision.
    pub key: Vec<(String, String)>,
    /// The columns that are written: by their name after the revision, and where they stand until then.
    pub writes: Vec<(String, String)>,
}

/// An operation that cannot stand where it stands beside a `map_rows`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Which operation, from 0.
    pub at: usize,
    /// Why not.
    pub error: ApplyError,
}

/// The operations of a revision with what each `map_rows` is run as in its place.
///
/// # Errors
/// The first operation that does not fit, or cannot stand where it does.
pub fn lower(operations: &[Operation], before: &Schema) -> Result<Vec<Operation>, Misplaced> {
    let mut lowered: Vec<(usize, Operation)> = operations.iter().cloned().enumerate().collect();
    while let Some(place) = lowered.iter().position(|(_, it)| matches!(it, Operation::MapRows { .. })) {
        lowered = Mapping::read(&lowered, place, before)?.lower(before)?;
    }
    Ok(lowered.into_iter().map(|(_, operation)| operation).collect())
}

type Numbered = (usize, Operation);

fn misplaced(at: usize, subject: impl Into<String>, message: impl Into<String>) -> Misplaced {
    Misplaced { at, error: ApplyError { subject: subject.into(), message: message.into() } }
}

/// A `map_rows` among the operations of its revision.
struct Mapping<'a> {
    operations: &'a [Numbered],
    place: usize,
    step: &'a str,
    kept: &'a [(String, String)],
    /// The table before and after.
    from: TableName,
    to: TableName,
    /// The places of what changes the table.
    changes: Vec<usize>,
    /// The columns after, with what they were called before; `None` for a new one.
    origins: BTreeMap<String, Option<String>>,
}

impl<'a> Mapping<'a> {
    fn read(operations: &'a [Numbered], place: usize, before: &Schema) -> Result<Mapping<'a>, Misplaced> {
        let (at, Operation::MapRows { table, step, kept }) = &operations[place] else {
            return Err(misplaced(0, "", "no `map_rows`"));
        };
        let Some(from) = name_before(operations[..place].iter().map(|(_, it)| it), table) else {
            let message = format!("`{table}` is made by this revision and has no rows: fill it by `op.run(..)`");
            return Err(misplaced(*at, table.to_string(), message));
        };
        let Some(found) = before.tables.get(&from) else {
            return Err(misplaced(*at, table.to_string(), format!("there is no table `{table}`")));
        };
        let mut origins: BTreeMap<String, Option<String>> =
            found.columns.iter().map(|it| (it.name.clone(), Some(it.name.clone()))).collect();
        let mut to = from.clone();
        let mut changes = Vec::new();
        for (number, (at, operation)) in operations.iter().enumerate() {
            if is_effect_on(operation, &to) {
                let message = format!("SQL that changes `{to}` cannot stand beside its `map_rows`");
                return Err(misplaced(*at, to.to_string(), format!("{message}: put it in a revision of its own")));
            }
            if operation.table() != Some(&to) || operation.is_data() {
                if number != place && matches!(operation, Operation::MapRows { table, .. } if *table == to) {
                    let message = format!("the rows of `{to}` are mapped twice: once in a revision is enough");
                    return Err(misplaced(*at, to.to_string(), message));
                }
                continue;
            }
            changes.push(number);
            match operation {
                Operation::RenameTable { to: name, .. } => to.clone_from(name),
                Operation::DropTable { .. } => {
                    let message = format!("`{to}` is dropped by this revision: nothing needs its rows");
                    return Err(misplaced(*at, to.to_string(), message));
                }
                Operation::AddColumn { column, .. } => {
                    origins.insert(column.name.clone(), None);
                }
                Operation::DropColumn { column, .. } => {
                    origins.remove(column);
                }
                Operation::RenameColumn { from, to, .. } => {
                    let origin = origins.remove(from).flatten();
                    origins.insert(to.clone(), origin);
                }
                _ => {}
            }
        }
        let mapping = Mapping { operations, place, step, kept, from, to, changes, origins };
        mapping.stands_together()?;
        mapping.leaves_enums(found)?;
        Ok(mapping)
    }

    /// Nothing that works on rows may stand between the changes of the table, which are made at once.
    fn stands_together(&self) -> Result<(), Misplaced> {
        let first = self.changes.first().map_or(self.place, |it| *it.min(&self.place));
        let last = self.changes.last().map_or(self.place, |it| *it.max(&self.place));
        let (from, to) = (Some(&self.from), Some(&self.to));
        for (at, operation) in &self.operations[first..=last] {
            let works_on_it = match operation {
                Operation::Run { .. } => true,
                Operation::Execute { effect, .. } => effect.is_empty(),
                Operation::Backfill { .. } | Operation::BulkInsert { .. } => {
                    operation.table() == from || operation.table() == to
                }
                _ => false,
            };
            if works_on_it {
                let message = format!(
                    "`{operation}` stands between the changes of `{}`, which `map_rows` makes at once: put it before or \
                     behind all of them",
                    self.to
                );
                return Err(misplaced(*at, self.to.to_string(), message));
            }
        }
        Ok(())
    }

    /// A value of an enum must mean the same from the first row to the last.
    fn leaves_enums(&self, found: &Table) -> Result<(), Misplaced> {
        let is_used = |name: &String| found.columns.iter().any(|it| it.column_type.enum_name() == Some(name));
        for (number, (at, operation)) in self.operations.iter().enumerate() {
            let message = match operation {
                Operation::RenameEnumValue { name, .. } if is_used(name) => {
                    "renaming a value in the revision that maps the rows would change what the rows hold while they \
                     are mapped: rename it in a revision of its own"
                        .to_owned()
                }
                Operation::DropEnumValue { name, .. } if is_used(name) && number < self.place => {
                    format!("the rows of `{}` may hold it until they are mapped: put `map_rows` before this", self.from)
                }
                Operation::AddEnumValue { name, .. } if is_used(name) && number > self.place => {
                    format!("the mapped rows of `{}` may hold it: put `map_rows` behind this", self.from)
                }
                _ => continue,
            };
            return Err(misplaced(*at, "", message));
        }
        Ok(())
    }

    fn lower(&self, before: &Schema) -> Result<Vec<Numbered>, Misplaced> {
        let number = self.operations[self.place].0;
        // As it is where `map_rows` stands, once with the table as it was, once with the columns beside it.
        let mut reached = before.clone();
        let others = |range: std::ops::Range<usize>| {
            range.filter(|at| *at != self.place && !self.changes.contains(at)).map(|at| &self.operations[at])
        };
        for (at, operation) in others(0..self.place) {
            operation.apply(&mut reached).map_err(|error| self.needs_mapping(*at, operation, error))?;
            if let Operation::CreateForeignKey { foreign_key, .. } = operation
                && reached.tables.get(&foreign_key.table).is_some_and(|it| !it.is_unique(&foreign_key.references))
            {
                let (subject, message) = (foreign_key.name.clone(), "what it refers to is not unique yet".to_owned());
                return Err(self.needs_mapping(*at, operation, ApplyError { subject, message }));
            }
        }
        let mut after = reached.clone();
        for (at, operation) in self.changes.iter().map(|at| &self.operations[*at]) {
            operation.apply(&mut after).map_err(|error| Misplaced { at: *at, error })?;
        }
        let (table_before, table_after) = (&before.tables[&self.from], &after.tables[&self.to]);
        let key = self.key(table_before, table_after)?;

        let mut lowered: Vec<Numbered> = others(0..self.place).cloned().collect();
        let mut writes = Vec::new();
        let mut answers = Answers { allow_loss: true, ..Answers::default() };
        if self.from != self.to {
            answers.table_renames.push((self.from.clone(), self.to.clone()));
        }
        let mut makes_room = Vec::new();
        let mut rename = |from: &str, to: &str| {
            if from != to {
                let (table, from, to) = (self.to.clone(), from.to_owned(), to.to_owned());
                answers.column_renames.push(ColumnRename { table, from, to });
            }
        };
        for (place, column) in table_after.columns.iter().enumerate() {
            let origin = self.origins.get(&column.name).cloned().flatten();
            let origin = origin.and_then(|name| table_before.find(&name));
            if let Some(origin) = origin.filter(|it| self.stays(it, column, before, &after)) {
                rename(&origin.name, &column.name);
                continue;
            }
            if column.generated.is_some() {
                continue;
            }
            let beside = self.beside(place, column, table_before);
            rename(&beside.name, &column.name);
            if table_before.find(&column.name).is_some() && beside.name != column.name {
                makes_room.push((column.name.clone(), format!("{OLD}{}", place + 1)));
            }
            writes.push((column.name.clone(), beside.name.clone()));
            let add = Operation::AddColumn { table: self.from.clone(), column: beside };
            add.apply(&mut reached).map_err(|error| Misplaced { at: number, error })?;
            lowered.push((number, add));
        }
        // A column that goes leaves its name at once to the one that takes its place, and goes with the others: SQLite
        // makes the table anew once then.
        makes_room.retain(|(name, _)| !answers.column_renames.iter().any(|it| it.from == *name));
        let mut changes = Vec::new();
        let mut renames = Vec::new();
        for (from, to) in makes_room {
            for operation in dependants(&reached, &self.from, &from) {
                operation.apply(&mut reached).map_err(|error| Misplaced { at: number, error })?;
                changes.push(operation);
            }
            renames.push(Operation::RenameColumn { table: self.from.clone(), from, to });
        }
        for rename in renames {
            rename.apply(&mut reached).map_err(|error| Misplaced { at: number, error })?;
            changes.push(rename);
        }
        after.is_database = true;
        changes.extend(diff(&reached, &after, &answers).map_err(|error| self.impossible(&error))?.upgrade);
        // Dialects that place columns where they like place them as a fresh table has them.
        changes.push(Operation::SetTableOption {
            table: self.to.clone(),
            option: Table::COLUMN_ORDER.to_owned(),
            value: Some(after.tables[&self.to].column_order()),
        });
        let conversion = Conversion { table: self.from.clone(), step: self.step.to_owned(), key, writes };
        lowered.push((number, Operation::Convert(conversion.clone())));
        lowered.push((number, Operation::ConvertLast(conversion)));
        lowered.extend(changes.into_iter().map(|operation| (number, operation)));
        lowered.extend(others(self.place..self.operations.len()).cloned());
        Ok(lowered)
    }

    fn needs_mapping(&self, at: usize, operation: &Operation, error: ApplyError) -> Misplaced {
        let ApplyError { subject, message } = error;
        let table = &self.to;
        let message = format!(
            "{message}: `{operation}` stands before the `map_rows` of `{table}`, which makes all changes of `{table}`; put \
             it behind"
        );
        misplaced(at, subject, message)
    }

    fn impossible(&self, error: &DiffError) -> Misplaced {
        let why = match error {
            DiffError::Impossible(why) => why.clone(),
            DiffError::Answers(why) => why.join("; "),
            DiffError::Questions(_) => "what becomes of a column is not said".to_owned(),
        };
        let message = format!("the changes of `{}` cannot be made at once: {why}", self.to);
        misplaced(self.operations[self.place].0, self.to.to_string(), message)
    }

    /// The columns of the primary key, which must be the same before and after.
    fn key(&self, before: &Table, after: &Table) -> Result<Vec<(String, String)>, Misplaced> {
        let columns = |table: &Table| table.primary_key.as_ref().map_or(Vec::new(), |key| key.columns.clone());
        let (old, new) = (columns(before), columns(after));
        let is_same = |(old, new): (&String, &String)| {
            let column_type = |table: &Table, name: &str| table.find(name).map(|it| it.column_type.clone());
            self.origins.get(new).cloned().flatten().as_ref() == Some(old)
                && column_type(before, old) == column_type(after, new)
        };
        if old.is_empty() || old.len() != new.len() || !old.iter().zip(&new).all(is_same) {
            let message = format!(
                "the primary key of `{}` changes, by which its rows are told apart while they are mapped: change it in a \
                 revision of its own",
                self.from
            );
            return Err(misplaced(self.operations[self.place].0, self.to.to_string(), message));
        }
        Ok(old.into_iter().zip(new).collect())
    }

    /// Whether the values of a column stay as they are.
    fn stays(&self, origin: &Column, column: &Column, before: &Schema, after: &Schema) -> bool {
        let values = |schema: &Schema, of: &ColumnType| {
            of.enum_name().and_then(|name| schema.enums.get(name)).map(|it| it.values.clone())
        };
        let is_kept = self.kept.iter().any(|(new, old)| *new == column.name && *old == origin.name);
        let is_generated = origin.generated.is_some() || column.generated.is_some();
        after.tables[&self.to].is_key(&column.name)
            || (is_generated && origin.generated.is_some() == column.generated.is_some())
            || (is_kept
                && !is_generated
                && origin.column_type == column.column_type
                && values(before, &origin.column_type) == values(after, &column.column_type))
    }

    /// The column in which the values stand until the table changes. Values of an enum stand there as texts: the enum
    /// itself may not be there yet.
    fn beside(&self, place: usize, column: &Column, before: &Table) -> Column {
        let column_type = match (column.column_type.enum_name(), &column.column_type) {
            (Some(_), ColumnType::Array(_)) => ColumnType::Array(Box::new(ColumnType::Text)),
            (Some(_), _) => ColumnType::Text,
            _ => column.column_type.clone(),
        };
        let is_new = self.origins.get(&column.name).is_some_and(Option::is_none);
        let is_free = is_new && before.find(&column.name).is_none() && column.column_type.enum_name().is_none();
        let name = if is_free { column.name.clone() } else { format!("{NEW}{}", place + 1) };
        Column { nullable: true, ..Column::new(&name, column_type) }
    }
}

/// Whether SQL that somebody wrote says that it changes a table.
fn is_effect_on(operation: &Operation, table: &TableName) -> bool {
    match operation {
        Operation::Execute { effect, .. } => {
            effect.iter().any(|it| it.table() == Some(table) || is_effect_on(it, table))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
