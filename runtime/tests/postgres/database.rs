//! Throwaway databases on a real server, and programs to migrate them.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use migratable::inspect::{Inspected, inspect, inspect_scratch};
use migratable::revision::*;
use migratable::{Direction, Error, Migrator, Options, Report, Revision};
use migratable_core::{Operation, Schema};

pub type Db = PgConnection;
pub type Program = Migrator<Db>;
type Record = fn(&mut Operations);

fn server() -> String {
    std::env::var("MIGRATABLE_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

/// A database of its own name that goes with this value.
pub struct Throwaway {
    name: String,
    pub url: String,
}

impl Throwaway {
    pub fn new() -> Throwaway {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("migratable_test_{}_{count}", std::process::id());
        connect(&server()).batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).unwrap();
        let server = server();
        let (host, _) = server.rsplit_once('/').expect("the URL names a database");
        Throwaway { url: format!("{host}/{name}"), name }
    }

    pub fn connect(&self) -> Db {
        connect(&self.url)
    }

    /// Runs a script by `psql`, as a person does.
    pub fn psql(&self, script: &str) -> Result<(), String> {
        let mut client = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        client.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let done = client.wait_with_output().unwrap();
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        let dropped = connect(&server()).batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        drop(dropped);
    }
}

fn connect(url: &str) -> Db {
    PgConnection::establish(url)
        .unwrap_or_else(|error| panic!("these tests need a PostgreSQL server at {url}: {error}"))
}

pub fn nothing(_: &mut Operations) {}

/// A revision behind another; the checksum is made from the identifier.
pub fn revision(id: &'static str, after: &'static [&'static str], upgrade: Record, downgrade: Record) -> Revision {
    Revision {
        id,
        after,
        depends_on: &[],
        labels: &[],
        message: "a change",
        file: "x.rs",
        checksum: format!("v1:{id}").leak(),
        steps_checksum: None,
        upgrade,
        downgrade,
    }
}

/// A program of revisions `r1`, `r2`… in a line.
pub fn line(changes: &[(Record, Record)]) -> Program {
    let mut revisions = Vec::new();
    for (at, (upgrade, downgrade)) in changes.iter().enumerate() {
        let id: &'static str = format!("r{}", at + 1).leak();
        let after: &'static [&'static str] = if at == 0 { &[] } else { vec![&*format!("r{at}").leak()].leak() };
        revisions.push(revision(id, after, *upgrade, *downgrade));
    }
    Migrator::new(revisions.leak())
}

pub fn down(program: &Program, db: &mut Db, target: &str) -> Result<Report, Error> {
    program.downgrade(db, target, &Options::default())
}

pub fn run(db: &mut Db, statements: &str) {
    db.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

#[derive(diesel::QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct Value {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// The first column of every row.
pub fn values(db: &mut Db, query: &str) -> Vec<String> {
    let query = format!("WITH q(value) AS ({query}) SELECT coalesce(CAST(value AS TEXT), 'NULL') AS value FROM q");
    let rows: Vec<Value> = sql_query(&query).load(db).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.value).collect()
}

/// The schema after some revisions, replayed by core alone.
pub fn replay(program: &Program, also: &[Operation]) -> Schema {
    let mut schema = Schema::default();
    let all = program.revisions().iter().flat_map(|it| it.operations(Direction::Upgrade));
    for operation in all.chain(also.iter().cloned()) {
        operation.apply(&mut schema).unwrap_or_else(|error| panic!("{operation}: {error}"));
    }
    schema
}

/// Asserts that a database is as a schema says, both read by the same reader.
pub fn assert_is(db: &mut Db, schema: &Schema, what: &str) {
    let found = inspect(db).unwrap();
    let expected = inspect_scratch(db, schema).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_same(&found, &expected, what);
}

pub fn assert_same(found: &Inspected, expected: &Inspected, what: &str) {
    assert_eq!(found.schema.enums, expected.schema.enums, "{what}");
    let names = |it: &Inspected| it.schema.tables.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}");
    for (name, table) in &found.schema.tables {
        let mut table = table.clone();
        let mut wanted = expected.schema.tables[name].clone();
        for table in [&mut table, &mut wanted] {
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        }
        assert_eq!(table, wanted, "{what}");
    }
}
