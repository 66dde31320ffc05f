//! What an operation does to a schema.

mod checks;
mod rename;
mod seeds;

use std::fmt;

use crate::{Column, IndexTarget, Operation, Schema, Table, TableName};

use checks::*;
use rename::{rename_column, rename_constraint, rename_enum_value, rename_index, rename_table};

/// Why an operation does not fit the schema that it meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyError {
    /// What is wrong, in a sentence.
    pub message: String,
    /// The name in the operation that is wrong, as the revision file spells it.
    pub subject: String,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApplyError {}

fn error(subject: impl ToString, message: impl Into<String>) -> ApplyError {
    ApplyError { message: message.into(), subject: subject.to_string() }
}

type Result<T = ()> = std::result::Result<T, ApplyError>;

impl Operation {
    /// Makes the change in a schema.
    ///
    /// # Errors
    /// If the schema does not have what the operation works on, or already has what it makes, or something that stays
    /// depends on what it drops. The schema is then as it was.
    pub fn apply(&self, schema: &mut Schema) -> Result {
        match self {
            Operation::CreateTable(table) => create_table(schema, table),
            Operation::DropTable { table } => drop_table(schema, table),
            Operation::RenameTable { from, to } => rename_table(schema, from, to),
            Operation::AddColumn { table, column } => add_column(schema, table, column),
            Operation::DropColumn { table, column } => drop_column(schema, table, column),
            Operation::RenameColumn { table, from, to } => rename_column(schema, table, from, to),
            Operation::AlterColumn { table, column, change } => {
                let lenient = schema.is_database;
                table_mut(schema, table)?;
                if let Some(column_type) = &change.column_type {
                    known_enum(&schema.enums, column_type)?;
                }
                let found = table_mut(schema, table)?;
                let key = found.is_key(column);
                let target = column_mut(found, column)?;
                if key && change.nullable == Some(true) && !lenient {
                    return Err(error(column, format!("`{table}.{column}` is in the primary key and cannot be NULL")));
                }
                change.apply(target);
                Ok(())
            }
            Operation::CreateIndex { table, index } => {
                free_name(schema, table, &index.name)?;
                let found = table_mut(schema, table)?;
                for part in &index.parts {
                    if let IndexTarget::Column(name) = &part.target {
                        has_column(found, name)?;
                    }
                }
                has_columns(found, &index.include)?;
                found.indexes.push(index.clone());
                Ok(())
            }
            Operation::DropIndex { table, name } => {
                remove(&mut table_mut(schema, table)?.indexes, name, |it| &it.name, "index", table)
            }
            Operation::CreateUnique { table, unique } => {
                free_name(schema, table, &unique.name)?;
                let found = table_mut(schema, table)?;
                has_columns(found, &unique.columns)?;
                found.uniques.push(unique.clone());
                Ok(())
            }
            Operation::DropUnique { table, name } => {
                not_referred_to(schema, table, name)?;
                remove(&mut table_mut(schema, table)?.uniques, name, |it| &it.name, "unique", table)
            }
            Operation::CreateCheck { table, check } => {
                free_name(schema, table, &check.name)?;
                let found = table_mut(schema, table)?;
                found.checks.push(check.clone());
                Ok(())
            }
            Operation::DropCheck { table, name } => {
                remove(&mut table_mut(schema, table)?.checks, name, |it| &it.name, "check", table)
            }
            Operation::CreateForeignKey { table, foreign_key } => {
                refers(schema, foreign_key, None)?;
                free_name(schema, table, &foreign_key.name)?;
                let found = table_mut(schema, table)?;
                has_columns(found, &foreign_key.columns)?;
                found.foreign_keys.push(foreign_key.clone());
                Ok(())
            }
            Operation::DropForeignKey { table, name } => {
                remove(&mut table_mut(schema, table)?.foreign_keys, name, |it| &it.name, "foreign key", table)
            }
            Operation::CreatePrimaryKey { table, primary_key } => {
                free_name(schema, table, &primary_key.name)?;
                let lenient = schema.is_database;
                let found = table_mut(schema, table)?;
                if let Some(key) = &found.primary_key {
                    return Err(error(
                        &primary_key.name,
                        format!("`{table}` already has the primary key `{}`", key.name),
                    ));
                }
                has_columns(found, &primary_key.columns)?;
                if !lenient {
                    no_null_in_key(found, primary_key)?;
                }
                found.primary_key = Some(primary_key.clone());
                Ok(())
            }
            Operation::DropPrimaryKey { table, name } => {
                not_referred_to(schema, table, name)?;
                let found = table_mut(schema, table)?;
                match &found.primary_key {
                    Some(key) if key.name == *name => found.primary_key = None,
                    Some(key) => {
                        let message = format!("the primary key of `{table}` is `{}`, not `{name}`", key.name);
                        return Err(error(name, message));
                    }
                    None => return Err(error(name, format!("`{table}` has no primary key"))),
                }
                Ok(())
            }
            Operation::RenameIndex { table, from, to } => rename_index(schema, table, from, to),
            Operation::RenameConstraint { table, from, to } => rename_constraint(schema, table, from, to),
            Operation::CreateEnum(enumeration) => {
                if schema.enums.contains_key(&enumeration.name) {
                    return Err(error(&enumeration.name, format!("the enum `{}` exists already", enumeration.name)));
                }
                schema.enums.insert(enumeration.name.clone(), enumeration.clone());
                Ok(())
            }
            Operation::DropEnum { name } => {
                if let Some((table, column)) = schema.users_of(name).next() {
                    let message = format!("`{table}.{}` still has the type `{name}`: drop it first", column.name);
                    return Err(error(name, message));
                }
                match schema.enums.remove(name) {
                    Some(_) => Ok(()),
                    None => Err(no_enum(name)),
                }
            }
            Operation::AddEnumValue { name, value, before } => {
                let values = &mut schema.enums.get_mut(name).ok_or_else(|| no_enum(name))?.values;
                if values.contains(value) {
                    return Err(error(value, format!("the enum `{name}` has the value `{value}` already")));
                }
                let at = match before {
                    Some(before) => position(values, before, name)?,
                    None => values.len(),
                };
                values.insert(at, value.clone());
                Ok(())
            }
            Operation::RenameEnumValue { name, from, to } => rename_enum_value(schema, name, from, to),
            Operation::DropEnumValue { name, value } => {
                let values = &mut schema.enums.get_mut(name).ok_or_else(|| no_enum(name))?.values;
                let at = position(values, value, name)?;
                values.remove(at);
                Ok(())
            }
            Operation::SetTableComment { table, comment } => {
                table_mut(schema, table)?.comment.clone_from(comment);
                Ok(())
            }
            Operation::SetTableOption { table, option, value: Some(order) } if option == Table::COLUMN_ORDER => {
                table_mut(schema, table)?.order_columns(order);
                Ok(())
            }
            Operation::SetTableOption { table, option, value } => {
                table_mut(schema, table)?.native.set(option, value.as_deref());
                Ok(())
            }
            Operation::BulkInsert { table, columns, rows } => {
                table_mut(schema, table)?;
                schema.table(table).map_or(Ok(()), |found| seeds::fit(schema, found, columns, rows))
            }
            Operation::Backfill { table, column, .. } => has_column(table_mut(schema, table)?, column),
            Operation::Execute { sql, effect } => {
                if let Some(blank) = sql.texts().find(|text| text.trim().is_empty()) {
                    return Err(error(
                        blank,
                        "a statement without a word does nothing: write the SQL, or leave it out",
                    ));
                }
                let mut changed = schema.clone();
                for operation in effect {
                    operation.apply(&mut changed)?;
                }
                *schema = changed;
                Ok(())
            }
            Operation::MapRows { table, .. } => match &table_mut(schema, table)?.primary_key {
                Some(_) => Ok(()),
                None => Err(error(
                    table,
                    format!("`{table}` has no primary key, by which its rows could be told apart: use `op.run(..)`"),
                )),
            },
            Operation::Convert(it) | Operation::ConvertLast(it) => table_mut(schema, &it.table).map(drop),
            Operation::Run { .. } | Operation::Irreversible { .. } => Ok(()),
        }
    }
}

fn create_table(schema: &mut Schema, table: &Table) -> Result {
    if schema.tables.contains_key(&table.name) {
        return Err(error(&table.name, format!("the table `{}` exists already", table.name)));
    }
    if table.columns.is_empty() && !schema.is_database {
        return Err(error(&table.name, format!("the table `{}` has no columns", table.name)));
    }
    for (at, column) in table.columns.iter().enumerate() {
        if table.columns[..at].iter().any(|other| other.name == column.name) {
            return Err(error(&column.name, format!("`{}` has two columns `{}`", table.name, column.name)));
        }
        known_enum(&schema.enums, &column.column_type)?;
    }
    if let Some(key) = &table.primary_key {
        has_columns(table, &key.columns)?;
        if !schema.is_database {
            no_null_in_key(table, key)?;
        }
    }
    for unique in &table.uniques {
        has_columns(table, &unique.columns)?;
    }
    for index in &table.indexes {
        for part in &index.parts {
            if let IndexTarget::Column(name) = &part.target {
                has_column(table, name)?;
            }
        }
        has_columns(table, &index.include)?;
    }
    for key in &table.foreign_keys {
        has_columns(table, &key.columns)?;
        refers(schema, key, Some(table))?;
    }
    let mut taken: Vec<&str> = Vec::new();
    for name in table.names().filter(|_| !schema.is_database) {
        if name.is_empty() || taken.contains(&name) {
            let message = if name.is_empty() {
                format!("a constraint or index of `{}` has no name", table.name)
            } else {
                format!("`{}` has two things called `{name}`", table.name)
            };
            return Err(error(name, message));
        }
        taken.push(name);
    }
    schema.tables.insert(table.name.clone(), table.clone());
    Ok(())
}

fn drop_table(schema: &mut Schema, table: &TableName) -> Result {
    if let Some((from, key)) = schema.references_to(table).find(|(from, _)| *from != table) {
        let message = format!("`{from}` still refers to `{table}` by `{}`: drop that first", key.name);
        return Err(error(table, message));
    }
    match schema.tables.remove(table) {
        Some(_) => Ok(()),
        None => Err(no_table(schema, table)),
    }
}

fn add_column(schema: &mut Schema, table: &TableName, column: &Column) -> Result {
    known_enum(&schema.enums, &column.column_type)?;
    let found = table_mut(schema, table)?;
    if found.find(&column.name).is_some() {
        return Err(error(&column.name, format!("the column `{table}.{}` exists already", column.name)));
    }
    found.columns.push(column.clone());
    Ok(())
}

fn drop_column(schema: &mut Schema, table: &TableName, column: &str) -> Result {
    let lenient = schema.is_database;
    let found = table_mut(schema, table)?;
    has_column(found, column)?;
    if let Some(dependant) = found.dependants(column).first().filter(|_| !lenient) {
        return Err(error(column, format!("the {dependant} still needs `{table}.{column}`: drop it first")));
    }
    if found.columns.len() == 1 && !lenient {
        return Err(error(column, format!("`{column}` is the last column of `{table}`: drop the table instead")));
    }
    let needed = schema.references_to(table).find(|(_, key)| !lenient && key.references.iter().any(|it| it == column));
    if let Some((from, key)) = needed {
        return Err(error(
            column,
            format!("`{from}` still refers to `{table}.{column}` by `{}`: drop that first", key.name),
        ));
    }
    table_mut(schema, table)?.columns.retain(|it| it.name != column);
    Ok(())
}
