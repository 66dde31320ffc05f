//! Which types hold every value of which others.

use crate::ColumnType::{self, *};
use crate::Schema;

/// Whether each value of `from` has an equal one in `to`, so that a change of type loses nothing.
pub fn holds_every_value_of(to: &ColumnType, from: &ColumnType) -> bool {
    if to == from {
        return true;
    }
    match (from, to) {
        (SmallInt, Integer | BigInt | Real | Double) | (Integer, BigInt | Double) | (Real, Double) => true,
        (SmallInt | Integer | BigInt, Numeric(None)) => true,
        (SmallInt | Integer | BigInt, Numeric(Some((precision, scale)))) => precision - scale >= digits(from),
        (SmallInt | Integer | BigInt, Varchar(length)) => *length > u32::from(digits(from)),
        // 0 and 1.
        (Boolean, SmallInt | Integer | BigInt | Real | Double | Numeric(None)) => true,
        (Boolean, Numeric(Some((precision, scale)))) => precision > scale,
        (Numeric(Some(_)), Numeric(None)) => true,
        (Numeric(Some((p, s))), Numeric(Some((precision, scale)))) => scale >= s && precision - scale >= p - s,
        (Varchar(shorter) | Char(shorter), Varchar(longer)) | (Char(shorter), Char(longer)) => longer >= shorter,
        (Varbinary(shorter), Varbinary(longer)) => longer >= shorter,
        (Varbinary(_), Binary) => true,
        (
            SmallInt | Integer | BigInt | Numeric(_) | Boolean | Varchar(_) | Char(_) | Date | Time | Timestamp | Uuid
            | Json | Jsonb | Inet | Interval | Enum(_),
            Text,
        ) => true,
        (Uuid, Varchar(length) | Char(length)) => *length >= 36,
        (Date, Timestamp) => true,
        (Array(from), Array(to)) => holds_every_value_of(to, from),
        _ => false,
    }
}

/// The same for two types each in its schema, which says the values of an enum.
pub(super) fn holds_every_value_in(
    (to, to_schema): (&ColumnType, &Schema),
    (from, from_schema): (&ColumnType, &Schema),
) -> bool {
    let values = |schema: &Schema, name: &str| schema.enums.get(name).map(|it| it.values.clone()).unwrap_or_default();
    match (from, to) {
        (Enum(from), Enum(to)) => {
            let to = values(to_schema, to);
            values(from_schema, from).iter().all(|value| to.contains(value))
        }
        (Enum(from), Varchar(length)) => {
            values(from_schema, from).iter().all(|value| value.chars().count() <= *length as usize)
        }
        _ => holds_every_value_of(to, from),
    }
}

/// The decimal digits of the largest value.
fn digits(integer: &ColumnType) -> u16 {
    match integer {
        SmallInt => 5,
        Integer => 10,
        _ => 19,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enum_holds_another_by_its_values() {
        let of = |values: &[&str]| {
            let values = values.iter().map(|&it| it.to_owned()).collect();
            let mood = crate::Enum { name: "mood".to_owned(), values, model: None };
            Schema { enums: [("mood".to_owned(), mood)].into(), ..Schema::default() }
        };
        let (two, three, mood) = (of(&["happy", "sad"]), of(&["sad", "calm", "happy"]), Enum("mood".to_owned()));
        for (to, from, expected) in [
            ((&mood, &three), (&mood, &two), true),
            ((&mood, &two), (&mood, &three), false),
            ((&Varchar(5), &two), (&mood, &two), true),
            ((&Varchar(4), &two), (&mood, &two), false),
            ((&mood, &two), (&Text, &two), false),
        ] {
            assert_eq!(holds_every_value_in(to, from), expected, "{} to {}", from.0, to.0);
        }
    }

    #[test]
    fn a_type_holds_another_by_the_range_of_its_values() {
        for (from, to, expected) in [
            ("integer", "bigint", true),
            ("bigint", "integer", false),
            ("bigint", "double", false),
            ("integer", "numeric(10,0)", true),
            ("integer", "numeric(10,2)", false),
            ("numeric(8,2)", "numeric(10,2)", true),
            ("numeric(8,2)", "numeric(10,4)", true),
            ("numeric(8,2)", "numeric(8,3)", false),
            ("varchar(10)", "varchar(20)", true),
            ("varchar(20)", "varchar(10)", false),
            ("varchar(20)", "text", true),
            ("text", "varchar(20)", false),
            ("text", "integer", false),
            ("integer", "text", true),
            ("date", "timestamp", true),
            ("timestamp", "date", false),
            ("integer[]", "bigint[]", true),
            ("bigint[]", "integer[]", false),
            ("integer", "real", false),
            ("smallint", "real", true),
            ("integer", "double", true),
            ("double", "real", false),
            ("real", "double", true),
            ("boolean", "smallint", true),
            ("boolean", "bigint", true),
            ("boolean", "numeric(3,2)", true),
            ("boolean", "numeric(2,2)", false),
            ("integer", "boolean", false),
            ("boolean", "text", true),
            ("text", "boolean", false),
            ("numeric(10,2)", "numeric(6,2)", false),
            ("char(3)", "varchar(3)", true),
            ("varchar(3)", "char(3)", false),
            ("char(5)", "char(3)", false),
            ("varbinary(4)", "varbinary(8)", true),
            ("varbinary(8)", "varbinary(4)", false),
            ("varbinary(8)", "binary", true),
            ("binary", "varbinary(8)", false),
            ("uuid", "varchar(36)", true),
            ("uuid", "varchar(35)", false),
            ("varchar(36)", "uuid", false),
            ("timestamp", "timestamptz", false),
            ("interval", "text", true),
        ] {
            let (from_type, to_type): (ColumnType, ColumnType) = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(holds_every_value_of(&to_type, &from_type), expected, "{from} to {to}");
        }
    }
}
