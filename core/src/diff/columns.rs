//! Columns that come and columns that change, with the rows that are there already.

use super::planner::Planner;
use super::widening::holds_every_value_in;
use super::{DiffError, Hole};
use crate::sql::is_plain;
use crate::{Column, ColumnChange, Operation, Sql, TableName};

impl Planner<'_> {
    /// Adds the new columns; one that the rows cannot do without yet stays nullable until it is filled.
    pub(super) fn add_columns(&mut self) -> Result<(), DiffError> {
        self.add(|column| column.identity.is_none())
    }

    /// Adds the new columns that the database numbers, together with the key that they need for that.
    pub(super) fn add_numbered_columns(&mut self) -> Result<(), DiffError> {
        self.add(|column| column.identity.is_some())
    }

    fn add(&mut self, which: impl Fn(&Column) -> bool) -> Result<(), DiffError> {
        for table in self.common() {
            let added: Vec<Column> = self.after.tables[&table]
                .columns
                .iter()
                .filter(|column| which(column) && self.current.column(&table, &column.name).is_none())
                .cloned()
                .collect();
            for mut column in added {
                let filled = self.answers.fills.contains_key(&(table.clone(), column.name.clone()));
                column.nullable |= filled || !(column.fills_itself() || self.after.is_database);
                // A row that others insert before it is filled would have the default, and nobody could tell.
                column.default = column.default.filter(|_| !filled);
                self.push(Operation::AddColumn { table: table.clone(), column })?;
            }
        }
        Ok(())
    }

    /// Gives the rows what new and stricter columns need, while the old columns are still there.
    pub(super) fn fill_columns(&mut self) -> Result<(), DiffError> {
        for table in self.common() {
            for wanted in self.after.tables[&table].columns.clone() {
                let Some(column) = self.current.column(&table, &wanted.name).cloned() else { continue };
                let added = self.was_added(&table, &column.name);
                self.fill(&table, &column, &wanted, added)?;
                self.convert(&table, &column, &wanted)?;
            }
        }
        Ok(())
    }

    fn was_added(&self, table: &TableName, column: &str) -> bool {
        self.operations
            .iter()
            .any(|it| matches!(it, Operation::AddColumn { table: of, column: it } if of == table && it.name == column))
    }

    fn fill(&mut self, table: &TableName, column: &Column, wanted: &Column, added: bool) -> Result<(), DiffError> {
        let name = &column.name;
        let tightened = column.nullable && !wanted.nullable && wanted.generated.is_none();
        let retyped = column.column_type != wanted.column_type;
        let asked = added && self.answers.fills.contains_key(&(table.clone(), name.clone()));
        if !(tightened || asked) || (retyped && !added && self.answer(table, name).is_some()) {
            return Ok(());
        }
        if column.generated.is_some() {
            let change = ColumnChange { generated: Some(None), ..ColumnChange::default() };
            self.push(Operation::AlterColumn { table: table.clone(), column: name.clone(), change })?;
        }
        if let Some(value) = self.answer(table, name) {
            let predicate = (!added).then(|| is_null(name));
            return self.push(Operation::Backfill { table: table.clone(), column: name.clone(), value, predicate });
        }
        let reason = if added {
            format!("{table}.{name} is NOT NULL and has no default: every row needs a value")
        } else {
            format!("{table}.{name} becomes NOT NULL: the rows that hold NULL need a value")
        };
        self.hole(hole("fill", table, name, reason))
    }

    /// Makes room for a type that does not hold every value of the old one.
    fn convert(&mut self, table: &TableName, column: &Column, wanted: &Column) -> Result<(), DiffError> {
        let answered = self.answers.fills.contains_key(&(table.clone(), column.name.clone()));
        let generated = column.generated.is_some() || wanted.generated.is_some();
        let same = column.column_type == wanted.column_type;
        if same || answered || generated || self.holds(column, wanted) {
            return Ok(());
        }
        let reason = format!(
            "{table}.{} changes from {} to {}, which does not hold every value: change the rows that do not fit",
            column.name, column.column_type, wanted.column_type
        );
        self.hole(hole("convert", table, &column.name, reason))
    }

    fn holds(&self, column: &Column, wanted: &Column) -> bool {
        holds_every_value_in((&wanted.column_type, self.after), (&column.column_type, &self.current))
    }

    /// The SQL that an answer gives for a column, noted as used.
    pub(super) fn answer(&mut self, table: &TableName, column: &str) -> Option<Sql> {
        let fill = self.answers.fill_of(table, column)?;
        self.used_fills.insert((table.clone(), column.to_owned()));
        Some(fill)
    }

    /// Changes what is left of the columns. Those that are no longer computed come first: their values must not follow
    /// the columns that they were computed from.
    pub(super) fn alter_columns(&mut self) -> Result<(), DiffError> {
        for table in self.common() {
            let mut columns = self.after.tables[&table].columns.clone();
            let computed =
                |column: &Column| self.current.column(&table, &column.name).is_some_and(|it| it.generated.is_some());
            columns.sort_by_key(|column| !(column.generated.is_none() && computed(column)));
            for wanted in columns {
                let Some(column) = self.current.column(&table, &wanted.name) else { continue };
                let mut change = ColumnChange::between(column, &wanted);
                if change.is_empty() {
                    continue;
                }
                if change.column_type.is_some() && !self.was_added(&table, &wanted.name) {
                    change.using = self.answer(&table, &wanted.name);
                }
                self.push(Operation::AlterColumn { table: table.clone(), column: wanted.name, change })?;
            }
        }
        Ok(())
    }
}

/// A step about a column that a person must write.
fn hole(verb: &str, table: &TableName, column: &str, reason: String) -> Hole {
    Hole { step: step(verb, table, column), table: table.clone(), column: column.to_owned(), value: None, reason }
}

/// The name of a data step: `fill_users_bio`, a Rust identifier whatever the names are.
pub(super) fn step(verb: &str, table: &TableName, column: &str) -> String {
    let mut name = format!("{verb}_{}_{column}", table.name);
    name = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    name
}

/// `name IS NULL`, with the name quoted where that is needed.
pub(super) fn is_null(column: &str) -> Sql {
    with_identifier(column, |column| format!("{column} IS NULL"))
}

/// SQL around a column, quoted in the way of each dialect unless it is a plain word.
pub(super) fn with_identifier(column: &str, sql: impl Fn(&str) -> String) -> Sql {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    if is_plain(column) {
        return Sql::portable(&sql(column));
    }
    let double = sql(&format!("\"{}\"", column.replace('"', "\"\"")));
    let backtick = sql(&format!("`{}`", column.replace('`', "``")));
    Sql::each([(Sqlite, double.as_str()), (Postgres, double.as_str()), (Mysql, backtick.as_str())])
}
