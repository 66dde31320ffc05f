//! Diesel's attributes, as far as they say something about the table. What Diesel itself would refuse is left to it.

use migratable_core::{ColumnType, Dialect, Sql};
use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, GenericArgument, Ident, LitStr, Meta, Path, PathArguments, Token, Type, TypePath};

use super::entries::{metas, split};
use super::field_level::FieldAttributes;
use super::struct_level::{BelongsTo, KeySpec, StructAttributes};
use super::{At, Mistakes, values};
use crate::models::casing::snake_case;

/// The entries of `#[diesel(..)]`: the key, and what stands behind it.
fn each(attributes: &[Attribute], mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>) {
    for meta in metas(attributes) {
        let Meta::List(list) = meta else { continue };
        if !list.path.is_ident("diesel") {
            continue;
        }
        for part in split(list.tokens) {
            let parse = |input: ParseStream<'_>| {
                let key = input.call(Ident::parse_any)?;
                read(&key, input)?;
                // What is not read here is Diesel's.
                input.parse::<proc_macro2::TokenStream>()?;
                Ok(())
            };
            let _ = parse.parse2(part);
        }
    }
}

fn last(path: &Path) -> Option<At<String>> {
    path.segments.last().map(|it| At { value: it.ident.unraw().to_string(), span: it.ident.span() })
}

/// `column_name = ident` or `= "text"`.
fn identifier(input: ParseStream<'_>) -> syn::Result<At<String>> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        return Ok(At { value: text.value(), span: text.span() });
    }
    let ident = input.call(Ident::parse_any)?;
    Ok(At { value: ident.unraw().to_string(), span: ident.span() })
}

pub(super) fn struct_level(attributes: &[Attribute], found: &mut StructAttributes, mistakes: &mut Mistakes) {
    each(attributes, |key, input| {
        match key.to_string().as_str() {
            "table_name" => {
                input.parse::<Token![=]>()?;
                let path: Path = input.parse()?;
                if found.table.is_none() {
                    found.table = last(&path);
                }
            }
            "primary_key" => {
                let inner;
                syn::parenthesized!(inner in input);
                let fields = values::fields(inner.parse()?)?;
                match &found.primary_key {
                    None => found.primary_key = Some(KeySpec::Columns(fields)),
                    Some(KeySpec::Fields(ours)) if ours.len() != fields.len() => {
                        let message = "Diesel's primary_key and Migratable's are not the same: remove one of them";
                        mistakes.at(key.span(), message);
                    }
                    Some(_) => {}
                }
            }
            "belongs_to" => {
                let inner;
                syn::parenthesized!(inner in input);
                let mut parent = inner.parse::<TypePath>()?.path;
                let mut column = last(&parent).map(|parent| At { value: snake_case(&parent.value) + "_id", ..parent });
                if inner.peek(Token![,]) {
                    inner.parse::<Token![,]>()?;
                }
                if inner.peek(Ident) && inner.call(Ident::parse_any)? == "foreign_key" {
                    column = Some(identifier(&inner)?);
                }
                inner.parse::<proc_macro2::TokenStream>()?;
                parent.segments.iter_mut().for_each(|segment| segment.arguments = PathArguments::None);
                if let Some(column) = column {
                    found.belongs_to.push(BelongsTo { span: key.span(), parent, column });
                }
            }
            _ => {}
        }
        Ok(())
    });
}

pub(super) fn field_level(attributes: &[Attribute], found: &mut FieldAttributes, mistakes: &mut Mistakes) {
    each(attributes, |key, input| {
        match key.to_string().as_str() {
            "column_name" => {
                let column = identifier(input)?;
                if found.column.is_none() {
                    found.column = Some(column);
                }
            }
            "sql_type" => {
                input.parse::<Token![=]>()?;
                let sql_type: TypePath = input.parse()?;
                match column_type(&sql_type.path) {
                    Some((column_type, nullable)) => {
                        found.sql_type = Some(At { value: column_type, span: key.span() });
                        found.nullable_sql_type = nullable;
                    }
                    None if found.column_type.is_none() => mistakes.at(
                        sql_type.span(),
                        "this SQL type is not one of Diesel's own, so its column type is not known\nhelp: say it: \
                         `#[migratable(type = \"text\")]` or `#[migratable(type(postgres = \"citext\"))]`",
                    ),
                    None => {}
                }
            }
            "embed" => found.embed = true,
            _ => {}
        }
        Ok(())
    });
}

/// The `sql_type` of an enum or newtype, if it is one of Diesel's own.
pub(super) fn type_level(attributes: &[Attribute]) -> Option<At<ColumnType>> {
    let mut found = None;
    each(attributes, |key, input| {
        if key == "sql_type" {
            input.parse::<Token![=]>()?;
            let sql_type: TypePath = input.parse()?;
            if found.is_none() {
                found = column_type(&sql_type.path).map(|(value, _)| At { value, span: key.span() });
            }
        }
        Ok(())
    });
    found
}

/// The table and key of a struct that is not a model itself, for `belongs_to`.
pub(crate) fn table_of(attributes: &[Attribute]) -> Option<(String, Vec<String>)> {
    let mut found = StructAttributes::default();
    struct_level(attributes, &mut found, &mut Mistakes::default());
    let key = match found.primary_key {
        Some(KeySpec::Columns(fields)) => fields.into_iter().map(|field| field.value).collect(),
        _ => vec!["id".to_owned()],
    };
    found.table.map(|table| (table.value, key))
}

/// The column type of a SQL type of Diesel's, and whether it is nullable.
fn column_type(path: &Path) -> Option<(ColumnType, bool)> {
    let last = path.segments.last()?;
    let argument = || match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(Type::Path(inner)) => column_type(&inner.path),
            _ => None,
        }),
        _ => None,
    };
    let native = |dialect, text| ColumnType::Native(Sql::each([(dialect, text)]));
    let found = match last.ident.to_string().as_str() {
        "Nullable" => return Some((argument()?.0, true)),
        "Array" => ColumnType::Array(Box::new(argument()?.0)),
        "SmallInt" | "Int2" => ColumnType::SmallInt,
        "Integer" | "Int4" => ColumnType::Integer,
        "BigInt" | "Int8" | "Bigint" => ColumnType::BigInt,
        "Float" | "Float4" => ColumnType::Real,
        "Double" | "Float8" => ColumnType::Double,
        "Numeric" | "Decimal" => ColumnType::Numeric(None),
        "Bool" => ColumnType::Boolean,
        "Text" | "VarChar" | "Varchar" | "Tinytext" | "Mediumtext" | "Longtext" => ColumnType::Text,
        "Binary" | "Bytea" | "Blob" | "Tinyblob" | "Mediumblob" | "Longblob" => ColumnType::Binary,
        "Date" => ColumnType::Date,
        "Time" => ColumnType::Time,
        "Timestamp" | "Datetime" => ColumnType::Timestamp,
        "Timestamptz" | "TimestamptzSqlite" => ColumnType::TimestampTz,
        "Interval" => ColumnType::Interval,
        "Uuid" => ColumnType::Uuid,
        "Json" => ColumnType::Json,
        "Jsonb" => ColumnType::Jsonb,
        "Inet" => ColumnType::Inet,
        "Citext" => native(Dialect::Postgres, "citext"),
        "Cidr" => native(Dialect::Postgres, "cidr"),
        "MacAddr" => native(Dialect::Postgres, "macaddr"),
        "Money" => native(Dialect::Postgres, "money"),
        _ => return None,
    };
    Some((found, false))
}

/// Whether `#[derive(.., Migratable, ..)]` stands there, in `cfg_attr` too.
pub(crate) fn derives_migratable(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        (path.is_ident("derive") || path.is_ident("cfg_attr"))
            && metas(std::slice::from_ref(attribute)).into_iter().any(|meta| {
                match meta {
                Meta::List(list) if list.path.is_ident("derive") => split(list.tokens).into_iter().any(|derived| {
                    matches!(derived.into_iter().last(), Some(TokenTree::Ident(name)) if name == "Migratable")
                }),
                _ => false,
            }
            })
    })
}
