//! PostgreSQL.

mod capture;
mod casts;
mod ddl;
mod difference;
mod domains;
mod impact;
mod inspect;
mod introspect;
mod losses;
mod numbers;
mod open;
mod outside;
mod plan;
mod scratch;
mod session;
mod texts;
mod types;
mod verify;

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::{Pg, PgConnection, PgValue};
use diesel::result::{DatabaseErrorKind, Error as DieselError, QueryResult};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{BigInt, Bool, Integer, SmallInt, Text};
use diesel::{RunQueryDsl, sql_query};
use migratable_core::{Dialect, Operation, Schema, TableName};

use self::plan::Surroundings;
use super::{Connection, Database, Offline, Trace, Work, transactions};
use crate::error::{Error, Stop};
use crate::impact::{Impact, RowCount, Situation};
use crate::inspect::Inspected;
use crate::migrator::Direction;
use crate::plan::{Pieces, Refusal};
use crate::settings::{HistoryTable, Settings};

pub(crate) use self::open::open;

/// A row whose values are all read as text.
struct Row(Vec<Option<String>>);

impl QueryableByName<Pg> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Row> {
        let value = |at: usize| {
            let field = diesel::row::Row::get(row, at);
            field.as_ref().and_then(Field::value).map(as_text).transpose()
        };
        Ok(Row((0..row.field_count()).map(value).collect::<deserialize::Result<_>>()?))
    }
}

/// A value of one of the types that queries here give back: PostgreSQL sends it in its binary form.
fn as_text(value: PgValue<'_>) -> deserialize::Result<String> {
    const BOOLEAN: u32 = 16;
    const INT8: u32 = 20;
    const INT2: u32 = 21;
    const INT4: u32 = 23;
    Ok(match value.get_oid().get() {
        BOOLEAN => <bool as FromSql<Bool, Pg>>::from_sql(value)?.to_string(),
        INT8 => <i64 as FromSql<BigInt, Pg>>::from_sql(value)?.to_string(),
        INT2 => <i16 as FromSql<SmallInt, Pg>>::from_sql(value)?.to_string(),
        INT4 => <i32 as FromSql<Integer, Pg>>::from_sql(value)?.to_string(),
        _ => <String as FromSql<Text, Pg>>::from_sql(value)?,
    })
}

impl Database for PgConnection {}

impl Connection for PgConnection {
    type Session = session::Session;
    type Facts = Surroundings;

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn trace(&mut self, sql: &str) -> QueryResult<Trace> {
        outside::trace(self, sql)
    }

    fn hold(&mut self, settings: &Settings, session: &mut session::Session) -> QueryResult<()> {
        session::hold(self, settings, session)
    }

    fn enter(&mut self, settings: &Settings) -> Result<session::Session, Error> {
        session::enter(self, settings)
    }

    fn leave(&mut self, session: &session::Session) {
        session::leave(self, session);
    }

    fn begin(&mut self, settings: &Settings, session: &session::Session) -> Result<(), Error> {
        session::begin(self, settings, session)
    }

    fn commit(&mut self) -> QueryResult<()> {
        session::commit(self)
    }

    fn rollback(&mut self) {
        transactions::rollback(self);
    }

    /// The transaction bears a mark of its own already.
    fn before_step(&mut self) -> QueryResult<()> {
        Ok(())
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
        let rows: Vec<Row> = sql_query(sql).load(self)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn is_missing_history(&mut self, error: &DieselError, history: &HistoryTable) -> bool {
        // The words are in the language of the server; only an unknown name has a place in the statement.
        matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, information)
            if information.message().contains(&*history.name) && information.statement_position().is_some())
    }

    fn is_busy(&self, _: &DieselError) -> bool {
        // Readers wait for nobody.
        false
    }

    /// Diesel keeps no SQLSTATE of the other two. A session speaks English, or gives all of them the first.
    fn is_contended(&self, error: &DieselError) -> bool {
        let said = error.to_string();
        matches!(error, DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _))
            || said.contains("due to lock timeout")
            || said.contains("deadlock detected")
    }

    fn facts(&mut self) -> QueryResult<Surroundings> {
        let dependents = "SELECT 1 WHERE EXISTS (SELECT FROM pg_class WHERE relkind IN ('v', 'm') AND oid >= 16384) \
                          OR EXISTS (SELECT FROM pg_policy) OR EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal) \
                          OR EXISTS (SELECT FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384) \
                          OR EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)";
        Ok(Surroundings {
            has_dependents: !self.rows(dependents)?.is_empty(),
            domains: domains::read(introspect::domains(self)?, str::to_owned),
            ..Surroundings::default()
        })
    }

    fn note(&self, facts: &Surroundings) -> Option<String> {
        Some(format!("{}\n{}", facts.has_dependents, domains::note(&facts.domains)))
    }

    fn noted(&self, note: &str, now: &Surroundings) -> Option<Surroundings> {
        let mut lines = note.lines();
        let has_dependents = lines.next()?.parse().ok()?;
        Some(Surroundings { has_dependents, domains: domains::noted(lines), ..now.clone() })
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
            Work::Verify(it) => it.perform(self),
            Work::CheckReferences { .. } => session::check_references(self),
            Work::Step { name } => Err(Stop::refused(format!("`{name}` is no SQL"))),
            Work::Batches(_) | Work::LastBatch(_) | Work::EndBatches(_) => {
                Err(Stop::refused("this is done batch by batch"))
            }
            Work::Begin | Work::Commit => Ok(()),
            #[allow(unreachable_patterns)]
            _ => Err(Stop::refused("this is no work for PostgreSQL")),
        }
    }

    fn perform_in(&mut self, session: &session::Session, work: &Work) -> Result<(), Stop> {
        match work {
            Work::Statement(sql) => session::run(self, session, sql).map_err(|error| Stop::at(sql, error)),
            work => self.perform(work),
        }
    }

    fn impact(&mut self, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
        impact::of(self, sql, around)
    }

    fn count(&mut self, table: &TableName) -> QueryResult<Option<RowCount>> {
        impact::count(self, table)
    }

    fn broken_dependents(&mut self) -> QueryResult<BTreeMap<String, String>> {
        // PostgreSQL lets nothing go that a view needs.
        Ok(BTreeMap::new())
    }

    fn inspect(&mut self) -> Result<Inspected, Error> {
        inspect::inspect(self)
    }

    fn inspect_scratch(&mut self, schema: &Schema, _: Option<&Inspected>) -> Result<Inspected, Error> {
        scratch::inspect(self, schema)
    }
}

/// Scripts for `psql`.
pub(super) const OFFLINE: Offline = Offline {
    before: |_| vec!["\\set ON_ERROR_STOP on".to_owned()],
    begin: session::begin_script,
    guard: verify::guard,
    commit: &["COMMIT;"],
    after: &[],
    conditional,
    boundary: outside::boundary,
    ends_with_transaction: outside::ends_with_transaction,
    note: Some("true"),
    plan: |operations, schema, direction| plan::plan(operations, schema, direction.into(), &Surroundings::unknown()),
    statements,
    quoted: ddl::quoted,
    capture: capture::CAPTURE,
    difference: difference::script,
};

/// Lets `psql` skip the lines.
fn conditional(condition: &str, lines: &[String]) -> Vec<String> {
    let mut out = vec![format!("SELECT {condition} AS migratable_open \\gset"), "\\if :migratable_open".to_owned()];
    out.extend_from_slice(lines);
    out.push("\\endif".to_owned());
    out
}

fn statements(work: &Work) -> Vec<String> {
    match work {
        Work::Statement(sql) => vec![sql.clone()],
        Work::Batches(it) => it.fill(None).into_iter().collect(),
        Work::Verify(it) => vec![verify::guard_rows(it)],
        Work::CheckReferences { .. } => vec![session::CHECK_NOW.to_owned()],
        _ => Vec::new(),
    }
}
