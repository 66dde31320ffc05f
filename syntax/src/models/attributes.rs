//! The attributes of models: `#[migratable(..)]`, and those of Diesel that say something about the table.
//!
//! Every mistake is gathered, so that one build shows all of them.

mod diesel;
mod entries;
mod field_level;
mod index;
mod known;
mod struct_level;
mod type_level;
mod values;

use std::fmt::Display;

use proc_macro2::Span;

pub(super) use diesel::{derives_migratable, table_of};
pub(super) use entries::{excluded_by_cfg, has_cfg, is_conditional, path_attributes};
pub(super) use field_level::{FieldAttributes, field};
pub(super) use index::{IndexPartOf, IndexSpec, IndexTargetOf, UniqueSpec};
pub(super) use known::nearest;
pub(super) use struct_level::{CheckSpec, KeySpec, StructAttributes, struct_level};
pub(super) use type_level::{EnumAttributes, NewtypeAttributes, enum_level, newtype_level, variant_level};
pub(super) use values::{Target, TargetTable, TypeSpec};

#[cfg(test)]
pub(super) use known::{Level, known_names};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The mistakes of one item.
#[derive(Default)]
pub(super) struct Mistakes(Option<syn::Error>);

impl Mistakes {
    pub(super) fn at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    pub(super) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Keeps a good value; gathers a bad one's mistake.
    pub(super) fn good<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(super) fn into_result(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Sets what may stand only once.
fn once<T>(place: &mut Option<T>, key: &syn::Ident, value: Option<T>, mistakes: &mut Mistakes) {
    if place.is_some() {
        mistakes.at(key.span(), format!("`{key}` stands here twice: remove one of them"));
    } else {
        *place = value;
    }
}
