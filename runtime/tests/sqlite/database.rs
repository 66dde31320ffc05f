//! SQLite databases.

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
