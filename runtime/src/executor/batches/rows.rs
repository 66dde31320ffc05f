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
        let capture = capture(self.session.database.dialect())?;
        self.marked(capture, |run| run.all_rows(operations, batches, capture))
    }

    /// Writes rows so that the triggers of others see who does it.
    pub(super) fn marked<T>(
        &mut self,
        capture: &Capture,
        write: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let [before, behind] = capture.marks.map_or([Vec::new(), Vec::new()], |it| it.map(|it| vec![it.to_owned()]));
        self.statements(&before)?;
        let written = write(self)?;
        self.statements(&behind)?;
        Ok(written)
    }

    fn all_rows(&mut self, operations: &Operations, batches: &Batches, capture: &Capture) -> Result<(), Stop> {
        if batches.is_fill() {
            let Err(stop) = self.savepoint(|run| run.rows_where(operations, batches, None, "")) else { return Ok(()) };
            if !self.is_of_a_row(&stop.cause) || self.is_wrong_itself(batches) {
                return Err(stop);
            }
            // Which row it is.
        } else {
            self.has_keys(capture, batches)?;
            self.statements(&(capture.bar)(batches))?;
        }
        self.in_ranges(operations, batches)
    }

    /// Does all rows, some at a time, so that one that fails is found.
    fn in_ranges(&mut self, operations: &Operations, batches: &Batches) -> Result<(), Stop> {
        let dialect = self.session.database.dialect();
        let mut size = Size::of(batches, &self.session.settings.batches);
        let mut after: Option<Key> = None;
        loop {
            let begun = Instant::now();
            let until = self.bound(batches, after.as_ref(), size.rows)?;
            let condition = batches.range(dialect, after.as_ref(), until.as_ref());
            let done = self.savepoint(|run| run.rows_where(operations, batches, condition.as_deref(), ""));
            if let Err(stop) = done {
                if !self.is_of_a_row(&stop.cause) {
                    return Err(stop);
                }
                if !size.halve() {
                    return Err(self.named(stop, batches, until.as_ref()));
                }
                // One of fewer rows it is.
                continue;
            }
            if until.is_none() {
                return Ok(());
            }
            after = until;
            size.learn(begun.elapsed());
        }
    }

    /// Does something that is taken back if it fails at a row, and then the transaction can be gone on with.
    pub(super) fn savepoint<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        self.statements(&["SAVEPOINT migratable_batch".to_owned()])?;
        match work(self) {
            Ok(done) => {
                self.statements(&["RELEASE SAVEPOINT migratable_batch".to_owned()])?;
                Ok(done)
            }
            Err(stop) if self.is_of_a_row(&stop.cause) => {
                match self.statements(&["ROLLBACK TO SAVEPOINT migratable_batch".to_owned()]) {
                    Ok(()) => Err(stop),
                    // What failed has ended the transaction with it, and nothing can be gone on with.
                    Err(_) => Err(Stop { cause: Cause::Refused(stop.cause.to_string()), ..stop }),
                }
            }
            Err(stop) => Err(stop),
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
        let condition = batches.rows_of(range.as_deref(), progress.overwrites);
        let done = self.rows_where(operations, batches, condition.as_deref(), lock);
        let rows = progress.rows + done.map_err(|stop| self.named(stop, batches, one))?;
        Ok((Progress { after: Some(until), rows, ..progress }, is_last))
    }

    /// The last key of the next batch, if there are more rows behind it.
    fn bound(&mut self, batches: &Batches, after: Option<&Key>, rows: u64) -> Result<Option<Key>, Stop> {
        self.key(&batches.bound(self.session.database.dialect(), after, rows), batches)
    }

    /// The key that a query gives first.
    pub(super) fn key(&mut self, sql: &str, batches: &Batches) -> Result<Option<Key>, Stop> {
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
        let (new, changed): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(_, is_new)| *is_new);
        // What came with a new row stays.
        let unset = batches.kept().map_or(String::new(), |column| format!(" AND {column} IS NULL"));
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

    /// Whether the database has refused to read or to write a row, and nobody has said which one.
    pub(super) fn is_of_a_row(&self, cause: &Cause) -> bool {
        use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
        let error = match cause {
            Cause::Database(error) => Some(error),
            Cause::Step(error) => database_error(error),
            _ => None,
        };
        let is_lost = |kind: &DatabaseErrorKind| matches!(kind, ClosedConnection | UnableToSendCommand);
        let is_other = |error: &DieselError| {
            matches!(error, DieselError::DatabaseError(kind, _) if is_lost(kind)) || is_stopped(&error.to_string())
        };
        !self.is_in_the_way(cause) && error.is_some_and(|error| !is_other(error))
    }

    /// Whether a fill is wrong whatever the rows are.
    fn is_wrong_itself(&mut self, batches: &Batches) -> bool {
        self.savepoint(|run| run.fits(batches)).is_err()
    }

    /// Stops if a fill is wrong whatever the rows are.
    pub(super) fn fits(&mut self, batches: &Batches) -> Result<(), Stop> {
        batches.fill(Some("1 = 0")).map_or(Ok(()), |sql| self.change(&sql).map(drop))
    }

    /// Says which row it was, where it was one.
    fn named(&self, stop: Stop, batches: &Batches, key: Option<&Key>) -> Stop {
        let is_of_a_row = self.is_of_a_row(&stop.cause) && !has_no_room(&stop.cause.to_string());
        let Some(key) = key.filter(|_| is_of_a_row) else { return stop };
        let bare = |quoted: &str| quoted.trim_matches(['"', '`', '\'']).to_owned();
        let key = batches.key.iter().zip(key).map(|(it, value)| format!("{} = {}", bare(&it.column), bare(value)));
        let key: Vec<String> = key.collect();
        let cause = Cause::Step(Error::new(format!("the row with {}: {}", key.join(", "), stop.cause)));
        Stop { cause, ..stop }
    }

    pub(super) fn change(&mut self, sql: &str) -> Result<u64, Stop> {
        self.session.database.change(sql).map_err(|error| Stop::at(sql, error))
    }

    pub(super) fn statements(&mut self, statements: &[String]) -> Result<(), Stop> {
        statements.iter().try_for_each(|sql| self.session.database.execute(sql).map_err(|error| Stop::at(sql, error)))
    }
}

fn database_error(error: &Error) -> Option<&DieselError> {
    std::error::Error::source(error).and_then(|it| it.downcast_ref())
}

/// Whether a database says that somebody has stopped it.
fn is_stopped(said: &str) -> bool {
    said.starts_with("terminating connection due to ")
        || ["due to user request", "interrupted"].iter().any(|words| said.ends_with(words))
}

/// Whether a database says that it has no room or no right to write, whatever row it is. Fewer rows may need less room.
fn has_no_room(said: &str) -> bool {
    const BEGINS: [&str; 4] =
        ["could not extend file", "permission denied for ", "attempt to write a readonly database", "disk I/O error"];
    let is_full = said.starts_with("The table '") && said.ends_with("' is full");
    is_full
        || ["disk is full", "No space left on device"].iter().any(|words| said.contains(words))
        || BEGINS.iter().any(|words| said.starts_with(words))
}

fn keyless(batches: &Batches) -> Stop {
    Stop::refused(format!("a row of {} has NULL in its primary key", batches.table))
}
