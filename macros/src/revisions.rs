//! `revisions!`: takes the revisions into the migrations package.

use std::fs;

use migratable_syntax::findings;
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::build_output::is_editor;
use crate::report;
use crate::revision::generated;

const NO_BUILD_STEP: &str = "\
the build script of this package does not call Migratable, so there are no revisions to take in
help: write `build.rs` beside Cargo.toml:

    fn main() {
        migratable_build::embed_migrations();
    }

help: and in Cargo.toml:

    [build-dependencies]
    migratable-build = \"0.1\"

help: `cargo migratable init` does all of this";

/// The index of the revisions, and what is wrong with them as a whole.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    if !input.is_empty() {
        return report::error(Span::call_site(), "`revisions!()` takes nothing");
    }
    let index = format!("/{}/revisions.rs", findings::FOLDER);
    let mut out = quote! {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), #index));
    };
    if is_editor(Span::call_site()) {
        return out;
    }
    if !generated("revisions.rs").is_some_and(|path| path.exists()) {
        return report::error(Span::call_site(), NO_BUILD_STEP);
    }
    let text = generated(findings::PACKAGE).and_then(|path| fs::read_to_string(path).ok());
    for finding in text.map(|text| findings::read(&text)).unwrap_or_default() {
        out.extend(report::finding(Span::call_site(), &finding));
    }
    out
}
