//! The real process, killed or cut off wherever it can be: the next run finishes what was begun, every row is there, and
//! nothing is done twice.

#![allow(clippy::unwrap_used)]

mod at_once;
mod full_disk;
mod proxy;
mod servers;
// Nothing is read-only here.
#[allow(dead_code)]
#[path = "../../../cli/tests/small_disk/mod.rs"]
mod small_disk;
mod sqlite;
mod subject;
