//! The functions that map rows.

use std::collections::BTreeSet;

use migratable_core::TableName;
use quote::ToTokens;
use syn::{Ident, ItemFn, ReturnType, Type};

use super::Mapper;
use super::file::collect_words;

/// What the head of a function that maps rows says.
pub(super) fn read(function: &ItemFn) -> Mapper {
    let signature = &function.sig;
    let from = match (signature.inputs.first(), signature.inputs.len()) {
        (Some(syn::FnArg::Typed(it)), 1) => path(&it.ty),
        _ => None,
    };
    let to = match &signature.output {
        ReturnType::Type(_, it) => argument_of_result(it).and_then(path),
        ReturnType::Default => None,
    };
    Mapper { name: signature.ident.to_string(), from: from.unwrap_or_default(), to: to.unwrap_or_default() }
}

/// The head that a function needs which maps the rows of a table in `upgrade` or `downgrade`. Where a table is called
/// otherwise on the other side, or in Rust, the build step says how when there is a function.
pub(super) fn head(step: &str, within: &ItemFn, table: &TableName) -> String {
    let (from, to) = if within.sig.ident == "downgrade" { ("after", "before") } else { ("before", "after") };
    let parts: Vec<&str> = table.schema.as_deref().into_iter().chain([table.name.as_str()]).collect();
    let mut words = BTreeSet::new();
    collect_words(within.block.to_token_stream(), &mut words);
    let is_plain = parts.iter().all(|part| syn::parse_str::<Ident>(part).is_ok());
    let path = if is_plain && !words.contains("rename_table") { parts.join("::") } else { "..".to_owned() };
    format!("fn {step}(old: {from}::{path}::Row) -> Result<{to}::{path}::Row> {{ .. }}")
}

/// The names of a path without arguments.
fn path(of: &Type) -> Option<Vec<String>> {
    match of {
        Type::Path(it) if it.qself.is_none() && it.path.leading_colon.is_none() => {
            it.path.segments.iter().map(|it| it.arguments.is_none().then(|| it.ident.to_string())).collect()
        }
        _ => None,
    }
}

fn argument_of_result(of: &Type) -> Option<&Type> {
    let Type::Path(it) = of else { return None };
    let last = it.path.segments.last().filter(|it| it.ident == "Result")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(it)) => Some(it),
        _ => None,
    }
}
