//! SQLite databases.

use std::cell::RefCell;
use std::io::Write;
use std::process::{Command, Stdio};

use migratable::diesel::{Connection, SqliteConnection};
use migratable::{Dialect, Migrator, Revision};
use migratable_core::Schema;

pub use super::fresh::fresh;
use super::reader::assert_same;
pub use super::shared::programs::{Program, down, line, nothing, one, replay, revision, run, values};

pub type Db = SqliteConnection;
pub type Throwaway = Db;
pub const DIALECT: Dialect = Dialect::Sqlite;
/// The message of every revision.
pub const MESSAGE: &str = "a change";
/// A collation that is not the default.
pub const COLLATION: &str = "NOCASE";

/// An empty database in memory; foreign keys are on.
pub fn memory() -> Db {
    let mut db = SqliteConnection::establish(":memory:").unwrap();
    assert_eq!(one(&mut db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1");
    db
}

/// An empty database, as the shared tests call it.
pub fn throwaway() -> Throwaway {
    memory()
}

pub fn open(path: &std::path::Path) -> Db {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

pub fn program(revisions: Vec<Revision>) -> Program {
    Migrator::new(revisions.leak())
}

thread_local! {
    /// They go with the test.
    static FOLDERS: RefCell<Vec<tempfile::TempDir>> = RefCell::default();
}

/// Runs a script by the database's own client, as a person does: on a file, which the connection is to from then on.
pub fn client(db: &mut Db, script: &str) -> Result<(), String> {
    let made = tempfile::tempdir().unwrap();
    let folder = made.path().to_owned();
    FOLDERS.with_borrow_mut(|folders| folders.push(made));
    run(db, &format!("VACUUM INTO '{}'", folder.join("app.db").display()));
    let mut shell = Command::new("sqlite3");
    shell.arg("app.db").current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = shell.wait_with_output().unwrap();
    *db = open(&folder.join("app.db"));
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    assert_eq!(left, ["app.db"]);
    Ok(())
}

/// A query that gives the first column of another as text.
pub fn as_texts(query: &str) -> String {
    format!("WITH q(value) AS ({query}) SELECT coalesce(CAST(value AS TEXT), 'NULL') AS value FROM q")
}

/// Asserts that a database is as a schema says, with no reference that points nowhere.
pub fn assert_is(db: &mut Db, schema: &Schema, what: &str) {
    assert_same(db, &mut fresh(schema), what);
    assert_eq!(values(db, "SELECT count(*) FROM pragma_foreign_key_check"), ["0"], "{what}");
    assert_eq!(one(db, "SELECT foreign_keys FROM pragma_foreign_keys"), "1", "{what}");
}

/// Two connections to one empty database, and what must stay as long as they are used.
pub fn two() -> (Box<dyn std::any::Any>, Db, Db) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let connections = (open(&path), open(&path));
    (Box::new(folder), connections.0, connections.1)
}
