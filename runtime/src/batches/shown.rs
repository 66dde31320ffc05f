//! What is shown of work on rows before it is done.

use migratable_core::Dialect;

use super::Batches;
use crate::dialect::{Work, offline};

/// The statements of work on rows as it is done: batch by batch, from its beginning or from where it was stopped, or in
/// one go. Nothing for other work.
pub(crate) fn shown(work: &Work, dialect: Dialect, in_batches: bool, was_begun: bool) -> Option<Vec<String>> {
    let capture = &offline(dialect)?.capture;
    let around = |before: Vec<String>, rows: String, behind: Vec<String>| [before, vec![rows], behind].concat();
    Some(match work {
        Work::Batches(it) if in_batches => {
            let begins = if was_begun { Vec::new() } else { [(capture.make)(it), (capture.begin)(it)].concat() };
            around(begins, batch_by_batch(it), Vec::new())
        }
        Work::Batches(it) if !it.is_fill() => around((capture.bar)(it), it.preview(), Vec::new()),
        Work::LastBatch(it) if in_batches => {
            let bar = [(capture.bar)(it), (capture.end)(&it.table)].concat();
            let rows = format!("-- the same for the rows of {} that others have changed since", it.table);
            around(bar, rows, it.fill_that_differs().into_iter().chain((capture.forget)(&it.table)).collect())
        }
        Work::EndBatches(it) if in_batches => (capture.unbar)(&it.table),
        _ => return None,
    })
}

fn batch_by_batch(batches: &Batches) -> String {
    match batches.fill(None) {
        Some(fill) => format!("{fill} -- batch by batch"),
        None => format!("{}, batch by batch", batches.preview()),
    }
}
