//! What `#[derive(Migratable)]` implements: the facts about a model that the compiler holds.

mod assertion;
pub mod column_types;

pub use assertion::assert_column_type;

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
    /// The column type, without NULL, as the compiler tells it from others.
    type Value;
    /// The same with NULL, if that may stand in it.
    type Column;
    /// The column type by its name.
    const COLUMN: FieldColumn;
}

/// The column type of a Rust type.
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
    type Value = T::Value;
    type Column = column_types::Nullable<T::Value>;
    const COLUMN: FieldColumn = FieldColumn { nullable: true, ..T::COLUMN };
}

impl<T: FieldType> FieldType for Vec<T> {
    type Value = column_types::Array<T::Value>;
    type Column = Self::Value;
    const COLUMN: FieldColumn = FieldColumn { dimensions: T::COLUMN.dimensions + 1, nullable: false, ..T::COLUMN };
}

macro_rules! field_types {
    ($($rust:ty => $name:ident),* $(,)?) => {$(
        impl $crate::FieldType for $rust {
            type Value = $crate::column_types::$name;
            type Column = Self::Value;
            const COLUMN: $crate::FieldColumn = $crate::FieldColumn::named(stringify!($name));
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
