//! Databases on a PostgreSQL server.

use std::io::Write;
use std::process::{Command, Stdio};

use migratable::Dialect;
use migratable::diesel::connection::SimpleConnection;
use migratable::diesel::{Connection, PgConnection};
use migratable::inspect::{Inspected, inspect, inspect_scratch};
use migratable_core::Schema;

pub use super::shared::programs::{Program, down, line, nothing, one, replay, run, values};
pub use super::throwaway::{Throwaway, throwaway};

pub type Db = PgConnection;
pub const DIALECT: Dialect = Dialect::Postgres;
/// The message of every revision.
pub const MESSAGE: &str = "a change";
/// A collation that is not the default.
pub const COLLATION: &str = "C";

fn server() -> String {
    std::env::var("MIGRATABLE_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

pub fn url(database: &str) -> String {
    let server = server();
    let (host, _) = server.rsplit_once('/').expect("the URL names a database");
    format!("{host}/{database}")
}

pub fn connect(url: &str) -> Db {
    PgConnection::establish(url)
        .unwrap_or_else(|error| panic!("these tests need a PostgreSQL server at {url}: {error}"))
}

/// Makes a database.
pub fn create(name: &str) {
    run(&mut connect(&server()), &format!("CREATE DATABASE {name} TEMPLATE template0"));
}

/// Drops a database, whoever is in it.
pub fn remove(name: &str) {
    let dropped = connect(&server()).batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
    drop(dropped);
}

impl Throwaway {
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

/// Runs a script by the database's own client, as a person does.
pub fn client(db: &mut Throwaway, script: &str) -> Result<(), String> {
    db.psql(script)
}

/// A query that gives the first column of another as text.
pub fn as_texts(query: &str) -> String {
    format!("WITH q(value) AS ({query}) SELECT coalesce(CAST(value AS TEXT), 'NULL') AS value FROM q")
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

/// Two connections to one empty database, and what must stay as long as they are used.
pub fn two() -> (Box<dyn std::any::Any>, Db, Db) {
    let database = throwaway();
    let connections = (connect(&database.url), connect(&database.url));
    (Box::new(database), connections.0, connections.1)
}
