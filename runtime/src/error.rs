//! What can go wrong, with what is needed to act on it.

mod failure;
mod stop;

use migratable_core::graph::{GraphError, ResolveError};

pub use self::failure::{Cause, Failure, OffendingRows};
pub use self::stop::Stop;
use crate::advice::Advised;
use crate::migrator::Direction;

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
    #[error(
        "a step of revision {revision} was changed after it was applied; undo the edit, or take it as it is by \
         `repair {revision} --reason …`; it is no error without --strict"
    )]
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_place_in_the_page_that_says_what_to_do() {
        let own = include_str!("error.rs");
        let codes = own.split("pub fn code").nth(1).and_then(|rest| rest.split("\nfn ").next()).unwrap_or_default();
        let codes: BTreeSet<&str> = codes.split('"').skip(1).step_by(2).collect();
        let page = include_str!("../../docs/refusals.md");
        let mut described: BTreeSet<&str> =
            page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
        for of_the_command_line in ["failed", "questions"] {
            assert!(described.remove(of_the_command_line), "{of_the_command_line}");
        }
        assert_eq!(codes, described);
        assert!(codes.contains("changed") && codes.len() > 20, "{codes:?}");
    }
}
