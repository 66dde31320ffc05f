//! The types of columns.

use crate::{ColumnType, Sql};

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) => $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $type),*) -> ColumnType {
            $value
        }
    )*};
}

types! {
    /// 16-bit integer.
    smallint() => ColumnType::SmallInt;
    /// 32-bit integer.
    integer() => ColumnType::Integer;
    /// 64-bit integer.
    bigint() => ColumnType::BigInt;
    /// 32-bit floating point.
    real() => ColumnType::Real;
    /// 64-bit floating point.
    double() => ColumnType::Double;
    /// Exact decimal of so many digits, so many of them behind the point.
    numeric(precision: u16, scale: u16) => ColumnType::Numeric(Some((precision, scale)));
    /// Exact decimal of as many digits as the database holds.
    any_numeric() => ColumnType::Numeric(None);
    /// True or false.
    boolean() => ColumnType::Boolean;
    /// Text of any length.
    text() => ColumnType::Text;
    /// Text of at most so many characters.
    varchar(length: u32) => ColumnType::Varchar(length);
    /// Text of exactly so many characters.
    char(length: u32) => ColumnType::Char(length);
    /// Bytes of any length.
    binary() => ColumnType::Binary;
    /// At most so many bytes.
    varbinary(length: u32) => ColumnType::Varbinary(length);
    /// A day.
    date() => ColumnType::Date;
    /// A time of day.
    time() => ColumnType::Time;
    /// A day and a time, without a time zone.
    timestamp() => ColumnType::Timestamp;
    /// A point in time.
    timestamptz() => ColumnType::TimestampTz;
    /// A span of time.
    interval() => ColumnType::Interval;
    /// A UUID.
    uuid() => ColumnType::Uuid;
    /// JSON, kept as it was written.
    json() => ColumnType::Json;
    /// JSON in the database's binary form.
    jsonb() => ColumnType::Jsonb;
    /// An IP address or network.
    inet() => ColumnType::Inet;
    /// A PostgreSQL array.
    array(element: ColumnType) => ColumnType::Array(Box::new(element));
    /// An enum of the schema.
    enumeration(name: &str) => ColumnType::Enum(name.to_owned());
    /// A type in the database's own words: `native(sql("citext"))`.
    native(sql: Sql) => ColumnType::Native(sql);
}
