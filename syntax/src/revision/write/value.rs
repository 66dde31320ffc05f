//! Types and plain values as expressions.

use migratable_core::{ColumnType, Literal};
use proc_macro2::TokenStream;
use quote::quote;

use super::expression::sql;

/// The expression of a type.
pub(super) fn column_type(of: &ColumnType) -> TokenStream {
    match of {
        ColumnType::SmallInt => quote!(smallint()),
        ColumnType::Integer => quote!(integer()),
        ColumnType::BigInt => quote!(bigint()),
        ColumnType::Real => quote!(real()),
        ColumnType::Double => quote!(double()),
        ColumnType::Numeric(None) => quote!(any_numeric()),
        ColumnType::Numeric(Some((precision, scale))) => {
            let (precision, scale) = (number((*precision).into()), number((*scale).into()));
            quote!(numeric(#precision, #scale))
        }
        ColumnType::Boolean => quote!(boolean()),
        ColumnType::Text => quote!(text()),
        ColumnType::Varchar(length) => {
            let length = number((*length).into());
            quote!(varchar(#length))
        }
        ColumnType::Char(length) => {
            let length = number((*length).into());
            quote!(char(#length))
        }
        ColumnType::Binary => quote!(binary()),
        ColumnType::Varbinary(length) => {
            let length = number((*length).into());
            quote!(varbinary(#length))
        }
        ColumnType::Date => quote!(date()),
        ColumnType::Time => quote!(time()),
        ColumnType::Timestamp => quote!(timestamp()),
        ColumnType::TimestampTz => quote!(timestamptz()),
        ColumnType::Interval => quote!(interval()),
        ColumnType::Uuid => quote!(uuid()),
        ColumnType::Json => quote!(json()),
        ColumnType::Jsonb => quote!(jsonb()),
        ColumnType::Inet => quote!(inet()),
        ColumnType::Array(element) => {
            let element = column_type(element);
            quote!(array(#element))
        }
        ColumnType::Enum(name) => quote!(enumeration(#name)),
        ColumnType::Native(native) => {
            let native = sql(native);
            quote!(native(#native))
        }
    }
}

/// A whole number without a suffix.
pub(super) fn number(value: i64) -> TokenStream {
    let digits = proc_macro2::Literal::u64_unsuffixed(value.unsigned_abs());
    if value < 0 { quote!(-#digits) } else { quote!(#digits) }
}

/// The text of a decimal if a float literal gives exactly its digits back.
pub(super) fn is_float(literal: &Literal) -> bool {
    match literal {
        Literal::Decimal(digits) => {
            digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'))
                && digits.parse::<f64>().is_ok_and(|value| Literal::from(value) == *literal)
        }
        _ => false,
    }
}

/// The expression of a plain value.
pub(super) fn literal(literal: &Literal) -> TokenStream {
    match literal {
        Literal::Null => quote!(null()),
        Literal::Boolean(value) => quote!(#value),
        Literal::Integer(value) if i32::try_from(*value).is_ok() => number(*value),
        Literal::Integer(value) => {
            let text = format!("{}i64", value.unsigned_abs());
            // Made from text: the digits of the smallest number fit no i64 without their sign.
            let digits: TokenStream = text.parse().unwrap_or_default();
            if *value < 0 { quote!(-#digits) } else { digits }
        }
        Literal::Decimal(digits) if is_float(literal) => digits.parse().unwrap_or_default(),
        Literal::Decimal(digits) => quote!(decimal(#digits)),
        Literal::Text(text) => quote!(#text),
        Literal::Bytes(bytes) => {
            let bytes = proc_macro2::Literal::byte_string(bytes);
            quote!(#bytes)
        }
    }
}
