//! How the rows of one side of a revision become those of the other.

use migratable_core::{Dialect, Operation, TableName};
use migratable_syntax::revision::Statement;

use super::side::Side;
use super::types::Types;
use crate::diesel_schema::names::quoted;

/// A `map_rows`, with the names of its table on both sides.
pub(super) struct Mapping<'a> {
    pub(super) statement: &'a Statement,
    pub(super) function: &'static str,
    pub(super) step: &'a str,
    kept: &'a [(String, String)],
    pub(super) from: TableName,
    pub(super) to: TableName,
}

/// The `map_rows` among some statements. Those of tables that are not there are left to the replay.
pub(super) fn mappings<'a>(function: &'static str, statements: &'a [Statement]) -> Vec<Mapping<'a>> {
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

impl Mapping<'_> {
    /// Writes how the rows of one side become those of the other.
    pub(super) fn write(&self, out: &mut String, from: &Side<'_>, to: &Side<'_>, types: &Types<'_>) {
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

fn connection(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "::migratable::diesel::SqliteConnection",
        Dialect::Postgres => "::migratable::diesel::PgConnection",
        Dialect::Mysql => "::migratable::diesel::MysqlConnection",
    }
}

/// A column of a primary key: its name, and the type and the value of its field.
pub(super) type KeyField = (String, String, String);

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
