//! Where the values of a table's columns come from when it is made anew.

use migratable_core::Sql;

use super::ddl::quoted;
use super::temporal::Change;
use super::types::{Storage, sql_text};
use crate::dialect::literal;

/// Where the values of a column come from. Columns are named as they are in the database.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A column, as it is.
    Column(String),
    /// An expression that a revision gives.
    Sql(Sql),
    /// Another source, in another storage class.
    Cast(Box<Source>, Storage),
    /// Another source, through a function.
    Function(&'static str, Box<Source>),
    /// Another source, with its date or time in another form.
    Temporal(Box<Source>, Change),
    /// Another source, and this SQL where it gives NULL.
    OrElse(Box<Source>, String),
    /// Another source, with one enum value under a new name.
    Renamed(Box<Source>, String, String),
    /// A column that is not in the database yet, and what the rows get in it, if that is known.
    New(Option<String>),
}

impl Source {
    /// SQL over the table that gives the value; nothing if there is none.
    pub(super) fn sql(&self, table: &str) -> Result<Option<String>, String> {
        let over = |inner: &Source, form: &dyn Fn(String) -> String| Ok(inner.sql(table)?.map(form));
        match self {
            // With its table, because a quoted name that is no column would be a text for SQLite.
            Source::Column(name) => Ok(Some(format!("{}.{}", quoted(table), quoted(name)))),
            Source::Sql(sql) => Ok(Some(format!("({})", sql_text(sql, "the conversion")?))),
            Source::Cast(inner, storage) => over(inner, &|sql| format!("CAST({sql} AS {})", storage.name())),
            Source::Function(name, inner) => over(inner, &|sql| format!("{name}({sql})")),
            Source::Temporal(inner, change) => over(inner, &|sql| change.sql(&sql)),
            Source::OrElse(inner, other) => over(inner, &|sql| format!("coalesce({sql}, {other})")),
            Source::Renamed(inner, from, to) => {
                over(inner, &|sql| format!("CASE {sql} WHEN {} THEN {} ELSE {sql} END", literal(from), literal(to)))
            }
            Source::New(fill) => Ok(fill.clone()),
        }
    }

    /// Whether rows keep the value that they have.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Source::Column(_))
    }

    /// Whether it is this column of the database, as it is.
    pub(super) fn is_column(&self, wanted: &str) -> bool {
        matches!(self, Source::Column(name) if name == wanted)
    }

    /// Follows a column of the database to its new name.
    pub(super) fn follow(&mut self, from: &str, to: &str) {
        match self {
            Source::Column(name) if name == from => to.clone_into(name),
            Source::Sql(sql) => *sql = sql.renamed(&[(from, to)]),
            Source::Cast(inner, _)
            | Source::Function(_, inner)
            | Source::Temporal(inner, _)
            | Source::OrElse(inner, _)
            | Source::Renamed(inner, ..) => inner.follow(from, to),
            Source::Column(_) | Source::New(_) => {}
        }
    }

    /// What it is without the cast that the tool adds: the values whose conversion may lose something.
    pub(super) fn risky_cast(&self) -> Option<(&Source, Storage)> {
        match self {
            Source::Cast(inner, storage @ (Storage::Integer | Storage::Real | Storage::Numeric))
                if !matches!(**inner, Source::Sql(_)) =>
            {
                Some((inner, *storage))
            }
            Source::Cast(inner, _)
            | Source::Function(_, inner)
            | Source::Temporal(inner, _)
            | Source::OrElse(inner, _)
            | Source::Renamed(inner, ..) => inner.risky_cast(),
            _ => None,
        }
    }

    /// What it is without a new form of date or time, and that form.
    pub(super) fn temporal(&self) -> Option<(&Source, Change)> {
        match self {
            Source::Temporal(inner, change) => Some((inner, *change)),
            Source::Cast(inner, _)
            | Source::Function(_, inner)
            | Source::OrElse(inner, _)
            | Source::Renamed(inner, ..) => inner.temporal(),
            _ => None,
        }
    }
}
