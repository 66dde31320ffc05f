//! Model source: structs, enums and newtypes that derive `Migratable`, read into a schema.
//!
//! [`parse_item`] reads one item and is shared by the derive and the scan. [`scan`] follows the modules of a package
//! through its files, never through the compiler, so that it works in every state in which the package does not compile.

mod attributes;
mod cache;
mod casing;
mod databases;
mod dialect_limits;
mod item;
mod lookup;
mod module_tree;
mod resolve;
mod rust_type;
mod scan;
mod scope;
mod source;
#[cfg(test)]
mod tests;
mod whole;

use std::path::PathBuf;

use migratable_core::diff::ColumnRename;
use migratable_core::{ColumnType, Dialect, Schema, TableName};

pub use casing::{snake_case, table_name};
pub use databases::Databases;
pub use item::{EnumItem, Field, Item, ItemKind, NewtypeItem, StructItem, Variant, parse_item};
pub use scan::{scan, scan_database};

/// What the models of a package say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The tables and enums, with every name filled in.
    pub schema: Schema,
    /// Every item that derives `Migratable`, in the order of the files.
    pub models: Vec<ScannedModel>,
    /// The tables that a `renamed_from` renames: from, to.
    pub table_renames: Vec<(TableName, TableName)>,
    /// The columns that a `renamed_from` renames.
    pub column_renames: Vec<ColumnRename>,
    /// What is wrong.
    pub errors: Vec<ScanError>,
    /// The names of the items that derive `Migratable` and are not in the schema because of an error.
    pub lost: Vec<String>,
    /// The references by name (`references = "table.column"`) to tables that this package does not have.
    pub outside_references: Vec<OutsideReference>,
    /// What is compiled in every build and can report what concerns the whole package.
    pub reporter: Option<Reporter>,
    /// Every file that was read, absolute, and Cargo.toml.
    pub files: Vec<PathBuf>,
    /// The folders in which a new file could add a module, absolute; none of them holds `target/`.
    pub folders: Vec<PathBuf>,
}

impl Scan {
    /// Whether every model is in the schema. If not, nothing may be claimed about tables that no model has.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.errors.iter().all(|error| !error.fatal)
    }

    /// Keeps a table out of the schema, and says why at its model.
    pub fn refuse(&mut self, table: &TableName, message: String) {
        let Some(model) = self.models.iter().find(|it| it.kind == ModelKind::Table(table.clone())) else { return };
        self.errors.push(model.error(message));
        self.lost.push(model.name.clone());
        self.schema.tables.remove(table);
    }

    /// The errors of references to tables of other packages that `others` does not have either.
    pub fn dangling(&self, others: &Schema) -> Vec<ScanError> {
        let found = |it: &&OutsideReference| it.columns.iter().all(|column| others.column(&it.table, column).is_some());
        self.outside_references.iter().filter(|it| !found(it)).map(|it| it.error.clone()).collect()
    }
}

/// Code that is compiled in every build of the package: nothing on the way to it stands behind a `cfg`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// A call of `schema!()`.
    Schema,
    /// The derive of a model.
    Model {
        /// The file, absolute.
        file: PathBuf,
        /// The line of its name, from 1.
        line: usize,
    },
}

/// An item that derives `Migratable`, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedModel {
    /// Its name, without `r#`.
    pub name: String,
    /// The file, absolute.
    pub file: PathBuf,
    /// The line of its name, from 1.
    pub line: usize,
    /// The column of its name, from 1.
    pub column: usize,
    /// What it is in the database.
    pub kind: ModelKind,
    /// The fields of a struct, in order.
    pub fields: Vec<ScannedField>,
    /// The tables that an `appear_with` lets its queries name.
    pub appear_with: Vec<TableName>,
}

impl ScannedModel {
    /// Something wrong with it, at its name.
    pub fn error(&self, message: String) -> ScanError {
        ScanError {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            message,
            fatal: false,
            item: Some(self.name.clone()),
            field: None,
        }
    }
}

/// What an item is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// A struct: a table.
    Table(TableName),
    /// An enum: an enum of the schema, by its name there.
    Enum(String),
    /// A newtype, or an enum with a `sql_type` of its own: a type for columns.
    Newtype(ColumnType),
    /// A struct that others embed: columns of theirs.
    Embedded,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedField {
    /// Its name, without `r#`.
    pub name: String,
    /// The column; empty if the field has none of its own.
    pub column: String,
    /// The type of the column.
    pub column_type: ColumnType,
    /// Whether NULL may stand in it.
    pub nullable: bool,
    /// Whether the Rust type must really have the column type: not if an attribute says the type, nor for `embed`.
    pub asserted: bool,
    /// The Rust type as it is written.
    pub rust_type: String,
    /// The line of its name, from 1.
    pub line: usize,
    /// The column of its name in that line, from 1.
    pub column_number: usize,
    /// Whether it is no column at all.
    pub skip: bool,
    /// The columns that it stands for, if it is embedded.
    pub embed: Vec<String>,
}

/// Something wrong in the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanError {
    /// The file, absolute.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub message: String,
    /// Whether a whole file could not be read: nothing may then be claimed about dropped tables.
    pub fatal: bool,
    /// The item that it concerns.
    pub item: Option<String>,
    /// The field that it concerns.
    pub field: Option<String>,
}

/// A reference by name to a table that no model of the package has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideReference {
    /// The table referred to.
    pub table: TableName,
    /// The columns referred to.
    pub columns: Vec<String>,
    /// What to report if the other packages do not have it either.
    pub error: ScanError,
}

/// The dialects in words: `SQLite and PostgreSQL`.
fn named(dialects: &[Dialect]) -> String {
    let names: Vec<String> = dialects.iter().map(Dialect::to_string).collect();
    names.join(" and ")
}
