//! Which values of one type would not be the same in another one.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{ColumnType, Dialect, Enum, diff};

use super::casts::{self, family, is_floating, is_number, is_text};
use super::types;
use crate::dialect::literal;

/// What an element of an array is called while it is looked at.
const ELEMENT: &str = "migratable_element";

/// Values that are to be of another type.
#[derive(Clone, Copy)]
pub(super) struct Conversion<'a> {
    /// The type beneath domains that they have.
    pub(super) from: &'a ColumnType,
    /// The type beneath domains that they get.
    pub(super) to: &'a ColumnType,
    pub(super) enums: &'a BTreeMap<String, Enum>,
    pub(super) casts: &'a BTreeSet<(String, String)>,
}

impl Conversion<'_> {
    /// The condition that holds for values which would be others in the new type, or which it would refuse.
    pub(super) fn offends(&self, column: &str) -> Option<String> {
        use ColumnType as T;
        let (from, to) = (&self.from.on(Dialect::Postgres), &self.to.on(Dialect::Postgres));
        if let T::Enum(name) = to {
            let values: Vec<String> = self.enums.get(name)?.values.iter().map(|value| literal(value)).collect();
            return Some(format!("{column}::text NOT IN ({})", values.join(", ")));
        }
        if diff::holds_every_value_of(to, from) || is_wider(from, to) {
            return None;
        }
        Some(match (from, to) {
            (from, T::Varchar(length) | T::Char(length)) => {
                let text = casts::using(from, to, column).ok()?.unwrap_or_else(|| format!("{column}::text"));
                format!("char_length({text}) > {length}")
            }
            (T::Array(from), T::Array(to)) => any(column, &Conversion { from, to, ..*self }.offends(ELEMENT)?),
            (from, T::Array(to)) if casts::may_be_list(from, to) => {
                let list = casts::is_list(column);
                let all = format!("CASE WHEN {list} THEN {column}::text::text[] ELSE ARRAY[{column}::text] END");
                any(&all, &Conversion { from: &T::Text, to, ..*self }.offends(ELEMENT)?)
            }
            (_, T::Array(to)) => Conversion { to, ..*self }.offends(column)?,
            (from, to) if is_number(from) && is_number(to) => other_number(from, to, column)?,
            (T::Json | T::Jsonb, to) if is_number(to) => {
                format!("to_jsonb({column}::jsonb::{}) IS DISTINCT FROM {column}::jsonb", types::name(to).ok()?)
            }
            (from, T::Boolean) if is_number(from) => format!("{column} NOT IN (0, 1)"),
            (from, to) if is_text(from) => of_text(to, column)?,
            (_, T::Json | T::Jsonb) | (T::Enum(_) | T::Json | T::Jsonb, _) => return None,
            (_, to) if is_text(to) && family(to) != "name" => return None,
            (T::Uuid, T::BigInt) => format!("{column}::text !~ '^0{{8}}(-0{{4}}){{2}}-[0-7]'"),
            (T::Uuid, T::Integer) => format!("{column}::text !~ '^0{{8}}(-0{{4}}){{3}}-0{{4}}[0-7]'"),
            // The day is lost in any case.
            (from, to) if family(from).starts_with("timestamp ") && family(to).starts_with("time ") => {
                "TRUE".to_owned()
            }
            (from, to) => self.there_and_back(from, to, column)?,
        })
    }

    /// The condition that holds for values which do not come back; for all of them where no cast leads back.
    fn there_and_back(&self, from: &ColumnType, to: &ColumnType, column: &str) -> Option<String> {
        // A revision does not know which casts there will be.
        let is_native = [from, to].iter().any(|it| matches!(it, ColumnType::Native(_)));
        if self.casts.is_empty() && is_native && family(from) != family(to) {
            return None;
        }
        let by_way_of_numbers = is_number(from) && !casts::is_missing(to, &ColumnType::Numeric(None), self.casts);
        let back = if by_way_of_numbers { &ColumnType::Numeric(None) } else { from };
        if casts::is_missing(to, back, self.casts) {
            return Some("TRUE".to_owned());
        }
        let there = casts::using(from, to, column).ok()?;
        let there = there.unwrap_or(format!("{column}::{}", types::name(to).ok()?));
        let by_text = if family(to).contains("range") { "::text" } else { "" };
        let compared = match has_equality(back) {
            true if by_way_of_numbers => "::numeric",
            true => "",
            false => "::text",
        };
        let back = types::name(back).ok()?;
        Some(format!("({there}){by_text}::{back}{compared} IS DISTINCT FROM {column}{compared}"))
    }
}

/// Whether an array has such elements.
fn any(array: &str, offends: &str) -> String {
    format!("EXISTS (SELECT FROM unnest({array}) AS {ELEMENT} WHERE {ELEMENT} IS NOT NULL AND ({offends}))")
}

/// Whether types differ only in a limit, and the new one has none or not a lower one.
fn is_wider(from: &ColumnType, to: &ColumnType) -> bool {
    let limit = |it| {
        let name = types::name(it).unwrap_or_default();
        name.split_once('(').map(|(_, rest)| rest.split(')').next().and_then(|it| it.parse::<u32>().ok()))
    };
    family(from) == family(to)
        && match (limit(from), limit(to)) {
            (_, None) => true,
            (Some(Some(before)), Some(Some(after))) => before <= after,
            _ => false,
        }
}

/// Whether `=` tells the values of a type apart; geometric ones are compared by their areas, and some types have none.
fn has_equality(it: &ColumnType) -> bool {
    const NATIVE: [&str; 10] =
        ["bit", "bit varying", "cidr", "inet", "interval", "macaddr", "macaddr8", "money", "numeric", "uuid"];
    let name = family(it);
    let is_known = NATIVE.contains(&&*name) || name.contains("range") || name.starts_with("time");
    is_known || !matches!(it, ColumnType::Native(_))
}

/// Texts that are read as something else, or as less than they say.
fn of_text(to: &ColumnType, column: &str) -> Option<String> {
    use ColumnType as T;
    let (name, plain) = (types::name(to).ok()?, family(to));
    Some(match to {
        to if is_number(to) => {
            let number = format!("{column}::text ~ '{}'", pattern(to));
            match other_number(&T::Numeric(None), to, &format!("{column}::text::numeric")) {
                Some(other) => format!("CASE WHEN {number} THEN {other} ELSE TRUE END"),
                None => format!("NOT ({number})"),
            }
        }
        T::Boolean => format!(
            "lower(trim({column}::text)) NOT IN \
             ('t', 'true', 'f', 'false', 'y', 'yes', 'n', 'no', 'on', 'off', '1', '0')"
        ),
        T::Uuid => {
            format!("{column}::text !~* '^\\s*\\{{?[0-9a-f]{{8}}(-?[0-9a-f]{{4}}){{3}}-?[0-9a-f]{{12}}\\}}?\\s*$'")
        }
        T::TimestampTz => return None,
        T::Date | T::Timestamp => other_time(column, &name),
        T::Native(_) if plain.starts_with("timestamp ") => other_time(column, &name),
        // Other locales have other signs.
        T::Native(_) if plain == "money" => {
            let number = format!("regexp_replace({column}::text, '[$,]', '', 'g')");
            format!(
                "CASE WHEN current_setting('lc_monetary') ~ '^(C|POSIX|en_US)' AND {number} ~ '{}' \
                 THEN {number}::numeric <> {column}::text::money::numeric ELSE FALSE END",
                pattern(&T::Numeric(None))
            )
        }
        _ if plain == "time without time zone" => format!(
            "CASE WHEN {column}::text ~* '^\\s*[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}(\\.[0-9]{{1,6}})?)?\\s*([ap]m)?\\s*$' \
             THEN {column}::text::time <> {column}::text::{name} ELSE TRUE END"
        ),
        T::Native(_) if plain.starts_with("interval") => {
            format!("{column}::text::interval <> {column}::text::{name}")
        }
        T::Native(_) if plain == "numeric" || plain == "time with time zone" => {
            format!("{column}::text::{plain} <> {column}::text::{name}")
        }
        T::Native(_) if plain.starts_with("bit") || ["name", "\"char\""].contains(&&*plain) => {
            format!("{column}::text::{name}::text <> {column}::text")
        }
        _ => return None,
    })
}

/// A text with a time of day or a zone that a day or a time leaves out.
fn other_time(column: &str, to: &str) -> String {
    format!("{column}::text::timestamptz <> {column}::text::{to}::timestamptz")
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
    let exact = |of: &ColumnType, value: &str| match is_floating(of) {
        true => format!("{value}::text::numeric"),
        false => format!("{value}::numeric"),
    };
    let number = exact(from, column);
    let whole = |least: &str, most: &str| {
        let fraction = if from.is_integer() { String::new() } else { format!(" OR {column} <> trunc({column})") };
        format!("({column} NOT BETWEEN {least} AND {most}{fraction})")
    };
    Some(match to {
        T::SmallInt => whole("-32768", "32767"),
        T::Integer => whole("-2147483648", "2147483647"),
        T::BigInt => whole("-9223372036854775808", "9223372036854775807"),
        T::Numeric(Some((precision, scale))) => {
            format!("(round({number}, {scale}) <> {number} OR abs({number}) >= 1e{})", precision - scale)
        }
        T::Real | T::Double => format!("{} <> {number}", exact(to, &format!("{column}::{}", types::name(to).ok()?))),
        _ => return None,
    })
}
