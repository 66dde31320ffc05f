//! Columns, and what may stand behind their names.

use std::fmt;

use crate::{ColumnType, Native, Sql};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name in the database.
    pub name: String,
    /// The type.
    pub column_type: ColumnType,
    /// Whether NULL may stand in it.
    pub nullable: bool,
    /// What an INSERT that leaves the column out puts in it.
    pub default: Option<DefaultValue>,
    /// Set if the database numbers the rows itself.
    pub identity: Option<Identity>,
    /// Set if the database computes the column.
    pub generated: Option<Generated>,
    /// The collation, as the database names it.
    pub collation: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// What only its dialect knows of it.
    pub native: Native,
}

impl Column {
    /// A NOT NULL column without anything else.
    pub fn new(name: impl Into<String>, column_type: ColumnType) -> Column {
        Column {
            name: name.into(),
            column_type,
            nullable: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            comment: None,
            native: Native::default(),
        }
    }

    /// The default, if it is a value.
    pub fn default_value(&self) -> Option<&DefaultValue> {
        self.default.as_ref().filter(|it| !it.is_null())
    }

    /// Whether an INSERT may leave the column out.
    pub fn fills_itself(&self) -> bool {
        self.nullable || self.default_value().is_some() || self.identity.is_some() || self.generated.is_some()
    }
}

/// The default of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// A plain value.
    Literal(Literal),
    /// The time of the statement, in the type of the column.
    Now,
    /// An expression.
    Sql(Sql),
}

impl DefaultValue {
    /// Whether it is NULL, which a dump may write at a column that takes none.
    fn is_null(&self) -> bool {
        match self {
            DefaultValue::Literal(literal) => *literal == Literal::Null,
            DefaultValue::Now => false,
            DefaultValue::Sql(sql) => sql.texts().any(|text| {
                let value = text.split("::").next().unwrap_or_default();
                value.trim_matches(['(', ')', ' ']).eq_ignore_ascii_case("null")
            }),
        }
    }
}

/// A plain value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Literal {
    /// NULL, in seed rows.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point, in the digits in which it was written.
    Decimal(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<bool> for Literal {
    fn from(value: bool) -> Literal {
        Literal::Boolean(value)
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Literal {
        Literal::Integer(value)
    }
}

impl From<i32> for Literal {
    fn from(value: i32) -> Literal {
        Literal::Integer(value.into())
    }
}

impl From<f64> for Literal {
    fn from(value: f64) -> Literal {
        Literal::Decimal(format!("{value:?}"))
    }
}

impl From<&str> for Literal {
    fn from(value: &str) -> Literal {
        Literal::Text(value.to_owned())
    }
}

impl From<&[u8]> for Literal {
    fn from(value: &[u8]) -> Literal {
        Literal::Bytes(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Literal {
    fn from(value: &[u8; N]) -> Literal {
        Literal::Bytes(value.to_vec())
    }
}

/// How the database numbers the rows of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// GENERATED ALWAYS instead of BY DEFAULT.
    pub always: bool,
    /// The first number.
    pub start: Option<i64>,
    /// The step.
    pub increment: Option<i64>,
}

/// An expression that the database computes from the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The expression.
    pub expression: Sql,
    /// Stored in the row; else computed when read.
    pub stored: bool,
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DefaultValue::Literal(literal) => literal.fmt(f),
            DefaultValue::Now => f.write_str("now"),
            DefaultValue::Sql(sql) => write!(f, "sql({})", SqlDisplay(sql)),
        }
    }
}

/// Shows SQL in messages.
pub(crate) struct SqlDisplay<'a>(pub(crate) &'a Sql);

impl fmt::Display for SqlDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Sql::Portable(text) => write!(f, "{text:?}"),
            Sql::Each(texts) => {
                let mut separator = "";
                for (dialect, text) in texts {
                    write!(f, "{separator}{} = {text:?}", dialect.name())?;
                    separator = ", ";
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("NULL"),
            Literal::Boolean(value) => value.fmt(f),
            Literal::Integer(value) => value.fmt(f),
            Literal::Decimal(value) => f.write_str(value),
            Literal::Text(value) => write!(f, "{value:?}"),
            Literal::Bytes(value) => write!(f, "{} bytes", value.len()),
        }
    }
}
