//! What becomes of values when a column takes another type: which ones would be others afterwards, and which the
//! server would not convert by itself.

use super::types::{self, text};

/// The length of a text of any length.
const LONGEST: u64 = 4_294_967_295;

/// What counts of a type for its values.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Integer {
        least: i128,
        most: i128,
    },
    Decimal {
        digits: u32,
        scale: u32,
    },
    Float,
    Double,
    Text {
        length: u64,
    },
    /// `padded` is whether each value is as long, with zeros behind it.
    Bytes {
        length: u64,
        padded: bool,
    },
    Date,
    Moment {
        fraction: u32,
    },
    Time {
        fraction: u32,
    },
    Values(Vec<String>),
    Json,
    Bits {
        most: i128,
    },
    Other,
}

impl Kind {
    /// The least and the most of its whole numbers, if it has such.
    fn range(&self) -> Option<(i128, i128)> {
        match self {
            Kind::Integer { least, most } => Some((*least, *most)),
            Kind::Bits { most } => Some((0, *most)),
            _ => None,
        }
    }
}

/// A change of type.
pub(super) struct Conversion {
    from: Kind,
    to: Kind,
}

/// The change from one type to another, by their names.
pub(super) fn between(from: &str, to: &str) -> Conversion {
    Conversion { from: kind(from), to: kind(to) }
}

impl Conversion {
    /// SQL for the new value, where the server would find another one. `all` is to keep the values that the new type
    /// does not hold in some form, too.
    pub(super) fn value(&self, old: &str, all: bool) -> Option<String> {
        let as_text = || format!("CAST({old} AS CHAR)");
        Some(match (&self.from, &self.to) {
            // The server would take a number for the place in the list.
            (Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Float | Kind::Double, Kind::Values(values)) => {
                if all {
                    among(&as_text(), values)
                } else {
                    as_text()
                }
            }
            (Kind::Values(_) | Kind::Text { .. }, Kind::Values(values)) if all && self.offends(old).is_some() => {
                among(&as_text(), values)
            }
            (Kind::Text { length: before }, Kind::Text { length }) if all && before > length => {
                format!("LEFT({old}, {length})")
            }
            (Kind::Bytes { length: before, padded }, Kind::Bytes { length, .. })
                if before > length && (all || *padded) =>
            {
                format!("LEFT({old}, {length})")
            }
            (Kind::Text { .. }, Kind::Bytes { length, .. }) if all && *length < LONGEST => {
                format!("LEFT(CAST({old} AS BINARY), {length})")
            }
            // And here for the number of the value.
            (Kind::Values(_), Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Float | Kind::Double) => as_text(),
            (Kind::Bits { .. }, Kind::Text { .. } | Kind::Json) => format!("CAST({old} + 0 AS CHAR)"),
            (_, Kind::Bits { most }) if all && self.offends(old).is_some() => {
                let number = if matches!(self.from, Kind::Text { .. }) { decimal(old) } else { format!("{old} + 0") };
                format!("LEAST(GREATEST({number}, 0), {most})")
            }
            (Kind::Text { .. }, Kind::Bits { .. }) => format!("CAST({old} AS UNSIGNED)"),
            (Kind::Text { .. } | Kind::Values(_), Kind::Json) if all => {
                // Of one character set, as the two sides of IF have to be.
                let text = format!("CONVERT({old} USING utf8mb4)");
                format!("IF(JSON_VALID({old}), {text}, JSON_QUOTE({text}))")
            }
            // An empty text is no number and no time, and nothing is lost by it.
            (
                Kind::Text { .. },
                Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Float | Kind::Double | Kind::Time { .. },
            ) if all => format!("NULLIF(TRIM({old}), '')"),
            // No more is a text that is no date; the server would take it for a date of zeros.
            (Kind::Text { .. }, Kind::Date) if all => format!("CAST(NULLIF(TRIM({old}), '') AS DATE)"),
            (Kind::Text { .. }, Kind::Moment { fraction }) if all => {
                format!("CAST(NULLIF(TRIM({old}), '') AS DATETIME({fraction}))")
            }
            _ => return None,
        })
    }

    /// Whether values are equal behind it only where they were before.
    pub(super) fn keeps_all(&self) -> bool {
        self.value("", false).is_none() && self.offends("").is_none()
    }

    /// SQL that is true for values that the new type does not hold.
    pub(super) fn offends(&self, old: &str) -> Option<String> {
        use Kind::{Bits, Bytes, Date, Decimal, Double, Float, Integer, Json, Moment, Text, Time, Values};
        let outside = |value: &str, least: i128, most: i128| format!("{value} NOT BETWEEN {least} AND {most}");
        Some(match (&self.from, &self.to) {
            (from, to) if from == to => return None,
            (from, Integer { .. } | Bits { .. }) => {
                let (least, most) = self.to.range()?;
                match from {
                    Integer { .. } | Bits { .. } if from.range().is_some_and(|(a, b)| a >= least && b <= most) => {
                        return None;
                    }
                    Integer { .. } => outside(old, least, most),
                    Bits { .. } => outside(&format!("{old} + 0"), least, most),
                    Decimal { .. } | Float | Double => {
                        format!("{old} <> ROUND({old}) OR {}", outside(old, least, most))
                    }
                    Text { .. } => format!(
                        "TRIM({old}) NOT REGEXP '^[-+]?[0-9]+$' OR {}",
                        outside(&format!("CAST({old} AS DECIMAL(65, 0))"), least, most)
                    ),
                    _ => return None,
                }
            }
            (Decimal { digits: a, scale: b }, Decimal { digits, scale }) if scale >= b && digits - scale >= a - b => {
                return None;
            }
            (Integer { .. } | Decimal { .. } | Float | Double, Decimal { digits, scale }) => {
                beyond(old, *digits, *scale)
            }
            (Text { .. }, Decimal { digits, scale }) => {
                let number = decimal(&format!("TRIM({old})"));
                format!("{} OR {}", no_number(old), beyond(&number, *digits, *scale))
            }
            (Text { .. }, Float | Double) => {
                let number = decimal(&format!("TRIM({old})"));
                format!("{} OR ({})", no_number(old), inexact(&number, &self.to))
            }
            // A number of so many bits, or digits, is itself again on its way back.
            (Integer { most, .. }, Float) if *most > 1 << 24 => outside(old, -(1 << 24), 1 << 24),
            (Integer { most, .. }, Double) if *most > 1 << 53 => outside(old, -(1 << 53), 1 << 53),
            (Decimal { digits: 7.., .. }, Float) | (Decimal { digits: 16.., .. }, Double) => inexact(old, &self.to),
            (Double, Float) => {
                let single = format!("CAST({old} AS FLOAT)");
                format!("{single} <> {old} AND CAST({single} AS CHAR) <> CAST({old} AS CHAR)")
            }
            (Text { length: a }, Text { length }) if a <= length => return None,
            (_, Text { length }) if *length == LONGEST => return None,
            (Integer { .. } | Float | Double | Date | Time { .. } | Moment { .. }, Text { length })
                if *length >= 30 =>
            {
                return None;
            }
            (_, Text { length }) => format!("CHAR_LENGTH(CAST({old} AS CHAR)) > {length}"),
            (Bytes { length: a, .. }, Bytes { length, .. }) if a <= length => return None,
            (Bytes { padded: true, .. }, Bytes { length, .. }) => {
                format!("LENGTH(TRIM(TRAILING 0x00 FROM {old})) > {length}")
            }
            (Bytes { .. } | Text { .. }, Bytes { length, .. }) => format!("LENGTH({old}) > {length}"),
            (Moment { .. }, Date) => format!("TIME({old}) <> '00:00:00'"),
            // The day is lost, or made up.
            (Moment { .. } | Date, Time { .. }) | (Time { .. }, Date) => "TRUE".to_owned(),
            (Moment { fraction: a } | Time { fraction: a }, Moment { fraction } | Time { fraction })
                if a > fraction =>
            {
                finer(old, *fraction)
            }
            (Text { .. }, Date) => {
                let moment = format!("CAST({old} AS DATETIME(6))");
                format!("{moment} IS NULL OR TIME({moment}) <> '00:00:00'")
            }
            (Text { .. }, Moment { fraction }) => {
                let moment = format!("CAST({old} AS DATETIME(6))");
                format!("{moment} IS NULL OR {}", finer(&moment, *fraction))
            }
            (Text { .. }, Time { fraction }) => format!(
                "TRIM({old}) NOT REGEXP '^-?[0-9]+:[0-9]+(:[0-9]+([.][0-9]*)?)?$' OR {}",
                finer(&format!("CAST({old} AS TIME(6))"), *fraction)
            ),
            (Values(old_values), Values(values)) if old_values.iter().all(|it| values.contains(it)) => return None,
            // Byte by byte: the server would take `A` for `a`.
            (_, Values(values)) => format!("CAST(CAST({old} AS CHAR) AS BINARY) NOT IN ({})", listed(values)),
            (Text { .. } | Values(_), Json) => format!("NOT JSON_VALID({old})"),
            _ => return None,
        })
    }
}

/// SQL for what a column of a type holds when a value is put in it.
pub(super) fn stored(value: &str, type_name: &str) -> String {
    match kind(type_name) {
        Kind::Integer { .. } => format!("CAST({value} AS DECIMAL(65, 0))"),
        Kind::Decimal { digits, scale } => format!("CAST({value} AS DECIMAL({digits}, {scale}))"),
        Kind::Float => format!("CAST({value} AS FLOAT)"),
        Kind::Double => format!("CAST({value} AS DOUBLE)"),
        // A text keeps its collation this way.
        Kind::Text { .. } | Kind::Values(_) => format!("CONCAT({value}, '')"),
        Kind::Date => format!("CAST({value} AS DATE)"),
        Kind::Moment { fraction } => format!("CAST({value} AS DATETIME({fraction}))"),
        Kind::Time { fraction } => format!("CAST({value} AS TIME({fraction}))"),
        Kind::Bytes { .. } | Kind::Json | Kind::Bits { .. } | Kind::Other => value.to_owned(),
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
    Some(match kind(type_name) {
        Kind::Integer { least, most } => {
            format!("{is_no_number} OR CAST({value} AS DECIMAL(65, 0)) NOT BETWEEN {least} AND {most}")
        }
        Kind::Decimal { digits, scale } => {
            let number = format!("CAST({value} AS DECIMAL(65, {scale}))");
            format!("{is_no_number} OR ABS({number}) >= 1e{}", digits - scale)
        }
        Kind::Float | Kind::Double => is_no_number,
        // Spaces at the end are let go.
        Kind::Text { length } if length < LONGEST => format!("CHAR_LENGTH(RTRIM({value})) > {length}"),
        // A number is a place in the list.
        Kind::Values(values) => format!("({value}) + 0 = 0 AND CONCAT({value}, '') NOT IN ({})", listed(&values)),
        Kind::Date | Kind::Moment { .. } => format!("({value}) IS NOT NULL AND CAST({value} AS DATETIME(6)) IS NULL"),
        Kind::Time { .. } => format!("({value}) IS NOT NULL AND CAST({value} AS TIME(6)) IS NULL"),
        Kind::Json => format!("NOT JSON_VALID(CONCAT({value}, ''))"),
        Kind::Text { .. } | Kind::Bytes { .. } | Kind::Bits { .. } | Kind::Other => return None,
    })
}

/// A number with all its digits.
fn decimal(number: &str) -> String {
    format!("CAST({number} AS DECIMAL(65, 30))")
}

/// SQL that is true for texts that are no number.
fn no_number(text: &str) -> String {
    format!("TRIM({text}) NOT REGEXP '^[-+]?[0-9]*[.]?[0-9]+(e[-+]?[0-9]+)?$'")
}

/// SQL that is true for numbers with digits that a decimal has no place for.
fn beyond(number: &str, digits: u32, scale: u32) -> String {
    format!("{number} <> ROUND({number}, {scale}) OR ABS({number}) >= 1e{}", digits - scale)
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

fn listed(values: &[String]) -> String {
    values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", ")
}

/// The value if it is one of these, else the first of them.
fn among(value: &str, values: &[String]) -> String {
    let first = values.first().map_or_else(|| "''".to_owned(), |first| text(first));
    format!("CASE WHEN {value} IS NULL OR {value} IN ({}) THEN {value} ELSE {first} END", listed(values))
}

fn kind(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    let word = lower.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let inside = lower.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    let mut numbers = inside.split(',').map(|part| part.trim().parse::<u64>().ok());
    let mut number = |usual: u64| numbers.next().flatten().unwrap_or(usual);
    let integer = |bits: u32| match lower.contains("unsigned") {
        true => Kind::Integer { least: 0, most: (1 << bits) - 1 },
        false => Kind::Integer { least: -(1 << (bits - 1)), most: (1 << (bits - 1)) - 1 },
    };
    match word {
        "tinyint" | "boolean" | "bool" => integer(8),
        "smallint" => integer(16),
        "mediumint" => integer(24),
        "int" | "integer" => integer(32),
        "bigint" => integer(64),
        "year" => Kind::Integer { least: 0, most: 2155 },
        "decimal" | "numeric" => {
            let digits = number(10);
            Kind::Decimal { digits: small(digits), scale: small(number(0)).min(small(digits)) }
        }
        "float" => Kind::Float,
        "double" | "real" => Kind::Double,
        "char" | "varchar" => Kind::Text { length: number(1) },
        "tinytext" => Kind::Text { length: 255 },
        "text" => Kind::Text { length: 65_535 },
        "mediumtext" => Kind::Text { length: 16_777_215 },
        "longtext" => Kind::Text { length: LONGEST },
        "binary" | "varbinary" => Kind::Bytes { length: number(1), padded: word == "binary" },
        "tinyblob" => Kind::Bytes { length: 255, padded: false },
        "blob" => Kind::Bytes { length: 65_535, padded: false },
        "mediumblob" => Kind::Bytes { length: 16_777_215, padded: false },
        "longblob" => Kind::Bytes { length: LONGEST, padded: false },
        "date" => Kind::Date,
        "datetime" | "timestamp" => Kind::Moment { fraction: small(number(0)) },
        "time" => Kind::Time { fraction: small(number(0)) },
        "enum" => Kind::Values(types::list(name)),
        "json" => Kind::Json,
        "bit" => Kind::Bits { most: (1 << number(1).min(64)) - 1 },
        _ => Kind::Other,
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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
        ] {
            assert_eq!(between(from, to).offends("`c`").is_some(), looks, "{from} to {to}");
        }
    }
}
