//! Enum types.

/// An enum: a type of its own on PostgreSQL, ENUM on MySQL, text with a check on SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// The name of the type.
    pub name: String,
    /// The values, in order.
    pub values: Vec<String>,
    /// Where it comes from.
    pub model: Option<Model>,
}

/// The Rust item that a table or enum was read from. Not part of what is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name of the struct or enum.
    pub name: String,
    /// The cargo package that it stands in.
    pub package: String,
}
