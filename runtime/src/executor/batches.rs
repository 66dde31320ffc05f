//! Work on the rows of a table: in one go inside of a transaction, or batch by batch.

use std::any::Any;
use std::collections::BTreeMap;
use std::thread;
use std::time::Instant;

use diesel::result::Error as DieselError;
use migratable_core::Operation;
use migratable_core::operation::conversion::name_before;

use super::retries::Retries;
use super::work::Planned;
use super::{Ended, Run, State};
use crate::batches::{Batches, Capture, Key, RowWork, Size};
use crate::dialect::{Database, Work, offline};
use crate::error::{Cause, Error, Stop};
use crate::event::Event;
use crate::history::Statements;
use crate::journal::Progress;
use crate::migrator::Revision;
use crate::revision::Operations;
use crate::settings::{HistoryTable, Transaction};

/// How many noted rows are few enough to be left for the pass that keeps others away.
const FEW_NOTED: u64 = 500;
/// How many passes there are at most before that one, if others write as fast as they are followed.
const MOST_PASSES: u32 = 1_000;
/// How many keys stand in one condition.
const KEYS: usize = 500;

/// What becomes of the transaction of a batch. Another one is begun in any case.
pub(super) enum Turn<'t> {
    /// It is kept, with how far the work has come; what is given is done before the next one.
    Save(&'t Progress, &'t mut dyn FnMut()),
    /// It is taken back, because others stood in its way.
    Again,
}

/// Ends the transaction of a batch, and begins the next one.
pub(super) type Turns<'s, 'a, Db> = dyn FnMut(&mut Run<'a, Db>, Turn<'_>) -> Result<Ended, Error> + 's;

impl<'a, Db: Database> Run<'a, Db> {
    /// Whether the rows of a revision are worked on batch by batch: there are many of them, and it may be more than one
    /// transaction. Some operations may come before it.
    pub(super) fn goes_in_batches(
        &mut self,
        state: &State<Db::Facts>,
        revision: &'static Revision,
        before: &[Operation],
    ) -> Result<bool, Error> {
        let is_transactional = self.session.database.is_transactional();
        let is_one = self.transaction() == Transaction::All || revision.transaction == Some(Transaction::Revision);
        if is_one && is_transactional {
            return Ok(false);
        }
        let operations = [before, &revision.operations(self.direction)].concat();
        let few = self.session.settings.batches.few();
        for (at, operation) in operations.iter().enumerate().skip(before.len()) {
            let table = match operation {
                // Nothing keeps others away from the rows of MySQL otherwise.
                Operation::MapRows { .. } if !is_transactional => return Ok(true),
                Operation::MapRows { table, .. } | Operation::Backfill { table, .. } => table,
                _ => continue,
            };
            let Some(table) = name_before(operations[..at].iter(), table) else { continue };
            if !state.replay.schema.tables.contains_key(&table) {
                continue;
            }
            let Some(offline) = offline(self.session.database.dialect()) else { continue };
            let schema = table.schema.as_deref().map_or(String::new(), |it| (offline.quoted)(it) + ".");
            let many = format!("SELECT 1 FROM {schema}{} LIMIT 1 OFFSET {few}", (offline.quoted)(&table.name));
            let rows = self.session.database.rows(&many);
            if !rows.map_err(|source| Error::Database { doing: "look at the tables", source })?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does work on rows in the transaction that is open.
    pub(super) fn in_one_go(&mut self, operations: &Operations, batches: &Batches) -> Result<(), Stop> {
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
            self.rows_where(operations, batches, condition.as_deref())?;
            if until.is_none() {
                return Ok(());
            }
            after = until;
            size.learn(begun.elapsed());
        }
    }

    /// Does work on rows batch by batch, from where it is, and notes what others write meanwhile.
    pub(super) fn in_batches(
        &mut self,
        work: &Planned<'_>,
        (at, batches): (usize, &Batches),
        progress: Option<Progress>,
        turn: &mut Turns<'_, 'a, Db>,
    ) -> Result<Ended, Error> {
        let revision = work.revision;
        let lines = || work.lines(&work.pieces[at]);
        let failed = |run: &Self, stop: Stop| run.failure(revision, lines(), stop);
        let dialect = self.session.database.dialect();
        let capture = capture(dialect).map_err(|stop| failed(self, stop))?;
        let mut progress = match progress {
            Some(progress) => progress,
            None => {
                self.has_keys(capture, batches).map_err(|stop| failed(self, stop))?;
                let begins = [capture.end, capture.forget, capture.make, capture.begin].map(|it| it(batches));
                self.statements(&begins.concat()).map_err(|stop| failed(self, stop))?;
                let progress = Progress::default();
                if turn(self, Turn::Save(&progress, &mut || {}))? == Ended::Overtaken {
                    return Ok(Ended::Overtaken);
                }
                progress
            }
        };
        let of = self.session.database.count(&batches.table);
        let of = of.map_err(|error| failed(self, error.into()))?.map(|it| it.count);
        let mut size = Size::of(batches, &self.session.settings.batches);
        let (first, begun) = (progress.rows, Instant::now());
        let mut passes = 0;
        let mut is_through = false;
        let mut retries = Retries::new(self.session.settings);
        loop {
            let (batch_begun, asked) = (Instant::now(), size.rows);
            let done = match is_through {
                true => self.own_rows(capture, batches, |run| run.noted(work.operations, batches, size.rows)),
                false => {
                    let next = |run: &mut Self| run.next_batch(work.operations, batches, progress.clone(), size.rows);
                    self.own_rows(capture, batches, next).map(|(reached, is_last)| {
                        (progress, is_through) = (reached, is_last);
                        u64::MAX
                    })
                }
            };
            let taken = match done {
                Ok(taken) => taken,
                Err(stop) => {
                    let may_be_repeated = self.is_in_the_way(&stop.cause);
                    let error = failed(self, stop);
                    // Not while others wait for what it holds.
                    self.session.database.rollback();
                    if !may_be_repeated || !retries.wait(revision.id, &error, self.options.observer) {
                        return Err(error);
                    }
                    if turn(self, Turn::Again)? == Ended::Overtaken {
                        return Ok(Ended::Overtaken);
                    }
                    continue;
                }
            };
            passes += u32::from(is_through);
            retries = Retries::new(self.session.settings);
            size.learn(batch_begun.elapsed());
            let is_done = taken < FEW_NOTED.min(asked) || passes > MOST_PASSES;
            let (observer, table) = (self.options.observer, batches.table.to_string());
            let left = Some(batch_begun.elapsed().mul_f64(capture.leaves)).filter(|it| !it.is_zero());
            let pause = self.session.settings.batches.pause.or(left).filter(|_| !is_done);
            let mut rest = || {
                observer.tell(&Event::Rows {
                    revision: revision.id,
                    table: &table,
                    done: progress.rows,
                    of,
                    since: progress.rows - first,
                    duration: begun.elapsed(),
                });
                pause.into_iter().for_each(thread::sleep);
            };
            if turn(self, Turn::Save(&progress, &mut rest))? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
            if is_done {
                return Ok(Ended::Whole);
            }
        }
    }

    /// Does the rows that were noted since, and keeps others away from then on.
    pub(super) fn last_batch(&mut self, operations: &Operations, batches: &Batches) -> Result<(), Stop> {
        let dialect = self.session.database.dialect();
        let capture = capture(dialect)?;
        // Nobody writes from here on, and what triggers do about the tool's own writes is no news.
        self.statements(&[capture.bar, capture.end].map(|it| it(batches)).concat())?;
        let notes = HistoryTable {
            schema: batches.table.schema.clone().map(Into::into),
            name: HistoryTable::CHANGED_ROWS.into(),
        };
        let is_there = !self.session.database.rows(&Statements::is_there(&notes, dialect))?.is_empty();
        if is_there {
            while self.noted_by_itself(operations, batches, capture)? > 0 {}
        }
        self.statements(&(capture.forget)(batches))
    }

    /// Does some of the rows that were noted, in a transaction of its own where none is open.
    fn noted_by_itself(&mut self, operations: &Operations, batches: &Batches, capture: &Capture) -> Result<u64, Stop> {
        if self.session.database.is_transactional() {
            return self.noted(operations, batches, KEYS as u64);
        }
        self.session.database.begin_rows()?;
        self.statements(&(capture.own)(batches).0)?;
        let taken = self.noted(operations, batches, KEYS as u64)?;
        self.session.database.perform(&Work::Commit)?;
        Ok(taken)
    }

    /// Lets others write again, where the end of the transaction does not.
    pub(super) fn end_batches(&mut self, batches: &Batches) -> Result<(), Stop> {
        let capture = capture(self.session.database.dialect())?;
        self.statements(&(capture.unbar)(batches))
    }

    /// Does the next batch; gives how far the work has come then, and whether it was the last.
    fn next_batch(
        &mut self,
        operations: &Operations,
        batches: &Batches,
        progress: Progress,
        rows: u64,
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
        let condition = batches.rows_of(batches.range(dialect, after, Some(&until)).as_deref());
        let rows = progress.rows + self.rows_where(operations, batches, condition.as_deref())?;
        Ok((Progress { after: Some(until), rows }, is_last))
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
    fn noted(&mut self, operations: &Operations, batches: &Batches, most: u64) -> Result<u64, Stop> {
        let dialect = self.session.database.dialect();
        let take = (capture(dialect)?.take)(batches, most);
        let found = self.session.database.rows(&take.read).map_err(|error| Stop::at(&take.read, error))?;
        let taken = found.len() as u64;
        let mut numbers = Vec::new();
        // Each row once; it is new if any of its notes says so.
        let mut keys: BTreeMap<Key, bool> = BTreeMap::new();
        for row in found {
            let mut values = row.into_iter();
            numbers.extend(values.next().flatten());
            let is_new = values.next().flatten().is_some_and(|it| it == "1");
            let Some(key) = values.collect::<Option<Key>>() else { continue };
            *keys.entry(key).or_default() |= is_new;
        }
        for chunk in numbers.chunks(KEYS) {
            if let Some(delete) = &take.delete {
                self.change(&format!("{delete}({})", chunk.join(", ")))?;
            }
        }
        let (new, changed): (Vec<&Key>, Vec<&Key>) = {
            let keeps_new = matches!(&batches.of, RowWork::Fill { keeps_new: true, .. });
            let (new, changed): (Vec<_>, Vec<_>) = keys.iter().partition(|(_, is_new)| **is_new && keeps_new);
            (new.into_iter().map(|it| it.0).collect(), changed.into_iter().map(|it| it.0).collect())
        };
        for chunk in changed.chunks(KEYS) {
            self.rows_where(operations, batches, Some(&batches.among(chunk)))?;
        }
        for chunk in new.chunks(KEYS) {
            let column = batches.filled().unwrap_or_default();
            self.rows_where(operations, batches, Some(&format!("{} AND {column} IS NULL", batches.among(chunk))))?;
        }
        Ok(taken)
    }

    /// Does the rows for which a condition holds; gives how many.
    fn rows_where(&mut self, operations: &Operations, batches: &Batches, condition: Option<&str>) -> Result<u64, Stop> {
        let step = match &batches.of {
            RowWork::Fill { .. } => return self.change(&batches.fill(condition).unwrap_or_default()),
            RowWork::Map { step, .. } => step,
        };
        let missing = || Stop::refused(format!("nothing was compiled for the step `{step}`"));
        let mapper = operations.mapper(step).ok_or_else(missing)?;
        let batch = batches.batch(self.session.database.dialect(), mapper, condition).map_err(Stop::refused)?;
        let _given = self.options.given.during();
        (mapper.convert)(&mut *self.session.database as &mut dyn Any, &batch).map_err(|error| Cause::Step(error).into())
    }

    /// Writes rows of which nothing is noted.
    fn own_rows<T>(
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
    fn has_keys(&mut self, capture: &Capture, batches: &Batches) -> Result<(), Stop> {
        let Some(query) = (capture.keyless)(batches) else { return Ok(()) };
        match self.session.database.rows(&query)?.is_empty() {
            true => Ok(()),
            false => Err(keyless(batches)),
        }
    }

    /// Whether a batch has failed because others hold what it needs.
    fn is_in_the_way(&self, cause: &Cause) -> bool {
        let Cause::Step(error) = cause else { return self.is_contended(cause) };
        let source = std::error::Error::source(error).and_then(|it| it.downcast_ref::<DieselError>());
        source.is_some_and(|error| self.session.database.is_contended(error))
    }

    fn change(&mut self, sql: &str) -> Result<u64, Stop> {
        self.session.database.change(sql).map_err(|error| Stop::at(sql, error))
    }

    fn statements(&mut self, statements: &[String]) -> Result<(), Stop> {
        statements.iter().try_for_each(|sql| self.session.database.execute(sql).map_err(|error| Stop::at(sql, error)))
    }
}

fn keyless(batches: &Batches) -> Stop {
    Stop::refused(format!("a row of {} has NULL in its primary key", batches.table))
}

fn capture(dialect: migratable_core::Dialect) -> Result<&'static Capture, Stop> {
    offline(dialect).map(|it| &it.capture).ok_or_else(|| Stop::refused(format!("this build has no {dialect}")))
}
