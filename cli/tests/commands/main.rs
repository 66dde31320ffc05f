//! The commands of `migrate`, called in this process on small projects.

#![allow(clippy::unwrap_used)]

#[cfg(feature = "database")]
mod database;
mod graph;
mod help;
mod project;
mod repair;
mod revision;
