//! `schema!()`: the Diesel schema, and what has no model to stand at.

use migratable_syntax::findings::{PACKAGE, SCHEMA};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::build_output::{self, BuildOutput};
use crate::report;

pub(crate) fn schema(arguments: TokenStream) -> TokenStream {
    let here = Span::call_site();
    if let Some(token) = arguments.into_iter().next() {
        return report::error(token.span(), "`schema!()` takes nothing: it reads the models of the package");
    }
    let Some(output) = BuildOutput::find() else {
        let missing = build_output::missing(here);
        return quote!(#missing pub mod schema {});
    };
    let findings = if build_output::is_editor(here) {
        TokenStream::new()
    } else {
        output.package.findings.iter().map(|finding| report::finding(here, finding)).collect()
    };
    let (Some(package), Some(schema)) = (output.path(PACKAGE), output.path(SCHEMA)) else { return findings };
    let alias = output.package.diesel.filter(|_| output.package.diesel_alias).map(|name| {
        let name = Ident::new(&name, here);
        quote!(extern crate #name as diesel;)
    });
    quote! {
        #findings
        #alias
        /// The tables of the models, for Diesel.
        #[allow(missing_docs, non_snake_case)]
        pub mod schema {
            include!(#schema);
        }
        const _: &[u8] = include_bytes!(#package);
    }
}
