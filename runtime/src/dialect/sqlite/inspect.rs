//! A whole SQLite database as a schema.

use diesel::sqlite::SqliteConnection;
use migratable_core::Schema;

use crate::error::Error;
use crate::inspect::Inspected;

/// Reads the tables and indexes of the main database.
pub(super) fn inspect(_database: &mut SqliteConnection) -> Result<Inspected, Error> {
    todo!()
}

/// Makes a schema in memory and reads it.
pub(super) fn scratch(_schema: &Schema) -> Result<Inspected, Error> {
    todo!()
}
