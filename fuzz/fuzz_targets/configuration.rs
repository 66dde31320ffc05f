//! Any text as the Cargo.toml of a migrations package.

#![no_main]
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../tests/tests/parse/parsed.rs"]
mod parsed;

libfuzzer_sys::fuzz_target!(|text: &str| parsed::configuration(text));
