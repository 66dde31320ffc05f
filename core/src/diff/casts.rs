//! Changes of type that no database makes: no value of the one type says what it would be in the other.

use crate::ColumnType::{self, *};
use crate::{Operation, Schema, TableName};

/// What kind of values a type has.
#[derive(PartialEq)]
enum Kind {
    Number,
    Boolean,
    Text,
    Enum,
    Bytes,
    Date,
    Time,
    Timestamp,
    Interval,
    Uuid,
    Json,
    Inet,
    /// A database knows more of it.
    Other,
}

fn kind(column_type: &ColumnType) -> Kind {
    match column_type {
        SmallInt | Integer | BigInt | Real | Double | Numeric(_) => Kind::Number,
        Boolean => Kind::Boolean,
        Text | Varchar(_) | Char(_) => Kind::Text,
        Enum(_) => Kind::Enum,
        Binary | Varbinary(_) => Kind::Bytes,
        Date => Kind::Date,
        Time => Kind::Time,
        Timestamp | TimestampTz => Kind::Timestamp,
        Interval => Kind::Interval,
        Uuid => Kind::Uuid,
        Json | Jsonb => Kind::Json,
        Inet => Kind::Inet,
        _ => Kind::Other,
    }
}

/// Whether values of one type can become values of another without being told how.
pub(super) fn can_become(from: &ColumnType, to: &ColumnType) -> bool {
    if let (_, Array(to)) = (from, to) {
        let from = if let Array(from) = from { from } else { from };
        return can_become(from, to);
    }
    if let Array(_) = from {
        return matches!(kind(to), Kind::Text) || matches!(to, Native(_));
    }
    match (kind(from), kind(to)) {
        (from, to) if from == to => true,
        (Kind::Other, _) | (_, Kind::Other) => true,
        (Kind::Text, _) | (_, Kind::Text) => true,
        (Kind::Number, Kind::Boolean) | (Kind::Boolean, Kind::Number) => true,
        (Kind::Number | Kind::Boolean, Kind::Json) | (Kind::Json, Kind::Number | Kind::Boolean) => true,
        (Kind::Date, Kind::Timestamp) | (Kind::Timestamp, Kind::Date | Kind::Time) => true,
        (Kind::Time, Kind::Interval) | (Kind::Interval, Kind::Time) => true,
        _ => false,
    }
}

/// A change of a column's type for which it must be said what the values become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncastable {
    /// The table, as it is called after the operations before this one.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// The old type.
    pub from: ColumnType,
    /// The new one.
    pub to: ColumnType,
}

/// The changes of type among operations that no database makes and that do not say what the values become.
pub fn uncastable(before: &Schema, operations: &[Operation]) -> Vec<Uncastable> {
    let mut schema = before.clone();
    let mut found = Vec::new();
    for operation in operations {
        if let Operation::AlterColumn { table, column, change } = operation
            && let (Some(to), None) = (&change.column_type, &change.using)
            && let Some(old) = schema.column(table, column)
            && !matches!((&old.generated, &change.generated), (_, Some(Some(_))) | (Some(_), None))
            && !can_become(&old.column_type, to)
        {
            let (from, to) = (old.column_type.clone(), to.clone());
            found.push(Uncastable { table: table.clone(), column: column.clone(), from, to });
        }
        if operation.apply(&mut schema).is_err() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_others_where_it_is_plain_what_they_are() {
        for (from, to, can) in [
            (Boolean, Timestamp, false),
            (Boolean, BigInt, true),
            (Text, Timestamp, true),
            (Timestamp, Text, true),
            (Timestamp, Date, true),
            (Date, Time, false),
            (Integer, Uuid, false),
            (Integer, Enum("mood".into()), false),
            (Text, Enum("mood".into()), true),
            (Enum("mood".into()), Integer, false),
            (Integer, Array(Box::new(BigInt)), true),
            (Array(Box::new(Boolean)), Array(Box::new(Date)), false),
            (Array(Box::new(Integer)), Integer, false),
            (Array(Box::new(Integer)), Json, false),
            (Array(Box::new(Integer)), Text, true),
            (Json, Jsonb, true),
        ] {
            assert_eq!(can_become(&from, &to), can, "{from} to {to}");
        }
    }
}
