//! Throwaway databases on a running server, and programs to migrate them.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::{Connection, MysqlConnection, RunQueryDsl, sql_query};
use migratable::revision::*;
use migratable::{Direction, Error, Migrator, Options, Report, Revision};
use migratable_core::{Operation, Schema, Table};

pub type Db = MysqlConnection;
pub type Program = Migrator<Db>;
type Record = fn(&mut Operations);

/// A database of its own, dropped at the end.
pub struct Throwaway {
    pub name: String,
    connection: Db,
}

/// The user, host and port of the server.
pub fn server() -> (String, String, String) {
    let url = server_url();
    let address = url.rsplit("://").next().unwrap_or_default();
    let (user, place) = address.split_once('@').unwrap_or(("root", address));
    let (host, port) = place.split_once(':').unwrap_or((place, "3306"));
    let user = user.split(':').next().unwrap_or(user);
    (user.to_owned(), host.to_owned(), port.to_owned())
}

/// The server's URL, without a database.
fn server_url() -> String {
    let url = std::env::var("MIGRATABLE_MYSQL_URL").unwrap_or_else(|_| "mysql://root@127.0.0.1:3306/".to_owned());
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
    url[..end].to_owned()
}

/// A connection to a database of the server.
pub fn connect(database: &str) -> Db {
    let server = server_url();
    MysqlConnection::establish(&format!("{server}/{database}"))
        .unwrap_or_else(|error| panic!("no MySQL or MariaDB answers; set MIGRATABLE_MYSQL_URL: {error}"))
}

/// An empty database.
pub fn throwaway() -> Throwaway {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("migratable_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = connect("");
    run(&mut connection, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4; USE {name}"));
    Throwaway { name, connection }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        // A test that has failed may have left a transaction open here.
        let _ = connect("").batch_execute(&format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}

impl Deref for Throwaway {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.connection
    }
}

impl DerefMut for Throwaway {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.connection
    }
}

pub fn nothing(_: &mut Operations) {}

/// A revision behind another; the checksum is made from the identifier.
pub fn revision(id: &'static str, after: &'static [&'static str], upgrade: Record, downgrade: Record) -> Revision {
    Revision {
        id,
        after,
        depends_on: &[],
        labels: &[],
        message: "it's a \\ change",
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
#[diesel(check_for_backend(diesel::mysql::Mysql))]
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
    let query =
        format!("WITH q(value) AS ({query} LIMIT 100000) SELECT COALESCE(CAST(value AS CHAR), 'NULL') AS value FROM q");
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
pub fn fresh(schema: &Schema) -> Throwaway {
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
    let mut db = throwaway();
    line(&[(|op| FRESH.with_borrow(|it| op.operations.extend(it.iter().cloned())), nothing)]).upgrade(&mut db).unwrap();
    db
}
