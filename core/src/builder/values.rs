//! Values: SQL, defaults, and what stands in seed rows.

use crate::{DefaultValue, Dialect, Literal, Sql};

/// SQL that every dialect of the project understands.
pub fn sql(text: &str) -> Sql {
    Sql::portable(text)
}

/// SQL per dialect: `sql_each().sqlite("…").postgres("…")`.
pub fn sql_each() -> Sql {
    Sql::each([])
}

impl Sql {
    /// Sets the text for SQLite.
    pub fn sqlite(self, text: &str) -> Sql {
        self.with(Dialect::Sqlite, text)
    }

    /// Sets the text for PostgreSQL.
    pub fn postgres(self, text: &str) -> Sql {
        self.with(Dialect::Postgres, text)
    }

    /// Sets the text for MySQL and MariaDB.
    pub fn mysql(self, text: &str) -> Sql {
        self.with(Dialect::Mysql, text)
    }

    /// Sets the text for one dialect.
    pub fn with(self, dialect: Dialect, text: &str) -> Sql {
        let mut texts = match self {
            Sql::Portable(text) => Dialect::ALL.into_iter().map(|dialect| (dialect, text.clone())).collect(),
            Sql::Each(texts) => texts,
        };
        texts.insert(dialect, crate::sql::fold_spaces(text));
        Sql::Each(texts)
    }
}

/// The default that is the time of the statement.
pub fn now() -> DefaultValue {
    DefaultValue::Now
}

/// A number with a point in exactly these digits: `decimal("0.10")`.
pub fn decimal(digits: &str) -> Literal {
    Literal::Decimal(digits.to_owned())
}

/// NULL among the values of a seed row.
pub fn null() -> Literal {
    Literal::Null
}

impl From<Sql> for DefaultValue {
    fn from(sql: Sql) -> DefaultValue {
        DefaultValue::Sql(sql)
    }
}

impl<T: Into<Literal>> From<T> for DefaultValue {
    fn from(value: T) -> DefaultValue {
        DefaultValue::Literal(value.into())
    }
}

/// A value of a seed row: `value("admin")`, `value(3)`, `null()`.
pub fn value(value: impl Into<Literal>) -> Literal {
    value.into()
}
