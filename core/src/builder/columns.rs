//! Columns, numbered and computed ones too.

use crate::{Column, ColumnType, DefaultValue, Generated, Identity, Sql};

/// A NOT NULL column.
pub fn column(name: &str, column_type: ColumnType) -> Column {
    Column::new(name, column_type)
}

impl Column {
    /// Lets NULL stand in it.
    pub fn nullable(mut self) -> Column {
        self.nullable = true;
        self
    }

    /// Sets the default: a literal, `now()` or `sql("…")`.
    pub fn default(mut self, value: impl Into<DefaultValue>) -> Column {
        self.default = Some(value.into());
        self
    }

    /// Lets the database number the rows: `identity()`.
    pub fn identity(mut self, identity: Identity) -> Column {
        self.identity = Some(identity);
        self
    }

    /// Lets the database compute the column: `stored(sql("…"))` or `computed(sql("…"))`.
    pub fn generated(mut self, generated: Generated) -> Column {
        self.generated = Some(generated);
        self
    }

    /// Sets the collation.
    pub fn collate(mut self, collation: &str) -> Column {
        self.collation = Some(collation.to_owned());
        self
    }

    /// Sets the comment.
    pub fn comment(mut self, comment: &str) -> Column {
        self.comment = Some(comment.to_owned());
        self
    }
}

/// Numbers given by the database unless the INSERT brings one.
pub fn identity() -> Identity {
    Identity::default()
}

impl Identity {
    /// Refuses numbers that an INSERT brings.
    pub fn always(mut self) -> Identity {
        self.always = true;
        self
    }

    /// Sets the first number.
    pub fn start(mut self, start: i64) -> Identity {
        self.start = Some(start);
        self
    }

    /// Sets the step.
    pub fn increment(mut self, increment: i64) -> Identity {
        self.increment = Some(increment);
        self
    }
}

/// An expression whose value is kept in the row.
pub fn stored(expression: Sql) -> Generated {
    Generated { expression, stored: true }
}

/// An expression that is computed when the row is read.
pub fn computed(expression: Sql) -> Generated {
    Generated { expression, stored: false }
}
