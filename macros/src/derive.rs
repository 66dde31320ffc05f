//! `#[derive(Migratable)]`: reads the attributes, looks its item up in what the build script found, and writes the
//! impls and the errors.

mod assertion;
mod diesel;
mod fallback;
mod model;
mod type_item;

use migratable_syntax::findings::{Finding, ModelFindings, Place};
use migratable_syntax::models::{self, Item, ItemKind};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::DeriveInput;
use syn::ext::IdentExt;

use crate::build_output::{self, BuildOutput, Known};
use crate::report;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    match models::parse_item(&item) {
        Ok(read) => expand(&item, &read),
        // One mistake, one error: what else may be said about the item waits until its attributes are right.
        Err(error) => {
            let error = error.into_compile_error();
            let fallback = fallback::write(&item);
            quote!(#error #fallback)
        }
    }
}

fn expand(item: &DeriveInput, read: &Item) -> TokenStream {
    let output = BuildOutput::find();
    let known = output.as_ref().map_or(Known::Nothing, |output| output.model(&read.ident));
    let package = output.as_ref().map(|output| &output.package);
    let (findings, tracked) = match &known {
        Known::Scanned { findings, file } => (Some(findings), build_output::tracked(file)),
        _ => (None, None),
    };
    let errors = match &known {
        _ if output.is_none() => build_output::missing(read.ident.span()),
        Known::Scanned { findings, .. } => findings.findings.iter().map(|it| place(item, read, it)).collect(),
        Known::Unseen => unseen(read.ident.span()),
        Known::Nothing => TokenStream::new(),
    };
    let impls = match &read.kind {
        ItemKind::Struct(fields) => model::write(read, fields, findings),
        ItemKind::Enum(found) => type_item::write_enum(read, found, column_type(findings), package),
        ItemKind::Newtype(_) if findings.is_some_and(has_errors) => fallback::write(item),
        ItemKind::Newtype(found) => type_item::write_newtype(read, found, column_type(findings), package),
    };
    quote!(#errors #impls #tracked)
}

/// The error at an item that the scan has left out. Whether the item belongs to tests only the compiler knows.
fn unseen(span: Span) -> TokenStream {
    let what = "the build script does not see this model, so its table would not be migrated";
    let made =
        "a model is written out in a file of the package's own modules, not made by a macro or taken in by `include!`";
    let elsewhere = report::error(span, &format!("{what}\nhelp: {made}"));
    let in_tests = report::error(
        span,
        &format!(
            "{what}\nhelp: code of tests, behind `#[cfg(test)]` or in `tests/`, has no migrations: move the model out of \
             it, or derive only Diesel's traits on it\nhelp: {made}"
        ),
    );
    quote! {
        #[cfg(not(test))]
        #elsewhere
        #[cfg(test)]
        #in_tests
    }
}

/// The tokens of a text. The compiler makes them much faster than a macro, which is not optimised, puts them together.
fn lexed(text: &str) -> TokenStream {
    match text.parse::<proc_macro::TokenStream>() {
        Ok(tokens) => tokens.into(),
        Err(error) => report::error(Span::call_site(), &error.to_string()),
    }
}

/// The column type of an enum or newtype, if the build script says it.
fn column_type(findings: Option<&ModelFindings>) -> Option<&str> {
    findings?.columns.first().map(|column| column.column_type.as_str())
}

fn has_errors(findings: &ModelFindings) -> bool {
    findings.findings.iter().any(|finding| !finding.warning)
}

/// A finding at the field that it names, or at the name of the item.
fn place(item: &DeriveInput, read: &Item, finding: &Finding) -> TokenStream {
    let span = match &finding.place {
        Place::Field(name) => field_span(item, name),
        _ => None,
    };
    report::finding(span.unwrap_or(read.ident.span()), finding)
}

fn field_span(item: &DeriveInput, name: &str) -> Option<Span> {
    let mut named: Box<dyn Iterator<Item = &syn::Ident>> = match &item.data {
        syn::Data::Struct(data) => Box::new(data.fields.iter().filter_map(|field| field.ident.as_ref())),
        syn::Data::Enum(data) => Box::new(data.variants.iter().map(|variant| &variant.ident)),
        syn::Data::Union(_) => return None,
    };
    named.find(|ident| ident.unraw() == name).map(proc_macro2::Ident::span)
}
