//! How values of one type become values of another.

use std::collections::BTreeSet;

use migratable_core::{ColumnType, Dialect};

use super::types;

/// Whether a type is one of numbers.
pub(super) fn is_number(it: &ColumnType) -> bool {
    it.is_integer() || matches!(it, ColumnType::Real | ColumnType::Double | ColumnType::Numeric(_))
}

/// Whether a type is one of texts.
pub(super) fn is_text(it: &ColumnType) -> bool {
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
pub(super) fn family(it: &ColumnType) -> String {
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
        (from, T::Numeric(_)) if is_floating(from) => by_text,
        (from, to) if is_number(from) && is_number(to) => None,
        (from, to) if family(from) == family(to) && !name.starts_with("bit(") => None,
        (T::Native(_), T::Native(_)) if family(from) == "bit" && name.starts_with("bit(") => cast,
        (T::Array(_), T::Array(to)) if contains_enum(to) || contains_enum(from) => {
            Some(format!("{column}::text[]::{name}"))
        }
        (T::Array(from), T::Array(to)) if is_floating(from) && matches!(**to, T::Numeric(_)) => {
            Some(format!("{column}::text[]::{name}"))
        }
        (T::Array(_), T::Array(_)) => cast,
        (from, T::Array(element)) => {
            let list = match may_be_list(from, element) {
                true => format!("WHEN {} THEN {column}::text::{name} ", is_list(column)),
                false => String::new(),
            };
            let element = using(from, element, column)?.unwrap_or_else(|| column.to_owned());
            Some(format!("CASE WHEN {column} IS NULL THEN NULL {list}ELSE ARRAY[{element}]::{name} END"))
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

/// Whether a text in braces is no element of an array, but all of them.
pub(super) fn may_be_list(from: &ColumnType, element: &ColumnType) -> bool {
    let begins_so = is_text(element) || matches!(element, ColumnType::Json | ColumnType::Jsonb);
    is_text(from) && !begins_so && !family(element).contains("multirange")
}

/// Whether a text is in braces.
pub(super) fn is_list(column: &str) -> String {
    format!("{column}::text ~ '^\\s*\\{{'")
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

/// Whether a cast of the server to numeric rounds values of a type: to six digits, or to fifteen.
pub(super) fn is_floating(it: &ColumnType) -> bool {
    matches!(it, ColumnType::Real | ColumnType::Double)
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
