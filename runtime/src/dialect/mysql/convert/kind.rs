//! What counts of a column's type for its values.

use super::super::types;

/// The length of a text of any length.
pub(super) const LONGEST: u64 = 4_294_967_295;

/// The type of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Type {
    pub(super) kind: Kind,
    /// Whether a number with a fraction is never negative.
    pub(super) is_unsigned: bool,
    /// How many digits are kept of a floating number, and how many of them behind the point.
    pub(super) digits: Option<(u32, u32)>,
    /// The character set of a text, as far as it is known.
    pub(super) characters: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Integer {
        least: i128,
        most: i128,
    },
    Year,
    Decimal {
        digits: u32,
        scale: u32,
    },
    Float,
    Double,
    /// The length is one of characters, or of bytes.
    Text {
        length: u64,
        in_bytes: bool,
    },
    /// `padded` is whether each value is as long, with zeros behind it.
    Bytes {
        length: u64,
        padded: bool,
    },
    Date,
    /// `since_1970` is whether it is kept as a number of seconds.
    Moment {
        fraction: u32,
        since_1970: bool,
    },
    Time {
        fraction: u32,
    },
    /// One of these.
    Values(Vec<String>),
    /// Some of these.
    Set(Vec<String>),
    Json,
    Bits {
        most: i128,
    },
    /// What MariaDB checks the texts of, by the name of its type.
    Checked(&'static str),
    Other,
}

impl Kind {
    /// The least and the most of its whole numbers, if it has such.
    pub(super) fn range(&self) -> Option<(i128, i128)> {
        match self {
            Kind::Integer { least, most } => Some((*least, *most)),
            Kind::Bits { most } => Some((0, *most)),
            Kind::Year => Some((0, 2155)),
            _ => None,
        }
    }

    /// Whether its values are plain numbers.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Float | Kind::Double)
    }

    /// Whether its values are days or times.
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Kind::Date | Kind::Moment { .. } | Kind::Time { .. })
    }

    /// Whether its values are texts, or are taken for such.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Kind::Text { .. } | Kind::Bytes { .. } | Kind::Values(_) | Kind::Json)
    }
}

impl Type {
    /// Reads the name of a type. The collation is named after the character set.
    pub(super) fn read(name: &str, collation: Option<&str>) -> Type {
        let kind = kind(name);
        let characters = match &kind {
            Kind::Json => Some("utf8mb4".to_owned()),
            _ => collation.and_then(characters).map(str::to_owned),
        };
        let is_float = matches!(kind, Kind::Float | Kind::Double);
        let numbers = numbers(name);
        let digits = numbers.first().zip(numbers.get(1)).filter(|_| is_float);
        Type {
            is_unsigned: (is_float || matches!(kind, Kind::Decimal { .. }))
                && name.to_ascii_lowercase().contains("unsigned"),
            digits: digits.map(|(digits, scale)| (small(*digits), small(*scale))),
            characters,
            kind,
        }
    }

    /// How many bytes a character takes at most.
    pub(super) fn width(&self) -> u64 {
        match self.characters.as_deref() {
            None | Some("utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030") => 4,
            Some("utf8mb3" | "ujis" | "eucjpms") => 3,
            Some("ucs2" | "gbk" | "big5" | "sjis" | "cp932" | "euckr" | "gb2312") => 2,
            Some(_) => 1,
        }
    }
}

/// The character set that a collation is of. Of some collations of MariaDB it is not said.
pub(super) fn characters(collation: &str) -> Option<&str> {
    match collation.split_once('_')?.0 {
        "uca1400" => None,
        "utf8" => Some("utf8mb3"),
        characters => Some(characters),
    }
}

/// Whether each character of a set is in another one, too.
pub(super) fn is_within(one: &str, other: &str) -> bool {
    let is_whole = |set: &str| matches!(set, "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030");
    one == other || one == "ascii" || is_whole(other) || (matches!(other, "utf8mb3" | "ucs2") && !is_whole(one))
}

fn numbers(name: &str) -> Vec<u64> {
    let inside = name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').map_while(|part| part.trim().parse().ok()).collect()
}

fn kind(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    let word = lower.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let numbers = numbers(&lower);
    let number = |at: usize, usual: u64| numbers.get(at).copied().unwrap_or(usual);
    let integer = |bits: u32| match lower.contains("unsigned") {
        true => Kind::Integer { least: 0, most: (1 << bits) - 1 },
        false => Kind::Integer { least: -(1 << (bits - 1)), most: (1 << (bits - 1)) - 1 },
    };
    let text = |length| Kind::Text { length, in_bytes: true };
    let bytes = |length| Kind::Bytes { length, padded: false };
    let fraction = small(number(0, 0));
    match word {
        "tinyint" | "boolean" | "bool" => integer(8),
        "smallint" => integer(16),
        "mediumint" => integer(24),
        "int" | "integer" => integer(32),
        "bigint" => integer(64),
        "year" => Kind::Year,
        "decimal" | "numeric" => {
            let digits = small(number(0, 10));
            Kind::Decimal { digits, scale: small(number(1, 0)).min(digits) }
        }
        // A single number counts bits.
        "float" if numbers.len() == 1 && number(0, 0) > 24 => Kind::Double,
        "float" => Kind::Float,
        "double" | "real" => Kind::Double,
        "char" | "varchar" => Kind::Text { length: number(0, 1), in_bytes: false },
        "tinytext" => text(255),
        "text" => text(65_535),
        "mediumtext" => text(16_777_215),
        "longtext" => text(LONGEST),
        "binary" | "varbinary" => Kind::Bytes { length: number(0, 1), padded: word == "binary" },
        "tinyblob" => bytes(255),
        "blob" => bytes(65_535),
        "mediumblob" => bytes(16_777_215),
        "longblob" => bytes(LONGEST),
        "date" => Kind::Date,
        "datetime" | "timestamp" => Kind::Moment { fraction, since_1970: word == "timestamp" },
        "time" => Kind::Time { fraction },
        "enum" => Kind::Values(types::list(name)),
        "set" => Kind::Set(types::list(name)),
        "json" => Kind::Json,
        "bit" => Kind::Bits { most: (1 << number(0, 1).min(64)) - 1 },
        "uuid" => Kind::Checked("UUID"),
        "inet4" => Kind::Checked("INET4"),
        "inet6" => Kind::Checked("INET6"),
        _ => Kind::Other,
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
