//! Schema migrations that the compiler enforces.
//!
//! This is the crate that applications and revisions name. Without a database feature it holds only what deriving
//! models needs, and nothing of Diesel; with one it holds the [`Migrator`], which runs revisions on a connection.

#![deny(missing_docs)]

#[cfg(all(feature = "database", not(any(feature = "sqlite", feature = "postgres", feature = "mysql"))))]
compile_error!("turn on the feature of a database: `sqlite`, `postgres` or `mysql`");

#[cfg(feature = "database")]
mod advice;
#[cfg(feature = "database")]
mod any;
#[cfg(feature = "database")]
mod backup;
#[cfg(feature = "database")]
mod batches;
#[cfg(feature = "database")]
mod dialect;
#[cfg(feature = "database")]
mod error;
#[cfg(feature = "database")]
mod event;
#[cfg(feature = "database")]
mod executor;
#[cfg(feature = "database")]
mod given;
#[cfg(feature = "database")]
mod history;
#[cfg(feature = "database")]
mod impact;
#[cfg(feature = "database")]
pub mod inspect;
#[cfg(feature = "database")]
mod journal;
#[cfg(feature = "database")]
mod migrator;
mod model;
#[cfg(feature = "database")]
mod parts;
#[cfg(feature = "database")]
mod plan;
#[cfg(feature = "database")]
mod repair;
#[cfg(feature = "database")]
pub mod revision;
#[cfg(feature = "database")]
pub mod rows;
#[cfg(feature = "database")]
mod script;
#[cfg(feature = "database")]
mod settings;
#[cfg(feature = "database")]
mod stamp;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod stranded;
#[cfg(feature = "database")]
mod takeover;
#[cfg(feature = "database")]
pub mod testing;

// The crates of field types, for rows that have some.
#[cfg(feature = "bigdecimal")]
#[doc(hidden)]
pub use bigdecimal;
#[cfg(feature = "chrono")]
#[doc(hidden)]
pub use chrono;
#[cfg(feature = "database")]
pub use diesel;
#[cfg(feature = "ipnetwork")]
#[doc(hidden)]
pub use ipnetwork;
#[cfg(feature = "serde_json")]
#[doc(hidden)]
pub use serde_json;
#[cfg(feature = "time")]
#[doc(hidden)]
pub use time;
#[cfg(feature = "uuid")]
#[doc(hidden)]
pub use uuid;
// Diesel's macros look for a crate called `diesel`; in a migrations package that does not name it, this one is it.
#[cfg(feature = "database")]
#[doc(hidden)]
pub use diesel::*;
pub use migratable_core::Dialect;
#[cfg(feature = "database")]
pub use migratable_macros::revisions;
pub use migratable_macros::{Migratable, schema};

#[cfg(feature = "database")]
pub use any::AnyConnection;
#[cfg(feature = "database")]
pub use backup::Backup;
#[cfg(feature = "database")]
pub use batches::BatchSettings;
#[cfg(feature = "database")]
pub use dialect::Database;
#[cfg(feature = "database")]
pub use error::{Cause, Error, Failure, OffendingRows};
#[cfg(feature = "database")]
pub use event::{Event, Observer};
#[cfg(feature = "database")]
pub use executor::{Done, Options, Report};
#[cfg(feature = "database")]
pub use given::Given;
#[cfg(feature = "database")]
pub use history::{Applied, Standing, Status};
#[cfg(feature = "database")]
pub use impact::{Impact, Lock, PlannedStatement, RowCount};
#[cfg(feature = "database")]
pub use journal::Unfinished;
#[cfg(feature = "database")]
pub use migrator::{Direction, Migrator, Revision};
#[doc(hidden)]
pub use model::assert_column_type;
pub use model::column_types;
pub use model::{FieldColumn, FieldType, Migratable, ModelColumn};
#[cfg(feature = "database")]
pub use plan::{PlannedRevision, Resumed};
#[cfg(feature = "database")]
pub use repair::{RepairOptions, Repaired, TablesAre};
#[cfg(feature = "database")]
pub use script::{RevisionScript, ScriptOptions, ScriptStop};
#[cfg(feature = "database")]
pub use settings::{HistoryTable, Settings, Transaction};
#[cfg(feature = "database")]
pub use stamp::{StampOptions, Stamped};
