//! What differs between two schemas that should be equal.

use std::collections::BTreeSet;

use migratable_core::operation::column_facts;
use migratable_core::{Schema, Table, table_text};

/// In what `found` differs from `wanted`: a few words for each difference.
pub fn differences(wanted: &Schema, found: &Schema) -> Vec<String> {
    let mut out = Vec::new();
    let names: BTreeSet<_> = wanted.tables.keys().chain(found.tables.keys()).collect();
    for name in names {
        match (wanted.tables.get(name), found.tables.get(name)) {
            (Some(wanted), Some(found)) => in_table(wanted, found, &mut out),
            (Some(_), None) => out.push(format!("table {name} is missing")),
            (None, _) => out.push(format!("table {name} is too much")),
        }
    }
    let names: BTreeSet<_> = wanted.enums.keys().chain(found.enums.keys()).collect();
    for name in names {
        match (wanted.enums.get(name), found.enums.get(name)) {
            (Some(wanted), Some(found)) if wanted.values == found.values => {}
            (Some(wanted), Some(found)) => out.push(format!(
                "enum {name} has the values {} instead of {}",
                found.values.join(", "),
                wanted.values.join(", ")
            )),
            (Some(_), None) => out.push(format!("enum {name} is missing")),
            (None, _) => out.push(format!("enum {name} is too much")),
        }
    }
    out
}

fn in_table(wanted: &Table, found: &Table, out: &mut Vec<String>) {
    if wanted == found || table_text(wanted) == table_text(found) {
        return;
    }
    let name = &wanted.name;
    let before = out.len();
    let columns: BTreeSet<_> = wanted.columns.iter().chain(&found.columns).map(|column| &column.name).collect();
    for column in columns {
        match (wanted.find(column), found.find(column)) {
            (Some(wanted), Some(found)) if wanted == found => {}
            (Some(wanted), Some(found)) => out.push(format!(
                "column {name}.{column} is `{}` instead of `{}`",
                column_facts(found),
                column_facts(wanted)
            )),
            (Some(_), None) => out.push(format!("column {name}.{column} is missing")),
            (None, _) => out.push(format!("column {name}.{column} is too much")),
        }
    }
    let (wanted_parts, found_parts) = (parts(wanted), parts(found));
    for (kind, part, text) in &wanted_parts {
        match found_parts.iter().find(|(other_kind, other, _)| other_kind == kind && other == part) {
            Some((_, _, other)) if other == text => {}
            Some(_) => out.push(format!("{kind} {part} of {name} is another one")),
            None => out.push(format!("{kind} {part} of {name} is missing")),
        }
    }
    for (kind, part, _) in &found_parts {
        if !wanted_parts.iter().any(|(other_kind, other, _)| other_kind == kind && other == part) {
            out.push(format!("{kind} {part} of {name} is too much"));
        }
    }
    if out.len() == before {
        out.push(format!("the comment of table {name} is another one"));
    }
}

/// Everything of a table that has a name, columns aside: its kind, its name, and what it is.
fn parts(table: &Table) -> Vec<(&'static str, &str, String)> {
    let mut out: Vec<(&'static str, &str, String)> = Vec::new();
    out.extend(table.primary_key.iter().map(|it| ("primary key", it.name.as_str(), format!("{it:?}"))));
    out.extend(table.uniques.iter().map(|it| ("unique", it.name.as_str(), format!("{it:?}"))));
    out.extend(table.indexes.iter().map(|it| ("index", it.name.as_str(), format!("{it:?}"))));
    out.extend(table.foreign_keys.iter().map(|it| ("foreign key", it.name.as_str(), format!("{it:?}"))));
    out.extend(table.checks.iter().map(|it| ("check", it.name.as_str(), format!("{it:?}"))));
    out
}
