//! Any text as words that name revisions.

#![no_main]
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../tests/tests/parse/parsed.rs"]
mod parsed;

libfuzzer_sys::fuzz_target!(|text: &str| parsed::revision_words(text));
