//! Items into tables and enums, with what the other files know.

mod columns;
mod constraints;
mod embedded;
mod keys;
mod references;

use std::borrow::Cow;
use std::path::Path;

use migratable_core::diff::ColumnRename;
use migratable_core::{Dialect, Enum, Model, Naming, Table, TableName};
use proc_macro2::Span;

use super::attributes::{At, nearest};
use super::item::{Field, Item, ItemKind, StructItem};
use super::lookup::{Asking, TypeError};
use super::rust_type::RustType;
use super::scope::Scope;
use super::source::{Source, SourceItem, position, table_of_model};
use super::{Databases, ModelKind, ScanError, ScannedField, ScannedModel, dialect_limits, named};

/// What one item gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResolvedModel {
    pub(super) model: ScannedModel,
    pub(super) table: Option<Table>,
    pub(super) enumeration: Option<Enum>,
    pub(super) renamed_from: Option<TableName>,
    pub(super) column_renames: Vec<ColumnRename>,
    /// Where the named things of the table stand, for errors about several tables.
    pub(super) places: Vec<Place>,
    pub(super) errors: Vec<ScanError>,
    /// Whether an error keeps the item out of the schema.
    pub(super) lost: bool,
    /// Whether it is of another database than the chosen one.
    pub(super) elsewhere: bool,
}

/// Where a constraint or index stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) field: Option<String>,
    /// For foreign keys: whether the table is named by a text.
    pub(super) by_name: bool,
}

/// What is the same for every item of a scan.
pub(super) struct Context<'c> {
    pub(super) package: &'c str,
    pub(super) dialects: &'c [Dialect],
    pub(super) databases: &'c Databases,
    pub(super) naming: &'c Naming,
    /// Gives the parsed text of a file by its index.
    pub(super) sources: &'c dyn Fn(usize) -> std::rc::Rc<Source>,
}

/// A field of the table, its own or of an embedded struct.
struct FlatField<'f> {
    field: Cow<'f, Field>,
    rust_type: RustType,
    /// The field of the struct itself at which it stands, if it is embedded.
    via: Option<(String, Span)>,
    optional: bool,
}

/// Resolves an item of the file of that index.
pub(super) fn resolve<'b>(
    context: &'b Context<'b>,
    asking: &'b Asking<'_, '_>,
    file: usize,
    path: &'b Path,
    source: &'b Source,
    item: &'b SourceItem,
) -> ResolvedModel {
    let scope = &source.scopes[item.scope];
    let name = syn::ext::IdentExt::unraw(&item.ident).to_string();
    let (line, column) = position(item.ident.span());
    let kind = ModelKind::Embedded;
    let mut building = Building {
        context,
        asking,
        file,
        path,
        scope,
        name: name.clone(),
        table: Table::new(TableName::plain("")),
        flats: Vec::new(),
        columns: Vec::new(),
        places: Vec::new(),
        done: ResolvedModel {
            model: ScannedModel {
                name,
                file: path.to_owned(),
                line,
                column,
                kind,
                fields: Vec::new(),
                appear_with: Vec::new(),
            },
            table: None,
            enumeration: None,
            renamed_from: None,
            column_renames: Vec::new(),
            places: Vec::new(),
            errors: Vec::new(),
            lost: false,
            elsewhere: false,
        },
    };
    match &item.read {
        Err(error) => {
            for error in error.clone() {
                building.error(error.span(), None, error.to_string());
            }
        }
        Ok(read) => building.item(read),
    }
    building.done
}

/// An item on its way into the schema.
struct Building<'b, 'l, 'a> {
    context: &'b Context<'b>,
    asking: &'b Asking<'l, 'a>,
    file: usize,
    path: &'b Path,
    scope: &'b Scope,
    name: String,
    table: Table,
    flats: Vec<FlatField<'b>>,
    columns: Vec<BuiltColumn>,
    places: Vec<PlaceOf>,
    done: ResolvedModel,
}

/// A column and the field that it comes from.
struct BuiltColumn {
    field: String,
    column: String,
    span: Span,
    /// The field of the struct itself.
    own_field: String,
}

/// Where something of the table stands, before it has its name.
struct PlaceOf {
    of: Kind,
    at: usize,
    span: Span,
    field: Option<String>,
    by_name: bool,
}

/// What has a name of its own in a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unique,
    Index,
    ForeignKey,
    Check,
}

impl<'b> Building<'b, '_, '_> {
    /// Reports a mistake; the item is then not in the schema.
    fn error(&mut self, span: Span, field: Option<&str>, message: impl Into<String>) {
        let (line, column) = position(span);
        self.done.lost = true;
        self.done.errors.push(ScanError {
            file: self.path.to_owned(),
            line,
            column,
            message: message.into(),
            fatal: false,
            item: Some(self.name.clone()),
            field: field.map(str::to_owned),
        });
    }

    fn item(&mut self, item: &'b Item) {
        let model = Some(Model { name: self.name.clone(), package: self.context.package.to_owned() });
        match &item.kind {
            ItemKind::Struct(found) => self.structure(item, found, model),
            ItemKind::Enum(found) => {
                if let Some(sql_type) = &found.attributes.sql_type {
                    self.done.model.kind = ModelKind::Newtype(sql_type.value.clone());
                    return;
                }
                self.done.model.kind = ModelKind::Enum(found.name.clone());
                let values = found.variants.iter().map(|variant| variant.value.clone()).collect();
                let enumeration = Enum { name: found.name.clone(), values, model };
                for problem in dialect_limits::enumeration(&enumeration, self.context.dialects) {
                    self.error(item.ident.span(), None, problem);
                }
                self.done.enumeration = Some(enumeration);
            }
            ItemKind::Newtype(found) => {
                let itself = RustType::Path(self.scope.own_path(&self.name), Vec::new());
                match self.asking.column_type(&itself) {
                    Ok(resolved) => self.done.model.kind = ModelKind::Newtype(resolved.column_type),
                    Err(TypeError::Broken) => self.done.lost = true,
                    Err(TypeError::Unknown(message)) => {
                        let span = syn::spanned::Spanned::span(&found.inner);
                        self.error(span, None, format!("{message}\n{}", columns::SAY_TYPE));
                    }
                }
            }
        }
    }

    fn structure(&mut self, item: &'b Item, found: &'b StructItem, model: Option<Model>) {
        let span = item.ident.span();
        if self.asking.is_embedded(self.file, &self.scope.module, &self.name) {
            self.embedded_itself(found);
            return;
        }
        let name = table_of_model(&self.name, found);
        self.table = Table { model, comment: found.attributes.comment.clone(), ..Table::new(name.clone()) };
        self.done.model.kind = ModelKind::Table(name.clone());
        self.checked_table_name(&name, found, span);
        let database = found.attributes.database.as_ref();
        self.done.elsewhere = self.context.databases.is_elsewhere(database.map(|it| it.value.as_str()));
        if let Some(database) = database
            && let Some(mistake) = self.context.databases.mistake(&database.value)
        {
            self.error(database.span, None, mistake);
        }
        self.fields(found);
        if self.table.columns.is_empty() && !self.done.lost {
            self.error(span, None, "a table has at least one column, and this struct has no field that is one");
        }
        self.primary_key(found, span);
        self.constraints(found);
        self.references(found);
        self.identity();
        self.renames(found);
        self.appears_with(found);
        self.limits(span);
        self.context.naming.fill(&mut self.table);
        self.done.places = self
            .places
            .iter()
            .map(|place| {
                let name = match place.of {
                    Kind::Unique => &self.table.uniques[place.at].name,
                    Kind::Index => &self.table.indexes[place.at].name,
                    Kind::ForeignKey => &self.table.foreign_keys[place.at].name,
                    Kind::Check => &self.table.checks[place.at].name,
                };
                let (line, column) = position(place.span);
                Place { name: name.clone(), line, column, field: place.field.clone(), by_name: place.by_name }
            })
            .collect();
        if !self.done.lost {
            self.done.table = Some(std::mem::replace(&mut self.table, Table::new(TableName::plain(""))));
        }
    }

    fn checked_table_name(&mut self, name: &TableName, found: &StructItem, span: Span) {
        let at = found.attributes.table.as_ref().map_or(span, |table| table.span);
        if name.name.to_ascii_lowercase().starts_with("migratable_") {
            let message =
                format!("names that begin with `migratable_` are Migratable's own: give `{name}` another one");
            self.error(at, None, message);
        }
        for dialect in self.context.dialects {
            if let Some(problem) = dialect_limits::table_name(name, *dialect) {
                let at =
                    found.attributes.schema.as_ref().filter(|_| problem.of_schema).map_or(at, |schema| schema.span);
                self.error(at, None, problem.message);
            }
        }
    }

    fn renames(&mut self, found: &StructItem) {
        let Some(from) = &found.attributes.renamed_from else { return };
        let mut before = TableName::parse(&from.value);
        if before.schema.is_none() {
            before.schema.clone_from(&self.table.name.schema);
        }
        if before == self.table.name {
            self.error(from.span, None, format!("the table is still named `{before}`: remove `renamed_from`"));
        }
        self.done.renamed_from = Some(before);
    }

    fn appears_with(&mut self, found: &StructItem) {
        for path in &found.attributes.appear_with {
            let span = syn::spanned::Spanned::span(path);
            match self.asking.model(&super::rust_type::TypePath::of(path, self.scope)) {
                Ok((table, _)) => self.done.model.appear_with.push(table),
                Err(TypeError::Broken) => {}
                Err(TypeError::Unknown(message)) => self.error(span, None, message),
            }
        }
    }

    fn limits(&mut self, span: Span) {
        for problem in dialect_limits::table(&self.table, self.context.dialects) {
            use dialect_limits::Subject;
            let (at, field) = match &problem.subject {
                Subject::Column(column) => match self.columns.iter().find(|it| it.column == *column) {
                    Some(built) => (built.span, Some(built.own_field.clone())),
                    None => (span, None),
                },
                Subject::Index(index) => self.place(Kind::Index, *index, span),
                Subject::Unique(index) => self.place(Kind::Unique, *index, span),
                Subject::ForeignKey(index) => self.place(Kind::ForeignKey, *index, span),
            };
            self.error(at, field.as_deref(), problem.message);
        }
    }

    fn place(&self, of: Kind, at: usize, otherwise: Span) -> (Span, Option<String>) {
        let place = self.places.iter().find(|place| place.of == of && place.at == at);
        place.map_or((otherwise, None), |place| (place.span, place.field.clone()))
    }

    /// The column of a field that an attribute names.
    fn column_of(&mut self, field: &At<String>) -> Option<String> {
        if let Some(built) = self.columns.iter().find(|built| built.field == field.value) {
            return Some(built.column.clone());
        }
        let skipped = self.done.model.fields.iter().any(|it| it.skip && it.name == field.value);
        let message = if skipped {
            format!("the field `{}` is skipped: it has no column", field.value)
        } else if let Some(built) = self.columns.iter().find(|built| built.column == field.value) {
            format!("`{}` is a column: the field is named `{}`", field.value, built.field)
        } else {
            let near = nearest(&field.value, self.columns.iter().map(|built| built.field.as_str()));
            let near = near.map_or_else(String::new, |near| format!(": is `{near}` meant?"));
            format!("`{}` has no field `{}`{near}", self.name, field.value)
        };
        // A field that could not be read has its own error.
        let known = self.done.model.fields.iter().any(|it| !it.skip && it.name == field.value);
        if known {
            self.done.lost = true;
        } else {
            self.error(field.span, None, message);
        }
        None
    }

    fn columns_of(&mut self, fields: &[At<String>]) -> Option<Vec<String>> {
        let mut columns: Vec<String> = Vec::with_capacity(fields.len());
        let mut whole = true;
        for field in fields {
            match self.column_of(field) {
                Some(column) if columns.contains(&column) => {
                    self.error(field.span, None, format!("`{}` stands here twice: remove one of them", field.value));
                    whole = false;
                }
                Some(column) => columns.push(column),
                None => whole = false,
            }
        }
        whole.then_some(columns)
    }

    /// Checks that SQL has a text for every dialect of the project.
    fn covered(&mut self, sql: &At<migratable_core::Sql>, field: Option<&str>) {
        let missing: Vec<Dialect> =
            self.context.dialects.iter().copied().filter(|dialect| sql.value.text(*dialect).is_none()).collect();
        if let Some(first) = missing.first() {
            let message = format!(
                "this SQL has no text for {}\nhelp: add one: `sql({} = \"…\")`, or write one text for all dialects",
                named(&missing),
                first.name()
            );
            self.error(sql.span, field, message);
        }
    }

    fn remember(&mut self, of: Kind, at: usize, span: Span, field: Option<String>, by_name: bool) {
        self.places.push(PlaceOf { of, at, span, field, by_name });
    }

    fn scanned(&mut self, field: ScannedField) {
        self.done.model.fields.push(field);
    }
}
