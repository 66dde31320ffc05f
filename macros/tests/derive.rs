//! Wrong attributes and items: each is an error where it stands, which shows the correct form.
//!
//! `TRYBUILD=overwrite cargo test -p migratable-macros --test derive` writes the expected output anew.

#[test]
fn every_mistake_is_an_error_where_it_stands() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/derive/*.rs");
}
