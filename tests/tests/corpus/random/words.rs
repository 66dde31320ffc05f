//! What the databases of each dialect are drawn of.
//!
//! In a text `{T}` and `{A}` are a table and one of its columns, `{B}` another one, `{t}`, `{a}` and `{b}` the same as parts
//! of a name, `{partA}` a column as it stands in a key, and `{id}` the type of the keys.

mod mysql;
mod postgres;
mod sqlite;

use migratable_core::Dialect;

/// What the databases of a dialect are drawn of.
#[derive(Debug)]
pub struct Words {
    pub quote: char,
    /// Names that stand in quotes.
    pub reserved: &'static [&'static str],
    pub tables: &'static [&'static str],
    /// The types of numbered keys.
    pub ids: &'static [&'static str],
    pub keys: &'static [&'static Key],
    pub families: &'static [Family],
    pub actions: &'static [&'static str],
    /// Whether a reference may stand at its column.
    pub inline_references: bool,
    /// Whether a table may refer to one that is made later.
    pub any_order: bool,
    /// What stands in a table behind its columns.
    pub constraints: &'static [&'static str],
    /// What comes behind a table.
    pub statements: &'static [&'static str],
    /// What stands behind the brackets of a table.
    pub options: &'static [&'static str],
    /// The type that has `{labels}`.
    pub labels: &'static str,
}

/// The key of a table.
#[derive(Debug)]
pub struct Key {
    pub columns: &'static str,
    pub constraint: &'static str,
    /// What only a table with this key has behind its brackets.
    pub option: &'static str,
}

/// A column in the forms that it may have, whose values are at home in most of them.
#[derive(Debug)]
pub struct Family {
    pub name: &'static str,
    pub types: &'static [&'static str],
    pub defaults: &'static [&'static str],
    pub extras: &'static [&'static str],
    /// How it stands in a key.
    pub part: &'static str,
    pub in_keys: bool,
    pub computed: bool,
}

impl Family {
    /// What most columns are.
    const USUAL: Family =
        Family { name: "", types: &[], defaults: &[], extras: &[], part: "{A}", in_keys: true, computed: false };
}

/// Those of a dialect.
pub fn of(dialect: Dialect) -> &'static Words {
    match dialect {
        Dialect::Sqlite => &sqlite::WORDS,
        Dialect::Postgres => &postgres::WORDS,
        Dialect::Mysql => &mysql::WORDS,
    }
}
