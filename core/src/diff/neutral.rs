//! The value that a column gets when its own cannot come back.

use super::columns::with_identifier;
use super::enums::quoted;
use crate::{Column, ColumnType, DefaultValue, Dialect, ForeignKey, Literal, Schema, Sql, Table};

/// SQL for the value that every row gets in a NOT NULL column that is put back: the default where there is one, a row
/// that exists where it refers to one, the row's own key where values must differ, else the type's neutral value.
pub(super) fn value(schema: &Schema, table: &Table, column: &Column) -> Sql {
    if let Some(sql) = default(column) {
        return sql;
    }
    let single_key = table.primary_key.as_ref().filter(|key| key.columns.len() == 1).map(|key| key.columns[0].as_str());
    let refers = |it: &&ForeignKey| it.columns.len() == 1 && it.columns[0] == column.name && it.references.len() == 1;
    let reference = table.foreign_keys.iter().find(refers);
    if let Some(key) = reference {
        if key.table == table.name {
            return with_identifier(&key.references[0], str::to_owned);
        }
        let of = key.table.name.clone();
        return with_identifier_pair(&key.references[0], &of, |column, table| {
            format!("(SELECT MIN({column}) FROM {table})")
        });
    }
    let alone = |columns: &[String]| columns.len() == 1 && columns[0] == column.name;
    let distinct = table.uniques.iter().any(|it| alone(&it.columns))
        || table.indexes.iter().any(|it| it.unique && it.parts.len() == 1 && it.mentions(&column.name));
    if let (true, Some(key)) = (distinct, single_key.filter(|key| *key != column.name)) {
        if column.column_type.is_integer() {
            return with_identifier(key, str::to_owned);
        }
        if matches!(column.column_type, ColumnType::Text | ColumnType::Varchar(_)) {
            return Sql::each([
                (crate::Dialect::Sqlite, text_of(key, '"', "TEXT").as_str()),
                (crate::Dialect::Postgres, text_of(key, '"', "TEXT").as_str()),
                (crate::Dialect::Mysql, text_of(key, '`', "CHAR").as_str()),
            ]);
        }
    }
    of_type(schema, &column.column_type)
}

fn text_of(column: &str, quote: char, text: &str) -> String {
    let quote = quote.to_string();
    format!("CAST({quote}{}{quote} AS {text})", column.replace(&quote, &quote.repeat(2)))
}

fn with_identifier_pair(column: &str, table: &str, sql: impl Fn(&str, &str) -> String) -> Sql {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    let quote = |name: &str, quote: &str| format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)));
    let double = sql(&quote(column, "\""), &quote(table, "\""));
    let backtick = sql(&quote(column, "`"), &quote(table, "`"));
    Sql::each([(Sqlite, double.as_str()), (Postgres, double.as_str()), (Mysql, backtick.as_str())])
}

fn default(column: &Column) -> Option<Sql> {
    Some(match column.default.as_ref()? {
        DefaultValue::Now => {
            per_dialect(&column.column_type, |dialect, column_type| now(dialect, column_type).to_owned())
        }
        DefaultValue::Sql(sql) => sql.clone(),
        DefaultValue::Literal(Literal::Text(text)) => Sql::portable(&quoted(text)),
        DefaultValue::Literal(Literal::Boolean(value)) => Sql::portable(if *value { "TRUE" } else { "FALSE" }),
        DefaultValue::Literal(Literal::Integer(value)) => Sql::portable(&value.to_string()),
        DefaultValue::Literal(Literal::Decimal(value)) => Sql::portable(value),
        DefaultValue::Literal(Literal::Null | Literal::Bytes(_)) => return None,
    })
}

fn now(dialect: Dialect, column_type: &ColumnType) -> &'static str {
    match (dialect, column_type) {
        (_, ColumnType::Date) => "CURRENT_DATE",
        (_, ColumnType::Time) => "CURRENT_TIME",
        (Dialect::Sqlite, ColumnType::TimestampTz) => "strftime('%Y-%m-%d %H:%M:%S+00:00', 'now')",
        (Dialect::Sqlite, integer) if integer.is_integer() => "unixepoch()",
        _ => "CURRENT_TIMESTAMP",
    }
}

fn of_type(schema: &Schema, column_type: &ColumnType) -> Sql {
    per_dialect(column_type, |dialect, column_type| neutral(schema, dialect, column_type))
}

/// The text for each dialect, or one if they are the same. A native type counts as the portable one that it spells.
fn per_dialect(column_type: &ColumnType, text: impl Fn(Dialect, &ColumnType) -> String) -> Sql {
    let texts = Dialect::ALL.map(|dialect| (dialect, text(dialect, &column_type.on(dialect))));
    if texts.iter().all(|(_, text)| *text == texts[0].1) {
        return Sql::portable(&texts[0].1);
    }
    Sql::each(texts.iter().map(|(dialect, text)| (*dialect, text.as_str())))
}

fn neutral(schema: &Schema, dialect: Dialect, column_type: &ColumnType) -> String {
    let text = match (dialect, column_type) {
        (
            _,
            ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::BigInt
            | ColumnType::Real
            | ColumnType::Double
            | ColumnType::Numeric(_),
        ) => "0",
        (_, ColumnType::Boolean) => "FALSE",
        (_, ColumnType::Date) => "'1970-01-01'",
        (_, ColumnType::Time) => "'00:00:00'",
        (_, ColumnType::Timestamp) => "'1970-01-01 00:00:00'",
        // The first second is MySQL's zero value.
        (Dialect::Mysql, ColumnType::TimestampTz) => "'1970-01-01 00:00:01'",
        (_, ColumnType::TimestampTz) => "'1970-01-01 00:00:00+00:00'",
        (_, ColumnType::Interval) => "'0 seconds'",
        (_, ColumnType::Uuid) => "'00000000-0000-0000-0000-000000000000'",
        (Dialect::Sqlite, ColumnType::Jsonb) => "jsonb('null')",
        (_, ColumnType::Json | ColumnType::Jsonb) => "'null'",
        (_, ColumnType::Inet) => "'0.0.0.0'",
        (_, ColumnType::Array(_)) => "'{}'",
        (Dialect::Sqlite, ColumnType::Binary | ColumnType::Varbinary(_)) => "X''",
        (_, ColumnType::Native(native)) => {
            let name = native.text(dialect).unwrap_or_default().to_ascii_lowercase();
            let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
            match () {
                () if holds(&["blob"]) && dialect == Dialect::Sqlite => "X''",
                () if holds(&["int", "serial", "num", "dec", "real", "floa", "doub", "money"]) => "0",
                () if holds(&["bool"]) => "FALSE",
                () => "''",
            }
        }
        (_, ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_)) => "''",
        (_, ColumnType::Binary | ColumnType::Varbinary(_)) => "''",
        (_, ColumnType::Enum(name)) => {
            let first = schema.enums.get(name).and_then(|it| it.values.first());
            return quoted(first.map_or("", String::as_str));
        }
    };
    text.to_owned()
}
