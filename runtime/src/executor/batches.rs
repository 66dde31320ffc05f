//! Work on the rows of a table batch by batch, while others write.

mod backlog;
mod rows;

use std::thread;
use std::time::Instant;

use migratable_core::replay::Replay;
use migratable_core::{Dialect, Operation};

use self::backlog::{Backlog, FEW};
use super::retries::Retries;
use super::work::Planned;
use super::{Ended, Run};
use crate::batches::{self, Batches, Capture, Size};
use crate::dialect::{Database, Work, offline};
use crate::error::{Error, Stop};
use crate::event::Event;
use crate::history::Statements;
use crate::journal::Progress;
use crate::migrator::Revision;
use crate::revision::Operations;
use crate::settings::HistoryTable;

/// What becomes of the transaction of a batch. Another one is begun in any case.
pub(super) enum Turn<'t> {
    /// It is kept, with how far the work has come; what is given is done before the next one.
    Save(&'t Progress, &'t mut dyn FnMut()),
    /// It is taken back, because others stood in its way.
    Again,
}

/// Ends the transaction of a batch, and begins the next one.
pub(super) type Turns<'s, 'a, Db> = dyn FnMut(&mut Run<'a, Db>, Turn<'_>) -> Result<Ended, Error> + 's;

/// How far work has come in this process.
struct Course {
    progress: Progress,
    size: Size,
    /// Whether all rows are done, but for what others have written meanwhile.
    is_through: bool,
    /// What is left of that.
    backlog: Backlog,
}

/// What is told of work that goes on.
struct Told {
    table: String,
    /// How many rows there are.
    of: Option<u64>,
    /// How many were done before.
    first: u64,
    begun: Instant,
}

impl<'a, Db: Database> Run<'a, Db> {
    /// Whether the rows of a revision are worked on batch by batch. Some operations may come before it.
    pub(super) fn goes_in_batches(
        &mut self,
        replay: &Replay,
        revision: &Revision,
        before: &[Operation],
    ) -> Result<bool, Error> {
        let settings = (self.session.settings, self.transaction());
        let (of, there) = ((revision, self.direction), (replay, &self.graph));
        batches::goes_in_batches(self.session.database, settings, of, there, before)
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
        let failed = |run: &Self, stop: Stop| run.failure(revision, work.lines(&work.pieces[at]), stop);
        let capture = capture(self.session.database.dialect()).map_err(|stop| failed(self, stop))?;
        let is_new = progress.as_ref().is_none_or(|it| it.after.is_none());
        let progress = progress.unwrap_or_else(|| Progress::of(&batches.table));
        let mut retries = Retries::new(self.session.settings);
        if is_new {
            while let Err(stop) = self.begin_batches(capture, batches) {
                // Not what a transaction did before that is still open.
                let may_be_repeated = self.stays && self.is_contended(&stop.cause);
                let error = failed(self, stop);
                self.session.database.rollback();
                if !may_be_repeated || !retries.wait(revision.id, &error, self.options.observer) {
                    return Err(error);
                }
                if turn(self, Turn::Again)? == Ended::Overtaken {
                    return Ok(Ended::Overtaken);
                }
            }
            if turn(self, Turn::Save(&progress, &mut || {}))? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
        }
        let of = self.number_of_rows(capture, batches).map_err(|stop| failed(self, stop))?;
        let told = Told { table: batches.table.to_string(), of, first: progress.rows, begun: Instant::now() };
        let size = Size::of(batches, &self.session.settings.batches);
        let mut course = Course { progress, size, is_through: false, backlog: Backlog::default() };
        loop {
            let begun = Instant::now();
            let is_done = match self.batch(work.operations, batches, capture, &mut course) {
                Ok(is_done) => is_done,
                Err(stop) => {
                    let is_in_the_way = self.is_in_the_way(&stop.cause);
                    let is_of_a_row = self.is_of_a_row(&stop.cause);
                    let error = failed(self, stop);
                    // Not while others wait for what it holds.
                    self.session.database.rollback();
                    let is_smaller = (is_in_the_way && capture.lock.is_some() || is_of_a_row) && course.size.halve();
                    let is_tried_again =
                        is_smaller || is_in_the_way && retries.wait(revision.id, &error, self.options.observer);
                    if !is_tried_again {
                        return Err(error);
                    }
                    if turn(self, Turn::Again)? == Ended::Overtaken {
                        return Ok(Ended::Overtaken);
                    }
                    continue;
                }
            };
            retries = Retries::new(self.session.settings);
            let took = begun.elapsed();
            course.size.learn(took);
            let pause = self.session.settings.batches.rest(took.mul_f64(capture.leaves)).filter(|_| !is_done);
            let observer = self.options.observer;
            let mut rest = || {
                observer.tell(&told.event(revision.id, course.progress.rows));
                pause.into_iter().for_each(thread::sleep);
            };
            if turn(self, Turn::Save(&course.progress, &mut rest))? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
            if is_done {
                return Ok(Ended::Whole);
            }
        }
    }

    /// Begins to note what others write.
    fn begin_batches(&mut self, capture: &Capture, batches: &Batches) -> Result<(), Stop> {
        self.has_keys(capture, batches)?;
        self.fits(batches)?;
        self.statements(&[capture.clear(&batches.table), (capture.make)(batches), (capture.begin)(batches)].concat())
    }

    /// How many rows there are, if that is known or can be counted.
    fn number_of_rows(&mut self, capture: &Capture, batches: &Batches) -> Result<Option<u64>, Stop> {
        match capture.counted {
            Some(counted) => self.number(&counted(batches)),
            None => Ok(self.session.database.count(&batches.table)?.map(|it| it.count)),
        }
    }

    /// The number that a query gives.
    fn number(&mut self, sql: &str) -> Result<Option<u64>, Stop> {
        let found = self.session.database.rows(sql).map_err(|error| Stop::at(sql, error))?;
        Ok(found.into_iter().flatten().flatten().find_map(|it| it.parse().ok()))
    }

    /// Does the next batch; gives whether what is left can be done while others are kept away.
    fn batch(
        &mut self,
        operations: &Operations,
        batches: &Batches,
        capture: &Capture,
        course: &mut Course,
    ) -> Result<bool, Stop> {
        let rows = course.size.rows;
        let lock = match capture.lock {
            Some(lock) if course.size.is_single() => lock.waits,
            Some(lock) => lock.fails,
            None => "",
        };
        if course.is_through {
            let taken = self.own_rows(capture, batches, |run| run.noted(operations, batches, (rows, lock)))?;
            return Ok(taken < FEW.min(rows) || course.backlog.takes(taken) && self.is_over(batches, course)?);
        }
        let progress = course.progress.clone();
        let next = |run: &mut Self| run.next_batch(operations, batches, progress, (rows, lock));
        (course.progress, course.is_through) = self.own_rows(capture, batches, next)?;
        if course.is_through {
            course.size.grow_to(FEW);
        }
        Ok(false)
    }

    /// Whether what a pass has left is to be done while others are kept away.
    fn is_over(&mut self, batches: &Batches, course: &mut Course) -> Result<bool, Stop> {
        let notes = notes(batches).sql(self.session.database.dialect());
        let left = self.number(&format!("SELECT count(*) FROM {notes}"))?;
        Ok(course.backlog.leaves(left.unwrap_or_default()))
    }

    /// Does the rows that were noted since, and keeps others away from then on.
    pub(super) fn last_batch(&mut self, operations: &Operations, batches: &Batches) -> Result<(), Stop> {
        let dialect = self.session.database.dialect();
        let capture = capture(dialect)?;
        // Nobody writes from here on, and what triggers do about the tool's own writes is no news.
        self.statements(&[(capture.bar)(batches), (capture.end)(&batches.table)].concat())?;
        if !self.session.database.rows(&Statements::is_there(&notes(batches), dialect))?.is_empty() {
            self.marked(capture, |run| run.all_noted(operations, batches, capture))?;
        }
        if let Some(fill) = batches.fill_that_differs() {
            let fills = |run: &mut Self| run.by_itself(batches, capture, |run| run.change(&fill));
            self.marked(capture, fills)?;
        }
        self.statements(&(capture.forget)(&batches.table))
    }

    /// Does all rows that were noted.
    fn all_noted(&mut self, operations: &Operations, batches: &Batches, capture: &Capture) -> Result<(), Stop> {
        let lock = capture.lock.map_or("", |it| it.waits);
        let mut most = FEW;
        loop {
            match self.by_itself(batches, capture, |run| run.noted(operations, batches, (most, lock))) {
                Ok(0) => return Ok(()),
                // One of fewer rows it is.
                Err(stop) if most > 1 && self.is_of_a_row(&stop.cause) => most /= 2,
                done => drop(done?),
            }
        }
    }

    /// Does something in a transaction of its own where none is open; where one is, it can be gone on with after a row
    /// has failed.
    fn by_itself<T>(
        &mut self,
        batches: &Batches,
        capture: &Capture,
        work: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        if self.session.database.is_transactional() {
            return self.savepoint(work);
        }
        self.session.database.begin_rows()?;
        let done = self.statements(&(capture.own)(batches).0).and_then(|()| work(self));
        match done {
            Ok(done) => self.session.database.perform(&Work::Commit).map(|()| done),
            Err(stop) => {
                self.session.database.rollback();
                Err(stop)
            }
        }
    }

    /// Notes again what others write, before they may; gives how far the work has come, which is to the last row.
    pub(super) fn notes_again(&mut self, batches: &Batches) -> Result<Progress, Stop> {
        let dialect = self.session.database.dialect();
        let capture = capture(dialect)?;
        self.statements(&(capture.end)(&batches.table))?;
        if self.session.database.rows(&Statements::is_there(&notes(batches), dialect))?.is_empty() {
            self.statements(&(capture.make)(batches))?;
        }
        self.statements(&(capture.begin)(batches))?;
        let after = self.key(&batches.last(dialect, None), batches)?;
        let rows = self.number_of_rows(capture, batches)?.unwrap_or_default();
        Ok(Progress { after, rows, ..Progress::of(&batches.table) })
    }

    /// Lets others write again, where the end of the transaction does not.
    pub(super) fn end_batches(&mut self, batches: &Batches) -> Result<(), Stop> {
        let capture = capture(self.session.database.dialect())?;
        self.statements(&(capture.unbar)(&batches.table))
    }
}

impl Told {
    fn event<'t>(&'t self, revision: &'t str, done: u64) -> Event<'t> {
        let Told { table, of, first, begun } = self;
        Event::Rows { revision, table, done, of: *of, since: done - first, duration: begun.elapsed() }
    }
}

/// The table of the notes.
fn notes(batches: &Batches) -> HistoryTable {
    HistoryTable { schema: batches.table.schema.clone().map(Into::into), name: HistoryTable::CHANGED_ROWS.into() }
}

fn capture(dialect: Dialect) -> Result<&'static Capture, Stop> {
    offline(dialect).map(|it| &it.capture).ok_or_else(|| Stop::refused(format!("this build has no {dialect}")))
}
