//! Revisions on real SQLite databases, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

mod database;
#[path = "../shared/fresh.rs"]
mod fresh;
#[path = "../shared/parts.rs"]
mod parts;
#[path = "../shared/quoted.rs"]
mod quoted;
mod reader;
#[path = "../shared/mod.rs"]
mod shared;

mod backup;
mod batches;
mod by_hand;
mod dependents;
mod difference;
mod executor;
mod failures;
mod held;
mod impact;
mod names;
mod offline;
mod outside;
mod random;
mod rebuild;
mod rows;
mod stamp;
mod standing;
mod steps;
mod temporal;
mod types;
