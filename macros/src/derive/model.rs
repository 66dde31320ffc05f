//! The impl of a table.

use migratable_syntax::findings::ModelFindings;
use migratable_syntax::models::{self, Item, StructItem};
use proc_macro2::TokenStream;
use quote::quote;

use super::assertion;

pub(super) fn write(item: &Item, fields: &StructItem, findings: Option<&ModelFindings>) -> TokenStream {
    let ident = &item.ident;
    let assertions = findings.map(|findings| assertion::write(fields, findings));
    if findings.is_some_and(|it| it.table.is_none() && it.findings.is_empty()) {
        // Only ever embedded in other models: its columns are theirs.
        return quote!(#assertions);
    }
    let table = findings.and_then(|it| it.table.clone()).unwrap_or_else(|| models::table_name(&item.name()));
    let columns = findings.into_iter().flat_map(|it| &it.columns).map(|column| {
        let (name, column_type, nullable) = (&column.name, &column.column_type, column.nullable);
        quote!(::migratable::ModelColumn { name: #name, column_type: #column_type, nullable: #nullable })
    });
    quote! {
        impl ::migratable::Migratable for #ident {
            const TABLE: &'static str = #table;
            const COLUMNS: &'static [::migratable::ModelColumn] = &[#(#columns),*];
        }
        #assertions
    }
}
