//! What column types, values and defaults are on SQLite, in the form in which Diesel reads and writes them.

use migratable_core::{Column, ColumnType, DefaultValue, Dialect, Enum, Literal, Sql};

use crate::dialect::{self, hex, literal as text};

/// The form in which SQLite keeps the values of a type. `None` is a type that is left to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    Integer,
    Real,
    Numeric,
    Text,
    Blob,
}

impl Storage {
    /// The name in a CAST.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Storage::Integer => "INTEGER",
            Storage::Real => "REAL",
            Storage::Numeric => "NUMERIC",
            Storage::Text => "TEXT",
            Storage::Blob => "BLOB",
        }
    }

    /// The name of the type in a STRICT table.
    pub(super) const fn strict(self) -> &'static str {
        match self {
            Storage::Integer => "INTEGER",
            Storage::Real => "REAL",
            Storage::Numeric => "ANY",
            Storage::Text => "TEXT",
            Storage::Blob => "BLOB",
        }
    }
}

/// How the values of a type are kept.
pub(super) fn storage(column_type: &ColumnType) -> Option<Storage> {
    Some(match column_type.on(Dialect::Sqlite) {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Boolean => Storage::Integer,
        ColumnType::Real | ColumnType::Double => Storage::Real,
        ColumnType::Numeric(_) => Storage::Numeric,
        ColumnType::Binary | ColumnType::Varbinary(_) | ColumnType::Jsonb => Storage::Blob,
        ColumnType::Native(sql) => return affinity(sql.text(Dialect::Sqlite)?),
        _ => Storage::Text,
    })
}

/// SQLite's own rules of affinity. What they leave over may be anything, dates in text among it.
pub(super) fn affinity(name: &str) -> Option<Storage> {
    let name = name.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    Some(match () {
        () if has(&["INT"]) => Storage::Integer,
        () if has(&["CHAR", "CLOB", "TEXT"]) => Storage::Text,
        () if has(&["BLOB"]) => Storage::Blob,
        () if has(&["REAL", "FLOA", "DOUB"]) => Storage::Real,
        () => return None,
    })
}

/// The name of a type. Names are as telling as the affinity that SQLite reads out of them allows: `JSON` alone would
/// turn the text `1.10` into the number 1.1, `INTERVAL` has `INT` in it.
pub(super) fn name(column_type: &ColumnType) -> Result<String, String> {
    Ok(match column_type.on(Dialect::Sqlite) {
        ColumnType::SmallInt => "SMALLINT".to_owned(),
        ColumnType::Integer => "INTEGER".to_owned(),
        ColumnType::BigInt => "BIGINT".to_owned(),
        ColumnType::Real => "REAL".to_owned(),
        ColumnType::Double => "DOUBLE".to_owned(),
        ColumnType::Numeric(None) => "NUMERIC".to_owned(),
        ColumnType::Numeric(Some((precision, scale))) => format!("NUMERIC({precision}, {scale})"),
        ColumnType::Boolean => "BOOLEAN".to_owned(),
        ColumnType::Text | ColumnType::Enum(_) | ColumnType::Interval => "TEXT".to_owned(),
        ColumnType::Varchar(length) => format!("VARCHAR({length})"),
        ColumnType::Char(length) => format!("CHAR({length})"),
        ColumnType::Binary => "BLOB".to_owned(),
        ColumnType::Varbinary(length) => format!("BLOB({length})"),
        ColumnType::Date => "DATE".to_owned(),
        ColumnType::Time => "TIME".to_owned(),
        ColumnType::Timestamp => "TIMESTAMP".to_owned(),
        ColumnType::TimestampTz => "TIMESTAMPTZ".to_owned(),
        ColumnType::Uuid => "UUID TEXT".to_owned(),
        ColumnType::Json => "JSON TEXT".to_owned(),
        ColumnType::Jsonb => "JSONB BLOB".to_owned(),
        ColumnType::Inet => "INET TEXT".to_owned(),
        ColumnType::Array(element) => {
            return Err(format!("SQLite has no arrays (`{element}[]`): give the column another type there"));
        }
        ColumnType::Native(sql) => sql_text(&sql, "the type")?.to_owned(),
    })
}

/// A text for SQLite.
pub(super) fn sql_text<'a>(sql: &'a Sql, what: &str) -> Result<&'a str, String> {
    dialect::sql_text(sql, Dialect::Sqlite, what)
}

/// SQL, and whether it is a constant that ADD COLUMN takes.
pub(super) struct Value {
    pub(super) sql: String,
    pub(super) constant: bool,
}

impl Value {
    fn constant(sql: impl Into<String>) -> Value {
        Value { sql: sql.into(), constant: true }
    }

    fn computed(sql: String) -> Value {
        Value { sql, constant: false }
    }

    /// The form in which it stands behind DEFAULT.
    pub(super) fn as_default(&self) -> String {
        if self.constant { self.sql.clone() } else { format!("({})", self.sql) }
    }
}

/// A plain value in a column of that type.
pub(super) fn literal(column_type: &ColumnType, literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::constant("NULL"),
        Literal::Boolean(value) => Value::constant(if *value { "1" } else { "0" }),
        Literal::Integer(value) => Value::constant(value.to_string()),
        Literal::Decimal(digits) => Value::constant(match digits.as_str() {
            "inf" => "9e999",
            "-inf" => "-9e999",
            "NaN" => "NULL",
            digits => digits,
        }),
        Literal::Bytes(bytes) => Value::constant(binary(bytes)),
        // SQL is passed on as a C string, which a NUL would end.
        Literal::Text(value) if value.contains('\0') => {
            Value::computed(format!("CAST({} AS TEXT)", binary(value.as_bytes())))
        }
        Literal::Text(value) => match column_type.on(Dialect::Sqlite) {
            ColumnType::Jsonb => Value::computed(format!("jsonb({})", text(value))),
            ColumnType::Binary | ColumnType::Varbinary(_) => Value::constant(binary(value.as_bytes())),
            _ => Value::constant(text(value)),
        },
    }
}

fn binary(bytes: &[u8]) -> String {
    format!("X'{}'", hex(bytes))
}

/// The default of a column, if it has one.
pub(super) fn default(column: &Column) -> Result<Option<Value>, String> {
    Ok(match &column.default {
        None => None,
        Some(DefaultValue::Literal(value)) => Some(literal(&column.column_type, value)),
        Some(DefaultValue::Now) => Some(Value::computed(now(&column.column_type))),
        Some(DefaultValue::Sql(sql)) => {
            Some(Value::computed(sql_text(sql, &format!("the default of `{}`", column.name))?.to_owned()))
        }
    })
}

fn now(column_type: &ColumnType) -> String {
    match column_type.on(Dialect::Sqlite) {
        ColumnType::Date => "CURRENT_DATE",
        ColumnType::Time => "CURRENT_TIME",
        ColumnType::TimestampTz => "strftime('%Y-%m-%d %H:%M:%S+00:00', 'now')",
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "unixepoch()",
        ColumnType::Real | ColumnType::Double => "julianday('now')",
        _ => "CURRENT_TIMESTAMP",
    }
    .to_owned()
}

/// The value that a column gets on the way back, when nobody knows the one that it had.
pub(super) fn neutral(column_type: &ColumnType, enums: &std::collections::BTreeMap<String, Enum>) -> String {
    match column_type.on(Dialect::Sqlite) {
        ColumnType::Real | ColumnType::Double => "0.0".to_owned(),
        ColumnType::Date => "'1970-01-01'".to_owned(),
        ColumnType::Time => "'00:00:00'".to_owned(),
        ColumnType::Timestamp => "'1970-01-01 00:00:00'".to_owned(),
        ColumnType::TimestampTz => "'1970-01-01 00:00:00+00:00'".to_owned(),
        ColumnType::Uuid => "'00000000-0000-0000-0000-000000000000'".to_owned(),
        ColumnType::Json => "'null'".to_owned(),
        ColumnType::Jsonb => "jsonb('null')".to_owned(),
        ColumnType::Inet => "'0.0.0.0'".to_owned(),
        ColumnType::Enum(name) => text(enums.get(&name).and_then(|it| it.values.first()).map_or("", String::as_str)),
        other => match storage(&other) {
            Some(Storage::Text) => "''",
            Some(Storage::Blob) => "X''",
            None => neutral_in_name(&other),
            _ => "0",
        }
        .to_owned(),
    }
}

/// What the name of a type that may hold anything says of its values.
fn neutral_in_name(column_type: &ColumnType) -> &'static str {
    let ColumnType::Native(sql) = column_type else { return "0" };
    let name = sql.text(Dialect::Sqlite).unwrap_or_default().to_ascii_uppercase();
    match (name.contains("DATE"), name.contains("TIME")) {
        _ if name.contains("TIMESTAMP") => "'1970-01-01 00:00:00'",
        (true, true) => "'1970-01-01 00:00:00'",
        (true, false) => "'1970-01-01'",
        (false, true) => "'00:00:00'",
        (false, false) if name.is_empty() => "''",
        (false, false) => "0",
    }
}

/// A value of its own for each row, from its rowid, for a column in which no two rows may be equal. `None` if the type
/// has no room for that.
pub(super) fn distinct(column_type: &ColumnType, rowid: &str) -> Option<String> {
    Some(match column_type.on(Dialect::Sqlite) {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Numeric(_) => rowid.to_owned(),
        ColumnType::Real | ColumnType::Double => format!("CAST({rowid} AS REAL)"),
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => format!("CAST({rowid} AS TEXT)"),
        ColumnType::Binary | ColumnType::Varbinary(_) => format!("CAST({rowid} AS BLOB)"),
        ColumnType::Uuid => format!("printf('00000000-0000-0000-0000-%012x', {rowid})"),
        _ => return None,
    })
}
