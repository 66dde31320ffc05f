//! Tests that are the same on every dialect. Each dialect's `database` gives the databases and what it alone knows.

pub mod batches;
pub mod branches;
pub mod changes;
pub mod execute;
pub mod irreversible;
pub mod programs;
pub mod repair;
pub mod rows;
pub mod scripts;
pub mod squash;

use migratable::Dialect;

use crate::database::DIALECT;

/// Whether the dialect has no partial indexes, no indexes on expressions and no text without a length in keys.
pub const MYSQL: bool = matches!(DIALECT, Dialect::Mysql);

/// Of what differs: the part of this dialect.
pub const fn each(sqlite: &'static str, postgres: &'static str, mysql: &'static str) -> &'static str {
    match DIALECT {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
        Dialect::Mysql => mysql,
    }
}
