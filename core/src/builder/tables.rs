//! Tables, their keys and their checks.

use super::owned;
use crate::{Check, Column, ForeignKey, Index, Native, PrimaryKey, Sql, Table, Unique};

/// A table.
pub fn table(name: &str) -> Table {
    Table::new(name)
}

impl Table {
    /// Adds a column.
    pub fn column(mut self, column: Column) -> Table {
        self.columns.push(column);
        self
    }

    /// Sets the primary key.
    pub fn primary_key<const N: usize>(mut self, name: &str, columns: [&str; N]) -> Table {
        self.primary_key = Some(primary_key(name, columns));
        self
    }

    /// Adds a unique constraint.
    pub fn unique<const N: usize>(mut self, name: &str, columns: [&str; N]) -> Table {
        self.uniques.push(unique(name, columns));
        self
    }

    /// Adds an index.
    pub fn index(mut self, index: Index) -> Table {
        self.indexes.push(index);
        self
    }

    /// Adds a foreign key.
    pub fn foreign_key(mut self, foreign_key: ForeignKey) -> Table {
        self.foreign_keys.push(foreign_key);
        self
    }

    /// Adds a check.
    pub fn check(mut self, name: &str, expression: Sql) -> Table {
        self.checks.push(check(name, expression));
        self
    }

    /// Sets the comment.
    pub fn comment(mut self, comment: &str) -> Table {
        self.comment = Some(comment.to_owned());
        self
    }
}

/// A primary key over these columns.
pub fn primary_key<const N: usize>(name: &str, columns: [&str; N]) -> PrimaryKey {
    PrimaryKey { name: name.to_owned(), columns: owned(&columns), native: Native::default() }
}

/// A unique constraint over these columns.
pub fn unique<const N: usize>(name: &str, columns: [&str; N]) -> Unique {
    Unique { name: name.to_owned(), columns: owned(&columns), native: Native::default() }
}

/// A check.
pub fn check(name: &str, expression: Sql) -> Check {
    Check { name: name.to_owned(), expression, native: Native::default() }
}
