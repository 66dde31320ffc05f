//! What is set for a database: the table of its history, what is one transaction, how long is waited.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use migratable_core::{Dialect, TableName};

use crate::backup::Backup;
use crate::batches::BatchSettings;

/// What is set for the databases of a program; what is not is as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The table that records which revisions are applied.
    pub history: HistoryTable,
    /// What is one transaction.
    pub transaction: Transaction,
    /// How long it is waited for others who hold a lock.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take. SQLite has no such limit.
    pub statement_timeout: Option<Duration>,
    /// How often it is tried again on servers when others hold a lock for longer than that, or a deadlock was ended: the
    /// transaction, or on MySQL the statement. 3 times if nothing is set; never where Rust steps would be run twice.
    pub retries: Option<u32>,
    /// How much of the rows of a table is one batch.
    pub batches: BatchSettings,
    /// Where a SQLite database is copied to before anything is changed; on servers this says nothing.
    pub backup: Option<Backup>,
}

impl Settings {
    /// Nothing is set.
    pub const USUAL: Settings = Settings {
        history: HistoryTable { schema: None, name: Cow::Borrowed(HistoryTable::NAME) },
        transaction: Transaction::Usual,
        lock_timeout: None,
        statement_timeout: None,
        retries: None,
        batches: BatchSettings::USUAL,
        backup: None,
    };

    /// These settings with another table for the history.
    pub fn with_history(mut self, history: HistoryTable) -> Settings {
        self.history = history;
        self
    }

    /// These settings with other transactions.
    pub fn with_transaction(mut self, transaction: Transaction) -> Settings {
        self.transaction = transaction;
        self
    }

    /// These settings with a limit to how long it is waited for others who hold a lock.
    pub fn with_lock_timeout(mut self, timeout: Duration) -> Settings {
        self.lock_timeout = Some(timeout);
        self
    }

    /// These settings with a limit to how long a statement may take.
    pub fn with_statement_timeout(mut self, timeout: Duration) -> Settings {
        self.statement_timeout = Some(timeout);
        self
    }

    /// These settings with another number of tries after a lock was held for too long.
    pub fn with_retries(mut self, retries: u32) -> Settings {
        self.retries = Some(retries);
        self
    }

    /// These settings with so many rows in a batch.
    pub fn with_batch_size(mut self, rows: u64) -> Settings {
        self.batches.size = Some(rows);
        self
    }

    /// These settings with a pause between two batches.
    pub fn with_batch_pause(mut self, pause: Duration) -> Settings {
        self.batches.pause = Some(pause);
        self
    }

    /// These settings with a copy of a SQLite database before anything is changed.
    pub fn with_backup(mut self, backup: Backup) -> Settings {
        self.backup = Some(backup);
        self
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings::USUAL
    }
}

/// What is one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transaction {
    /// What suits the database: all revisions on SQLite, each by itself on PostgreSQL, whose locks would else be held to
    /// the end. A script is one.
    #[default]
    Usual,
    /// All revisions of one call. MySQL cannot do that.
    All,
    /// Each revision by itself.
    Revision,
    /// Each part of a revision by itself: a change of a table, a data step. How far a revision has come stands in the
    /// journal then, and the next run goes on from there. MySQL knows nothing else.
    None,
}

/// The table that records which revisions a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    /// Its schema on PostgreSQL, if it is not the first of the connection's; it is made where it is missing.
    pub schema: Option<Cow<'static, str>>,
    /// Its name.
    pub name: Cow<'static, str>,
}

impl HistoryTable {
    /// The name that it has if none is set.
    pub const NAME: &'static str = "migratable_revisions";
    /// The name of the journal beside it.
    const JOURNAL: &'static str = "migratable_journal";
    /// The name of the table of repairs.
    const REPAIRS: &'static str = "migratable_repairs";
    /// The name of the table of rows that others have changed while the rows of a table are worked on.
    pub(crate) const CHANGED_ROWS: &'static str = "migratable_changed_rows";
    /// The usual names of the tool's own tables.
    pub(crate) const OWN: [&'static str; 4] =
        [HistoryTable::NAME, HistoryTable::JOURNAL, HistoryTable::REPAIRS, HistoryTable::CHANGED_ROWS];

    /// The table of that schema and name; without a schema the first of the connection's, without a name the usual one.
    pub fn new(schema: Option<&'static str>, name: Option<&'static str>) -> HistoryTable {
        HistoryTable { schema: schema.map(Cow::Borrowed), name: Cow::Borrowed(name.unwrap_or(HistoryTable::NAME)) }
    }

    /// The table that says how far a revision has come that is more than one transaction.
    pub(crate) fn journal(&self) -> HistoryTable {
        self.beside(HistoryTable::JOURNAL)
    }

    /// The table that keeps what a person has repaired.
    pub(crate) fn repairs(&self) -> HistoryTable {
        self.beside(HistoryTable::REPAIRS)
    }

    fn beside(&self, usual: &'static str) -> HistoryTable {
        let name = match &*self.name {
            HistoryTable::NAME => Cow::Borrowed(usual),
            name => Cow::Owned(format!("{usual}_{name}")),
        };
        HistoryTable { schema: self.schema.clone(), name }
    }

    /// Its name in the SQL of a dialect. A name that somebody has chosen may be a word of SQL.
    pub(crate) fn sql(&self, dialect: Dialect) -> String {
        let name = match (&*self.name, dialect) {
            (name, _) if HistoryTable::OWN.contains(&name) => name.to_owned(),
            (name, Dialect::Mysql) => format!("`{name}`"),
            (name, _) => format!("\"{name}\""),
        };
        match self.schema_of(dialect) {
            Some(schema) => format!("\"{schema}\".{name}"),
            None => name,
        }
    }

    /// Its schema, where a dialect has schemas: one of MySQL is a database, whose history is not another's.
    pub(crate) fn schema_of(&self, dialect: Dialect) -> Option<&str> {
        self.schema.as_deref().filter(|_| dialect == Dialect::Postgres)
    }

    /// Whether a table that was read from a database is this one, or one of those beside it.
    pub(crate) fn is(&self, table: &TableName) -> bool {
        let own =
            [&self.name, &self.journal().name, &self.repairs().name].contains(&&Cow::Borrowed(table.name.as_str()));
        let elsewhere = matches!((&table.schema, &self.schema), (Some(there), Some(own)) if there != own);
        own && !elsewhere && (self.schema.is_some() || table.schema.is_none())
    }
}

impl fmt::Display for HistoryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A time in milliseconds, as far as every database can count them.
pub(crate) fn milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs())
}

/// A time in whole seconds, never less.
#[cfg(feature = "mysql")]
pub(crate) fn seconds(timeout: Duration) -> u32 {
    milliseconds(timeout).div_ceil(1_000)
}
