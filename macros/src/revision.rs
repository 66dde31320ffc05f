//! `revision!`: takes in what the build step made for a revision.

use std::path::PathBuf;
use std::{env, fs};

use migratable_syntax::findings::{self, Finding, Place};
use migratable_syntax::revision::{HEADER, Header, spans};
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::build_output::is_editor;
use crate::report;

/// The connection, the typed tables of the revision's data steps, and what is wrong in the call.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let import = quote! {
        #[allow(unused_imports)]
        use super::Db;
    };
    let header: Header = match syn::parse2(input.clone()) {
        Ok(header) => header,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#import #error);
        }
    };
    let name = format!("{}.rs", header.id.value());
    if !is_editor(Span::call_site()) && !generated(&name).is_some_and(|path| path.exists()) {
        let message = "the build step has not seen this revision: it must be a file in `versions/`, and build.rs must \
                       call `migratable_build::embed_migrations();`";
        let error = report::error(header.id.span(), message);
        return quote!(#import #error);
    }
    let path = format!("/{}/{name}", findings::FOLDER);
    let mut out = quote! {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), #path));
    };
    let tokens = spans(input);
    for finding in findings_of_this_file() {
        match &finding.place {
            Place::Token { function, token, .. } if function == HEADER => {
                let span = tokens.get(*token).copied().unwrap_or_else(|| header.id.span());
                out.extend(report::finding(span, &finding));
            }
            Place::Function(function) if function == HEADER => {
                out.extend(report::finding(Span::call_site(), &finding));
            }
            _ => {}
        }
    }
    out
}

/// A file that the build step of this package may have made.
pub(crate) fn generated(name: &str) -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("OUT_DIR")?).join(findings::FOLDER).join(name))
}

/// What the build step found in the file that is being compiled.
pub(crate) fn findings_of_this_file() -> Vec<Finding> {
    let read = || {
        let file = proc_macro::Span::call_site().local_file()?;
        let name = format!("{}.txt", file.file_stem()?.to_str()?);
        fs::read_to_string(generated(&name)?).ok()
    };
    read().map(|text| findings::read(&text)).unwrap_or_default()
}
