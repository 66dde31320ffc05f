//! Work on all rows of a table that can be done batch by batch, each in a short transaction of its own.
//!
//! Rows are taken in the order of the primary key, and the journal keeps the last key that is done. What others write
//! meanwhile is noted by triggers in a table beside, and done in further passes; the last of them keeps everybody else
//! away until the table is what the revision says.

use std::time::Duration;

use migratable_core::{ColumnType, Conversion, Dialect, Operation, Sql, Table, TableName};

use crate::dialect::offline;
use crate::revision::Mapper;
use crate::rows::{Batch, Field, Target};

/// Such work on a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batches {
    /// The table.
    pub(crate) table: TableName,
    /// The table as it is written in SQL.
    pub(crate) sql: String,
    /// The columns of its primary key.
    pub(crate) key: Vec<KeyColumn>,
    /// The columns, quoted, that others may change so that a row is to be done again.
    pub(crate) sources: Vec<String>,
    /// What is done.
    pub(crate) of: RowWork,
}

/// A column of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyColumn {
    /// The column, quoted.
    pub(crate) column: String,
    /// SQL that gives its value as SQL writes it.
    pub(crate) literal: String,
    /// The same for a noted row.
    pub(crate) noted: String,
}

/// What is done to rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowWork {
    /// A column gets the value of an expression.
    Fill {
        /// The column, quoted.
        column: String,
        /// `UPDATE … SET …`, without a condition.
        statement: String,
        /// Which rows.
        predicate: Option<String>,
        /// Whether a row that is new keeps what it came with, if that is not NULL.
        keeps_new: bool,
        /// Whether the column has no value yet but those that others give it meanwhile.
        is_unset: bool,
    },
    /// A function gives the values.
    Map {
        /// Its name.
        step: String,
        /// What is written: the column of the row after, and where its value goes.
        writes: Vec<Written>,
        /// The same for the key, by which the row is found.
        key: Vec<Written>,
        /// Assignments that keep columns as they are which the server would change by itself.
        keeps: Vec<String>,
    },
}

/// A column of the row after, and where its value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The column of the row after.
    pub(crate) name: String,
    /// The column that is written, quoted.
    pub(crate) column: String,
    /// The type to which a text is cast for it, where that must be said.
    pub(crate) cast: Option<String>,
}

/// The values of a primary key, as SQL writes them.
pub(crate) type Key = Vec<String>;

/// How a dialect notes what others write to a table, and keeps them away from it.
pub(crate) struct Capture {
    /// Makes the table of the notes.
    pub(crate) make: fn(&Batches) -> Vec<String>,
    /// Begins to note.
    pub(crate) begin: fn(&Batches) -> Vec<String>,
    /// Ends it, whether it was begun or not.
    pub(crate) end: fn(&Batches) -> Vec<String>,
    /// Takes the table of the notes away, if it is there.
    pub(crate) forget: fn(&Batches) -> Vec<String>,
    /// Keeps others from writing to the table, if that was not done before.
    pub(crate) bar: fn(&Batches) -> Vec<String>,
    /// Lets them again, where that is not done by the end of the transaction.
    pub(crate) unbar: fn(&Batches) -> Vec<String>,
    /// Reads some noted rows, each its key and whether it is new, and takes them from the notes.
    pub(crate) take: fn(&Batches, u64) -> Take,
    /// What stands behind a query whose rows must be those of now.
    pub(crate) now: &'static str,
    /// How much of the time of a batch others have for themselves behind it, where whoever writes keeps all others away.
    pub(crate) leaves: f64,
    /// Before and behind what the tool itself writes: neither that is noted, nor what triggers of others do about it.
    pub(crate) own: fn(&Batches) -> (Vec<String>, Vec<String>),
    /// Finds a row that has no key, where there can be one.
    pub(crate) keyless: fn(&Batches) -> Option<String>,
}

/// How noted rows are read and taken.
pub(crate) struct Take {
    /// Reads them: a number of the note, whether the row is new, and its key.
    pub(crate) read: String,
    /// What takes the notes of the numbers behind it, if reading has not.
    pub(crate) delete: Option<String>,
}

/// How much is one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSettings {
    /// How many rows are one batch. If it is not set, as many as take about a quarter of a second.
    pub size: Option<u64>,
    /// How long it is waited between two batches, for the others who use the database.
    pub pause: Option<Duration>,
}

/// The rows that a table may have to be done in one go, if the size of a batch is not set.
const FEW: u64 = 10_000;

impl BatchSettings {
    /// Nothing is set.
    pub const USUAL: BatchSettings = BatchSettings { size: None, pause: None };

    /// How many rows a table may have to be done in one go.
    pub(crate) fn few(&self) -> u64 {
        self.size.unwrap_or(FEW)
    }
}

/// How many rows the next batch has: as many as take a quarter of a second.
pub(crate) struct Size {
    pub(crate) rows: u64,
    most: u64,
    is_fixed: bool,
}

impl Size {
    const TARGET: Duration = Duration::from_millis(250);

    pub(crate) fn of(batches: &Batches, settings: &BatchSettings) -> Size {
        // Rows that a function maps are held in memory.
        let most = if matches!(batches.of, RowWork::Map { .. }) { 5_000 } else { 500_000 };
        match settings.size {
            Some(size) => Size { rows: size.max(1), most: size.max(1), is_fixed: true },
            // The first ones may be wide.
            None => Size { rows: most.min(100_000) / 100, most, is_fixed: false },
        }
    }

    /// Learns from a batch of this size.
    pub(crate) fn learn(&mut self, took: Duration) {
        if self.is_fixed {
            return;
        }
        let ratio = Self::TARGET.as_secs_f64() / took.as_secs_f64().max(0.001);
        // Never more than twice at once: what was fast may have been in memory.
        let next = self.rows as f64 * ratio.clamp(0.25, 2.0);
        self.rows = (next as u64).clamp(100, self.most);
    }
}

impl Batches {
    /// A fill that can be done again for a row: not one that reads what it writes.
    pub(crate) fn of_fill(
        table: &Table,
        (sql, key): (String, Vec<KeyColumn>),
        quoted: fn(&str) -> String,
        column: &str,
        (value, predicate): (&Sql, Option<&Sql>),
        (statement, condition): (&str, Option<&str>),
        before: &[Operation],
    ) -> Option<Batches> {
        // Nothing that works on rows stands between the column and this.
        let mut behind_rows = before.iter().rev().take_while(|it| !it.is_data());
        let is_unset = behind_rows.any(|it| {
            matches!(it, Operation::AddColumn { table: of, column: added }
                if *of == table.name && added.name == column && added.default.is_none())
        });
        if key.is_empty() || value.mentions(column) || table.is_key(column) {
            return None;
        }
        let of = RowWork::Fill {
            column: quoted(column),
            statement: statement.to_owned(),
            predicate: condition.map(str::to_owned),
            keeps_new: predicate.is_none_or(|it| !it.mentions(column)),
            is_unset,
        };
        let written = |name: &str| name == column;
        Some(Batches { table: table.name.clone(), sql, key, sources: sources(table, quoted, written), of })
    }

    /// The conversion of the rows of a table.
    pub(crate) fn of_map(
        conversion: &Conversion,
        table: &Table,
        (sql, key): (String, Vec<KeyColumn>),
        quoted: fn(&str) -> String,
        cast: impl Fn(&ColumnType) -> Option<String>,
    ) -> Batches {
        let column = |name: &str, column: &str| Written {
            name: name.to_owned(),
            column: quoted(column),
            cast: table.find(column).and_then(|it| cast(&it.column_type)),
        };
        let of = RowWork::Map {
            step: conversion.step.clone(),
            writes: conversion.writes.iter().map(|(name, beside)| column(name, beside)).collect(),
            key: conversion.key.iter().map(|(before, name)| column(name, before)).collect(),
            keeps: Vec::new(),
        };
        let written = |name: &str| conversion.writes.iter().any(|(_, beside)| beside == name);
        Batches { table: table.name.clone(), sql, key, sources: sources(table, quoted, written), of }
    }

    /// The end of the batch behind a key, if there are more rows than that.
    pub(crate) fn bound(&self, dialect: Dialect, after: Option<&Key>, rows: u64) -> String {
        format!("{} OFFSET {}", self.first(dialect, after, ""), rows.max(1) - 1)
    }

    /// The last key of all, behind another.
    pub(crate) fn last(&self, dialect: Dialect, after: Option<&Key>) -> String {
        self.first(dialect, after, " DESC")
    }

    fn first(&self, dialect: Dialect, after: Option<&Key>, order: &str) -> String {
        let columns = self.key.iter().map(|it| format!("{}{order}", it.column)).collect::<Vec<_>>().join(", ");
        let literals = self.key.iter().map(|it| it.literal.as_str()).collect::<Vec<_>>().join(", ");
        let range = self.range(dialect, after, None).map(|it| format!(" WHERE {it}")).unwrap_or_default();
        format!("SELECT {literals} FROM {}{range} ORDER BY {columns} LIMIT 1", self.sql)
    }

    /// The rows behind one key, and up to another.
    pub(crate) fn range(&self, dialect: Dialect, after: Option<&Key>, until: Option<&Key>) -> Option<String> {
        let after = after.map(|key| self.compare(dialect, ">", key, false));
        let until = until.map(|key| self.compare(dialect, "<", key, true));
        let both: Vec<String> = after.into_iter().chain(until).collect();
        (!both.is_empty()).then(|| both.join(" AND "))
    }

    fn compare(&self, dialect: Dialect, sign: &str, key: &Key, or_equal: bool) -> String {
        let equal = if or_equal { "=" } else { "" };
        if let ([column], [value]) = (self.key.as_slice(), key.as_slice()) {
            return format!("{} {sign}{equal} {value}", column.column);
        }
        if dialect != Dialect::Mysql {
            let columns = self.key.iter().map(|it| it.column.as_str()).collect::<Vec<_>>().join(", ");
            return format!("({columns}) {sign}{equal} ({})", key.join(", "));
        }
        // MySQL reads the whole table for a comparison of rows.
        let pairs: Vec<(&str, &String)> = self.key.iter().map(|it| it.column.as_str()).zip(key).collect();
        let last = pairs.len() - 1;
        let cases = pairs.iter().enumerate().map(|(at, (column, value))| {
            let sign = if at == last { format!("{sign}{equal}") } else { sign.to_owned() };
            let same = pairs[..at].iter().map(|(column, value)| format!("{column} = {value} AND "));
            format!("{}{column} {sign} {value}", same.collect::<String>())
        });
        format!("({})", cases.collect::<Vec<_>>().join(" OR "))
    }

    /// The rows of a batch: those of a range, but for what others have set themselves in a column that is new.
    pub(crate) fn rows_of(&self, range: Option<&str>) -> Option<String> {
        let unset = match &self.of {
            RowWork::Fill { column, is_unset: true, .. } => Some(format!("{column} IS NULL")),
            _ => None,
        };
        let both: Vec<String> = range.map(str::to_owned).into_iter().chain(unset).collect();
        (!both.is_empty()).then(|| both.join(" AND "))
    }

    /// The rows of these keys.
    pub(crate) fn among(&self, keys: &[&Key]) -> String {
        let columns = self.key.iter().map(|it| it.column.as_str()).collect::<Vec<_>>().join(", ");
        let values = |key: &&Key| match key.as_slice() {
            [value] => value.clone(),
            values => format!("({})", values.join(", ")),
        };
        let values = keys.iter().map(values).collect::<Vec<_>>().join(", ");
        match self.key.len() {
            1 => format!("{columns} IN ({values})"),
            _ => format!("({columns}) IN ({values})"),
        }
    }

    /// The statement of a fill over the rows for which a condition holds.
    pub(crate) fn fill(&self, condition: Option<&str>) -> Option<String> {
        let RowWork::Fill { statement, predicate, .. } = &self.of else { return None };
        let conditions: Vec<String> = match (predicate, condition) {
            (Some(predicate), Some(condition)) => vec![format!("({predicate})"), condition.to_owned()],
            (one, other) => one.as_deref().or(other).map(str::to_owned).into_iter().collect(),
        };
        Some(match conditions.is_empty() {
            true => statement.clone(),
            false => format!("{statement} WHERE {}", conditions.join(" AND ")),
        })
    }

    /// The columns of the key, as they are named where rows are noted.
    pub(crate) fn noted_key(&self) -> Vec<String> {
        self.key.iter().enumerate().map(|(at, it)| format!("{} AS k{at}", it.column)).collect()
    }

    /// The columns of the key of a row in a trigger.
    pub(crate) fn new_key(&self) -> String {
        self.key.iter().map(|it| format!("NEW.{}", it.column)).collect::<Vec<_>>().join(", ")
    }

    /// The key of a noted row, as SQL writes it.
    pub(crate) fn taken_key(&self) -> String {
        self.key.iter().map(|it| it.noted.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The column that is filled: what others set it to themselves is theirs.
    pub(crate) fn filled(&self) -> Option<&str> {
        match &self.of {
            RowWork::Fill { column, .. } => Some(column),
            RowWork::Map { .. } => None,
        }
    }

    /// What is seen of it where its statements are listed.
    pub(crate) fn preview(&self) -> String {
        match &self.of {
            RowWork::Fill { .. } => self.fill(None).unwrap_or_default(),
            RowWork::Map { step, .. } => format!("-- maps the rows of {} by `{step}`", self.table),
        }
    }

    /// What tells one such work from another.
    pub(crate) fn digest(&self) -> String {
        format!("{self:?}")
    }

    /// The rows for which a condition holds, for the function that maps them.
    pub(crate) fn batch(&self, dialect: Dialect, mapper: &Mapper, condition: Option<&str>) -> Result<Batch, String> {
        let RowWork::Map { writes, key, keeps, .. } = &self.of else { return Err("no rows to map".to_owned()) };
        let quoted = offline(dialect).map_or((|name| name.to_owned()) as fn(&str) -> String, |it| it.quoted);
        let text = if dialect == Dialect::Mysql { "CHAR" } else { "TEXT" };
        let columns = mapper.before.iter().map(|field| match field.as_text.contains(&dialect) {
            true => format!("CAST({} AS {text})", quoted(field.column)),
            false => quoted(field.column),
        });
        let select = format!("SELECT {} FROM {}", columns.collect::<Vec<_>>().join(", "), self.sql);
        let now = offline(dialect).map_or("", |it| it.capture.now);
        let condition = condition.map(|it| format!(" WHERE {it}")).unwrap_or_default();
        let targets = |columns: &[Written]| -> Result<Vec<Target>, String> {
            columns.iter().map(|it| target(it, mapper.after, dialect)).collect()
        };
        // A key is compared as what it is.
        let key = key.iter().map(|it| Ok(Target { cast: it.cast.clone(), ..target(it, mapper.after, dialect)? }));
        Ok(Batch {
            dialect,
            select: format!("{select}{condition}{now}"),
            table: self.sql.clone(),
            writes: targets(writes)?,
            keeps: keeps.clone(),
            key: key.collect::<Result<_, String>>()?,
        })
    }
}

fn target(written: &Written, fields: &[Field], dialect: Dialect) -> Result<Target, String> {
    let field = fields.iter().position(|field| field.column == written.name);
    let field = field.ok_or_else(|| format!("the row after has no field for `{}`", written.name))?;
    let cast = fields[field].as_text.contains(&dialect).then(|| written.cast.clone()).flatten();
    Ok(Target { field, column: written.column.clone(), cast })
}

/// A statement over the rows for which a condition holds.
pub(crate) fn with_condition(statement: String, condition: Option<&str>) -> String {
    match condition {
        Some(condition) => format!("{statement} WHERE {condition}"),
        None => statement,
    }
}

/// The columns of a table that others may change so that a row is to be done again.
fn sources(table: &Table, quoted: fn(&str) -> String, is_written: impl Fn(&str) -> bool) -> Vec<String> {
    let columns = table.columns.iter().filter(|it| it.generated.is_none() && !is_written(&it.name));
    columns.map(|it| quoted(&it.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(key: &[&str]) -> Batches {
        let key = key.iter().map(|it| KeyColumn {
            column: (*it).to_owned(),
            literal: format!("quote({it})"),
            noted: String::new(),
        });
        Batches {
            table: "t".into(),
            sql: "t".to_owned(),
            key: key.collect(),
            sources: Vec::new(),
            of: RowWork::Fill {
                column: "c".to_owned(),
                statement: "UPDATE t SET c = 1".to_owned(),
                predicate: Some("a OR b".to_owned()),
                keeps_new: true,
                is_unset: false,
            },
        }
    }

    #[test]
    fn batches_are_ranges_of_the_key() {
        let key = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Key>();
        let (one, two) = (batches(&["a"]), batches(&["a", "b"]));
        assert_eq!(one.range(Dialect::Sqlite, None, None), None);
        assert_eq!(one.range(Dialect::Mysql, Some(&key(&["1"])), Some(&key(&["9"]))).unwrap(), "a > 1 AND a <= 9");
        let (after, until) = (key(&["1", "'x'"]), key(&["2", "'y'"]));
        assert_eq!(
            two.range(Dialect::Postgres, Some(&after), Some(&until)).unwrap(),
            "(a, b) > (1, 'x') AND (a, b) <= (2, 'y')"
        );
        assert_eq!(
            two.range(Dialect::Mysql, Some(&after), Some(&until)).unwrap(),
            "(a > 1 OR a = 1 AND b > 'x') AND (a < 2 OR a = 2 AND b <= 'y')"
        );
        assert_eq!(
            two.bound(Dialect::Sqlite, None, 10),
            "SELECT quote(a), quote(b) FROM t ORDER BY a, b LIMIT 1 OFFSET 9"
        );
        assert_eq!(two.among(&[&after, &until]), "(a, b) IN ((1, 'x'), (2, 'y'))");
        assert_eq!(one.fill(Some("a > 1")).unwrap(), "UPDATE t SET c = 1 WHERE (a OR b) AND a > 1");
    }

    #[test]
    fn a_batch_takes_about_as_long_as_it_should() {
        let mut size = Size::of(&batches(&["a"]), &BatchSettings::USUAL);
        size.learn(Duration::from_millis(1));
        assert_eq!(size.rows, 2_000);
        size.learn(Duration::from_millis(500));
        assert_eq!(size.rows, 1_000);
        size.learn(Duration::from_secs(60));
        assert_eq!(size.rows, 250);
        let mut fixed = Size::of(&batches(&["a"]), &BatchSettings { size: Some(7), pause: None });
        fixed.learn(Duration::from_millis(1));
        assert_eq!(fixed.rows, 7);
    }
}
