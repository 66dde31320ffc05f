//! The rows of `map_rows`: for each revision that maps some, `before` and `after` with the tables as it finds and leaves
//! them, and how the ones are converted into the others.

mod enums;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, Dialect, Operation, Schema, Table, TableName};
use migratable_syntax::revision::Statement;

use crate::configuration::Configuration;
use crate::diesel_schema::names::{column_identifiers, identifier, quoted, table_identifier};
use crate::history::{Entry, Problem, Rows};
use types::{FieldType, Types};

/// What is generated for the revisions that map rows, by their identifiers.
pub(super) struct RowModules<'a> {
    configuration: &'a Configuration,
    features: &'a BTreeSet<String>,
    texts: BTreeMap<String, String>,
    /// What is wrong with the functions that map rows.
    pub(super) problems: Vec<Problem>,
}

/// A `map_rows`, with the names of its table on both sides.
struct Mapping<'a> {
    statement: &'a Statement,
    function: &'static str,
    step: &'a str,
    kept: &'a [(String, String)],
    from: TableName,
    to: TableName,
}

/// One side of a revision: the tables before, or those after.
struct Side<'a> {
    name: &'static str,
    schema: &'a Schema,
    is_tested: bool,
    tables: BTreeMap<&'a TableName, Use>,
    enums: BTreeMap<String, String>,
}

/// What is done with the rows of a table.
#[derive(Clone, Copy, Default)]
struct Use {
    read: bool,
    written: bool,
}

impl<'a> RowModules<'a> {
    pub(super) fn new(configuration: &'a Configuration, features: &'a BTreeSet<String>) -> RowModules<'a> {
        RowModules { configuration, features, texts: BTreeMap::new(), problems: Vec::new() }
    }

    /// What a revision takes in; nothing if it maps no rows.
    pub(super) fn text(&self, id: &str) -> &str {
        self.texts.get(id).map_or("", String::as_str)
    }

    /// Notes a revision, if it maps rows.
    pub(super) fn add(&mut self, rows: &Rows<'_>) {
        let file = &rows.entry.file;
        if file.mappers.is_empty() {
            return;
        }
        let upgrades = mappings("upgrade", &file.upgrade);
        let downgrades = mappings("downgrade", &file.downgrade);
        let mut before = Side::new("before", rows.before, file.test_words.is_some());
        let mut after = Side::new("after", rows.after, file.test_words.is_some());
        for mapping in &upgrades {
            before.uses(&mapping.from).read = true;
            after.uses(&mapping.to).written = true;
        }
        for mapping in &downgrades {
            after.uses(&mapping.from).read = true;
            before.uses(&mapping.to).written = true;
        }
        before.enums = enums::names(&before.tables());
        after.enums = enums::names(&after.tables());
        let types = Types { dialects: &self.configuration.dialects, features: self.features };
        let mut out = String::new();
        before.write(&mut out, None, &types);
        after.write(&mut out, Some(&before), &types);
        for (mappings, from, to) in [(&upgrades, &before, &after), (&downgrades, &after, &before)] {
            let mut written = BTreeSet::new();
            for mapping in mappings {
                self.problems.extend(self.problem(rows.entry, mapping, from, to, &types));
                // A table that is mapped twice is an error already.
                if written.insert((&mapping.from, &mapping.to)) {
                    mapping.write(&mut out, from, to, &types);
                }
            }
        }
        self.texts.insert(file.id.clone(), out);
    }

    /// What is wrong with a function that maps rows, or with what it would need.
    fn problem(
        &self,
        entry: &Entry,
        mapping: &Mapping<'_>,
        from: &Side<'_>,
        to: &Side<'_>,
        types: &Types<'_>,
    ) -> Option<Problem> {
        let head = entry.file.mappers.iter().find(|it| it.name == mapping.step)?;
        let (old, new) = (from.path(&mapping.from), to.path(&mapping.to));
        let message = if head.from.join("::") != old || head.to.join("::") != new {
            format!(
                "the head of `{0}` must be `fn {0}(old: {old}) -> Result<{new}>`: it gets each row of `{1}` as the \
                 revision finds it and gives it as the revision leaves it",
                mapping.step, mapping.from
            )
        } else {
            let sides = [(from, &mapping.from), (to, &mapping.to)];
            let missing = sides.iter().find_map(|(side, table)| side.missing(table, types))?;
            let (column, feature) = missing;
            let manifest = self.configuration.dir.join("Cargo.toml");
            format!(
                "`{}.{}` is of a type that a row holds by the crate {feature}: turn on the feature `{feature}` of \
                 `migratable` in {}: `migratable = {{ .., features = [\"{feature}\"] }}`",
                mapping.from,
                column,
                manifest.display()
            )
        };
        let located = mapping.statement.located(mapping.function, mapping.step, message);
        Some(Problem::located(entry.path.clone(), located))
    }
}

/// The `map_rows` among some statements. Those of tables that are not there are left to the replay.
fn mappings<'a>(function: &'static str, statements: &'a [Statement]) -> Vec<Mapping<'a>> {
    let mut found = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        let Operation::MapRows { table, step, kept } = &statement.operation else { continue };
        let (mut from, mut to) = (table.clone(), table.clone());
        for other in statements[..at].iter().rev() {
            if let Operation::RenameTable { from: old, to: new } = &other.operation
                && *new == from
            {
                from.clone_from(old);
            }
        }
        for other in &statements[at + 1..] {
            if let Operation::RenameTable { from: old, to: new } = &other.operation
                && *old == to
            {
                to.clone_from(new);
            }
        }
        found.push(Mapping { statement, function, step, kept, from, to });
    }
    found
}

impl<'a> Side<'a> {
    fn new(name: &'static str, schema: &'a Schema, is_tested: bool) -> Side<'a> {
        Side { name, schema, is_tested, tables: BTreeMap::new(), enums: BTreeMap::new() }
    }

    /// Takes in the typed tables of a module below this one, if the revision has tests.
    fn take_tables(&self, out: &mut String, below: &[&str]) {
        if self.is_tested {
            let (indent, up) = ("    ".repeat(below.len() + 1), "super::".repeat(below.len() + 1));
            let below: String = below.iter().map(|name| format!("{name}::")).collect();
            out.push_str(&format!("{indent}#[cfg(test)]\n{indent}pub use {up}tables::{}::{below}*;\n\n", self.name));
        }
    }

    fn uses(&mut self, table: &'a TableName) -> &mut Use {
        self.tables.entry(table).or_default()
    }

    fn tables(&self) -> Vec<&'a Table> {
        self.tables.keys().filter_map(|name| self.schema.tables.get(*name)).collect()
    }

    /// The path of the row of a table.
    fn path(&self, table: &TableName) -> String {
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

    /// A column whose type needs a feature that is off.
    fn missing(&self, table: &TableName, types: &Types<'_>) -> Option<(&'a str, &'static str)> {
        let table = self.schema.tables.get(table)?;
        self.fields(table, types)
            .into_iter()
            .find_map(|(_, column, field)| Some((column.name.as_str(), field.missing?)))
    }

    /// The primary key of a table. A value of an enum is known by its name, which is the same on both sides.
    fn key(&self, table: &Table, types: &Types<'_>) -> Vec<KeyField> {
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

    fn write(&self, out: &mut String, other: Option<&Side<'_>>, types: &Types<'_>) {
        out.push_str(&format!(
            "/// The rows as the revision {} them.\n#[allow(missing_docs, dead_code)]\npub mod {} {{\n",
            if self.name == "before" { "finds" } else { "leaves" },
            self.name
        ));
        self.take_tables(out, &[]);
        for (name, rust) in &self.enums {
            let values = |side: &Side<'_>| side.schema.enums.get(name).map(|it| it.values.clone());
            match other.and_then(|it| Some((it, it.enums.get(name)?))) {
                Some((it, there)) if values(it) == values(self) => {
                    let alias = if there == rust { String::new() } else { format!(" as {rust}") };
                    out.push_str(&format!("    pub use super::{}::{there}{alias};\n\n", it.name));
                }
                _ => enums::write(out, name, rust, self.schema),
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
                self.take_tables(out, &[&identifier(schema)]);
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
        self.take_tables(out, &below.iter().map(String::as_str).collect::<Vec<_>>());
        out.push_str(&format!(
            "        /// A row of `{}`.\n        #[derive(Clone, Debug, PartialEq)]\n        pub struct Row {{\n{declared}        \
             }}\n\n        impl ::migratable::rows::TableRow for Row {{\n            \
             const FIELDS: &'static [::migratable::rows::Field] = &[\n{facts}            ];\n        }}\n\n",
            table.name
        ));
        for dialect in types.dialects {
            out.push_str(&format!("        ::migratable::on_{}! {{\n", dialect.name()));
            if usage.read {
                read(out, *dialect, &fields);
            }
            if usage.written {
                write(out, *dialect, &fields);
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

fn connection(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "::migratable::diesel::SqliteConnection",
        Dialect::Postgres => "::migratable::diesel::PgConnection",
        Dialect::Mysql => "::migratable::diesel::MysqlConnection",
    }
}

type Fields<'a> = [(String, &'a Column, FieldType)];

/// Diesel's type of a field on a dialect.
fn sql_of(field: &FieldType, dialect: Dialect) -> &str {
    field.sql.iter().find(|(it, _)| *it == dialect).map_or("", |(_, sql)| sql)
}

fn read(out: &mut String, dialect: Dialect, fields: &Fields<'_>) {
    let backend = backend(dialect);
    let values: String = fields
        .iter()
        .enumerate()
        .map(|(at, (name, _, field))| {
            let sql = sql_of(field, dialect);
            format!(
                "                    {name}: ::migratable::rows::value::<{sql}, {}, {backend}>(row, {at})?,\n",
                field.rust
            )
        })
        .collect();
    out.push_str(&format!(
        "            impl ::migratable::rows::ReadRow<{backend}> for Row {{\n                \
         fn read<'a>(row: &impl ::migratable::diesel::row::Row<'a, {backend}>) -> \
         ::migratable::diesel::deserialize::Result<Self> {{\n                    \
         ::core::result::Result::Ok(Row {{\n{values}                    }})\n                }}\n            }}\n"
    ));
}

fn write(out: &mut String, dialect: Dialect, fields: &Fields<'_>) {
    let backend = backend(dialect);
    let values: String = fields
        .iter()
        .enumerate()
        .map(|(at, (name, _, field))| {
            let sql = sql_of(field, dialect);
            format!("                        {at} => out.push_bind_param::<{sql}, {}>(&self.{name}),\n", field.rust)
        })
        .collect();
    out.push_str(&format!(
        "            impl ::migratable::rows::WriteRow<{backend}> for Row {{\n                \
         fn bind<'b>(&'b self, field: usize, mut out: ::migratable::diesel::query_builder::AstPass<'_, 'b, {backend}>) -> \
         ::migratable::diesel::QueryResult<()> {{\n                    match field {{\n{values}                        \
         _ => ::core::result::Result::Err(::migratable::rows::no_field(field)),\n                    }}\n                \
         }}\n            }}\n"
    ));
}

impl Mapping<'_> {
    /// Writes how the rows of one side become those of the other.
    fn write(&self, out: &mut String, from: &Side<'_>, to: &Side<'_>, types: &Types<'_>) {
        let (Some(old), Some(new)) = (from.schema.tables.get(&self.from), to.schema.tables.get(&self.to)) else {
            return;
        };
        let (old_row, new_row) = (from.path(&self.from), to.path(&self.to));
        let kept: Vec<String> =
            self.kept.iter().map(|(after, before)| format!("({}, {})", quoted(after), quoted(before))).collect();
        let key = Key::of(&from.key(old, types), &to.key(new, types));
        let tries: String = types
            .dialects
            .iter()
            .map(|dialect| {
                format!(
                    "        ::migratable::on_{}! {{\n            if let ::core::option::Option::Some(connection) = \
             ::migratable::rows::connection::<{}>(connection) {{\n                \
             return ::migratable::rows::convert(connection, batch, map);\n            }}\n        }}\n",
                    dialect.name(),
                    connection(*dialect)
                )
            })
            .collect();
        out.push_str(&format!(
            "#[allow(clippy::clone_on_copy)]\nimpl ::migratable::rows::MapsTo<{new_row}> for {old_row} {{\n    type Key = {};\n    \
             const KEPT: &'static [(&'static str, &'static str)] = &[{}];\n\n    \
             fn key(&self) -> Self::Key {{\n        {}\n    }}\n\n    \
             fn key_of(new: &{new_row}) -> Self::Key {{\n        {}\n    }}\n\n    \
             fn name(key: &Self::Key) -> ::std::string::String {{\n        {}\n    }}\n\n    \
             fn convert(\n        connection: &mut dyn ::core::any::Any,\n        batch: &::migratable::rows::Batch,\n        \
             map: &dyn Fn(Self) -> ::migratable::revision::Result<{new_row}>,\n    ) -> \
             ::migratable::revision::Result<u64> {{\n{tries}        ::migratable::rows::no_connection()\n    }}\n}}\n\n",
            key.rust,
            kept.join(", "),
            key.old,
            key.new,
            key.name,
        ));
    }
}

/// A column of a primary key: its name, and the type and the value of its field.
type KeyField = (String, String, String);

/// The primary key of a row that is mapped, in Rust.
struct Key {
    rust: String,
    old: String,
    new: String,
    name: String,
}

impl Key {
    /// A key that is another one afterwards is an error already, and is left out here.
    fn of(old: &[KeyField], new: &[KeyField]) -> Key {
        let types = |fields: &[KeyField]| fields.iter().map(|(_, rust, _)| rust.clone()).collect::<Vec<_>>();
        let is_same = types(old) == types(new);
        let tuple = |parts: &mut dyn Iterator<Item = String>| {
            format!("({})", parts.map(|part| format!("{part}, ")).collect::<String>().trim_end())
        };
        let pieces = |place: fn(&KeyField) -> String, fields: &[KeyField]| {
            tuple(&mut fields.iter().filter(|_| is_same).map(place))
        };
        let named = old.iter().filter(|_| is_same).enumerate();
        let parts: Vec<String> = named
            .map(|(at, (name, ..))| {
                format!("::std::format!({}, key.{at})", quoted(&format!("{} = {{:?}}", braced(name))))
            })
            .collect();
        Key {
            rust: pieces(|(_, rust, _)| rust.clone(), old),
            old: pieces(|(.., value)| format!("self.{value}"), old),
            new: pieces(|(.., value)| format!("new.{value}"), new),
            name: match parts.is_empty() {
                true => "let _ = key;\n        ::std::string::String::new()".to_owned(),
                false => format!("[{}].join(\", \")", parts.join(", ")),
            },
        }
    }
}

/// A name in a text that is formatted.
fn braced(name: &str) -> String {
    name.replace('{', "{{").replace('}', "}}")
}
