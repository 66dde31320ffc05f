//! One side of a revision that maps rows: its tables as it finds them, or as it leaves them.

use std::collections::BTreeMap;

use migratable_core::{Column, Dialect, Schema, Table, TableName};

use super::mapping::KeyField;
use super::types::{FieldType, Types};
use crate::diesel_schema::enums;
use crate::diesel_schema::names::{column_identifiers, identifier, is_plain, quoted, table_identifier};

/// One side of a revision: the tables before, or those after.
pub(super) struct Side<'a> {
    name: &'static str,
    pub(super) schema: &'a Schema,
    is_tested: bool,
    tables: BTreeMap<&'a TableName, Use>,
    pub(super) enums: BTreeMap<String, String>,
}

/// Why a row cannot hold the values of a column.
pub(super) enum Unheld {
    /// Its type is one of a crate that this feature of `migratable` brings.
    WithoutFeature(&'static str),
    /// It is bytes on this dialect and something else on another one.
    Bytes(Dialect),
}

/// What is done with the rows of a table.
#[derive(Clone, Copy, Default)]
pub(super) struct Use {
    pub(super) read: bool,
    pub(super) written: bool,
}

impl<'a> Side<'a> {
    pub(super) fn new(name: &'static str, schema: &'a Schema, is_tested: bool) -> Side<'a> {
        Side { name, schema, is_tested, tables: BTreeMap::new(), enums: BTreeMap::new() }
    }

    /// Takes in the typed tables of a module below this one, if the revision has tests.
    fn take_tables(&self, out: &mut String, schema: Option<&str>, below: &[&str]) {
        // A schema whose name is no identifier has no typed tables.
        if self.is_tested && schema.is_none_or(is_plain) {
            let (indent, up) = ("    ".repeat(below.len() + 1), "super::".repeat(below.len() + 1));
            let below: String = below.iter().map(|name| format!("{name}::")).collect();
            out.push_str(&format!("{indent}#[cfg(test)]\n{indent}pub use {up}tables::{}::{below}*;\n\n", self.name));
        }
    }

    pub(super) fn uses(&mut self, table: &'a TableName) -> &mut Use {
        self.tables.entry(table).or_default()
    }

    pub(super) fn tables(&self) -> Vec<&'a Table> {
        self.tables.keys().filter_map(|name| self.schema.tables.get(*name)).collect()
    }

    /// The path of the row of a table.
    pub(super) fn path(&self, table: &TableName) -> String {
        let schema = table.schema.as_ref().map_or(String::new(), |it| format!("{}::", identifier(it)));
        format!("{}::{schema}{}::Row", self.name, table_identifier(&table.name).0)
    }

    /// The fields of the row of a table.
    fn fields(&self, table: &Table, types: &Types<'_>) -> Vec<(String, &'a Column, FieldType)> {
        let Some(table) = self.schema.tables.get(&table.name) else { return Vec::new() };
        let (module, _) = table_identifier(&table.name.name);
        let identifiers = column_identifiers(&module, table.columns.iter().map(|it| it.name.as_str()));
        let up = if table.name.schema.is_some() { "super::super::" } else { "super::" };
        let path = |name: &str| format!("{up}{}", self.enums.get(name).map_or("", String::as_str));
        let fields = table.columns.iter().zip(identifiers).filter(|(column, _)| column.generated.is_none());
        fields.map(|(column, (identifier, _))| (identifier, column, types.of(column, &path))).collect()
    }

    /// A column of a table whose values a row cannot hold, and why.
    pub(super) fn unheld(&self, table: &TableName, types: &Types<'_>) -> Option<(&'a str, Unheld)> {
        let table = self.schema.tables.get(table)?;
        self.fields(table, types).into_iter().find_map(|(_, column, field)| {
            let why = match field.missing {
                Some(feature) => Unheld::WithoutFeature(feature),
                None => Unheld::Bytes(*field.lossy.first()?),
            };
            Some((column.name.as_str(), why))
        })
    }

    /// The primary key of a table. A value of an enum is known by its name, which is the same on both sides.
    pub(super) fn key(&self, table: &Table, types: &Types<'_>) -> Vec<KeyField> {
        let fields = self.fields(table, types);
        let keys = table.primary_key.iter().flat_map(|key| &key.columns);
        let found = keys.filter_map(|name| fields.iter().find(|(_, column, _)| column.name == *name));
        found
            .map(|(identifier, column, field)| match column.column_type.enum_name() {
                Some(_) => (column.name.clone(), "&'static str".to_owned(), format!("{identifier}.label()")),
                None => (column.name.clone(), field.rust.clone(), format!("{identifier}.clone()")),
            })
            .collect()
    }

    pub(super) fn write(&self, out: &mut String, other: Option<&Side<'_>>, types: &Types<'_>) {
        out.push_str(&format!(
            "/// The rows as the revision {} them.\n#[allow(missing_docs, dead_code, non_snake_case)]\npub mod {} {{\n",
            if self.name == "before" { "finds" } else { "leaves" },
            self.name
        ));
        self.take_tables(out, None, &[]);
        for (name, rust) in &self.enums {
            let values = |side: &Side<'_>| side.schema.enums.get(name).map(|it| it.values.clone());
            match other.and_then(|it| Some((it, it.enums.get(name)?))) {
                Some((it, there)) if values(it) == values(self) => {
                    let alias = if there == rust { String::new() } else { format!(" as {rust}") };
                    out.push_str(&format!("    pub use super::{}::{there}{alias};\n\n", it.name));
                }
                _ => {
                    let declaration = enums::declaration(name, rust, None, self.schema);
                    declaration.lines().for_each(|line| out.push_str(&format!("    {line}\n")));
                }
            }
        }
        let mut by_schema: BTreeMap<Option<&str>, Vec<(&Table, Use)>> = BTreeMap::new();
        for (name, usage) in &self.tables {
            if let Some(table) = self.schema.tables.get(*name) {
                by_schema.entry(name.schema.as_deref()).or_default().push((table, *usage));
            }
        }
        for (schema, tables) in by_schema {
            if let Some(schema) = schema {
                out.push_str(&format!("    pub mod {} {{\n", identifier(schema)));
                self.take_tables(out, Some(schema), &[&identifier(schema)]);
            }
            tables.iter().for_each(|(table, usage)| self.table(out, table, *usage, types));
            if schema.is_some() {
                out.push_str("    }\n");
            }
        }
        out.push_str("}\n\n");
    }

    fn table(&self, out: &mut String, table: &Table, usage: Use, types: &Types<'_>) {
        let fields = self.fields(table, types);
        let declared: String =
            fields.iter().map(|(name, _, field)| format!("            pub {name}: {},\n", field.rust)).collect();
        let facts: String = fields
            .iter()
            .map(|(_, column, field)| {
                let as_text: Vec<String> =
                    field.as_text.iter().map(|it| format!("::migratable::Dialect::{it:?}")).collect();
                format!(
                    "                ::migratable::rows::Field {{ column: {}, as_text: &[{}] }},\n",
                    quoted(&column.name),
                    as_text.join(", ")
                )
            })
            .collect();
        let (module, _) = table_identifier(&table.name.name);
        let below: Vec<String> = table.name.schema.iter().map(|it| identifier(it)).chain([module.clone()]).collect();
        out.push_str(&format!("    pub mod {module} {{\n"));
        self.take_tables(out, table.name.schema.as_deref(), &below.iter().map(String::as_str).collect::<Vec<_>>());
        out.push_str(&format!(
            "        /// A row of `{}`.\n        #[derive(Clone, Debug, PartialEq)]\n        pub struct Row {{\n{declared}        \
             }}\n\n        impl ::migratable::rows::TableRow for Row {{\n            \
             const FIELDS: &'static [::migratable::rows::Field] = &[\n{facts}            ];\n        }}\n\n",
            table.name
        ));
        for dialect in types.dialects {
            let columns: String = fields
                .iter()
                .enumerate()
                .map(|(at, (name, _, field))| {
                    format!("                {at} {name}: {} = {},\n", field.rust, field.sql_on(*dialect))
                })
                .collect();
            out.push_str(&format!("        ::migratable::on_{}! {{\n", dialect.name()));
            let backend = backend(*dialect);
            for (way, _) in [("read", usage.read), ("write", usage.written)].iter().filter(|(_, used)| *used) {
                out.push_str(&format!("            ::migratable::{way}_row! {{ {backend};\n{columns}            }}\n"));
            }
            out.push_str("        }\n\n");
        }
        out.push_str("    }\n\n");
    }
}

/// Diesel's name of a dialect.
fn backend(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "::migratable::diesel::sqlite::Sqlite",
        Dialect::Postgres => "::migratable::diesel::pg::Pg",
        Dialect::Mysql => "::migratable::diesel::mysql::Mysql",
    }
}
