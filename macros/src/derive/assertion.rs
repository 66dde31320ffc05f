//! The constant in which the compiler asserts that every field's type is the column type that the build script read.

use std::collections::HashMap;

use migratable_syntax::findings::FieldType;
use migratable_syntax::models::StructItem;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn write(item: &StructItem, scanned: &[FieldType]) -> TokenStream {
    let scanned: HashMap<&str, &FieldType> = scanned.iter().map(|it| (it.field.as_str(), it)).collect();
    let assertions = item.fields.iter().filter_map(|field| {
        let found = scanned.get(field.name().as_str())?;
        let (ty, column_type, nullable) = (&field.ty, &found.column_type, found.nullable);
        // The trait stands in a path of its own: the error for a type without it is then short.
        Some(quote_spanned! {ty.span()=>
            ::migratable::assert_column_type(<#ty as ::migratable::FieldType>::COLUMN, #column_type, #nullable);
        })
    });
    quote! {
        const _: () = {
            #(#assertions)*
        };
    }
}
