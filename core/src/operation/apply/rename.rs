//! Renames, with all that goes along.

use super::checks::*;
use super::{Result, error};
use crate::{ColumnType, IndexTarget, Literal, Schema, Table, TableName, names};

pub(super) fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) -> Result {
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

pub(super) fn rename_column(schema: &mut Schema, table: &TableName, from: &str, to: &str) -> Result {
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

pub(super) fn rename_index(schema: &mut Schema, table: &TableName, from: &str, to: &str) -> Result {
    free_name(schema, table, to)?;
    let names = table_mut(schema, table)?.indexes.iter_mut().map(|it| &mut it.name);
    set_name(names.collect(), "index", table, from, to)
}

pub(super) fn rename_constraint(schema: &mut Schema, table: &TableName, from: &str, to: &str) -> Result {
    free_name(schema, table, to)?;
    let found = table_mut(schema, table)?;
    let mut names: Vec<&mut String> = Vec::new();
    names.extend(found.primary_key.iter_mut().map(|it| &mut it.name));
    names.extend(found.uniques.iter_mut().map(|it| &mut it.name));
    names.extend(found.foreign_keys.iter_mut().map(|it| &mut it.name));
    names.extend(found.checks.iter_mut().map(|it| &mut it.name));
    set_name(names, "constraint", table, from, to)
}

fn set_name(mut names: Vec<&mut String>, kind: &str, table: &TableName, from: &str, to: &str) -> Result {
    let at = found_at(&names, from, |it| it, kind, table)?;
    to.clone_into(names[at]);
    Ok(())
}

/// Changes names in every table, and lets the names that the tool made from them follow. `moved` is a table under its
/// new name, with what it was before.
pub(super) fn rename_in_all(
    schema: &mut Schema,
    mut change: impl FnMut(&mut Table),
    moved: Option<(&TableName, &Table)>,
) {
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
        after.names_mut().for_each(follow);
        *table = after;
    }
}

pub(super) fn rename_enum_value(schema: &mut Schema, name: &str, from: &str, to: &str) -> Result {
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
