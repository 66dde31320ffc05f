//! The build.rs side of Migratable: `check_models()` in the app, `embed_migrations()` in the migrations crate.

#![deny(missing_docs)]

mod check;
pub mod configuration;
mod diesel_schema;
mod embed;
pub mod history;
mod manifest;
pub mod step_tests;

pub use check::check_models;
pub use embed::embed_migrations;
