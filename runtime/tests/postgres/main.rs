//! Revisions and differences on real PostgreSQL databases, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

mod database;

mod changes;
mod differences;
mod not_managed;
mod offline;
mod pairs;
mod rows;
mod scratch;
mod session;
mod views;
