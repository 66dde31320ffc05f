//! Indexes.

use crate::{Native, Sql};

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The name of the index.
    pub name: String,
    /// What is indexed, in order.
    pub parts: Vec<IndexPart>,
    /// Whether two rows may not be equal in it.
    pub unique: bool,
    /// The rows that it covers, if not all.
    pub predicate: Option<Sql>,
    /// The access method, if not the dialect's default.
    pub method: Option<String>,
    /// Columns that it carries along without ordering by them.
    pub include: Vec<String>,
    /// What only its dialect knows of it.
    pub native: Native,
}

/// One column or expression of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPart {
    /// The column or expression.
    pub target: IndexTarget,
    /// Largest first.
    pub descending: bool,
    /// Where NULLs stand, if not where the dialect puts them.
    pub nulls: Option<Nulls>,
    /// What only its dialect knows of it.
    pub native: Native,
}

/// What a part of an index orders by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexTarget {
    /// A column.
    Column(String),
    /// An expression.
    Expression(Sql),
}

/// Where NULLs stand in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Before all values.
    First,
    /// Behind all values.
    Last,
}

impl IndexPart {
    /// A column in ascending order.
    pub fn column(name: impl Into<String>) -> IndexPart {
        IndexPart {
            target: IndexTarget::Column(name.into()),
            descending: false,
            nulls: None,
            native: Native::default(),
        }
    }

    /// An expression in ascending order.
    pub fn expression(sql: Sql) -> IndexPart {
        IndexPart { target: IndexTarget::Expression(sql), descending: false, nulls: None, native: Native::default() }
    }

    /// The column, if it is one.
    pub fn column_name(&self) -> Option<&str> {
        match &self.target {
            IndexTarget::Column(name) => Some(name),
            IndexTarget::Expression(_) => None,
        }
    }

    /// Whether the part is this column or names it.
    pub fn mentions(&self, column: &str) -> bool {
        match &self.target {
            IndexTarget::Column(name) => name == column,
            IndexTarget::Expression(sql) => sql.mentions(column),
        }
    }
}

impl Index {
    /// Whether the index could not stand without this column.
    pub fn mentions(&self, column: &str) -> bool {
        self.parts.iter().any(|part| part.mentions(column))
            || self.include.iter().any(|name| name == column)
            || self.predicate.as_ref().is_some_and(|sql| sql.mentions(column))
    }
}
