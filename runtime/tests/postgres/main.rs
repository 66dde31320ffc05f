//! Revisions and differences on real PostgreSQL databases, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

mod database;

mod changes;
mod offline;
mod pairs;
mod rows;
mod session;
