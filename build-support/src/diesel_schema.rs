//! A schema as Diesel's `table!` declarations.

pub(crate) mod enums;
pub(crate) mod names;
mod relations;
mod sharing;
#[cfg(test)]
mod tests;
pub(crate) mod types;

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, Dialect, Schema, Table, TableName};

pub(crate) use sharing::Sharing;
pub(crate) use types::{enums_have_types, sql_type};

use enums::SqlType;
use names::{column_identifiers, identifier, quoted, sql_type_name, table_identifier};
use relations::Join;

/// The Diesel that Migratable brings.
const OWN: &str = "::migratable::diesel";

/// The declarations of some tables, and of what they need, for a data step: Diesel is the one that Migratable brings,
/// and tables of more columns than `limit` are an error that names what to turn on.
pub(crate) fn write_tables(
    schema: &Schema,
    tables: &BTreeSet<TableName>,
    dialects: &[Dialect],
    limit: usize,
) -> String {
    Writer { limit, ..Writer::new(schema, dialects, OWN) }.write(tables, &BTreeSet::new())
}

/// The same for all tables of a schema, in a module below that of a revision, whose path is `here`; what is declared
/// elsewhere is taken over.
pub(crate) fn write_shared_tables(
    schema: &Schema,
    dialects: &[Dialect],
    limit: usize,
    sharing: &mut Sharing,
    here: &str,
) -> String {
    let tables = schema.tables.keys().cloned().collect();
    let shared = Some(Shared { sharing, here, homes: BTreeMap::new() });
    Writer { limit, shared, ..Writer::new(schema, dialects, OWN) }.write(&tables, &BTreeSet::new())
}

/// The declarations of a whole schema, for `schema!()`. `diesel` is the path of the app's own Diesel; `together` are
/// pairs of tables that must be allowed in one query even in a schema so large that not all pairs are.
pub(crate) fn write_schema(
    schema: &Schema,
    dialects: &[Dialect],
    diesel: &str,
    together: &BTreeSet<(TableName, TableName)>,
) -> String {
    let tables = schema.tables.keys().cloned().collect();
    Writer::new(schema, dialects, diesel).write(&tables, together)
}

/// The least of the limits on columns, which Diesel's features set, that a table of so many columns fits, and the
/// feature that sets it. Over 128 there is none.
pub(crate) fn needed_feature(columns: usize) -> Option<&'static str> {
    [(16, ""), (32, "32-column-tables"), (64, "64-column-tables"), (128, "128-column-tables")]
        .into_iter()
        .find(|(limit, _)| columns <= *limit)
        .map(|(_, feature)| feature)
}

/// What a table and its columns are called in the declarations.
pub(crate) struct TableIdentifiers {
    /// The module of the table, with that of its schema.
    pub(crate) path: String,
    columns: BTreeMap<String, String>,
}

impl TableIdentifiers {
    /// Those of a table; `None` if there is no declaration of it.
    pub(crate) fn new(table: &Table) -> Option<TableIdentifiers> {
        table.primary_key.as_ref().filter(|key| !key.columns.is_empty())?;
        let (module, _) = table_identifier(&table.name.name);
        let names = table.columns.iter().map(|column| column.name.as_str());
        let identifiers = column_identifiers(&module, names.clone()).into_iter().map(|(identifier, _)| identifier);
        let path = match &table.name.schema {
            Some(schema) if names::is_plain(schema) => format!("{}::{module}", identifier(schema)),
            Some(_) => return None,
            None => module,
        };
        Some(TableIdentifiers { path, columns: names.map(str::to_owned).zip(identifiers).collect() })
    }

    /// The column of that name.
    pub(crate) fn column(&self, name: &str) -> Option<&str> {
        self.columns.get(name).map(String::as_str)
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    dialects: &'a [Dialect],
    diesel: &'a str,
    /// How many columns Diesel takes with the features that are on.
    limit: usize,
    shared: Option<Shared<'a>>,
    out: String,
}

/// What stands in other modules of the crate.
struct Shared<'a> {
    sharing: &'a mut Sharing,
    /// The path of this module.
    here: &'a str,
    /// The paths of its tables.
    homes: BTreeMap<TableName, String>,
}

impl Shared<'_> {
    /// The line that takes something over from its place; `depth` is how deep below this module it stands.
    fn taken(here: &str, place: &str, depth: usize) -> String {
        let up = here.split("::").count() + depth;
        format!("pub use {}{place};\n", "super::".repeat(up))
    }
}

impl<'a> Writer<'a> {
    fn new(schema: &'a Schema, dialects: &'a [Dialect], diesel: &'a str) -> Writer<'a> {
        Writer { schema, dialects, diesel, limit: usize::MAX, shared: None, out: String::new() }
    }

    fn write(mut self, tables: &BTreeSet<TableName>, together: &BTreeSet<(TableName, TableName)>) -> String {
        let tables: Vec<&Table> = tables
            .iter()
            .filter_map(|name| self.schema.table(name))
            .filter(|table| table.primary_key.as_ref().is_some_and(|key| !key.columns.is_empty()))
            .filter(|table| table.name.schema.as_deref().is_none_or(names::is_plain))
            .collect();
        self.enum_types(&tables);
        if self.is_for_steps() {
            self.enum_values(&tables);
        }
        let joins = relations::joins(self.dialects, &tables);
        let mut by_schema: BTreeMap<Option<&str>, Vec<&Table>> = BTreeMap::new();
        for table in &tables {
            by_schema.entry(table.name.schema.as_deref()).or_default().push(table);
        }
        for (schema, tables) in &by_schema {
            match schema {
                None => tables.iter().for_each(|table| self.table(table, &joins, 0)),
                Some(schema) => {
                    self.out.push_str(&format!("pub mod {} {{\n", identifier(schema)));
                    tables.iter().for_each(|table| self.table(table, &joins, 1));
                    self.out.push_str("}\n\n");
                }
            }
        }
        let Writer { diesel, mut shared, mut out, .. } = self;
        for join in &joins {
            let is_said = shared.as_mut().is_some_and(|Shared { sharing, homes, .. }| {
                match (homes.get(&join.child.name), homes.get(&join.parent.name)) {
                    (Some(child), Some(parent)) => sharing.is_joined(child, parent),
                    _ => false,
                }
            });
            if !is_said {
                relations::write_join(&mut out, diesel, join);
            }
        }
        relations::write_together(&mut out, diesel, &tables, together, &mut |a, b| {
            shared.as_mut().is_some_and(|Shared { sharing, homes, .. }| match (homes.get(a), homes.get(b)) {
                (Some(a), Some(b)) => sharing.is_related(a, b),
                _ => false,
            })
        });
        out
    }

    /// Whether it is written for data steps, on the connection that Migratable gives them.
    fn is_for_steps(&self) -> bool {
        self.diesel == OWN
    }

    /// The SQL types of the enums that the tables use, where enums have types of their own.
    fn enum_types(&mut self, tables: &[&Table]) {
        let used: BTreeSet<&str> = if enums_have_types(self.dialects) {
            tables
                .iter()
                .flat_map(|table| &table.columns)
                .filter_map(|it| it.column_type.enum_name().map(String::as_str))
                .collect()
        } else {
            BTreeSet::new()
        };
        if used.is_empty() {
            return;
        }
        let diesel = self.diesel;
        self.out.push_str("pub mod sql_types {\n");
        for name in used {
            if let Some(Shared { sharing, here, .. }) = &mut self.shared
                && let Some(place) = sharing.sql_type(name, &format!("{here}::sql_types::{}", sql_type_name(name)))
            {
                self.out.push_str(&format!("    {}", Shared::taken(here, &place, 1)));
                continue;
            }
            let on_postgres = TableName::parse(name);
            let schema = on_postgres.schema.map_or(String::new(), |it| format!(", schema = {}", quoted(&it)));
            self.out.push_str(&format!(
                "    #[derive(Debug, Clone, Copy, Default, {diesel}::query_builder::QueryId, \
                 {diesel}::sql_types::SqlType)]\n    #[diesel(postgres_type(name = {}{schema}), \
                 sqlite_type(name = \"Text\"), mysql_type(name = \"Enum\"))]\n    pub struct {};\n",
                quoted(&on_postgres.name),
                sql_type_name(name)
            ));
            if self.is_for_steps() && self.dialects.len() > 1 {
                self.out.push_str(&format!("    ::migratable::type_of_any! {{ {} }}\n", sql_type_name(name)));
            }
        }
        self.out.push_str("}\n\n");
    }

    /// The values of the enums that the tables use.
    fn enum_values(&mut self, tables: &[&Table]) {
        for (name, rust) in enums::rust_names(tables) {
            let path = enums_have_types(self.dialects).then(|| format!("sql_types::{}", sql_type_name(&name)));
            let sql_type = path.as_deref().map(|path| SqlType { path, of_any: self.dialects.len() > 1 });
            let declaration = enums::declaration(&name, &rust, sql_type, self.schema);
            if let Some(Shared { sharing, here, .. }) = &mut self.shared
                && let Some(place) = sharing.enum_values(&declaration, &format!("{here}::{rust}"))
            {
                self.out.push_str(&Shared::taken(here, &place, 0));
                continue;
            }
            self.out.push_str(&declaration);
        }
    }

    /// The error in the place of a table of more columns than Diesel takes.
    fn too_wide(&mut self, table: &Table, indent: &str) {
        let (name, count) = (&table.name, table.columns.len());
        let advice = match needed_feature(count) {
            Some(feature) => format!(
                "more than Diesel takes without its feature `{feature}`\nhelp: turn it on in the Cargo.toml of the \
                 migrations package: `diesel = {{ version = \"2.3\", default-features = false, features = \
                 [\"{feature}\"] }}`"
            ),
            None => "and Diesel takes at most 128\nhelp: let the step reach it by SQL".to_owned(),
        };
        let message = quoted(&format!("the table `{name}` has {count} columns, {advice}"));
        self.out.push_str(&format!("{indent}::core::compile_error!({message});\n\n"));
    }

    fn table(&mut self, table: &Table, joins: &[Join<'_>], depth: usize) {
        let indent = "    ".repeat(depth);
        if table.columns.len() > self.limit {
            return self.too_wide(table, &indent);
        }
        let declaration = self.declaration(table, depth);
        if let Some(Shared { sharing, here, homes }) = &mut self.shared {
            let own = format!("{here}::{}", relations::path(&table.name));
            // What it is joined by is a fact of the table's type.
            let own_joins = joins.iter().filter(|join| join.child.name == table.name);
            let facts: String = own_joins.map(|it| format!("{} {}\n", it.parent.name, it.column)).collect();
            if let Some(place) = sharing.table(format!("{declaration}{facts}"), &own) {
                self.out.push_str(&format!("{indent}{}", Shared::taken(here, &place, depth)));
                homes.insert(table.name.clone(), place);
                return;
            }
            homes.insert(table.name.clone(), own);
        }
        self.out.push_str(&declaration);
    }

    /// The `table!` of a table.
    fn declaration(&self, table: &Table, depth: usize) -> String {
        let indent = "    ".repeat(depth);
        let diesel = self.diesel;
        let columns: Vec<&Column> = table.columns.iter().collect();
        let (module, sql_name) = table_identifier(&table.name.name);
        let identifiers = column_identifiers(&module, columns.iter().map(|column| column.name.as_str()));
        let mut out = String::new();
        out.push_str(&format!("{indent}{diesel}::table! {{\n{indent}    use {diesel}::sql_types::*;\n"));
        if self.is_for_steps() && self.dialects.len() > 1 {
            out.push_str(&format!("{indent}    use ::migratable::rows::DiffersByDatabase;\n"));
        }
        if enums_have_types(self.dialects) {
            let used: BTreeSet<&str> =
                columns.iter().filter_map(|it| it.column_type.enum_name().map(String::as_str)).collect();
            for name in used {
                let up = "super::".repeat(depth + 1);
                out.push_str(&format!("{indent}    use {up}sql_types::{};\n", sql_type_name(name)));
            }
        }
        out.push('\n');
        if let Some(name) = sql_name {
            out.push_str(&format!("{indent}    #[sql_name = {}]\n", quoted(name)));
        }
        out.push_str(&indent);
        out.push_str("    ");
        if let Some(schema) = &table.name.schema {
            out.push_str(&identifier(schema));
            out.push('.');
        }
        out.push_str(&module);
        out.push_str(" (");
        for (at, key) in table.primary_key.iter().flat_map(|key| &key.columns).enumerate() {
            let place = columns.iter().position(|column| column.name == *key);
            out.push_str(if at == 0 { "" } else { ", " });
            out.push_str(place.map_or("", |place| identifiers[place].0.as_str()));
        }
        out.push_str(") {\n");
        for (column, (identifier, renamed)) in columns.iter().zip(&identifiers) {
            if *renamed {
                out.push_str(&format!("{indent}        #[sql_name = {}]\n", quoted(&column.name)));
            }
            out.push_str(&indent);
            out.push_str("        ");
            out.push_str(identifier);
            out.push_str(" -> ");
            let sql_type = match self.is_for_steps() {
                true => types::sql_type_in_steps(&column.column_type, self.dialects),
                false => sql_type(&column.column_type, self.dialects),
            };
            if column.nullable {
                out.push_str("Nullable<");
                out.push_str(&sql_type);
                out.push_str(">,\n");
            } else {
                out.push_str(&sql_type);
                out.push_str(",\n");
            }
        }
        out.push_str(&format!("{indent}    }}\n{indent}}}\n\n"));
        out
    }
}
