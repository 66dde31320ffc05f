//! Work on all rows of a table that can be done batch by batch, each in a short transaction of its own.
//!
//! Rows are taken in the order of the primary key, and the journal keeps the last key that is done. What others write
//! meanwhile is noted by triggers in a table beside, and done in further passes; the last of them keeps everybody else
//! away until the table is what the revision says.

mod capture;
mod many;
mod planned;
mod shown;
mod size;

use migratable_core::{ColumnType, Conversion, Dialect, Table, TableName};

pub(crate) use self::capture::Capture;
#[cfg(feature = "mysql")]
pub(crate) use self::capture::Lock;
pub(crate) use self::many::goes_in_batches;
pub(crate) use self::planned::{Bar, Fill};
pub(crate) use self::shown::shown;
pub use self::size::BatchSettings;
pub(crate) use self::size::Size;
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

/// The rows of a table, as a dialect has them.
pub(crate) struct RowsOf<'a> {
    /// The table.
    pub(crate) table: &'a Table,
    /// The table as it is written in SQL.
    pub(crate) sql: String,
    /// The columns of its primary key.
    pub(crate) key: Vec<KeyColumn>,
    /// A name in quotes.
    pub(crate) quoted: fn(&str) -> String,
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
        /// A condition for the rows that have another value, if they may have one although nobody has changed them: the
        /// value comes from other rows as well.
        differs: Option<String>,
        /// Whether the column has no value yet but those that others give it meanwhile, and which it keeps.
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

impl Batches {
    /// The conversion of the rows of a table.
    pub(crate) fn of_map(
        conversion: &Conversion,
        rows: RowsOf<'_>,
        cast: impl Fn(&ColumnType) -> Option<String>,
    ) -> Batches {
        let RowsOf { table, sql, key, quoted } = rows;
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

    /// The rows of a batch: those of a range, but for what others have set themselves in a column that is new, unless what
    /// stands there is overwritten.
    pub(crate) fn rows_of(&self, range: Option<&str>, overwrites: bool) -> Option<String> {
        let unset = self.kept().filter(|_| !overwrites).map(|column| format!("{column} IS NULL"));
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

    /// The column in which that stays what others have stored themselves.
    pub(crate) fn kept(&self) -> Option<&str> {
        match &self.of {
            RowWork::Fill { column, is_unset: true, .. } => Some(column),
            _ => None,
        }
    }

    /// Whether a column is filled.
    pub(crate) fn is_fill(&self) -> bool {
        matches!(self.of, RowWork::Fill { .. })
    }

    /// Fills the rows again whose value has changed with other rows.
    pub(crate) fn fill_that_differs(&self) -> Option<String> {
        match &self.of {
            RowWork::Fill { differs: Some(differs), .. } => self.fill(Some(differs)),
            _ => None,
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

    /// The same without what a column is filled with. In which rows is the same: others would keep what they have got.
    pub(crate) fn open_digest(&self) -> String {
        let Batches { table, key, of, .. } = self;
        let of = match of {
            RowWork::Fill { column, predicate, .. } => format!("{column} {predicate:?}"),
            RowWork::Map { .. } => format!("{of:?}"),
        };
        format!("{table} {key:?} {of}")
    }

    /// What locks the rows for which a condition holds.
    pub(crate) fn lock(&self, condition: Option<&str>, lock: &str) -> String {
        let condition = condition.map(|it| format!(" WHERE {it}")).unwrap_or_default();
        format!("SELECT count(*) FROM {}{condition}{lock}", self.sql)
    }

    /// The rows for which a condition holds, for the function that maps them; `lock` stands behind what reads them.
    pub(crate) fn batch(
        &self,
        dialect: Dialect,
        mapper: &Mapper,
        condition: Option<&str>,
        lock: &str,
    ) -> Result<Batch, String> {
        let RowWork::Map { writes, key, keeps, .. } = &self.of else { return Err("no rows to map".to_owned()) };
        let quoted = offline(dialect).map_or((|name| name.to_owned()) as fn(&str) -> String, |it| it.quoted);
        let text = if dialect == Dialect::Mysql { "CHAR" } else { "TEXT" };
        let columns = mapper.before.iter().map(|field| match field.as_text.contains(&dialect) {
            true => format!("CAST({} AS {text})", quoted(field.column)),
            false => quoted(field.column),
        });
        let select = format!("SELECT {} FROM {}", columns.collect::<Vec<_>>().join(", "), self.sql);
        let condition = condition.map(|it| format!(" WHERE {it}")).unwrap_or_default();
        let targets = |columns: &[Written]| -> Result<Vec<Target>, String> {
            columns.iter().map(|it| target(it, mapper.after, dialect)).collect()
        };
        // A key is compared as what it is.
        let key = key.iter().map(|it| Ok(Target { cast: it.cast.clone(), ..target(it, mapper.after, dialect)? }));
        Ok(Batch {
            dialect,
            select: format!("{select}{condition}{lock}"),
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

/// The columns of a table that others may change so that a row is to be done again.
fn sources(table: &Table, quoted: fn(&str) -> String, is_written: impl Fn(&str) -> bool) -> Vec<String> {
    let columns = table.columns.iter().filter(|it| it.generated.is_none() && !is_written(&it.name));
    columns.map(|it| quoted(&it.name)).collect()
}

#[cfg(test)]
mod tests;
