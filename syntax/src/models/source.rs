//! One source file: the modules it declares, what it defines, and its models.

use std::path::Path;

use migratable_core::{ColumnType, TableName};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Attribute, DeriveInput, Fields, Ident};

use super::ScanError;
use super::attributes::{
    KeySpec, TypeSpec, derives_migratable, excluded_by_cfg, has_cfg, is_conditional, path_attributes, table_of,
};
use super::casing;
use super::item::{Item, ItemKind, StructItem, parse_item};
use super::rust_type::{RustType, TypePath};
use super::scope::Scope;

/// What other files need to know of a file, and what the walk over the modules needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The modules that stand in other files.
    pub(super) modules: Vec<Module>,
    /// The types that it defines.
    pub(super) definitions: Vec<Definition>,
    /// The structs that its models embed.
    pub(super) embeds: Vec<TypePath>,
    /// Whether it calls `schema!()`, under no condition.
    pub(super) calls_schema: bool,
    /// The line of the first item that derives `Migratable` under no condition.
    pub(super) first_model: Option<usize>,
    /// Why the file cannot be read.
    pub(super) error: Option<ScanError>,
}

/// A `mod name;`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) name: String,
    /// The inline modules around it, each with the path of an attribute.
    pub(super) around: Vec<(String, Option<String>)>,
    /// The paths of its attributes.
    pub(super) paths: Vec<String>,
    /// Whether one of those paths stands there under no condition.
    pub(super) path_is_certain: bool,
    /// Whether the module may be left out of a build.
    pub(super) has_cfg: bool,
    /// Whether that holds for the module or for one around it.
    pub(super) is_conditional: bool,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A type that a file defines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Definition {
    pub(super) name: String,
    /// The module, from the root of the crate.
    pub(super) module: Vec<String>,
    pub(super) kind: DefinitionKind,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum DefinitionKind {
    Alias(RustType),
    /// An alias with parameters: not followed.
    GenericAlias,
    /// A newtype that derives `Migratable`; the type that its attributes say, if they do.
    Newtype(RustType, Option<ColumnType>),
    /// An enum that derives `Migratable`, by its name in the database.
    Enum(String),
    Model(ModelFacts),
    /// A struct with named fields that is no model; the table that Diesel's attributes name, and its key.
    Struct(Option<(String, Vec<String>)>),
    /// An enum or newtype that does not derive `Migratable`.
    Underived(String),
    /// An item with mistakes of its own.
    Broken,
}

/// What others may ask of a model without reading its fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ModelFacts {
    pub(super) table: TableName,
    /// The columns of the primary key.
    pub(super) key: Vec<String>,
    /// The fields whose columns have other names.
    pub(super) renamed: Vec<(String, String)>,
}

/// A file that was parsed in this run.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The items that derive `Migratable`.
    pub(super) items: Vec<SourceItem>,
    /// The other structs with named fields, which models may embed.
    pub(super) structs: Vec<(usize, syn::ItemStruct)>,
    /// The modules of the file: itself and the inline ones.
    pub(super) scopes: Vec<Scope>,
}

/// An item that derives `Migratable`.
#[derive(Debug)]
pub(super) struct SourceItem {
    pub(super) scope: usize,
    pub(super) ident: Ident,
    pub(super) read: syn::Result<Item>,
}

/// The line and column of a place, both from 1.
pub(super) fn position(span: Span) -> (usize, usize) {
    let start = span.start();
    (start.line, start.column + 1)
}

/// Reads the text of a file that is the module of that path.
pub(super) fn parse(text: &str, path: &Path, module: &[String], package: &str) -> (Facts, Source) {
    let mut facts = Facts::default();
    let mut source = Source::default();
    match syn::parse_file(text) {
        Ok(file) => {
            if !excluded_by_cfg(&file.attrs) {
                let scope = Scope::new(module.to_vec(), package);
                let is_conditional = is_conditional(&file.attrs);
                Reader { facts: &mut facts, source: &mut source, package, is_conditional }.module(
                    &file.items,
                    scope,
                    &[],
                );
            }
        }
        Err(error) => {
            let (line, column) = position(error.span());
            let message = match error.to_string().as_str() {
                "cannot parse string into token stream" | "lex error" => {
                    "this is not Rust: the bracket or quote here opens or closes nothing".to_owned()
                }
                other => other.to_owned(),
            };
            let file = path.to_owned();
            facts.error = Some(ScanError { file, line, column, message, fatal: true, item: None, field: None });
        }
    }
    (facts, source)
}

struct Reader<'a> {
    facts: &'a mut Facts,
    source: &'a mut Source,
    package: &'a str,
    /// Whether what is being read may be left out of a build.
    is_conditional: bool,
}

impl Reader<'_> {
    fn module(&mut self, items: &[syn::Item], mut scope: Scope, around: &[(String, Option<String>)]) {
        for item in items {
            match item {
                syn::Item::Use(item) if !excluded_by_cfg(&item.attrs) => scope.import(&item.tree, &[]),
                _ => {
                    if let Some(name) = name_of(item) {
                        scope.own.insert(name.unraw().to_string());
                    }
                }
            }
        }
        let at = self.source.scopes.len();
        self.source.scopes.push(scope.clone());
        for item in items {
            match item {
                syn::Item::Struct(item) => self.structure(item, &scope, at),
                syn::Item::Enum(item) => self.enumeration(item, &scope, at),
                syn::Item::Union(item) if derives(&item.attrs) => {
                    self.derived(DeriveInput::from(item.clone()), &scope, at);
                }
                syn::Item::Type(item) if !excluded_by_cfg(&item.attrs) => {
                    let kind = if item.generics.params.is_empty() {
                        DefinitionKind::Alias(RustType::of(&item.ty, &scope))
                    } else {
                        DefinitionKind::GenericAlias
                    };
                    self.define(&item.ident, &scope, kind);
                }
                syn::Item::Macro(item) => {
                    let is_certain = !self.is_conditional && !is_conditional(&item.attrs);
                    self.facts.calls_schema |= is_certain && calls_schema(&item.mac);
                }
                syn::Item::Mod(item) if !excluded_by_cfg(&item.attrs) => self.declared(item, &scope, around),
                _ => {}
            }
        }
    }

    fn define(&mut self, ident: &Ident, scope: &Scope, kind: DefinitionKind) {
        let definition = Definition { name: ident.unraw().to_string(), module: scope.module.clone(), kind };
        self.facts.definitions.push(definition);
    }

    fn declared(&mut self, item: &syn::ItemMod, scope: &Scope, around: &[(String, Option<String>)]) {
        let name = item.ident.unraw().to_string();
        let (paths, path_is_certain) = path_attributes(&item.attrs);
        let is_conditional = self.is_conditional || is_conditional(&item.attrs);
        match &item.content {
            Some((_, items)) => {
                let module = [scope.module.clone(), vec![name.clone()]].concat();
                let around = [around, &[(name, paths.into_iter().next())]].concat();
                let outside = std::mem::replace(&mut self.is_conditional, is_conditional);
                self.module(items, Scope::new(module, self.package), &around);
                self.is_conditional = outside;
            }
            None => {
                let (line, column) = position(item.ident.span());
                self.facts.modules.push(Module {
                    name,
                    around: around.to_vec(),
                    paths,
                    path_is_certain,
                    has_cfg: has_cfg(&item.attrs),
                    is_conditional,
                    line,
                    column,
                });
            }
        }
    }

    fn structure(&mut self, item: &syn::ItemStruct, scope: &Scope, at: usize) {
        if excluded_by_cfg(&item.attrs) {
            return;
        }
        if derives_migratable(&item.attrs) {
            return self.derived(DeriveInput::from(item.clone()), scope, at);
        }
        match &item.fields {
            Fields::Named(_) => {
                self.define(&item.ident, scope, DefinitionKind::Struct(table_of(&item.attrs)));
                self.source.structs.push((at, item.clone()));
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                self.define(&item.ident, scope, DefinitionKind::Underived("newtype".to_owned()));
            }
            _ => {}
        }
    }

    fn enumeration(&mut self, item: &syn::ItemEnum, scope: &Scope, at: usize) {
        if excluded_by_cfg(&item.attrs) {
            return;
        }
        if derives_migratable(&item.attrs) {
            return self.derived(DeriveInput::from(item.clone()), scope, at);
        }
        self.define(&item.ident, scope, DefinitionKind::Underived("enum".to_owned()));
    }

    fn derived(&mut self, item: DeriveInput, scope: &Scope, at: usize) {
        let read = parse_item(&item);
        if read.is_ok() && !self.is_conditional && !is_conditional(&item.attrs) {
            self.facts.first_model.get_or_insert(position(item.ident.span()).0);
        }
        let kind = match &read {
            Err(_) => DefinitionKind::Broken,
            Ok(read) => match &read.kind {
                ItemKind::Struct(found) => {
                    let embedded = found.fields.iter().filter(|field| field.embed());
                    for field in embedded {
                        let ty = RustType::of(&field.ty, scope);
                        if let RustType::Path(path, _) = ty.option().unwrap_or(&ty) {
                            self.facts.embeds.push(path.clone());
                        }
                    }
                    DefinitionKind::Model(model_facts(&read.name(), found))
                }
                ItemKind::Enum(found) => match &found.attributes.sql_type {
                    Some(sql_type) => {
                        let none = RustType::Other(String::new());
                        DefinitionKind::Newtype(none, Some(sql_type.value.clone()))
                    }
                    None => DefinitionKind::Enum(found.name.clone()),
                },
                ItemKind::Newtype(found) => {
                    let inner = RustType::of(&found.inner, scope);
                    let attributes = &found.attributes;
                    let said = match &attributes.column_type {
                        Some(said) => Some(said_type(&said.value, inner.known().as_ref())),
                        None => attributes.sql_type.as_ref().map(|said| said.value.clone()),
                    };
                    DefinitionKind::Newtype(inner, said)
                }
            },
        };
        self.define(&item.ident, scope, kind);
        self.source.items.push(SourceItem { scope: at, ident: item.ident, read });
    }
}

impl RustType {
    /// The column type, if the tokens alone give it.
    fn known(&self) -> Option<ColumnType> {
        match self {
            RustType::Path(path, _) => path.column_type(),
            RustType::Other(_) => None,
        }
    }
}

/// The type that an attribute says; what it leaves open for a dialect is what the Rust type gives.
pub(super) fn said_type(said: &TypeSpec, rust: Option<&ColumnType>) -> ColumnType {
    use migratable_core::{Dialect, Sql};
    let texts = match said {
        TypeSpec::Portable(portable) => return portable.clone(),
        TypeSpec::Each(texts) => texts,
    };
    let mut all = texts.clone();
    for dialect in Dialect::ALL {
        if let Some(rust) = rust.filter(|_| !all.contains_key(&dialect)) {
            let text = match rust.on(dialect) {
                ColumnType::Native(sql) => sql.text(dialect).map(str::to_owned),
                portable => Some(portable.to_string()),
            };
            all.extend(text.map(|text| (dialect, text)));
        }
    }
    let same = all.len() == Dialect::ALL.len() && all.values().all(|text| Some(text) == all.values().next());
    match all.values().next().and_then(|text| text.parse().ok()) {
        Some(portable) if same => portable,
        _ => ColumnType::Native(Sql::each(all.iter().map(|(dialect, text)| (*dialect, text.as_str())))),
    }
}

fn derives(attributes: &[Attribute]) -> bool {
    derives_migratable(attributes) && !excluded_by_cfg(attributes)
}

/// Whether a macro call is `migratable::schema!()`.
fn calls_schema(call: &syn::Macro) -> bool {
    let path: Vec<&Ident> = call.path.segments.iter().map(|segment| &segment.ident).collect();
    match path.as_slice() {
        [name] => *name == "schema" && call.tokens.is_empty(),
        [of, name] => *of == "migratable" && *name == "schema" && call.tokens.is_empty(),
        _ => false,
    }
}

fn name_of(item: &syn::Item) -> Option<&Ident> {
    match item {
        syn::Item::Struct(item) => Some(&item.ident),
        syn::Item::Enum(item) => Some(&item.ident),
        syn::Item::Type(item) => Some(&item.ident),
        syn::Item::Mod(item) => Some(&item.ident),
        syn::Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

/// The column of a field.
pub(super) fn column_of(field: &super::Field) -> String {
    field.attributes.column.as_ref().map_or_else(|| field.name(), |column| column.value.clone())
}

/// The table of a struct.
pub(super) fn table_of_model(name: &str, item: &StructItem) -> TableName {
    let attributes = &item.attributes;
    let table = attributes.table.as_ref().map_or_else(|| casing::table_name(name), |table| table.value.clone());
    TableName { schema: attributes.schema.as_ref().map(|schema| schema.value.clone()), name: table }
}

fn model_facts(name: &str, item: &StructItem) -> ModelFacts {
    let column = |name: &str| {
        let field = item.fields.iter().find(|field| field.name() == name);
        field.map_or_else(|| name.to_owned(), column_of)
    };
    let marked: Vec<String> =
        item.fields.iter().filter(|field| field.attributes.primary_key.is_some()).map(column_of).collect();
    let key = match &item.attributes.primary_key {
        Some(KeySpec::Fields(fields)) => fields.iter().map(|field| column(&field.value)).collect(),
        Some(KeySpec::Columns(columns)) => columns.iter().map(|column| column.value.clone()).collect(),
        Some(KeySpec::None) => Vec::new(),
        None if !marked.is_empty() => marked,
        None => vec![column("id")],
    };
    let renamed = item
        .fields
        .iter()
        .map(|field| (field.name(), column_of(field)))
        .filter(|(name, column)| name != column)
        .collect();
    ModelFacts { table: table_of_model(name, item), key, renamed }
}
