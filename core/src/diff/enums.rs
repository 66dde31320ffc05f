//! Enums and their values.

use super::columns::{step, with_identifier};
use super::planner::Planner;
use super::renames::in_order;
use super::{DiffError, Drop};
use crate::{ColumnType, Enum, Operation, TableName};

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
        for (from, to) in in_order(&renames, |value| format!("{value}_renamed")) {
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
        let kept: Vec<&String> = wanted.values.iter().filter(|it| there.values.contains(it)).collect();
        let order: Vec<&String> = there.values.iter().filter(|it| wanted.values.contains(it)).collect();
        if kept != order {
            for value in moved(&order, &kept) {
                match planner.after.is_database {
                    // The dialect makes the type anew, by the texts of its values.
                    true => planner.push(Operation::DropEnumValue { name: wanted.name.clone(), value })?,
                    false => set_aside(planner, wanted, &value)?,
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
            if planner.current.enums[&name].values.contains(&aside(&value)) {
                for (table, column) in users(planner, &name) {
                    let predicate = with_identifier(&column, |it| format!("{it} = {}", quoted(&aside(&value))));
                    let value = crate::Sql::portable(&quoted(&value));
                    planner.push(Operation::Backfill { table, column, value, predicate: Some(predicate) })?;
                }
                give_back_defaults(planner, &name, &value)?;
                planner.push(Operation::DropEnumValue { name, value: aside(&value) })?;
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

/// Renames a value out of the way, so that it can be added in another place and its rows can follow.
fn set_aside(planner: &mut Planner<'_>, wanted: &Enum, value: &str) -> Result<(), DiffError> {
    planner.push(Operation::RenameEnumValue { name: wanted.name.clone(), from: value.to_owned(), to: aside(value) })
}

/// The passing name of a value that moves.
pub(super) fn aside(value: &str) -> String {
    format!("{value}_moved")
}

fn give_back_defaults(planner: &mut Planner<'_>, name: &str, value: &str) -> Result<(), DiffError> {
    use crate::{ColumnChange, DefaultValue, Literal};
    let text = |value: String| Some(DefaultValue::Literal(Literal::Text(value)));
    for (table, column) in users(planner, name) {
        let is_aside = planner.current.column(&table, &column).is_some_and(|it| it.default == text(aside(value)));
        if is_aside {
            let change = ColumnChange { default: Some(text(value.to_owned())), ..ColumnChange::default() };
            planner.push(Operation::AlterColumn { table, column, change })?;
        }
    }
    Ok(())
}

fn users(planner: &Planner<'_>, name: &str) -> Vec<(TableName, String)> {
    let of_enum = |column_type: &ColumnType| matches!(column_type, ColumnType::Enum(it) if it == name);
    let users = planner.current.users_of(name).filter(|(_, column)| of_enum(&column.column_type));
    users.map(|(table, column)| (table.clone(), column.name.clone())).collect()
}

/// Decides on the rows that hold a value that goes.
pub(super) fn empty_removed_values(planner: &mut Planner<'_>) -> Result<(), DiffError> {
    for (name, value) in removed(planner) {
        let was_made_here = |table: &TableName| {
            planner.operations.iter().any(|it| matches!(it, Operation::CreateTable(made) if made.name == *table))
        };
        // A column that takes another type is converted, not filled.
        let stays = |(table, column): &(TableName, String)| {
            let wanted = planner.after.column(table, column).map(|it| &it.column_type);
            !was_made_here(table) && wanted == Some(&ColumnType::Enum(name.clone()))
        };
        let holders: Vec<(TableName, String)> = users(planner, &name).into_iter().filter(stays).collect();
        let mut open = None;
        for (table, column) in holders {
            match planner.answer(&table, &column) {
                Some(fill) => {
                    let predicate = with_identifier(&column, |it| format!("{it} = {}", quoted(&value)));
                    planner.push(Operation::Backfill { table, column, value: fill, predicate: Some(predicate) })?;
                }
                None => open = Some((table, column)),
            }
        }
        if let Some((table, column)) = open {
            let reason = format!(
                "{value} is no value of {name} any more: the rows that hold it, as in {table}.{column}, need another"
            );
            planner.hole(step("replace", &TableName::plain(name.clone()), &value), &table, &column, reason)?;
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
