//! A value that the checks of a table take, where the neutral one may not do: one of those that the checks speak of.

use std::collections::BTreeSet;

use migratable_core::{Column, Dialect, Sql};

use super::super::ddl::quoted;
use super::super::types::{self, text};
use super::values::{Change, is_unique};
use super::{Planned, Planner};
use crate::dialect::candidates::Literals;

/// How many ways to put values together are tried at most, for each row.
const MOST: usize = 4096;

/// A check, with the columns that it speaks of.
struct Condition<'a> {
    sql: Sql,
    columns: BTreeSet<&'a str>,
}

impl Planner<'_> {
    /// SQL for a value in place of the neutral one: the first of some that the checks take, row by row. New columns that
    /// checks compare with one another get values that fit together.
    pub(super) fn fitting(&self, change: &Change<'_>, column: &Column, neutral: String) -> Planned<String> {
        let all = conditions(change);
        let mut names = BTreeSet::from([column.name.as_str()]);
        if change.old(column).is_none() {
            loop {
                let compared = all.iter().filter(|it| it.columns.iter().any(|name| names.contains(name)));
                let is_new = |name: &&str| change.before.find(name).is_none();
                let more: Vec<&str> = compared.flat_map(|it| it.columns.iter().copied()).filter(is_new).collect();
                let before = names.len();
                names.extend(more);
                if names.len() == before {
                    break;
                }
            }
        }
        let members: Vec<&Column> = change.after.columns.iter().filter(|it| names.contains(&*it.name)).collect();
        match self.together(change, column, &members, &all, &neutral)? {
            Some(sql) => Ok(sql),
            None => Ok(self.together(change, column, &[column], &all, &neutral)?.unwrap_or(neutral)),
        }
    }

    fn together(
        &self,
        change: &Change<'_>,
        column: &Column,
        members: &[&Column],
        all: &[Condition<'_>],
        neutral: &str,
    ) -> Planned<Option<String>> {
        let is_member = |name: &str| members.iter().any(|it| it.name == name);
        // What is there stays as it is.
        let is_kept = |name: &str| {
            let (old, new) = (change.before.find(name), change.after.find(name));
            old.zip(new).is_some_and(|(old, new)| old.column_type == new.column_type && change.old(new).is_some())
        };
        let conditions: Vec<&Condition<'_>> = all
            .iter()
            .filter(|it| it.columns.iter().any(|name| is_member(name)))
            .filter(|it| it.columns.iter().all(|name| is_member(name) || is_kept(name)))
            .collect();
        if conditions.is_empty() || members.iter().any(|it| it.generated.is_some() || it.identity.is_some()) {
            return Ok(None);
        }
        let (mut sources, mut places, mut product) = (Vec::new(), Vec::new(), 1_usize);
        for member in members {
            let values = self.values_for(change, member, &conditions)?;
            product = product.saturating_mul(values.len());
            let source = format!("migratable_value_{}", sources.len());
            let rows = values.iter().enumerate().map(|(at, value)| match at {
                0 => format!("SELECT 0 AS migratable_place, {value} AS {}", quoted(&member.name)),
                at => format!("SELECT {at}, {value}"),
            });
            sources.push(format!("({}) AS {source}", rows.collect::<Vec<_>>().join(" UNION ALL ")));
            places.push(format!("{source}.migratable_place"));
        }
        if product > MOST {
            return Ok(None);
        }
        let beside: Vec<&str> = conditions.iter().flat_map(|it| it.columns.iter().copied()).collect();
        let holds = |sql: &Sql| format!("({}) IS NOT FALSE", sql.text(Dialect::Mysql).unwrap_or("TRUE"));
        let all_hold = |hold: Vec<String>| hold.join(" AND ");
        let name = quoted(&column.name);
        // What is made from the row itself can stand in no list, and what is made of another column is not known by name.
        let mut last = Vec::new();
        for other in change.before.columns.iter().filter(|it| members.len() == 1 && beside.contains(&&*it.name)) {
            if other.name != column.name {
                let words = self.words(&self.schema.enums);
                let values = values_beside(&words.type_name(other)?, &words.type_name(column)?, &quoted(&other.name));
                last.extend(values.iter().map(|value| {
                    let hold =
                        conditions.iter().map(|it| holds(&it.sql.with_value(&column.name, &format!("({value})"))));
                    format!("IF({}, {value}, NULL)", all_hold(hold.collect()))
                }));
            }
        }
        last.push(neutral.to_owned());
        // Those come first that are the least far from neutral.
        let order = match &*places {
            [only] => only.clone(),
            several => format!("{}, {}", several.join(" + "), several.join(", ")),
        };
        let value = format!(
            "COALESCE((SELECT {name} FROM {} WHERE {} ORDER BY {order} LIMIT 1), {})",
            sources.join(" CROSS JOIN "),
            all_hold(conditions.iter().map(|it| holds(&it.sql)).collect()),
            last.join(", ")
        );
        // Beside NULL a number counts as text, and a text is no number to bits.
        let is_bits = word(&self.words(&self.schema.enums).type_name(column)?) == "bit";
        Ok(Some(if is_bits { format!("{value} + 0") } else { value }))
    }

    /// What is tried for a column: its default, or nothing, or values that conditions speak of behind the neutral one.
    fn values_for(&self, change: &Change<'_>, column: &Column, conditions: &[&Condition<'_>]) -> Planned<Vec<String>> {
        let is_asked = change.old(column).is_some() || !column.nullable;
        if let Some(default) = types::default(column)?.filter(|_| change.old(column).is_none()) {
            return Ok(vec![default]);
        }
        if !is_asked || is_unique(change.after, &column.name) {
            return Ok(vec!["NULL".to_owned()]);
        }
        let type_name = self.words(&self.schema.enums).type_name(column)?;
        let literals = Literals::of(conditions.iter().filter_map(|it| it.sql.text(Dialect::Mysql)));
        let neutral = types::neutral(&type_name);
        let others = like(&type_name, literals).into_iter().filter(|value| *value != neutral);
        Ok(std::iter::once(neutral.clone()).chain(others).collect())
    }
}

/// The checks of a table, those of its columns as well.
fn conditions<'a>(change: &Change<'a>) -> Vec<Condition<'a>> {
    let table = change.after;
    let enforced = table.checks.iter().filter(|it| !it.native.has("not_enforced"));
    let of_table = enforced.filter_map(|it| it.expression.text(Dialect::Mysql));
    let of_columns = table.columns.iter().filter_map(|it| it.native.get("check"));
    of_table
        .chain(of_columns)
        .map(|sql| {
            let sql = Sql::each([(Dialect::Mysql, sql)]);
            let columns = sql.mentioned(table.columns.iter().map(|it| it.name.as_str()));
            Condition { columns: columns.into_iter().collect(), sql }
        })
        .collect()
}

/// Values a little larger and smaller than that of another column, if it is of such a type.
fn values_beside(other: &str, of: &str, column: &str) -> Vec<String> {
    let is_time = |word: &str| matches!(word, "date" | "datetime" | "timestamp");
    let is_text = |word: &str| matches!(word, "char" | "varchar");
    match (&*word(other), &*word(of)) {
        (other, of) if is_time(other) && is_time(of) => {
            vec![format!("{column} + INTERVAL 1 DAY"), format!("{column} - INTERVAL 1 DAY")]
        }
        (other, of) if is_text(other) && is_text(of) => vec![column.to_owned(), format!("CONCAT({column}, 'x')")],
        (other, of) if types::is_number(other) && types::is_number(of) => {
            vec![column.to_owned(), format!("{column} + 1"), format!("{column} - 1")]
        }
        _ => Vec::new(),
    }
}

/// The first word of a type.
fn word(type_name: &str) -> String {
    let lower = type_name.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Values of a type that are like those which conditions speak of.
fn like(type_name: &str, literals: Literals) -> Vec<String> {
    let lower = type_name.to_ascii_lowercase();
    let word = word(type_name);
    let mut arguments = lower.split(['(', ')']).nth(1).unwrap_or_default().split(',');
    let mut argument = || arguments.next().and_then(|it| it.trim().parse::<u32>().ok());
    match word.as_str() {
        "enum" => types::list(type_name).iter().map(|value| text(value)).collect(),
        "json" => ["'{}'", "'[]'"].map(str::to_owned).into(),
        "date" | "datetime" | "timestamp" => {
            let texts: Vec<String> = literals.texts().filter(|it| it.contains('-')).map(|it| text(&it)).collect();
            let beside = texts
                .iter()
                .flat_map(|it| [it.clone(), format!("{it} + INTERVAL 1 DAY"), format!("{it} - INTERVAL 1 DAY")]);
            beside.chain(["CURRENT_TIMESTAMP".to_owned()]).collect()
        }
        number if types::is_number(number) => {
            let signed = !lower.contains("unsigned");
            let limit = match number {
                "tinyint" => i64::from(i8::MAX),
                "smallint" => i64::from(i16::MAX),
                "mediumint" => (1 << 23) - 1,
                "int" | "integer" => i64::from(i32::MAX),
                "bit" => 1_i64.checked_shl(argument().unwrap_or(1)).map_or(i64::MAX, |it| it.wrapping_sub(1)),
                "bool" | "boolean" => 1,
                "decimal" | "numeric" => {
                    let (digits, scale) = (argument().unwrap_or(10), argument().unwrap_or(0));
                    10_i64.checked_pow(digits.saturating_sub(scale)).map_or(i64::MAX, |it| it - 1)
                }
                _ => i64::MAX,
            };
            literals.numbers(limit).filter(|it| signed || *it >= 0).map(|it| it.to_string()).collect()
        }
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            let longest = argument().filter(|_| word.ends_with("char")).map_or(usize::MAX, |it| it as usize);
            literals.texts().filter(|it| it.chars().count() <= longest).map(|it| text(&it)).collect()
        }
        _ => Vec::new(),
    }
}
