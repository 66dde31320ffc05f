//! How a command ends when it does not end well.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use crate::console::Console;

/// Why a command stopped.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something went wrong: what, where, and what to type next.
    Failed(String),
    /// What was typed means nothing here.
    Usage(String),
    /// The database, its history or a revision stands in the way.
    Refused {
        /// A word for programs; see `docs/refusals.md`.
        code: &'static str,
        /// What, where, and what to type next.
        message: String,
    },
    /// All has been said already; this is the exit status.
    Said(u8),
}

/// What a command gives back.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A file cannot be written, and everything is as it was.
    pub(crate) fn cannot_write(path: &Path, error: &io::Error, console: &Console<'_>) -> Failure {
        let advice = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ": make room on the disk, and run this again",
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                ": make its folder writable, and run this again"
            }
            _ => "",
        };
        Failure::Failed(format!("cannot write {}: {error}; nothing was changed{advice}", console.path(path)))
    }

    /// A database cannot be reached, or is not there.
    #[cfg(feature = "database")]
    pub(crate) fn of_database(message: String) -> Failure {
        Failure::Refused { code: "database", message }
    }

    /// What the library says.
    #[cfg(feature = "database")]
    pub(crate) fn of(error: &migratable::Error) -> Failure {
        match error {
            migratable::Error::Resolve(_) | migratable::Error::Range { .. } => Failure::Usage(error.to_string()),
            error => Failure::Refused { code: error.code(), message: error.to_string() },
        }
    }

    /// The word for programs, if there is one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Failure::Refused { code, .. } => Some(code),
            Failure::Failed(_) => Some("failed"),
            Failure::Usage(_) | Failure::Said(_) => None,
        }
    }

    /// What is still to be said.
    pub fn message(&self) -> Option<&str> {
        match self {
            Failure::Failed(message) | Failure::Usage(message) | Failure::Refused { message, .. } => Some(message),
            Failure::Said(_) => None,
        }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Failed(_) | Failure::Refused { .. } => 1,
            Failure::Usage(_) => 2,
            Failure::Said(status) => *status,
        }
    }

    /// The exit status as the system takes it.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::Failed(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Failure {
        Failure::Failed(message.to_owned())
    }
}
