//! The revision files of a project: what they say, what follows what, and what schema they give.
//!
//! Nothing here needs the revisions to compile.

mod difference;
mod lock;
mod read;
mod replay;
mod roads;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;

use migratable_core::graph::Graph;
use migratable_syntax::revision::{Located, RevisionFile};

pub use difference::differences;
pub use lock::LockProblem;
pub use read::files;
pub use replay::Replay;
pub(crate) use replay::{Rows, Seen, Step};
pub use roads::{Conflict, End};

/// The revisions in a folder.
#[derive(Clone, Debug)]
pub struct History {
    /// The folder.
    pub versions: PathBuf,
    /// The revisions, in the order of their files' names.
    pub revisions: Vec<Entry>,
    /// The files of which not even the identifier could be read.
    pub unread: Vec<PathBuf>,
    /// What follows what, if that makes a graph.
    pub graph: Option<Graph>,
    /// What is wrong with the files and with the graph; what is wrong with the operations is found by
    /// [`replay`](Self::replay).
    pub problems: Vec<Problem>,
    /// The first entry of each identifier.
    places: HashMap<String, usize>,
}

/// A revision file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub file: RevisionFile,
    /// Whether all of `upgrade` could be read.
    pub upgrade_is_read: bool,
    /// Whether all of `downgrade` could be read.
    pub downgrade_is_read: bool,
}

/// Something wrong in a revision file, or between several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 for the file.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what is right.
    pub message: String,
    /// Where a macro finds the place again.
    pub place: ProblemPlace,
}

/// Where a macro finds the place of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemPlace {
    /// At a token of a function or of `revision!`.
    Located(Box<Located>),
    /// The compiler reports it by itself.
    Compiler,
    /// Nowhere in the file.
    Nowhere,
}

impl Problem {
    pub(crate) fn located(path: PathBuf, located: Located) -> Problem {
        let (line, column, message) = (located.line, located.column, located.message.clone());
        Problem { path, line, column, message, place: ProblemPlace::Located(Box::new(located)) }
    }

    pub(crate) fn nowhere(path: PathBuf, message: String) -> Problem {
        Problem { path, line: 0, column: 0, message, place: ProblemPlace::Nowhere }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Entry {
    /// The name of the file.
    pub fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The name of the file without its ending.
    pub fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl History {
    /// The revision of that identifier.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.places.get(id).map(|&place| &self.revisions[place])
    }
}
