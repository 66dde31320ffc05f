//! Values for rows that have none.

use std::collections::BTreeMap;

use migratable_core::{Check, Column, IndexTarget, Table};

use super::{sql_of, together};
use crate::dialect::sqlite::ddl::quoted;
use crate::dialect::sqlite::tokens::{Kind, tokens};
use crate::dialect::sqlite::types::{self, Storage, affinity};
use crate::dialect::sqlite::{inspect, spelling};
use crate::dialect::{Connection, literal};

/// How many new columns before another may be looked at for it.
const MOST_EARLIER: usize = 4;

/// The columns of each key of a table in which no two rows may be equal.
fn keys(table: &Table) -> impl Iterator<Item = Vec<&str>> {
    let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| {
        let names = index.parts.iter().filter_map(|part| match &part.target {
            IndexTarget::Column(name) => Some(name.as_str()),
            IndexTarget::Expression(_) => None,
        });
        names.collect()
    });
    let constraints = table.primary_key.iter().map(|it| &it.columns).chain(table.uniques.iter().map(|it| &it.columns));
    constraints.map(|columns| columns.iter().map(String::as_str).collect()).chain(indexes)
}

/// Whether a column is in a key.
pub(super) fn is_unique(table: &Table, column: &str) -> bool {
    keys(table).any(|key| key.contains(&column))
}

/// Whether no two rows may be equal in this column.
pub(super) fn is_unique_alone(table: &Table, column: &str) -> bool {
    keys(table).any(|key| key == [column])
}

/// A value of its own for each row, from a number of its own.
pub(super) fn distinct(column: &Column, number: &str) -> String {
    let storage = affinity(&spelling::type_text(&column.column_type));
    types::distinct(&column.column_type, number).unwrap_or_else(|| match storage {
        Some(storage @ (Storage::Text | Storage::Blob | Storage::Real)) => {
            format!("CAST({number} AS {})", storage.name())
        }
        _ => number.to_owned(),
    })
}

/// SQL over the old table for a value that the column takes and the checks of the table let pass.
pub(super) fn neutral(table: &Table, old: &Table, column: &Column) -> String {
    let together = together::constants(table, old, column).and_then(|mut all| all.remove(&column.name));
    if let Some(value) = together {
        return value;
    }
    let value = constant(table, column);
    let is_there = |it: &Column| old.find(&it.name).is_some_and(|it| it.generated.is_none());
    let mentions = |check: &Check, it: &Column| it.name != column.name && check.expression.mentions(&it.name);
    // What the new columns before this one get is known. Each stands in the SQL of those behind it.
    let is_new = |it: &&Column| !is_there(it) && !it.fills_itself() && !is_unique(table, &it.name);
    let mut earlier: Vec<&Column> =
        table.columns.iter().take_while(|it| it.name != column.name).filter(is_new).collect();
    if earlier.len() > MOST_EARLIER {
        earlier.clear();
    }
    let is_earlier = |it: &Column| earlier.contains(&it);
    let is_decidable = |check: &&Check| {
        let mut mentioned = table.columns.iter().filter(|it| mentions(check, it));
        check.expression.mentions(&column.name) && mentioned.all(|it| is_there(it) || is_earlier(it))
    };
    let checks: Vec<&Check> = table.checks.iter().filter(is_decidable).collect();
    let beside: Vec<&Column> =
        table.columns.iter().filter(|it| checks.iter().any(|check| mentions(check, it))).collect();
    let candidates: Vec<String> = beside.iter().flat_map(|other| values_beside(other)).collect();
    if candidates.is_empty() {
        return value;
    }
    let name = quoted(&column.name);
    let conditions: Vec<String> =
        checks.iter().filter_map(|check| sql_of(&check.expression)).map(|sql| format!("({sql}) IS NOT 0")).collect();
    let mut found = format!(
        "coalesce((SELECT {name} FROM (SELECT {value} AS {name} UNION ALL SELECT {}) WHERE {} LIMIT 1), {value})",
        candidates.join(" UNION ALL SELECT "),
        conditions.join(" AND ")
    );
    for other in beside.into_iter().filter(|it| is_earlier(it)) {
        found = format!("(SELECT {found} FROM (SELECT {} AS {}))", neutral(table, old, other), quoted(&other.name));
    }
    found
}

/// The value of another column, and values that are a little larger or smaller.
fn values_beside(other: &Column) -> Vec<String> {
    let name = quoted(&other.name);
    let of_type = spelling::type_text(&other.column_type);
    let larger = match affinity(&of_type) {
        Some(Storage::Text) => vec![format!("{name} || 'x'")],
        None if of_type.contains("time") => vec![format!("datetime({name}, '+1 day')")],
        None if of_type.contains("date") => vec![format!("date({name}, '+1 day')")],
        Some(Storage::Blob) => Vec::new(),
        _ => vec![format!("{name} + 1"), format!("{name} - 1")],
    };
    std::iter::once(name.clone()).chain(larger).collect()
}

/// A constant that the column takes and the checks of it alone let pass.
pub(super) fn constant(table: &Table, column: &Column) -> String {
    let neutral = types::neutral(&column.column_type, &BTreeMap::new());
    let others =
        |check: &Check| table.columns.iter().any(|it| it.name != column.name && check.expression.mentions(&it.name));
    let checks: Vec<&str> = table
        .checks
        .iter()
        .filter(|check| check.expression.mentions(&column.name) && !others(check))
        .filter_map(|check| sql_of(&check.expression))
        .collect();
    if checks.is_empty() {
        return neutral;
    }
    let Ok(mut database) = inspect::memory() else { return neutral };
    let conditions: String = checks.iter().map(|check| format!(", CHECK ({check})")).collect();
    let (name, of_type) = (quoted(&column.name), spelling::type_text(&column.column_type));
    let strict = if table.native.has("strict") { "STRICT" } else { "" };
    if database.execute(&format!("CREATE TABLE probe ({name} {of_type}{conditions}) {strict}")).is_err() {
        return neutral;
    }
    let mut candidates = std::iter::once(neutral.clone()).chain(checks.iter().flat_map(|check| candidates(check)));
    let passes = |value: &String| database.execute(&format!("INSERT INTO probe VALUES ({value})")).is_ok();
    candidates.find(passes).unwrap_or(neutral)
}

/// Values that a condition may let pass: those that it names, those beside them, texts of a length that it names, and
/// texts of a shape that it names.
pub(super) fn candidates(condition: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens(condition) {
        match token.kind {
            Kind::Text => {
                found.push(token.text.to_owned());
                found.push(literal(&token.unquoted().replace('%', "").replace('_', "x")));
                found.push(literal(&of_shape(&token.unquoted())));
            }
            Kind::Number => {
                found.extend([token.text.to_owned(), format!("{} + 1", token.text), format!("{} - 1", token.text)]);
                if let Ok(length) = token.text.parse::<usize>()
                    && length <= 1000
                {
                    found.extend([literal(&"0".repeat(length)), literal(&"0".repeat(length + 1))]);
                }
            }
            _ => {}
        }
    }
    found.extend(["1", "'x'", "'{}'", "'[]'"].map(str::to_owned));
    found
}

/// A text that a GLOB pattern fits: of each class its first character.
fn of_shape(pattern: &str) -> String {
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => {}
            '?' => text.push('x'),
            '[' => {
                text.extend(characters.next());
                characters.by_ref().find(|end| *end == ']');
            }
            other => text.push(other),
        }
    }
    text
}
