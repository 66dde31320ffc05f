//! `schema.lock`: the schema that the revisions give, committed beside them.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use crate::{Schema, fingerprint};

pub use read::read;
pub use write::write;

/// The version of the format that this release reads and writes.
pub const VERSION: i64 = 1;

/// What a lock file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The newest revisions.
    pub heads: Vec<String>,
    /// The fingerprint that was written with the schema.
    pub fingerprint: String,
    /// The schema at the heads.
    pub schema: Schema,
}

impl Lock {
    /// The lock of a project without revisions.
    pub fn empty() -> Lock {
        let schema = Schema::default();
        Lock { heads: Vec::new(), fingerprint: fingerprint(&schema), schema }
    }

    /// Whether the schema is the one that was written: false after a hand edit.
    pub fn is_intact(&self) -> bool {
        self.fingerprint == fingerprint(&self.schema)
    }
}

/// Why a lock cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What kind of mistake it is.
    pub kind: LockErrorKind,
}

/// The kinds of locks that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockErrorKind {
    /// git left conflict markers in it.
    Conflict,
    /// A newer release wrote it.
    Newer,
    /// It is not what `migrate` writes.
    Syntax,
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for LockError {}
