//! What an upgrade or a downgrade tells while it runs.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::migrator::Direction;

/// Something that happens while revisions run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The database was copied before anything is changed.
    BackedUp {
        /// The copy.
        file: &'a Path,
    },
    /// The database has the revisions for which another one stands: that is recorded in their place, and nothing is
    /// run. It is kept when its transaction is.
    TookOver {
        /// The revision that stands for them.
        revision: &'a str,
        /// The revisions for which it stands.
        replaces: &'a [&'a str],
    },
    /// A revision begins.
    Begins {
        /// Whether it is applied or taken back.
        direction: Direction,
        /// The revision.
        revision: &'a str,
        /// Its message.
        message: &'a str,
        /// Its place among those that are run, from 1.
        number: usize,
        /// How many are run.
        of: usize,
    },
    /// A revision that was stopped in the middle goes on, where it is more than one transaction.
    Resumes {
        /// The revision.
        revision: &'a str,
        /// How many parts are done.
        done: usize,
        /// How many there are.
        of: usize,
    },
    /// A part of a revision begins: operations that are done together, or a data step.
    Progresses {
        /// The revision.
        revision: &'a str,
        /// What is done, in a line.
        operation: &'a str,
        /// How many parts are done.
        done: usize,
        /// How many there are.
        of: usize,
    },
    /// A batch of the rows of a table was done.
    Rows {
        /// The revision.
        revision: &'a str,
        /// The table.
        table: &'a str,
        /// How many rows are done.
        done: u64,
        /// About how many there are.
        of: Option<u64>,
        /// How many were done since this process began with them.
        since: u64,
        /// How long that took.
        duration: Duration,
    },
    /// What others have held locked for too long is tried again: a revision whose transaction was rolled back, or on MySQL
    /// a part of it.
    Retries {
        /// The revision.
        revision: &'a str,
        /// What was in the way.
        error: &'a str,
        /// Which try it is, from 1.
        number: u32,
        /// How many there are at most.
        of: u32,
        /// How long it is waited before.
        pause: Duration,
    },
    /// A revision ended. It is kept when its transaction is.
    Ended {
        /// Whether it was applied or taken back.
        direction: Direction,
        /// The revision.
        revision: &'a str,
        /// Its message.
        message: &'a str,
        /// How long it took.
        duration: Duration,
    },
    /// A transaction was committed: what ended since the last one is kept.
    Committed {
        /// How many revisions were run in it.
        revisions: usize,
    },
    /// It failed, and goes no further.
    Failed {
        /// The revision, if it was one.
        revision: Option<&'a str>,
        /// Why.
        error: &'a str,
    },
}

/// Somebody who is told of events; nobody if it is not set.
#[derive(Clone, Copy, Default)]
pub struct Observer<'a>(Option<&'a dyn Fn(&Event<'_>)>);

impl<'a> Observer<'a> {
    /// Calls a function with every event.
    pub fn new(observe: &'a dyn Fn(&Event<'_>)) -> Observer<'a> {
        Observer(Some(observe))
    }

    /// Nobody.
    pub const NOBODY: Observer<'static> = Observer(None);

    pub(crate) fn tell(&self, event: &Event<'_>) {
        #[cfg(feature = "tracing")]
        trace(event);
        if let Some(observe) = self.0 {
            observe(event);
        }
    }
}

impl fmt::Debug for Observer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer" } else { "nobody" })
    }
}

/// Hands an event to whoever the application lets collect them.
#[cfg(feature = "tracing")]
fn trace(event: &Event<'_>) {
    match *event {
        Event::BackedUp { file } => tracing::info!(target: "migratable", file = %file.display(), "copied the database"),
        Event::TookOver { revision, replaces } => {
            let replaces = replaces.join(", ");
            tracing::info!(target: "migratable", revision, replaces, "took over what it stands for");
        }
        Event::Begins { direction, revision, message, number, of } => {
            tracing::info!(target: "migratable", direction = direction.word(), revision, number, of, "begins: {message}");
        }
        Event::Progresses { revision, operation, done, of } => {
            tracing::debug!(target: "migratable", revision, done, of, "{operation}");
        }
        Event::Resumes { revision, done, of } => {
            tracing::warn!(target: "migratable", revision, done, of, "goes on where it was stopped");
        }
        Event::Rows { revision, table, done, of, .. } => {
            tracing::debug!(target: "migratable", revision, table, done, of, "rows");
        }
        Event::Retries { revision, error, number, of, .. } => {
            tracing::warn!(target: "migratable", revision, number, of, "tries again: {error}");
        }
        Event::Ended { direction, revision, message, duration } => {
            let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(target: "migratable", direction = direction.word(), revision, milliseconds, "ended: {message}");
        }
        Event::Committed { revisions } => tracing::debug!(target: "migratable", revisions, "committed"),
        Event::Failed { revision, error } => tracing::error!(target: "migratable", revision, "failed: {error}"),
    }
}
