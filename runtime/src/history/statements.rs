//! The SQL over the history table.

mod conditional;

use std::collections::BTreeSet;
use std::time::Duration;

use migratable_core::Dialect;

use crate::dialect::literal_for;
use crate::migrator::Revision;
use crate::settings::HistoryTable;

const COLUMNS: &str = "revision, ordinal, message, checksum, steps_checksum, applied_at, duration_ms, tool_version";

/// What makes a table part of transactions, whatever is usual there.
pub(crate) fn in_transactions(dialect: Dialect) -> &'static str {
    if dialect == Dialect::Mysql { " ENGINE = InnoDB" } else { "" }
}

/// The statements over the history table of a database.
pub(crate) struct Statements {
    dialect: Dialect,
    table: String,
    schema: Option<String>,
}

impl Statements {
    pub(crate) fn of(table: &HistoryTable, dialect: Dialect) -> Statements {
        Statements { dialect, table: table.sql(dialect), schema: table.schema_of(dialect).map(str::to_owned) }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn literal(&self, text: &str) -> String {
        literal_for(self.dialect, text)
    }

    /// Makes the table where it is missing, and its schema; a user who may make none may use one that is there.
    pub(crate) fn create(&self) -> Vec<String> {
        let first = match (&self.schema, self.dialect) {
            (Some(schema), _) => Some(format!(
                "DO $migratable$ BEGIN IF to_regnamespace('\"{schema}\"') IS NULL THEN CREATE SCHEMA \"{schema}\"; \
                 END IF; END $migratable$"
            )),
            (None, Dialect::Postgres) => Some(self.stops_elsewhere()),
            (None, _) => None,
        };
        let table = format!(
            "CREATE TABLE IF NOT EXISTS {} (
    revision VARCHAR(64) NOT NULL PRIMARY KEY,
    ordinal BIGINT NOT NULL,
    message TEXT NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    steps_checksum VARCHAR(64),
    applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    duration_ms BIGINT NOT NULL,
    tool_version VARCHAR(32) NOT NULL
){}",
            self.table,
            in_transactions(self.dialect)
        );
        first.into_iter().chain([table]).collect()
    }

    /// Stops where the history is found in another schema than the one in which tables are made now: an empty one would
    /// hide it there.
    fn stops_elsewhere(&self) -> String {
        format!(
            "DO $migratable$ DECLARE there name := (SELECT nspname FROM pg_class JOIN pg_namespace ON \
             pg_namespace.oid = relnamespace WHERE pg_class.oid = to_regclass({})); \
             BEGIN IF there <> current_schema() THEN RAISE EXCEPTION 'the history of this database is in the schema %, and \
             tables would be made in the schema % now: set search_path so that one of them is meant, or name the schema of \
             the history, history-schema = \"%\"', there, current_schema(), there; END IF; END $migratable$",
            self.literal(&self.table)
        )
    }

    /// Gives a row if the table is there.
    pub(crate) fn is_there(table: &HistoryTable, dialect: Dialect) -> String {
        let name = literal_for(dialect, &table.name);
        match dialect {
            Dialect::Sqlite => {
                format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {name} COLLATE NOCASE")
            }
            Dialect::Postgres => {
                format!("SELECT 1 WHERE to_regclass({}) IS NOT NULL", literal_for(dialect, &table.sql(dialect)))
            }
            Dialect::Mysql => format!(
                "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = {name}"
            ),
        }
    }

    /// Reads all of it, in order, and behind each row whether a journal is there.
    pub(crate) fn read(&self, journal: &HistoryTable) -> String {
        format!(
            "SELECT revision, ordinal, message, checksum, steps_checksum, CAST(applied_at AS CHAR(19)), duration_ms, \
             tool_version, {} FROM {} ORDER BY ordinal",
            self.has(journal),
            self.table
        )
    }

    /// Reads the revisions with their checksums, and behind each whether a journal is there.
    pub(crate) fn read_checksums(&self, journal: &HistoryTable) -> String {
        format!("SELECT revision, checksum, {} FROM {}", self.has(journal), self.table)
    }

    fn has(&self, journal: &HistoryTable) -> String {
        format!("CASE WHEN EXISTS ({}) THEN 1 ELSE 0 END", Statements::is_there(journal, self.dialect))
    }

    /// SQL for the number behind the last one.
    pub(crate) fn next_ordinal(&self) -> String {
        // MySQL reads the table that it writes only through another query.
        format!("(SELECT number FROM (SELECT coalesce(max(ordinal), 0) + 1 AS number FROM {}) AS last)", self.table)
    }

    /// Writes the row that records a revision. `ordinal` is a number or SQL for one.
    pub(crate) fn insert(&self, revision: &Revision, ordinal: &str, duration: Duration) -> String {
        let values = self.values(revision, ordinal, duration);
        format!("INSERT INTO {} ({COLUMNS}) VALUES ({values})", self.table)
    }

    /// The same where there is no such row yet.
    pub(crate) fn insert_missing(&self, revision: &Revision) -> String {
        let values = self.values(revision, &self.next_ordinal(), Duration::ZERO);
        let from = if self.dialect == Dialect::Mysql { " FROM DUAL" } else { "" };
        let (table, id) = (&self.table, self.literal(revision.id));
        format!(
            "INSERT INTO {table} ({COLUMNS}) SELECT {values}{from} \
             WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE revision = {id})"
        )
    }

    fn values(&self, revision: &Revision, ordinal: &str, duration: Duration) -> String {
        format!(
            "{}, {ordinal}, {}, {}, {}, CURRENT_TIMESTAMP, {}, {}",
            self.literal(revision.id),
            self.literal(revision.message),
            self.literal(revision.checksum),
            revision.steps_checksum.map_or("NULL".to_owned(), |checksum| self.literal(checksum)),
            duration.as_millis(),
            self.literal(env!("CARGO_PKG_VERSION")),
        )
    }

    /// Takes a database over that has everything for which a revision stands, and changes no other: the last row becomes
    /// that of the revision, and keeps its place and its time, and the others go.
    pub(crate) fn take_over(&self, revision: &Revision) -> Vec<String> {
        let Some((last, others)) = revision.replaces.split_last() else { return Vec::new() };
        let list = |ids: &[&str]| ids.iter().map(|id| self.literal(id)).collect::<Vec<_>>().join(", ");
        let (table, id) = (&self.table, self.literal(revision.id));
        // MySQL reads the table that it changes only through another query.
        let mut statements = vec![format!(
            "UPDATE {table} SET revision = {id}, message = {}, checksum = {}, steps_checksum = {}, tool_version = {} \
             WHERE revision = {} AND {} = (SELECT number FROM (SELECT count(*) AS number FROM {table} \
             WHERE revision IN ({})) AS replaced)",
            self.literal(revision.message),
            self.literal(revision.checksum),
            revision.steps_checksum.map_or("NULL".to_owned(), |checksum| self.literal(checksum)),
            self.literal(env!("CARGO_PKG_VERSION")),
            self.literal(last),
            revision.replaces.len(),
            list(revision.replaces),
        )];
        if !others.is_empty() {
            statements.push(format!(
                "DELETE FROM {table} WHERE revision IN ({}) AND EXISTS (SELECT 1 FROM (SELECT revision FROM {table} \
                 WHERE revision = {id}) AS taken_over)",
                list(others),
            ));
        }
        statements
    }

    /// Takes a revision as it is now for what was applied.
    pub(crate) fn accept(&self, revision: &Revision) -> String {
        format!(
            "UPDATE {} SET checksum = {}, steps_checksum = {} WHERE revision = {}",
            self.table,
            self.literal(revision.checksum),
            revision.steps_checksum.map_or("NULL".to_owned(), |checksum| self.literal(checksum)),
            self.literal(revision.id),
        )
    }

    /// Takes the row of a revision away.
    pub(crate) fn delete(&self, revision: &str) -> String {
        format!("DELETE FROM {} WHERE revision = {}", self.table, self.literal(revision))
    }

    /// Takes the rows of all other revisions away.
    pub(crate) fn delete_others(&self, revisions: &[String]) -> String {
        format!("DELETE FROM {}{}", self.table, self.others(revisions))
    }

    /// SQL for the number of rows of other revisions.
    pub(crate) fn count_others(&self, revisions: &[String]) -> String {
        format!("(SELECT count(*) FROM {}{})", self.table, self.others(revisions))
    }

    fn others(&self, revisions: &[String]) -> String {
        let list: Vec<String> = revisions.iter().map(|id| self.literal(id)).collect();
        if list.is_empty() { String::new() } else { format!(" WHERE revision NOT IN ({})", list.join(", ")) }
    }

    /// Why a script that begins at these revisions stops, and SQL that gives zero where exactly they and all that comes
    /// before them are applied.
    pub(crate) fn stands_elsewhere(&self, at: &[String], applied: &BTreeSet<String>) -> (String, String) {
        let stops_if = |at: &str| format!("the database is not at {at}, where this script begins");
        if applied.is_empty() {
            return (stops_if("the base"), format!("(SELECT count(*) FROM {})", self.table));
        }
        let ids: Vec<String> = applied.iter().map(|id| self.literal(id)).collect();
        let number = format!(
            "(SELECT abs(count(*) - {}) + count(CASE WHEN revision NOT IN ({}) THEN 1 END) FROM {})",
            ids.len(),
            ids.join(", "),
            self.table
        );
        (stops_if(&at.join(", ")), number)
    }
}
