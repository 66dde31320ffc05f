//! The value that a column gets when its own cannot come back.

use super::columns::with_identifier;
use super::enums::quoted;
use crate::{Column, ColumnType, DefaultValue, Literal, Schema, Sql, Table};

/// SQL for the value that every row gets in a NOT NULL column that is put back: the default where there is one, a row
/// that exists where it refers to one, the row's own key where values must differ, else the type's neutral value.
pub(super) fn value(schema: &Schema, table: &Table, column: &Column) -> Sql {
    if let Some(sql) = default(column) {
        return sql;
    }
    let single_key = table.primary_key.as_ref().filter(|key| key.columns.len() == 1).map(|key| key.columns[0].as_str());
    let reference = table.foreign_keys.iter().find(|it| it.columns.len() == 1 && it.columns[0] == column.name);
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
        DefaultValue::Now => Sql::portable("CURRENT_TIMESTAMP"),
        DefaultValue::Sql(sql) => sql.clone(),
        DefaultValue::Literal(Literal::Text(text)) => Sql::portable(&quoted(text)),
        DefaultValue::Literal(Literal::Boolean(value)) => Sql::portable(if *value { "TRUE" } else { "FALSE" }),
        DefaultValue::Literal(Literal::Integer(value)) => Sql::portable(&value.to_string()),
        DefaultValue::Literal(Literal::Decimal(value)) => Sql::portable(value),
        DefaultValue::Literal(Literal::Null | Literal::Bytes(_)) => return None,
    })
}

fn of_type(schema: &Schema, column_type: &ColumnType) -> Sql {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    let text = match column_type {
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric(_) => "0",
        ColumnType::Boolean => "FALSE",
        ColumnType::Date => "'1970-01-01'",
        ColumnType::Time => "'00:00:00'",
        ColumnType::Timestamp => "'1970-01-01 00:00:00'",
        ColumnType::TimestampTz => {
            let (zoned, plain) = ("'1970-01-01 00:00:00+00:00'", "'1970-01-01 00:00:00'");
            return Sql::each([(Sqlite, zoned), (Postgres, zoned), (Mysql, plain)]);
        }
        ColumnType::Interval => "'0 seconds'",
        ColumnType::Uuid => {
            let text = "'00000000-0000-0000-0000-000000000000'";
            return Sql::each([(Sqlite, "zeroblob(16)"), (Postgres, text), (Mysql, text)]);
        }
        ColumnType::Json => "'null'",
        ColumnType::Jsonb => {
            return Sql::each([(Sqlite, "jsonb('null')"), (Postgres, "'null'"), (Mysql, "'null'")]);
        }
        ColumnType::Inet => "'0.0.0.0'",
        ColumnType::Array(_) => "'{}'",
        ColumnType::Binary | ColumnType::Varbinary(_) => {
            return Sql::each([(Sqlite, "X''"), (Postgres, "''"), (Mysql, "''")]);
        }
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) | ColumnType::Native(_) => "''",
        ColumnType::Enum(name) => {
            let first = schema.enums.get(name).and_then(|it| it.values.first());
            return Sql::portable(&quoted(first.map_or("", String::as_str)));
        }
    };
    Sql::portable(text)
}
