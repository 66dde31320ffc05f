//! SQLite.

mod backup;
mod by_hand;
mod capture;
mod ddl;
mod demands;
mod difference;
mod holder;
mod impact;
mod inspect;
mod introspect;
mod outside;
mod parse;
mod plan;
mod rebuild;
mod references;
mod session;
mod sources;
mod space;
mod spelling;
mod temporal;
mod types;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::result::{DatabaseErrorKind, Error as DieselError, QueryResult};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{RunQueryDsl, sql_query};
use migratable_core::{Dialect, Operation, Schema, TableName};

pub use rebuild::Rebuild;

use super::{Connection, Database, Offline, Trace, Work, literal, shown, tokens, transactions};
use crate::backup::Backup;
use crate::error::{Error, Stop};
use crate::executor::cannot_begin;
use crate::impact::{Impact, RowCount, Situation};
use crate::inspect::Inspected;
use crate::migrator::Direction;
use crate::plan::{Pieces, Refusal};
use crate::settings::{HistoryTable, Settings};

/// A row whose values are all read as text.
struct Row(Vec<Option<String>>);

impl QueryableByName<Sqlite> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Row> {
        let value = |at: usize| match diesel::row::Row::get(row, at).as_ref().and_then(Field::value) {
            Some(value) => <String as FromSql<Text, Sqlite>>::from_sql(value).map(Some),
            None => Ok(None),
        };
        Ok(Row((0..row.field_count()).map(value).collect::<deserialize::Result<_>>()?))
    }
}

impl Database for SqliteConnection {}

impl Connection for SqliteConnection {
    type Session = session::Session;
    /// The STRICT tables.
    type Facts = BTreeSet<String>;

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn trace(&mut self, _: &str) -> QueryResult<Trace> {
        Ok(outside::trace())
    }

    fn enter(&mut self, settings: &Settings) -> Result<session::Session, Error> {
        session::enter(self, settings)
    }

    fn leave(&mut self, session: &session::Session) {
        session::leave(self, session);
    }

    fn expect_many(&mut self, session: &mut session::Session) {
        session::expect_many(self, session);
    }

    fn begin(&mut self, _: &Settings, _: &session::Session) -> Result<(), Error> {
        session::begin(self).map_err(|error| cannot_begin(holder::named(self, error)))
    }

    fn commit(&mut self) -> QueryResult<()> {
        session::commit(self).map_err(|error| holder::named(self, error))
    }

    fn rollback(&mut self) {
        transactions::rollback(self);
    }

    fn before_step(&mut self) -> QueryResult<()> {
        session::before_step(self)
    }

    fn after_step(&mut self, _: &session::Session, step: &str) -> Result<(), Stop> {
        session::after_step(self, step)
    }

    fn back_up(&mut self, backup: &Backup) -> Result<Option<PathBuf>, Error> {
        backup::make(self, backup).map(Some)
    }

    fn version(&mut self) -> QueryResult<i64> {
        let rows = self.rows("PRAGMA data_version")?;
        Ok(rows.into_iter().flatten().flatten().find_map(|text| text.parse().ok()).unwrap_or_default())
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.batch_execute(sql)
    }

    fn change(&mut self, sql: &str) -> QueryResult<u64> {
        sql_query(sql).execute(self).map(|rows| rows as u64)
    }

    fn rows(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>> {
        let rows: Vec<Row> = sql_query(sql).load(self)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn is_missing_history(&mut self, error: &DieselError, _: &HistoryTable) -> bool {
        says(error, "no such table")
    }

    fn is_busy(&self, error: &DieselError) -> bool {
        says(error, "database is locked") || says(error, "database table is locked")
    }

    fn facts(&mut self) -> QueryResult<BTreeSet<String>> {
        introspect::strict_tables(self)
    }

    fn note(&self, strict: &BTreeSet<String>) -> Option<String> {
        Some(strict.iter().map(String::as_str).collect::<Vec<_>>().join("\n"))
    }

    fn noted(&self, note: &str, _: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        Some(note.lines().map(str::to_owned).collect())
    }

    fn plan(
        strict: &BTreeSet<String>,
        operations: &[Operation],
        schema: &mut Schema,
        direction: Direction,
    ) -> Result<Pieces, Refusal> {
        plan::plan(operations, schema, direction, strict)
    }

    fn perform(&mut self, work: &Work) -> Result<(), Stop> {
        match work {
            Work::Statement(sql) => self.execute(sql).map_err(|error| Stop::at(sql, error)),
            Work::Verify(it) => it.perform(self),
            Work::CheckReferences { at_end } => references::check(self, *at_end),
            Work::Rebuild(rebuild) => rebuild.perform(self),
            Work::Step { name } => Err(Stop::refused(format!("`{name}` is no SQL"))),
            Work::Batches(_) | Work::LastBatch(_) | Work::EndBatches(_) => {
                Err(Stop::refused("this is done batch by batch"))
            }
            Work::Begin | Work::Commit => Ok(()),
            #[cfg(feature = "mysql")]
            Work::Fill { .. } => Err(Stop::refused("SQLite fills a table when it is made anew")),
        }
    }

    fn preview(&mut self, work: &Work) -> QueryResult<Vec<String>> {
        Ok(match work {
            Work::CheckReferences { .. } => vec!["-- stops if a reference points nowhere".to_owned()],
            Work::Rebuild(rebuild) => {
                let mut found = introspect::table(self, &rebuild.before.name.name)?;
                // What notes the changes of others is gone by then.
                if let Some(found) = &mut found {
                    found.dependents.retain(|it| !capture::TRIGGERS.contains(&it.name.as_str()));
                }
                rebuild.preview(found.as_ref())
            }
            work => shown(work, statements),
        })
    }

    fn impact(&mut self, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
        impact::of(self, sql, around)
    }

    fn count(&mut self, table: &TableName) -> QueryResult<Option<RowCount>> {
        impact::count(self, table)
    }

    fn broken_dependents(&mut self) -> QueryResult<BTreeMap<String, String>> {
        introspect::broken(self)
    }

    fn inspect(&mut self) -> Result<Inspected, Error> {
        inspect::inspect(self)
    }

    fn inspect_scratch(&mut self, schema: &Schema, _: Option<&Inspected>) -> Result<Inspected, Error> {
        inspect::scratch(schema)
    }
}

/// Whether SQLite's message begins so; Diesel tells these errors apart by nothing else.
fn says(error: &DieselError, beginning: &str) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, information)
        if information.message().starts_with(beginning))
}

/// Scripts for the `sqlite3` shell.
pub(super) const OFFLINE: Offline = Offline {
    before: session::before_script,
    begin: |_| vec!["BEGIN IMMEDIATE;".to_owned()],
    commit: &["COMMIT;"],
    after: &[],
    guard,
    conditional,
    boundary: outside::boundary,
    ends_with_transaction: |_| false,
    note: Some(""),
    plan: |operations, schema, direction| plan::plan(operations, schema, direction, &BTreeSet::new()),
    statements,
    quoted: ddl::quoted,
    capture: capture::CAPTURE,
    difference: difference::script,
};

/// The file in the current folder through which a script runs what is not done yet.
const PART: &str = "migratable_part.sql";

/// Makes a script stop if a number is not zero. The shell then prints the name of the constraint.
fn guard(stops_if: &str, number: &str) -> String {
    format!(
        "CREATE TEMP TABLE migratable_guard (number INTEGER CONSTRAINT {} CHECK (number = 0));\n\
         INSERT INTO temp.migratable_guard VALUES ({number});\n\
         DROP TABLE temp.migratable_guard",
        ddl::quoted(stops_if)
    )
}

/// Writes the lines into a file if they are to be run, else an empty one, and reads it: the shell knows no other way.
fn conditional(condition: &str, lines: &[String]) -> Vec<String> {
    let text = literal(&(lines.join("\n") + "\n"));
    vec![
        format!("SELECT 1 WHERE writefile('{PART}', CASE WHEN {condition} THEN {text} ELSE '' END) IS NULL;"),
        format!(".read {PART}"),
        format!(".shell rm -f {PART}"),
    ]
}

fn statements(work: &Work) -> Vec<String> {
    match work {
        Work::Statement(sql) => vec![sql.clone()],
        Work::Verify(it) => {
            let stops_if = format!("rows of {} {}", it.table, it.problem);
            vec![guard(&stops_if, &format!("(SELECT count(*) FROM ({}))", it.query))]
        }
        Work::CheckReferences { at_end } => vec![references::offline(*at_end)],
        Work::Rebuild(rebuild) => rebuild.offline(),
        Work::Batches(it) => it.fill(None).into_iter().collect(),
        Work::Step { .. } | Work::LastBatch(_) | Work::EndBatches(_) | Work::Begin | Work::Commit => Vec::new(),
        #[cfg(feature = "mysql")]
        Work::Fill { .. } => Vec::new(),
    }
}
