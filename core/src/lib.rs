//! Schemas, the operations that change them, and the difference between two of them.
//!
//! This crate knows neither Rust syntax nor SQL nor databases. [`Schema`] says what a database looks like,
//! [`Operation`] one change to it; everything else here is a function over these two.

#![deny(missing_docs)]

pub mod builder;
pub mod diff;
pub mod graph;
pub mod hash;
#[cfg(feature = "lock")]
pub mod lock;
pub mod names;
pub mod operation;
pub mod replay;
pub mod shell;
pub mod sql;
pub mod url;

mod canonical;
mod column;
mod column_type;
mod constraint;
mod dialect;
mod enumeration;
mod index;
mod naming;
mod native;
mod schema;
mod table;
mod template;

pub use canonical::{exact_text, fingerprint, table_text};
pub use column::{Column, DefaultValue, Generated, Identity, Literal};
pub use column_type::{ColumnType, PORTABLE_TYPES};
pub use constraint::{Action, Check, Deferrable, ForeignKey, PrimaryKey, Unique};
pub use dialect::Dialect;
pub use enumeration::{Enum, Model};
pub use index::{Index, IndexPart, IndexTarget, Nulls};
pub use naming::{Clash, Naming};
pub use native::Native;
pub use operation::{ApplyError, ColumnChange, Conversion, Operation};
pub use schema::Schema;
pub use sql::Sql;
pub use table::{Table, TableName};
pub use template::Template;
