//! The state of a connection while revisions are run on it.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use crate::dialect::Connection;
use crate::dialect::transactions::{depth, rollback, rollback_inner};
use crate::error::{Error, Stop};
use crate::settings::{Settings, milliseconds};

/// How long to wait for another process, in milliseconds, on a connection that does not wait by itself.
const PATIENCE: u32 = 60_000;

/// How a script gets the connection of the `sqlite3` shell ready.
pub(super) fn before_script(settings: &Settings) -> Vec<String> {
    let timeout = settings.lock_timeout.map(|timeout| format!(".timeout {}", milliseconds(timeout)));
    let lines = [".bail on", "PRAGMA foreign_keys = OFF;", "PRAGMA legacy_alter_table = OFF;"];
    timeout.into_iter().chain(lines.map(str::to_owned)).collect()
}

/// What a connection was like before.
pub struct Session {
    foreign_keys: bool,
    legacy_alter_table: bool,
    busy_timeout: String,
    /// Whether the file of the journal stays from one transaction to the next.
    keeps_journal: bool,
}

/// Foreign keys are off while tables are made anew: the implicit DELETE of a DROP TABLE would take rows along that
/// refer to it. The pragma does nothing inside of a transaction.
pub(super) fn enter(database: &mut SqliteConnection, settings: &Settings) -> Result<Session, Error> {
    if depth(database) > 0 {
        return Err(Error::InTransaction {
            why: "SQLite cannot switch foreign keys off inside of one, and rows would be lost",
        });
    }
    let failed = |source| Error::Database { doing: "get the connection ready", source };
    // As plain statements: a query over them would read the database, which another process may hold.
    let mut read = |pragma: &str| -> Result<String, Error> {
        let rows = database.rows(&format!("PRAGMA {pragma}")).map_err(failed)?;
        Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
    };
    let session = Session {
        foreign_keys: read("foreign_keys")? == "1",
        legacy_alter_table: read("legacy_alter_table")? == "1",
        busy_timeout: read("busy_timeout")?,
        keeps_journal: false,
    };
    let mut set = "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = OFF;".to_owned();
    let usual = (session.busy_timeout == "0").then_some(PATIENCE);
    if let Some(patience) = settings.lock_timeout.map(milliseconds).or(usual) {
        set.push_str(&format!("PRAGMA busy_timeout = {patience};"));
    }
    database.batch_execute(&set).map_err(failed)?;
    Ok(session)
}

/// Making and deleting the journal's file is a tenth of what a small transaction costs.
pub(super) fn expect_many(database: &mut SqliteConnection, session: &mut Session) {
    // It is only for speed: what does not answer, or says something else, stays as it is.
    if mode(database, "PRAGMA journal_mode").as_deref() == Some("delete") {
        session.keeps_journal = mode(database, "PRAGMA journal_mode = PERSIST").as_deref() == Some("persist");
    }
}

fn mode(database: &mut SqliteConnection, pragma: &str) -> Option<String> {
    database.rows(pragma).ok().and_then(|rows| rows.into_iter().flatten().flatten().next())
}

pub(super) fn leave(database: &mut SqliteConnection, session: &Session) {
    rollback(database);
    // A revision may have set another mode.
    if session.keeps_journal && mode(database, "PRAGMA journal_mode").as_deref() == Some("persist") {
        // An ended journal that is left does no harm.
        drop(database.batch_execute("PRAGMA journal_mode = DELETE"));
    }
    let pragma = |flag: bool| if flag { "ON" } else { "OFF" };
    let restored = database.batch_execute(&format!(
        "PRAGMA foreign_keys = {}; PRAGMA legacy_alter_table = {}; PRAGMA busy_timeout = {}",
        pragma(session.foreign_keys),
        pragma(session.legacy_alter_table),
        session.busy_timeout
    ));
    // These pragmas only set flags of the connection; there is nothing to do about it if even that fails.
    drop(restored);
}

pub(super) fn begin(database: &mut SqliteConnection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(database, "BEGIN IMMEDIATE")
}

pub(super) fn commit(database: &mut SqliteConnection) -> QueryResult<()> {
    AnsiTransactionManager::commit_transaction(database)
}

/// A savepoint is gone as soon as the transaction around it has ended, whatever was begun since, by Diesel or by SQL,
/// which Diesel does not count.
pub(super) fn before_step(database: &mut SqliteConnection) -> QueryResult<()> {
    database.batch_execute("SAVEPOINT migratable_step")
}

pub(super) fn after_step(database: &mut SqliteConnection, step: &str) -> Result<(), Stop> {
    let left_open = rollback_inner(database);
    match database.batch_execute("RELEASE migratable_step") {
        Ok(()) if left_open => Err(Stop::refused(format!("the step `{step}` did not end a transaction that it began"))),
        Ok(()) => Ok(()),
        Err(error) if error.to_string().contains("no such savepoint") => {
            // What is open then must be what Diesel believes to be open: that is rolled back behind this.
            let believed = if depth(database) > 0 { "BEGIN" } else { "ROLLBACK" };
            // It fails where the two agree already.
            drop(database.batch_execute(believed));
            Err(Stop::ended_by(step))
        }
        Err(error) => Err(Stop::at("RELEASE migratable_step", error)),
    }
}
