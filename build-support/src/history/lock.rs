//! Whether the lock says what the revisions give.

use std::path::Path;
use std::{fs, io};

use migratable_core::graph::Graph;
use migratable_core::lock::{self, Lock, LockError, LockErrorKind};
use migratable_core::{Schema, fingerprint};

use super::History;
use super::difference::differences;
use crate::configuration::Configuration;

/// In what lock and revisions disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockProblem {
    /// There is no lock.
    Missing,
    /// It cannot be opened.
    Unreadable(String),
    /// It is no lock.
    Wrong(LockError),
    /// Its schema is not the one that was written.
    Edited,
    /// The history has several heads in one branch.
    Heads(Vec<String>),
    /// It is of a revision that is not there.
    Gone(String),
    /// It is of other revisions than the newest.
    Behind {
        /// The heads in the lock.
        lock: Vec<String>,
        /// The heads of the revisions.
        revisions: Vec<String>,
    },
    /// The revisions give another schema.
    Differs(Vec<String>),
}

impl LockProblem {
    /// The lock, if it agrees with the revisions; `replayed` is what they give, if they could be replayed.
    ///
    /// # Errors
    /// The first in which they disagree, in the order in which things must be mended.
    pub fn check(path: &Path, history: &History, replayed: Option<&Schema>) -> Result<Lock, LockProblem> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(LockProblem::Missing),
            Err(error) => return Err(LockProblem::Unreadable(error.to_string())),
        };
        let read = match str::from_utf8(&bytes) {
            Ok(text) => lock::read(text),
            Err(_) => Err(no_text(&bytes)),
        };
        let heads: Option<Vec<String>> =
            history.graph.as_ref().map(|graph| graph.heads().into_iter().map(str::to_owned).collect());
        let colliding: Vec<String> =
            history.graph.iter().flat_map(Graph::colliding_heads).flatten().map(str::to_owned).collect();
        let lock = match read {
            Err(error) if error.kind == LockErrorKind::Newer => return Err(LockProblem::Wrong(error)),
            _ if !colliding.is_empty() => return Err(LockProblem::Heads(colliding)),
            Ok(lock) => lock,
            Err(error) => return Err(LockProblem::Wrong(error)),
        };
        if !lock.is_intact() {
            return Err(LockProblem::Edited);
        }
        let (Some(graph), Some(heads)) = (&history.graph, heads) else { return Ok(lock) };
        if let Some(gone) = lock.heads.iter().find(|head| graph.node(head).is_none()) {
            return Err(LockProblem::Gone(gone.clone()));
        }
        if lock.heads.len() != heads.len() || !heads.iter().all(|head| lock.heads.contains(head)) {
            return Err(LockProblem::Behind { lock: lock.heads, revisions: heads });
        }
        match replayed {
            Some(schema) if fingerprint(schema) != lock.fingerprint => {
                Err(LockProblem::Differs(differences(schema, &lock.schema)))
            }
            _ => Ok(lock),
        }
    }

    /// What is wrong, and the command that mends it.
    pub fn message(&self, configuration: &Configuration) -> String {
        let lock = format!("`{}` computes it from the revisions", configuration.file_command("lock"));
        let merge = format!(
            "`{}` joins them, or, if no database has run one of the branches yet, `{}` puts it behind the other",
            configuration.file_command("merge"),
            configuration.file_command("rebase")
        );
        match self {
            LockProblem::Missing => format!("schema.lock is missing: {lock}"),
            LockProblem::Unreadable(error) => format!("schema.lock cannot be read: {error}"),
            LockProblem::Wrong(error) => {
                let place = format!("schema.lock:{}:{}: {}", error.line, error.column, error.message);
                if error.kind == LockErrorKind::Newer { place } else { format!("{place}; {lock}") }
            }
            LockProblem::Edited => {
                format!("schema.lock was changed by hand: its fingerprint is of another schema; {lock}")
            }
            LockProblem::Heads(heads) => {
                format!("there are {} heads, {}: {merge}", heads.len(), heads.join(" and "))
            }
            LockProblem::Gone(id) => format!(
                "schema.lock is of revision {id}, whose file is missing in {}: bring it back, or, if it is to be gone, \
                 {lock}",
                configuration.versions().display()
            ),
            LockProblem::Behind { lock: of, revisions } => {
                let of = if of.is_empty() { "the time before any revision".to_owned() } else { of.join(", ") };
                let newest = if revisions.is_empty() { "none".to_owned() } else { revisions.join(", ") };
                format!("schema.lock is of {of}, and the newest revision is {newest}: {lock}")
            }
            LockProblem::Differs(differences) => format!(
                "schema.lock is not what the revisions give: in the lock, {}; {lock}, which is right if a revision was \
                 edited",
                differences.join("; ")
            ),
        }
    }
}

/// What is wrong with a lock that is no UTF-8.
fn no_text(bytes: &[u8]) -> LockError {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    LockError {
        line: valid.matches('\n').count() + 1,
        column: valid.chars().rev().take_while(|character| *character != '\n').count() + 1,
        message: "this is not UTF-8".to_owned(),
        kind: LockErrorKind::Syntax,
    }
}
