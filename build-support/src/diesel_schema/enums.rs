//! The values of enums as Rust enums, for data steps.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Schema, Table};

use super::OWN;
use super::names::{quoted, sql_type_name, table_identifier};

/// The enums that some tables use, by their names, each with its Rust name.
pub(crate) fn rust_names(tables: &[&Table]) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = tables.iter().map(|it| table_identifier(&it.name.name).0).collect();
    let used: BTreeSet<&String> =
        tables.iter().flat_map(|table| &table.columns).filter_map(|it| it.column_type.enum_name()).collect();
    used.into_iter().map(|name| (name.clone(), free(sql_type_name(name), &mut taken))).collect()
}

/// A SQL type of an enum's own.
#[derive(Clone, Copy)]
pub(crate) struct SqlType<'a> {
    pub(crate) path: &'a str,
    /// Whether a connection may be to several kinds of databases.
    pub(crate) of_any: bool,
}

/// The declaration of an enum whose values stand in columns of a SQL type: one of its own at a path, or Diesel's `Text`.
pub(crate) fn declaration(name: &str, rust: &str, sql_type: Option<SqlType<'_>>, schema: &Schema) -> String {
    let values = schema.enums.get(name).map(|it| it.values.as_slice()).unwrap_or_default();
    let mut taken = BTreeSet::from(["Self".to_owned()]);
    let variants: Vec<(String, String)> =
        values.iter().map(|value| (quoted(value), free(sql_type_name(value), &mut taken))).collect();
    let declared: String = variants.iter().map(|(_, it)| format!("    {it},\n")).collect();
    let labels: String = variants.iter().map(|(value, it)| format!("{it} = {value}, ")).collect();
    let text = format!("{OWN}::sql_types::Text");
    let mut out = format!(
        "/// The values of `{name}`.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, {OWN}::expression::AsExpression, \
         {OWN}::deserialize::FromSqlRow)]\n#[diesel(sql_type = {})]\npub enum {rust} {{\n{declared}}}\n\n\
         ::migratable::enum_labels! {{ {rust} {}; {labels}}}\n",
        sql_type.map_or(text.as_str(), |it| it.path),
        quoted(name),
    );
    if let Some(SqlType { path, of_any }) = sql_type {
        out.push_str(&format!("::migratable::enum_values! {{ {rust} = {path} }}\n"));
        if of_any {
            out.push_str(&format!("::migratable::enum_values_of_any! {{ {rust} = {path} }}\n"));
        }
    }
    out.push('\n');
    out
}

/// A name that is not taken yet.
fn free(mut name: String, taken: &mut BTreeSet<String>) -> String {
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}
