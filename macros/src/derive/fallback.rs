//! What stands in for the impls of an item with errors, so that one mistake does not make a hundred.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

pub(super) fn write(item: &DeriveInput) -> TokenStream {
    let ident = &item.ident;
    let (generics, arguments, conditions) = item.generics.split_for_impl();
    let is_table = matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
    if is_table {
        quote! {
            impl #generics ::migratable::Migratable for #ident #arguments #conditions {
                const TABLE: &'static str = "";
                const COLUMNS: &'static [::migratable::ModelColumn] = &[];
            }
        }
    } else {
        quote! {
            impl #generics ::migratable::FieldType for #ident #arguments #conditions {
                type Column = ::migratable::column_types::Unknown;
            }
        }
    }
}
