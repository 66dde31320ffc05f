//! Names that a database takes for the same although they are spelled otherwise.

use super::Answers;
use crate::{Operation, Schema, Table, TableName};

/// The schema that is wanted, with the names that `before` has in another case of letters spelled as they are there.
/// Names that an answer changes are left alone. Nothing if there are none.
pub fn aligned(before: &Schema, after: &Schema, answers: &Answers) -> Option<Schema> {
    if !(before.ignores_case && after.ignores_case) {
        return None;
    }
    let mut aligned = after.clone();
    // A rename of what is there to a name that is free fits.
    let rename = |aligned: &mut Schema, operation: Operation| drop(operation.apply(aligned));
    for name in after.tables.keys().filter(|name| !before.tables.contains_key(*name)) {
        let answered = |it: &TableName| answers.table_renames.iter().any(|(from, to)| from == it || to == it);
        let old =
            before.tables.keys().find(|old| old.name.eq_ignore_ascii_case(&name.name) && old.schema == name.schema);
        if let Some(old) = old.filter(|old| !answered(old) && !answered(name)) {
            rename(&mut aligned, Operation::RenameTable { from: name.clone(), to: old.clone() });
        }
    }
    let names: Vec<TableName> = aligned.tables.keys().cloned().collect();
    for name in names {
        let Some(old) = before.tables.get(&answers.name_before(&name)) else { continue };
        let answered = |column: &str| {
            let renames = answers.column_renames.iter().filter(|it| it.table == name || it.table == old.name);
            renames.into_iter().any(|it| it.from == column || it.to == column)
        };
        let columns: Vec<String> = aligned.tables[&name].columns.iter().map(|column| column.name.clone()).collect();
        for column in columns.into_iter().filter(|column| old.find(column).is_none() && !answered(column)) {
            let there = old.columns.iter().find(|it| it.name.eq_ignore_ascii_case(&column) && !answered(&it.name));
            if let Some(there) = there {
                let (table, to) = (name.clone(), there.name.clone());
                rename(&mut aligned, Operation::RenameColumn { table, from: column, to });
            }
        }
        if let Some(table) = aligned.tables.get_mut(&name) {
            name_alike(table, old);
        }
    }
    (aligned != *after).then_some(aligned)
}

/// Spells the names of indexes and constraints as another table does.
fn name_alike(table: &mut Table, old: &Table) {
    fn align<T>(items: &mut [T], old: &[T], name: impl Fn(&mut T) -> &mut String, read: impl Fn(&T) -> &String) {
        for item in items {
            let own = name(item);
            // What has no name says its expression, in which letters count.
            let is_name = !own.contains('(');
            if let Some(there) = old.iter().map(&read).find(|there| is_name && there.eq_ignore_ascii_case(own)) {
                own.clone_from(there);
            }
        }
    }
    align(&mut table.indexes, &old.indexes, |it| &mut it.name, |it| &it.name);
    align(&mut table.uniques, &old.uniques, |it| &mut it.name, |it| &it.name);
    align(&mut table.checks, &old.checks, |it| &mut it.name, |it| &it.name);
    align(&mut table.foreign_keys, &old.foreign_keys, |it| &mut it.name, |it| &it.name);
    if let (Some(key), Some(old)) = (&mut table.primary_key, &old.primary_key)
        && key.name.eq_ignore_ascii_case(&old.name)
    {
        key.name.clone_from(&old.name);
    }
}
