//! Revision files: read into operations, and written from them.
//!
//! `upgrade` and `downgrade` are plain Rust and data at once: their calls are read here with syn, without being
//! compiled, through the same functions of [`migratable_core::builder`] that the compiled calls run.

#[cfg(feature = "write")]
mod carry;
mod constructor;
#[cfg(feature = "write")]
mod edit;
mod file;
mod header;
mod kept;
mod mapper;
mod operation;
mod reader;
mod seeds;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;
mod value;
#[cfg(feature = "write")]
mod write;

use std::collections::BTreeSet;
use std::fmt;

use migratable_core::Operation;

#[cfg(feature = "write")]
pub use carry::{Carried, carry};
#[cfg(feature = "write")]
pub use edit::{with_parents, without_statement};
pub use header::{Header, Transaction, is_label};
pub use tokens::{body_spans, spans};
#[cfg(feature = "write")]
pub use write::{NewRevision, write};

/// What a revision file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionFile {
    /// The identifier.
    pub id: String,
    /// The revisions that it follows.
    pub after: Vec<String>,
    /// Revisions of other branches that must be applied before it.
    pub depends_on: Vec<String>,
    /// Names of the branch that begins here.
    pub labels: Vec<String>,
    /// Revisions that are gone and for which it stands, in their order.
    pub replaces: Vec<String>,
    /// What is one transaction of its work, if it is not what is set for all.
    pub transaction: Option<Transaction>,
    /// What it is for: the first line of the file's `//!` comment.
    pub message: String,
    /// What `upgrade` does.
    pub upgrade: Vec<Statement>,
    /// What `downgrade` does.
    pub downgrade: Vec<Statement>,
    /// The line and the column of the name of `downgrade`, from 1.
    pub downgrade_place: (usize, usize),
    /// The functions that `upgrade` and `downgrade` run, each once.
    pub steps: Vec<String>,
    /// The functions that map rows, each once.
    pub mappers: Vec<Mapper>,
    /// The functions beside `upgrade` and `downgrade`, whether they are run or not.
    pub functions: Vec<String>,
    /// The checksum of everything beside `upgrade` and `downgrade`, if there is something.
    pub steps_checksum: Option<String>,
    /// Every name in those functions, to know which tables they need.
    pub words: BTreeSet<String>,
    /// Every name in the tests, which are no part of what it does; `None` if it has none.
    pub test_words: Option<BTreeSet<String>>,
    /// The texts of `revision!`, and where they stand; the identifier is the first.
    pub header: Vec<Word>,
}

impl RevisionFile {
    /// The operations of `upgrade`.
    pub fn upgrade_operations(&self) -> Vec<Operation> {
        self.upgrade.iter().map(|statement| statement.operation.clone()).collect()
    }

    /// The operations of `downgrade`.
    pub fn downgrade_operations(&self) -> Vec<Operation> {
        self.downgrade.iter().map(|statement| statement.operation.clone()).collect()
    }

    /// Why the revision cannot be taken back, if it says so.
    pub fn irreversible(&self) -> Option<&str> {
        self.downgrade.iter().find_map(|statement| match &statement.operation {
            Operation::Irreversible { reason } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// The checksum of what `upgrade` and `downgrade` do.
    pub fn checksum(&self) -> String {
        migratable_core::operation::checksum(&self.upgrade_operations(), &self.downgrade_operations())
    }
}

impl RevisionFile {
    /// A message about a text of `revision!`.
    pub fn located(&self, text: &str, message: String) -> Located {
        let place = self.header.iter().find(|word| word.text == text).or(self.header.first());
        Located {
            line: place.map_or(1, |word| word.line),
            column: place.map_or(1, |word| word.column),
            message,
            function: Some(HEADER.to_owned()),
            statement: Some(0),
            token: place.map(|word| word.token),
        }
    }
}

/// A function that maps rows, as its head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapper {
    /// Its name.
    pub name: String,
    /// The path of the type that it takes, name by name; empty if that is no path.
    pub from: Vec<String>,
    /// The path of the type that it gives in a `Result`.
    pub to: Vec<String>,
}

/// One call of `upgrade` or `downgrade`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub operation: Operation,
    /// Which statement of the function it is, from 0.
    pub index: usize,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The column in characters at which it begins, from 1.
    pub column: usize,
    /// Its texts and step names, and where they stand.
    pub words: Vec<Word>,
}

impl Statement {
    /// Where a name stands in the call; else the beginning of the call.
    pub fn find(&self, subject: &str) -> (usize, usize, usize) {
        let found = self.words.iter().find(|word| word.text == subject);
        found.map_or((self.line, self.column, 0), |word| (word.line, word.column, word.token))
    }

    /// A message about a name in the call.
    pub fn located(&self, function: &str, subject: &str, message: String) -> Located {
        let (line, column, token) = self.find(subject);
        Located {
            line,
            column,
            message,
            function: Some(function.to_owned()),
            statement: Some(self.index),
            token: Some(token),
        }
    }
}

/// A text of a call, or the name of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text without its quotes.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Which token of the statement it is.
    pub token: usize,
}

/// A message about a place in a revision file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong and what is right.
    pub message: String,
    /// The function: `upgrade`, `downgrade`, or [`HEADER`] for the call of `revision!`; `None` for the file.
    pub function: Option<String>,
    /// Which statement of the function, from 0; `None` for the function itself.
    pub statement: Option<usize>,
    /// Which token of the statement, counted as [`spans`] does.
    pub token: Option<usize>,
}

/// What [`Located::function`] holds for a message about the call of `revision!`.
pub const HEADER: &str = "revision!";

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// What could be read of a revision file, and what could not.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The file, if its `revision!` could be read. Statements that could not be read are missing in it.
    pub file: Option<RevisionFile>,
    /// Everything that is wrong.
    pub mistakes: Vec<Located>,
    /// Whether the text is no Rust at all, which the compiler says too.
    pub is_rust: bool,
}

impl Reading {
    /// Whether one of the two functions could not be read whole.
    pub fn is_broken(&self, function: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.function.as_deref() == Some(function))
    }
}

/// Reads a revision file, as far as it can be read.
pub fn read(text: &str) -> Reading {
    file::read(text)
}

/// Reads a revision file.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn parse(text: &str) -> Result<RevisionFile, Vec<Located>> {
    match read(text) {
        Reading { file: Some(file), mistakes, .. } if mistakes.is_empty() => Ok(file),
        Reading { mistakes, .. } => Err(mistakes),
    }
}
