//! The state of a connection while revisions are run on it.

use std::time::{Duration, Instant, SystemTime};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};

use super::ddl;
use crate::dialect::transactions::{depth, rollback, rollback_inner};
use crate::dialect::{Connection, literal, said};
use crate::error::{Error, Stop};
use crate::executor::cannot_begin;
use crate::settings::{Settings, milliseconds};

/// What keeps two deployers of a history apart: it stands in the first schema, or in one that is set. The number is the
/// first bytes of "migratable".
fn lock_key(settings: &Settings) -> String {
    let schema = settings.history.schema.as_deref().map_or("current_schema()".to_owned(), literal);
    format!("hashtextextended(coalesce({schema}, ''), 7883946363647713634)")
}

/// Takes the lock until the transaction of a script ends. It does not wait: who makes an index CONCURRENTLY, and has the
/// lock, would wait for it.
fn lock_statement(settings: &Settings) -> String {
    format!(
        "DO $migratable$ BEGIN IF NOT pg_try_advisory_xact_lock({}) THEN \
         RAISE EXCEPTION 'another process migrates this database'; END IF; END $migratable$;",
        lock_key(settings)
    )
}

/// Who has the lock, in the words of the server.
fn lock_holder(database: &mut PgConnection, settings: &Settings) -> Option<String> {
    let query = format!(
        "SELECT concat('process ', pid, ' of ', usename, coalesce(' from ' || client_addr, ''), \
         ', in a transaction since ', coalesce(xact_start, state_change)) \
         FROM (SELECT {} AS key) AS lock JOIN pg_locks ON locktype = 'advisory' AND granted AND objsubid = 1 \
         AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295 \
         JOIN pg_stat_activity USING (pid) WHERE pg_locks.database = (SELECT oid FROM pg_database \
         WHERE datname = current_database()) LIMIT 1",
        lock_key(settings)
    );
    database.rows(&query).ok()?.into_iter().flatten().flatten().next()
}

/// How a transaction of a script begins: with what a session sets.
pub(super) fn begin_script(settings: &Settings) -> Vec<String> {
    let begin = [
        "BEGIN ISOLATION LEVEL READ COMMITTED;",
        "SET LOCAL TimeZone = 'UTC';",
        "SET LOCAL standard_conforming_strings = on;",
        "SET LOCAL client_min_messages = warning;",
    ];
    let timeouts = timeouts(settings).map(|(name, value)| format!("SET LOCAL {name} = {};", literal(&value)));
    begin.map(str::to_owned).into_iter().chain(timeouts).chain([lock_statement(settings)]).collect()
}

/// The settings of PostgreSQL that limit how long is waited, as far as there are limits.
fn timeouts(settings: &Settings) -> impl Iterator<Item = (&'static str, String)> {
    let all = [("lock_timeout", settings.lock_timeout), ("statement_timeout", settings.statement_timeout)];
    all.into_iter().filter_map(|(name, timeout)| Some((name, format!("{}ms", milliseconds(timeout?)))))
}

/// Lets everything be checked that would wait for the end of the transaction.
pub(super) const CHECK_NOW: &str = "SET CONSTRAINTS ALL IMMEDIATE";

/// What is set while revisions run: times are those of UTC, literals are what they look like, and a
/// transaction that has waited sees what it has waited for.
const SETTINGS: [(&str, &str); 3] =
    [("TimeZone", "UTC"), ("standard_conforming_strings", "on"), ("default_transaction_isolation", "read committed")];

/// What a connection was like before: the settings and their values.
pub struct Session {
    settings: Vec<(String, String)>,
    /// SQL that gives whether it is still this session.
    is_same: String,
    /// The number of the lock, if it is to outlive transactions.
    held: Option<String>,
    /// Whether what the server says is in English.
    speaks_english: bool,
}

fn set<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let set = settings.into_iter().map(|(name, value)| format!("set_config('{name}', {}, false)", literal(value)));
    format!("SELECT {}", set.collect::<Vec<_>>().join(", "))
}

pub(super) fn enter(database: &mut PgConnection, settings: &Settings) -> Result<Session, Error> {
    let in_transaction = || Error::InTransaction { why: "revisions need transactions of their own" };
    if depth(database) > 0 {
        return Err(in_transaction());
    }
    let failed = |source| Error::Database { doing: "get the connection ready", source };
    let usual = SETTINGS.map(|(name, value)| (name, value.to_owned()));
    let wanted: Vec<(&str, String)> = usual.into_iter().chain(timeouts(settings)).collect();
    let names = || wanted.iter().map(|(name, _)| *name).chain(["lc_messages"]);
    let values: Vec<String> = names().map(|name| format!("current_setting('{name}')")).collect();
    let own = own_word();
    let is_same = format!("coalesce(current_setting('migratable.session', true) = {own}, false)");
    let failed = |error: DieselError| match () {
        () if is_of_pooler(&error) => Error::Pooler,
        () if error.to_string().contains(OPEN_TRANSACTION) => in_transaction(),
        () => failed(error),
    };
    let ask = format!(
        "SELECT set_config('migratable.session', {own}, false), {}, current_setting('is_superuser')",
        values.join(", ")
    );
    let row = database.rows(&ask).map_err(failed)?.into_iter().next();
    let mut values: Vec<String> = row.into_iter().flatten().skip(1).map(Option::unwrap_or_default).collect();
    let may_set_language = values.pop().is_some_and(|it| it == "on");
    let speaks_english = may_set_language || values.last().is_some_and(|it| is_english(it));
    let before = names().map(str::to_owned).zip(values).collect();
    // Diesel does not know of a transaction that SQL has begun: it is older than these statements.
    let same = ddl::block(&format!(
        "BEGIN IF NOT {is_same} THEN RAISE EXCEPTION '{OTHER_SESSION}'; END IF; \
         IF now() <> statement_timestamp() THEN RAISE EXCEPTION '{OPEN_TRANSACTION}'; END IF; {IN_ENGLISH} END"
    ));
    let set = set(wanted.iter().map(|(name, value)| (*name, value.as_str())));
    database.batch_execute(&format!("{same}; {set}")).map_err(failed)?;
    Ok(Session { settings: before, is_same, held: None, speaks_english })
}

/// Whether the messages of a locale are those that stand in the server's source.
fn is_english(locale: &str) -> bool {
    matches!(locale, "C" | "POSIX") || ["C.", "en", "English"].iter().any(|prefix| locale.starts_with(prefix))
}

/// Runs a statement. Diesel tells no other code of the server than that of a transaction to try again: where the words
/// for it are foreign, who waits for a lock for too long, or for ever, gets that.
pub(super) fn run(database: &mut PgConnection, session: &Session, sql: &str) -> QueryResult<()> {
    if session.speaks_english || depth(database) == 0 {
        return database.execute(sql);
    }
    database.execute(&ddl::block(&format!(
        "BEGIN EXECUTE {}; EXCEPTION WHEN lock_not_available OR deadlock_detected THEN \
         RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = SQLERRM; END",
        literal(sql)
    )))
}

/// Lets the server say in English what it says, for that tells what may be tried again. Not everybody may set that.
const IN_ENGLISH: &str = "BEGIN PERFORM set_config('lc_messages', 'C', false); \
                          EXCEPTION WHEN insufficient_privilege THEN NULL; END;";

/// What the server says when a session has become another one between two statements.
const OTHER_SESSION: &str = "migratable: this is another session";

/// What the server says when the lock of the session is not held any more.
const FREED: &str = "migratable: the lock was freed";

/// What the server says when a transaction is open that SQL has begun.
const OPEN_TRANSACTION: &str = "migratable: a transaction is open";

/// A text that no other session has set.
fn own_word() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    literal(&format!("{}.{}", std::process::id(), now.as_nanos()))
}

/// Whether an error shows that a pooler gives the connection another session after each transaction: what was set, or what
/// was prepared a moment ago, is not there.
fn is_of_pooler(error: &DieselError) -> bool {
    let said = error.to_string();
    said.contains(OTHER_SESSION) || (said.contains("prepared statement") && said.contains("does not exist"))
}

pub(super) fn leave(database: &mut PgConnection, session: &Session) {
    rollback(database);
    let before = session.settings.iter().map(|(name, value)| format!("({}, {})", literal(name), literal(value)));
    let unlock = session.held.as_ref().map(|key| format!("SELECT pg_advisory_unlock({key}); "));
    let restored = database.batch_execute(&format!(
        "{}SELECT set_config(name, value, false) FROM (VALUES {}) AS before (name, value) \
         WHERE current_setting(name) <> value",
        unlock.unwrap_or_default(),
        before.collect::<Vec<_>>().join(", ")
    ));
    // Only the settings of this connection; if even that fails, it is gone.
    drop(restored);
}

/// How long to wait for another process where the server waits for every lock without end.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it is waited before the lock is asked for again, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(200)];

/// Begins a transaction, and waits until nobody else migrates. A setting that ends with the transaction tells whether
/// it is still the same one. Nothing is open while it waits: who makes an index CONCURRENTLY would wait for that. A pooler
/// may have given the connection another session meanwhile.
pub(super) fn begin(database: &mut PgConnection, settings: &Settings, session: &Session) -> Result<(), Error> {
    if let Some(key) = &session.held {
        return begin_again(database, session, key);
    }
    let begun = Instant::now();
    let mut pause = PAUSES[0];
    let ask = format!(
        "SELECT set_config('migratable.transaction', 'open', true), pg_try_advisory_xact_lock({}), \
         round(1000 * extract(epoch FROM current_setting('lock_timeout')::interval))::bigint, {}",
        lock_key(settings),
        session.is_same
    );
    loop {
        AnsiTransactionManager::begin_transaction_sql(database, "BEGIN").map_err(cannot_begin)?;
        let asked = database.rows(&ask).inspect_err(|_| rollback(database)).map_err(cannot_begin);
        let row = asked?.into_iter().next().unwrap_or_default();
        let [_, locked, timeout, is_same] = <[Option<String>; 4]>::try_from(row).unwrap_or_default();
        if is_same.as_deref() != Some("true") {
            rollback(database);
            return Err(Error::Pooler);
        }
        if locked.as_deref() == Some("true") {
            return Ok(());
        }
        rollback(database);
        let limit = timeout.and_then(|it| it.parse().ok()).filter(|it| *it > 0).map_or(PATIENCE, Duration::from_millis);
        if begun.elapsed() >= limit {
            let holder = lock_holder(database, settings).map_or(String::new(), |holder| format!(", {holder}"));
            let waited = begun.elapsed().as_secs_f32();
            let message = format!("waited {waited:.1} s: another process migrates this database{holder}");
            return Err(cannot_begin(said(&message)));
        }
        std::thread::sleep(pause);
        pause = PAUSES[1].min(pause * 2);
    }
}

/// Keeps the lock until the end of the session: it is asked for within a transaction that has it.
pub(super) fn hold(database: &mut PgConnection, settings: &Settings, session: &mut Session) -> QueryResult<()> {
    if session.held.is_some() {
        return Ok(());
    }
    // The number is kept: the first schema may be another one at the end.
    let key = database.rows(&format!("SELECT {}", lock_key(settings)))?.into_iter().flatten().flatten().next();
    let key = key.unwrap_or_default();
    database.batch_execute(&format!("SELECT pg_advisory_lock({key})"))?;
    session.held = Some(key);
    Ok(())
}

/// Takes the lock of a session again, which SQL may have freed; tells whether it was still held. Nobody else can have come
/// in: the transaction has the same lock, and no SQL frees that.
fn taken_again(key: &str) -> String {
    format!("pg_advisory_unlock({key}), pg_try_advisory_lock({key})")
}

/// Begins a transaction of a session that has the lock, and takes the lock for it too; all that is asked goes with the
/// statement that begins it.
fn begin_again(database: &mut PgConnection, session: &Session, key: &str) -> Result<(), Error> {
    let stops = |why: &str| format!("CAST(concat('{why}', now()) AS integer)::text");
    let begin = format!(
        "BEGIN; SELECT CASE WHEN NOT {} THEN {} \
         WHEN pg_try_advisory_xact_lock({key}) AND (true, true) = ({}) \
         THEN set_config('migratable.transaction', 'open', true) ELSE {} END",
        session.is_same,
        stops(OTHER_SESSION),
        taken_again(key),
        stops(FREED)
    );
    AnsiTransactionManager::begin_transaction_sql(database, &begin).map_err(|error| {
        // Diesel knows of no transaction then.
        drop(database.batch_execute("ROLLBACK"));
        match () {
            () if is_of_pooler(&error) => Error::Pooler,
            () if error.to_string().contains(FREED) => cannot_begin(said(
                "something in the one before, a trigger perhaps, freed the lock that lets one process at a time migrate \
                 this database, as pg_advisory_unlock_all() does: let it free no other locks than its own; what was done \
                 is whole",
            )),
            () => cannot_begin(error),
        }
    })
}

/// Keeps everybody else away on, whatever locks somebody's SQL has freed.
pub(super) fn after_sql(database: &mut PgConnection, session: &Session) -> Result<(), Stop> {
    let Some(key) = &session.held else { return Ok(()) };
    let again = format!("SELECT {}", taken_again(key));
    database.batch_execute(&again).map_err(|error| Stop::at(&again, error))
}

pub(super) fn commit(database: &mut PgConnection) -> QueryResult<()> {
    AnsiTransactionManager::commit_transaction(database)
}

/// Stops if a step has ended the transaction, by Diesel or by SQL, which Diesel does not count.
pub(super) fn after_step(database: &mut PgConnection, session: &Session, step: &str) -> Result<(), Stop> {
    let left_open = rollback_inner(database);
    let also = session.held.as_ref().map_or(String::new(), |key| format!(", {}", taken_again(key)));
    match is_open(database, &also)? {
        true if left_open => Err(Stop::refused(format!("the step `{step}` did not end a transaction that it began"))),
        true => Ok(()),
        false => Err(Stop::ended_by(step)),
    }
}

fn is_open(database: &mut PgConnection, also: &str) -> QueryResult<bool> {
    let ask = format!("SELECT coalesce(current_setting('migratable.transaction', true), ''){also}");
    let rows = database.rows(&ask)?;
    Ok(rows.into_iter().flatten().flatten().any(|text| text == "open"))
}

/// Lets everything be checked that waits for the end of the transaction; a table cannot be changed before.
pub(super) fn check_references(database: &mut PgConnection) -> Result<(), Stop> {
    if !is_open(database, "")? {
        let message = "a statement ended the transaction by COMMIT or ROLLBACK";
        return Err(Stop { ended: true, ..Stop::refused(message) });
    }
    database.batch_execute(CHECK_NOW).map_err(|error| Stop::at(CHECK_NOW, error))?;
    let deferred = database.rows(
        "SELECT string_agg(DISTINCT format('%I.%I', nspname, conname), ', ') FROM pg_constraint \
         JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE condeferred AND conparentid = 0",
    )?;
    if let Some(names) = deferred.into_iter().flatten().flatten().next() {
        let later = format!("SET CONSTRAINTS {names} DEFERRED");
        database.batch_execute(&later).map_err(|error| Stop::at(&later, error))?;
    }
    Ok(())
}
