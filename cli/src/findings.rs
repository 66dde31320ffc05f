//! What is not in order, and where.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::console::Console;

/// What is not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A model cannot be read.
    Model,
    /// The models have a change without a revision.
    Change,
    /// A revision is wrong.
    Revision,
    /// There are several heads.
    Heads,
    /// The lock and the revisions disagree.
    Lock,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Model => "model",
            Kind::Change => "change",
            Kind::Revision => "revision",
            Kind::Heads => "heads",
            Kind::Lock => "lock",
        }
    }
}

/// Something that is not in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What.
    pub(crate) kind: Kind,
    path: Option<PathBuf>,
    line: usize,
    column: usize,
    message: String,
    /// What to type about it.
    command: Option<String>,
}

impl Finding {
    /// Something at a place in a file; line and column are from 1, or 0 for the whole file.
    pub(crate) fn at(kind: Kind, path: &Path, line: usize, column: usize, message: impl Into<String>) -> Finding {
        Finding { kind, path: Some(path.to_owned()), line, column, message: message.into(), command: None }
    }

    /// Something that stands at no place, and the command in its message that mends it.
    pub(crate) fn new(kind: Kind, message: impl Into<String>, command: Option<String>) -> Finding {
        Finding { kind, path: None, line: 0, column: 0, message: message.into(), command }
    }

    /// With the command in its message that mends it.
    pub(crate) fn mended_by(mut self, command: String) -> Finding {
        self.command = Some(command);
        self
    }

    /// Whether it stands in that file.
    pub(crate) fn is_in(&self, path: &Path) -> bool {
        self.path.as_deref() == Some(path)
    }

    /// As a line: `src/models.rs:3:9: message`.
    pub(crate) fn line(&self, console: &Console<'_>) -> String {
        let mut line = String::new();
        if let Some(path) = &self.path {
            line.push_str(&console.path(path));
            if self.line > 0 {
                line.push_str(&format!(":{}:{}", self.line, self.column.max(1)));
            }
            line.push_str(": ");
        }
        line.push_str(&console.shortened(&self.message));
        line
    }

    /// As JSON.
    pub(crate) fn json(&self, console: &Console<'_>) -> Value {
        let mut value = json!({ "kind": self.kind.name(), "message": console.shortened(&self.message) });
        if let Some(path) = &self.path {
            value["file"] = console.path(path).into();
            if self.line > 0 {
                value["line"] = self.line.into();
                value["column"] = self.column.max(1).into();
            }
        }
        if let Some(command) = &self.command {
            value["command"] = command.clone().into();
        }
        value
    }
}
