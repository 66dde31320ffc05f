//! One type for a connection to any of the databases that a program was built for.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[cfg(feature = "sqlite")]
use diesel::connection::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::result::{ConnectionError, ConnectionResult, Error as DieselError, QueryResult};
use migratable_core::url::hushed;
use migratable_core::{Dialect, Operation, Schema, TableName};

use crate::backup::Backup;
use crate::dialect::{Connection, Database, Trace, Work};
use crate::error::{Error, Stop};
use crate::impact::{Impact, RowCount, Situation};
use crate::inspect::Inspected;
use crate::migrator::Direction;
use crate::plan::{Pieces, Refusal};
use crate::settings::{HistoryTable, Settings};

pub use connection::AnyConnection;
pub use connection::MultiBackend;

// Diesel's derive writes items without docstrings around the enum.
#[allow(missing_docs)]
mod connection {
    /// A connection to one of the databases whose features are on. Diesel takes it as it takes the connection inside,
    /// as far as the databases have things in common; the one inside is there for the rest.
    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        /// To SQLite.
        #[cfg(feature = "sqlite")]
        Sqlite(diesel::sqlite::SqliteConnection),
        /// To PostgreSQL.
        #[cfg(feature = "postgres")]
        Postgres(diesel::pg::PgConnection),
        /// To MySQL or MariaDB.
        #[cfg(feature = "mysql")]
        Mysql(diesel::mysql::MysqlConnection),
    }
}

/// The connection inside, whichever it is.
macro_rules! inside {
    ($any:expr, $connection:ident => $result:expr) => {
        match $any {
            #[cfg(feature = "sqlite")]
            AnyConnection::Sqlite($connection) => $result,
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres($connection) => $result,
            #[cfg(feature = "mysql")]
            AnyConnection::Mysql($connection) => $result,
        }
    };
}

impl AnyConnection {
    /// The dialects that this build has.
    pub const DIALECTS: &[Dialect] = &[
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite,
        #[cfg(feature = "postgres")]
        Dialect::Postgres,
        #[cfg(feature = "mysql")]
        Dialect::Mysql,
    ];

    /// Connects to a database of a dialect, by the URL in the form that Diesel's connection takes.
    ///
    /// # Errors
    /// If this build has not the dialect, or the connection cannot be made. The password of the URL is in no error.
    pub fn open(dialect: Dialect, url: &str) -> ConnectionResult<AnyConnection> {
        let opened = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => diesel::sqlite::SqliteConnection::establish(url).map(AnyConnection::Sqlite),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => crate::dialect::open_postgres(url).map(AnyConnection::Postgres),
            #[cfg(feature = "mysql")]
            Dialect::Mysql => crate::dialect::open_mysql(url).map(AnyConnection::Mysql),
            #[allow(unreachable_patterns)]
            other => Err(ConnectionError::BadConnection(Error::NoDialect { dialect: other }.to_string())),
        };
        opened.map_err(|error| match error {
            ConnectionError::BadConnection(said) => ConnectionError::BadConnection(hushed(&said, url)),
            ConnectionError::InvalidConnectionUrl(said) => ConnectionError::InvalidConnectionUrl(hushed(&said, url)),
            error => error,
        })
    }

    /// The dialect of the database.
    pub fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            AnyConnection::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            AnyConnection::Mysql(_) => Dialect::Mysql,
        }
    }
}

/// The connection as a step takes it: itself, or the one inside.
pub(crate) fn as_taken<C: 'static>(connection: &mut dyn Any) -> Option<&mut C> {
    if connection.is::<C>() {
        return connection.downcast_mut();
    }
    inside!(connection.downcast_mut::<AnyConnection>()?, inner => (inner as &mut dyn Any).downcast_mut())
}

/// A fact about a connection, kept apart for each dialect.
macro_rules! of_each {
    ($(#[$doc:meta])* $name:ident, $associated:ident) => {
        $(#[$doc])*
        pub enum $name {
            /// Of SQLite.
            #[cfg(feature = "sqlite")]
            Sqlite(<diesel::sqlite::SqliteConnection as Connection>::$associated),
            /// Of PostgreSQL.
            #[cfg(feature = "postgres")]
            Postgres(<diesel::pg::PgConnection as Connection>::$associated),
            /// Of MySQL.
            #[cfg(feature = "mysql")]
            Mysql(<diesel::mysql::MysqlConnection as Connection>::$associated),
        }
    };
}

of_each!(
    /// What a session has changed about a connection.
    Session,
    Session
);
of_each!(
    /// What planning has to know of a database.
    Facts,
    Facts
);

/// The same question to the connection inside, its answer under the same variant.
macro_rules! wrapped {
    ($any:expr, $wrapper:ident, $connection:ident => $result:expr) => {
        match $any {
            #[cfg(feature = "sqlite")]
            AnyConnection::Sqlite($connection) => $wrapper::Sqlite($result),
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres($connection) => $wrapper::Postgres($result),
            #[cfg(feature = "mysql")]
            AnyConnection::Mysql($connection) => $wrapper::Mysql($result),
        }
    };
}

/// The same for the connection inside and what belongs to it; something else where they are of two databases: a step may
/// have put another connection in the place of the first.
macro_rules! paired {
    ($any:expr, $other:expr, $wrapper:ident, ($connection:ident, $inside:ident) => $result:expr, else $otherwise:expr) => {
        match ($any, $other) {
            #[cfg(feature = "sqlite")]
            (AnyConnection::Sqlite($connection), $wrapper::Sqlite($inside)) => $result,
            #[cfg(feature = "postgres")]
            (AnyConnection::Postgres($connection), $wrapper::Postgres($inside)) => $result,
            #[cfg(feature = "mysql")]
            (AnyConnection::Mysql($connection), $wrapper::Mysql($inside)) => $result,
            #[allow(unreachable_patterns)]
            _ => $otherwise,
        }
    };
}

fn replaced() -> Stop {
    Stop::refused("a step has put a connection to another database in the place of this one")
}

impl Database for AnyConnection {}

impl Connection for AnyConnection {
    type Session = Session;
    type Facts = Facts;

    fn dialect(&self) -> Dialect {
        AnyConnection::dialect(self)
    }

    fn is_transactional(&self) -> bool {
        inside!(self, inner => inner.is_transactional())
    }

    fn catalogue(&mut self, operations: &[&migratable_core::Operation], statement: &str) -> QueryResult<Vec<String>> {
        inside!(self, inner => inner.catalogue(operations, statement))
    }

    fn is_undone(&mut self, statement: &str) -> QueryResult<bool> {
        inside!(self, inner => inner.is_undone(statement))
    }

    fn takes_rows_back(&mut self, statement: Option<&str>) -> QueryResult<bool> {
        inside!(self, inner => inner.takes_rows_back(statement))
    }

    fn trace(&mut self, sql: &str) -> QueryResult<Trace> {
        inside!(self, inner => inner.trace(sql))
    }

    fn hold(&mut self, settings: &Settings, session: &mut Session) -> QueryResult<()> {
        paired!(self, session, Session, (inner, session) => inner.hold(settings, session), else Ok(()))
    }

    fn enter(&mut self, settings: &Settings) -> Result<Session, Error> {
        Ok(wrapped!(self, Session, inner => inner.enter(settings)?))
    }

    fn leave(&mut self, session: &Session) {
        paired!(self, session, Session, (inner, session) => inner.leave(session), else {})
    }

    fn expect_many(&mut self, session: &mut Session) {
        paired!(self, session, Session, (inner, session) => inner.expect_many(session), else {})
    }

    fn begin(&mut self, settings: &Settings, session: &Session) -> Result<(), Error> {
        let other = Error::Database { doing: "begin a transaction", source: DieselError::BrokenTransactionManager };
        paired!(self, session, Session, (inner, session) => inner.begin(settings, session), else Err(other))
    }

    fn begin_rows(&mut self) -> QueryResult<()> {
        inside!(self, inner => inner.begin_rows())
    }

    fn commit(&mut self) -> QueryResult<()> {
        inside!(self, inner => inner.commit())
    }

    fn rollback(&mut self) {
        inside!(self, inner => inner.rollback());
    }

    fn rollback_whole(&mut self) -> Option<bool> {
        inside!(self, inner => inner.rollback_whole())
    }

    fn before_step(&mut self) -> QueryResult<()> {
        inside!(self, inner => inner.before_step())
    }

    fn after_step(&mut self, session: &Session, step: &str) -> Result<(), Stop> {
        paired!(self, session, Session, (inner, session) => inner.after_step(session, step), else Err(replaced()))
    }

    fn after_sql(&mut self, session: &Session) -> Result<(), Stop> {
        paired!(self, session, Session, (inner, session) => inner.after_sql(session), else Err(replaced()))
    }

    fn back_up(&mut self, backup: &Backup) -> Result<Option<PathBuf>, Error> {
        inside!(self, inner => inner.back_up(backup))
    }

    fn version(&mut self) -> QueryResult<i64> {
        inside!(self, inner => inner.version())
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        inside!(self, inner => inner.batch_execute(sql))
    }

    fn change(&mut self, sql: &str) -> QueryResult<u64> {
        inside!(self, inner => inner.change(sql))
    }

    fn rows(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>> {
        inside!(self, inner => inner.rows(sql))
    }

    fn is_missing_history(&mut self, error: &DieselError, history: &HistoryTable) -> bool {
        inside!(self, inner => inner.is_missing_history(error, history))
    }

    fn is_busy(&self, error: &DieselError) -> bool {
        inside!(self, inner => inner.is_busy(error))
    }

    fn is_contended(&self, error: &DieselError) -> bool {
        inside!(self, inner => inner.is_contended(error))
    }

    fn facts(&mut self) -> QueryResult<Facts> {
        Ok(wrapped!(self, Facts, inner => inner.facts()?))
    }

    fn note(&self, facts: &Facts) -> Option<String> {
        paired!(self, facts, Facts, (inner, facts) => inner.note(facts), else None)
    }

    fn noted(&self, note: &str, now: &Facts) -> Option<Facts> {
        match (self, now) {
            #[cfg(feature = "sqlite")]
            (AnyConnection::Sqlite(inner), Facts::Sqlite(now)) => inner.noted(note, now).map(Facts::Sqlite),
            #[cfg(feature = "postgres")]
            (AnyConnection::Postgres(inner), Facts::Postgres(now)) => inner.noted(note, now).map(Facts::Postgres),
            #[cfg(feature = "mysql")]
            (AnyConnection::Mysql(inner), Facts::Mysql(now)) => inner.noted(note, now).map(Facts::Mysql),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }

    fn plan(
        facts: &Facts,
        operations: &[Operation],
        schema: &mut Schema,
        direction: Direction,
    ) -> Result<Pieces, Refusal> {
        match facts {
            #[cfg(feature = "sqlite")]
            Facts::Sqlite(facts) => diesel::sqlite::SqliteConnection::plan(facts, operations, schema, direction),
            #[cfg(feature = "postgres")]
            Facts::Postgres(facts) => diesel::pg::PgConnection::plan(facts, operations, schema, direction),
            #[cfg(feature = "mysql")]
            Facts::Mysql(facts) => diesel::mysql::MysqlConnection::plan(facts, operations, schema, direction),
        }
    }

    fn perform(&mut self, work: &Work) -> Result<(), Stop> {
        inside!(self, inner => inner.perform(work))
    }

    fn perform_in(&mut self, session: &Session, work: &Work) -> Result<(), Stop> {
        paired!(self, session, Session, (inner, session) => inner.perform_in(session, work), else Err(replaced()))
    }

    fn preview(&mut self, work: &Work) -> QueryResult<Vec<String>> {
        inside!(self, inner => inner.preview(work))
    }

    fn impact(&mut self, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
        inside!(self, inner => inner.impact(sql, around))
    }

    fn count(&mut self, table: &TableName) -> QueryResult<Option<RowCount>> {
        inside!(self, inner => inner.count(table))
    }

    fn broken_dependents(&mut self) -> QueryResult<BTreeMap<String, String>> {
        inside!(self, inner => inner.broken_dependents())
    }

    fn inspect(&mut self) -> Result<Inspected, Error> {
        inside!(self, inner => inner.inspect())
    }

    fn inspect_scratch(&mut self, schema: &Schema, like: Option<&Inspected>) -> Result<Inspected, Error> {
        inside!(self, inner => inner.inspect_scratch(schema, like))
    }
}
