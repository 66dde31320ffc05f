//! What stands beside the tables and is not managed: changes that it does not allow, or that need it and do not find it,
//! are refused before anything is written.

use std::collections::BTreeSet;

use migratable_core::{Column, ColumnType, DefaultValue, Dialect, Index, IndexTarget, Operation, Sql, TableName};

use super::super::types;
use crate::inspect::{Extension, Inspected, NotManaged};
use crate::plan::Refusal;

/// Refuses the first operation that what is not managed stands in the way of.
pub(super) fn leave_alone(before: &Inspected, after: &Inspected, operations: &[Operation]) -> Result<(), Refusal> {
    for (operation, at) in operations.iter().zip(0..) {
        let reason = taken(before, after, operation)
            .or_else(|| needed(before, operations, operation))
            .or_else(|| missing(before, after, operation));
        if let Some(message) = reason {
            return Err(Refusal { operation: at, message });
        }
    }
    Ok(())
}

/// A table that goes on as something that no schema can hold, or something that is made beside such a one of its name.
fn taken(before: &Inspected, after: &Inspected, operation: &Operation) -> Option<String> {
    let of = |table: &TableName, name: &str| TableName { name: name.to_owned(), ..table.clone() };
    let (name, side, shares) = match operation {
        Operation::CreateTable(table) => (table.name.clone(), before, Shares::All),
        Operation::RenameTable { to, .. } => (to.clone(), before, Shares::All),
        Operation::DropTable { table } => (table.clone(), after, Shares::All),
        Operation::CreateEnum(it) => (TableName::parse(&it.name), before, Shares::Types),
        Operation::CreateIndex { table, index } => (of(table, &index.name), before, Shares::Relations),
        Operation::CreateUnique { table, unique } => (of(table, &unique.name), before, Shares::Relations),
        Operation::CreatePrimaryKey { table, primary_key } => (of(table, &primary_key.name), before, Shares::Relations),
        _ => return None,
    };
    let name = name.to_string();
    let other = side.not_managed.iter().find(|it| it.table.is_none() && it.name == name && shares.with(&it.kind))?;
    Some(format!("`{name}` is a {} in one of the databases, which is not managed: change it by hand", other.kind))
}

/// What has its names together with something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shares {
    Relations,
    Types,
    All,
}

impl Shares {
    fn with(self, kind: &str) -> bool {
        match kind {
            "domain" | "range type" => self != Shares::Relations,
            "sequence" => self != Shares::Types,
            "composite type" => true,
            kind => kind.ends_with("view") || kind.ends_with("table"),
        }
    }
}

/// Something that goes, and that something else rests on.
fn needed(before: &Inspected, operations: &[Operation], operation: &Operation) -> Option<String> {
    let goes = |table: &TableName| {
        operations.iter().any(|it| matches!(it, Operation::DropTable { table: gone } if gone == table))
    };
    let mut needs = before.needs.iter();
    let (what, need) = match operation {
        Operation::DropTable { table } => {
            (table.to_string(), needs.find(|it| it.of == *table && !it.with.as_ref().is_some_and(goes))?)
        }
        Operation::DropColumn { table, column } => {
            (format!("{table}.{column}"), needs.find(|it| it.of == *table && it.column.as_ref() == Some(column))?)
        }
        Operation::DropEnum { name } => (name.clone(), needs.find(|it| it.of == TableName::parse(name))?),
        Operation::DropEnumValue { name, .. } => {
            // Functions and procedures are made again.
            let stays = |by: &str| !by.starts_with("function ") && !by.starts_with("procedure ");
            (name.clone(), needs.find(|it| it.of == TableName::parse(name) && stays(&it.by))?)
        }
        _ => return None,
    };
    Some(format!("the {} needs `{what}` and is not managed: change or drop it by hand first", need.by))
}

/// Something that only the other database has, and that the operation needs.
fn missing(before: &Inspected, after: &Inspected, operation: &Operation) -> Option<String> {
    let only_there = |it: &&NotManaged| !before.not_managed.contains(it);
    let mut others = after.not_managed.iter().filter(only_there);
    let parts = Parts::of(operation);
    let found = others.find(|it| match it.kind.as_str() {
        "domain" | "composite type" | "range type" => parts.types.contains(&it.name),
        "function" => {
            let name = it.name.split('(').next().unwrap_or_default();
            let is_elsewhere = before.not_managed.iter().any(|other| other.name.split('(').next() == Some(name));
            !is_elsewhere && parts.texts.iter().any(|sql| calls(sql, name))
        }
        _ => false,
    })?;
    Some(format!(
        "the {} `{}` is only in the other database and is not managed: make it by hand first",
        found.kind, found.name
    ))
}

/// The extensions that only the other database has, and that a table needs which the operations bring something to.
pub(super) fn extensions<'a>(
    before: &Inspected,
    after: &'a Inspected,
    operations: &[Operation],
) -> impl Iterator<Item = (&'a String, &'a Extension)> {
    let brings: BTreeSet<&TableName> = operations
        .iter()
        .filter_map(|it| match it {
            Operation::CreateTable(table) => Some(&table.name),
            Operation::AddColumn { table, .. }
            | Operation::AlterColumn { table, .. }
            | Operation::CreateIndex { table, .. }
            | Operation::CreateCheck { table, .. } => Some(table),
            _ => None,
        })
        .collect();
    let missing = after.extensions.iter().filter(|(name, _)| !before.extensions.contains_key(*name));
    missing.filter(move |(_, it)| it.users.iter().any(|user| brings.contains(user)))
}

/// What an operation brings along.
#[derive(Default)]
struct Parts<'a> {
    types: Vec<String>,
    texts: Vec<&'a Sql>,
}

impl<'a> Parts<'a> {
    fn of(operation: &'a Operation) -> Parts<'a> {
        let mut parts = Parts::default();
        match operation {
            Operation::CreateTable(table) => {
                table.columns.iter().for_each(|column| parts.column(column));
                parts.texts.extend(table.checks.iter().map(|check| &check.expression));
                table.indexes.iter().for_each(|index| parts.index(index));
            }
            Operation::AddColumn { column, .. } => parts.column(column),
            Operation::AlterColumn { change, .. } => {
                parts.types.extend(change.column_type.as_ref().and_then(element));
                parts.default_value(change.default.as_ref().and_then(Option::as_ref));
                parts.texts.extend(change.generated.iter().flatten().map(|it| &it.expression));
            }
            Operation::CreateCheck { check, .. } => parts.texts.push(&check.expression),
            Operation::CreateIndex { index, .. } => parts.index(index),
            _ => {}
        }
        parts
    }

    fn column(&mut self, column: &'a Column) {
        self.types.extend(element(&column.column_type));
        self.default_value(column.default.as_ref());
        self.texts.extend(column.generated.as_ref().map(|it| &it.expression));
    }

    fn default_value(&mut self, default: Option<&'a DefaultValue>) {
        if let Some(DefaultValue::Sql(sql)) = default {
            self.texts.push(sql);
        }
    }

    fn index(&mut self, index: &'a Index) {
        self.texts.extend(&index.predicate);
        self.texts.extend(index.parts.iter().filter_map(|part| match &part.target {
            IndexTarget::Expression(sql) => Some(sql),
            IndexTarget::Column(_) => None,
        }));
    }
}

/// The name of a type, or of the elements of an array.
fn element(column_type: &ColumnType) -> Option<String> {
    let name = types::name(column_type).ok()?;
    let plain = name.split(['(', '[']).next().unwrap_or_default();
    Some(TableName::parse(plain).to_string())
}

/// Whether a text calls a function of this name.
fn calls(sql: &Sql, name: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let text = sql.text(Dialect::Postgres).unwrap_or_default();
    text.match_indices(&format!("{name}(")).any(|(at, _)| !text[..at].ends_with(is_word))
}
