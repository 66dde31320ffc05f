//! A copy of a SQLite database, made before anything is changed.

use std::path::PathBuf;

use migratable_core::Dialect;

use crate::error::Error;

/// Where the copy of a database goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backup {
    /// Beside the file of the database, under its name with the time behind it: `app.db.backup-20260131T120000Z`.
    Beside,
    /// To this file, which must not be there yet; or into this folder, under such a name.
    To(PathBuf),
}

/// Refuses what is asked of a server.
pub(crate) fn check(asked: Option<&Backup>, dialect: Dialect) -> Result<(), Error> {
    let tool = match dialect {
        Dialect::Sqlite => return Ok(()),
        Dialect::Postgres => "pg_dump -Fc -f blog.dump URL",
        Dialect::Mysql => "mariadb-dump --single-transaction --routines --result-file=blog.sql blog",
    };
    let why =
        format!("only SQLite is copied here; copy {dialect} by its own tool, as in `{tool}`, and run this without");
    if asked.is_some() { Err(Error::Backup { why }) } else { Ok(()) }
}
