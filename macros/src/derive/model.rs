//! The impl of a table.

use migratable_syntax::findings::{ColumnOf, ModelFindings};
use migratable_syntax::models::{self, Item, StructItem};
use proc_macro2::TokenStream;
use quote::quote;

use super::{assertion, lexed};

pub(super) fn write(item: &Item, fields: &StructItem, findings: Option<&ModelFindings>) -> TokenStream {
    let ident = &item.ident;
    let assertions = findings.map(|findings| assertion::write(fields, findings));
    if findings.is_some_and(|it| it.table.is_none() && it.findings.is_empty()) {
        // Only ever embedded in other models: its columns are theirs.
        return quote!(#assertions);
    }
    let table = findings.and_then(|it| it.table.clone()).unwrap_or_else(|| models::table_name(&item.name()));
    let facts = facts(&table, findings.map_or(&[], |it| &it.columns));
    quote! {
        impl ::migratable::Migratable for #ident {
            #facts
        }
        #assertions
    }
}

/// The constants of the impl.
fn facts(table: &str, columns: &[ColumnOf]) -> TokenStream {
    let mut text =
        format!("const TABLE: &'static str = {table:?}; const COLUMNS: &'static [::migratable::ModelColumn] = &[");
    for ColumnOf { name, column_type, nullable, .. } in columns {
        text.push_str(&format!(
            "::migratable::ModelColumn {{ name: {name:?}, column_type: {column_type:?}, nullable: {nullable} }},"
        ));
    }
    text.push_str("];");
    lexed(&text)
}
