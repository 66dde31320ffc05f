//! What revision files are written with: `use migratable::revision::*;`.

use std::any::{Any, type_name};
use std::fmt;
use std::ops::{Deref, DerefMut};

pub use migratable_core::builder::*;
use migratable_core::replay::Detour;
pub use migratable_macros::{operations, revision};

use crate::any;
pub use crate::given::{argument, tag};
pub use crate::hole;

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

/// What `upgrade` or `downgrade` of a revision is given: records the operations, and keeps the functions of its data
/// steps.
#[derive(Default)]
pub struct Operations {
    list: OperationList,
    steps: Vec<(usize, Step)>,
}

impl Operations {
    /// Runs a function of the revision on the rows.
    pub fn run<C: 'static, S>(&mut self, step: S)
    where
        S: Fn(&mut C) -> Result<()> + 'static,
    {
        let path = type_name::<S>();
        let path = path.split('<').next().unwrap_or(path);
        let name = path.rsplit("::").next().unwrap_or(path).to_owned();
        let call = move |connection: &mut dyn Any| match any::as_taken::<C>(connection) {
            Some(connection) => step(connection),
            None => Err(Error::new(format!("the step takes a {}, which this connection is not", type_name::<C>()))),
        };
        self.steps.push((self.list.operations.len(), Box::new(call)));
        self.list.run_named(&name);
    }

    /// The same between renames of what other branches have renamed.
    pub(crate) fn between(mut self, Detour { before, behind }: &Detour) -> Operations {
        self.steps.iter_mut().for_each(|(place, _)| *place += before.len());
        self.list.operations.splice(0..0, before.iter().cloned());
        self.list.operations.extend_from_slice(behind);
        self
    }

    /// The function behind the operation at that place.
    pub(crate) fn step(&self, at: usize) -> Option<&Step> {
        self.steps.iter().find(|(place, _)| *place == at).map(|(_, step)| step)
    }
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
        assert!(operations.step(0).is_none());
        let mut database = String::new();
        operations.step(1).unwrap()(&mut database).unwrap();
        assert_eq!(database, "x");
        assert!(operations.step(1).unwrap()(&mut 3_i32).unwrap_err().to_string().contains("String"));
    }
}
