//! What a database looks like.

use std::collections::BTreeMap;

use crate::{Column, Enum, ForeignKey, Table, TableName};

/// All tables and enums of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The tables by name.
    pub tables: BTreeMap<TableName, Table>,
    /// The enums by name.
    pub enums: BTreeMap<String, Enum>,
    /// Whether it was read from a database, which may hold what no model can say: references to nothing, NULL in keys.
    /// Operations on it are then not held to the rules of models, and what rows need is left to the dialect.
    pub is_database: bool,
    /// Whether names that differ in the case of letters only are one name there.
    pub ignores_case: bool,
}

impl Schema {
    /// The table of that name.
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name)
    }

    /// The column `table.column`.
    pub fn column(&self, table: &TableName, column: &str) -> Option<&Column> {
        self.tables.get(table)?.find(column)
    }

    /// Every foreign key that refers to a table, with the table that it stands in.
    pub fn references_to<'a>(
        &'a self,
        table: &'a TableName,
    ) -> impl Iterator<Item = (&'a TableName, &'a ForeignKey)> + 'a {
        self.tables.values().flat_map(move |from| {
            from.foreign_keys.iter().filter(move |key| key.table == *table).map(move |key| (&from.name, key))
        })
    }

    /// Every column of an enum's type, with its table.
    pub fn users_of<'a>(&'a self, enumeration: &'a str) -> impl Iterator<Item = (&'a TableName, &'a Column)> + 'a {
        self.tables.values().flat_map(move |table| {
            table.columns.iter().filter(move |column| is_of(&column.column_type, enumeration)).map(|c| (&table.name, c))
        })
    }
}

fn is_of(column_type: &crate::ColumnType, enumeration: &str) -> bool {
    match column_type {
        crate::ColumnType::Enum(name) => name == enumeration,
        crate::ColumnType::Array(element) => is_of(element, enumeration),
        _ => false,
    }
}
