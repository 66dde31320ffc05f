//! The constant in which the compiler asserts that every field's type is the column type that the build script read.

use std::collections::HashMap;

use migratable_syntax::findings::{ColumnOf, ModelFindings, Place};
use migratable_syntax::models::StructItem;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn write(item: &StructItem, findings: &ModelFindings) -> TokenStream {
    let asserted = findings.columns.iter().filter(|column| column.asserted);
    let mut scanned: HashMap<&str, &ColumnOf> = asserted.map(|column| (column.field.as_str(), column)).collect();
    // A field that has an error already gets no second one about its type.
    for finding in findings.findings.iter().filter(|finding| !finding.warning) {
        if let Place::Field(field) = &finding.place {
            scanned.remove(field.as_str());
        }
    }
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
