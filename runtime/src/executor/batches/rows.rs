//! Rows that are worked on: those of a batch, those that others have written meanwhile, or all.

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Instant;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::super::Run;
use super::capture;
use crate::batches::{Batches, Capture, Key, RowWork, Size};
use crate::dialect::Database;
use crate::error::{Cause, Stop};
use crate::journal::Progress;
use crate::revision::{Error, Operations};

/// How many keys stand in one condition.
const KEYS: usize = 500;

impl<Db: Database> Run<'_, Db> {
    /// Does work on rows in the transaction that is open.
    pub(in crate::executor) fn in_one_go(&mut self, operations: &Operations, batches: &Batches) -> Result<(), Stop> {
        if let Some(fill) = batches.fill(None) {
            return self.change(&fill).map(drop);
        }
        let dialect = self.session.database.dialect();
        let capture = capture(dialect)?;
        self.has_keys(capture, batches)?;
        self.statements(&(capture.bar)(batches))?;
        let mut size = Size::of(batches, &self.session.settings.batches);
        let mut after: Option<Key> = None;
        loop {
            let begun = Instant::now();
            let until = self.bound(batches, after.as_ref(), size.rows)?;
            let condition = batches.range(dialect, after.as_ref(), until.as_ref());
            self.statements(&["SAVEPOINT migratable_batch".to_owned()])?;
            if let Err(stop) = self.rows_where(operations, batches, condition.as_deref(), "") {
                if !(is_of_a_row(&stop.cause) && size.halve()) {
                    return Err(self.named(stop, batches, until.as_ref()));
                }
                // One of fewer rows it is.
                self.statements(&["ROLLBACK TO SAVEPOINT migratable_batch".to_owned()])?;
                continue;
            }
            self.statements(&["RELEASE SAVEPOINT migratable_batch".to_owned()])?;
            if until.is_none() {
                return Ok(());
            }
            after = until;
            size.learn(begun.elapsed());
        }
    }

    /// Does the next batch; gives how far the work has come then, and whether it was the last.
    pub(super) fn next_batch(
        &mut self,
        operations: &Operations,
        batches: &Batches,
        progress: Progress,
        (rows, lock): (u64, &str),
    ) -> Result<(Progress, bool), Stop> {
        let dialect = self.session.database.dialect();
        let after = progress.after.as_ref();
        let full = self.bound(batches, after, rows)?;
        let is_last = full.is_none();
        let until = match full {
            Some(until) => until,
            None => match self.key(&batches.last(dialect, after), batches)? {
                Some(until) => until,
                None => return Ok((progress, true)),
            },
        };
        let one = Some(&until).filter(|_| rows == 1);
        // A range may lock what stands behind it.
        let range = one.map(|key| batches.among(&[key])).or_else(|| batches.range(dialect, after, Some(&until)));
        let condition = batches.rows_of(range.as_deref());
        let done = self.rows_where(operations, batches, condition.as_deref(), lock);
        let rows = progress.rows + done.map_err(|stop| self.named(stop, batches, one))?;
        Ok((Progress { after: Some(until), rows, ..progress }, is_last))
    }

    /// The last key of the next batch, if there are more rows behind it.
    fn bound(&mut self, batches: &Batches, after: Option<&Key>, rows: u64) -> Result<Option<Key>, Stop> {
        self.key(&batches.bound(self.session.database.dialect(), after, rows), batches)
    }

    /// The key that a query gives first.
    fn key(&mut self, sql: &str, batches: &Batches) -> Result<Option<Key>, Stop> {
        let found = self.session.database.rows(sql).map_err(|error| Stop::at(sql, error))?;
        match found.into_iter().next() {
            None => Ok(None),
            Some(key) => match key.into_iter().collect::<Option<Key>>() {
                Some(key) => Ok(Some(key)),
                None => Err(keyless(batches)),
            },
        }
    }

    /// Does some of the rows that were noted; gives how many notes there were.
    pub(super) fn noted(
        &mut self,
        operations: &Operations,
        batches: &Batches,
        (most, lock): (u64, &str),
    ) -> Result<u64, Stop> {
        let capture = capture(self.session.database.dialect())?;
        let read = (capture.take)(batches, most);
        let found = self.session.database.rows(&read).map_err(|error| Stop::at(&read, error))?;
        let taken = found.len() as u64;
        let mut numbers = Vec::new();
        // Each row once. One that is new and was changed since is none that has what it came with.
        let mut keys: BTreeMap<Key, bool> = BTreeMap::new();
        for row in found {
            let mut values = row.into_iter();
            numbers.extend(values.next().flatten());
            let is_new = values.next().flatten().is_some_and(|it| it == "1");
            let Some(key) = values.collect::<Option<Key>>() else { continue };
            keys.entry(key).and_modify(|it| *it &= is_new).or_insert(is_new);
        }
        if let Some(take) = capture.taken {
            numbers.chunks(KEYS).try_for_each(|chunk| self.change(&take(batches, chunk)).map(drop))?;
        }
        let keeps_new = matches!(&batches.of, RowWork::Fill { keeps_new: true, .. });
        let (new, changed): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(_, is_new)| *is_new && keeps_new);
        let unset = batches.filled().map_or(String::new(), |column| format!(" AND {column} IS NULL"));
        for (rows, condition) in [(changed, ""), (new, unset.as_str())] {
            let keys: Vec<&Key> = rows.iter().map(|(key, _)| key).collect();
            for chunk in keys.chunks(KEYS) {
                let condition = batches.among(chunk) + condition;
                let done = self.rows_where(operations, batches, Some(&condition), lock);
                let one = if let [one] = chunk { Some(*one) } else { None };
                done.map_err(|stop| self.named(stop, batches, one))?;
            }
        }
        Ok(taken)
    }

    /// Does the rows for which a condition holds, which are locked first where that is needed; gives how many.
    fn rows_where(
        &mut self,
        operations: &Operations,
        batches: &Batches,
        condition: Option<&str>,
        lock: &str,
    ) -> Result<u64, Stop> {
        let RowWork::Map { step, .. } = &batches.of else {
            if !lock.is_empty() {
                let sql = batches.lock(condition, lock);
                self.session.database.rows(&sql).map_err(|error| Stop::at(&sql, error))?;
            }
            return self.change(&batches.fill(condition).unwrap_or_default());
        };
        let missing = || Stop::refused(format!("nothing was compiled for the step `{step}`"));
        let mapper = operations.mapper(step).ok_or_else(missing)?;
        let dialect = self.session.database.dialect();
        let batch = batches.batch(dialect, mapper, condition, lock).map_err(Stop::refused)?;
        let _given = self.options.given.during();
        (mapper.convert)(&mut *self.session.database as &mut dyn Any, &batch).map_err(|error| Cause::Step(error).into())
    }

    /// Writes rows of which nothing is noted.
    pub(super) fn own_rows<T>(
        &mut self,
        capture: &Capture,
        batches: &Batches,
        write: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let (before, behind) = (capture.own)(batches);
        self.statements(&before)?;
        let written = write(self)?;
        self.statements(&behind)?;
        Ok(written)
    }

    /// Stops if there are rows that cannot be told apart.
    pub(super) fn has_keys(&mut self, capture: &Capture, batches: &Batches) -> Result<(), Stop> {
        let Some(query) = (capture.keyless)(batches) else { return Ok(()) };
        match self.session.database.rows(&query)?.is_empty() {
            true => Ok(()),
            false => Err(keyless(batches)),
        }
    }

    /// Whether a batch has failed because others hold what it needs.
    pub(super) fn is_in_the_way(&self, cause: &Cause) -> bool {
        let Cause::Step(error) = cause else { return self.is_contended(cause) };
        database_error(error).is_some_and(|error| self.session.database.is_contended(error))
    }

    /// Says which row it was, where it was one, and nobody stood in its way.
    fn named(&self, stop: Stop, batches: &Batches, key: Option<&Key>) -> Stop {
        let is_of_a_row = is_of_a_row(&stop.cause) && !self.is_in_the_way(&stop.cause);
        let Some(key) = key.filter(|_| is_of_a_row) else { return stop };
        let bare = |quoted: &str| quoted.trim_matches(['"', '`', '\'']).to_owned();
        let key = batches.key.iter().zip(key).map(|(it, value)| format!("{} = {}", bare(&it.column), bare(value)));
        let key: Vec<String> = key.collect();
        let cause = Cause::Step(Error::new(format!("the row with {}: {}", key.join(", "), stop.cause)));
        Stop { cause, ..stop }
    }

    fn change(&mut self, sql: &str) -> Result<u64, Stop> {
        self.session.database.change(sql).map_err(|error| Stop::at(sql, error))
    }

    pub(super) fn statements(&mut self, statements: &[String]) -> Result<(), Stop> {
        statements.iter().try_for_each(|sql| self.session.database.execute(sql).map_err(|error| Stop::at(sql, error)))
    }
}

/// Whether the database has refused to read or to write a row, and nobody has said which one.
pub(super) fn is_of_a_row(cause: &Cause) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    let Cause::Step(error) = cause else { return false };
    match database_error(error) {
        Some(DieselError::DatabaseError(kind, _)) => !matches!(kind, ClosedConnection | UnableToSendCommand),
        other => other.is_some(),
    }
}

fn database_error(error: &Error) -> Option<&DieselError> {
    std::error::Error::source(error).and_then(|it| it.downcast_ref())
}

fn keyless(batches: &Batches) -> Stop {
    Stop::refused(format!("a row of {} has NULL in its primary key", batches.table))
}
