//! Rows of which every value is read as text. The server sends numbers and times in binary.

use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::mysql::data_types::MysqlTime;
use diesel::mysql::sql_types::{Datetime, Unsigned};
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{BigInt, Double, Float};

/// A row whose values are all text.
pub(super) struct Row(pub(super) Vec<Option<String>>);

impl QueryableByName<Mysql> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Mysql>) -> deserialize::Result<Row> {
        let value = |at: usize| match diesel::row::Row::get(row, at) {
            Some(field) => field.value().map(text).transpose(),
            None => Ok(None),
        };
        Ok(Row((0..row.field_count()).map(value).collect::<deserialize::Result<_>>()?))
    }
}

fn text(value: MysqlValue<'_>) -> deserialize::Result<String> {
    use MysqlType as T;
    Ok(match value.value_type() {
        T::Tiny | T::UnsignedTiny | T::Short | T::UnsignedShort | T::Long | T::UnsignedLong | T::LongLong => {
            <i64 as FromSql<BigInt, Mysql>>::from_sql(value)?.to_string()
        }
        T::UnsignedLongLong => <u64 as FromSql<Unsigned<BigInt>, Mysql>>::from_sql(value)?.to_string(),
        T::Float => <f32 as FromSql<Float, Mysql>>::from_sql(value)?.to_string(),
        T::Double => <f64 as FromSql<Double, Mysql>>::from_sql(value)?.to_string(),
        kind @ (T::Date | T::Time | T::DateTime | T::Timestamp) => {
            moment(kind, <MysqlTime as FromSql<Datetime, Mysql>>::from_sql(value)?)
        }
        _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
    })
}

fn moment(kind: MysqlType, at: MysqlTime) -> String {
    let date = format!("{:04}-{:02}-{:02}", at.year, at.month, at.day);
    let mut time =
        format!("{:02}:{:02}:{:02}", at.day * 24 * u32::from(kind == MysqlType::Time) + at.hour, at.minute, at.second);
    if at.second_part != 0 {
        time.push_str(&format!(".{:06}", at.second_part));
    }
    match kind {
        MysqlType::Date => date,
        MysqlType::Time => time,
        _ => format!("{date} {time}"),
    }
}
