//! The state of a connection while revisions are run on it.

use std::fmt::Display;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::mysql::MysqlConnection;
use diesel::result::{Error as DieselError, QueryResult};
use migratable_core::Dialect;

use super::ddl::quoted;
use super::types::text;
use crate::dialect::transactions::{depth, rollback, rollback_inner};
use crate::dialect::{Connection, said};
use crate::error::{Error, Stop};
use crate::script::UNFINISHED;
use crate::settings::{Settings, milliseconds, seconds};

/// How long to wait for another process, in seconds.
const PATIENCE: u32 = 60;

/// Values that do not fit are errors, texts are written with `||` joined and backslashes doubled, and a 0 stays one in a
/// numbered column.
pub(super) const SET_MODE: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,\
                                   NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT';";

/// The same, but that the server takes what is next to a value that does not fit.
pub(super) const SET_LENIENT_MODE: &str =
    "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT';";

/// Remembers the database that is migrated, for a step may turn to another, and the name of the lock that keeps two who
/// migrate it apart. The lock goes with the connection.
pub(super) const REMEMBER: &str = "SET @migratable_database = DATABASE(), @migratable_lock = CONCAT('migratable ', MD5(DATABASE())), \
     @migratable_session = 1;";

/// Gives the lock back.
pub(super) const UNLOCK: &str = "DO RELEASE_LOCK(@migratable_lock);";

/// Makes the table that stops a script when a number that is not zero is written to it.
pub(super) const GUARD: &str =
    "CREATE TEMPORARY TABLE migratable_guard (stops_if TEXT, found BIGINT, CONSTRAINT stopped CHECK (found = 0));";

/// Takes it away.
pub(super) const DROP_GUARD: &str = "DROP TEMPORARY TABLE migratable_guard;";

/// How a script gets the connection ready, and waits until nobody else migrates.
pub(super) fn begin_script(settings: &Settings) -> Vec<String> {
    let lock = format!(
        "INSERT INTO migratable_guard VALUES ('another process migrates this database', \
         COALESCE(GET_LOCK(@migratable_lock, {}), 0) <> 1);",
        patience(settings)
    );
    let before = set_script(settings).into_iter().chain([GUARD.to_owned(), REMEMBER.to_owned(), lock]);
    before.chain(stop_if_unfinished(settings)).collect()
}

/// Stops a script where a revision was stopped in the middle of its work: no script knows how far it came. The journal
/// that knows may not be there.
fn stop_if_unfinished(settings: &Settings) -> [String; 4] {
    let journal = settings.history.journal();
    let count = format!(
        "INSERT INTO migratable_guard SELECT {}, COUNT(*) FROM {}",
        text(UNFINISHED),
        journal.sql(Dialect::Mysql)
    );
    [
        format!(
            "SET @migratable_unfinished = (SELECT IF(COUNT(*) = 0, 'DO 0', {}) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = {});",
            text(&count),
            text(&journal.name)
        ),
        "PREPARE migratable_unfinished FROM @migratable_unfinished;".to_owned(),
        "EXECUTE migratable_unfinished;".to_owned(),
        "DEALLOCATE PREPARE migratable_unfinished;".to_owned(),
    ]
}

/// What a script sets.
pub(super) fn set_script(settings: &Settings) -> Vec<String> {
    let waits = settings.lock_timeout.map_or(String::new(), |timeout| waits(seconds(timeout)));
    vec![
        "-- A statement that fails leaves what the ones before it did.".to_owned(),
        "SET NAMES utf8mb4;".to_owned(),
        format!("SET time_zone = '+00:00'{waits}{};", statement_limit(settings)),
        SET_MODE.to_owned(),
    ]
}

/// How long to wait for another process, in seconds.
fn patience(settings: &Settings) -> u32 {
    settings.lock_timeout.map_or(PATIENCE, seconds)
}

/// Part of a SET: how long to wait for tables and for rows.
fn waits(seconds: impl Display) -> String {
    format!(", SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}")
}

/// Part of a SET: how long a statement may take.
fn statement_limit(settings: &Settings) -> String {
    let limit = |timeout| {
        let milliseconds = milliseconds(timeout);
        set_statement_limit(&format!("{milliseconds}e-3"), &milliseconds.to_string())
    };
    settings.statement_timeout.map_or(String::new(), limit)
}

/// MariaDB counts it in seconds, MySQL in milliseconds and for queries only; each server reads nothing but its own.
fn set_statement_limit(mariadb: &str, mysql: &str) -> String {
    format!("/*M! , SESSION max_statement_time = {mariadb} *//*!50708 , SESSION max_execution_time = {mysql} */")
}

/// What a connection was like before.
pub struct Session {
    database: String,
    /// How long to wait for another process, in seconds.
    patience: u32,
    sql_mode: String,
    foreign_key_checks: String,
    lock_wait_timeout: String,
    innodb_lock_wait_timeout: String,
    statement_limit: String,
    lc_messages: String,
}

/// Whether a transaction is open; MySQL does not say.
fn is_in_transaction(database: &mut MysqlConnection) -> bool {
    let said = database.rows("SELECT @@in_transaction");
    depth(database) > 0 || said.is_ok_and(|rows| rows.into_iter().flatten().flatten().any(|value| value == "1"))
}

/// Changes of tables commit whatever is open, so that nothing may be. One process at a time migrates a database.
pub(super) fn enter(database: &mut MysqlConnection, settings: &Settings) -> Result<Session, Error> {
    if is_in_transaction(database) {
        return Err(Error::InTransaction { why: "MySQL commits it at the first change of a table" });
    }
    let failed = |source| Error::Database { doing: "get the connection ready", source };
    let rows = database
        .rows(
            "SELECT @@SESSION.sql_mode, @@SESSION.foreign_key_checks, @@SESSION.lock_wait_timeout, \
             @@SESSION.innodb_lock_wait_timeout, \
             /*M! @@SESSION.max_statement_time *//*!50708 @@SESSION.max_execution_time */, @@SESSION.lc_messages, \
             DATABASE()",
        )
        .map_err(failed)?;
    let mut values = rows.into_iter().flatten();
    let mut next = || values.next().flatten();
    let patience = patience(settings);
    let mut session = Session {
        database: String::new(),
        patience,
        sql_mode: next().unwrap_or_default(),
        foreign_key_checks: next().unwrap_or_default(),
        lock_wait_timeout: next().unwrap_or_default(),
        innodb_lock_wait_timeout: next().unwrap_or_default(),
        statement_limit: next().unwrap_or_default(),
        lc_messages: next().unwrap_or_default(),
    };
    let Some(name) = next() else {
        return Err(failed(said("no database is in use: name one in the URL, as in mysql://user@host/database")));
    };
    session.database = name;
    database.batch_execute(REMEMBER).map_err(failed)?;
    if !take_lock(database, patience).map_err(failed)? {
        let holder = lock_holder(database).map_or(String::new(), |holder| format!(": {holder}"));
        return Err(Error::Database {
            doing: "wait until another process has migrated this database",
            source: said(&format!("it still holds the lock after {patience} seconds{holder}")),
        });
    }
    let rows = if settings.lock_timeout.is_some() {
        waits(patience)
    } else {
        format!(", SESSION lock_wait_timeout = {patience}")
    };
    // What the server says tells what may be tried again.
    let english = "SESSION lc_messages = 'en_US'";
    let set = format!("{SET_MODE} SET SESSION foreign_key_checks = 1, {english}{rows}{}", statement_limit(settings));
    match database.batch_execute(&set) {
        Ok(()) => Ok(session),
        Err(error) => {
            leave(database, &session);
            Err(failed(error))
        }
    }
}

/// Waits for the lock; tells whether it came in time.
fn take_lock(database: &mut MysqlConnection, patience: u32) -> QueryResult<bool> {
    let answer = database.rows(&format!("SELECT GET_LOCK(@migratable_lock, {patience})"))?;
    Ok(answer.into_iter().flatten().flatten().any(|value| value == "1"))
}

/// Whether an error says that others stood in the way.
pub(super) fn is_contended(error: &DieselError) -> bool {
    let said = error.to_string();
    ["Lock wait timeout exceeded", "Deadlock found", "NOWAIT is set"].iter().any(|words| said.contains(words))
}

/// Who has the lock, as far as this user may know.
fn lock_holder(database: &mut MysqlConnection) -> Option<String> {
    let query = "SELECT CONCAT_WS('', 'connection ', id, ' of ', user, ' from ', host) \
                 FROM information_schema.processlist WHERE id = IS_USED_LOCK(@migratable_lock)";
    let found = database.rows(query).ok().and_then(|rows| rows.into_iter().flatten().flatten().next());
    let number = |database: &mut MysqlConnection| {
        let rows = database.rows("SELECT CONCAT('connection ', IS_USED_LOCK(@migratable_lock))").ok()?;
        rows.into_iter().flatten().flatten().next()
    };
    found.or_else(|| number(database))
}

pub(super) fn leave(database: &mut MysqlConnection, session: &Session) {
    rollback(database);
    let restored = database.batch_execute(&format!(
        "{UNLOCK} USE {}; \
         SET SESSION sql_mode = {}, SESSION foreign_key_checks = {}, SESSION lock_wait_timeout = {}, \
         SESSION innodb_lock_wait_timeout = {}, SESSION lc_messages = {}, @migratable_session = NULL, \
         @migratable_batch = NULL{}",
        quoted(&session.database),
        text(&session.sql_mode),
        session.foreign_key_checks,
        session.lock_wait_timeout,
        session.innodb_lock_wait_timeout,
        text(&session.lc_messages),
        set_statement_limit(&session.statement_limit, &session.statement_limit)
    ));
    // This fails only with the connection, and the lock goes with it.
    drop(restored);
}

/// Begins a transaction for what works on rows.
pub(super) fn begin(database: &mut MysqlConnection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction(database)
}

/// Ends the transaction, if one is open.
pub(super) fn commit(database: &mut MysqlConnection) -> QueryResult<()> {
    if depth(database) == 0 { Ok(()) } else { AnsiTransactionManager::commit_transaction(database) }
}

/// Takes back what is open, and tells whether that is all. The server warns of tables that are in no transaction.
pub(super) fn rollback_whole(database: &mut MysqlConnection) -> Option<bool> {
    if depth(database) == 0 {
        return None;
    }
    // Only what reads a table makes the server forget what it has said before.
    let has_forgotten = database.rows("SELECT 1 FROM information_schema.character_sets LIMIT 0").is_ok();
    rollback(database);
    let warnings = database.rows("SELECT @@warning_count").ok().filter(|_| has_forgotten)?;
    Some(warnings.into_iter().flatten().flatten().all(|count| count == "0"))
}

/// Fills what was added for it, and takes that away again if the server refuses a value. What only waited for others may be
/// tried again.
pub(super) fn fill(database: &mut MysqlConnection, sql: &str, undo: &[String]) -> Result<(), Stop> {
    let Err(error) = database.batch_execute(sql) else { return Ok(()) };
    let in_part = rollback_whole(database) == Some(false);
    let is_final = !undo.is_empty() && !is_contended(&error);
    let undone = is_final && undo.iter().all(|sql| database.batch_execute(sql).is_ok());
    Err(Stop { undone, in_part, ..Stop::at(sql, error) })
}

/// Stops behind SQL that somebody wrote if the connection is no longer what it was.
pub(super) fn after_sql(database: &mut MysqlConnection, session: &Session) -> Result<(), Stop> {
    stays(database, session, "a statement")
}

/// Stops if another database is in use than the one that is migrated: what follows, the history too, would go there. The
/// same if the lock is free: another process may be at work already.
fn stays(database: &mut MysqlConnection, session: &Session, what: &str) -> Result<(), Stop> {
    const ASK: &str = "SELECT DATABASE() <=> @migratable_database, IS_USED_LOCK(@migratable_lock) <=> CONNECTION_ID()";
    let row = database.rows(ASK).map_err(|error| Stop::at(ASK, error))?.into_iter().flatten();
    let holds: Vec<bool> = row.map(|value| value.as_deref() == Some("1")).collect();
    let (is_here, is_alone) = (holds.first() == Some(&true), holds.get(1) == Some(&true));
    // What follows, the journal too, goes where it belongs, and is done by one process at a time.
    if !is_here {
        let back = format!("USE {}", quoted(&session.database));
        database.batch_execute(&back).map_err(|error| Stop::at(&back, error))?;
    }
    let is_alone_again = is_alone || {
        // Who has the lock may wait for what the transaction holds.
        rollback(database);
        take_lock(database, session.patience).map_err(Stop::from)?
    };
    if !is_here {
        return Err(Stop::refused(format!(
            "{what} turned the connection to another database by USE; name the table with its database instead, as in \
             `other.table`"
        )));
    }
    if !is_alone {
        let taken = if is_alone_again { "" } else { "; another process has it since" };
        return Err(Stop::refused(format!(
            "{what} freed the lock that lets one process at a time migrate this database, as RELEASE_ALL_LOCKS() does: \
             free no other locks than its own, by RELEASE_LOCK('its name'){taken}"
        )));
    }
    Ok(())
}

/// A savepoint is gone as soon as the transaction around it has ended, by Diesel, by SQL, or by a change of a table.
pub(super) fn before_step(database: &mut MysqlConnection) -> QueryResult<()> {
    database.batch_execute("SAVEPOINT migratable_step")
}

pub(super) fn after_step(database: &mut MysqlConnection, session: &Session, step: &str) -> Result<(), Stop> {
    let left_open = rollback_inner(database);
    match database.batch_execute("RELEASE SAVEPOINT migratable_step") {
        Ok(()) if left_open => Err(Stop::refused(format!("the step `{step}` did not end a transaction that it began"))),
        Ok(()) => stays(database, session, &format!("the step `{step}`")),
        // The server's words are in its own language; a connection that goes on lacks nothing but the savepoint.
        Err(_) if database.batch_execute("DO 0").is_ok() => Err(Stop::ended_by(step)),
        Err(error) => Err(Stop::at("RELEASE SAVEPOINT migratable_step", error)),
    }
}
