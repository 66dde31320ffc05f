//! What must hold of the rows of a table before it is made anew: everything that the new form enforces and the old one
//! did not.

use std::collections::BTreeMap;

use migratable_core::{Column, ColumnType, Enum, ForeignKey, Operation, Table};

use super::ddl;
use super::sources::Source;
use super::types::sql_text;
use super::verify::Rows;
use crate::dialect::Verify;

/// What looks for offending rows, with a test for the operation that asked for it.
pub(super) struct Demand {
    pub(super) verify: Verify,
    pub(super) asked_by: Box<dyn Fn(&Operation) -> bool>,
}

/// The enums before and after.
pub(super) struct Enums<'a> {
    pub(super) before: &'a BTreeMap<String, Enum>,
    pub(super) after: &'a BTreeMap<String, Enum>,
}

/// Finds what must hold. `reachable` says of a foreign key whether what it refers to is in the database already, with
/// the columns that the schema says.
pub(super) fn find(
    rows: &Rows<'_>,
    enums: &Enums<'_>,
    reachable: impl Fn(&ForeignKey) -> bool,
) -> Result<Vec<Demand>, String> {
    let mut demands = Vec::new();
    for column in &rows.after.columns {
        if let Some(source) = rows.sources.get(&column.name) {
            of_column(rows, column, source, &mut demands)?;
            of_enum(rows, enums, column, source, &mut demands)?;
        }
    }
    of_uniques(rows, &mut demands)?;
    of_checks(rows, &mut demands)?;
    for key in &rows.after.foreign_keys {
        let target = |it: &ForeignKey| (it.columns.clone(), it.table.clone(), it.references.clone());
        let held = rows.before.foreign_keys.iter().any(|it| target(it) == target(key)) && rows.all_kept(&key.columns);
        if !held && reachable(key) {
            demands.extend(rows.orphans(key)?.map(|verify| made(&key.name, verify)));
        }
    }
    Ok(demands)
}

fn of_column(rows: &Rows<'_>, column: &Column, source: &Source, demands: &mut Vec<Demand>) -> Result<(), String> {
    if let Some(verify) = rows.cast(&column.name, source)? {
        demands.push(changed(&column.name, verify));
    }
    if let Some(verify) = rows.time(&column.name, source)? {
        demands.push(changed(&column.name, verify));
    }
    if let Some(verify) = rows.beyond(column, source)? {
        demands.push(changed(&column.name, verify));
    }
    if column.nullable || column.generated.is_some() || ddl::rowid_alias(rows.after) == Some(column) {
        return Ok(());
    }
    let was_not_null = || rows.before.columns.iter().any(|it| source.is_column(&it.name) && !it.nullable);
    match source {
        Source::New(None) => demands.push(changed(&column.name, rows.none(&column.name)?)),
        Source::New(Some(_)) | Source::OrElse(..) => {}
        _ if was_not_null() => {}
        _ => demands.push(changed(&column.name, rows.null(&column.name)?)),
    }
    Ok(())
}

fn of_enum(
    rows: &Rows<'_>,
    enums: &Enums<'_>,
    column: &Column,
    source: &Source,
    demands: &mut Vec<Demand>,
) -> Result<(), String> {
    let ColumnType::Enum(enumeration) = &column.column_type else { return Ok(()) };
    let values =
        |enums: &BTreeMap<String, Enum>| enums.get(enumeration).map(|it| it.values.clone()).unwrap_or_default();
    let allowed = values(enums.after);
    let was_same_type =
        rows.before.columns.iter().any(|it| source.is_column(&it.name) && it.column_type == column.column_type);
    if was_same_type && values(enums.before).iter().all(|value| allowed.contains(value)) {
        return Ok(());
    }
    let Some((name, condition)) = ddl::enum_check(&rows.after.name, column, enums.after) else { return Ok(()) };
    let verify = rows.condition(&name, &condition, &[&column.name])?;
    let (enumeration, column) = (enumeration.clone(), column.name.clone());
    let asked_by = move |operation: &Operation| {
        changes_column(operation, &column)
            || matches!(operation, Operation::DropEnumValue { name, .. } if *name == enumeration)
    };
    demands.push(Demand { verify, asked_by: Box::new(asked_by) });
    Ok(())
}

fn of_uniques(rows: &Rows<'_>, demands: &mut Vec<Demand>) -> Result<(), String> {
    for (name, columns) in unique_sets(rows.after) {
        let collation = |table: &Table| -> Vec<_> {
            columns.iter().map(|column| table.find(column).and_then(|it| it.collation.clone())).collect()
        };
        let held = unique_sets(rows.before).any(|(_, before)| before == columns)
            && rows.all_kept(columns)
            && collation(rows.before) == collation(rows.after);
        if !held {
            demands.extend(rows.unique(columns)?.map(|verify| made(name, verify)));
        }
    }
    for index in rows.after.indexes.iter().filter(|index| index.unique) {
        let same =
            |it: &migratable_core::Index| it.unique && it.parts == index.parts && it.predicate == index.predicate;
        let touched = rows.after.columns.iter().any(|it| index.mentions(&it.name) && !rows.all_kept([&it.name]));
        if touched || !rows.before.indexes.iter().any(same) {
            demands.extend(rows.index(index)?.map(|verify| made(&index.name, verify)));
        }
    }
    Ok(())
}

fn of_checks(rows: &Rows<'_>, demands: &mut Vec<Demand>) -> Result<(), String> {
    for check in &rows.after.checks {
        let columns = check.expression.mentioned(rows.after.columns.iter().map(|column| column.name.as_str()));
        let touched = columns.iter().any(|column| !rows.sources.get(*column).is_some_and(Source::is_kept));
        let held = !touched && rows.before.checks.iter().any(|it| it.expression == check.expression);
        if !held && columns.iter().all(|column| rows.has(column)) {
            let condition = sql_text(&check.expression, &format!("the check `{}`", check.name))?;
            demands.push(made(&check.name, rows.condition(&check.name, condition, &columns)?));
        }
    }
    Ok(())
}

fn unique_sets(table: &Table) -> impl Iterator<Item = (&str, &Vec<String>)> {
    let key = table.primary_key.iter().map(|key| (key.name.as_str(), &key.columns));
    key.chain(table.uniques.iter().map(|unique| (unique.name.as_str(), &unique.columns)))
}

fn changed(column: &str, verify: Verify) -> Demand {
    let column = column.to_owned();
    Demand { verify, asked_by: Box::new(move |operation| changes_column(operation, &column)) }
}

fn made(name: &str, verify: Verify) -> Demand {
    let name = name.to_owned();
    Demand { verify, asked_by: Box::new(move |operation| makes(operation, &name)) }
}

fn changes_column(operation: &Operation, name: &str) -> bool {
    match operation {
        Operation::AddColumn { column, .. } => column.name == name,
        Operation::AlterColumn { column, .. } => column == name,
        Operation::RenameColumn { to, .. } => to == name,
        _ => false,
    }
}

fn makes(operation: &Operation, wanted: &str) -> bool {
    match operation {
        Operation::CreateUnique { unique, .. } => unique.name == wanted,
        Operation::CreatePrimaryKey { primary_key, .. } => primary_key.name == wanted,
        Operation::CreateIndex { index, .. } => index.name == wanted,
        Operation::CreateCheck { check, .. } => check.name == wanted,
        Operation::CreateForeignKey { foreign_key, .. } => foreign_key.name == wanted,
        _ => false,
    }
}
