//! What rows get in columns that cannot be without a value, where nobody is asked.

use migratable_core::{Column, Operation, Schema, Table, TableName};

use super::super::ddl::{qualified, quoted};
use super::super::types;
use super::{Planned, Planner};
use crate::plan::Mode;

/// How rows get a value in a new column.
pub(super) enum Fill {
    /// All the same one.
    Same(String),
    /// By a statement.
    Update(String),
}

/// The schema behind all operations, if some of them may have to fill a column for it.
pub(super) fn target(operations: &[Operation], schema: &Schema, mode: Mode) -> Option<Schema> {
    let fills = |it: &Operation| matches!(it, Operation::AddColumn { .. } | Operation::AlterColumn { .. });
    if !mode.fills() || !operations.iter().any(fills) {
        return None;
    }
    let mut target = schema.clone();
    for operation in operations {
        operation.apply(&mut target).ok()?;
    }
    Some(target)
}

impl Planner<'_> {
    /// The table as it will be, where that is known.
    pub(super) fn in_target<'t>(&'t self, table: &'t Table) -> &'t Table {
        self.target.as_ref().and_then(|target| target.table(&table.name)).unwrap_or(table)
    }

    /// Whether no two rows may be equal in this column, alone or with others that are as new as it.
    fn is_distinct(&self, table: &Table, column: &str) -> bool {
        let name = &table.name;
        let is_new = |other: &str| {
            let is_there = self.schema.table(name).is_some_and(|it| it.find(other).is_some());
            !is_there || self.added.contains(&(name.clone(), other.to_owned()))
        };
        let rests_on = |columns: &[&str]| {
            columns.first() == Some(&column) && (columns.len() == 1 || columns.iter().all(|it| is_new(it)))
        };
        let names = |columns: &[String]| rests_on(&columns.iter().map(String::as_str).collect::<Vec<_>>());
        let table = self.in_target(table);
        table.primary_key.iter().any(|it| names(&it.columns))
            || table.uniques.iter().any(|it| names(&it.columns))
            || table.indexes.iter().filter(|it| it.unique).any(|it| {
                let columns: Option<Vec<&str>> = it.parts.iter().map(|part| part.column_name()).collect();
                columns.is_some_and(|columns| rests_on(&columns))
            })
    }

    /// Some row of the table that a column refers to; the row itself if that is its own table.
    fn referred(&self, table: &Table, column: &str) -> Option<String> {
        let keys = &self.in_target(table).foreign_keys;
        let key = keys.iter().find(|it| matches!(it.columns.as_slice(), [only] if only == column))?;
        let (target, of) = (quoted(&key.references[0]), qualified(&key.table));
        // It may have another name until later, or not be there yet.
        let is_there = self.schema.table(&key.table).is_some_and(|it| it.find(&key.references[0]).is_some());
        is_there.then(|| match key.table == table.name {
            true => target,
            false => format!("(SELECT {target} FROM {of} ORDER BY {target} LIMIT 1)"),
        })
    }

    /// What the rows of a table get in a new column.
    pub(super) fn fill(&self, table: &Table, column: &Column) -> Fill {
        let domain = self.domain(&column.column_type);
        let column = &self.on_base(column);
        let neutral = types::neutral(&column.column_type, &self.schema.enums);
        if self.is_distinct(table, &column.name)
            && let Some(value) = types::distinct(&column.column_type, "migratable_row.number")
        {
            return Fill::Update(number_rows(&table.name, &column.name, &value, "TRUE", "0"));
        }
        match self.referred(table, &column.name).or_else(|| self.fitting(table, column, domain)) {
            Some(value) => {
                Fill::Update(format!("UPDATE {} SET {} = {value}", qualified(&table.name), quoted(&column.name)))
            }
            None => Fill::Same(neutral),
        }
    }

    /// Puts something in the place of NULL.
    pub(super) fn fill_null(&self, table: &Table, column: &Column) -> Planned<String> {
        let domain = self.domain(&column.column_type);
        let column = &self.on_base(column);
        let name = quoted(&column.name);
        let is_null = format!("{name} IS NULL");
        if column.identity.is_some() || (column.default_value().is_none() && self.is_distinct(table, &column.name)) {
            let last = match column.column_type.is_integer() {
                true => format!("(SELECT coalesce(max({name}), 0) FROM {})", qualified(&table.name)),
                false => "0".to_owned(),
            };
            if let Some(value) = types::distinct(&column.column_type, "migratable_row.number") {
                return Ok(number_rows(&table.name, &column.name, &value, &is_null, &last));
            }
        }
        let value = match types::default(column)?.filter(|_| column.default_value().is_some()) {
            Some(default) => default,
            None => self
                .referred(table, &column.name)
                .or_else(|| self.fitting(table, column, domain))
                .unwrap_or_else(|| types::neutral(&column.column_type, &self.schema.enums)),
        };
        Ok(format!("UPDATE {} SET {name} = {value} WHERE {is_null}", qualified(&table.name)))
    }
}

/// Gives each row a value of its own, from numbers behind the last.
fn number_rows(table: &TableName, column: &str, value: &str, which: &str, last: &str) -> String {
    let (table, column) = (qualified(table), quoted(column));
    format!(
        "UPDATE {table} SET {column} = {value} FROM (SELECT ctid AS place, \
         row_number() OVER (ORDER BY ctid) + {last} AS number FROM {table} WHERE {which}) AS migratable_row \
         WHERE {table}.ctid = migratable_row.place"
    )
}
