//! The enums of rows.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Schema, Table};

use crate::diesel_schema::names::{quoted, sql_type_name, table_identifier};

/// The enums that some tables use, by their names, each with its Rust name.
pub(super) fn names(tables: &[&Table]) -> BTreeMap<String, String> {
    let modules: BTreeSet<String> = tables.iter().map(|it| table_identifier(&it.name.name).0).collect();
    let used: BTreeSet<&String> =
        tables.iter().flat_map(|table| &table.columns).filter_map(|it| it.column_type.enum_name()).collect();
    let mut taken = modules;
    let mut names = BTreeMap::new();
    for name in used {
        names.insert(name.clone(), free(sql_type_name(name), &mut taken));
    }
    names
}

/// Writes an enum.
pub(super) fn write(out: &mut String, name: &str, rust: &str, schema: &Schema) {
    let values = schema.enums.get(name).map(|it| it.values.as_slice()).unwrap_or_default();
    let mut taken = BTreeSet::from(["Self".to_owned()]);
    let variants: Vec<(String, String)> =
        values.iter().map(|value| (quoted(value), free(sql_type_name(value), &mut taken))).collect();
    let declared: String = variants.iter().map(|(_, it)| format!("        {it},\n")).collect();
    let read: String = variants
        .iter()
        .map(|(value, it)| format!("                {value} => ::core::result::Result::Ok({rust}::{it}),\n"))
        .collect();
    let label: String =
        variants.iter().map(|(value, it)| format!("                {rust}::{it} => {value},\n")).collect();
    out.push_str(&format!(
        "    /// The values of `{name}`.\n    #[derive(Clone, Copy, Debug, PartialEq, Eq)]\n    pub enum {rust} {{\n{declared}    }}\n\n    \
         impl {rust} {{\n        /// What stands in the database.\n        pub fn label(&self) -> &'static str {{\n            \
         match *self {{\n{label}            }}\n        }}\n    }}\n\n    \
         impl<DB: ::migratable::diesel::backend::Backend> \
         ::migratable::diesel::deserialize::FromSql<::migratable::diesel::sql_types::Text, DB> for {rust}\n    where\n        \
         ::std::string::String: ::migratable::diesel::deserialize::FromSql<::migratable::diesel::sql_types::Text, DB>,\n    {{\n        \
         fn from_sql(bytes: DB::RawValue<'_>) -> ::migratable::diesel::deserialize::Result<Self> {{\n            \
         let text: ::std::string::String = ::migratable::diesel::deserialize::FromSql::from_sql(bytes)?;\n            \
         match text.as_str() {{\n{read}                other => ::core::result::Result::Err(::migratable::rows::no_value({}, other)),\n            }}\n        }}\n    }}\n\n    \
         impl<DB: ::migratable::diesel::backend::Backend> \
         ::migratable::diesel::serialize::ToSql<::migratable::diesel::sql_types::Text, DB> for {rust}\n    where\n        \
         str: ::migratable::diesel::serialize::ToSql<::migratable::diesel::sql_types::Text, DB>,\n    {{\n        \
         fn to_sql<'b>(&'b self, out: &mut ::migratable::diesel::serialize::Output<'b, '_, DB>) -> \
         ::migratable::diesel::serialize::Result {{\n            \
         ::migratable::diesel::serialize::ToSql::to_sql(self.label(), out)\n        }}\n    }}\n\n",
        quoted(name)
    ));
}

/// A name that is not taken yet.
fn free(mut name: String, taken: &mut BTreeSet<String>) -> String {
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}
