//! MySQL and MariaDB.

mod alter;
mod capture;
mod catalogue;
mod clocks;
mod convert;
mod ddl;
mod dependents;
mod difference;
mod encryption;
mod flavour;
mod foreseen;
mod impact;
mod inspect;
mod introspect;
mod open;
mod plan;
mod rights;
mod row;
mod scratch;
mod session;
mod shown;
mod types;
mod undone;
mod url;
mod verify;

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::mysql::MysqlConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::{RunQueryDsl, sql_query};
use migratable_core::{Dialect, Operation, Schema, TableName};

use self::flavour::{Flavour, Surroundings};
use super::{Boundary, Connection, Database, Offline, Work, transactions};
use crate::error::{Error, Stop};
use crate::impact::{Impact, RowCount, Situation};
use crate::inspect::Inspected;
use crate::migrator::Direction;
use crate::plan::{Pieces, Refusal};
use crate::settings::{HistoryTable, Settings};

pub(crate) use self::open::open;

impl Database for MysqlConnection {}

impl Connection for MysqlConnection {
    type Session = session::Session;
    type Facts = Surroundings;

    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn is_transactional(&self) -> bool {
        false
    }

    fn catalogue(&mut self, operations: &[&Operation], statement: &str) -> QueryResult<Vec<String>> {
        catalogue::texts(self, operations, statement)
    }

    fn is_undone(&mut self, statement: &str) -> QueryResult<bool> {
        undone::is_undone(self, statement)
    }

    fn takes_rows_back(&mut self, statement: Option<&str>) -> QueryResult<bool> {
        catalogue::takes_rows_back(self, statement)
    }

    fn enter(&mut self, settings: &Settings) -> Result<session::Session, Error> {
        session::enter(self, settings)
    }

    fn leave(&mut self, session: &session::Session) {
        session::leave(self, session);
    }

    /// Nothing: changes of tables are in no transaction, and the lock of the session keeps others out. What works on
    /// rows begins its own.
    fn begin(&mut self, _: &Settings, _: &session::Session) -> Result<(), Error> {
        Ok(())
    }

    fn begin_rows(&mut self) -> QueryResult<()> {
        session::begin(self)
    }

    fn commit(&mut self) -> QueryResult<()> {
        session::commit(self)
    }

    fn rollback(&mut self) {
        transactions::rollback(self);
    }

    fn rollback_whole(&mut self) -> Option<bool> {
        session::rollback_whole(self)
    }

    fn before_step(&mut self) -> QueryResult<()> {
        session::before_step(self)
    }

    fn after_step(&mut self, session: &session::Session, step: &str) -> Result<(), Stop> {
        session::after_step(self, session, step)
    }

    fn after_sql(&mut self, session: &session::Session) -> Result<(), Stop> {
        session::after_sql(self, session)
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.batch_execute(sql)
    }

    fn change(&mut self, sql: &str) -> QueryResult<u64> {
        sql_query(sql).execute(self).map(|rows| rows as u64)
    }

    fn rows(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>> {
        let rows: Vec<row::Row> = sql_query(sql).load(self)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// The words of the error are in the language of the server, and Diesel keeps no number: the server is asked again.
    fn is_missing_history(&mut self, error: &DieselError, history: &HistoryTable) -> bool {
        let missing = format!(
            "SELECT 1 FROM DUAL WHERE DATABASE() IS NOT NULL AND NOT EXISTS (SELECT 1 FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = '{}')",
            history.name
        );
        matches!(error, DieselError::DatabaseError(..)) && self.rows(&missing).is_ok_and(|rows| !rows.is_empty())
    }

    /// Readers do not wait for writers here.
    fn is_busy(&self, _: &DieselError) -> bool {
        false
    }

    /// Diesel keeps no number; the session speaks English.
    fn is_contended(&self, error: &DieselError) -> bool {
        session::is_contended(error)
    }

    fn facts(&mut self) -> QueryResult<Surroundings> {
        Surroundings::ask(self)
    }

    fn note(&self, facts: &Surroundings) -> Option<String> {
        Some(facts.note())
    }

    fn noted(&self, note: &str, now: &Surroundings) -> Option<Surroundings> {
        Some(Surroundings::noted(note, now.flavour))
    }

    fn plan(
        surroundings: &Surroundings,
        operations: &[Operation],
        schema: &mut Schema,
        direction: Direction,
    ) -> Result<Pieces, Refusal> {
        plan::plan(operations, schema, direction.into(), surroundings)
    }

    fn perform(&mut self, work: &Work) -> Result<(), Stop> {
        match work {
            Work::Statement(sql) => self.execute(sql).map_err(|error| Stop::at(sql, error)),
            Work::Fill { sql, undo } => session::fill(self, sql, undo),
            Work::Verify(it) => it.perform(self),
            Work::Begin => self.begin_rows().map_err(|error| Stop::at("BEGIN", error)),
            Work::Commit => session::commit(self).map_err(|error| Stop::at("COMMIT", error)),
            Work::CheckReferences { .. } => Ok(()),
            Work::Step { name } => Err(Stop::refused(format!("`{name}` is no SQL"))),
            Work::Batches(_) | Work::LastBatch(_) | Work::EndBatches(_) => {
                Err(Stop::refused("this is done batch by batch"))
            }
            #[cfg(feature = "sqlite")]
            Work::Rebuild(_) => Err(Stop::refused("MySQL makes no table anew")),
        }
    }

    /// A view or trigger that a change breaks cannot be told before the change is made for good.
    fn impact(&mut self, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
        impact::of(self, sql, around)
    }

    fn count(&mut self, table: &TableName) -> QueryResult<Option<RowCount>> {
        impact::count(self, table)
    }

    fn broken_dependents(&mut self) -> QueryResult<BTreeMap<String, String>> {
        Ok(BTreeMap::new())
    }

    fn inspect(&mut self) -> Result<Inspected, Error> {
        inspect::inspect(self)
    }

    fn inspect_scratch(&mut self, schema: &Schema, like: Option<&Inspected>) -> Result<Inspected, Error> {
        scratch::inspect(self, schema, like)
    }
}

/// Scripts for the `mariadb` and `mysql` clients, which stop at the first error. A statement that fails leaves what the
/// ones before it did.
pub(super) const OFFLINE: Offline = Offline {
    before: session::begin_script,
    begin: |_| Vec::new(),
    commit: &[],
    after: &[session::DROP_GUARD, session::UNLOCK],
    guard,
    conditional,
    // Nothing is in one that could not be.
    boundary: |_| Boundary::Inside,
    ends_with_transaction: |_| false,
    note: None,
    plan: |operations, schema, direction| {
        plan::plan(operations, schema, direction.into(), &Surroundings::none(Flavour::USUAL))
    },
    statements,
    quoted: ddl::quoted,
    capture: capture::CAPTURE,
    difference: difference::script,
};

/// Makes a script stop if a number is not zero. The reason stands in the failing statement.
fn guard(stops_if: &str, number: &str) -> String {
    format!("INSERT INTO migratable_guard VALUES ({}, {number})", types::text(stops_if))
}

/// Prepares each statement only if it is to be run: the clients know no condition, and a routine would need a privilege.
/// Where a transaction begins and ends is no matter, and cannot be prepared everywhere.
fn conditional(condition: &str, lines: &[String]) -> Vec<String> {
    let mut out = vec![format!("SET @migratable_open = {condition};")];
    for line in lines {
        if line.starts_with("-- ") || ["START TRANSACTION;", "COMMIT;"].contains(&line.as_str()) {
            out.push(line.clone());
            continue;
        }
        let sql = types::text(line.trim_end().trim_end_matches(';'));
        out.push(format!("SET @migratable_statement = IF(@migratable_open, {sql}, 'DO 0');"));
        out.push("PREPARE migratable_statement FROM @migratable_statement;".to_owned());
        out.push("EXECUTE migratable_statement;".to_owned());
    }
    out.push("DEALLOCATE PREPARE migratable_statement;".to_owned());
    out
}

fn statements(work: &Work) -> Vec<String> {
    match work {
        Work::Statement(sql) => vec![sql.clone()],
        Work::Batches(it) => it.fill(None).into_iter().collect(),
        Work::Verify(it) => {
            let stops_if = format!("rows of {} {}", it.table, it.problem);
            vec![guard(&stops_if, &format!("(SELECT COUNT(*) FROM ({}) AS offending)", it.query))]
        }
        Work::Fill { sql, .. } => vec![sql.clone()],
        Work::Begin => vec!["START TRANSACTION".to_owned()],
        Work::Commit => vec!["COMMIT".to_owned()],
        _ => Vec::new(),
    }
}
