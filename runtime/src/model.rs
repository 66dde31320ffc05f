//! What `#[derive(Migratable)]` implements: the facts about a model that the compiler holds.

mod assertion;
pub mod column_types;

pub use assertion::assert_column_type;
use column_types::ColumnType;

/// A struct that is a table.
///
/// ```
/// # mod posts { // in an application `#[derive(Migratable)]` writes this
/// # pub struct Post;
/// # impl migratable::Migratable for Post {
/// #     const TABLE: &'static str = "posts";
/// #     const COLUMNS: &'static [migratable::ModelColumn] = &[];
/// # }
/// # }
/// use migratable::Migratable;
///
/// assert_eq!(posts::Post::TABLE, "posts");
/// ```
pub trait Migratable {
    /// The table: `name`, or `schema.name`.
    const TABLE: &'static str;
    /// Its columns, in the order of the fields.
    const COLUMNS: &'static [ModelColumn];
}

/// A column of a model's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelColumn {
    /// The name in the database.
    pub name: &'static str,
    /// The type as `schema.lock` writes it.
    pub column_type: &'static str,
    /// Whether NULL may stand in it.
    pub nullable: bool,
}

/// A Rust type that a field of a model may have without saying its column type.
///
/// Implemented for the types of the language, for those of the crates that features of `migratable` name, and by
/// `#[derive(Migratable)]` for enums and newtypes.
#[diagnostic::on_unimplemented(
    message = "Migratable does not know which column type `{Self}` is",
    label = "not known as a column type",
    note = "the types of chrono, time, uuid, serde_json, bigdecimal, rust_decimal and ipnetwork stand behind features of the same name: `migratable = {{ .., features = [\"chrono\"] }}`",
    note = "an enum or newtype of your own derives `Migratable`; for any other type say the column type: `#[migratable(type = \"text\")]`"
)]
pub trait FieldType {
    /// The column type.
    type Column: ColumnType;
}

/// A column type by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldColumn {
    name: &'static str,
    dimensions: usize,
    nullable: bool,
}

impl FieldColumn {
    /// The type that `schema.lock` writes like this. An empty name stands for any type.
    pub const fn named(name: &'static str) -> FieldColumn {
        FieldColumn { name, dimensions: 0, nullable: false }
    }
}

impl<T: FieldType> FieldType for Option<T> {
    type Column = column_types::Nullable<<T::Column as ColumnType>::Value>;
}

impl<T: FieldType> FieldType for Vec<T> {
    type Column = column_types::Array<<T::Column as ColumnType>::Value>;
}

macro_rules! field_types {
    ($($rust:ty => $name:ident),* $(,)?) => {$(
        impl $crate::FieldType for $rust {
            type Column = $crate::column_types::$name;
        }
    )*};
}

mod foreign_types;

field_types!(
    i16 => smallint,
    i32 => integer,
    i64 => bigint,
    f32 => real,
    f64 => double,
    bool => boolean,
    String => text,
    Vec<u8> => binary,
);
