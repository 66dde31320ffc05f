//! What column types, values and defaults are on MySQL, in the form in which Diesel reads and writes them.

use std::collections::BTreeMap;

use migratable_core::{Column, ColumnType, DefaultValue, Dialect, Enum, Literal, Sql};

use crate::dialect::{self, hex, literal_for};

/// The variables in which rows are numbered: one for each kind of value, since they count from behind what is there.
pub(super) const COUNTERS: [&str; 5] =
    ["@migratable_row", "@migratable_day", "@migratable_second", "@migratable_time", "@migratable_address"];

/// The most digits that a decimal has, and a scale that leaves room on both sides of the point.
const WIDEST_DECIMAL: &str = "DECIMAL(65, 30)";

/// A text in single quotes.
pub(super) fn text(value: &str) -> String {
    literal_for(Dialect::Mysql, value)
}

/// The name of a type. Times keep their microseconds, as they do on the other databases.
pub(super) fn name(column_type: &ColumnType, enums: &BTreeMap<String, Enum>) -> Result<String, String> {
    Ok(match column_type {
        ColumnType::SmallInt => "SMALLINT".to_owned(),
        ColumnType::Integer => "INT".to_owned(),
        ColumnType::BigInt => "BIGINT".to_owned(),
        ColumnType::Real => "FLOAT".to_owned(),
        ColumnType::Double => "DOUBLE".to_owned(),
        ColumnType::Numeric(None) => WIDEST_DECIMAL.to_owned(),
        ColumnType::Numeric(Some((precision, scale))) => format!("DECIMAL({precision}, {scale})"),
        ColumnType::Boolean => "BOOLEAN".to_owned(),
        ColumnType::Text => "LONGTEXT".to_owned(),
        ColumnType::Varchar(length) => format!("VARCHAR({length})"),
        ColumnType::Char(length) => format!("CHAR({length})"),
        ColumnType::Binary => "LONGBLOB".to_owned(),
        ColumnType::Varbinary(length) => format!("VARBINARY({length})"),
        ColumnType::Date => "DATE".to_owned(),
        ColumnType::Time => "TIME(6)".to_owned(),
        ColumnType::Timestamp => "DATETIME(6)".to_owned(),
        ColumnType::TimestampTz => "TIMESTAMP(6)".to_owned(),
        ColumnType::Json => "JSON".to_owned(),
        ColumnType::Interval => return Err(lacks("spans of time", "bigint")),
        ColumnType::Uuid => return Err(lacks("UUIDs that Diesel reads", "char(36)")),
        ColumnType::Jsonb => return Err(lacks("binary JSON", "json")),
        ColumnType::Inet => return Err(lacks("addresses", "varchar(43)")),
        ColumnType::Array(_) => return Err(lacks("arrays", "json")),
        ColumnType::Enum(name) => {
            let values = enums.get(name).map(|it| it.values.as_slice()).unwrap_or_default();
            enumeration(values.iter().map(String::as_str))
        }
        ColumnType::Native(sql) => sql_text(sql, "the type")?.to_owned(),
    })
}

/// The type whose values are these.
pub(super) fn enumeration<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    format!("ENUM({})", values.into_iter().map(text).collect::<Vec<_>>().join(", "))
}

fn lacks(what: &str, instead: &str) -> String {
    format!("MySQL has no {what}: give the column another type there, `.mysql(\"{instead}\")`")
}

/// A text for MySQL.
pub(super) fn sql_text<'a>(sql: &'a Sql, what: &str) -> Result<&'a str, String> {
    dialect::sql_text(sql, Dialect::Mysql, what)
}

/// A plain value.
pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Boolean(value) => if *value { "1" } else { "0" }.to_owned(),
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(digits) => digits.clone(),
        Literal::Text(value) => text(value),
        Literal::Bytes(bytes) => binary(bytes),
    }
}

fn binary(bytes: &[u8]) -> String {
    format!("X'{}'", hex(bytes))
}

/// The default of a column, as it stands behind DEFAULT.
pub(super) fn default(column: &Column) -> Result<Option<String>, String> {
    Ok(match &column.default {
        None => None,
        Some(DefaultValue::Literal(value)) => Some(literal(value)),
        Some(DefaultValue::Now) => Some(now(&column.column_type).to_owned()),
        Some(DefaultValue::Sql(sql)) => {
            let sql = sql_text(sql, &format!("the default of `{}`", column.name))?;
            Some(if stands_alone(sql) { sql.to_owned() } else { format!("({sql})") })
        }
    })
}

fn now(column_type: &ColumnType) -> &'static str {
    match column_type.on(Dialect::Mysql) {
        ColumnType::Timestamp | ColumnType::TimestampTz => "CURRENT_TIMESTAMP(6)",
        ColumnType::Date => "(CURRENT_DATE)",
        ColumnType::Time => "(CURRENT_TIME(6))",
        other if other.is_integer() => "(UNIX_TIMESTAMP())",
        _ => "CURRENT_TIMESTAMP",
    }
}

/// Whether a default needs no parentheses: a literal, or the time.
fn stands_alone(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let is_literal = |rest: &str| rest.len() >= 2 && rest.ends_with('\'') && !rest[1..rest.len() - 1].contains('\'');
    let quoted =
        sql.starts_with('\'') && sql.ends_with('\'') && !sql[1..sql.len() - 1].replace("''", "").contains('\'');
    quoted
        || lower.starts_with("current_timestamp")
        || (lower.starts_with(['x', 'b'])
            && sql.get(1..).is_some_and(|rest| rest.starts_with('\'') && is_literal(rest)))
        || lower.trim_start_matches('-').parse::<f64>().is_ok()
        || matches!(lower.as_str(), "null" | "true" | "false")
        || (sql.starts_with('(') && closes_at_end(sql))
}

/// Whether the parenthesis at the beginning is closed by the one at the end.
fn closes_at_end(sql: &str) -> bool {
    let mut depth = 0;
    let mut quote = None;
    for (at, character) in sql.char_indices() {
        match quote {
            Some(open) => quote = (character != open).then_some(open),
            None if matches!(character, '\'' | '"' | '`') => quote = Some(character),
            None if character == '(' => depth += 1,
            None if character == ')' => depth -= 1,
            None => {}
        }
        if depth == 0 {
            return at + 1 == sql.len();
        }
    }
    false
}

/// The value that a column gets when nobody knows the one that it had: the type's own zero.
pub(super) fn neutral(type_name: &str) -> String {
    let lower = type_name.to_ascii_lowercase();
    let word = lower.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    match word {
        "enum" => list(type_name).first().map_or_else(|| "''".to_owned(), |value| text(value)),
        "date" => "'1970-01-01'".to_owned(),
        "time" => "'00:00:00'".to_owned(),
        "datetime" => "'1970-01-01 00:00:00'".to_owned(),
        // The first second is what TIMESTAMP keeps for the zero value.
        "timestamp" => "'1970-01-01 00:00:01'".to_owned(),
        "json" => "'null'".to_owned(),
        "uuid" => "'00000000-0000-0000-0000-000000000000'".to_owned(),
        "inet4" => "'0.0.0.0'".to_owned(),
        "inet6" => "'::'".to_owned(),
        "year" => "1970".to_owned(),
        "point" | "geometry" => geometry("POINT(0 0)"),
        "linestring" => geometry("LINESTRING(0 0, 0 0)"),
        "polygon" => geometry("POLYGON((0 0, 0 0, 0 0, 0 0))"),
        "multipoint" => geometry("MULTIPOINT(0 0)"),
        "multilinestring" => geometry("MULTILINESTRING((0 0, 0 0))"),
        "multipolygon" => geometry("MULTIPOLYGON(((0 0, 0 0, 0 0, 0 0)))"),
        "geometrycollection" => geometry("GEOMETRYCOLLECTION EMPTY"),
        word if is_number(word) => "0".to_owned(),
        _ => "''".to_owned(),
    }
}

fn geometry(text: &str) -> String {
    format!("ST_GeomFromText('{text}')")
}

/// Whether values of the type are numbers.
pub(super) fn is_number(word: &str) -> bool {
    word.ends_with("int")
        || matches!(word, "integer" | "float" | "double" | "real" | "decimal" | "numeric" | "bit" | "bool" | "boolean")
}

/// SQL without the numbers of rows, of which it is only known that they differ.
pub(super) fn unnumbered(sql: &str) -> String {
    COUNTERS.iter().fold(sql.to_owned(), |sql, counter| sql.replace(&next(counter), "NULL"))
}

/// SQL for the next number that a counter gives.
fn next(counter: &str) -> String {
    format!("({counter} := {counter} + 1)")
}

/// The first word of a type's name, in small letters.
fn family(type_name: &str) -> String {
    let end = type_name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(type_name.len());
    type_name[..end].to_ascii_lowercase()
}

/// A value of its own for each row, where no two rows may be equal; none if the type has few values.
pub(super) fn distinct(type_name: &str) -> Option<String> {
    let family = family(type_name);
    let [row, day, second, time, address] = COUNTERS;
    Some(match &*family {
        "enum" | "set" | "bit" | "year" => return None,
        "uuid" => format!("CONCAT('00000000-0000-0000-0000-', LPAD({}, 12, '0'))", next(row)),
        // Day 719528 is the first of 1970.
        "date" => format!("FROM_DAYS(719528 + {})", next(day)),
        "datetime" | "timestamp" => format!("FROM_UNIXTIME({})", next(second)),
        "time" => format!("SEC_TO_TIME({})", next(time)),
        "inet4" => format!("INET_NTOA({})", next(address)),
        "inet6" => format!("INET6_NTOA(UNHEX(LPAD(HEX(CAST({} AS UNSIGNED)), 32, '0')))", next(row)),
        "json" => format!("CAST({} AS CHAR)", next(row)),
        _ => next(row),
    })
}

/// The number that `distinct` makes a value of.
pub(super) fn number_of(type_name: &str, value: &str) -> String {
    match &*family(type_name) {
        "date" => format!("TO_DAYS({value}) - 719528"),
        "datetime" | "timestamp" => format!("UNIX_TIMESTAMP({value})"),
        "time" => format!("TIME_TO_SEC({value})"),
        "inet4" => format!("INET_ATON({value})"),
        "uuid" => {
            let text = format!("CAST({value} AS CHAR)");
            format!("IF({text} LIKE '00000000-0000-0000-0000-%', CAST(RIGHT({text}, 12) AS SIGNED), 0)")
        }
        "inet6" => {
            let digits = format!("HEX(INET6_ATON(CAST({value} AS CHAR)))");
            let number = format!("CAST(CONV(RIGHT({digits}, 15), 16, 10) AS SIGNED)");
            format!("IF({digits} LIKE '0000000000000000%', {number}, 0)")
        }
        _ => format!("CAST({value} AS SIGNED)"),
    }
}

/// The values between the parentheses of ENUM and SET.
pub(super) fn list(type_name: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut value: Option<String> = None;
    let mut characters = type_name.chars().peekable();
    while let Some(character) = characters.next() {
        match (&mut value, character) {
            (None, '\'') => value = Some(String::new()),
            (None, _) => {}
            (Some(inside), '\'') if characters.peek() == Some(&'\'') => {
                characters.next();
                inside.push('\'');
            }
            (Some(_), '\'') => values.extend(value.take()),
            (Some(inside), '\\') => inside.extend(characters.next().map(|next| match next {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                other => other,
            })),
            (Some(inside), other) => inside.push(other),
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_list_are_read_as_the_server_writes_them() {
        assert_eq!(list(r"enum('a','it''s','b\\c','x\ny')"), ["a", "it's", r"b\c", "x\ny"]);
        assert!(list("int(11)").is_empty());
    }

    #[test]
    fn expressions_get_parentheses_and_literals_none() {
        for (sql, alone) in [
            ("'it''s'", true),
            ("'a' + 'b'", false),
            ("-2.5", true),
            ("X'00ff'", true),
            ("b'101'", true),
            ("(1 + 2)", true),
            ("(1) + (2)", false),
            ("current_timestamp(6)", true),
            ("uuid()", false),
            ("NULL", true),
        ] {
            assert_eq!(stands_alone(sql), alone, "{sql}");
        }
    }
}
