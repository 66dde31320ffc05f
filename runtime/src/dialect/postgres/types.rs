//! What column types, values and defaults are on PostgreSQL.

use std::collections::BTreeMap;

use migratable_core::{Column, ColumnType, DefaultValue, Dialect, Enum, Literal, Sql, TableName};

use super::ddl::qualified;
use crate::dialect::{self, hex, literal as text};

/// The name of a type.
pub(super) fn name(column_type: &ColumnType) -> Result<String, String> {
    Ok(match column_type.on(Dialect::Postgres) {
        ColumnType::SmallInt => "smallint".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInt => "bigint".to_owned(),
        ColumnType::Real => "real".to_owned(),
        ColumnType::Double => "double precision".to_owned(),
        ColumnType::Numeric(None) => "numeric".to_owned(),
        ColumnType::Numeric(Some((precision, scale))) => format!("numeric({precision},{scale})"),
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Text => "text".to_owned(),
        ColumnType::Varchar(length) => format!("character varying({length})"),
        ColumnType::Char(length) => format!("character({length})"),
        ColumnType::Binary | ColumnType::Varbinary(_) => "bytea".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time without time zone".to_owned(),
        ColumnType::Timestamp => "timestamp without time zone".to_owned(),
        ColumnType::TimestampTz => "timestamp with time zone".to_owned(),
        ColumnType::Interval => "interval".to_owned(),
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Json => "json".to_owned(),
        ColumnType::Jsonb => "jsonb".to_owned(),
        ColumnType::Inet => "inet".to_owned(),
        ColumnType::Array(element) => format!("{}[]", name(&element)?),
        ColumnType::Enum(name) => qualified(&TableName::parse(&name)),
        ColumnType::Native(sql) => sql_text(&sql, "the type")?.to_owned(),
    })
}

/// The type that PostgreSQL spells so.
pub(super) fn parse(spelled: &str) -> ColumnType {
    if let Some(element) = spelled.strip_suffix("[]") {
        return ColumnType::Array(Box::new(parse(element)));
    }
    let native = || ColumnType::Native(Sql::each([(Dialect::Postgres, spelled)]));
    let (name, arguments) = match spelled.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')),
        None => (spelled, None),
    };
    let length = || arguments.and_then(|it| it.parse().ok());
    match (name, arguments) {
        ("smallint", None) => ColumnType::SmallInt,
        ("integer", None) => ColumnType::Integer,
        ("bigint", None) => ColumnType::BigInt,
        ("real", None) => ColumnType::Real,
        ("double precision", None) => ColumnType::Double,
        ("numeric", None) => ColumnType::Numeric(None),
        ("numeric", Some(arguments)) => match arguments.split_once(',').map(|(p, s)| (p.parse(), s.parse())) {
            Some((Ok(precision), Ok(scale))) if scale <= precision => ColumnType::Numeric(Some((precision, scale))),
            _ => native(),
        },
        ("boolean", None) => ColumnType::Boolean,
        ("text", None) => ColumnType::Text,
        ("character varying", Some(_)) => length().map_or_else(native, ColumnType::Varchar),
        ("character", Some(_)) => length().map_or_else(native, ColumnType::Char),
        ("bytea", None) => ColumnType::Binary,
        ("date", None) => ColumnType::Date,
        ("time without time zone", None) => ColumnType::Time,
        ("timestamp without time zone", None) => ColumnType::Timestamp,
        ("timestamp with time zone", None) => ColumnType::TimestampTz,
        ("interval", None) => ColumnType::Interval,
        ("uuid", None) => ColumnType::Uuid,
        ("json", None) => ColumnType::Json,
        ("jsonb", None) => ColumnType::Jsonb,
        ("inet", None) => ColumnType::Inet,
        _ => native(),
    }
}

/// A text for PostgreSQL.
pub(super) fn sql_text<'a>(sql: &'a Sql, what: &str) -> Result<&'a str, String> {
    dialect::sql_text(sql, Dialect::Postgres, what)
}

/// A plain value in a column of that type.
pub(super) fn literal(column_type: &ColumnType, literal: &Literal) -> Result<String, String> {
    Ok(match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(digits) => match digits.as_str() {
            "inf" => "'Infinity'".to_owned(),
            "-inf" => "'-Infinity'".to_owned(),
            "NaN" => "'NaN'".to_owned(),
            digits => digits.to_owned(),
        },
        Literal::Bytes(bytes) => binary(bytes),
        Literal::Text(value) => match column_type.on(Dialect::Postgres) {
            ColumnType::Binary | ColumnType::Varbinary(_) => binary(value.as_bytes()),
            _ if value.contains('\0') => {
                return Err("PostgreSQL holds no NUL in a text: leave it out, or make the column binary".to_owned());
            }
            _ => text(value),
        },
    })
}

fn binary(bytes: &[u8]) -> String {
    format!("'\\x{}'::bytea", hex(bytes))
}

/// The default of a column, if it has one.
pub(super) fn default(column: &Column) -> Result<Option<String>, String> {
    Ok(match &column.default {
        None => None,
        Some(DefaultValue::Literal(value)) => Some(literal(&column.column_type, value)?),
        Some(DefaultValue::Now) => Some(now(&column.column_type).to_owned()),
        Some(DefaultValue::Sql(sql)) => {
            Some(format!("({})", sql_text(sql, &format!("the default of `{}`", column.name))?))
        }
    })
}

fn now(column_type: &ColumnType) -> &'static str {
    match column_type.on(Dialect::Postgres) {
        ColumnType::Date => "CURRENT_DATE",
        ColumnType::Time => "LOCALTIME",
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "(EXTRACT(epoch FROM now())::bigint)",
        ColumnType::Real | ColumnType::Double | ColumnType::Numeric(_) => "EXTRACT(epoch FROM now())",
        _ => "CURRENT_TIMESTAMP",
    }
}

/// The value that a column gets when nobody knows the one that it had.
pub(super) fn neutral(column_type: &ColumnType, enums: &BTreeMap<String, Enum>) -> String {
    match column_type.on(Dialect::Postgres) {
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric(_) => "0".to_owned(),
        ColumnType::Boolean => "FALSE".to_owned(),
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => "''".to_owned(),
        ColumnType::Binary | ColumnType::Varbinary(_) => "'\\x'".to_owned(),
        ColumnType::Date => "'1970-01-01'".to_owned(),
        ColumnType::Time => "'00:00:00'".to_owned(),
        ColumnType::Timestamp => "'1970-01-01 00:00:00'".to_owned(),
        ColumnType::TimestampTz => "'1970-01-01 00:00:00+00'".to_owned(),
        ColumnType::Interval => "'0 seconds'".to_owned(),
        ColumnType::Uuid => "'00000000-0000-0000-0000-000000000000'".to_owned(),
        ColumnType::Json | ColumnType::Jsonb => "'null'".to_owned(),
        ColumnType::Inet => "'0.0.0.0'".to_owned(),
        ColumnType::Array(_) => "'{}'".to_owned(),
        ColumnType::Enum(name) => text(enums.get(&name).and_then(|it| it.values.first()).map_or("", String::as_str)),
        ColumnType::Native(sql) => match sql.text(Dialect::Postgres).unwrap_or_default() {
            bits if bits.starts_with("bit(") => format!("B'0'::{bits}"),
            name => native_neutral(name).to_owned(),
        },
    }
}

fn native_neutral(name: &str) -> &'static str {
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    match () {
        () if name.contains("multirange") => "'{}'",
        () if name.contains("range") => "'empty'",
        () if begins(&["timestamp", "date"]) => "'1970-01-01 00:00:00+00'",
        () if begins(&["time"]) => "'00:00:00+00'",
        () if begins(&["interval"]) => "'0 seconds'",
        () if begins(&["money", "oid", "numeric"]) => "'0'",
        () if begins(&["cidr"]) => "'0.0.0.0/32'",
        () if begins(&["macaddr8"]) => "'00:00:00:00:00:00:00:00'",
        () if begins(&["macaddr"]) => "'00:00:00:00:00:00'",
        () if begins(&["bit varying", "tsvector", "tsquery"]) => "''",
        () if begins(&["bit"]) => "B'0'",
        () if begins(&["point"]) => "'(0,0)'",
        () if begins(&["lseg", "path"]) => "'[(0,0),(0,0)]'",
        () if begins(&["box"]) => "'(0,0),(0,0)'",
        () if begins(&["polygon"]) => "'((0,0))'",
        () if begins(&["circle"]) => "'<(0,0),0>'",
        () if begins(&["line"]) => "'{1,0,0}'",
        () if begins(&["xml"]) => "'<x/>'",
        () if begins(&["jsonpath"]) => "'$'",
        () if begins(&["pg_lsn"]) => "'0/0'",
        () => "''",
    }
}

/// A value of its own for each row, from the number of the row, for a column in which no two rows may be equal. `None`
/// if the type has no room for that.
pub(super) fn distinct(column_type: &ColumnType, number: &str) -> Option<String> {
    Some(match column_type.on(Dialect::Postgres) {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => number.to_owned(),
        ColumnType::Real | ColumnType::Double | ColumnType::Numeric(_) => number.to_owned(),
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => format!("{number}::text"),
        ColumnType::Binary | ColumnType::Varbinary(_) => format!("convert_to({number}::text, 'UTF8')"),
        ColumnType::Uuid => format!("('00000000-0000-0000-0000-' || lpad(to_hex({number}), 12, '0'))::uuid"),
        ColumnType::Date => format!("DATE '1970-01-01' + {number}::integer"),
        ColumnType::Timestamp | ColumnType::TimestampTz => {
            format!("TIMESTAMP '1970-01-01' + {number} * INTERVAL '1 second'")
        }
        _ => return None,
    })
}
