//! What an operation does to a schema.

use std::fmt;

use crate::{Column, ColumnType, IndexTarget, Literal, Operation, Schema, Table, TableName, names};

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
                has_columns(table_mut(schema, table)?, columns)?;
                match rows.iter().find(|row| row.len() != columns.len()) {
                    Some(_) => Err(error(table, format!("a row for `{table}` has not as many values as columns"))),
                    None => Ok(()),
                }
            }
            Operation::Backfill { table, column, .. } => has_column(table_mut(schema, table)?, column),
            Operation::Execute { effect, .. } => {
                let mut changed = schema.clone();
                for operation in effect {
                    operation.apply(&mut changed)?;
                }
                *schema = changed;
                Ok(())
            }
            Operation::Run { .. } => Ok(()),
        }
    }
}

fn no_table(schema: &Schema, table: &TableName) -> ApplyError {
    let near = nearest(&table.to_string(), schema.tables.keys().map(ToString::to_string));
    error(table, format!("there is no table `{table}` at this step{near}"))
}

fn no_enum(name: &str) -> ApplyError {
    error(name, format!("there is no enum `{name}` at this step"))
}

fn table_mut<'a>(schema: &'a mut Schema, table: &TableName) -> Result<&'a mut Table> {
    if !schema.tables.contains_key(table) {
        return Err(no_table(schema, table));
    }
    schema.tables.get_mut(table).ok_or_else(|| error(table, "there is no such table"))
}

fn column_mut<'a>(table: &'a mut Table, column: &str) -> Result<&'a mut Column> {
    has_column(table, column)?;
    table.find_mut(column).ok_or_else(|| error(column, "there is no such column"))
}

fn has_column(table: &Table, column: &str) -> Result {
    if table.find(column).is_some() {
        return Ok(());
    }
    let near = nearest(column, table.columns.iter().map(|it| it.name.clone()));
    Err(error(column, format!("there is no column `{}.{column}` at this step{near}", table.name)))
}

fn has_columns(table: &Table, columns: &[String]) -> Result {
    columns.iter().try_for_each(|column| has_column(table, column))
}

/// A hint at the most similar of some names, or nothing.
fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    names::nearest(wanted, names.iter().map(String::as_str)).map_or(String::new(), |name| format!("; is it `{name}`?"))
}

fn free_name(schema: &Schema, table: &TableName, name: &str) -> Result {
    let Some(table) = schema.tables.get(table).filter(|_| !schema.is_database) else { return Ok(()) };
    if name.is_empty() {
        return Err(error(name, "a constraint or index needs a name"));
    }
    if names::all(table).any(|taken| taken == name) {
        return Err(error(name, format!("`{}` already has something called `{name}`", table.name)));
    }
    Ok(())
}

fn remove<T>(items: &mut Vec<T>, name: &str, of: impl Fn(&T) -> &String, kind: &str, table: &TableName) -> Result {
    match items.iter().position(|item| of(item) == name) {
        Some(at) => {
            items.remove(at);
            Ok(())
        }
        None => {
            let near = nearest(name, items.iter().map(|item| of(item).clone()));
            Err(error(name, format!("`{table}` has no {kind} `{name}` at this step{near}")))
        }
    }
}

fn position(values: &[String], value: &str, name: &str) -> Result<usize> {
    values
        .iter()
        .position(|it| it == value)
        .ok_or_else(|| error(value, format!("the enum `{name}` has no value `{value}` at this step")))
}

fn known_enum(enums: &std::collections::BTreeMap<String, crate::Enum>, column_type: &ColumnType) -> Result {
    match column_type {
        ColumnType::Enum(name) if !enums.contains_key(name) => Err(no_enum(name)),
        ColumnType::Array(element) => known_enum(enums, element),
        _ => Ok(()),
    }
}

/// Checks that no foreign key needs a unique or primary key that is about to go.
fn not_referred_to(schema: &Schema, table: &TableName, constraint: &str) -> Result {
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

fn no_null_in_key(table: &Table, key: &crate::PrimaryKey) -> Result {
    match key.columns.iter().find(|name| table.find(name).is_some_and(|column| column.nullable)) {
        Some(name) => Err(error(
            name,
            format!("`{}.{name}` is nullable and cannot be in the primary key: set it NOT NULL first", table.name),
        )),
        None => Ok(()),
    }
}

/// Checks that what a foreign key refers to is there. `own` is the table that is just being made.
fn refers(schema: &Schema, key: &crate::ForeignKey, own: Option<&Table>) -> Result {
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
    for name in names::all(table).filter(|_| !schema.is_database) {
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

fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) -> Result {
    if schema.tables.contains_key(to) {
        return Err(error(to, format!("the table `{to}` exists already")));
    }
    let Some(before) = schema.tables.remove(from) else { return Err(no_table(schema, from)) };
    let mut after = before.clone();
    after.name = to.clone();
    schema.tables.insert(to.clone(), after);
    rename_in_all(
        schema,
        |table| {
            for key in &mut table.foreign_keys {
                if key.table == *from {
                    key.table = to.clone();
                }
            }
        },
        Some((to, &before)),
    );
    Ok(())
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

fn rename_column(schema: &mut Schema, table: &TableName, from: &str, to: &str) -> Result {
    let found = table_mut(schema, table)?;
    has_column(found, from)?;
    if found.find(to).is_some() {
        return Err(error(to, format!("the column `{table}.{to}` exists already")));
    }
    let set = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    rename_in_all(
        schema,
        |other| {
            if other.name == *table {
                for column in &mut other.columns {
                    set(&mut column.name);
                    if let Some(generated) = &mut column.generated {
                        generated.expression = generated.expression.renamed(&[(from, to)]);
                    }
                }
                other.primary_key.iter_mut().flat_map(|it| &mut it.columns).for_each(set);
                other.uniques.iter_mut().flat_map(|it| &mut it.columns).for_each(set);
                for index in &mut other.indexes {
                    index.include.iter_mut().for_each(set);
                    for part in &mut index.parts {
                        match &mut part.target {
                            IndexTarget::Column(name) => set(name),
                            IndexTarget::Expression(sql) => *sql = sql.renamed(&[(from, to)]),
                        }
                    }
                    if let Some(predicate) = &mut index.predicate {
                        *predicate = predicate.renamed(&[(from, to)]);
                    }
                }
                other.foreign_keys.iter_mut().flat_map(|it| &mut it.columns).for_each(set);
                for check in &mut other.checks {
                    check.expression = check.expression.renamed(&[(from, to)]);
                }
            }
            for key in other.foreign_keys.iter_mut().filter(|key| key.table == *table) {
                key.references.iter_mut().for_each(set);
            }
        },
        None,
    );
    Ok(())
}

/// Changes names in every table, and lets the names that the tool made from them follow. `moved` is a table under its
/// new name, with what it was before.
fn rename_in_all(schema: &mut Schema, mut change: impl FnMut(&mut Table), moved: Option<(&TableName, &Table)>) {
    for table in schema.tables.values_mut() {
        let before = match moved {
            Some((name, before)) if *name == table.name => Some(before.clone()),
            _ => None,
        };
        let mut after = table.clone();
        change(&mut after);
        let before = before.unwrap_or_else(|| table.clone());
        if before == after {
            continue;
        }
        let renames = names::renames(&before, &after);
        let follow = |name: &mut String| {
            if let Some((_, to)) = renames.iter().find(|(from, _)| from == name) {
                name.clone_from(to);
            }
        };
        after.primary_key.iter_mut().for_each(|it| follow(&mut it.name));
        after.uniques.iter_mut().for_each(|it| follow(&mut it.name));
        after.indexes.iter_mut().for_each(|it| follow(&mut it.name));
        after.foreign_keys.iter_mut().for_each(|it| follow(&mut it.name));
        after.checks.iter_mut().for_each(|it| follow(&mut it.name));
        *table = after;
    }
}

fn rename_enum_value(schema: &mut Schema, name: &str, from: &str, to: &str) -> Result {
    let values = &mut schema.enums.get_mut(name).ok_or_else(|| no_enum(name))?.values;
    if values.iter().any(|value| value == to) {
        return Err(error(to, format!("the enum `{name}` has the value `{to}` already")));
    }
    let at = position(values, from, name)?;
    to.clone_into(&mut values[at]);
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            let of_enum = matches!(&column.column_type, ColumnType::Enum(it) if it == name);
            match &mut column.default {
                Some(crate::DefaultValue::Literal(Literal::Text(value))) if of_enum && value == from => {
                    to.clone_into(value);
                }
                Some(crate::DefaultValue::Sql(sql)) if of_enum => *sql = sql.with_text(from, to),
                _ => {}
            }
        }
    }
    Ok(())
}
