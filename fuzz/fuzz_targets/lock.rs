//! Any text as a lock, compared with the example's.

#![no_main]
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../tests/tests/parse/parsed.rs"]
mod parsed;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let example = migratable_core::lock::read(include_str!("../../migrations/schema.lock")).unwrap();
    parsed::lock(text, &example.schema);
});
