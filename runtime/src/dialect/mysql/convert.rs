//! What becomes of values when a column takes another type: which ones would be others afterwards, and which the
//! server would not convert by itself.

mod kind;
mod offends;

use self::kind::{Kind, LONGEST, Type};
use self::offends::{MOMENTS, listed};
use super::types::text;

/// A change of type.
pub(super) struct Conversion {
    from: Type,
    to: Type,
}

/// The change from one type to another, each by its name and its collation.
pub(super) fn between(from: (&str, Option<&str>), to: (&str, Option<&str>)) -> Conversion {
    Conversion { from: Type::read(from.0, from.1), to: Type::read(to.0, to.1) }
}

impl Conversion {
    /// SQL for the new value, where the server would find another one. `all` is to keep the values that the new type
    /// does not hold in some form, too.
    pub(super) fn value(&self, old: &str, all: bool) -> Option<String> {
        use Kind::{Bits, Bytes, Checked, Date, Json, Moment, Set, Text, Time, Values, Year};
        let (from, to) = (&self.from.kind, &self.to.kind);
        if from == to {
            return None;
        }
        let loses = || all && self.offends(old).is_some();
        Some(match (from, to) {
            (_, Values(values)) if loses() => among(&as_text(old), values),
            // The server would take a number for the place in the list.
            (from, Values(_) | Set(_)) if from.is_number() || *from == Year => as_text(old),
            (Text { length: before, .. }, Text { length, .. }) if all && before > length => {
                format!("LEFT({old}, {length})")
            }
            (Bytes { length: before, padded }, Bytes { length, .. }) if before > length && (all || *padded) => {
                format!("LEFT({old}, {length})")
            }
            (Text { .. }, Bytes { length, .. }) if all && *length < LONGEST => {
                format!("LEFT(CAST({old} AS BINARY), {length})")
            }
            // And here for the number of the value.
            (Values(_), to) if to.is_number() || *to == Year => as_text(old),
            (Bits { .. }, Text { .. } | Json) => format!("CAST({old} + 0 AS CHAR)"),
            (from, Bits { most }) if loses() => {
                let number = if from.is_text() { decimal(old) } else { format!("{old} + 0") };
                format!("LEAST(GREATEST({number}, 0), {most})")
            }
            (Text { .. } | Values(_), Bits { .. }) => format!("CAST({} AS UNSIGNED)", texts_of(from, old)),
            (_, Json) if loses() => {
                // Of one character set, as the two sides of IF have to be.
                let text = format!("CONVERT({} USING utf8mb4)", as_text(old));
                format!("IF(JSON_VALID({text}), {text}, JSON_QUOTE({text}))")
            }
            // An empty text is no number and no time, and nothing is lost by it.
            (Text { .. }, to) if all && (to.is_number() || matches!(to, Time { .. })) => {
                format!("NULLIF(TRIM({old}), '')")
            }
            // No more is a text that is no date; the server would take it for a date of zeros.
            (Text { .. }, Date) if all => format!("CAST(NULLIF(TRIM({old}), '') AS DATE)"),
            (Text { .. }, Moment { fraction, since_1970 }) if all => {
                let moment = format!("CAST(NULLIF(TRIM({old}), '') AS DATETIME({fraction}))");
                if *since_1970 { within_moments(&moment) } else { moment }
            }
            (Checked("INET4"), Checked("INET6")) => format!("CONCAT('::ffff:', {})", as_text(old)),
            (Checked("INET6"), Checked("INET4")) => format!("REPLACE({}, '::ffff:', '')", as_text(old)),
            // The server converts nothing else to them or from them, not even NULL.
            (Text { .. } | Bytes { .. } | Json, Checked(_)) | (Checked(_), Text { .. } | Bytes { .. } | Json) => {
                return None;
            }
            (Checked(_), _) | (_, Checked(_)) => as_text(old),
            _ => return None,
        })
    }

    /// SQL for the new value that is next to the old one, where the server would take a date of zeros instead.
    pub(super) fn nearest(&self, old: &str) -> Option<String> {
        let (from, to) = (&self.from.kind, &self.to.kind);
        let is_beyond = matches!(to, Kind::Moment { since_1970: true, .. }) && (from.is_time() || from.is_number());
        (is_beyond && self.offends(old).is_some()).then(|| within_moments(&format!("CAST({old} AS DATETIME(6))")))
    }

    /// Whether values are equal behind it only where they were before.
    pub(super) fn keeps_all(&self) -> bool {
        self.value("", false).is_none() && self.offends("").is_none()
    }

    /// SQL that is true for values that the new type does not hold.
    pub(super) fn offends(&self, old: &str) -> Option<String> {
        offends::offends(self, old)
    }
}

/// SQL for what a column of a type holds when a value is put in it.
pub(super) fn stored(value: &str, type_name: &str) -> String {
    match Type::read(type_name, None).kind {
        Kind::Integer { .. } | Kind::Year => format!("CAST({value} AS DECIMAL(65, 0))"),
        Kind::Decimal { digits, scale } => format!("CAST({value} AS DECIMAL({digits}, {scale}))"),
        Kind::Float => format!("CAST({value} AS FLOAT)"),
        Kind::Double => format!("CAST({value} AS DOUBLE)"),
        // A text keeps its collation this way.
        Kind::Text { .. } | Kind::Values(_) | Kind::Set(_) => format!("CONCAT({value}, '')"),
        Kind::Date => format!("CAST({value} AS DATE)"),
        Kind::Moment { fraction, .. } => format!("CAST({value} AS DATETIME({fraction}))"),
        Kind::Time { fraction } => format!("CAST({value} AS TIME({fraction}))"),
        Kind::Bytes { .. } | Kind::Json | Kind::Bits { .. } | Kind::Checked(_) | Kind::Other => value.to_owned(),
    }
}

/// SQL for a text that is compared in another way. A collation is named after its character set.
pub(super) fn collated(text: &str, collation: &str) -> String {
    match collation.split_once('_') {
        Some((characters, _)) if characters != "uca1400" => {
            format!("CONVERT({text} USING {characters}) COLLATE {collation}")
        }
        _ => text.to_owned(),
    }
}

/// SQL that is true for values of which it is sure that no column of a type takes them.
pub(super) fn refused(value: &str, type_name: &str) -> Option<String> {
    let is_no_number = format!("CONCAT({value}, '') NOT REGEXP '^[[:space:]]*[-+]?[.]?[0-9]'");
    let kind = Type::read(type_name, None).kind;
    Some(match &kind {
        Kind::Integer { .. } | Kind::Year => {
            let (least, most) = kind.range()?;
            format!("{is_no_number} OR CAST({value} AS DECIMAL(65, 0)) NOT BETWEEN {least} AND {most}")
        }
        Kind::Decimal { digits, scale } => {
            let number = format!("CAST({value} AS DECIMAL(65, {scale}))");
            format!("{is_no_number} OR ABS({number}) >= 1e{}", digits - scale)
        }
        Kind::Float | Kind::Double => is_no_number,
        // Spaces at the end are let go. A character is a byte at least.
        Kind::Text { length, .. } if *length < LONGEST => format!("CHAR_LENGTH(RTRIM({value})) > {length}"),
        // A number is a place in the list.
        Kind::Values(values) => format!("({value}) + 0 = 0 AND CONCAT({value}, '') NOT IN ({})", listed(values)),
        Kind::Date | Kind::Moment { .. } => format!("({value}) IS NOT NULL AND CAST({value} AS DATETIME(6)) IS NULL"),
        Kind::Time { .. } => format!("({value}) IS NOT NULL AND CAST({value} AS TIME(6)) IS NULL"),
        Kind::Json => format!("NOT JSON_VALID(CONCAT({value}, ''))"),
        Kind::Text { .. } | Kind::Bytes { .. } | Kind::Bits { .. } | Kind::Set(_) | Kind::Checked(_) | Kind::Other => {
            return None;
        }
    })
}

/// A value as the text that it is shown as.
fn as_text(value: &str) -> String {
    format!("CAST({value} AS CHAR)")
}

/// The texts that values are, or are shown as.
fn texts_of(from: &Kind, old: &str) -> String {
    if matches!(from, Kind::Text { .. }) { old.to_owned() } else { as_text(old) }
}

/// A number with all its digits.
fn decimal(number: &str) -> String {
    format!("CAST({number} AS DECIMAL(65, 30))")
}

/// The moment of a TIMESTAMP that is next to this one. It has one of zeros too.
fn within_moments(moment: &str) -> String {
    let [first, last] = MOMENTS;
    format!("IF({moment} = 0, {moment}, LEAST(GREATEST({moment}, {first}), {}))", last.replace(".999999", ""))
}

/// The value if it is one of these, else the first of them.
fn among(value: &str, values: &[String]) -> String {
    let first = values.first().map_or_else(|| "''".to_owned(), |first| text(first));
    format!("CASE WHEN {value} IS NULL OR {value} IN ({}) THEN {value} ELSE {first} END", listed(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_lost_is_looked_for() {
        for (from, to, looks) in [
            ("INT", "BIGINT", false),
            ("BIGINT", "INT", true),
            ("TINYINT(1)", "BIT(1)", true),
            ("TINYINT UNSIGNED", "BIT(8)", false),
            ("BIT(8)", "TINYINT UNSIGNED", false),
            ("BIT(8)", "TINYINT", true),
            ("BIT(9)", "BIT(8)", true),
            ("BIT", "BIT(8)", false),
            ("VARCHAR(9)", "BIT(8)", true),
            ("BINARY(4)", "BINARY(8)", false),
            ("BINARY(8)", "BINARY(4)", true),
            ("int(10) unsigned", "BIGINT", false),
            ("int(10) unsigned", "INT", true),
            ("VARCHAR(10)", "VARCHAR(20)", false),
            ("VARCHAR(20)", "VARCHAR(10)", true),
            ("DECIMAL(8, 2)", "DECIMAL(10, 2)", false),
            ("DECIMAL(8, 2)", "DECIMAL(8, 3)", true),
            ("DATETIME(6)", "DATE", true),
            ("DATE", "DATETIME(6)", false),
            ("ENUM('a')", "ENUM('b', 'a')", false),
            ("ENUM('a', 'b')", "ENUM('a')", true),
            ("INT", "LONGTEXT", false),
            ("INT", "VARCHAR(5)", true),
            ("FLOAT", "DOUBLE", false),
            ("DOUBLE", "FLOAT", true),
            ("SMALLINT", "FLOAT", false),
            ("INT", "FLOAT", true),
            ("INT", "DOUBLE", false),
            ("BIGINT", "DOUBLE", true),
            ("DECIMAL(8, 2)", "DOUBLE", false),
            ("DECIMAL(20, 2)", "DOUBLE", true),
            ("DATETIME", "TIMESTAMP", true),
            ("TIMESTAMP", "DATETIME", false),
            ("DATE", "TIMESTAMP(6)", true),
            ("YEAR", "SMALLINT UNSIGNED", false),
            ("YEAR", "TINYINT", true),
            ("INT", "YEAR", true),
            ("DATE", "SMALLINT", true),
            ("DOUBLE", "DOUBLE(8, 2)", true),
            ("DOUBLE(8, 2)", "DOUBLE(10, 3)", false),
            ("DOUBLE(8, 2)", "DOUBLE", false),
            ("DECIMAL(8, 2)", "DOUBLE(8, 2)", false),
            ("FLOAT(53)", "DOUBLE", false),
            ("DECIMAL(8, 2)", "DECIMAL(8, 2) UNSIGNED", true),
            ("DECIMAL(8, 2) UNSIGNED", "DECIMAL(8, 2)", false),
            ("TEXT", "UUID", true),
            ("UUID", "VARCHAR(36)", false),
            ("UUID", "CHAR(32)", true),
            ("UUID", "BINARY(16)", false),
            ("INET4", "INET6", false),
            ("SET('a','b')", "SET('b','c','a')", false),
            ("SET('a','b')", "SET('b')", true),
            ("ENUM('a','b')", "SET('b','a')", false),
            ("SET('a','b')", "ENUM('a','b')", true),
        ] {
            assert_eq!(between((from, None), (to, None)).offends("`c`").is_some(), looks, "{from} to {to}");
        }
    }

    #[test]
    fn texts_are_looked_at_in_the_characters_of_both_sides() {
        let (latin1, utf8, utf8mb4) = (Some("latin1_swedish_ci"), Some("utf8_general_ci"), Some("utf8mb4_bin"));
        for (from, to, looks) in [
            (("VARCHAR(200)", utf8mb4), ("TINYTEXT", utf8mb4), true),
            (("VARCHAR(63)", utf8mb4), ("TINYTEXT", utf8mb4), false),
            (("VARCHAR(200)", latin1), ("TINYTEXT", latin1), false),
            (("VARCHAR(200)", None), ("TINYTEXT", None), true),
            (("TINYTEXT", utf8mb4), ("VARCHAR(255)", utf8mb4), false),
            (("LONGTEXT", utf8mb4), ("TEXT", utf8mb4), true),
            (("TEXT", utf8mb4), ("LONGTEXT", latin1), true),
            (("TEXT", latin1), ("TEXT", utf8mb4), true),
            (("TEXT", latin1), ("MEDIUMTEXT", utf8mb4), false),
            (("CHAR(3)", utf8mb4), ("CHAR(3)", latin1), true),
            (("CHAR(3)", utf8mb4), ("CHAR(3)", utf8), true),
            (("CHAR(3)", latin1), ("CHAR(3)", utf8), false),
            (("CHAR(3)", Some("ascii_bin")), ("CHAR(3)", latin1), false),
            (("CHAR(3)", utf8mb4), ("CHAR(3)", Some("uca1400_ai_ci")), false),
            (("BLOB", None), ("LONGTEXT", utf8mb4), true),
            (("JSON", None), ("LONGTEXT", latin1), true),
        ] {
            assert_eq!(between(from, to).offends("`c`").is_some(), looks, "{from:?} to {to:?}");
        }
    }
}
