//! Databases that have the revisions for which another one stands by now: they are taken over, and nothing is run.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::dialect::Database;
use crate::error::Error;
use crate::history::{Applied, Statements};
use crate::migrator::Revision;
use crate::settings::Settings;

/// A history as it is once the database is taken over, and the revisions that stand for some of its rows.
///
/// # Errors
/// [`Error::Halfway`] if only some of the revisions are applied for which one stands.
pub(crate) fn seen(revisions: &[Revision], mut rows: Vec<Applied>) -> Result<(Vec<Applied>, Vec<&Revision>), Error> {
    let mut due = Vec::new();
    for revision in revisions.iter().filter(|revision| !revision.replaces.is_empty()) {
        let applied: BTreeSet<&str> = rows.iter().map(|row| row.revision.as_str()).collect();
        if !is_due(revision, |id| applied.contains(id))? {
            continue;
        }
        let is_replaced = |row: &Applied| revision.replaces.contains(&row.revision.as_str());
        let duration: Duration = rows.iter().filter(|row| is_replaced(row)).map(|row| row.duration).sum();
        let last = rows.iter().rposition(is_replaced);
        if let Some(row) = last.and_then(|at| rows.get_mut(at)) {
            *row = Applied {
                revision: revision.id.to_owned(),
                message: revision.message.to_owned(),
                checksum: revision.checksum.to_owned(),
                steps_checksum: revision.steps_checksum.map(str::to_owned),
                duration,
                ..row.clone()
            };
        }
        rows.retain(|row| !is_replaced(row));
        due.push(revision);
    }
    Ok((rows, due))
}

/// Whether a database has everything for which a revision stands, and not the revision itself.
///
/// # Errors
/// [`Error::Halfway`] if it has only some of it.
fn is_due(revision: &Revision, is_applied: impl Fn(&str) -> bool) -> Result<bool, Error> {
    let (applied, missing): (Vec<&str>, Vec<&str>) = revision.replaces.iter().partition(|id| is_applied(id));
    if applied.is_empty() || is_applied(revision.id) {
        return Ok(false);
    }
    if missing.is_empty() {
        return Ok(true);
    }
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
    Err(Error::Halfway { revision: revision.id.to_owned(), applied: owned(applied), missing: owned(missing) })
}

/// The revisions of a history with their checksums as they are once the database is taken over, and whether that is
/// still to be done.
///
/// # Errors
/// [`Error::Halfway`] if only some of the revisions are applied for which one stands.
pub(crate) fn checksums(
    revisions: &[Revision],
    mut rows: Vec<(String, String)>,
) -> Result<(Vec<(String, String)>, bool), Error> {
    let mut any = false;
    for revision in revisions.iter().filter(|revision| !revision.replaces.is_empty()) {
        let applied: HashMap<&str, &str> = rows.iter().map(|(id, checksum)| (id.as_str(), checksum.as_str())).collect();
        if is_due(revision, |id| applied.contains_key(id))? {
            rows.retain(|(id, _)| !revision.replaces.contains(&id.as_str()));
            rows.push((revision.id.to_owned(), revision.checksum.to_owned()));
            any = true;
        }
    }
    Ok((rows, any))
}

/// Writes of some revisions that they are applied, in the place of those for which they stand.
pub(crate) fn write<Db: Database>(
    database: &mut Db,
    settings: &Settings,
    revisions: &[&Revision],
) -> Result<(), Error> {
    let history = Statements::of(&settings.history, database.dialect());
    for sql in revisions.iter().flat_map(|revision| history.take_over(revision)) {
        let written = database.execute(&sql);
        written.map_err(|source| Error::Database { doing: "write the history of the database", source })?;
    }
    Ok(())
}
