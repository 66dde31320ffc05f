//! What Diesel needs to take an enum or newtype in queries, inserts and results.
//!
//! The impls say what Diesel's own `AsExpression` and `FromSqlRow` derives say, and read and write through the text of
//! a variant or the type inside a newtype, so that they hold on every backend that has those.

use migratable_syntax::findings::PackageFindings;
use migratable_syntax::models::{EnumItem, Item, NewtypeItem};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

/// The Diesel of the package.
pub(super) struct Diesel {
    /// The path to it.
    pub(super) root: TokenStream,
}

impl Diesel {
    pub(super) fn of(package: &PackageFindings) -> Option<Diesel> {
        let name = syn::parse_str::<Ident>(package.diesel.as_deref()?).ok()?;
        let name = Ident::new(&name.to_string(), Span::call_site());
        Some(Diesel { root: quote!(::#name) })
    }

    pub(super) fn enum_impls(&self, item: &Item, found: &EnumItem, sql_type: &TokenStream) -> TokenStream {
        let Diesel { root } = self;
        let ident = &item.ident;
        let variants: Vec<&Ident> = found.variants.iter().map(|variant| &variant.ident).collect();
        let values: Vec<&str> = found.variants.iter().map(|variant| variant.value.as_str()).collect();
        let known = format!("`{}`, which has {}", item.name(), values.join(", "));
        let usable = self.usable(ident);
        quote! {
            const _: () = {
                use #root as __diesel;
                #usable

                impl<__DB> __diesel::serialize::ToSql<#sql_type, __DB> for #ident
                where
                    __DB: __diesel::backend::Backend,
                    str: __diesel::serialize::ToSql<__diesel::sql_types::Text, __DB>,
                {
                    fn to_sql<'__b>(
                        &'__b self,
                        out: &mut __diesel::serialize::Output<'__b, '_, __DB>,
                    ) -> __diesel::serialize::Result {
                        let text: &'static str = match self {
                            #(Self::#variants => #values,)*
                        };
                        <str as __diesel::serialize::ToSql<__diesel::sql_types::Text, __DB>>::to_sql(text, out)
                    }
                }

                impl<__DB> __diesel::serialize::ToSql<__diesel::sql_types::Nullable<#sql_type>, __DB> for #ident
                where
                    __DB: __diesel::backend::Backend,
                    #ident: __diesel::serialize::ToSql<#sql_type, __DB>,
                {
                    fn to_sql<'__b>(
                        &'__b self,
                        out: &mut __diesel::serialize::Output<'__b, '_, __DB>,
                    ) -> __diesel::serialize::Result {
                        <#ident as __diesel::serialize::ToSql<#sql_type, __DB>>::to_sql(self, out)
                    }
                }

                impl<__DB> __diesel::deserialize::FromSql<#sql_type, __DB> for #ident
                where
                    __DB: __diesel::backend::Backend,
                    ::std::string::String: __diesel::deserialize::FromSql<__diesel::sql_types::Text, __DB>,
                {
                    fn from_sql(bytes: __DB::RawValue<'_>) -> __diesel::deserialize::Result<Self> {
                        let text = <::std::string::String as __diesel::deserialize::FromSql<
                            __diesel::sql_types::Text,
                            __DB,
                        >>::from_sql(bytes)?;
                        match text.as_str() {
                            #(#values => ::core::result::Result::Ok(Self::#variants),)*
                            other => {
                                ::core::result::Result::Err(::std::format!("`{other}` is no value of {}", #known).into())
                            }
                        }
                    }
                }
            };
        }
    }

    pub(super) fn newtype_impls(&self, item: &Item, found: &NewtypeItem) -> TokenStream {
        let Diesel { root } = self;
        let (ident, inner) = (&item.ident, &found.inner);
        let usable = self.usable(ident);
        quote! {
            const _: () = {
                use #root as __diesel;
                #usable

                impl<__ST, __DB> __diesel::serialize::ToSql<__ST, __DB> for #ident
                where
                    __DB: __diesel::backend::Backend,
                    #inner: __diesel::serialize::ToSql<__ST, __DB>,
                {
                    fn to_sql<'__b>(
                        &'__b self,
                        out: &mut __diesel::serialize::Output<'__b, '_, __DB>,
                    ) -> __diesel::serialize::Result {
                        <#inner as __diesel::serialize::ToSql<__ST, __DB>>::to_sql(&self.0, out)
                    }
                }

                impl<__ST, __DB> __diesel::deserialize::FromSql<__ST, __DB> for #ident
                where
                    __DB: __diesel::backend::Backend,
                    #inner: __diesel::deserialize::FromSql<__ST, __DB>,
                {
                    fn from_sql(bytes: __DB::RawValue<'_>) -> __diesel::deserialize::Result<Self> {
                        <#inner as __diesel::deserialize::FromSql<__ST, __DB>>::from_sql(bytes).map(Self)
                    }
                }
            };
        }
    }

    /// That the type can stand in expressions, by value and by reference, and in the columns of a result.
    fn usable(&self, ident: &Ident) -> TokenStream {
        let expressions = [
            (quote!(), quote!(#ident)),
            (quote!('__a,), quote!(&'__a #ident)),
            (quote!('__a, '__b,), quote!(&'__a &'__b #ident)),
        ]
        .map(|(lifetimes, ty)| {
            quote! {
                #[diagnostic::do_not_recommend]
                impl<#lifetimes __ST> __diesel::expression::AsExpression<__ST> for #ty
                where
                    __ST: __diesel::sql_types::SqlType + __diesel::expression::TypedExpressionType,
                {
                    type Expression = __diesel::internal::derives::as_expression::Bound<__ST, Self>;

                    fn as_expression(self) -> Self::Expression {
                        __diesel::internal::derives::as_expression::Bound::new(self)
                    }
                }
            }
        });
        quote! {
            #(#expressions)*

            impl<__ST, __DB> __diesel::deserialize::Queryable<__ST, __DB> for #ident
            where
                __DB: __diesel::backend::Backend,
                __ST: __diesel::sql_types::SingleValue,
                Self: __diesel::deserialize::FromSql<__ST, __DB>,
            {
                type Row = Self;

                fn build(row: Self) -> __diesel::deserialize::Result<Self> {
                    ::core::result::Result::Ok(row)
                }
            }
        }
    }
}
