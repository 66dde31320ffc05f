//! Revisions and differences on real PostgreSQL databases, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

#[path = "../shared/contended.rs"]
mod contended;
mod database;
#[path = "../shared/parts.rs"]
mod parts;
#[path = "../shared/quoted.rs"]
mod quoted;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/testing.rs"]
mod testing;
#[path = "../shared/throwaway.rs"]
mod throwaway;

mod batches;
mod changes;
mod differences;
mod freed;
mod impact;
mod large;
mod newer;
mod not_managed;
mod offline;
mod outside;
mod pairs;
mod retries;
mod rows;
mod scratch;
mod session;
mod views;
