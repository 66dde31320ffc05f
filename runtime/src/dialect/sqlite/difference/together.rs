//! Constants for new columns that checks compare with one another.

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Check, Column, Table};

use super::fill::{candidates, constant};
use super::sql_of;
use crate::dialect::sqlite::ddl::quoted;
use crate::dialect::sqlite::{inspect, spelling, types};
use crate::dialect::{Connection, literal};

/// How many ways to put constants together are tried at most.
const MOST: usize = 200_000;

/// Constants by the names of their columns, for a new column and those that checks compare it with, if nothing that was
/// there before is in their checks.
pub(super) fn constants(table: &Table, old: &Table, column: &Column) -> Option<BTreeMap<String, String>> {
    let (group, checks) = group(table, old, column);
    let speaks_of = |check: &Check, it: &Column| check.expression.mentions(&it.name);
    let is_there = |it: &&Column| old.find(&it.name).is_some();
    let is_with_old = |check: &Check| table.columns.iter().filter(is_there).any(|it| speaks_of(check, it));
    let of_group = |check: &&Check| group.iter().any(|it| speaks_of(check, it));
    if group.len() < 2 || table.checks.iter().filter(of_group).any(is_with_old) {
        return None;
    }
    let mut database = inspect::memory().ok()?;
    let (mut columns, mut product) = (Vec::new(), 1_usize);
    for member in &group {
        let mut values = match (member.default_value(), member.nullable) {
            (Some(_), _) => vec![types::default(member).ok()??.as_default()],
            (None, true) => vec!["NULL".to_owned()],
            (None, false) => {
                let texts = checks.iter().filter_map(|check| sql_of(&check.expression));
                std::iter::once(constant(table, member)).chain(texts.flat_map(candidates)).collect()
            }
        };
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        // The column makes of a value what it keeps, or refuses it.
        let probe = format!("probe_{}", columns.len());
        let (name, of_type) = (quoted(&member.name), spelling::type_text(&member.column_type));
        let strict = if table.native.has("strict") { "STRICT" } else { "" };
        database.execute(&format!("CREATE TABLE {probe} ({name} {of_type}, migratable_value TEXT) {strict}")).ok()?;
        let insert = |value: &String| format!("INSERT INTO {probe} VALUES ({value}, {})", literal(value));
        let taken = values.iter().filter(|value| database.execute(&insert(value)).is_ok()).count();
        product = product.saturating_mul(taken);
        columns.push((probe, &member.name));
    }
    if product > MOST {
        return None;
    }
    let values: Vec<String> = columns.iter().map(|(probe, _)| format!("{probe}.migratable_value")).collect();
    let probes: Vec<&str> = columns.iter().map(|(probe, _)| probe.as_str()).collect();
    let conditions: Vec<String> =
        checks.iter().filter_map(|check| sql_of(&check.expression)).map(|sql| format!("({sql}) IS NOT 0")).collect();
    let query = format!(
        "SELECT {} FROM {} WHERE {} LIMIT 1",
        values.join(", "),
        probes.join(" CROSS JOIN "),
        conditions.join(" AND ")
    );
    let found = database.rows(&query).ok()?.into_iter().next()?;
    columns.into_iter().zip(found).map(|((_, name), value)| Some((name.clone(), value?))).collect()
}

/// The new columns that checks compare with a new column or with one another, and the checks that speak of nothing else.
fn group<'t>(table: &'t Table, old: &Table, column: &'t Column) -> (Vec<&'t Column>, Vec<&'t Check>) {
    let is_new = |it: &&Column| old.find(&it.name).is_none() && it.generated.is_none();
    let new: Vec<&Column> = table.columns.iter().filter(is_new).collect();
    let mentioned = |check: &Check| -> Option<Vec<&Column>> {
        let mut all = table.columns.iter().filter(|it| check.expression.mentions(&it.name)).peekable();
        all.peek()?;
        all.map(|it| new.iter().find(|new| new.name == it.name).copied()).collect()
    };
    let among_new: Vec<(&Check, Vec<&Column>)> =
        table.checks.iter().filter_map(|check| Some((check, mentioned(check)?))).collect();
    let mut names = BTreeSet::from([column.name.as_str()]);
    loop {
        let before = names.len();
        let compared = among_new.iter().filter(|(_, columns)| columns.iter().any(|it| names.contains(&*it.name)));
        let more: Vec<&str> = compared.flat_map(|(_, columns)| columns).map(|it| it.name.as_str()).collect();
        names.extend(more);
        if names.len() == before {
            break;
        }
    }
    let checks = among_new.into_iter().filter(|(_, columns)| columns.iter().all(|it| names.contains(&*it.name)));
    let checks = checks.map(|(check, _)| check).collect();
    (new.into_iter().filter(|it| names.contains(&*it.name)).collect(), checks)
}
