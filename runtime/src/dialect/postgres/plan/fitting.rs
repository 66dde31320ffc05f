//! A value that the checks of a table take, where the neutral one may not do: one of those that the checks speak of.

use migratable_core::{Column, ColumnType, Dialect, Sql, Table};

use super::super::casts::is_number;
use super::super::ddl::quoted;
use super::super::types;
use super::{Planner, domains};
use crate::dialect::candidates::Literals;
use crate::dialect::literal;
use crate::inspect::Domain;

impl Planner<'_> {
    /// SQL for the first of some values that the checks on a column and of its domain take, row by row; nothing if there
    /// is no check.
    pub(super) fn fitting(&self, table: &Table, column: &Column, domain: Option<&Domain>) -> Option<String> {
        let now = self.schema.table(&table.name)?;
        let target = self.in_target(table);
        let type_of = |table: &Table, name: &str| table.find(name).map(|it| it.column_type.clone());
        let waits = |name: &str| self.aside.iter().any(|it| it.is_column(&table.name, name));
        let as_it_will_be =
            |name: &str| name == column.name || (type_of(now, name) == type_of(target, name) && !waits(name));
        let names = || target.columns.iter().map(|it| it.name.as_str());
        let checks: Vec<&str> = target
            .checks
            .iter()
            .filter(|it| !it.native.has("exclusion") && !it.native.has("not_valid"))
            .filter(|it| it.expression.mentions(&column.name))
            .filter(|it| it.expression.mentioned(names()).into_iter().all(as_it_will_be))
            .filter_map(|it| it.expression.text(Dialect::Postgres))
            .collect();
        let name = quoted(&column.name);
        let mut conditions: Vec<String> = checks.iter().map(|check| format!("({check})")).collect();
        let mut texts = checks;
        if let Some(domain) = domain {
            conditions.extend(domains::conditions(domain, &name));
            texts.extend(domain.checks.iter().map(String::as_str));
        }
        let type_name = types::name(&column.column_type).ok()?;
        let neutral = format!("{}::{type_name}", types::neutral(&column.column_type, &self.schema.enums));
        let mut values = self.candidates(&column.column_type, &texts)?;
        let is_beside = |it: &&Column| it.name != column.name && texts.iter().any(|sql| mentions(sql, &it.name));
        values.extend(now.columns.iter().filter(is_beside).flat_map(|it| values_beside(it, &column.column_type)));
        let rows = values.iter().enumerate().map(|(at, value)| format!("({}, {value}::{type_name})", at + 1));
        let rows: Vec<String> = std::iter::once(format!("(0, {neutral})")).chain(rows).collect();
        (!conditions.is_empty()).then(|| {
            format!(
                "coalesce((SELECT {name} FROM (VALUES {}) AS migratable_value (place, {name}) WHERE {} \
                 ORDER BY place LIMIT 1), {neutral})",
                rows.join(", "),
                conditions.join(" AND ")
            )
        })
    }

    fn candidates(&self, column_type: &ColumnType, checks: &[&str]) -> Option<Vec<String>> {
        let literals = Literals::of(checks.iter().copied());
        let column_type = column_type.on(Dialect::Postgres);
        Some(match &column_type {
            number if is_number(number) => {
                let limit = match number {
                    ColumnType::SmallInt => i64::from(i16::MAX),
                    ColumnType::Integer => i64::from(i32::MAX),
                    ColumnType::Numeric(Some((precision, scale))) => {
                        10_i64.checked_pow(u32::from(precision - scale)).map_or(i64::MAX, |it| it - 1)
                    }
                    _ => i64::MAX,
                };
                literals.numbers(limit).map(|it| format!("({it})")).collect()
            }
            ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => {
                literals.texts().map(|it| literal(&it)).collect()
            }
            ColumnType::Enum(name) => self.schema.enums.get(name)?.values.iter().map(|it| literal(it)).collect(),
            ColumnType::Boolean => vec!["TRUE".to_owned()],
            ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampTz => vec!["now()".to_owned()],
            _ => return None,
        })
    }
}

fn mentions(sql: &str, column: &str) -> bool {
    Sql::each([(Dialect::Postgres, sql)]).mentions(column)
}

/// Values a little larger and smaller than that of another column, if it is of such a type.
fn values_beside(other: &Column, column_type: &ColumnType) -> Vec<String> {
    use ColumnType as T;
    let name = quoted(&other.name);
    match (other.column_type.on(Dialect::Postgres), column_type.on(Dialect::Postgres)) {
        (number, to) if is_number(&number) && is_number(&to) => {
            // Behind the last number of its type there is none.
            let limit = match to {
                T::SmallInt => i64::from(i16::MAX),
                T::Integer => i64::from(i32::MAX),
                _ => i64::MAX,
            };
            let between = |value: &str| format!("least(greatest({name}::numeric {value}, -{limit}), {limit})");
            ["", "+ 1", "- 1"].map(between).into()
        }
        (T::Date | T::Timestamp | T::TimestampTz, T::Date | T::Timestamp | T::TimestampTz) => {
            vec![name.clone(), format!("({name} + INTERVAL '1 day')"), format!("({name} - INTERVAL '1 day')")]
        }
        (T::Text | T::Varchar(_) | T::Char(_), T::Text | T::Varchar(_) | T::Char(_)) => {
            vec![name.clone(), format!("({name} || 'x')")]
        }
        _ => Vec::new(),
    }
}
