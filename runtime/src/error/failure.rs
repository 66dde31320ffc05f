//! How a revision failed: at which of its operations, why, and what became of what it had done.

use std::fmt;

use crate::advice::Advised;
use crate::dialect::EXAMPLES;
use crate::executor::Done;
use crate::revision;

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

#[cfg(test)]
mod tests {
    use super::*;

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
