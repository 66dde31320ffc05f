//! The commands of `migrate`, called in this process on small projects.

#![allow(clippy::unwrap_used)]

mod branches;
mod coming_from;
#[cfg(feature = "database")]
mod compare;
#[cfg(feature = "database")]
mod database;
#[cfg(feature = "database")]
mod databases;
#[cfg(target_os = "linux")]
mod disk;
mod graph;
mod help;
#[cfg(feature = "database")]
mod movement;
#[cfg(feature = "database")]
mod options;
mod places;
mod project;
mod repair;
mod revision;
#[cfg(target_os = "linux")]
#[path = "../small_disk/mod.rs"]
mod small_disk;
mod squash;
