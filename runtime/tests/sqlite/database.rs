//! Databases and programs to migrate them.

use std::cell::RefCell;

use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use migratable::revision::*;
use migratable::{Direction, Error, Migrator, Options, Report, Revision};
use migratable_core::{Operation, Schema};

pub type Db = SqliteConnection;
pub type Program = Migrator<Db>;
type Record = fn(&mut Operations);

/// An empty database in memory; foreign keys are on.
pub fn memory() -> Db {
    let mut db = SqliteConnection::establish(":memory:").unwrap();
    assert_eq!(one(&mut db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1");
    db
}

pub fn open(path: &std::path::Path) -> Db {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
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

pub fn program(revisions: Vec<Revision>) -> Program {
    Migrator::new(revisions.leak())
}

/// A program of revisions `r1`, `r2`… in a line.
pub fn line(changes: &[(Record, Record)]) -> Program {
    let mut revisions = Vec::new();
    for (at, (upgrade, downgrade)) in changes.iter().enumerate() {
        let id: &'static str = format!("r{}", at + 1).leak();
        let after: &'static [&'static str] = if at == 0 { &[] } else { vec![&*format!("r{at}").leak()].leak() };
        revisions.push(revision(id, after, *upgrade, *downgrade));
    }
    program(revisions)
}

pub fn down(program: &Program, db: &mut Db, target: &str) -> Result<Report, Error> {
    program.downgrade(db, target, &Options::default())
}

pub fn run(db: &mut Db, statements: &str) {
    db.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

#[derive(diesel::QueryableByName)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
struct Value {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// The first column of every row, with commas between rows.
pub fn one(db: &mut Db, query: &str) -> String {
    values(db, query).join(",")
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

thread_local! {
    static FRESH: RefCell<Vec<Operation>> = const { RefCell::new(Vec::new()) };
}

/// A database with that schema, made by nothing but CREATE.
pub fn fresh(schema: &Schema) -> Db {
    let mut left: Vec<_> = schema.tables.values().cloned().collect();
    let mut operations: Vec<Operation> = schema.enums.values().cloned().map(Operation::CreateEnum).collect();
    while !left.is_empty() {
        let names: Vec<_> = left.iter().map(|table| table.name.clone()).collect();
        let ready =
            |table: &Table| table.foreign_keys.iter().all(|it| it.table == table.name || !names.contains(&it.table));
        let at = left.iter().position(ready).expect("no cycles in these tests");
        operations.push(Operation::CreateTable(left.remove(at)));
    }
    FRESH.with_borrow_mut(|it| *it = operations);
    let mut db = memory();
    line(&[(|op| FRESH.with_borrow(|it| op.operations.extend(it.iter().cloned())), nothing)]).upgrade(&mut db).unwrap();
    db
}

pub use migratable_core::Table;
