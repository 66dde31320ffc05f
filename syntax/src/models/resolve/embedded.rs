//! Structs that Diesel embeds: their fields are columns of the table around them.

use std::borrow::Cow;

use super::{Building, FlatField};
use crate::models::attributes::Mistakes;
use crate::models::item::{self, Field, ItemKind, StructItem};
use crate::models::rust_type::RustType;
use crate::models::scope::Scope;
use crate::models::source::Source;

/// How deep structs may be embedded in each other.
const DEPTH: usize = 8;

impl<'b> Building<'b, '_, '_> {
    /// Adds the columns of an embedded struct for the scanned field of that index.
    pub(super) fn embed(&mut self, at: usize, field: &Field, rust_type: &RustType) {
        let span = field.ident.span();
        let name = field.name();
        let attributes = &field.attributes;
        if attributes.column_type.is_some() || attributes.column.is_some() || attributes.references.is_some() {
            let message = "an embedded field has no column of its own: put its attributes on the fields of its struct";
            self.error(span, Some(&name), message);
        }
        let before = self.table.columns.len();
        self.embed_fields(field, rust_type, (&name, span), rust_type.option().is_some(), 0);
        let columns = self.table.columns[before..].iter().map(|column| column.name.clone()).collect();
        self.done.model.fields[at].embed = columns;
    }

    fn embed_fields(
        &mut self,
        field: &Field,
        rust_type: &RustType,
        via: (&str, proc_macro2::Span),
        optional: bool,
        depth: usize,
    ) {
        let found = match rust_type.option().unwrap_or(rust_type) {
            RustType::Path(path, _) => self.asking.embedded(path),
            RustType::Other(_) => None,
        };
        let Some((file, module, struct_name)) = found.filter(|_| depth < DEPTH) else {
            let message = if depth < DEPTH {
                format!(
                    "the struct that `{}` embeds is not in the modules of this package: define it here, or list its \
                     columns as fields",
                    field.name()
                )
            } else {
                "these structs embed each other".to_owned()
            };
            return self.error(via.1, Some(via.0), message);
        };
        let source = (self.context.sources)(file);
        let (fields, scope) = match fields_of(&source, module, struct_name) {
            Ok(found) => found,
            Err(message) => {
                return self.error(via.1, Some(via.0), format!("`{struct_name}` cannot be embedded: {message}"));
            }
        };
        for inner in fields {
            if inner.skip() {
                continue;
            }
            let rust_type = RustType::of(&inner.ty, scope);
            if inner.embed() {
                let optional = optional || rust_type.option().is_some();
                self.embed_fields(&inner, &rust_type, via, optional, depth + 1);
                continue;
            }
            let via = Some((via.0.to_owned(), via.1));
            let flat = FlatField { field: Cow::Owned(inner), rust_type, via, optional };
            if let Some(column) = self.column(&flat) {
                self.table.columns.push(column);
            }
            self.flats.push(flat);
        }
    }

    /// Checks a struct that derives `Migratable` and is embedded in others.
    pub(super) fn embedded_itself(&mut self, found: &'b StructItem) {
        let attributes = &found.attributes;
        let first = None
            .or(attributes.indexes.first().map(|it| it.span))
            .or(attributes.uniques.first().map(|it| it.span))
            .or(attributes.checks.first().map(|it| it.span))
            .or(attributes.foreign_keys.first().map(|it| it.span))
            .or(attributes.renamed_from.as_ref().map(|it| it.span));
        if let Some(span) = first {
            let message = "this struct is embedded and has no table of its own: put the attribute on the structs that \
                           embed it";
            self.error(span, None, message);
        }
        self.fields(found);
    }
}

/// The fields of a struct of a file, and the module in which it stands.
fn fields_of<'s>(source: &'s Source, module: &[String], name: &str) -> Result<(Vec<Field>, &'s Scope), String> {
    let is = |scope: usize, ident: &syn::Ident| {
        source.scopes[scope].module == module && syn::ext::IdentExt::unraw(ident) == name
    };
    if let Some((scope, found)) = source.structs.iter().find(|(scope, found)| is(*scope, &found.ident)) {
        let syn::Fields::Named(named) = &found.fields else { return Err("it has no named fields".to_owned()) };
        let mut mistakes = Mistakes::default();
        let fields = item::fields(named, &mut mistakes);
        mistakes.into_result().map_err(|error| error.to_string())?;
        return Ok((fields, &source.scopes[*scope]));
    }
    let Some(found) = source.items.iter().find(|found| is(found.scope, &found.ident)) else {
        return Err("it is no struct with named fields".to_owned());
    };
    match &found.read {
        Ok(item::Item { kind: ItemKind::Struct(item), .. }) => Ok((item.fields.clone(), &source.scopes[found.scope])),
        Ok(_) => Err("it is no struct with named fields".to_owned()),
        Err(_) => Err("its own attributes are wrong".to_owned()),
    }
}
