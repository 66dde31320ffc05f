//! Revisions on a real MariaDB or MySQL server, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

mod database;
mod reader;

mod changes;
mod executor;
mod pairs;
mod rows;
mod scratch;
