//! Which values a new type does not hold as they are.

use super::super::types::text;
use super::kind::{Kind, LONGEST, Type, is_within};
use super::{Conversion, as_text, decimal, texts_of};

/// The first and the last moment of a TIMESTAMP.
pub(super) const MOMENTS: [&str; 2] = ["TIMESTAMP'1970-01-01 00:00:01'", "TIMESTAMP'2038-01-19 03:14:07.999999'"];

/// From which length on a text holds each number and each time.
const NUMBERS: u64 = 30;

/// SQL that is true for values that the new type does not hold.
pub(super) fn offends(conversion: &Conversion, old: &str) -> Option<String> {
    let Conversion { from, to } = conversion;
    if from == to {
        return None;
    }
    let looks = [
        of_kind(conversion, old),
        not_within_moments(&from.kind, &to.kind, old),
        negative(from, to, old),
        of_more_digits(from, to, old),
        not_writable(from, to, old),
    ];
    let looks: Vec<String> = looks.into_iter().flatten().collect();
    (!looks.is_empty()).then(|| looks.join(" OR "))
}

fn of_kind(conversion: &Conversion, old: &str) -> Option<String> {
    use Kind::{Bits, Bytes, Checked, Date, Decimal, Double, Float, Integer, Json, Moment, Other, Set, Text, Time};
    use Kind::{Values, Year};
    let (from, to) = (&conversion.from.kind, &conversion.to.kind);
    Some(match (from, to) {
        (from, to) if from == to && !too_long(conversion) => return None,
        (Checked(_), Text { .. }) if !too_long(conversion) => return None,
        (Checked(kept), Bytes { length, .. }) if *length >= if *kept == "INET4" { 4 } else { 16 } => return None,
        (Checked("INET4"), Checked("INET6")) => return None,
        (Checked("INET6"), Checked("INET4")) => format!("{} NOT LIKE '::ffff:%.%'", as_text(old)),
        (Text { .. } | Bytes { .. } | Json, Checked(name)) => format!("CAST({old} AS {name}) IS NULL"),
        (Year, Date | Moment { .. } | Time { .. }) | (Date | Moment { .. } | Time { .. }, Year) => "TRUE".to_owned(),
        // A small number would be a year of this century.
        (Text { .. } | Bytes { .. } | Values(_) | Json, Year) => {
            let year = format!("TRIM({})", texts_of(from, old));
            format!("({year} <> '0000' AND ({year} NOT REGEXP '^[0-9]{{4}}$' OR {year} NOT BETWEEN '1901' AND '2155'))")
        }
        (Integer { .. } | Decimal { .. } | Float | Double | Bits { .. }, Year) => {
            let year = number_of(from, old);
            format!("({year} <> 0 AND ({year} <> ROUND({year}) OR {year} NOT BETWEEN 1901 AND 2155))")
        }
        (from, Integer { .. } | Bits { .. }) => return beyond_range(from, to, old),
        (Decimal { digits: a, scale: b }, Decimal { digits, scale }) if scale >= b && digits - scale >= a - b => {
            return None;
        }
        (Float, Decimal { digits, scale }) => beyond_single(old, *digits, *scale),
        (from, Decimal { digits, scale }) if from.is_text() => {
            let old = texts_of(from, old);
            format!("{} OR {}", no_number(&old), beyond(&decimal(&format!("TRIM({old})")), *digits, *scale))
        }
        (Integer { .. } | Decimal { .. } | Double | Bits { .. } | Year, Decimal { digits, scale }) => {
            beyond(&number_of(from, old), *digits, *scale)
        }
        (from, Decimal { digits, scale }) if from.is_time() => beyond(&number_of(from, old), *digits, *scale),
        (from, Float | Double) if from.is_text() => {
            let old = texts_of(from, old);
            format!("{} OR ({})", no_number(&old), inexact(&decimal(&format!("TRIM({old})")), to))
        }
        // A number of so many bits, or digits, is itself again on its way back.
        (Integer { most, .. }, Float) if *most > 1 << 24 => outside(old, -(1 << 24), 1 << 24),
        (Integer { most, .. }, Double) if *most > 1 << 53 => outside(old, -(1 << 53), 1 << 53),
        (Decimal { digits: 7.., .. }, Float) | (Decimal { digits: 16.., .. }, Double) => inexact(old, to),
        (Double, Float) => {
            let single = format!("CAST({old} AS FLOAT)");
            format!("{single} <> {old} AND CAST({single} AS CHAR) <> CAST({old} AS CHAR)")
        }
        (Other, Text { .. }) => return None,
        (_, Text { length, in_bytes }) if too_long(conversion) => match in_bytes {
            false => format!("CHAR_LENGTH({}) > {length}", written(conversion, old)),
            true => format!("LENGTH({}) > {length}", written(conversion, old)),
        },
        (Bytes { length: a, .. }, Bytes { length, .. }) if a <= length => return None,
        (Bytes { padded: true, .. }, Bytes { length, .. }) => {
            format!("LENGTH(TRIM(TRAILING 0x00 FROM {old})) > {length}")
        }
        (Bits { .. } | Other, Bytes { .. }) | (_, Bytes { length: LONGEST, .. }) => return None,
        (from, Bytes { length, .. }) if *length < NUMBERS || from.is_text() => {
            format!("LENGTH({}) > {length}", texts_of(from, old))
        }
        (Moment { .. }, Date) => format!("TIME({old}) <> '00:00:00'"),
        // The day is lost, or made up.
        (Moment { .. } | Date, Time { .. }) | (Time { .. } | Bits { .. }, Date | Moment { .. }) => "TRUE".to_owned(),
        (Moment { fraction: a, .. } | Time { fraction: a }, Moment { fraction, .. } | Time { fraction })
            if a > fraction =>
        {
            finer(old, *fraction)
        }
        (from, Date) if from.is_text() || from.is_number() => {
            let moment = moment(from, old);
            format!("{moment} IS NULL OR TIME({moment}) <> '00:00:00'")
        }
        (from, Moment { fraction, .. }) if from.is_text() || from.is_number() => {
            let moment = moment(from, old);
            format!("{moment} IS NULL OR {}", finer(&moment, *fraction))
        }
        (from, Time { fraction }) if from.is_text() => {
            let old = texts_of(from, old);
            format!(
                "TRIM({old}) NOT REGEXP '^-?[0-9]+:[0-9]+(:[0-9]+([.][0-9]*)?)?$' OR {}",
                finer(&format!("CAST({old} AS TIME(6))"), *fraction)
            )
        }
        (from, Time { fraction }) if from.is_number() => {
            let time = format!("CAST({old} AS TIME(6))");
            format!("{time} IS NULL OR {}", finer(&time, *fraction))
        }
        (Values(old_values), Values(values) | Set(values)) | (Set(old_values), Set(values))
            if old_values.iter().all(|it| values.contains(it)) =>
        {
            return None;
        }
        // Byte by byte: the server would take `A` for `a`.
        (_, Values(values)) => format!("CAST({} AS BINARY) NOT IN ({})", as_text(old), listed(values)),
        (_, Set(values)) => beside_members(&as_text(old), values),
        (from, Json) if !from.is_number() && !matches!(from, Year | Bits { .. } | Other) => {
            format!("NOT JSON_VALID({})", texts_of(from, old))
        }
        (Checked(_), _) | (_, Checked(_)) => "TRUE".to_owned(),
        _ => return None,
    })
}

fn beyond_range(from: &Kind, to: &Kind, old: &str) -> Option<String> {
    let (least, most) = to.range()?;
    if from.range().is_some_and(|(a, b)| a >= least && b <= most) {
        return None;
    }
    if from.is_text() {
        let old = texts_of(from, old);
        let number = format!("CAST({old} AS DECIMAL(65, 0))");
        return Some(format!("TRIM({old}) NOT REGEXP '^[-+]?[0-9]+$' OR {}", outside(&number, least, most)));
    }
    let number = number_of(from, old);
    match from {
        Kind::Integer { .. } | Kind::Bits { .. } | Kind::Year => Some(outside(&number, least, most)),
        Kind::Checked(_) => Some("TRUE".to_owned()),
        Kind::Set(_) | Kind::Other => None,
        _ => Some(format!("{number} <> ROUND({number}) OR {}", outside(&number, least, most))),
    }
}

/// Whether a text may be too long for the new type.
fn too_long(Conversion { from, to }: &Conversion) -> bool {
    let Kind::Text { length, in_bytes } = to.kind else { return false };
    let is_same_set = from.characters == to.characters;
    let most = match (&from.kind, in_bytes) {
        _ if length == LONGEST => return false,
        (Kind::Text { length, .. }, false) => *length,
        (Kind::Text { length, in_bytes: true }, true) if is_same_set => *length,
        (Kind::Text { length, .. }, true) => length.saturating_mul(to.width()),
        (Kind::Integer { .. } | Kind::Float | Kind::Double | Kind::Year, _) => NUMBERS,
        (kind, _) if kind.is_time() => NUMBERS,
        (Kind::Checked("INET4"), _) => 15,
        (Kind::Checked("UUID"), _) => 36,
        (Kind::Checked(_), _) => 39,
        _ => LONGEST,
    };
    most > length
}

/// A text as the new type writes it, as far as that counts for its length.
fn written(Conversion { from, to }: &Conversion, old: &str) -> String {
    let is_bytes = matches!(from.kind, Kind::Bytes { .. });
    let is_rewritten = is_bytes || (from.characters.is_some() && from.characters != to.characters);
    let text = if is_bytes { old.to_owned() } else { texts_of(&from.kind, old) };
    match &to.characters {
        Some(characters) if is_rewritten => format!("CONVERT({text} USING {characters})"),
        _ => text,
    }
}

/// SQL that is true for texts with characters that the new character set has not, and for bytes that are none.
fn not_writable(from: &Type, to: &Type, old: &str) -> Option<String> {
    let wanted = to.characters.as_ref().filter(|_| matches!(to.kind, Kind::Text { .. }))?;
    match &from.kind {
        Kind::Bytes { .. } => Some(format!("CAST(CONVERT({old} USING {wanted}) AS BINARY) <> {old}")),
        Kind::Text { .. } | Kind::Values(_) | Kind::Set(_) | Kind::Json => {
            from.characters.as_ref().filter(|it| !is_within(it, wanted))?;
            let binary = |text: &str| format!("CAST(CONVERT({text} USING utf8mb4) AS BINARY)");
            Some(format!("{} <> {}", binary(&format!("CONVERT({old} USING {wanted})")), binary(old)))
        }
        _ => None,
    }
}

/// SQL that is true for moments that no number of seconds is kept of. The one of zeros is.
fn not_within_moments(from: &Kind, to: &Kind, old: &str) -> Option<String> {
    let may_be_beyond = match from {
        Kind::Moment { since_1970, .. } => !since_1970,
        Kind::Date => true,
        other => other.is_text() || other.is_number(),
    };
    if !may_be_beyond || !matches!(to, Kind::Moment { since_1970: true, .. }) {
        return None;
    }
    let moment = moment(from, old);
    let [first, last] = MOMENTS;
    Some(format!("({moment} <> 0 AND {moment} NOT BETWEEN {first} AND {last})"))
}

fn negative(from: &Type, to: &Type, old: &str) -> Option<String> {
    let is_never = match from.kind {
        Kind::Integer { least, .. } => least >= 0,
        Kind::Decimal { .. } | Kind::Float | Kind::Double => from.is_unsigned,
        Kind::Text { .. } => false,
        _ => true,
    };
    let number = if from.kind.is_text() { decimal(&format!("TRIM({old})")) } else { old.to_owned() };
    (to.is_unsigned && !is_never).then(|| format!("{number} < 0"))
}

/// SQL that is true for numbers of which a floating type keeps other digits.
fn of_more_digits(from: &Type, to: &Type, old: &str) -> Option<String> {
    let (digits, scale) = to.digits?;
    let fits = |a: u32, b: u32| scale >= b && digits.saturating_sub(scale) >= a.saturating_sub(b);
    let held = match (&from.kind, from.digits) {
        (Kind::Decimal { digits, scale }, _) => Some((*digits, *scale)),
        (_, digits) => digits,
    };
    match &from.kind {
        _ if held.is_some_and(|(a, b)| fits(a, b)) => None,
        Kind::Float => Some(beyond_single(old, digits, scale)),
        kind if kind.is_text() => Some(beyond(&decimal(&format!("TRIM({})", texts_of(kind, old))), digits, scale)),
        kind if kind.is_number() => Some(beyond(old, digits, scale)),
        _ => None,
    }
}

/// The number that a value is to the server.
fn number_of(from: &Kind, old: &str) -> String {
    if matches!(from, Kind::Bits { .. }) || from.is_time() { format!("({old} + 0)") } else { old.to_owned() }
}

/// The moment that a value is to the server.
fn moment(from: &Kind, old: &str) -> String {
    if from.is_time() { old.to_owned() } else { format!("CAST({old} AS DATETIME(6))") }
}

fn outside(value: &str, least: i128, most: i128) -> String {
    format!("{value} NOT BETWEEN {least} AND {most}")
}

/// SQL that is true for texts that are no number.
fn no_number(text: &str) -> String {
    format!("TRIM({text}) NOT REGEXP '^[-+]?[0-9]*[.]?[0-9]+(e[-+]?[0-9]+)?$'")
}

/// SQL that is true for numbers with digits that a decimal has no place for.
fn beyond(number: &str, digits: u32, scale: u32) -> String {
    format!("{number} <> ROUND({number}, {scale}) OR ABS({number}) >= 1e{}", digits.saturating_sub(scale))
}

/// The same of numbers of single precision: 0.1 is none of them, and counts as 0.1 nevertheless.
fn beyond_single(number: &str, digits: u32, scale: u32) -> String {
    let whole = digits.saturating_sub(scale);
    format!("CAST(ROUND({number}, {scale}) AS FLOAT) <> {number} OR ABS({number}) >= 1e{whole}")
}

/// SQL that is true for decimals that are others when they come back from a floating type, both as it counts and as it
/// is shown: 0.1 is shown as it was.
fn inexact(number: &str, to: &Kind) -> String {
    match to {
        Kind::Float => {
            let single = format!("CAST({number} AS FLOAT)");
            let (counted, shown) = (decimal(&format!("({single} + 0e0)")), decimal(&format!("CAST({single} AS CHAR)")));
            format!("{counted} <> {number} AND {shown} <> {number}")
        }
        _ => format!("{} <> {number}", decimal(&format!("({number} + 0e0)"))),
    }
}

/// SQL that is true for times with a smaller part of a second than the type keeps.
fn finer(time: &str, fraction: u32) -> String {
    format!("MICROSECOND({time}) % {} <> 0", 10_u32.pow(6 - fraction.min(6)))
}

/// SQL that is true for lists with something that is no member.
fn beside_members(list: &str, members: &[String]) -> String {
    let bytes = format!("CAST({list} AS BINARY)");
    let found = members.iter().map(|it| format!("(FIND_IN_SET(CAST({} AS BINARY), {bytes}) > 0)", text(it)));
    let found = std::iter::once("0".to_owned()).chain(found).collect::<Vec<_>>().join(" + ");
    format!("({list} <> '' AND CHAR_LENGTH({list}) - CHAR_LENGTH(REPLACE({list}, ',', '')) + 1 <> {found})")
}

pub(super) fn listed(values: &[String]) -> String {
    values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", ")
}
