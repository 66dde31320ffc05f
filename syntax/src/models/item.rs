//! One item that derives `Migratable`, as its own tokens say it: nothing here looks at another item.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, Type};

use super::attributes::{self, At, EnumAttributes, FieldAttributes, Mistakes, NewtypeAttributes, StructAttributes};
use super::casing::snake_case;

/// An item that derives `Migratable`.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub ident: Ident,
    /// What it is.
    pub kind: ItemKind,
}

impl Item {
    /// The name without `r#`.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// What an item is.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// A struct with named fields.
    Struct(StructItem),
    /// An enum without data.
    Enum(EnumItem),
    /// A tuple struct of one field.
    Newtype(NewtypeItem),
}

/// A struct with named fields.
#[derive(Clone, Debug)]
pub struct StructItem {
    /// Its fields, in order.
    pub fields: Vec<Field>,
    pub(super) attributes: StructAttributes,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub ident: Ident,
    /// Its type.
    pub ty: Type,
    pub(super) attributes: FieldAttributes,
}

impl Field {
    /// The name without `r#`.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Whether an attribute says that the field is no column.
    pub fn skip(&self) -> bool {
        self.attributes.skip.is_some()
    }

    /// Whether Diesel embeds the field.
    pub fn embed(&self) -> bool {
        self.attributes.embed
    }
}

/// An enum without data.
#[derive(Clone, Debug)]
pub struct EnumItem {
    /// Its name in the database.
    pub name: String,
    /// Its variants, in order.
    pub variants: Vec<Variant>,
    pub(super) attributes: EnumAttributes,
}

impl EnumItem {
    /// Whether a `#[diesel(sql_type = ..)]` says how the enum is stored.
    pub fn has_sql_type(&self) -> bool {
        self.attributes.sql_type.is_some()
    }
}

/// A variant of an enum.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub ident: Ident,
    /// Its value in the database.
    pub value: String,
}

/// A tuple struct of one field.
#[derive(Clone, Debug)]
pub struct NewtypeItem {
    /// The type inside.
    pub inner: Type,
    pub(super) attributes: NewtypeAttributes,
}

impl NewtypeItem {
    /// Whether a `#[diesel(sql_type = ..)]` says how the newtype is stored.
    pub fn has_sql_type(&self) -> bool {
        self.attributes.sql_type.is_some()
    }

    /// Whether an attribute says the column type.
    pub fn has_explicit_type(&self) -> bool {
        self.attributes.column_type.is_some()
    }
}

/// Reads an item that derives `Migratable`.
///
/// # Errors
/// Every mistake of the item, combined.
pub fn parse_item(item: &DeriveInput) -> syn::Result<Item> {
    let mut mistakes = Mistakes::default();
    if !item.generics.params.is_empty() {
        mistakes.at(
            item.generics.params.span(),
            format!(
                "a model has no generic parameters, for a table has one set of column types: write `struct {}` without them",
                item.ident
            ),
        );
    }
    let kind = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => Some(struct_item(item, named, &mut mistakes)),
            Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
                let attributes = attributes::newtype_level(&item.attrs, &mut mistakes);
                let inner = unnamed.unnamed[0].ty.clone();
                Some(ItemKind::Newtype(NewtypeItem { inner, attributes }))
            }
            Fields::Unnamed(_) => refuse(
                item,
                "a tuple struct of several fields is no table and no column: name its fields",
                &mut mistakes,
            ),
            Fields::Unit => refuse(item, "a struct without fields is no table and no column", &mut mistakes),
        },
        Data::Enum(data) => enum_item(item, data, &mut mistakes),
        Data::Union(_) => refuse(item, "a union cannot be stored: use a struct", &mut mistakes),
    };
    mistakes.into_result()?;
    match kind {
        Some(kind) => Ok(Item { ident: item.ident.clone(), kind }),
        None => Err(syn::Error::new(item.ident.span(), "`Migratable` cannot be derived for this item")),
    }
}

fn refuse(item: &DeriveInput, why: &str, mistakes: &mut Mistakes) -> Option<ItemKind> {
    mistakes.at(
        item.ident.span(),
        format!(
            "{why}\nhelp: `Migratable` is derived for a struct with named fields (a table), a struct of one field \
             (`struct UserId(i64);`) or an enum without data"
        ),
    );
    None
}

fn struct_item(item: &DeriveInput, named: &syn::FieldsNamed, mistakes: &mut Mistakes) -> ItemKind {
    let attributes = attributes::struct_level(&item.attrs, mistakes);
    ItemKind::Struct(StructItem { fields: fields(named, mistakes), attributes })
}

/// The fields of a struct with named fields.
pub(super) fn fields(named: &syn::FieldsNamed, mistakes: &mut Mistakes) -> Vec<Field> {
    let mut fields = Vec::with_capacity(named.named.len());
    // A field of the tests alone is no column; in a test build rustc has taken its `cfg` away.
    for field in named.named.iter().filter(|field| !attributes::excluded_by_cfg(&field.attrs)) {
        let attributes = attributes::field(&field.attrs, mistakes);
        if let Some(ident) = &field.ident {
            fields.push(Field { ident: ident.clone(), ty: field.ty.clone(), attributes });
        }
    }
    fields
}

fn enum_item(item: &DeriveInput, data: &syn::DataEnum, mistakes: &mut Mistakes) -> Option<ItemKind> {
    let attributes = attributes::enum_level(&item.attrs, mistakes);
    let mut variants: Vec<Variant> = Vec::with_capacity(data.variants.len());
    let mut seen = std::collections::BTreeSet::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            mistakes.at(
                variant.fields.span(),
                format!(
                    "`{}` holds data, and an enum column holds names only: remove the data, or store the enum as JSON \
                     with `#[migratable(type = \"json\")]` on the field instead of deriving `Migratable`",
                    variant.ident
                ),
            );
        }
        let renamed = attributes::variant_level(&variant.attrs, mistakes);
        let span: Span = renamed.as_ref().map_or(variant.ident.span(), |At { span, .. }| *span);
        let value =
            renamed.map_or_else(|| attributes.case.of(&variant.ident.unraw().to_string()), |renamed| renamed.value);
        if !seen.insert(value.clone()) {
            mistakes.at(span, format!("two variants have the value {value:?}: rename one of them"));
        }
        variants.push(Variant { ident: variant.ident.clone(), value });
    }
    if variants.is_empty() {
        mistakes.at(item.ident.span(), "an enum without variants has no value to store");
        return None;
    }
    let name = match &attributes.rename {
        Some(renamed) => renamed.value.clone(),
        None => snake_case(&item.ident.unraw().to_string()),
    };
    Some(ItemKind::Enum(EnumItem { name, variants, attributes }))
}
