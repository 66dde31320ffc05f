//! The real process, killed or cut off wherever it can be: the next run finishes what was begun, every row is there, and
//! nothing is done twice.

#![allow(clippy::unwrap_used)]

mod at_once;
mod proxy;
mod servers;
mod sqlite;
mod subject;
