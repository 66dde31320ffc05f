//! Facts, models, tables and errors as bytes: field after field, and a number for each variant.

use std::collections::BTreeMap;

use migratable_core::diff::ColumnRename;
use migratable_core::{
    Action, Check, Column, ColumnType, DefaultValue, Deferrable, Dialect, Enum, ForeignKey, Generated, Identity, Index,
    IndexPart, IndexTarget, Literal, Model, Native, Nulls, PrimaryKey, Sql, Table, TableName, Unique,
};

use super::codec::{Codec, Reader};
use crate::models::lookup::{Aspect, Dependency};
use crate::models::resolve::{Place, ResolvedModel};
use crate::models::rust_type::{Origin, RustType, TypePath};
use crate::models::source::{Definition, DefinitionKind, Facts, ModelFacts, Module};
use crate::models::{ModelKind, ScanError, ScannedField, ScannedModel};

macro_rules! structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl Codec for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }

            fn get(from: &mut Reader<'_>) -> Option<$name> {
                Some($name { $($field: Codec::get(from)?),* })
            }
        }
    )*};
}

macro_rules! enums {
    ($($name:ident { $($number:literal => $variant:ident $(($($field:ident),*))?),* $(,)? })*) => {$(
        impl Codec for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($name::$variant $(($($field),*))? => {
                        out.push($number);
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn get(from: &mut Reader<'_>) -> Option<$name> {
                match u8::get(from)? {
                    $($number => {
                        $($(let $field = Codec::get(from)?;)*)?
                        Some($name::$variant $(($($field),*))?)
                    })*
                    _ => None,
                }
            }
        }
    )*};
}

/// Models say nothing native, so nothing is kept of it.
impl Codec for Native {
    fn put(&self, _: &mut Vec<u8>) {}

    fn get(_: &mut Reader<'_>) -> Option<Native> {
        Some(Native::default())
    }
}

structs! {
    Facts { modules, definitions, embeds, calls_schema, first_model, error }
    Module { name, around, paths, path_is_certain, has_cfg, is_conditional, line, column }
    Definition { name, module, kind }
    ModelFacts { table, key, renamed }
    TypePath { origin, segments }
    Dependency { aspect, path, stamp }
    ResolvedModel { model, table, enumeration, renamed_from, column_renames, places, errors, lost, elsewhere }
    Place { name, line, column, field, by_name }
    ScannedModel { name, file, line, column, kind, fields, appear_with }
    ScannedField {
        name, column, column_type, nullable, asserted, rust_type, line, column_number, skip, embed,
    }
    ScanError { file, line, column, message, fatal, item, field }
    ColumnRename { table, from, to }
    TableName { schema, name }
    Table {
        name, columns, primary_key, uniques, indexes, foreign_keys, checks, comment, native, model,
    }
    Column { name, column_type, nullable, default, identity, generated, collation, comment, native }
    Identity { always, start, increment }
    Generated { expression, stored }
    PrimaryKey { name, columns, native }
    Unique { name, columns, native }
    Index { name, parts, unique, predicate, method, include, native }
    IndexPart { target, descending, nulls, native }
    ForeignKey { name, columns, table, references, on_delete, on_update, deferrable, native }
    Check { name, expression, native }
    Enum { name, values, model }
    Model { name, package }
}

enums! {
    DefinitionKind {
        0 => Alias(inner), 1 => GenericAlias, 2 => Newtype(inner, said), 3 => Enum(name), 4 => Model(facts),
        5 => Struct(table), 6 => Underived(what), 7 => Broken,
    }
    RustType { 0 => Path(path, arguments), 1 => Other(text) }
    Origin { 0 => Crate, 1 => Outside, 2 => Bare }
    Aspect { 0 => Type, 1 => Key, 2 => Columns, 3 => Text }
    ModelKind { 0 => Table(name), 1 => Enum(name), 2 => Newtype(column_type), 3 => Embedded }
    ColumnType {
        0 => SmallInt, 1 => Integer, 2 => BigInt, 3 => Real, 4 => Double, 5 => Numeric(digits), 6 => Boolean,
        7 => Text, 8 => Varchar(length), 9 => Char(length), 10 => Binary, 11 => Varbinary(length), 12 => Date,
        13 => Time, 14 => Timestamp, 15 => TimestampTz, 16 => Interval, 17 => Uuid, 18 => Json, 19 => Jsonb,
        20 => Inet, 21 => Array(element), 22 => Enum(name), 23 => Native(sql),
    }
    DefaultValue { 0 => Literal(literal), 1 => Now, 2 => Sql(sql) }
    Literal { 0 => Null, 1 => Boolean(value), 2 => Integer(value), 3 => Decimal(text), 4 => Text(text), 5 => Bytes(bytes) }
    IndexTarget { 0 => Column(name), 1 => Expression(sql) }
    Nulls { 0 => First, 1 => Last }
    Action { 0 => NoAction, 1 => Restrict, 2 => Cascade, 3 => SetNull, 4 => SetDefault }
    Deferrable { 0 => No, 1 => Immediate, 2 => Deferred }
    Dialect { 0 => Sqlite, 1 => Postgres, 2 => Mysql }
}

impl Codec for Sql {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Sql::Portable(text) => {
                out.push(0);
                text.put(out);
            }
            Sql::Each(texts) => {
                out.push(1);
                let texts: Vec<(Dialect, String)> = texts.iter().map(|(at, text)| (*at, text.clone())).collect();
                texts.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Sql> {
        match u8::get(from)? {
            0 => String::get(from).map(Sql::Portable),
            1 => Some(Sql::Each(Vec::get(from)?.into_iter().collect::<BTreeMap<_, _>>())),
            _ => None,
        }
    }
}
