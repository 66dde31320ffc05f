//! A value that the checks of a table take, where the neutral one may not do: one of those that the checks speak of.

use std::collections::BTreeSet;

use migratable_core::{Column, ColumnType, Dialect, Table};

use super::super::casts::is_number;
use super::super::ddl::quoted;
use super::super::types;
use super::{Planner, domains};
use crate::dialect::literal;
use crate::inspect::Domain;

/// The longest text that is tried.
const LONGEST: i64 = 255;

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
        let values = self.candidates(&column.column_type, &texts)?;
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
        let (mut texts, mut numbers) = (Vec::new(), BTreeSet::from([1]));
        for check in checks {
            literals(check, &mut texts, &mut numbers);
        }
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
                let around = numbers.iter().flat_map(|&it| [it, it.saturating_add(1), it.saturating_sub(1)]);
                around.filter(|it| it.unsigned_abs() <= limit.unsigned_abs()).map(|it| format!("({it})")).collect()
            }
            ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => {
                let lengths = numbers.iter().flat_map(|&it| [it, it + 1]).filter(|it| (1..=LONGEST).contains(it));
                let long = lengths.map(|it| "x".repeat(usize::try_from(it).unwrap_or_default()));
                texts.into_iter().chain(long).map(|it| literal(&it)).collect()
            }
            ColumnType::Enum(name) => self.schema.enums.get(name)?.values.iter().map(|it| literal(it)).collect(),
            ColumnType::Boolean => vec!["TRUE".to_owned()],
            ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampTz => vec!["now()".to_owned()],
            _ => return None,
        })
    }
}

/// The texts and whole numbers that stand in an expression.
fn literals(expression: &str, texts: &mut Vec<String>, numbers: &mut BTreeSet<i64>) {
    for (at, part) in expression.replace("''", "\u{0}").split('\'').enumerate() {
        if at % 2 == 1 {
            let text = part.replace('\u{0}', "'");
            numbers.extend(text.parse::<i64>());
            texts.push(text);
            continue;
        }
        let words = part.split(|it: char| !(it.is_alphanumeric() || it == '_'));
        numbers.extend(words.filter_map(|word| word.parse::<i64>().ok()));
    }
}
