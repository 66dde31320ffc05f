//! Tables and their names.

use std::fmt;

use crate::{Check, Column, ForeignKey, Index, Model, Native, PrimaryKey, Unique};

/// The name of a table, in a schema of the database or in the default one.
///
/// In text it is `name` or `schema.name`; a part with a dot or a quote in it stands in double quotes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema, if it is not the default one.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

impl TableName {
    /// A table of the default schema; the name is taken as it is.
    pub fn plain(name: impl Into<String>) -> TableName {
        TableName { schema: None, name: name.into() }
    }

    /// Reads `name`, `schema.name`, and either with parts in double quotes.
    pub fn parse(text: &str) -> TableName {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let last = parts.len() - 1;
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => {
                    characters.next();
                    parts[last].push('"');
                }
                '"' if quoted => quoted = false,
                '"' if parts[last].is_empty() => quoted = true,
                '.' if !quoted && parts.len() == 1 => parts.push(String::new()),
                other => parts[last].push(other),
            }
        }
        let name = parts.pop().unwrap_or_default();
        TableName { schema: parts.pop(), name }
    }
}

impl From<&str> for TableName {
    fn from(text: &str) -> TableName {
        TableName::parse(text)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |f: &mut fmt::Formatter<'_>, part: &str| {
            if part.contains(['.', '"']) { write!(f, "\"{}\"", part.replace('"', "\"\"")) } else { f.write_str(part) }
        };
        if let Some(schema) = &self.schema {
            part(f, schema)?;
            f.write_str(".")?;
        }
        part(f, &self.name)
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: TableName,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// The unique constraints.
    pub uniques: Vec<Unique>,
    /// The indexes.
    pub indexes: Vec<Index>,
    /// The foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// The checks.
    pub checks: Vec<Check>,
    /// The comment.
    pub comment: Option<String>,
    /// What only its dialect knows of it.
    pub native: Native,
    /// Where it comes from.
    pub model: Option<Model>,
}

impl Table {
    /// A table without columns.
    pub fn new(name: impl Into<TableName>) -> Table {
        Table {
            name: name.into(),
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            comment: None,
            native: Native::default(),
            model: None,
        }
    }

    /// The column of that name.
    pub fn find(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of that name, to change it.
    pub fn find_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// Whether the column is in the primary key.
    pub fn is_key(&self, column: &str) -> bool {
        self.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name == column))
    }

    /// The names of its constraints, always in the same order.
    pub fn constraint_names(&self) -> impl Iterator<Item = &str> {
        let key = self.primary_key.iter().map(|it| it.name.as_str());
        let uniques = self.uniques.iter().map(|it| it.name.as_str());
        let checks = self.checks.iter().map(|it| it.name.as_str());
        let foreign_keys = self.foreign_keys.iter().map(|it| it.name.as_str());
        key.chain(uniques).chain(checks).chain(foreign_keys)
    }

    /// The names of its constraints and indexes, always in the same order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let key = self.primary_key.iter().map(|it| it.name.as_str());
        let uniques = self.uniques.iter().map(|it| it.name.as_str());
        let indexes = self.indexes.iter().map(|it| it.name.as_str());
        let foreign_keys = self.foreign_keys.iter().map(|it| it.name.as_str());
        let checks = self.checks.iter().map(|it| it.name.as_str());
        key.chain(uniques).chain(indexes).chain(foreign_keys).chain(checks)
    }

    /// The same [`names`](Self::names) in the same order, to change them.
    pub fn names_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let key = self.primary_key.iter_mut().map(|it| &mut it.name);
        let uniques = self.uniques.iter_mut().map(|it| &mut it.name);
        let indexes = self.indexes.iter_mut().map(|it| &mut it.name);
        let foreign_keys = self.foreign_keys.iter_mut().map(|it| &mut it.name);
        let checks = self.checks.iter_mut().map(|it| &mut it.name);
        key.chain(uniques).chain(indexes).chain(foreign_keys).chain(checks)
    }

    /// The option of a table whose columns have an order that counts. As an operation it holds the order.
    pub const COLUMN_ORDER: &str = "column_order";

    /// The names of the columns in their order, as an operation says it.
    pub fn column_order(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Puts the columns in an order; those that it does not name come last.
    pub(crate) fn order_columns(&mut self, order: &str) {
        let place = |name: &str| order.split(", ").position(|it| it == name).unwrap_or(usize::MAX);
        self.columns.sort_by_key(|column| place(&column.name));
    }

    /// Whether no two rows can be equal in these columns, so that a foreign key may refer to them.
    pub fn is_unique(&self, columns: &[String]) -> bool {
        self.primary_key.as_ref().is_some_and(|it| it.columns == columns)
            || self.uniques.iter().any(|it| it.columns == columns)
            || self.indexes.iter().any(|it| {
                it.unique
                    && it.predicate.is_none()
                    && it.parts.iter().map(|part| part.column_name()).eq(columns.iter().map(|it| Some(it.as_str())))
            })
    }

    /// What could not stand without the column, in words: `index ix_users_email`.
    pub fn dependants(&self, column: &str) -> Vec<String> {
        let has = |columns: &[String]| columns.iter().any(|name| name == column);
        let mut found = Vec::new();
        found
            .extend(self.primary_key.iter().filter(|it| has(&it.columns)).map(|it| format!("primary key {}", it.name)));
        found.extend(self.uniques.iter().filter(|it| has(&it.columns)).map(|it| format!("unique {}", it.name)));
        found.extend(self.indexes.iter().filter(|it| it.mentions(column)).map(|it| format!("index {}", it.name)));
        found.extend(
            self.foreign_keys.iter().filter(|it| has(&it.columns)).map(|it| format!("foreign key {}", it.name)),
        );
        found.extend(
            self.checks.iter().filter(|it| it.expression.mentions(column)).map(|it| format!("check {}", it.name)),
        );
        found.extend(
            self.columns
                .iter()
                .filter(|it| it.name != column)
                .filter(|it| it.generated.as_ref().is_some_and(|generated| generated.expression.mentions(column)))
                .map(|it| format!("generated column {}", it.name)),
        );
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_they_are_written() {
        for (text, schema, name) in [
            ("users", None, "users"),
            ("auth.users", Some("auth"), "users"),
            ("\"a.b\"", None, "a.b"),
            ("\"a\"\"b\".\"c.d\"", Some("a\"b"), "c.d"),
            ("sp ace", None, "sp ace"),
        ] {
            let parsed = TableName::parse(text);
            assert_eq!((parsed.schema.as_deref(), parsed.name.as_str()), (schema, name));
            assert_eq!(TableName::parse(&parsed.to_string()), parsed);
        }
    }
}
