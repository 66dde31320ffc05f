//! The words in which revision files are written.
//!
//! The compiled calls and the reader of revision files both go through this module, so that they cannot disagree.

mod columns;
mod foreign_keys;
mod indexes;
mod operations;
mod tables;
mod types;
mod values;

pub use columns::{column, computed, identity, stored};
pub use foreign_keys::{cascade, foreign_key, no_action, restrict, set_default, set_null};
pub use indexes::{asc, desc, index};
pub use operations::{AlterColumn, OperationList};
pub use tables::{check, primary_key, table, unique};
pub use types::*;
pub use values::{decimal, now, null, sql, sql_each, value};

fn owned(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&name| name.to_owned()).collect()
}
