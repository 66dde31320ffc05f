//! Findings of the build script as errors and warnings of the compiler.

use migratable_syntax::findings::Finding;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// An error at a place.
pub(crate) fn error(span: Span, message: &str) -> TokenStream {
    syn::Error::new(span, message).into_compile_error()
}

/// A finding at a place.
pub(crate) fn finding(span: Span, finding: &Finding) -> TokenStream {
    if finding.warning { warning(span, &finding.message) } else { error(span, &finding.message) }
}

/// A warning: stable Rust has none for macros, but it warns of the use of something deprecated, with its note.
fn warning(span: Span, message: &str) -> TokenStream {
    let name = syn::Ident::new("schema_drift", span);
    let declared = syn::Ident::new("schema_drift", Span::call_site());
    let usage = quote_spanned!(span=> #name);
    quote! {
        const _: () = {
            #[deprecated(note = #message)]
            #[allow(non_upper_case_globals)]
            const #declared: () = ();
            #usage
        };
    }
}
