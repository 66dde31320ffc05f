//! Revisions on real SQLite databases, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

mod database;
mod reader;

mod by_hand;
mod changes;
mod dependents;
mod difference;
mod executor;
mod failures;
mod names;
mod offline;
mod random;
mod rebuild;
mod rows;
mod stamp;
mod standing;
mod steps;
mod temporal;
mod types;
