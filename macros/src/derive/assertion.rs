//! Where the compiler asserts that every field's type is the column type that the build script read.

use std::collections::HashMap;

use migratable_syntax::findings::{ColumnOf, ModelFindings, Place};
use migratable_syntax::models::StructItem;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::lexed;

/// The column types that are types in `migratable::column_types`.
const TYPES: [&str; 18] = [
    "smallint",
    "integer",
    "bigint",
    "real",
    "double",
    "numeric",
    "boolean",
    "text",
    "binary",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "inet",
];

pub(super) fn write(item: &StructItem, findings: &ModelFindings) -> TokenStream {
    let asserted = findings.columns.iter().filter(|column| column.asserted);
    let mut scanned: HashMap<&str, &ColumnOf> = asserted.map(|column| (column.field.as_str(), column)).collect();
    // A field that has an error already gets no second one about its type.
    for finding in findings.findings.iter().filter(|finding| !finding.warning) {
        if let Place::Field(field) = &finding.place {
            scanned.remove(field.as_str());
        }
    }
    let head = lexed("migratable::column_types::Field<");
    let (mut fields, mut named) = (Vec::new(), TokenStream::new());
    let mut occurrences: HashMap<&str, usize> = HashMap::new();
    for field in &item.fields {
        let Some(found) = scanned.get(field.name().as_str()) else { continue };
        let (ty, span, nullable) = (&field.ty, field.ty.span(), found.nullable);
        if let Some(mut tail) = column_type(&found.column_type) {
            let occurrence = occurrences.entry(found.column_type.trim_end_matches("[]")).or_default();
            if nullable {
                tail = format!("::migratable::column_types::Nullable<{tail}>");
            }
            tail.insert(0, ',');
            push_type_of_number(&mut tail, *occurrence);
            *occurrence += 1;
            // An error stands at what is between the first token and the last.
            fields.push(quote_spanned!(span=> ::));
            fields.extend([head.clone(), ty.to_token_stream(), lexed(&tail), quote_spanned!(span=> >), quote!(,)]);
        } else {
            let column_type = &found.column_type;
            named.extend(quote_spanned! {span=>
                const _: () = ::migratable::assert_column_type::<#ty>(#column_type, #nullable);
            });
        }
    }
    if fields.is_empty() {
        return named;
    }
    let fields = TokenStream::from_iter(fields);
    quote!(const _: ::core::option::Option<(#fields)> = ::core::option::Option::None; #named)
}

/// The type that stands for a column type, if one does; else the column type is compared by its name.
pub(super) fn column_type(name: &str) -> Option<String> {
    if let Some(element) = name.strip_suffix("[]") {
        return Some(format!("::migratable::column_types::Array<{}>", column_type(element)?));
    }
    TYPES.contains(&name).then(|| format!("::migratable::column_types::{name}"))
}

/// Adds a type of its own for every number, in binary digits; none for 0.
fn push_type_of_number(text: &mut String, number: usize) {
    if number > 0 {
        let digits: String = format!("{number:b}").chars().map(|it| if it == '0' { "()," } else { "u8," }).collect();
        text.push_str(&format!(",({digits})"));
    }
}
