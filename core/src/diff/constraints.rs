//! Keys, uniques, indexes and checks: dropped before everything else, made after everything else.

use super::DiffError;
use super::planner::Planner;
use crate::canonical::exact_text;
use crate::{Operation, Schema, TableName};

/// Renames what is wanted under another name and else as it is. In a database what has no name cannot be renamed: there
/// it is dropped and made.
pub(super) fn rename(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    if planner.current.is_database || planner.after.is_database {
        return Ok(());
    }
    for name in planner.common() {
        let (there, wanted) = (&planner.current.tables[&name], &planner.after.tables[&name]);
        let indexes = renamed(&there.indexes, &wanted.indexes, |it| &mut it.name);
        let mut constraints = renamed(there.primary_key.as_slice(), wanted.primary_key.as_slice(), |it| &mut it.name);
        constraints.extend(renamed(&there.uniques, &wanted.uniques, |it| &mut it.name));
        constraints.extend(renamed(&there.foreign_keys, &wanted.foreign_keys, |it| &mut it.name));
        constraints.extend(renamed(&there.checks, &wanted.checks, |it| &mut it.name));
        let table = || name.clone();
        let indexes = indexes.into_iter().map(|(from, to)| Operation::RenameIndex { table: table(), from, to });
        let constraints =
            constraints.into_iter().map(|(from, to)| Operation::RenameConstraint { table: table(), from, to });
        for operation in indexes.chain(constraints) {
            // A name that is still taken, here or elsewhere, is free when everything that goes is gone.
            if is_free(planner, &operation) {
                planner.push(operation)?;
            }
        }
    }
    Ok(())
}

/// Whether nothing else has the new name; many databases have it but once, in whatever case.
fn is_free(planner: &Planner<'_>, rename: &Operation) -> bool {
    let (Operation::RenameIndex { table, from, to } | Operation::RenameConstraint { table, from, to }) = rename else {
        return true;
    };
    planner.current.tables.values().all(|other| {
        other.names().all(|taken| !taken.eq_ignore_ascii_case(to) || (other.name == *table && taken == from))
    })
}

/// The names of those that go, each with that of its like that comes.
fn renamed<T: Clone + PartialEq>(there: &[T], wanted: &[T], name: fn(&mut T) -> &mut String) -> Vec<(String, String)> {
    let nameless = |items: &[T]| -> Vec<(String, T)> {
        items.iter().cloned().map(|mut it| (std::mem::take(name(&mut it)), it)).collect()
    };
    let (mut going, mut coming) = (nameless(there), nameless(wanted));
    let names = |items: &[(String, T)]| -> Vec<String> { items.iter().map(|(name, _)| name.clone()).collect() };
    let (old, new) = (names(&going), names(&coming));
    going.retain(|(name, _)| !new.contains(name));
    coming.retain(|(name, _)| !old.contains(name));
    let mut renames = Vec::new();
    for (from, it) in going {
        if let Some(at) = coming.iter().position(|(_, other)| *other == it) {
            renames.push((from, coming.remove(at).0));
        }
    }
    renames
}

/// Drops what is not wanted any more, or not as it is: foreign keys first, of all tables.
pub(super) fn drop(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    let common = planner.common();
    for name in &common {
        let wanted = &planner.after.tables[name];
        let gone = missing(&planner.current.tables[name].foreign_keys, &wanted.foreign_keys, |it| &it.name);
        for key in gone {
            planner.push(Operation::DropForeignKey { table: name.clone(), name: key })?;
        }
    }
    for name in &common {
        let (table, wanted) = (planner.current.tables[name].clone(), &planner.after.tables[name]);
        for check in missing(&table.checks, &wanted.checks, |it| &it.name) {
            planner.push(Operation::DropCheck { table: name.clone(), name: check })?;
        }
        for index in missing(&table.indexes, &wanted.indexes, |it| &it.name) {
            planner.push(Operation::DropIndex { table: name.clone(), name: index })?;
        }
        for unique in missing(&table.uniques, &wanted.uniques, |it| &it.name) {
            drop_references_by(planner, name, &unique)?;
            planner.push(Operation::DropUnique { table: name.clone(), name: unique })?;
        }
        if let Some(key) = table.primary_key.filter(|key| wanted.primary_key.as_ref() != Some(key)) {
            drop_references_by(planner, name, &key.name)?;
            planner.push(Operation::DropPrimaryKey { table: name.clone(), name: key.name })?;
        }
    }
    Ok(())
}

/// Makes what is wanted and not there: keys that others may refer to first, foreign keys last, of all tables.
pub(super) fn create(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    let common = planner.common();
    for name in &common {
        let (table, wanted) = (planner.current.tables[name].clone(), &planner.after.tables[name]);
        if table == *wanted || exact_text(&table) == exact_text(wanted) {
            continue;
        }
        if let (None, Some(primary_key)) = (&table.primary_key, &wanted.primary_key) {
            let primary_key = primary_key.clone();
            planner.push(Operation::CreatePrimaryKey { table: name.clone(), primary_key })?;
        }
        for unique in wanted.uniques.iter().filter(|it| !table.uniques.contains(it)) {
            planner.push(Operation::CreateUnique { table: name.clone(), unique: unique.clone() })?;
        }
        for index in wanted.indexes.iter().filter(|it| !table.indexes.contains(it)) {
            planner.push(Operation::CreateIndex { table: name.clone(), index: index.clone() })?;
        }
        for check in wanted.checks.iter().filter(|it| !table.checks.contains(it)) {
            planner.push(Operation::CreateCheck { table: name.clone(), check: check.clone() })?;
        }
    }
    for name in &common {
        let there = planner.current.tables[name].foreign_keys.clone();
        for key in planner.after.tables[name].foreign_keys.iter().filter(|it| !there.contains(it)) {
            planner.push(Operation::CreateForeignKey { table: name.clone(), foreign_key: key.clone() })?;
        }
    }
    Ok(())
}

/// Drops every foreign key of other tables to this one.
pub(super) fn drop_references_to(planner: &mut Planner<'_>, table: &TableName) -> Result<(), DiffError> {
    let keys: Vec<_> = planner
        .current
        .references_to(table)
        .filter(|(from, _)| *from != table)
        .map(|(from, key)| (from.clone(), key.name.clone()))
        .collect();
    keys.into_iter().try_for_each(|(table, name)| planner.push(Operation::DropForeignKey { table, name }))
}

/// Drops the foreign keys that need a unique or primary key which is about to go.
fn drop_references_by(planner: &mut Planner<'_>, table: &TableName, constraint: &str) -> Result<(), DiffError> {
    let found = &planner.current.tables[table];
    let columns = match &found.primary_key {
        Some(key) if key.name == constraint => key.columns.clone(),
        _ => found.uniques.iter().find(|it| it.name == constraint).map(|it| it.columns.clone()).unwrap_or_default(),
    };
    let keys: Vec<_> = planner
        .current
        .references_to(table)
        .filter(|(_, key)| key.references == columns)
        .map(|(from, key)| (from.clone(), key.name.clone()))
        .collect();
    keys.into_iter().try_for_each(|(table, name)| planner.push(Operation::DropForeignKey { table, name }))
}

/// Drops all that could not stand without a column.
pub(super) fn drop_dependants(planner: &mut Planner<'_>, table: &TableName, column: &str) -> Result<(), DiffError> {
    dependants(&planner.current, table, column).into_iter().try_for_each(|drop| planner.push(drop))
}

/// What drops all that could not stand without a column.
pub(crate) fn dependants(schema: &Schema, table: &TableName, column: &str) -> Vec<Operation> {
    let Some(found) = schema.tables.get(table) else { return Vec::new() };
    let has = |columns: &[String]| columns.iter().any(|it| it == column);
    let of = |name: &String| (table.clone(), name.clone());
    let foreign_keys = schema
        .references_to(table)
        .filter(|(_, key)| has(&key.references))
        .map(|(from, key)| (from.clone(), key.name.clone()))
        .chain(found.foreign_keys.iter().filter(|it| has(&it.columns)).map(|it| of(&it.name)))
        .map(|(table, name)| Operation::DropForeignKey { table, name });
    let checks = found.checks.iter().filter(|it| it.expression.mentions(column)).map(|it| of(&it.name));
    let indexes = found.indexes.iter().filter(|it| it.mentions(column)).map(|it| of(&it.name));
    let uniques = found.uniques.iter().filter(|it| has(&it.columns)).map(|it| of(&it.name));
    let primary_key = found.primary_key.iter().filter(|it| has(&it.columns)).map(|it| of(&it.name));
    foreign_keys
        .chain(checks.map(|(table, name)| Operation::DropCheck { table, name }))
        .chain(indexes.map(|(table, name)| Operation::DropIndex { table, name }))
        .chain(uniques.map(|(table, name)| Operation::DropUnique { table, name }))
        .chain(primary_key.map(|(table, name)| Operation::DropPrimaryKey { table, name }))
        .collect()
}

/// The names of those that are not among the wanted ones exactly as they are.
fn missing<T: PartialEq>(there: &[T], wanted: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    there.iter().filter(|it| !wanted.contains(it)).map(|it| name(it).clone()).collect()
}
