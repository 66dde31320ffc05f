//! Any text as a revision, behind the example's.

#![no_main]
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../tests/tests/parse/parsed.rs"]
mod parsed;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let example = migratable_core::lock::read(include_str!("../../migrations/schema.lock")).unwrap();
    parsed::revision(text, &example.schema);
});
