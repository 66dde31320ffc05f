//! Revisions on a real MariaDB or MySQL server, with rows and foreign keys.

#![allow(clippy::unwrap_used)]

#[path = "../shared/contended.rs"]
mod contended;
mod database;
#[path = "../shared/fresh.rs"]
mod fresh;
mod reader;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/testing.rs"]
mod testing;
#[path = "../shared/throwaway.rs"]
mod throwaway;

mod batches;
mod begun;
mod busy;
mod conversions;
mod executor;
mod foreseen;
mod freed;
mod impact;
mod journal;
mod pairs;
mod references;
mod rows;
mod scratch;
mod written;
