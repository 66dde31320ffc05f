//! The column types as types: by them the compiler asserts, all fields at once, that the Rust type of each is what the
//! build script took it for.
//!
//! A type that compares names in a constant would stop at the first field that differs, and cost more to compile.
#![allow(non_camel_case_types, missing_docs)] // The names are those of `schema.lock`.

use std::marker::PhantomData;

use crate::{FieldColumn, FieldType};

/// A column type as a type.
pub trait ColumnType {
    /// The same without NULL.
    type Value: ColumnType;
    /// The same by its name.
    const COLUMN: FieldColumn;
}

/// A field of the type `T`, which the build script has read as the column type `Scanned`.
///
/// `Occurrence` tells fields apart that are alike, because the compiler reports the same mistake only once.
pub struct Field<T, Scanned, Occurrence = ()>(PhantomData<(T, Scanned, Occurrence)>)
where
    T: FieldType,
    T::Column: Is<Scanned, Occurrence>;

/// Whether a column type is the one that was scanned.
#[diagnostic::on_unimplemented(
    message = "this type is `{Self}` in the database, but the build script read its name as `{Scanned}`",
    label = "this is `{Self}`",
    note = "say which it is, for example `#[migratable(type = \"text\")]`, or name the type by its full path"
)]
pub trait Is<Scanned, Occurrence> {}

/// A column in which NULL may stand.
pub struct Nullable<Column>(PhantomData<Column>);

impl<Column: ColumnType> ColumnType for Nullable<Column> {
    type Value = Column;
    const COLUMN: FieldColumn = FieldColumn { nullable: true, ..Column::COLUMN };
}

/// An array.
pub struct Array<Column>(PhantomData<Column>);

impl<Column: ColumnType> ColumnType for Array<Column> {
    type Value = Self;
    const COLUMN: FieldColumn = FieldColumn { dimensions: Column::COLUMN.dimensions + 1, ..Column::COLUMN };
}

/// A type with mistakes of its own: it goes with every column.
pub enum Unknown {}

impl ColumnType for Unknown {
    type Value = Self;
    const COLUMN: FieldColumn = FieldColumn::named("");
}

impl<Scanned, Column: Is<Scanned, Occurrence>, Occurrence> Is<Nullable<Scanned>, Occurrence> for Nullable<Column> {}

impl<Scanned, Column: Is<Scanned, Occurrence>, Occurrence> Is<Array<Scanned>, Occurrence> for Array<Column> {}

#[diagnostic::do_not_recommend]
impl<Scanned, Occurrence> Is<Scanned, Occurrence> for Unknown {}

macro_rules! column_types {
    ($($name:ident)*) => {$(
        pub enum $name {}

        impl ColumnType for $name {
            type Value = Self;
            const COLUMN: FieldColumn = FieldColumn::named(stringify!($name));
        }

        #[diagnostic::do_not_recommend]
        impl<Occurrence> Is<$name, Occurrence> for $name {}
    )*};
}

column_types!(
    smallint integer bigint real double numeric boolean text binary date time timestamp timestamptz interval uuid json
    jsonb inet
);
