//! The impls of enums and newtypes, which are types for columns.

use migratable_syntax::findings::{PackageFindings, sql_type_name};
use migratable_syntax::models::{EnumItem, Item, NewtypeItem};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::diesel::Diesel;
use super::{assertion, lexed};

pub(super) fn write_enum(
    item: &Item,
    found: &EnumItem,
    column_type: Option<&str>,
    package: Option<&PackageFindings>,
) -> TokenStream {
    if found.has_sql_type() {
        return named(item, column_type.unwrap_or_default());
    }
    let field_type = named(item, &format!("enum({})", found.name));
    let Some(diesel) = package.and_then(Diesel::of) else { return field_type };
    let root = &diesel.root;
    let sql_type = if package.is_some_and(|package| package.enum_types) {
        let name = Ident::new(&sql_type_name(&found.name), Span::call_site());
        quote!(crate::schema::sql_types::#name)
    } else {
        quote!(#root::sql_types::Text)
    };
    let impls = diesel.enum_impls(item, found, &sql_type);
    quote!(#field_type #impls)
}

pub(super) fn write_newtype(
    item: &Item,
    found: &NewtypeItem,
    column_type: Option<&str>,
    package: Option<&PackageFindings>,
) -> TokenStream {
    let field_type = if found.has_sql_type() || found.has_explicit_type() {
        named(item, column_type.unwrap_or_default())
    } else {
        let (ident, inner) = (&item.ident, &found.inner);
        let column = quote_spanned!(inner.span()=> <#inner as ::migratable::FieldType>::Column);
        quote! {
            impl ::migratable::FieldType for #ident {
                type Column = #column;
            }
        }
    };
    if found.has_sql_type() {
        return field_type;
    }
    let impls = package.and_then(Diesel::of).map(|diesel| diesel.newtype_impls(item, found));
    quote!(#field_type #impls)
}

/// The impl for a type whose column type is known by name; an empty name goes with every column.
fn named(item: &Item, column_type: &str) -> TokenStream {
    let ident = &item.ident;
    let known = match column_type {
        "" => Some("::migratable::column_types::Unknown".to_owned()),
        name => assertion::column_type(name),
    };
    let own = known.is_none().then(|| {
        quote! {
            impl ::migratable::column_types::ColumnType for #ident {
                type Value = Self;
                const COLUMN: ::migratable::FieldColumn = ::migratable::FieldColumn::named(#column_type);
            }
        }
    });
    let column = known.map_or_else(|| quote!(Self), |known| lexed(&known));
    quote! {
        impl ::migratable::FieldType for #ident {
            type Column = #column;
        }
        #own
    }
}
