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

/// The SQL type in a data step: one that every database of the package has, else one of which no value can be taken or
/// given.
pub(crate) fn sql_type_in_steps(column_type: &ColumnType, dialects: &[Dialect]) -> Cow<'static, str> {
    let all = sql_type(column_type, dialects);
    let is_enum = matches!(column_type, ColumnType::Enum(_));
    let is_same = is_enum || dialects.iter().all(|it| sql_type(column_type, &[*it]) == all);
    if is_same { all } else { Cow::Borrowed("DiffersByDatabase") }
}

/// The SQL type for a type in the dialect's own words; what Diesel has no type for counts as text, or on SQLite as the
/// affinity that SQLite itself gives the words.
fn native(text: &str, dialect: Dialect) -> &'static str {
    let text = text.to_ascii_lowercase();
    let words = words(&text);
    match dialect {
        Dialect::Sqlite => affinity(&text.to_ascii_uppercase()),
        Dialect::Postgres => match words.as_slice() {
            ["int2" | "smallserial" | "serial2"] => "SmallInt",
            ["int4" | "serial" | "serial4" | "int"] => "Integer",
            ["int8" | "bigserial" | "serial8"] => "BigInt",
            ["float4"] => "Float",
            ["float"] if precision(&text).is_some_and(|bits| bits <= 24) => "Float",
            ["float8" | "float"] | ["double", "precision"] => "Double",
            ["decimal" | "numeric" | "dec"] => "Numeric",
            ["bool"] => "Bool",
            ["bytea"] => "Binary",
            ["varchar" | "char" | "character"] | ["character" | "char", "varying"] => "Text",
            ["timestamp"] | ["timestamp", "without", ..] => "Timestamp",
            ["timestamptz"] | ["timestamp", "with", ..] => "Timestamptz",
            ["time"] | ["time", "without", ..] => "Time",
            ["interval", ..] => "Interval",
            ["citext"] => "Citext",
            ["cidr"] => "Cidr",
            ["macaddr"] => "MacAddr",
            ["macaddr8"] => "MacAddr8",
            ["money"] => "Money",
            ["oid"] => "Oid",
            ["int4range"] => "Int4range",
            ["int8range"] => "Int8range",
            ["numrange"] => "Numrange",
            ["tsrange"] => "Tsrange",
            ["tstzrange"] => "Tstzrange",
            ["daterange"] => "Daterange",
            _ => "Text",
        },
        Dialect::Mysql => {
            let is_unsigned = words.contains(&"unsigned") || words.contains(&"zerofill");
            match words.first().copied().unwrap_or_default() {
                "tinyint" if is_unsigned => "Unsigned<TinyInt>",
                "smallint" if is_unsigned => "Unsigned<SmallInt>",
                "int" | "integer" | "mediumint" if is_unsigned => "Unsigned<Integer>",
                "bigint" if is_unsigned => "Unsigned<BigInt>",
                "tinyint" => "TinyInt",
                "smallint" => "SmallInt",
                "int" | "integer" | "mediumint" => "Integer",
                "bigint" => "BigInt",
                "float" => "Float",
                "double" | "real" => "Double",
                "decimal" | "numeric" | "dec" | "fixed" => "Numeric",
                "datetime" => "Datetime",
                "timestamp" => "Timestamp",
                "time" => "Time",
                "binary" | "varbinary" | "blob" | "tinyblob" | "mediumblob" | "longblob" | "bit" => "Binary",
                "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
                | "geometrycollection" => "Binary",
                _ => "Text",
            }
        }
    }
}

/// The words of a type without what stands in parentheses, in small letters.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| c == '(' || c == ')' || c.is_whitespace())
        .filter(|it| !it.is_empty() && !it.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

/// The number in parentheses.
fn precision(text: &str) -> Option<u32> {
    text.split_once('(')?.1.split_once(')')?.0.trim().parse().ok()
}

/// Where SQLite puts values of a column (SQLite documentation, "Datatypes In SQLite", section 3.1).
fn affinity(text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|it| text.contains(it));
    match () {
        () if has(&["INT"]) => "BigInt",
        () if has(&["CHAR", "CLOB", "TEXT"]) => "Text",
        () if has(&["BLOB"]) => "Binary",
        () if has(&["REAL", "FLOA", "DOUB"]) => "Double",
        () => "Text",
    }
}
