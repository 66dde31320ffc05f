//! Column types as Diesel's SQL types.

use std::borrow::Cow;

use migratable_core::{ColumnType, Dialect};

use super::names::sql_type_name;

/// Whether enums have SQL types of their own, and are not plain text: as soon as PostgreSQL is meant.
pub(crate) fn enums_have_types(dialects: &[Dialect]) -> bool {
    dialects.contains(&Dialect::Postgres)
}

/// The SQL type for a column type. Where the dialects differ, the first that is not SQLite's text form wins.
pub(crate) fn sql_type(column_type: &ColumnType, dialects: &[Dialect]) -> Cow<'static, str> {
    let dialect = match dialects {
        [] => Dialect::Sqlite,
        [one] => *one,
        several => several.iter().copied().find(|it| *it == Dialect::Postgres).unwrap_or(several[0]),
    };
    let plain = match column_type.on(dialect) {
        ColumnType::SmallInt => "SmallInt",
        ColumnType::Integer => "Integer",
        ColumnType::BigInt => "BigInt",
        ColumnType::Real => "Float",
        ColumnType::Double => "Double",
        ColumnType::Numeric(_) => "Numeric",
        ColumnType::Boolean => "Bool",
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => "Text",
        ColumnType::Binary | ColumnType::Varbinary(_) => "Binary",
        ColumnType::Date => "Date",
        ColumnType::Time => "Time",
        ColumnType::Timestamp => "Timestamp",
        ColumnType::TimestampTz => match dialect {
            Dialect::Sqlite => "TimestamptzSqlite",
            Dialect::Postgres => "Timestamptz",
            Dialect::Mysql => "Timestamp",
        },
        ColumnType::Json => "Json",
        ColumnType::Jsonb if dialect == Dialect::Mysql => "Json",
        ColumnType::Jsonb => "Jsonb",
        // Diesel has these on PostgreSQL only; the others keep them as text.
        ColumnType::Interval | ColumnType::Uuid | ColumnType::Inet if dialect != Dialect::Postgres => "Text",
        ColumnType::Interval => "Interval",
        ColumnType::Uuid => "Uuid",
        ColumnType::Inet => "Inet",
        ColumnType::Array(element) => return Cow::Owned(format!("Array<{}>", sql_type(&element, dialects))),
        ColumnType::Enum(name) if enums_have_types(dialects) => return Cow::Owned(sql_type_name(&name)),
        ColumnType::Enum(_) => "Text",
        ColumnType::Native(sql) => sql.text(dialect).map_or("Text", |text| native(text, dialect)),
    };
    Cow::Borrowed(plain)
}

/// The SQL type for a type in the dialect's own words; what Diesel has no type for counts as text, or on SQLite as the
/// affinity that SQLite itself gives the words.
fn native(text: &str, dialect: Dialect) -> &'static str {
    let word = text.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let upper = text.to_ascii_uppercase();
    match dialect {
        Dialect::Sqlite if upper.contains("INT") => "BigInt",
        Dialect::Sqlite if ["CHAR", "CLOB", "TEXT"].iter().any(|it| upper.contains(it)) => "Text",
        Dialect::Sqlite if upper.contains("BLOB") => "Binary",
        Dialect::Sqlite if ["REAL", "FLOA", "DOUB"].iter().any(|it| upper.contains(it)) => "Double",
        Dialect::Sqlite => "Text",
        Dialect::Postgres => match word.as_str() {
            "int2" | "smallserial" => "SmallInt",
            "int4" | "serial" | "int" => "Integer",
            "int8" | "bigserial" => "BigInt",
            "float4" => "Float",
            "float8" => "Double",
            "bool" => "Bool",
            "bytea" => "Binary",
            "citext" => "Citext",
            "cidr" => "Cidr",
            "macaddr" => "MacAddr",
            "macaddr8" => "MacAddr8",
            "money" => "Money",
            "oid" => "Oid",
            "int4range" => "Int4range",
            "int8range" => "Int8range",
            "numrange" => "Numrange",
            "tsrange" => "Tsrange",
            "tstzrange" => "Tstzrange",
            "daterange" => "Daterange",
            _ => "Text",
        },
        Dialect::Mysql => match word.as_str() {
            "tinyint" => "TinyInt",
            "int" | "mediumint" => "Integer",
            "float" => "Float",
            "decimal" => "Numeric",
            "blob" | "tinyblob" | "mediumblob" | "longblob" => "Binary",
            "datetime" => "Datetime",
            _ => "Text",
        },
    }
}
