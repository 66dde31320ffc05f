//! What can go wrong, with what is needed to act on it.

use std::fmt;

use migratable_core::graph::{GraphError, ResolveError};

use crate::advice::Advised;
use crate::dialect::EXAMPLES;
use crate::executor::Done;
use crate::migrator::Direction;
use crate::revision;

/// Why migrating failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database answered with an error outside of any revision.
    #[error("could not {doing}: {}", Advised(.source))]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What the database said.
        source: diesel::result::Error,
    },
    /// The revisions of this program do not hang together.
    #[error("the revisions of this program do not fit together: {0}")]
    Graph(#[from] GraphError),
    /// A text names no revision.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The database is behind the program.
    #[error("the database is behind this program by {}: run `upgrade`", revisions(.pending))]
    Behind {
        /// The revisions that it lacks, in order.
        pending: Vec<String>,
    },
    /// A newer program has migrated the database.
    #[error(
        "the database is ahead: a newer program has applied {}, which this one does not know; \
         use the program that applied them; if they are gone for good, see `stamp --help`",
        .unknown.join(", ")
    )]
    Ahead {
        /// The revisions that this program does not know.
        unknown: Vec<String>,
    },
    /// Program and database each have revisions that the other does not know.
    #[error(
        "the database has {} applied, which this program does not know, and lacks {}: \
         they come from different branches; merge the branches, or use the program that applied them; \
         if those are gone for good, see `stamp --help`",
        .unknown.join(", "),
        .pending.join(", ")
    )]
    Diverged {
        /// The revisions that this program does not know.
        unknown: Vec<String>,
        /// The revisions that the database lacks.
        pending: Vec<String>,
    },
    /// The history has a revision but not one that comes before it.
    #[error(
        "the history of the database has {applied}, but not {}, which must come before it; \
         find out what the tables really are, and record that by `stamp REV`",
        .missing.join(", ")
    )]
    Gap {
        /// The revisions that are not in the history.
        missing: Vec<String>,
        /// The revision that follows them and is.
        applied: String,
    },
    /// A revision was edited after it was applied.
    #[error(
        "revision {revision} was changed after it was applied: the database recorded {recorded}, \
         this program has {compiled}; undo the edit, and write what you want in a new revision; \
         if the tables are already as the edit says, `repair {revision} --reason …` takes it as it is"
    )]
    Changed {
        /// The revision.
        revision: String,
        /// The checksum in the history.
        recorded: String,
        /// The checksum of the program's revision.
        compiled: String,
    },
    /// The history was written by a newer release of this tool, which may record more than this one understands.
    #[error(
        "the history of the database was written by version {wrote} of this tool, and this is {}: use the newer one; \
         nothing was changed",
        env!("CARGO_PKG_VERSION")
    )]
    OlderTool {
        /// The version that wrote it.
        wrote: String,
    },
    /// A history cannot be stamped over, because what it says would be lost.
    #[error(
        "the history of the database has {}, and that would be forgotten; if you are sure that the tables are as the \
         revision says that you stamp, `stamp --purge` empties the history first",
        foreign(.unknown, .changed)
    )]
    Unstampable {
        /// The revisions that this program does not know.
        unknown: Vec<String>,
        /// The revisions that were edited after they were applied.
        changed: Vec<String>,
    },
    /// A data step of a revision was edited after it was applied; an error only when asked to be strict.
    #[error("a step of revision {revision} was changed after it was applied")]
    StepsChanged {
        /// The revision.
        revision: String,
    },
    /// A revision does not fit the schema that it meets, or this database.
    #[error("revision {revision} cannot be run: {operation}: {message}")]
    Plan {
        /// The revision.
        revision: String,
        /// The operation.
        operation: String,
        /// What is wrong.
        message: String,
    },
    /// The database has only some of the revisions for which another one stands.
    #[error(
        "revision {revision} stands for {count} others, and this database is in the middle of them: it lacks {}. Upgrade \
         it to {last} by a program from before they were squashed, as `git log` finds it; then this one takes it over",
        .missing.join(", "),
        count = .applied.len() + .missing.len(),
        last = .missing.last().map_or("", String::as_str)
    )]
    Halfway {
        /// The revision.
        revision: String,
        /// What is applied of that for which it stands.
        applied: Vec<String>,
        /// What is not.
        missing: Vec<String>,
    },
    /// A revision that is more than one transaction was begun and did not come to its end.
    #[error(
        "revision {revision} was begun by `{word}` and did not come to its end: {why}. Go on with it by `{word} \
         {revision}` of a program that knows it as it was begun; if the tables were brought to where it begins or ends by \
         hand, `repair {revision} --not-applied --reason …` or `--applied` records that",
        word = .direction.word()
    )]
    Unfinished {
        /// The revision.
        revision: String,
        /// Whether it was being applied or taken back.
        direction: Direction,
        /// Why this cannot go on.
        why: String,
    },
    /// There is nothing to repair about a revision.
    #[error("nothing was repaired about revision {revision}: {why}")]
    NotRepaired {
        /// The revision.
        revision: String,
        /// Why not.
        why: String,
    },
    /// A range of revisions cannot be read.
    #[error("`{text}` is not a range for this: {message}")]
    Range {
        /// The text.
        text: String,
        /// What is right.
        message: String,
    },
    /// A revision says that it cannot be taken back.
    #[error(
        "revision {revision} ({message}) cannot be undone: {reason}; nothing was changed. Downgrade to {revision} at \
         most, or mend what is wrong in a new revision"
    )]
    Irreversible {
        /// The revision.
        revision: String,
        /// Its message.
        message: String,
        /// Why not.
        reason: String,
    },
    /// This build cannot speak to such a database.
    #[error("this program was built without {dialect}: turn on the feature `{}`", .dialect.name())]
    NoDialect {
        /// The dialect.
        dialect: migratable_core::Dialect,
    },
    /// The difference between two databases cannot be put into SQL.
    #[error("cannot write SQL to {operation}: {message}")]
    Difference {
        /// The operation.
        operation: String,
        /// What is wrong.
        message: String,
    },
    /// Something in the database is not understood.
    #[error("cannot read {object}: {message}")]
    Unreadable {
        /// What it is.
        object: String,
        /// What is wrong.
        message: String,
    },
    /// The connection is in a transaction already.
    #[error("the connection is in a transaction: {why}; upgrade before the transaction begins")]
    InTransaction {
        /// What would go wrong.
        why: &'static str,
    },
    /// The connection is to a pooler that gives it another session of PostgreSQL after each transaction.
    #[error(
        "the connection is to a pooler that gives it another session after each transaction, as PgBouncer does in \
         transaction mode: locks and settings would be left with others; give the URL of the server itself, or of a pool in \
         session mode; nothing was done in the other session, and what was done before is whole"
    )]
    Pooler,
    /// The copy of the database cannot be made that was to be made before anything is changed.
    #[error("the database is not copied, and nothing was changed: {why}")]
    Backup {
        /// What stands in the way, and what to do then.
        why: String,
    },
    /// A revision failed, and its transaction was rolled back.
    #[error("{0}")]
    Failed(Box<Failure>),
}

impl Error {
    /// A word for programs, which stays the same from release to release. What to do about those that a person must act
    /// on stands in `docs/refusals.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Database { .. } => "database",
            Error::Graph(_) => "graph",
            Error::Resolve(_) => "no_such_revision",
            Error::Behind { .. } => "behind",
            Error::Ahead { .. } => "ahead",
            Error::Diverged { .. } => "diverged",
            Error::Gap { .. } => "gap",
            Error::Changed { .. } => "changed",
            Error::OlderTool { .. } => "older_tool",
            Error::Unstampable { .. } => "unstampable",
            Error::StepsChanged { .. } => "steps_changed",
            Error::Plan { .. } => "does_not_fit",
            Error::Halfway { .. } => "halfway",
            Error::Unfinished { .. } => "unfinished",
            Error::NotRepaired { .. } => "not_repaired",
            Error::Range { .. } => "no_range",
            Error::Irreversible { .. } => "irreversible",
            Error::NoDialect { .. } => "no_dialect",
            Error::Difference { .. } => "no_script",
            Error::Unreadable { .. } => "unreadable",
            Error::InTransaction { .. } => "in_transaction",
            Error::Pooler => "pooler",
            Error::Backup { .. } => "backup",
            Error::Failed(failure) => match failure.cause {
                Cause::Rows(_) => "rows",
                Cause::Step(_) => "step",
                Cause::Database(_) => "statement",
                Cause::Refused(_) => "refused",
            },
        }
    }
}

fn foreign(unknown: &[String], changed: &[String]) -> String {
    let part = |ids: &[String], what: &str| (!ids.is_empty()).then(|| format!("{}, {what}", ids.join(", ")));
    let parts = [part(unknown, "which this program does not know"), part(changed, "changed after it was applied")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

fn revisions(ids: &[String]) -> String {
    match ids {
        [one] => format!("one revision ({one})"),
        [first, .., last] => format!("{} revisions ({first} to {last})", ids.len()),
        [] => "no revision".to_owned(),
    }
}

/// How a revision failed. What it had done was rolled back, where the database can and no step had ended the transaction.
#[derive(Debug)]
pub struct Failure {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// The operations that were being done, each in a line; empty while the history or the end of the transaction was.
    pub operations: Vec<String>,
    /// The SQL statement that failed, if it was one.
    pub statement: Option<String>,
    /// Why.
    pub cause: Cause,
    /// Whether a step or a statement had ended the transaction by then: what was done in it before may have stayed.
    pub ended: bool,
    /// Whether the connection was lost meanwhile, so that nobody knows whether it was done.
    pub unknown: bool,
    /// The revisions that were finished before it in transactions of their own, and stay.
    pub done: Vec<Done>,
    /// Whether a part of it was done before it failed and stays: it was in another transaction, or in none.
    pub stays: bool,
}

/// Why a revision failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The database refused a statement.
    Database(diesel::result::Error),
    /// A data step gave back an error.
    Step(revision::Error),
    /// Rows stand in the way of what is to be enforced.
    Rows(Box<OffendingRows>),
    /// It cannot be done without losing something, or not on this database.
    Refused(String),
}

/// Rows that stand in the way of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffendingRows {
    /// The table.
    pub table: String,
    /// What is wrong with them.
    pub problem: String,
    /// How many there are.
    pub count: u64,
    /// Some of them: key and values.
    pub examples: Vec<String>,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for OffendingRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.count == 1 { "row" } else { "rows" };
        write!(f, "{} {rows} of `{}` {}:", self.count, self.table, self.problem)?;
        for example in &self.examples {
            write!(f, "\n  {example}")?;
        }
        // Several rows may be in one example; fewer examples than are asked for are all.
        if self.examples.len() >= EXAMPLES && self.count > self.examples.len() as u64 {
            f.write_str("\n  …")?;
        }
        if !self.advice.is_empty() {
            write!(f, "\n{}", self.advice)?;
        }
        Ok(())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Database(error) => Advised(error).fmt(f),
            Cause::Step(error) => Advised(error).fmt(f),
            Cause::Rows(rows) => rows.fmt(f),
            Cause::Refused(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision {} ({}) failed", self.revision, self.message)?;
        match self.operations.as_slice() {
            [] => {}
            [one] => write!(f, " at `{one}`")?,
            several => write!(f, " at these operations, done together: {}", several.join("; "))?,
        }
        write!(f, "\n{}", self.cause)?;
        if let Some(statement) = &self.statement {
            write!(f, "\nThe statement was: {statement}")?;
            if !self.stays && statement.starts_with("CREATE TABLE") && self.cause.to_string().contains("already exists")
            {
                write!(
                    f,
                    "\nIf the table already is what the revision makes: `stamp {}` records that.",
                    self.revision
                )?;
            }
        }
        let done: Vec<&str> = self.done.iter().map(|it| it.revision.as_str()).collect();
        let done = done.join(", ");
        let stays = if self.ended {
            "The transaction had been ended: what was done in it by then may have stayed in the database, and the history \
             may not say so. Look at both before you run this again."
        } else if self.unknown {
            "The connection is lost, and whether this was done is not known. Run it again: it sees what was done, and goes \
             on from there."
        } else if self.stays {
            "What the revision did before this stays, and is remembered. Mend what is wrong and run this again: it goes \
             on from there."
        } else if done.is_empty() {
            return f.write_str("\nNothing was changed.");
        } else {
            return write!(f, "\nIts changes were taken back; done before it, and kept: {done}.");
        };
        write!(f, "\n{stays}")?;
        if done.is_empty() { Ok(()) } else { write!(f, "\nDone before it, and kept: {done}.") }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Database(error) => Some(error),
            Cause::Step(error) => Some(error),
            Cause::Rows(_) | Cause::Refused(_) => None,
        }
    }
}

/// Why a piece of work stopped, before it is known which revision it is part of.
#[derive(Debug)]
pub struct Stop {
    pub(crate) statement: Option<String>,
    pub(crate) cause: Cause,
    /// Whether a step or a statement has ended the transaction.
    pub(crate) ended: bool,
    /// Whether the connection is lost, and with it what came of this.
    pub(crate) unknown: bool,
    /// Whether all that was done of the revision was taken back, where the database does not do that.
    pub(crate) undone: bool,
}

impl Stop {
    pub(crate) fn refused(message: impl Into<String>) -> Stop {
        Cause::Refused(message.into()).into()
    }

    pub(crate) fn at(statement: &str, error: diesel::result::Error) -> Stop {
        Stop { statement: Some(statement.to_owned()), ..error.into() }
    }

    /// A step has ended the transaction that it was called in.
    pub(crate) fn ended_by(step: &str) -> Stop {
        let message = format!(
            "the step `{step}` ended the transaction by COMMIT or ROLLBACK; a step is part of the transaction of its \
             revision, and must leave it open"
        );
        Stop { ended: true, ..Stop::refused(message) }
    }
}

impl From<Cause> for Stop {
    fn from(cause: Cause) -> Stop {
        Stop { statement: None, cause, ended: false, unknown: false, undone: false }
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Stop {
        Cause::Database(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_place_in_the_page_that_says_what_to_do() {
        let own = include_str!("error.rs");
        let codes = own.split("pub fn code").nth(1).and_then(|rest| rest.split("\nfn ").next()).unwrap_or_default();
        let codes: BTreeSet<&str> = codes.split('"').skip(1).step_by(2).collect();
        let page = include_str!("../../docs/refusals.md");
        let described: BTreeSet<&str> =
            page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
        assert_eq!(codes, described);
        assert!(codes.contains("changed") && codes.len() > 20, "{codes:?}");
    }

    #[test]
    fn rows_that_are_all_named_are_followed_by_no_dots() {
        for (count, examples, is_cut) in [(2, 2, false), (4, 2, false), (5, 5, false), (6, 5, true)] {
            let rows = OffendingRows {
                table: "users".to_owned(),
                problem: "are not unique in `email`".to_owned(),
                count,
                examples: (0..examples).map(|number| format!("email = '{number}'")).collect(),
                advice: String::new(),
            };
            assert_eq!(rows.to_string().ends_with('…'), is_cut, "{rows}");
        }
    }
}
