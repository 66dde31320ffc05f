//! What running revisions asks of a database. The answers stand in a folder for each dialect.

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod candidates;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod statement;
// The other databases need less of it.
#[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
mod tokens;
mod transactions;
mod unmanaged;
mod verify;

#[cfg(feature = "mysql")]
pub(crate) use mysql::open as open_mysql;
#[cfg(feature = "postgres")]
pub(crate) use postgres::open as open_postgres;
pub(crate) use verify::EXAMPLES;
pub use verify::Verify;

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError, QueryResult};
use migratable_core::{Dialect, Operation, Schema, Sql, TableName};

use crate::backup::Backup;
use crate::batches::{Batches, Capture};
use crate::error::{Error, Stop};
use crate::impact::{Impact, RowCount, Situation};
use crate::inspect::{Inspected, Losses};
use crate::migrator::Direction;
use crate::plan::{Pieces, Refusal};
use crate::settings::{HistoryTable, Settings};

/// How long a server may take to let somebody in, unless the URL says otherwise.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that revisions can be run on. Diesel's connections are; nothing else can be.
pub trait Database: Connection {}

/// Some work on a database.
pub enum Work {
    /// Runs SQL.
    Statement(String),
    /// Stops if rows stand in the way.
    Verify(Verify),
    /// Runs a function of the revision.
    Step {
        /// Its name.
        name: String,
    },
    /// Stops if a reference points nowhere.
    CheckReferences {
        /// At the end, references must have something that they can refer to; in the middle of a revision a table may
        /// be without its key.
        at_end: bool,
    },
    /// Puts values beside those that they are to replace.
    #[cfg(feature = "mysql")]
    Fill {
        /// Does it.
        sql: String,
        /// Takes back all that was done until then, if it fails; empty if that cannot be.
        undo: Vec<String>,
    },
    /// Does something to all rows of a table: in one go, or batch by batch.
    Batches(Rc<Batches>),
    /// Does it, where it was done batch by batch, to what was written meanwhile, and keeps others away from then on.
    LastBatch(Rc<Batches>),
    /// Lets them again, where that is not done by the end of the transaction.
    EndBatches(Rc<Batches>),
    /// Begins what must be in one transaction: what works on rows, where changes of tables are in none; and what rests on
    /// a change of the transaction before it, where a revision may be several.
    Begin,
    /// Ends it.
    Commit,
    /// Makes a table anew in another form and moves its rows over.
    #[cfg(feature = "sqlite")]
    Rebuild(Box<sqlite::Rebuild>),
}

impl Work {
    /// Whether it changes nothing.
    pub(crate) fn only_looks(&self) -> bool {
        matches!(self, Work::Verify(_) | Work::CheckReferences { .. })
    }

    /// Whether it is done by statements alone, without Rust.
    pub(crate) fn is_sql(&self) -> bool {
        match self {
            Work::Statement(_) | Work::Verify(_) => true,
            #[cfg(feature = "mysql")]
            Work::Fill { .. } => true,
            Work::Batches(batches) => batches.is_fill(),
            _ => false,
        }
    }

    /// The work on rows of which it is a part.
    pub(crate) fn batches(&self) -> Option<&Rc<Batches>> {
        match self {
            Work::Batches(it) | Work::LastBatch(it) | Work::EndBatches(it) => Some(it),
            _ => None,
        }
    }
}

/// How a statement that somebody wrote stands to transactions. Only PostgreSQL has others than those inside of one.
#[cfg_attr(not(feature = "postgres"), allow(dead_code))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// It is part of one.
    Inside,
    /// What it does can be used only behind the end of its transaction.
    Last,
    /// It can be in none.
    Outside,
}

/// What became of a statement that is in no transaction, and was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It was done.
    Done,
    /// It was not, or does no harm when it is done again.
    NotDone,
    /// It was done in part, which these statements take back, each by itself.
    InPart(Vec<String>),
    /// The database does not tell.
    Unknown,
}

impl Trace {
    /// Stops if only a person can tell.
    pub(crate) fn known(self) -> Result<Trace, Stop> {
        match self {
            Trace::Unknown => Err(Stop::refused(
                "it was stopped inside of a statement that is in no transaction, and the database does not tell whether \
                 it was done; bring the tables to where the revision begins or ends, and record that by `repair`",
            )),
            known => Ok(known),
        }
    }
}

/// The part of [`Database`] that is nobody else's business.
pub trait Connection: Any + Sized {
    /// What a session changes about a connection and puts back.
    type Session;
    /// What planning has to know of a database beside its schema.
    type Facts;

    /// The dialect that it speaks.
    fn dialect(&self) -> Dialect;
    /// Whether a transaction takes back changes of tables too.
    fn is_transactional(&self) -> bool {
        true
    }
    /// What the tables are like that operations and a statement are about, where no transaction takes changes of tables
    /// back: another text when the statement was done. If somebody wrote it, a text about everything else too.
    fn catalogue(&mut self, _operations: &[&Operation], _statement: &str) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }
    /// Whether a statement of the tool was surely not done, though what it is about is another than before.
    fn is_undone(&mut self, _statement: &str) -> QueryResult<bool> {
        Ok(false)
    }
    /// Whether a transaction takes back what a statement does to rows, or what a step may do to whichever.
    fn takes_rows_back(&mut self, _statement: Option<&str>) -> QueryResult<bool> {
        Ok(true)
    }
    /// What became of a statement that is in no transaction.
    fn trace(&mut self, _sql: &str) -> QueryResult<Trace> {
        Ok(Trace::Unknown)
    }
    /// Keeps everybody else who migrates away until the end of the session, also between two transactions.
    fn hold(&mut self, _settings: &Settings, _session: &mut Self::Session) -> QueryResult<()> {
        Ok(())
    }
    /// Gets a connection ready for revisions.
    fn enter(&mut self, settings: &Settings) -> Result<Self::Session, Error>;
    /// Ends a transaction that is still open, and puts the connection back as it was.
    fn leave(&mut self, session: &Self::Session);
    /// Makes the transactions that follow cheaper, where the database can; called between two of them.
    fn expect_many(&mut self, _session: &mut Self::Session) {}
    /// Begins a transaction in which nobody else can write.
    fn begin(&mut self, settings: &Settings, session: &Self::Session) -> Result<(), Error>;
    /// Begins a transaction for what works on rows alone, where [`begin`](Self::begin) begins none.
    fn begin_rows(&mut self) -> QueryResult<()> {
        Ok(())
    }
    /// Ends a transaction and keeps what it did.
    fn commit(&mut self) -> QueryResult<()>;
    /// Ends a transaction and takes back what it did.
    fn rollback(&mut self);
    /// The same; tells whether nothing is left of it, if one was open.
    fn rollback_whole(&mut self) -> Option<bool> {
        self.rollback();
        Some(true)
    }
    /// Marks the transaction that a step is called in.
    fn before_step(&mut self) -> QueryResult<()>;
    /// Stops if the step has ended the transaction, begun another one behind it or not; does what
    /// [`after_sql`](Self::after_sql) does.
    fn after_step(&mut self, session: &Self::Session, step: &str) -> Result<(), Stop>;
    /// Sees that everybody else who migrates is still kept away, behind SQL that somebody wrote: it may free every lock of
    /// the session.
    fn after_sql(&mut self, _session: &Self::Session) -> Result<(), Stop> {
        Ok(())
    }
    /// Copies the database as it was before the transaction that is open, where that is done here.
    fn back_up(&mut self, _backup: &Backup) -> Result<Option<PathBuf>, Error> {
        Ok(None)
    }
    /// A number that changes when somebody else has written between two transactions, unless they are kept away until
    /// then.
    fn version(&mut self) -> QueryResult<i64> {
        Ok(0)
    }

    /// Runs statements.
    fn execute(&mut self, sql: &str) -> QueryResult<()>;
    /// Runs a statement that changes rows; gives how many.
    fn change(&mut self, sql: &str) -> QueryResult<u64>;
    /// Runs a query; every value comes back as text.
    fn rows(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>>;
    /// Whether a query of the history failed because its table is not there.
    fn is_missing_history(&mut self, error: &DieselError, history: &HistoryTable) -> bool;
    /// Whether an error says that somebody else is writing.
    fn is_busy(&self, error: &DieselError) -> bool;

    /// Whether an error says that others hold a lock for too long, or for ever: what failed may be tried again.
    fn is_contended(&self, _error: &DieselError) -> bool {
        false
    }

    /// Looks for what planning has to know.
    fn facts(&mut self) -> QueryResult<Self::Facts>;
    /// The facts as a text, where they may change while a revision is run.
    fn note(&self, _facts: &Self::Facts) -> Option<String> {
        None
    }
    /// The facts of such a text; what it does not hold is as it is now.
    fn noted(&self, _note: &str, _now: &Self::Facts) -> Option<Self::Facts> {
        None
    }
    /// Plans the operations of a revision on the schema that they meet, and makes their changes in it.
    fn plan(
        facts: &Self::Facts,
        operations: &[Operation],
        schema: &mut Schema,
        direction: Direction,
    ) -> Result<Pieces, Refusal>;
    /// Does some work.
    fn perform(&mut self, work: &Work) -> Result<(), Stop>;
    /// Does some work in a session, in which it may have to be done so that it is told what has failed.
    fn perform_in(&mut self, _session: &Self::Session, work: &Work) -> Result<(), Stop> {
        self.perform(work)
    }
    /// The statements that some work would run, and comments for what is no statement.
    fn preview(&mut self, work: &Work) -> QueryResult<Vec<String>> {
        Ok(offline(self.dialect()).map_or_else(Vec::new, |it| shown(work, it.statements)))
    }
    /// What one of these statements means for those who use the database meanwhile.
    fn impact(&mut self, sql: &str, around: &mut Situation) -> QueryResult<Impact>;
    /// How many rows a table has, as far as that is known at little cost.
    fn count(&mut self, table: &TableName) -> QueryResult<Option<RowCount>>;
    /// The views and triggers that do not work, by name, with the reason.
    fn broken_dependents(&mut self) -> QueryResult<BTreeMap<String, String>>;

    /// Reads all that the database holds, the tool's own tables aside.
    fn inspect(&mut self) -> Result<Inspected, Error>;
    /// Makes a schema in a scratch space, reads it in the same way, and leaves nothing of it. What the dialect notes of a
    /// database is as in the other one, if there is one.
    fn inspect_scratch(&mut self, schema: &Schema, like: Option<&Inspected>) -> Result<Inspected, Error>;
}

/// Writes the script that turns one database into another.
type Difference = fn(&Inspected, &Inspected, &[Operation], Losses, &Settings) -> Result<String, Refusal>;

/// How a dialect's work is written as a script.
pub(crate) struct Offline {
    /// What stands before everything.
    pub(crate) before: fn(&Settings) -> Vec<String>,
    /// What begins a transaction.
    pub(crate) begin: fn(&Settings) -> Vec<String>,
    /// What ends it.
    pub(crate) commit: &'static [&'static str],
    /// What stands behind everything.
    pub(crate) after: &'static [&'static str],
    /// Makes a script stop, for the reason that is given first, if the SQL behind it gives a number that is not zero.
    pub(crate) guard: fn(&str, &str) -> String,
    /// Makes the lines of a script, each a comment or statements, run only if SQL gives true.
    pub(crate) conditional: fn(&str, &[String]) -> Vec<String>,
    /// How a statement stands to transactions.
    pub(crate) boundary: fn(&str) -> Boundary,
    /// Whether what a statement does, or the last of several, lasts no longer than its transaction.
    pub(crate) ends_with_transaction: fn(&str) -> bool,
    /// The facts that scripts are planned with, as a text.
    pub(crate) note: Option<&'static str>,
    /// Plans operations without looking at a database.
    pub(crate) plan: fn(&[Operation], &mut Schema, Direction) -> Result<Pieces, Refusal>,
    /// A name in quotes.
    pub(crate) quoted: fn(&str) -> String,
    /// How it is noted what others write.
    pub(crate) capture: Capture,
    /// The statements of some work; nothing for a step.
    pub(crate) statements: fn(&Work) -> Vec<String>,
    /// The script that turns one database into another. Rows stay, and what they need is filled with neutral values.
    pub(crate) difference: Difference,
}

/// How scripts for a dialect are written, if this build can.
pub(crate) fn offline(dialect: Dialect) -> Option<&'static Offline> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Some(&sqlite::OFFLINE),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Some(&postgres::OFFLINE),
        #[cfg(feature = "mysql")]
        Dialect::Mysql => Some(&mysql::OFFLINE),
        #[allow(unreachable_patterns)]
        _ => None,
    }
}

/// Some work as its statements, and what is no statement as comments.
fn shown(work: &Work, statements: fn(&Work) -> Vec<String>) -> Vec<String> {
    match work {
        Work::Verify(it) => vec![format!("-- stops if rows of `{}` {}", it.table, it.problem)],
        Work::Step { name } => vec![format!("-- runs the step `{name}`")],
        Work::Batches(it) => vec![it.preview()],
        work => statements(work),
    }
}

/// An error in our own words.
fn said(message: &str) -> DieselError {
    DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
}

/// A text in single quotes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text in single quotes, as a dialect reads it.
pub(crate) fn literal_for(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Mysql => literal(&text.replace('\\', "\\\\")),
        _ => literal(text),
    }
}

/// The SQL that somebody wrote, as a dialect reads it.
fn sql_text<'a>(sql: &'a Sql, dialect: Dialect, what: &str) -> Result<&'a str, String> {
    sql.text(dialect).ok_or_else(|| format!("{what} has no SQL for {dialect}: add `.{}(\"…\")`", dialect.name()))
}

/// Bytes as two digits each.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
