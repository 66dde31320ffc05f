//! Why some revisions are no graph.

use std::fmt;

/// Why some revisions are no graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// Two revisions have one identifier.
    Duplicate {
        /// The identifier.
        id: String,
    },
    /// Two revisions have one branch label.
    Label {
        /// The label.
        label: String,
        /// The revisions.
        ids: [String; 2],
    },
    /// A revision is there, or is replaced by another one too, although a revision stands for it.
    Replaced {
        /// The revision.
        id: String,
        /// What stands for it.
        by: String,
    },
    /// A revision follows one that is not there.
    Missing {
        /// The revision.
        id: String,
        /// What it follows.
        parent: String,
    },
    /// Some revisions follow one another in a circle.
    Cycle {
        /// The revisions.
        ids: Vec<String>,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GraphError::Duplicate { id } => write!(f, "two revisions are called {id}"),
            GraphError::Label { label, ids: [one, other] } => {
                write!(f, "the label `{label}` stands on {one} and on {other}; a branch has a label of its own")
            }
            GraphError::Replaced { id, by } => {
                write!(f, "revision {by} replaces {id}, which is there or replaced by another one")
            }
            GraphError::Missing { id, parent } => write!(f, "revision {id} follows {parent}, which is not there"),
            GraphError::Cycle { ids } => {
                write!(f, "these revisions follow one another in a circle: {}", ids.join(", "))
            }
        }
    }
}

impl std::error::Error for GraphError {}
