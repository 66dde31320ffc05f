//! Whether the rows of a `bulk_insert` fit the table, as far as it can be told without a database.

use std::net::IpAddr;

use super::{Result, error, has_columns};
use crate::operation::seed_place;
use crate::{Column, ColumnType, Literal, Schema, Table};

/// Checks every value of every row.
pub(super) fn fit(schema: &Schema, table: &Table, columns: &[String], rows: &[Vec<Literal>]) -> Result {
    has_columns(table, columns)?;
    let name = &table.name;
    if let Some(twice) = columns.iter().enumerate().find(|(at, it)| columns[..*at].contains(it)) {
        return Err(error(twice.1, format!("`{}` stands here twice", twice.1)));
    }
    let needed = |it: &&Column| !it.fills_itself() && !columns.contains(&it.name);
    if let Some(missing) = table.columns.iter().find(needed).filter(|_| !rows.is_empty()) {
        let message =
            format!("rows of `{name}` need a value for `{}`: it is NOT NULL and has no default", missing.name);
        return Err(error(name, message));
    }
    for (at, row) in rows.iter().enumerate() {
        if row.len() != columns.len() {
            return Err(error(name, format!("a row for `{name}` has not as many values as columns")));
        }
        for (column, value) in columns.iter().filter_map(|it| table.find(it)).zip(row) {
            if let Some(why) = misfit(schema, column, value) {
                return Err(error(seed_place(at, &column.name), format!("`{name}.{}` {why}", column.name)));
            }
        }
    }
    Ok(())
}

/// Why a value cannot stand in a column, as the end of a sentence about the column.
fn misfit(schema: &Schema, column: &Column, value: &Literal) -> Option<String> {
    if column.generated.is_some() {
        return Some("is computed by the database: leave it out".to_owned());
    }
    if *value == Literal::Null {
        return (!column.nullable).then(|| "is NOT NULL".to_owned());
    }
    let (fits, expected) = match &column.column_type {
        ColumnType::SmallInt => {
            (is_between(value, i16::MIN.into(), i16::MAX.into()), "a whole number of 16 bits".to_owned())
        }
        ColumnType::Integer => {
            (is_between(value, i32::MIN.into(), i32::MAX.into()), "a whole number of 32 bits".to_owned())
        }
        ColumnType::BigInt => (matches!(value, Literal::Integer(_)), "a whole number".to_owned()),
        ColumnType::Real | ColumnType::Double | ColumnType::Numeric(None) => {
            (matches!(value, Literal::Integer(_) | Literal::Decimal(_)), "a number".to_owned())
        }
        ColumnType::Numeric(Some((precision, scale))) => {
            let whole = precision.saturating_sub(*scale);
            let expected = format!("a number of at most {whole} digits before the point and {scale} behind it");
            (has_digits(value, whole.into(), (*scale).into()), expected)
        }
        ColumnType::Boolean => (matches!(value, Literal::Boolean(_)), "`true` or `false`".to_owned()),
        ColumnType::Text => (matches!(value, Literal::Text(_)), "a text".to_owned()),
        ColumnType::Varchar(most) | ColumnType::Char(most) => {
            let fits = |text: &str| text.chars().count() <= *most as usize;
            (is_text(value, fits), format!("a text of at most {most} characters"))
        }
        ColumnType::Binary => (matches!(value, Literal::Bytes(_)), "bytes, as in b\"…\"".to_owned()),
        ColumnType::Varbinary(most) => {
            let fits = matches!(value, Literal::Bytes(bytes) if bytes.len() <= *most as usize);
            (fits, format!("at most {most} bytes, as in b\"…\""))
        }
        ColumnType::Date => (is_text(value, is_date), "a day, as in \"2026-01-31\"".to_owned()),
        ColumnType::Time => (is_text(value, is_time), "a time, as in \"23:59:00\"".to_owned()),
        ColumnType::Timestamp => {
            let fits = |text: &str| moment(text).is_some_and(|zone| zone.is_empty());
            (is_text(value, fits), "a day and a time, as in \"2026-01-31 23:59:00\"".to_owned())
        }
        ColumnType::TimestampTz => {
            let fits = |text: &str| moment(text).is_some_and(is_zone);
            (is_text(value, fits), "a moment, as in \"2026-01-31 23:59:00+00:00\"".to_owned())
        }
        ColumnType::Uuid => {
            (is_text(value, is_uuid), "a UUID, as in \"67e55044-10b1-426f-9247-bb680e5fe0c8\"".to_owned())
        }
        ColumnType::Inet => (is_text(value, is_network), "an address, as in \"10.0.0.1\"".to_owned()),
        ColumnType::Array(_) => (
            is_text(value, |text| text.starts_with('{') && text.ends_with('}')),
            "an array as text, as in \"{1,2}\"".to_owned(),
        ),
        ColumnType::Enum(name) => {
            let values = schema.enums.get(name).map(|it| it.values.as_slice()).unwrap_or_default();
            (is_text(value, |text| values.iter().any(|it| it == text)), format!("one of {}", values.join(", ")))
        }
        ColumnType::Interval | ColumnType::Json | ColumnType::Jsonb => {
            (matches!(value, Literal::Text(_)), format!("{} as text", column.column_type))
        }
        ColumnType::Native(_) => return None,
    };
    (!fits).then(|| format!("is {}: {expected} belongs here, not {}", column.column_type, shown(value)))
}

fn shown(value: &Literal) -> String {
    match value {
        Literal::Text(text) => format!("{text:?}"),
        Literal::Bytes(_) => "bytes".to_owned(),
        other => other.to_string(),
    }
}

fn is_between(value: &Literal, least: i64, most: i64) -> bool {
    matches!(value, Literal::Integer(number) if (least..=most).contains(number))
}

fn is_text(value: &Literal, fits: impl Fn(&str) -> bool) -> bool {
    matches!(value, Literal::Text(text) if fits(text))
}

/// Whether a number has at most so many digits before the point and behind it.
fn has_digits(value: &Literal, most_whole: usize, most_behind: usize) -> bool {
    let digits = match value {
        Literal::Integer(number) => number.unsigned_abs().to_string(),
        Literal::Decimal(digits) if digits.contains(['e', 'E']) => return true,
        Literal::Decimal(digits) => digits.trim_start_matches(['-', '+']).to_owned(),
        _ => return false,
    };
    let (whole, behind) = digits.split_once('.').unwrap_or((&digits, ""));
    whole.trim_start_matches('0').len() <= most_whole && behind.trim_end_matches('0').len() <= most_behind
}

/// Numbers of fixed lengths with characters between them, each within its limits; the rest of the text.
fn numbers<'t>(mut text: &'t str, parts: &[(&str, usize, std::ops::RangeInclusive<u32>)]) -> Option<&'t str> {
    for (before, length, limits) in parts {
        text = text.strip_prefix(before)?;
        let digits = text.get(..*length).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse().ok().filter(|number| limits.contains(number))?;
        text = &text[*length..];
    }
    Some(text)
}

/// What follows a day.
fn behind_date(text: &str) -> Option<&str> {
    let rest = numbers(text, &[("", 4, 0..=9999), ("-", 2, 1..=12), ("-", 2, 1..=31)])?;
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (day <= last).then_some(rest)
}

/// What follows a time.
fn behind_time(text: &str) -> Option<&str> {
    let rest = numbers(text, &[("", 2, 0..=23), (":", 2, 0..=59)])?;
    let Some(rest) = numbers(rest, &[(":", 2, 0..=59)]) else { return Some(rest) };
    let Some(fraction) = rest.strip_prefix('.') else { return Some(rest) };
    let behind = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (behind.len() < fraction.len()).then_some(behind)
}

fn is_date(text: &str) -> bool {
    behind_date(text) == Some("")
}

fn is_time(text: &str) -> bool {
    behind_time(text) == Some("")
}

/// What follows a day and a time, of which the time may be missing.
fn moment(text: &str) -> Option<&str> {
    match behind_date(text)? {
        "" => Some(""),
        rest => behind_time(rest.strip_prefix([' ', 'T'])?),
    }
}

fn is_zone(text: &str) -> bool {
    matches!(text, "" | "Z") || text.strip_prefix(['+', '-']).is_some_and(is_offset)
}

/// `05`, `0530` or `05:30`.
fn is_offset(text: &str) -> bool {
    let Some(rest) = numbers(text, &[("", 2, 0..=15)]) else { return false };
    let minutes = rest.strip_prefix(':').unwrap_or(rest);
    minutes.is_empty() || numbers(minutes, &[("", 2, 0..=59)]) == Some("")
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    lengths.eq([8, 4, 4, 4, 12]) && parts.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_network(text: &str) -> bool {
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most: u8 = if address.is_ipv4() { 32 } else { 128 };
    mask.is_none_or(|mask| mask.parse::<u8>().is_ok_and(|mask| mask <= most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::*;
    use crate::{Enum, Operation};

    /// A schema with a table of a column of this type.
    fn schema(of: ColumnType) -> Schema {
        let mut schema = Schema::default();
        let values = vec!["happy".to_owned(), "sad".to_owned()];
        let mood = Enum { name: "mood".to_owned(), values, model: None };
        schema.enums.insert("mood".to_owned(), mood);
        let table = table("t").column(column("id", bigint()).identity(identity())).column(column("c", of));
        schema.tables.insert(table.name.clone(), table);
        schema
    }

    fn insert(columns: &[&str], rows: &[&[Literal]]) -> Operation {
        let columns = columns.iter().map(|&it| it.to_owned()).collect();
        Operation::BulkInsert { table: "t".into(), columns, rows: rows.iter().map(|row| row.to_vec()).collect() }
    }

    #[test]
    fn values_are_of_the_columns_type() {
        let text = |text: &str| Literal::from(text);
        let decimal = |digits: &str| Literal::Decimal(digits.to_owned());
        let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        for (of, good, bad) in [
            (smallint(), vec![value(-32768), value(32767)], vec![value(32768), text("1"), decimal("1.0")]),
            (integer(), vec![value(2147483647)], vec![value(2147483648_i64), value(true)]),
            (bigint(), vec![value(i64::MIN)], vec![text("1"), decimal("1.5")]),
            (double(), vec![value(1), decimal("1.5")], vec![text("1.5")]),
            (
                numeric(4, 2),
                vec![value(99), decimal("-99.99"), decimal("0.10"), decimal("007.100")],
                vec![value(100), decimal("100.0"), decimal("1.001"), text("1")],
            ),
            (boolean(), vec![value(true)], vec![value(1), text("true")]),
            (ColumnType::Text, vec![text(""), text("größe")], vec![value(1), value(b"a")]),
            (varchar(5), vec![text("größe")], vec![text("größen")]),
            (char(2), vec![text("a")], vec![text("abc")]),
            (binary(), vec![value(b"a")], vec![text("a")]),
            (varbinary(1), vec![value(b"a")], vec![value(b"ab")]),
            (
                date(),
                vec![text("2024-02-29")],
                vec![text("2023-02-29"), text("2024-1-1"), text("31.12.2024"), text("")],
            ),
            (time(), vec![text("23:59"), text("23:59:59.5")], vec![text("24:00"), text("9:00"), text("09:00:00.")]),
            (
                timestamp(),
                vec![text("2024-12-31 23:59:59"), text("2024-12-31T23:59"), text("2024-12-31")],
                vec![text("2024-12-31 23:59:59+01"), text("now"), text("2024-12-31  1:00")],
            ),
            (
                timestamptz(),
                vec![text("2024-12-31 23:59:59+01:00"), text("2024-12-31 23:59Z"), text("2024-12-31 23:59:59-0330")],
                vec![text("2024-12-31 23:59 Berlin"), text("2024-12-31 23:59+")],
            ),
            (ColumnType::Uuid, vec![text(uuid)], vec![text("67e55044"), text(&uuid.replace('6', "g"))]),
            (
                inet(),
                vec![text("10.0.0.1"), text("10.0.0.0/8"), text("::1")],
                vec![text("10.0.0"), text("10.0.0.0/33")],
            ),
            (array(integer()), vec![text("{1,2}")], vec![text("1,2")]),
            (enumeration("mood"), vec![text("sad")], vec![text("bored"), value(1)]),
            (json(), vec![text("{}")], vec![value(1)]),
            (native(sql("money")), vec![text("1"), value(1)], vec![]),
        ] {
            let mut schema = schema(of.clone());
            for value in good {
                assert_eq!(
                    insert(&["c"], &[std::slice::from_ref(&value)]).apply(&mut schema),
                    Ok(()),
                    "{of}: {value:?}"
                );
            }
            for value in bad.into_iter().chain([Literal::Null]) {
                let error = insert(&["c"], &[std::slice::from_ref(&value)]).apply(&mut schema).unwrap_err();
                assert!(error.message.starts_with("`t.c` is "), "{error}");
                assert_eq!(error.subject, "rows[0].c", "{error}");
            }
        }
    }

    #[test]
    fn rows_have_what_the_table_needs() {
        let mut schema = schema(integer());
        for (columns, rows, subject, expected) in [
            (&["id"][..], &[&[value(1)][..]][..], "t", "rows of `t` need a value for `c`"),
            (&["c", "c"], &[&[value(1), value(1)]], "c", "stands here twice"),
            (&["c"], &[&[value(1)], &[value(1), value(2)]], "t", "not as many values"),
            (&["c"], &[&[value(1)], &[value("a")]], "rows[1].c", "32 bits belongs here, not \"a\""),
            (&["d"], &[&[value(1)]], "d", "no column"),
        ] {
            let error = insert(columns, rows).apply(&mut schema).unwrap_err();
            assert!(error.message.contains(expected), "{error}");
            assert_eq!(error.subject, subject, "{error}");
        }
        let computed = column("twice", integer()).generated(stored(sql("c * 2")));
        schema.tables.get_mut(&"t".into()).unwrap().columns.push(computed);
        assert_eq!(insert(&["c"], &[&[value(1)]]).apply(&mut schema), Ok(()));
        let error = insert(&["c", "twice"], &[&[value(1), value(2)]]).apply(&mut schema).unwrap_err();
        assert!(error.message.contains("is computed by the database"), "{error}");
    }
}
