//! How values of one type become values of another, and which of them would not be the same.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{ColumnType, Dialect, Enum, diff};

use super::types;
use crate::dialect::literal;

/// Whether a type is one of numbers.
pub(super) fn is_number(it: &ColumnType) -> bool {
    it.is_integer() || matches!(it, ColumnType::Real | ColumnType::Double | ColumnType::Numeric(_))
}

fn is_text(it: &ColumnType) -> bool {
    match it {
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => true,
        ColumnType::Native(sql) => {
            let name = sql.text(Dialect::Postgres).unwrap_or_default();
            // An extension may be in any schema.
            let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
            ["bpchar", "character", "character varying", "citext", "name"].contains(&name)
        }
        _ => false,
    }
}

fn is_time(it: &ColumnType) -> bool {
    matches!(it, ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::TimestampTz)
}

/// The name of a type without what stands in brackets.
fn family(it: &ColumnType) -> String {
    let name = types::name(it).unwrap_or_default();
    match (name.split_once('('), name.rsplit_once(')')) {
        (Some((front, _)), Some((_, back))) => format!("{front}{back}"),
        _ => name,
    }
}

/// What ALTER COLUMN … TYPE needs behind USING to make `column` into the new type; nothing if PostgreSQL converts it by
/// itself and refuses what does not fit.
pub(super) fn using(from: &ColumnType, to: &ColumnType, column: &str) -> Result<Option<String>, String> {
    use ColumnType as T;
    let (from, to) = (&from.on(Dialect::Postgres), &to.on(Dialect::Postgres));
    let name = types::name(to)?;
    let cast = Some(format!("{column}::{name}"));
    let by_text = Some(format!("{column}::text::{name}"));
    Ok(match (from, to) {
        (T::Binary | T::Varbinary(_), to) if is_text(to) => Some(format!("convert_from({column}, 'UTF8')")),
        (from, T::Binary | T::Varbinary(_)) if is_text(from) => Some(format!("convert_to({column}::text, 'UTF8')")),
        (_, to) if is_text(to) => None,
        (from, to) if is_number(from) && is_number(to) => None,
        (from, to) if family(from) == family(to) && !name.starts_with("bit(") => None,
        (T::Native(_), T::Native(_)) if family(from) == "bit" && name.starts_with("bit(") => cast,
        (T::Array(_), T::Array(to)) if contains_enum(to) || contains_enum(from) => {
            Some(format!("{column}::text[]::{name}"))
        }
        (T::Array(_), T::Array(_)) => cast,
        (from, T::Array(element)) => {
            let element = using(from, element, column)?.unwrap_or_else(|| column.to_owned());
            Some(format!("CASE WHEN {column} IS NULL THEN NULL ELSE ARRAY[{element}]::{name} END"))
        }
        (from, T::Json) if !is_text(from) && *from != T::Jsonb => Some(format!("to_json({column})")),
        (from, T::Jsonb) if !is_text(from) && *from != T::Json => Some(format!("to_jsonb({column})")),
        (T::Boolean, to) if is_number(to) => Some(format!("{column}::integer::{name}")),
        (from, T::Boolean) if is_number(from) => Some(format!("({column} <> 0)")),
        (T::Json, to) if is_number(to) || *to == T::Boolean => Some(format!("{column}::jsonb::{name}")),
        (T::Enum(_), _) => by_text,
        (T::Native(_), T::Enum(_)) => by_text,
        (T::Native(_), T::Native(_)) if name.contains("range") => by_text,
        (from, _) if is_text(from) => cast,
        (T::Jsonb, to) if is_number(to) || *to == T::Boolean => cast,
        (T::Json, T::Jsonb) | (T::Jsonb, T::Json) | (T::Time, T::Interval) | (T::Interval, T::Time) => None,
        (T::Date, T::Time) | (T::Time, _) if is_time(to) => return Err(no_cast(from, to)),
        (from, to) if is_time(from) && is_time(to) => None,
        (T::Native(_), _) | (_, T::Native(_)) => cast,
        (from, to) => return Err(no_cast(from, to)),
    })
}

/// Whether only a cast of the server could make values of one type those of another, and it has none.
pub(super) fn is_missing(from: &ColumnType, to: &ColumnType, casts: &BTreeSet<(String, String)>) -> bool {
    use ColumnType as T;
    match (from, to) {
        (T::Array(from), T::Array(to)) => {
            let is_json = |it: &ColumnType| matches!(it, T::Json | T::Jsonb);
            is_missing(from, to, casts) || (is_json(to) && !is_json(from) && !is_text(from))
        }
        (from, T::Array(to)) => is_missing(from, to, casts),
        (T::Enum(_), _) | (_, T::Enum(_) | T::Json | T::Jsonb) => false,
        (from, to) if is_text(from) || is_text(to) => false,
        (T::Native(_), _) | (_, T::Native(_)) => {
            let plain = |it| match family(it) {
                interval if interval.starts_with("interval") => "interval".to_owned(),
                family => family,
            };
            let pair = (plain(from), plain(to));
            let is_range = pair.0.contains("range") && pair.1.contains("range");
            !casts.is_empty() && pair.0 != pair.1 && !is_range && !casts.contains(&pair)
        }
        _ => false,
    }
}

/// Numbers that become UUIDs, or come back from them, where nobody is asked: the number is the end of the UUID, the same
/// wherever it is referred to.
pub(super) fn renumbered(from: &ColumnType, to: &ColumnType, column: &str) -> Option<String> {
    use ColumnType as T;
    let digits = |count| format!("('x' || right(replace({column}::text, '-', ''), {count}))");
    match (from.on(Dialect::Postgres), to.on(Dialect::Postgres)) {
        (from, T::Uuid) if from.is_integer() => Some(format!("lpad(to_hex({column}), 32, '0')::uuid")),
        (T::Uuid, T::BigInt) => Some(format!("{}::bit(64)::bigint", digits(16))),
        (T::Uuid, T::Integer) => Some(format!("{}::bit(32)::integer", digits(8))),
        _ => None,
    }
}

fn contains_enum(it: &ColumnType) -> bool {
    match it {
        ColumnType::Enum(_) => true,
        ColumnType::Array(element) => contains_enum(element),
        _ => false,
    }
}

pub(super) fn no_cast(from: &ColumnType, to: &ColumnType) -> String {
    format!("PostgreSQL has no cast from {from} to {to}")
}

/// The condition that holds for values which would be others in the new type, or which it would refuse.
pub(super) fn offends(
    from: &ColumnType,
    to: &ColumnType,
    column: &str,
    enums: &BTreeMap<String, Enum>,
) -> Option<String> {
    use ColumnType as T;
    let (from, to) = (&from.on(Dialect::Postgres), &to.on(Dialect::Postgres));
    if let T::Enum(name) = to {
        let values: Vec<String> = enums.get(name)?.values.iter().map(|value| literal(value)).collect();
        return Some(format!("{column}::text NOT IN ({})", values.join(", ")));
    }
    if diff::holds_every_value_of(to, from) {
        return None;
    }
    Some(match (from, to) {
        (_, T::Varchar(length) | T::Char(length)) => format!("char_length({column}::text) > {length}"),
        (from, to) if is_number(from) && is_number(to) => other_number(from, to, column)?,
        (from, to) if is_text(from) && is_number(to) => {
            let number = format!("{column}::text ~ '{}'", pattern(to));
            match other_number(&T::Numeric(None), to, &format!("{column}::text::numeric")) {
                Some(other) => format!("CASE WHEN {number} THEN {other} ELSE TRUE END"),
                None => format!("NOT ({number})"),
            }
        }
        (from, T::Boolean) if is_text(from) => format!(
            "lower(trim({column}::text)) NOT IN \
             ('t', 'true', 'f', 'false', 'y', 'yes', 'n', 'no', 'on', 'off', '1', '0')"
        ),
        (from, T::Uuid) if is_text(from) => {
            format!("{column}::text !~* '^\\s*\\{{?[0-9a-f]{{8}}(-?[0-9a-f]{{4}}){{3}}-?[0-9a-f]{{12}}\\}}?\\s*$'")
        }
        (from, T::Boolean) if is_number(from) => format!("{column} NOT IN (0, 1)"),
        (from, to) if family(from) == "bit" && family(to) == "bit" => {
            format!("{column}::{}::{} <> {column}", types::name(to).ok()?, types::name(from).ok()?)
        }
        (T::Uuid, T::BigInt) => format!("{column}::text !~ '^0{{8}}(-0{{4}}){{2}}-[0-7]'"),
        (T::Uuid, T::Integer) => format!("{column}::text !~ '^0{{8}}(-0{{4}}){{3}}-0{{4}}[0-7]'"),
        (T::Timestamp | T::TimestampTz, T::Date) => format!("{column} <> date_trunc('day', {column})"),
        (T::Timestamp | T::TimestampTz, T::Time) => "TRUE".to_owned(),
        _ => return None,
    })
}

fn pattern(to: &ColumnType) -> &'static str {
    if to.is_integer() {
        return "^\\s*[-+]?[0-9]+\\s*$";
    }
    "^\\s*[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*$"
}

/// Numbers that are others in the new type.
fn other_number(from: &ColumnType, to: &ColumnType, column: &str) -> Option<String> {
    use ColumnType as T;
    let whole = |least: &str, most: &str| {
        let fraction = if from.is_integer() { String::new() } else { format!(" OR {column} <> trunc({column})") };
        format!("({column} NOT BETWEEN {least} AND {most}{fraction})")
    };
    Some(match to {
        T::SmallInt => whole("-32768", "32767"),
        T::Integer => whole("-2147483648", "2147483647"),
        T::BigInt => whole("-9223372036854775808", "9223372036854775807"),
        T::Numeric(Some((precision, scale))) => format!(
            "(round({column}::numeric, {scale}) <> {column}::numeric OR abs({column}::numeric) >= 1e{})",
            precision - scale
        ),
        T::Real | T::Double => format!("{column}::{}::numeric <> {column}::numeric", types::name(to).ok()?),
        _ => return None,
    })
}
