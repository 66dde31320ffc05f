//! What an operation must find in a schema.

use super::{ApplyError, Result, error};
use crate::{Column, ColumnType, Schema, Table, TableName, names};

pub(super) fn no_table(schema: &Schema, table: &TableName) -> ApplyError {
    let near = nearest(&table.to_string(), schema.tables.keys().map(ToString::to_string));
    error(table, format!("there is no table `{table}` at this step{near}"))
}

pub(super) fn no_enum(name: &str) -> ApplyError {
    error(name, format!("there is no enum `{name}` at this step"))
}

pub(super) fn table_mut<'a>(schema: &'a mut Schema, table: &TableName) -> Result<&'a mut Table> {
    if !schema.tables.contains_key(table) {
        return Err(no_table(schema, table));
    }
    schema.tables.get_mut(table).ok_or_else(|| error(table, "there is no such table"))
}

pub(super) fn column_mut<'a>(table: &'a mut Table, column: &str) -> Result<&'a mut Column> {
    has_column(table, column)?;
    table.find_mut(column).ok_or_else(|| error(column, "there is no such column"))
}

pub(super) fn has_column(table: &Table, column: &str) -> Result {
    if table.find(column).is_some() {
        return Ok(());
    }
    let near = nearest(column, table.columns.iter().map(|it| it.name.clone()));
    Err(error(column, format!("there is no column `{}.{column}` at this step{near}", table.name)))
}

pub(super) fn has_columns(table: &Table, columns: &[String]) -> Result {
    columns.iter().try_for_each(|column| has_column(table, column))
}

/// A hint at the most similar of some names, or nothing.
pub(super) fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    names::nearest(wanted, names.iter().map(String::as_str)).map_or(String::new(), |name| format!("; is it `{name}`?"))
}

pub(super) fn free_name(schema: &Schema, table: &TableName, name: &str) -> Result {
    let Some(table) = schema.tables.get(table).filter(|_| !schema.is_database) else { return Ok(()) };
    if name.is_empty() {
        return Err(error(name, "a constraint or index needs a name"));
    }
    if table.names().any(|taken| taken == name) {
        return Err(error(name, format!("`{}` already has something called `{name}`", table.name)));
    }
    Ok(())
}

pub(super) fn remove<T>(
    items: &mut Vec<T>,
    name: &str,
    of: impl Fn(&T) -> &String,
    kind: &str,
    table: &TableName,
) -> Result {
    items.remove(found_at(items, name, of, kind, table)?);
    Ok(())
}

/// Where something of that name stands.
pub(super) fn found_at<T>(
    items: &[T],
    name: &str,
    of: impl Fn(&T) -> &String,
    kind: &str,
    table: &TableName,
) -> Result<usize> {
    items.iter().position(|item| of(item) == name).ok_or_else(|| {
        let near = nearest(name, items.iter().map(|item| of(item).clone()));
        error(name, format!("`{table}` has no {kind} `{name}` at this step{near}"))
    })
}

pub(super) fn position(values: &[String], value: &str, name: &str) -> Result<usize> {
    values
        .iter()
        .position(|it| it == value)
        .ok_or_else(|| error(value, format!("the enum `{name}` has no value `{value}` at this step")))
}

pub(super) fn known_enum(enums: &std::collections::BTreeMap<String, crate::Enum>, column_type: &ColumnType) -> Result {
    match column_type {
        ColumnType::Enum(name) if !enums.contains_key(name) => Err(no_enum(name)),
        ColumnType::Array(element) => known_enum(enums, element),
        _ => Ok(()),
    }
}

/// Checks that no foreign key needs a unique or primary key that is about to go.
pub(super) fn not_referred_to(schema: &Schema, table: &TableName, constraint: &str) -> Result {
    if schema.is_database {
        return Ok(());
    }
    let Some(found) = schema.tables.get(table) else { return Ok(()) };
    let mut left = found.clone();
    left.uniques.retain(|it| it.name != constraint);
    left.primary_key = left.primary_key.filter(|it| it.name != constraint);
    let needed = |key: &crate::ForeignKey| found.is_unique(&key.references) && !left.is_unique(&key.references);
    match schema.references_to(table).find(|(_, key)| needed(key)) {
        Some((from, key)) => {
            Err(error(constraint, format!("`{from}` still refers to `{table}` by `{}`: drop that first", key.name)))
        }
        None => Ok(()),
    }
}

pub(super) fn no_null_in_key(table: &Table, key: &crate::PrimaryKey) -> Result {
    match key.columns.iter().find(|name| table.find(name).is_some_and(|column| column.nullable)) {
        Some(name) => Err(error(
            name,
            format!("`{}.{name}` is nullable and cannot be in the primary key: set it NOT NULL first", table.name),
        )),
        None => Ok(()),
    }
}

/// Checks that what a foreign key refers to is there. `own` is the table that is just being made.
pub(super) fn refers(schema: &Schema, key: &crate::ForeignKey, own: Option<&Table>) -> Result {
    if schema.is_database {
        return Ok(());
    }
    if key.columns.len() != key.references.len() || key.columns.is_empty() {
        let message = format!("`{}` needs as many columns as it refers to", key.name);
        return Err(error(&key.name, message));
    }
    let target = match own.filter(|own| own.name == key.table) {
        Some(own) => own,
        None => schema.tables.get(&key.table).ok_or_else(|| no_table(schema, &key.table))?,
    };
    has_columns(target, &key.references)
}
