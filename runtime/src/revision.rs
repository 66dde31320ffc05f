//! What revision files are written with: `use migratable::revision::*;`.

use std::any::{Any, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use migratable_core::Operation;
pub use migratable_core::builder::*;
pub use migratable_macros::{operations, revision};

use crate::any;
pub use crate::given::{argument, tag};
pub use crate::hole;
// What `hole!` needs where no module of a step brings it.
use crate::rows::{Batch, Field, MapsTo, TableRow};
#[doc(hidden)]
pub use diesel::QueryDsl;

/// What a data step gives back.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why a data step failed.
///
/// Diesel's errors and texts become one by `?` and `.into()`; anything else by [`Error::new`].
#[derive(Debug)]
pub struct Error {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that says this.
    pub fn new(message: impl fmt::Display) -> Error {
        Error { message: message.to_string(), source: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<String> for Error {
    fn from(message: String) -> Error {
        Error { message, source: None }
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Error {
        Error::new(message)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Error {
    fn from(source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        Error { message: source.to_string(), source: Some(source) }
    }
}

macro_rules! from_errors {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error { message: error.to_string(), source: Some(Box::new(error)) }
            }
        }
    )*};
}

from_errors!(
    diesel::result::Error,
    std::io::Error,
    std::fmt::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
);

/// A function of a revision, for any connection; it fails on one that it is not for.
pub(crate) type Step = Box<dyn Fn(&mut dyn Any) -> Result<()>>;

/// A function of a revision that maps rows.
pub(crate) struct Mapper {
    /// The fields of the row before.
    pub(crate) before: &'static [Field],
    /// The fields of the row after.
    pub(crate) after: &'static [Field],
    /// Converts a batch; gives how many rows.
    pub(crate) convert: Convert,
}

/// Converts a batch on a connection; gives how many rows.
pub(crate) type Convert = Box<dyn Fn(&mut dyn Any, &Batch) -> Result<u64>>;

/// What `upgrade` or `downgrade` of a revision is given: records the operations, and keeps the functions of its data
/// steps.
#[derive(Default)]
pub struct Operations {
    list: OperationList,
    steps: BTreeMap<String, Step>,
    mappers: BTreeMap<String, Mapper>,
}

impl Operations {
    /// Runs a function of the revision on the rows.
    pub fn run<C: 'static, S>(&mut self, step: S)
    where
        S: Fn(&mut C) -> Result<()> + 'static,
    {
        let name = name_of::<S>();
        let call = move |connection: &mut dyn Any| match any::as_taken::<C>(connection) {
            Some(connection) => step(connection),
            None => Err(Error::new(format!("the step takes a {}, which this connection is not", type_name::<C>()))),
        };
        self.list.run_named(&name);
        self.steps.insert(name, Box::new(call));
    }

    /// Makes of every row of a table, as the revision finds it, the row as the revision leaves it.
    ///
    /// The function sees nothing but the row: `fn f(old: before::users::Row) -> Result<after::users::Row>`. The changes of
    /// the table that the revision names are made when every row has what it needs for them.
    pub fn map_rows<Old: MapsTo<New>, New: TableRow, S>(&mut self, table: &str, step: S)
    where
        S: Fn(Old) -> Result<New> + 'static,
    {
        let name = name_of::<S>();
        self.list.map_rows_named(table, &name, Old::KEPT);
        let convert = Box::new(move |connection: &mut dyn Any, batch: &Batch| Old::convert(connection, batch, &step));
        self.mappers.insert(name, Mapper { before: Old::FIELDS, after: New::FIELDS, convert });
    }

    /// The same with other operations in their place, of the same functions.
    pub(crate) fn with(mut self, operations: Vec<Operation>) -> Operations {
        self.list.operations = operations;
        self
    }

    /// The function of that name.
    pub(crate) fn step(&self, name: &str) -> Option<&Step> {
        self.steps.get(name)
    }

    /// The function of that name that maps rows.
    pub(crate) fn mapper(&self, name: &str) -> Option<&Mapper> {
        self.mappers.get(name)
    }
}

/// The name of a function.
fn name_of<S>() -> String {
    let path = type_name::<S>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path).to_owned()
}

impl Deref for Operations {
    type Target = OperationList;

    fn deref(&self) -> &OperationList {
        &self.list
    }
}

impl DerefMut for Operations {
    fn deref_mut(&mut self) -> &mut OperationList {
        &mut self.list
    }
}

/// Stands where a person must decide, and does not compile until they have: `hole!("which users get a bio?")`.
///
/// It uses Diesel's prelude, which the generated module of a step brings: an open hole is one error, without warnings
/// about imports that only the code in its place will use.
#[macro_export]
macro_rules! hole {
    ($reason:literal) => {{
        #[allow(unused_imports)]
        use QueryDsl as _;
        ::core::compile_error!($reason)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(database: &mut String) -> Result<()> {
        database.push('x');
        Ok(())
    }

    #[test]
    fn a_step_is_recorded_by_its_name_and_called_with_its_connection() {
        let mut operations = Operations::default();
        operations.drop_table("users");
        operations.run(fill);
        assert_eq!(operations.operations[1].to_string(), "run fill");
        assert!(operations.step("other").is_none());
        let mut database = String::new();
        operations.step("fill").unwrap()(&mut database).unwrap();
        assert_eq!(database, "x");
        assert!(operations.step("fill").unwrap()(&mut 3_i32).unwrap_err().to_string().contains("String"));
    }
}
