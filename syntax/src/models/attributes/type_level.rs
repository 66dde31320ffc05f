//! Attributes of enums, their variants, and newtypes.

use migratable_core::ColumnType;
use syn::Attribute;

use super::entries::entries;
use super::known::{Level, form, unknown};
use super::{At, Mistakes, TypeSpec, diesel, once, values};
use crate::models::casing::Case;

/// What the attributes of an enum say.
#[derive(Clone, Debug, Default)]
pub(crate) struct EnumAttributes {
    pub(crate) rename: Option<At<String>>,
    pub(crate) case: Case,
    pub(crate) sql_type: Option<At<ColumnType>>,
}

/// What the attributes of a newtype say.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewtypeAttributes {
    pub(crate) column_type: Option<At<TypeSpec>>,
    pub(crate) sql_type: Option<At<ColumnType>>,
}

/// Reads the attributes of an enum.
pub(crate) fn enum_level(attributes: &[Attribute], mistakes: &mut Mistakes) -> EnumAttributes {
    let mut found = EnumAttributes::default();
    let mut case = None;
    for entry in entries(attributes, "migratable", Level::Enum, mistakes) {
        match entry.name().as_str() {
            "rename" => {
                let value = mistakes.good(values::name(&entry, Level::Enum));
                once(&mut found.rename, &entry.key, value, mistakes);
            }
            "rename_all" => {
                let value = mistakes.good(values::text(&entry, Level::Enum).and_then(|text| {
                    let known = Case::ALL.into_iter().find(|(name, _)| *name == text.value());
                    known.map(|(_, case)| case).ok_or_else(|| {
                        let names: Vec<&str> = Case::ALL.iter().map(|(name, _)| *name).collect();
                        let form = form(Level::Enum, "rename_all");
                        let message = format!("`{}` is no case: {} are\n{form}", text.value(), names.join(", "));
                        syn::Error::new(text.span(), message)
                    })
                }));
                once(&mut case, &entry.key, value, mistakes);
            }
            other => mistakes.at(entry.key.span(), unknown(Level::Enum, other)),
        }
    }
    found.case = case.unwrap_or_default();
    found.sql_type = diesel::type_level(attributes);
    found
}

/// Reads the attributes of a variant: its name in the database, if it says one.
pub(crate) fn variant_level(attributes: &[Attribute], mistakes: &mut Mistakes) -> Option<At<String>> {
    let mut rename = None;
    for entry in entries(attributes, "migratable", Level::Variant, mistakes) {
        match entry.name().as_str() {
            "rename" => {
                let value = mistakes.good(values::text(&entry, Level::Variant));
                let value = value.map(|text| At { value: text.value(), span: text.span() });
                once(&mut rename, &entry.key, value, mistakes);
            }
            other => mistakes.at(entry.key.span(), unknown(Level::Variant, other)),
        }
    }
    rename
}

/// Reads the attributes of a newtype.
pub(crate) fn newtype_level(attributes: &[Attribute], mistakes: &mut Mistakes) -> NewtypeAttributes {
    let mut found = NewtypeAttributes::default();
    for entry in entries(attributes, "migratable", Level::Newtype, mistakes) {
        match entry.name().as_str() {
            "type" => {
                let value = mistakes.good(values::type_spec(&entry, Level::Newtype));
                once(&mut found.column_type, &entry.key, value, mistakes);
            }
            other => mistakes.at(entry.key.span(), unknown(Level::Newtype, other)),
        }
    }
    found.sql_type = diesel::type_level(attributes);
    found
}
