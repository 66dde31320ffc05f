//! Which tables can be joined, and which may stand in one query.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Dialect, Table, TableName};

use super::names::{column_identifiers, identifier, is_odd, table_identifier};
use super::types::sql_type;

/// Diesel's macro over more tables than this comes near rustc's recursion limit.
const ALL_TOGETHER: usize = 100;

type Pair<'a> = (&'a TableName, &'a TableName);

/// A table that Diesel can join to another one by itself.
pub(super) struct Join<'a> {
    pub(super) child: &'a Table,
    pub(super) parent: &'a Table,
    /// The column of the child, in Rust.
    pub(super) column: String,
}

/// Which of the tables can be joined.
pub(super) fn joins<'a>(dialects: &[Dialect], tables: &[&'a Table]) -> Vec<Join<'a>> {
    let by_name: BTreeMap<&TableName, &'a Table> = tables.iter().map(|table| (&table.name, *table)).collect();
    let connected = connected(tables);
    let mut joins = Vec::new();
    for child in tables {
        for key in &child.foreign_keys {
            let Some(parent) = by_name.get(&key.table) else { continue };
            let ([column], [referenced]) = (key.columns.as_slice(), key.references.as_slice()) else { continue };
            let is_key = parent.primary_key.as_ref().is_some_and(|it| it.columns == [referenced.as_str()]);
            if !is_key || connected.get(&ordered(&child.name, &key.table)) != Some(&1) {
                continue;
            }
            let (Some(from), Some(to)) = (child.find(column), parent.find(referenced)) else { continue };
            if sql_type(&from.column_type, dialects) != sql_type(&to.column_type, dialects) {
                continue;
            }
            joins.push(Join { child, parent, column: column_in(child, column) });
        }
    }
    joins
}

/// The pairs of tables between which there are references, with how many.
fn connected<'a>(tables: &[&'a Table]) -> BTreeMap<Pair<'a>, usize> {
    let names: BTreeSet<&TableName> = tables.iter().map(|table| &table.name).collect();
    let mut connected: BTreeMap<Pair<'a>, usize> = BTreeMap::new();
    for table in tables {
        for key in table.foreign_keys.iter().filter(|key| key.table != table.name && names.contains(&key.table)) {
            *connected.entry(ordered(&table.name, &key.table)).or_default() += 1;
        }
    }
    connected
}

/// Writes `joinable!`.
pub(super) fn write_join(out: &mut String, diesel: &str, join: &Join<'_>) {
    let (child, parent, column) = (path(&join.child.name), path(&join.parent.name), &join.column);
    out.push_str(&format!("{diesel}::joinable!({child} -> {parent} ({column}));\n"));
}

/// Writes `allow_tables_to_appear_in_same_query!` for the tables; `is_said` tells of a pair whether it is said elsewhere.
pub(super) fn write_together(
    out: &mut String,
    diesel: &str,
    tables: &[&Table],
    together: &BTreeSet<(TableName, TableName)>,
    is_said: &mut dyn FnMut(&TableName, &TableName) -> bool,
) {
    let names: BTreeSet<&TableName> = tables.iter().map(|table| &table.name).collect();
    let pairs: BTreeSet<Pair<'_>> = if tables.len() > ALL_TOGETHER {
        let asked = together
            .iter()
            .map(|(a, b)| ordered(a, b))
            .filter(|(a, b)| a != b && names.contains(a) && names.contains(b));
        connected(tables).into_keys().chain(asked).collect()
    } else {
        let behind = |at: usize| tables[at + 1..].iter().map(move |other| ordered(&tables[at].name, &other.name));
        (0..tables.len()).flat_map(behind).collect()
    };
    let count = pairs.len();
    let new: Vec<Pair<'_>> = pairs.into_iter().filter(|(a, b)| !is_said(a, b)).collect();
    let mut appear = String::new();
    let macro_name = format!("{diesel}::allow_tables_to_appear_in_same_query!");
    if tables.len() <= ALL_TOGETHER && new.len() == count && count > 0 {
        let aliases: Vec<String> = tables.iter().map(|table| alias(&table.name)).collect();
        appear.push_str(&format!("{macro_name}({});\n", aliases.join(", ")));
    } else {
        for (a, b) in new {
            appear.push_str(&format!("{macro_name}({}, {});\n", alias(a), alias(b)));
        }
    }
    if appear.is_empty() {
        return;
    }
    // The macro takes bare names only, which tables of a schema get from a module of aliases.
    if tables.iter().all(|table| table.name.schema.is_none()) {
        out.push_str(&appear);
        return;
    }
    out.push_str("mod together {\n");
    for table in tables {
        let (path, alias) = (path(&table.name), alias(&table.name));
        out.push_str(&format!("    use super::{path} as {alias};\n"));
    }
    for line in appear.lines() {
        out.push_str(&format!("    {line}\n"));
    }
    out.push_str("}\n");
}

fn ordered<'a>(a: &'a TableName, b: &'a TableName) -> Pair<'a> {
    if a < b { (a, b) } else { (b, a) }
}

/// The module of a table from the root of the Diesel schema.
pub(super) fn path(name: &TableName) -> String {
    let table = table_identifier(&name.name).0;
    match &name.schema {
        Some(schema) => format!("{}::{table}", identifier(schema)),
        None => table,
    }
}

fn alias(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => identifier(&format!("{schema}__{}", name.name)),
        None => table_identifier(&name.name).0,
    }
}

fn column_in(table: &Table, column: &str) -> String {
    let module = table_identifier(&table.name.name).0;
    if !is_odd(column, &module) {
        return identifier(column);
    }
    let identifiers = column_identifiers(&module, table.columns.iter().map(|it| it.name.as_str()));
    let at = table.columns.iter().position(|it| it.name == column).unwrap_or_default();
    identifiers.get(at).map_or_else(String::new, |(identifier, _)| identifier.clone())
}
