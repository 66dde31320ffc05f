//! The values before and after, row by row.

use std::collections::BTreeMap;

use migratable_core::Dialect;

use super::catalogue::{Column, Table, tables};
use crate::databases::client::Database;

/// All rows of a database.
pub struct Rows(BTreeMap<String, TableRows>);

impl Rows {
    /// Each row in a line, with its table, wherever its columns stand there; `None` is NULL.
    pub fn lines(&self) -> Vec<String> {
        let line = |name: &String, table: &TableRows, row: &TableRow| {
            let values: BTreeMap<_, _> = table.table.columns.iter().map(|it| &it.name).zip(row).collect();
            format!("{name}: {values:?}")
        };
        let lines = self.0.iter().flat_map(|(name, table)| table.rows.iter().map(move |row| line(name, table, row)));
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    }

    /// Numbers the rows of a table from 1 on, and what refers to them: a transaction that is taken back does not give back
    /// the numbers that the server gave in it. Each column is a table and a name.
    pub fn numbered_anew(mut self, key: (&str, &str), references: &[(&str, &str)]) -> Rows {
        let mut numbers: Vec<TableValue> = self.column(key).map(|it| it.clone()).collect();
        numbers.sort_by_key(|it| it.as_deref().and_then(|it| it.parse::<u64>().ok()));
        for column in references.iter().copied().chain([key]) {
            for value in self.column(column) {
                if let Some(at) = numbers.iter().position(|it| it == value) {
                    *value = Some((at + 1).to_string());
                }
            }
        }
        self
    }

    /// The values in a column; none if it is not there.
    fn column(&mut self, (table, column): (&str, &str)) -> impl Iterator<Item = &mut TableValue> {
        self.0.get_mut(table).into_iter().flat_map(move |it| {
            let place = it.table.columns.iter().position(|it| it.name == column);
            it.rows.iter_mut().filter_map(move |row| row.get_mut(place?))
        })
    }
}

/// The rows of a table.
struct TableRows {
    table: Table,
    rows: Vec<TableRow>,
}

/// A value as text, or none for NULL.
type TableValue = Option<String>;

/// Each value of a row.
type TableRow = Vec<TableValue>;

/// What has another name after: `table.old=table.new`, `old=new`.
pub struct Renames<'a>(pub &'a [String]);

/// Reads all rows of a database.
///
/// # Errors
/// With what the client said.
pub fn snapshot(database: &Database<'_>) -> Result<Rows, String> {
    let mut script = String::new();
    let tables = tables(database)?;
    for table in &tables {
        let dialect = database.dialect();
        let values: Vec<String> = table.columns.iter().map(|column| as_text(dialect, column)).collect();
        let row = match dialect {
            Dialect::Postgres => format!("concat_ws(chr(31), {})", values.join(", ")),
            Dialect::Mysql => format!("concat_ws(char(31), {})", values.join(", ")),
            Dialect::Sqlite => values.join(" || char(31) || "),
        };
        script.push_str(&format!("SELECT 'next table';\nSELECT {row} FROM {};\n", table.sql));
    }
    let text = database.query(&script)?;
    let parts = text.split("next table\n").skip(1);
    let value = |text: &str| text.strip_prefix('=').map(str::to_owned);
    let rows = tables.into_iter().zip(parts).map(|(table, part)| {
        let rows = part.lines().map(|line| line.split('\x1f').map(value).collect()).collect();
        (table.name.clone(), TableRows { table, rows })
    });
    Ok(Rows(rows.collect()))
}

/// `=` and the value as one line of text, or `NULL`.
fn as_text(dialect: Dialect, column: &Column) -> String {
    let (sql, column_type) = (&column.sql, &*column.column_type);
    let is = |words: &[&str]| words.iter().any(|word| column_type.starts_with(word));
    let text = match dialect {
        Dialect::Postgres => format!("replace({sql}::text COLLATE \"C\", chr(10), ' ')"),
        Dialect::Mysql if is(&["point", "geometry", "line", "poly", "multi"]) => format!("ST_AsText({sql})"),
        Dialect::Mysql if is(&["bit"]) || column_type.contains("bin") || column_type.contains("blob") => {
            format!("hex({sql})")
        }
        Dialect::Mysql => format!("replace(convert({sql} USING utf8mb4), '\\n', ' ')"),
        Dialect::Sqlite => format!("replace(quote({sql}), char(10), ' ')"),
    };
    match dialect {
        Dialect::Sqlite => format!("CASE WHEN {sql} IS NULL THEN 'NULL' ELSE '=' || {text} END"),
        Dialect::Postgres => format!("coalesce('=' || {text}, 'NULL')"),
        Dialect::Mysql => format!("coalesce(concat('=', {text}), 'NULL')"),
    }
}

/// Whether every table that is there before and after has as many rows, with the same values in the kept columns, also
/// where they have another type, but for the columns (`table.column`) and tables that are named.
///
/// # Errors
/// What is missing, and what is there instead.
pub fn kept(before: &Rows, after: &Rows, renames: &Renames<'_>, but: &[String]) -> Result<(), String> {
    let both = before.0.iter().filter(|(name, _)| !but.contains(name));
    let both = both.filter_map(|(name, old)| Some((name, old, after.0.get(renames.table(name))?)));
    let wrong: Vec<String> = both.flat_map(|(name, old, new)| lost(name, old, new, renames, but)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Whether each row is there before and after with the same values in all columns that are, but for the columns
/// (`table.column`) and tables that are named.
///
/// # Errors
/// What differs, table by table.
pub fn same(before: &Rows, after: &Rows, renames: &Renames<'_>, but: &[String]) -> Result<(), String> {
    let is_named = |name: &str| but.iter().any(|it| it == name);
    let mut wrong = Vec::new();
    for (name, old) in before.0.iter().filter(|(name, _)| !is_named(name)) {
        let Some(new) = after.0.get(renames.table(name)) else { continue };
        let mut columns = Vec::new();
        for (from, column) in old.table.columns.iter().enumerate() {
            let wanted = renames.column(name, &column.name);
            let to = new.table.columns.iter().position(|it| it.name == wanted);
            columns.extend(to.filter(|_| !is_named(&format!("{name}.{}", column.name))).map(|to| (from, to, column)));
        }
        let old_row = |row: &TableRow| {
            let value = |(from, _, column): &(usize, usize, &Column)| {
                spelled(column, row[*from].as_deref().map(|text| renames.value(&column.column_type, text)))
            };
            columns.iter().map(value).collect::<Vec<_>>().join(" | ")
        };
        let new_row = |row: &TableRow| {
            let value = |(_, to, column): &(usize, usize, &Column)| spelled(column, row[*to].as_deref());
            columns.iter().map(value).collect::<Vec<_>>().join(" | ")
        };
        let mut wanted: Vec<String> = old.rows.iter().map(old_row).collect();
        let mut found: Vec<String> = new.rows.iter().map(new_row).collect();
        wanted.sort();
        found.sort();
        if wanted != found {
            let columns: Vec<&str> = columns.iter().map(|(_, _, column)| &*column.name).collect();
            wrong.push(format!("{name} ({}): {wanted:?} before, {found:?} after", columns.join(", ")));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

impl Rows {
    /// The values of a column (`table.column`), sorted; an error if there is no such column.
    ///
    /// # Errors
    /// That there is none.
    pub fn values(&self, name: &str) -> Result<Vec<String>, String> {
        let found = name.rsplit_once('.').and_then(|(table, column)| {
            let table = self.0.get(table)?;
            let at = table.table.columns.iter().position(|it| it.name == column)?;
            Some(table.rows.iter().map(|row| spelled(&table.table.columns[at], row[at].as_deref())).collect())
        });
        let mut values: Vec<String> = found.ok_or_else(|| format!("there is no column {name}"))?;
        values.sort();
        Ok(values)
    }
}

/// A column that is kept: its place before and after.
struct Place<'a> {
    from: usize,
    to: usize,
    before: &'a Column,
    after: &'a Column,
}

/// The rows of a table that are not there any more.
fn lost<'a>(name: &str, old: &'a TableRows, new: &'a TableRows, renames: &Renames<'_>, but: &[String]) -> Vec<String> {
    if old.rows.len() != new.rows.len() {
        return vec![format!("{name}: {} rows before, {} after", old.rows.len(), new.rows.len())];
    }
    let place = |(from, before): (usize, &'a Column)| {
        let wanted = renames.column(name, &before.name);
        let to = new.table.columns.iter().position(|it| it.name == wanted)?;
        let after = &new.table.columns[to];
        let is_named = but.contains(&format!("{name}.{}", before.name));
        (!is_named && is_comparable(before, after)).then_some(Place { from, to, before, after })
    };
    let places: Vec<Place<'_>> = old.table.columns.iter().enumerate().filter_map(place).collect();
    let old_value = |row: &TableRow, place: &Place<'_>| {
        spelled(place.before, row[place.from].as_deref().map(|text| renames.value(&place.before.column_type, text)))
    };
    let new_value = |row: &TableRow, place: &Place<'_>| spelled(place.before, row[place.to].as_deref());
    let is_same = |old: &TableRow, new: &TableRow| {
        places.iter().all(|place| {
            let is_filled = old[place.from].is_none() && place.before.nullable && !place.after.nullable;
            let (old, new) = (old_value(old, place), new_value(new, place));
            // A text that is no JSON becomes a string of it; MariaDB's JSON is a text by its type.
            is_filled || old == new || quoted(&old) == new
        })
    };
    let is_gone = |row: &&TableRow| !new.rows.iter().any(|other| is_same(row, other));
    let columns: Vec<&str> = places.iter().map(|place| &*place.before.name).collect();
    let shown = |row: &TableRow| format!("{name} ({}): no row {row:?} any more in {:?}", columns.join(", "), new.rows);
    old.rows.iter().filter(is_gone).map(shown).collect()
}

/// A text as a string of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value in the one spelling that it has in every type that holds it.
fn spelled(column: &Column, text: Option<&str>) -> String {
    let text = text.unwrap_or("NULL").trim_end().trim_matches('\'');
    if scale(column).is_some() { without_zeros(text) } else { text.to_owned() }
}

/// Whether the values of two columns are spelled the same when they are the same.
fn is_comparable(before: &Column, after: &Column) -> bool {
    if !after.generated.is_empty() || before.generated == "virtual" {
        return false;
    }
    match (scale(before), scale(after)) {
        (Some(before), Some(after)) => after >= before,
        (Some(0), None) | (None, None) => before.column_type == after.column_type || is_text(after) && is_plain(before),
        _ => false,
    }
}

/// The digits behind the point that a number has; none if it is no number.
fn scale(column: &Column) -> Option<u32> {
    let (name, arguments) = column.column_type.split_once('(').unwrap_or((&column.column_type, ""));
    match name.split(' ').next().unwrap_or_default() {
        "smallint" | "integer" | "bigint" | "int" | "tinyint" | "mediumint" => Some(0),
        "numeric" | "decimal" => match arguments.split_once(',') {
            Some((_, scale)) => scale.split(')').next().and_then(|scale| scale.trim().parse().ok()),
            None if arguments.is_empty() => Some(9),
            None => Some(0),
        },
        "real" | "double" | "float" => Some(9),
        _ => None,
    }
}

fn is_text(column: &Column) -> bool {
    !column.labels.is_empty()
        || ["char", "varchar", "text", "citext", "tinytext", "mediumtext", "longtext"]
            .iter()
            .any(|name| column.column_type.starts_with(name))
}

fn is_plain(column: &Column) -> bool {
    is_text(column) || scale(column) == Some(0) || column.column_type == "uuid"
}

/// A number without the zeros that end it behind its point.
fn without_zeros(text: &str) -> String {
    match text.contains('.') && !text.contains('e') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

impl Renames<'_> {
    fn sides(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|rename| rename.split_once('='))
    }

    fn table<'n>(&'n self, name: &'n str) -> &'n str {
        self.sides().find(|(from, _)| *from == name).map_or(name, |(_, to)| to)
    }

    fn column<'n>(&'n self, table: &'n str, name: &'n str) -> &'n str {
        let of = |side: &'n str| side.rsplit_once('.');
        let here = |side: &str| side == table || side == self.table(table);
        let renamed = self.sides().find_map(|(from, to)| {
            let ((in_table, from), (_, to)) = (of(from)?, of(to)?);
            (here(in_table) && from == name).then_some(to)
        });
        renamed.unwrap_or(name)
    }

    /// The value of an enum under its new name.
    fn value<'n>(&'n self, enumeration: &str, text: &'n str) -> &'n str {
        let renamed = self.sides().find_map(|(from, to)| {
            let ((of, from), (_, to)) = (from.rsplit_once('.')?, to.rsplit_once('.')?);
            (of == enumeration && from == text).then_some(to)
        });
        renamed.unwrap_or(text)
    }
}
