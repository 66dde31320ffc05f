//! Enums and their values.

use std::collections::BTreeMap;

use super::columns::{step, with_identifier};
use super::planner::Planner;
use super::renames::{free, in_order};
use super::{DiffError, Drop, Hole};
use crate::{Column, ColumnType, Enum, ForeignKey, Operation, Sql, TableName};

pub(super) fn rename_values(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    let names: Vec<String> = planner.current.enums.keys().cloned().collect();
    for name in names {
        let renames: Vec<(String, String)> = planner
            .answers
            .value_renames
            .iter()
            .filter(|(of, _, _)| *of == name)
            .map(|(_, from, to)| (from.clone(), to.clone()))
            .collect();
        let passing = |value: &String| passing(planner, &name, value, "renamed");
        for (from, to) in in_order(&renames, passing) {
            planner.push(Operation::RenameEnumValue { name: name.clone(), from, to })?;
        }
    }
    Ok(())
}

/// Makes new enums, adds new values, and moves values that stand in another order.
pub(super) fn create_and_extend(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    for wanted in planner.after.enums.values() {
        let Some(there) = planner.current.enums.get(&wanted.name).cloned() else {
            planner.push(Operation::CreateEnum(Enum { model: None, ..wanted.clone() }))?;
            continue;
        };
        let mut set_aside = BTreeMap::new();
        let kept: Vec<&String> = wanted.values.iter().filter(|it| there.values.contains(it)).collect();
        let order: Vec<&String> = there.values.iter().filter(|it| wanted.values.contains(it)).collect();
        if kept != order {
            if !planner.after.is_database {
                drop_references(planner, &wanted.name)?;
            }
            for value in moved(&order, &kept) {
                match planner.after.is_database {
                    // The dialect makes the type anew, by the texts of its values.
                    true => planner.push(Operation::DropEnumValue { name: wanted.name.clone(), value })?,
                    // Out of the way, so that it can be added in another place and its rows can follow.
                    false => {
                        let (name, to) = (wanted.name.clone(), passing(planner, &wanted.name, &value, "moved"));
                        planner.push(Operation::RenameEnumValue { name, from: value.clone(), to: to.clone() })?;
                        set_aside.insert(value, to);
                    }
                }
            }
        }
        for (at, value) in wanted.values.iter().enumerate() {
            if planner.current.enums[&wanted.name].values.contains(value) {
                continue;
            }
            let there = &planner.current.enums[&wanted.name].values;
            let before = wanted.values[at + 1..].iter().find(|it| there.contains(it)).cloned();
            let (name, value) = (wanted.name.clone(), value.clone());
            planner.push(Operation::AddEnumValue { name: name.clone(), value: value.clone(), before })?;
            if let Some(aside) = set_aside.remove(&value) {
                for (table, column) in users(planner, &name) {
                    planner.push(replace(table, &column, &aside, &value))?;
                }
                give_back_defaults(planner, &name, &aside, &value)?;
                planner.push(Operation::DropEnumValue { name, value: aside })?;
            }
        }
    }
    Ok(())
}

/// Which values must move so that the others already stand in the wanted order.
fn moved(there: &[&String], wanted: &[&String]) -> Vec<String> {
    let mut kept: Vec<&String> = Vec::new();
    let place = |value: &String| wanted.iter().position(|it| *it == value);
    let mut moved = Vec::new();
    for value in there {
        if kept.last().is_none_or(|last| place(last) < place(value)) {
            kept.push(value);
        } else {
            moved.push((*value).clone());
        }
    }
    moved
}

/// A passing name for a value of an enum, which no value has before or after.
fn passing(planner: &Planner<'_>, name: &str, value: &str, why: &str) -> String {
    let schemas = [&planner.current, planner.after];
    let taken = |other: &str| {
        schemas.iter().filter_map(|it| it.enums.get(name)).any(|it| it.values.iter().any(|value| value == other))
    };
    free(format!("{value}_{why}"), taken)
}

/// The passing names under which values stand while they move, by enum and value: what a value is renamed to, and is
/// dropped in the same plan.
pub fn set_aside(operations: &[Operation]) -> BTreeMap<(String, String), String> {
    let is_dropped = |of: &str, passing: &str| {
        let is_it =
            |it: &Operation| matches!(it, Operation::DropEnumValue { name, value } if name == of && value == passing);
        operations.iter().any(is_it)
    };
    let renames = operations.iter().filter_map(|it| match it {
        Operation::RenameEnumValue { name, from, to } if is_dropped(name, to) => {
            Some(((name.clone(), from.clone()), to.clone()))
        }
        _ => None,
    });
    renames.collect()
}

/// Drops the foreign keys from columns of an enum, whose rows at both ends cannot follow a value at once.
fn drop_references(planner: &mut Planner<'_>, name: &str) -> Result<(), DiffError> {
    for (table, column) in users(planner, name) {
        let refers = |key: &&ForeignKey| key.columns.contains(&column.name);
        let keys = planner.current.tables[&table].foreign_keys.iter().filter(refers).map(|key| key.name.clone());
        for key in keys.collect::<Vec<_>>() {
            planner.push(Operation::DropForeignKey { table: table.clone(), name: key })?;
        }
    }
    Ok(())
}

fn give_back_defaults(planner: &mut Planner<'_>, name: &str, aside: &str, value: &str) -> Result<(), DiffError> {
    use crate::{ColumnChange, DefaultValue, Literal};
    let text = |value: String| Some(DefaultValue::Literal(Literal::Text(value)));
    for (table, column) in users(planner, name) {
        if column.default == text(aside.to_owned()) {
            let change = ColumnChange { default: Some(text(value.to_owned())), ..ColumnChange::default() };
            planner.push(Operation::AlterColumn { table, column: column.name, change })?;
        }
    }
    Ok(())
}

fn users(planner: &Planner<'_>, name: &str) -> Vec<(TableName, Column)> {
    planner.current.users_of(name).map(|(table, column)| (table.clone(), column.clone())).collect()
}

/// The rows of a column that hold a value, in an array too.
fn holding(column: &Column, value: &str) -> Sql {
    let value = quoted(value);
    with_identifier(&column.name, |name| match column.column_type {
        ColumnType::Array(_) => format!("{value} = ANY ({name})"),
        _ => format!("{name} = {value}"),
    })
}

/// Gives the rows of a column that hold a value another one instead.
pub(super) fn replace(table: TableName, column: &Column, value: &str, by: &str) -> Operation {
    let predicate = Some(holding(column, value));
    let value = match column.column_type {
        ColumnType::Array(_) => {
            with_identifier(&column.name, |name| format!("array_replace({name}, {}, {})", quoted(value), quoted(by)))
        }
        _ => Sql::portable(&quoted(by)),
    };
    Operation::Backfill { table, column: column.name.clone(), value, predicate }
}

/// Decides on the rows that hold a value that goes.
pub(super) fn empty_removed_values(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    for (name, value) in removed(planner) {
        let was_made_here = |table: &TableName| {
            planner.operations.iter().any(|it| matches!(it, Operation::CreateTable(made) if made.name == *table))
        };
        // A column that takes another type is converted, not filled.
        let stays = |(table, column): &(TableName, Column)| {
            let wanted = planner.after.column(table, &column.name).map(|it| &it.column_type);
            !was_made_here(table) && wanted == Some(&column.column_type)
        };
        let holders: Vec<(TableName, Column)> = users(planner, &name).into_iter().filter(stays).collect();
        let mut open = None;
        for (table, column) in holders {
            match planner.answer(&table, &column.name) {
                Some(fill) => {
                    let predicate = Some(holding(&column, &value));
                    planner.push(Operation::Backfill { table, column: column.name, value: fill, predicate })?;
                }
                None => open = Some((table, column.name)),
            }
        }
        if let Some((table, column)) = open {
            let reason = format!(
                "{value} is no value of {name} any more: the rows that hold it, as in {table}.{column}, need another"
            );
            let step = step("replace", &TableName::plain(name), &value);
            planner.hole(Hole { step, table, column, value: Some(value), reason })?;
        }
    }
    Ok(())
}

fn removed(planner: &Planner<'_>) -> Vec<(String, String)> {
    let mut removed = Vec::new();
    for (name, there) in &planner.current.enums {
        let Some(wanted) = planner.after.enums.get(name) else { continue };
        removed
            .extend(there.values.iter().filter(|it| !wanted.values.contains(it)).map(|it| (name.clone(), it.clone())));
    }
    removed
}

pub(super) fn drop_values_and_enums(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    for (name, value) in removed(planner) {
        planner.push(Operation::DropEnumValue { name, value })?;
    }
    let gone: Vec<String> =
        planner.current.enums.keys().filter(|name| !planner.after.enums.contains_key(*name)).cloned().collect();
    for name in gone {
        planner.push(Operation::DropEnum { name })?;
    }
    Ok(())
}

/// A text as SQL writes it (ISO/IEC 9075-2, character string literal).
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Drop {
    /// The name as it is typed.
    pub fn name(&self) -> String {
        match self {
            Drop::Table(table) => table.to_string(),
            Drop::Column(table, column) => format!("{table}.{column}"),
        }
    }
}
