//! How a dialect notes what others write, and how it keeps them away.

use migratable_core::TableName;

use super::Batches;

/// How a dialect notes what others write to a table, and keeps them away from it.
pub(crate) struct Capture {
    /// Makes the table of the notes.
    pub(crate) make: fn(&Batches) -> Vec<String>,
    /// Begins to note.
    pub(crate) begin: fn(&Batches) -> Vec<String>,
    /// Ends it, whether it was begun or not.
    pub(crate) end: fn(&TableName) -> Vec<String>,
    /// Takes the table of the notes away, if it is there.
    pub(crate) forget: fn(&TableName) -> Vec<String>,
    /// Keeps others from writing to the table, if that was not done before.
    pub(crate) bar: fn(&Batches) -> Vec<String>,
    /// Lets them again, where that is not done by the end of the transaction.
    pub(crate) unbar: fn(&TableName) -> Vec<String>,
    /// Reads some noted rows: a number of the note, whether the row is new, and its key. What it reads it takes from the
    /// notes, unless `taken` does.
    pub(crate) take: fn(&Batches, u64) -> String,
    /// Takes the notes of these numbers.
    pub(crate) taken: Option<fn(&Batches, &[String]) -> String>,
    /// How rows are locked before they are written, where that is not left to the writing.
    pub(crate) lock: Option<Lock>,
    /// How much of the time of a batch others have for themselves behind it, where whoever writes keeps all others away.
    pub(crate) leaves: f64,
    /// Tells the triggers of others that the tool itself writes, and no longer, where they do not see that otherwise.
    pub(crate) marks: Option<[&'static str; 2]>,
    /// Before and behind what the tool itself writes in a batch: neither that is noted, nor what triggers of others do about it.
    pub(crate) own: fn(&Batches) -> (Vec<String>, Vec<String>),
    /// Counts the rows, where nothing else says how many there are.
    pub(crate) counted: Option<fn(&Batches) -> String>,
    /// Finds a row that has no key, where there can be one.
    pub(crate) keyless: fn(&Batches) -> Option<String>,
}

impl Capture {
    /// Takes away all that may stand beside a table, however far the work on its rows has come.
    pub(crate) fn clear(&self, table: &TableName) -> Vec<String> {
        [self.unbar, self.end, self.forget].map(|it| it(table)).concat()
    }
}

/// What stands behind a query that locks its rows.
#[derive(Clone, Copy)]
pub(crate) struct Lock {
    /// It waits for others who hold some of them.
    pub(crate) waits: &'static str,
    /// It fails then. Who never waits while he holds something cannot be part of a deadlock.
    pub(crate) fails: &'static str,
}
