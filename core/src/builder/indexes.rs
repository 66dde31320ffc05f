//! Indexes and their parts.

use super::owned;
use crate::{Index, IndexPart, Native, Nulls, Sql};

/// An index over nothing yet: `index("ix_posts_title").on("title")`.
pub fn index(name: &str) -> Index {
    Index {
        name: name.to_owned(),
        parts: Vec::new(),
        unique: false,
        predicate: None,
        method: None,
        include: Vec::new(),
        native: Native::default(),
    }
}

impl From<&str> for IndexPart {
    fn from(column: &str) -> IndexPart {
        IndexPart::column(column)
    }
}

impl From<Sql> for IndexPart {
    fn from(expression: Sql) -> IndexPart {
        IndexPart::expression(expression)
    }
}

impl Index {
    /// Adds a column, `asc("…")`, `desc("…")` or `sql("…")`.
    pub fn on(mut self, part: impl Into<IndexPart>) -> Index {
        self.parts.push(part.into());
        self
    }

    /// Lets no two rows be equal in it.
    pub fn unique(mut self) -> Index {
        self.unique = true;
        self
    }

    /// Covers only the rows for which the condition holds.
    pub fn filter(mut self, predicate: Sql) -> Index {
        self.predicate = Some(predicate);
        self
    }

    /// Sets the access method.
    pub fn using(mut self, method: &str) -> Index {
        self.method = Some(method.to_owned());
        self
    }

    /// Adds columns that it carries along.
    pub fn include<const N: usize>(mut self, columns: [&str; N]) -> Index {
        self.include = owned(&columns);
        self
    }
}

/// A column or `sql("…")` in ascending order, to say where NULLs stand.
pub fn asc(target: impl Into<IndexPart>) -> IndexPart {
    target.into()
}

/// A column or `sql("…")` in descending order.
pub fn desc(target: impl Into<IndexPart>) -> IndexPart {
    IndexPart { descending: true, ..target.into() }
}

impl IndexPart {
    /// Puts NULLs before all values.
    pub fn nulls_first(mut self) -> IndexPart {
        self.nulls = Some(Nulls::First);
        self
    }

    /// Puts NULLs behind all values.
    pub fn nulls_last(mut self) -> IndexPart {
        self.nulls = Some(Nulls::Last);
        self
    }
}
