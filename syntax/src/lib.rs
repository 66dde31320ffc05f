//! Reads model structs and revision files into schemas and operations, and writes revision files.

#![deny(missing_docs)]

pub mod findings;
pub mod models;
pub mod paths;
pub mod revision;
pub mod whole_file;
