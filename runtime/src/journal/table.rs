//! The table of the journal: how it is made, read, and taken away.

use diesel::result::QueryResult;
use migratable_core::{Dialect, TableName};

use super::{Progress, Unfinished};
use crate::dialect::{Database, literal_for};
use crate::error::Error;
use crate::history::{self, Statements, in_transactions};
use crate::migrator::{Direction, Revision};
use crate::settings::Settings;

/// The revision that a database has in the middle of its work.
pub(crate) fn read<Db: Database>(database: &mut Db, settings: &Settings) -> Result<Option<Unfinished>, Error> {
    let (dialect, table) = (database.dialect(), settings.history.journal());
    if history::query(database, settings, &table, &Statements::is_there(&table, dialect))?.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT revision, direction, piece, pieces, CAST(begun_at AS CHAR(19)), tool_version, checksum, plan, catalogue, \
         facts, done_key, done_rows, rows_of, steps FROM {}",
        table.sql(dialect)
    );
    let rows = history::query(database, settings, &table, &sql)?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut values = row.into_iter();
    let mut text = || values.next().flatten();
    let mut unfinished = Unfinished {
        revision: text().unwrap_or_default(),
        direction: if text().as_deref() == Some("downgrade") { Direction::Downgrade } else { Direction::Upgrade },
        done: text().and_then(|it| it.parse().ok()).unwrap_or_default(),
        of: text().and_then(|it| it.parse().ok()).unwrap_or_default(),
        begun_at: text().unwrap_or_default(),
        tool_version: text().unwrap_or_default(),
        checksum: text().unwrap_or_default(),
        plan: text().unwrap_or_default(),
        catalogue: text(),
        facts: text(),
        progress: None,
        rows_of: None,
        steps: None,
    };
    let (key, rows) = (text(), text());
    unfinished.rows_of = text().map(|it| TableName::parse(&it));
    unfinished.progress = Progress::read(key, rows, unfinished.rows_of.as_ref());
    unfinished.steps = text();
    Ok(Some(unfinished))
}

fn create(table: &str, dialect: Dialect) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (
    revision VARCHAR(64) NOT NULL PRIMARY KEY,
    direction VARCHAR(9) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    plan VARCHAR(64) NOT NULL,
    piece BIGINT NOT NULL,
    pieces BIGINT NOT NULL,
    catalogue VARCHAR(64),
    facts TEXT,
    done_key TEXT,
    done_rows BIGINT,
    rows_of TEXT,
    steps VARCHAR(64),
    begun_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tool_version VARCHAR(32) NOT NULL
){}",
        in_transactions(dialect)
    )
}

/// What begins the journal of a revision.
pub(super) fn begins(
    table: &str,
    dialect: Dialect,
    (revision, direction): (&Revision, Direction),
    (plan, pieces): (&str, usize),
    facts: Option<&str>,
) -> Vec<String> {
    let values = [
        literal_for(dialect, revision.id),
        literal_for(dialect, direction.word()),
        literal_for(dialect, revision.checksum),
        literal_for(dialect, plan),
        "0".to_owned(),
        pieces.to_string(),
        "CURRENT_TIMESTAMP".to_owned(),
        literal_for(dialect, env!("CARGO_PKG_VERSION")),
        facts.map_or("NULL".to_owned(), |facts| literal_for(dialect, facts)),
        revision.steps_checksum.map_or("NULL".to_owned(), |steps| literal_for(dialect, steps)),
    ];
    let begins = format!(
        "INSERT INTO {table} (revision, direction, checksum, plan, piece, pieces, begun_at, tool_version, facts, \
         steps) \
         VALUES ({})",
        values.join(", ")
    );
    vec![create(table, dialect), begins]
}

/// By what it is known again: the values of its columns in the journal.
pub(super) fn is_of(revision: &Revision, plan: &str, dialect: Dialect) -> String {
    let steps = revision.steps_checksum.map_or("NULL".to_owned(), |steps| literal_for(dialect, steps));
    let [checksum, plan] = [revision.checksum, plan].map(|it| literal_for(dialect, it));
    format!("checksum = {checksum}, plan = {plan}, steps = {steps}")
}

/// Takes away what stands beside a table whose rows were worked on, because a person says what the table is like now.
/// From then on nobody can go on with what was begun.
pub(crate) fn give_up<Db: Database>(database: &mut Db, settings: &Settings, begun: &Unfinished) -> QueryResult<()> {
    let dialect = database.dialect();
    let ends = format!("UPDATE {} SET plan = ''", settings.history.journal().sql(dialect));
    [ends].iter().chain(&begun.clears(dialect)).try_for_each(|sql| database.execute(sql))
}

/// Takes what was begun away, for whoever writes in the same transaction what came of it.
pub(crate) fn clear<Db: Database>(database: &mut Db, settings: &Settings) -> QueryResult<()> {
    let table = settings.history.journal().sql(database.dialect());
    // A table that goes would end the transaction.
    let word = if database.is_transactional() { "DROP TABLE" } else { "DELETE FROM" };
    database.execute(&format!("{word} {table}"))
}

/// Takes the journal away, where that is a change of tables that would keep what is open.
pub(crate) fn forget<Db: Database>(database: &mut Db, settings: &Settings) -> QueryResult<()> {
    if database.is_transactional() {
        return Ok(());
    }
    database.rollback();
    let table = settings.history.journal().sql(database.dialect());
    database.execute(&format!("DROP TABLE IF EXISTS {table}"))
}
