//! What a statement means for those who use the database while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diesel::result::QueryResult;
use migratable_core::{Schema, TableName};

use crate::dialect::Connection;

/// A statement that would be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStatement {
    /// The SQL; what is no statement stands there as a comment.
    pub sql: String,
    /// What it means for those who use the database meanwhile.
    pub impact: Impact,
}

/// What a statement means for those who use the database while it runs: by the documentation of the database and by what
/// its catalogue says of the tables. Triggers, cascades and partitions are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// The locks that it takes on tables that there are and that others may wait for; none if it takes no such lock, and
    /// `None` if that is not known.
    pub locks: Option<Vec<Lock>>,
    /// How MySQL or MariaDB makes the change, if that is known: `INSTANT`, `NOCOPY`, `INPLACE`, `COPY`.
    pub algorithm: Option<&'static str>,
    /// Whether it writes every row of a table anew; `None` if that is not known.
    pub rewrites: Option<bool>,
    /// How many rows it reads or writes; `None` if that is not known.
    pub rows: Option<RowCount>,
}

/// A lock that a statement takes, in the words of the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lock {
    /// What it is on: a table, or on SQLite the whole file.
    pub on: String,
    /// What kind it is.
    pub mode: &'static str,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCount {
    /// The number.
    pub count: u64,
    /// Whether they were counted; else it is what the database thinks.
    pub exact: bool,
}

impl RowCount {
    /// So many, and no other number.
    pub(crate) fn exactly(count: u64) -> RowCount {
        RowCount { count, exact: true }
    }
}

impl Impact {
    /// Nobody waits, and no row is touched.
    pub(crate) fn none() -> Impact {
        Impact { locks: Some(Vec::new()), algorithm: None, rewrites: Some(false), rows: Some(RowCount::exactly(0)) }
    }

    /// Locks, and nothing else.
    #[cfg(any(feature = "sqlite", feature = "mysql"))]
    pub(crate) fn locks(locks: impl IntoIterator<Item = (&'static str, String)>) -> Impact {
        let locks: BTreeSet<Lock> = locks.into_iter().map(|(mode, on)| Lock { on, mode }).collect();
        Impact { locks: Some(locks.into_iter().collect()), ..Impact::none() }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.locks {
            None => f.write_str("lock not known")?,
            Some(locks) if locks.is_empty() => f.write_str("no lock")?,
            Some(locks) => {
                let locks: Vec<String> = locks.iter().map(|lock| format!("{} on {}", lock.mode, lock.on)).collect();
                f.write_str(&locks.join(", "))?;
            }
        }
        if let Some(algorithm) = self.algorithm {
            write!(f, "; {algorithm}")?;
        }
        match self.rewrites {
            None => f.write_str("; rewriting not known")?,
            Some(true) => f.write_str("; rewrites the table")?,
            Some(false) => {}
        }
        match self.rows {
            None => f.write_str("; rows not known"),
            Some(RowCount { count: 0, .. }) => Ok(()),
            Some(RowCount { count, exact: true }) => write!(f, "; {}", counted(count)),
            Some(RowCount { count, exact: false }) => write!(f, "; about {}", counted(count)),
        }
    }
}

fn counted(count: u64) -> String {
    format!("{count} row{}", if count == 1 { "" } else { "s" })
}

/// What there is in a database when a statement of a plan comes to be run.
#[derive(Default)]
pub struct Situation {
    /// The schema that its operation meets.
    pub(crate) schema: Schema,
    /// The tables that were made by statements before it.
    pub(crate) made: BTreeSet<TableName>,
    /// The tables that have another name by then, each with the one that it has now.
    pub(crate) renamed: BTreeMap<TableName, TableName>,
    /// How many rows tables have that were asked for.
    pub(crate) counts: BTreeMap<TableName, Option<RowCount>>,
}

impl Situation {
    /// Takes in that a table gets another name.
    pub(crate) fn rename(&mut self, from: &TableName, to: TableName) {
        match self.made.remove(from) {
            true => drop(self.made.insert(to)),
            false => {
                let now = self.renamed.remove(from).unwrap_or_else(|| from.clone());
                self.renamed.insert(to, now);
            }
        }
    }

    /// How many rows a table has; those of one that is not there yet wait for nobody.
    pub(crate) fn count<Db: Connection>(
        &mut self,
        database: &mut Db,
        table: &TableName,
    ) -> QueryResult<Option<RowCount>> {
        let Some(now) = self.now(table).cloned() else { return Ok(Some(RowCount::exactly(0))) };
        if let Some(known) = self.counts.get(&now) {
            return Ok(*known);
        }
        let count = database.count(&now)?;
        self.counts.insert(now, count);
        Ok(count)
    }

    /// The name that a table has in the database now; none if it is not there yet.
    pub(crate) fn now<'a>(&'a self, table: &'a TableName) -> Option<&'a TableName> {
        if self.made.contains(table) { None } else { Some(self.renamed.get(table).unwrap_or(table)) }
    }
}
