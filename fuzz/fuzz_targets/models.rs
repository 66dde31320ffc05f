//! Any text as the source of models.

#![no_main]
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../tests/tests/parse/parsed.rs"]
mod parsed;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let folder = tempfile::tempdir().unwrap();
    parsed::models(text, folder.path());
});
