//! Column types, portable or native to one dialect.

use std::fmt;
use std::str::FromStr;

use crate::{Dialect, Sql};

/// The type of a column. The portable ones mean the same on every dialect that has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnType {
    /// 16-bit integer.
    SmallInt,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// 32-bit floating point.
    Real,
    /// 64-bit floating point.
    Double,
    /// Exact decimal: precision and scale in digits, or as many as the database holds.
    Numeric(Option<(u16, u16)>),
    /// True or false.
    Boolean,
    /// Text of any length.
    Text,
    /// Text of at most so many characters.
    Varchar(u32),
    /// Text of exactly so many characters, padded with spaces.
    Char(u32),
    /// Bytes of any length.
    Binary,
    /// At most so many bytes.
    Varbinary(u32),
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time, without a time zone.
    Timestamp,
    /// A point in time.
    TimestampTz,
    /// A span of time.
    Interval,
    /// A UUID.
    Uuid,
    /// JSON, kept as it was written.
    Json,
    /// JSON in the database's binary form.
    Jsonb,
    /// An IP address or network.
    Inet,
    /// A PostgreSQL array.
    Array(Box<ColumnType>),
    /// An enum of the schema, by its name.
    Enum(String),
    /// A type in the dialects' own words.
    Native(Sql),
}

impl ColumnType {
    /// Whether this is smallint, integer or bigint.
    pub fn is_integer(&self) -> bool {
        matches!(self, ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt)
    }

    /// The enum that it is of, or an array of.
    pub fn enum_name(&self) -> Option<&String> {
        match self {
            ColumnType::Enum(name) => Some(name),
            ColumnType::Array(element) => element.enum_name(),
            _ => None,
        }
    }

    /// What the type is on one dialect: a native text that spells a portable type is that type.
    pub fn on(&self, dialect: Dialect) -> ColumnType {
        match self {
            ColumnType::Native(sql) => match sql.text(dialect) {
                Some(text) => text.parse().unwrap_or_else(|_| self.clone()),
                None => self.clone(),
            },
            other => other.clone(),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnType::SmallInt => f.write_str("smallint"),
            ColumnType::Integer => f.write_str("integer"),
            ColumnType::BigInt => f.write_str("bigint"),
            ColumnType::Real => f.write_str("real"),
            ColumnType::Double => f.write_str("double"),
            ColumnType::Numeric(None) => f.write_str("numeric"),
            ColumnType::Numeric(Some((precision, scale))) => write!(f, "numeric({precision},{scale})"),
            ColumnType::Boolean => f.write_str("boolean"),
            ColumnType::Text => f.write_str("text"),
            ColumnType::Varchar(length) => write!(f, "varchar({length})"),
            ColumnType::Char(length) => write!(f, "char({length})"),
            ColumnType::Binary => f.write_str("binary"),
            ColumnType::Varbinary(length) => write!(f, "varbinary({length})"),
            ColumnType::Date => f.write_str("date"),
            ColumnType::Time => f.write_str("time"),
            ColumnType::Timestamp => f.write_str("timestamp"),
            ColumnType::TimestampTz => f.write_str("timestamptz"),
            ColumnType::Interval => f.write_str("interval"),
            ColumnType::Uuid => f.write_str("uuid"),
            ColumnType::Json => f.write_str("json"),
            ColumnType::Jsonb => f.write_str("jsonb"),
            ColumnType::Inet => f.write_str("inet"),
            ColumnType::Array(element) => write!(f, "{element}[]"),
            ColumnType::Enum(name) => write!(f, "enum({name})"),
            ColumnType::Native(Sql::Portable(text)) => f.write_str(text),
            ColumnType::Native(Sql::Each(texts)) => {
                let mut separator = "";
                for (dialect, text) in texts {
                    write!(f, "{separator}{} {text}", dialect.name())?;
                    separator = ", ";
                }
                Ok(())
            }
        }
    }
}

/// The names a portable type may have in an attribute, for the error that lists them.
pub const PORTABLE_TYPES: &str = "smallint, integer, bigint, real, double, numeric(p,s), boolean, text, varchar(n), \
char(n), binary, varbinary(n), date, time, timestamp, timestamptz, interval, uuid, json, jsonb, inet, or T[] on \
PostgreSQL";

impl FromStr for ColumnType {
    type Err = String;

    /// Reads a portable type as attributes and the lock write it; letter case and spaces do not matter.
    ///
    /// # Errors
    /// A sentence that lists the portable types, if it is none of them.
    fn from_str(text: &str) -> Result<ColumnType, String> {
        let unknown = || format!("`{text}` is not a portable type; these are: {PORTABLE_TYPES}");
        if let Some(name) = text.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
            return Ok(ColumnType::Enum(name.to_owned()));
        }
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        if let Some(element) = plain.strip_suffix("[]") {
            return Ok(ColumnType::Array(Box::new(element.parse().map_err(|_| unknown())?)));
        }
        let (name, arguments) = match plain.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
            None => (plain.as_str(), None),
        };
        let length = || match arguments.map(str::parse::<u32>) {
            Some(Ok(length)) if length > 0 => Ok(length),
            _ => Err(format!("`{text}` needs a length, as in `{name}(140)`")),
        };
        let found = match name {
            "varchar" => return Ok(ColumnType::Varchar(length()?)),
            "char" => return Ok(ColumnType::Char(length()?)),
            "varbinary" => return Ok(ColumnType::Varbinary(length()?)),
            "numeric" => {
                let Some(arguments) = arguments else { return Ok(ColumnType::Numeric(None)) };
                let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
                return match (precision.parse(), scale.parse()) {
                    (Ok(precision), Ok(scale)) if precision > 0 && scale <= precision => {
                        Ok(ColumnType::Numeric(Some((precision, scale))))
                    }
                    _ => Err(format!("`{text}` needs a precision and a scale, as in `numeric(10,2)`")),
                };
            }
            "smallint" => ColumnType::SmallInt,
            "integer" => ColumnType::Integer,
            "bigint" => ColumnType::BigInt,
            "real" => ColumnType::Real,
            "double" => ColumnType::Double,
            "boolean" => ColumnType::Boolean,
            "text" => ColumnType::Text,
            "binary" => ColumnType::Binary,
            "date" => ColumnType::Date,
            "time" => ColumnType::Time,
            "timestamp" => ColumnType::Timestamp,
            "timestamptz" => ColumnType::TimestampTz,
            "interval" => ColumnType::Interval,
            "uuid" => ColumnType::Uuid,
            "json" => ColumnType::Json,
            "jsonb" => ColumnType::Jsonb,
            "inet" => ColumnType::Inet,
            _ => return Err(unknown()),
        };
        if arguments.is_some() { Err(format!("`{name}` takes no length")) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_back_as_they_are_written() {
        for text in [
            "smallint",
            "integer",
            "bigint",
            "real",
            "double",
            "numeric",
            "numeric(10,2)",
            "boolean",
            "text",
            "varchar(140)",
            "char(2)",
            "binary",
            "varbinary(16)",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "interval",
            "uuid",
            "json",
            "jsonb",
            "inet",
            "text[]",
            "varchar(3)[]",
            "enum(Post Status)",
        ] {
            assert_eq!(text.parse::<ColumnType>().unwrap().to_string(), text);
        }
        assert_eq!(" VarChar ( 140 ) ".parse(), Ok(ColumnType::Varchar(140)));
    }

    #[test]
    fn wrong_types_say_what_is_right() {
        for (text, expected) in [
            ("varchar", "needs a length"),
            ("varchar(0)", "needs a length"),
            ("text(3)", "takes no length"),
            ("numeric(2,3)", "needs a precision"),
            ("money", "is not a portable type"),
        ] {
            let error = text.parse::<ColumnType>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
