//! Fields into columns.

use std::borrow::Cow;

use migratable_core::diff::ColumnRename;
use migratable_core::{Column, ColumnType, DefaultValue, Literal};
use proc_macro2::Span;

use super::{Building, BuiltColumn, FlatField, ScannedField};
use crate::models::attributes::{At, TypeSpec};
use crate::models::item::StructItem;
use crate::models::lookup::TypeError;
use crate::models::rust_type::{RustType, text};
use crate::models::source::{column_of, position, said_type};

/// The help of every type that is not known.
pub(super) const SAY_TYPE: &str = "help: say the column type: `#[migratable(type = \"text\")]`";

impl<'b> Building<'b, '_, '_> {
    /// Reads every field of the struct.
    pub(super) fn fields(&mut self, found: &'b StructItem) {
        for field in &found.fields {
            let rust_type = RustType::of(&field.ty, self.scope);
            let (line, column_number) = position(field.ident.span());
            let at = self.done.model.fields.len();
            self.scanned(ScannedField {
                name: field.name(),
                column: String::new(),
                column_type: ColumnType::Text,
                nullable: false,
                asserted: false,
                rust_type: text(&field.ty),
                line,
                column_number,
                skip: field.skip(),
                embed: Vec::new(),
            });
            if field.skip() {
                continue;
            }
            if field.embed() {
                self.embed(at, field, &rust_type);
                continue;
            }
            let flat = FlatField { field: Cow::Borrowed(field), rust_type, via: None, optional: false };
            let asserted = flat.field.attributes.column_type.is_none() && flat.field.attributes.sql_type.is_none();
            if let Some(column) = self.column(&flat) {
                let scanned = &mut self.done.model.fields[at];
                scanned.column.clone_from(&column.name);
                scanned.column_type.clone_from(&column.column_type);
                scanned.nullable = column.nullable;
                scanned.asserted = asserted;
                self.table.columns.push(column);
            }
            self.flats.push(flat);
        }
    }

    /// Reads a field that is a column of its own.
    pub(super) fn column(&mut self, flat: &FlatField<'_>) -> Option<Column> {
        let field = &flat.field;
        let (own_field, span) = (flat.own_name(), flat.place(field.ident.span()));
        let name = column_of(field);
        if let Some(other) = self.columns.iter().find(|built| built.column.eq_ignore_ascii_case(&name)) {
            let message = format!("`{}` and `{}` are both the column `{name}`: rename one", other.field, field.name());
            self.error(span, Some(&own_field), message);
            return None;
        }
        self.columns.push(BuiltColumn {
            field: field.name(),
            column: name.clone(),
            span,
            own_field: own_field.clone(),
        });
        let (column_type, nullable) = self.type_of(flat, &own_field)?;
        let attributes = &field.attributes;
        let mut column = Column::new(name, column_type);
        column.nullable = nullable || flat.optional;
        column.collation = attributes.collation.as_ref().map(|collation| collation.value.clone());
        column.comment.clone_from(&attributes.comment);
        column.generated = attributes.generated.as_ref().map(|generated| generated.value.clone());
        if let Some(generated) = &attributes.generated {
            let sql = At { value: generated.value.expression.clone(), span: flat.place(generated.span) };
            self.covered(&sql, Some(&own_field));
        }
        if let Some(default) = &attributes.default {
            let at = flat.place(default.span);
            if let DefaultValue::Sql(sql) = &default.value {
                self.covered(&At { value: sql.clone(), span: at }, Some(&own_field));
            }
            let wrong = match &column.generated {
                Some(_) => Some("a generated column has no default: remove one of the two".to_owned()),
                None => misfit(&default.value, &column.column_type),
            };
            if let Some(wrong) = wrong {
                self.error(at, Some(&own_field), wrong);
            }
            column.default = Some(default.value.clone());
        }
        if let Some(from) = &attributes.renamed_from {
            if from.value == column.name {
                let message = format!("the column is still named `{}`: remove `renamed_from`", from.value);
                self.error(flat.place(from.span), Some(&own_field), message);
            }
            let table = self.table.name.clone();
            self.done.column_renames.push(ColumnRename { table, from: from.value.clone(), to: column.name.clone() });
        }
        Some(column)
    }

    /// The column type of a field, and whether NULL may stand in it.
    fn type_of(&mut self, flat: &FlatField<'_>, own_field: &str) -> Option<(ColumnType, bool)> {
        let attributes = &flat.field.attributes;
        let resolved = self.asking.column_type(&flat.rust_type);
        let optional = flat.rust_type.option().is_some();
        let explicit = match (&attributes.column_type, &attributes.sql_type) {
            (Some(said), _) => {
                let rust = resolved.as_ref().ok().map(|resolved| &resolved.column_type);
                let column_type = said_type(&said.value, rust);
                let given = match &said.value {
                    TypeSpec::Portable(_) => None,
                    TypeSpec::Each(_) => self.without_type(&column_type),
                };
                if let Some(missing) = given {
                    let message = format!(
                        "`type` says nothing for {}, and the Rust type does not either\nhelp: add it: \
                         `#[migratable(type({} = \"text\"))]`",
                        missing,
                        missing.name()
                    );
                    self.error(flat.place(said.span), Some(own_field), message);
                }
                Some(column_type)
            }
            (None, Some(said)) => Some(said.value.clone()),
            (None, None) => None,
        };
        match (explicit, resolved) {
            (Some(explicit), resolved) => {
                let nullable = resolved.map_or(optional, |resolved| resolved.nullable);
                Some((explicit, nullable || attributes.nullable_sql_type))
            }
            (None, Ok(resolved)) => Some((resolved.column_type, resolved.nullable)),
            (None, Err(TypeError::Broken)) => {
                self.done.lost = true;
                None
            }
            (None, Err(TypeError::Unknown(message))) => {
                let at = flat.place(syn::spanned::Spanned::span(&flat.field.ty));
                self.error(at, Some(own_field), format!("{message}\n{SAY_TYPE}"));
                None
            }
        }
    }

    /// The first dialect of the project for which a type has no text.
    fn without_type(&self, column_type: &ColumnType) -> Option<migratable_core::Dialect> {
        let ColumnType::Native(sql) = column_type else { return None };
        self.context.dialects.iter().copied().find(|dialect| sql.text(*dialect).is_none())
    }
}

impl FlatField<'_> {
    /// The field of the struct itself at which it stands.
    pub(super) fn own_name(&self) -> String {
        self.via.as_ref().map_or_else(|| self.field.name(), |(own, _)| own.clone())
    }

    /// Where to report something of the field: there, or at the field that embeds it.
    pub(super) fn place(&self, span: Span) -> Span {
        self.via.as_ref().map_or(span, |(_, via)| *via)
    }
}

/// Why a default cannot stand in a column of a type, if it cannot.
fn misfit(default: &DefaultValue, column_type: &ColumnType) -> Option<String> {
    use ColumnType as T;
    let wrong = |what: &str, right: &str| Some(format!("{what} is no default of {}: {right}", a(column_type)));
    match default {
        DefaultValue::Sql(_) => None,
        _ if matches!(column_type, T::Native(_)) => None,
        DefaultValue::Now => match column_type {
            T::Date | T::Time | T::Timestamp | T::TimestampTz => None,
            _ => wrong("`now`", "only a date, time, timestamp or timestamptz has it"),
        },
        DefaultValue::Literal(literal) => match (literal, column_type) {
            (Literal::Null, _) => None,
            (Literal::Integer(value), T::SmallInt) if i16::try_from(*value).is_err() => {
                wrong(&value.to_string(), "it is too large")
            }
            (Literal::Integer(value), T::Integer) if i32::try_from(*value).is_err() => {
                wrong(&value.to_string(), "it is too large")
            }
            (Literal::Integer(_), T::SmallInt | T::Integer | T::BigInt | T::Real | T::Double | T::Numeric(_))
            | (Literal::Decimal(_), T::Real | T::Double | T::Numeric(_))
            | (Literal::Boolean(_), T::Boolean)
            | (Literal::Bytes(_), T::Binary | T::Varbinary(_)) => None,
            (Literal::Text(text), T::Varchar(length) | T::Char(length)) => {
                let fits = text.chars().count() <= usize::try_from(*length).unwrap_or(usize::MAX);
                if fits { None } else { wrong(&format!("{text:?}"), "it is too long") }
            }
            (
                Literal::Text(_),
                T::Text
                | T::Date
                | T::Time
                | T::Timestamp
                | T::TimestampTz
                | T::Interval
                | T::Uuid
                | T::Json
                | T::Jsonb
                | T::Inet
                | T::Enum(_)
                | T::Array(_),
            ) => None,
            (Literal::Text(text), T::Numeric(_)) if text.parse::<f64>().is_ok() => None,
            (Literal::Text(_), _) => wrong("a text", "write it without quotes, or as `sql(\"…\")`"),
            (Literal::Boolean(_), _) => wrong("true or false", "write a value of its type, or `sql(\"…\")`"),
            (Literal::Integer(_) | Literal::Decimal(_), T::Boolean) => wrong("a number", "write true or false"),
            _ => wrong("this", "write a value of its type, or `sql(\"…\")`"),
        },
    }
}

fn a(column_type: &ColumnType) -> String {
    format!("a column of type {column_type}")
}
