//! Work on the rows of a table batch by batch, while others write.

mod rows;

use std::thread;
use std::time::Instant;

use migratable_core::replay::Replay;
use migratable_core::{Dialect, Operation};

use self::rows::is_of_a_row;
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

/// How many noted rows are few enough to be left for the pass that keeps others away.
const FEW_NOTED: u64 = 500;
/// How many passes there are at most before that one, if others write as fast as they are followed.
const MOST_PASSES: u32 = 1_000;

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
    /// How often that was looked through.
    passes: u32,
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
        let is_new = progress.is_none();
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
        let of = self.session.database.count(&batches.table);
        let of = of.map_err(|error| failed(self, error.into()))?.map(|it| it.count);
        let told = Told { table: batches.table.to_string(), of, first: progress.rows, begun: Instant::now() };
        let size = Size::of(batches, &self.session.settings.batches);
        let mut course = Course { progress, size, is_through: false, passes: 0 };
        loop {
            let begun = Instant::now();
            let is_done = match self.batch(work.operations, batches, capture, &mut course) {
                Ok(is_done) => is_done,
                Err(stop) => {
                    let is_in_the_way = self.is_in_the_way(&stop.cause);
                    let is_of_a_row = !is_in_the_way && is_of_a_row(&stop.cause);
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
            let left = Some(took.mul_f64(capture.leaves)).filter(|it| !it.is_zero());
            let pause = self.session.settings.batches.pause.or(left).filter(|_| !is_done);
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
        self.statements(&[capture.clear(&batches.table), (capture.make)(batches), (capture.begin)(batches)].concat())
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
            course.passes += 1;
            return Ok(taken < FEW_NOTED.min(rows) || course.passes > MOST_PASSES);
        }
        let progress = course.progress.clone();
        let next = |run: &mut Self| run.next_batch(operations, batches, progress, (rows, lock));
        (course.progress, course.is_through) = self.own_rows(capture, batches, next)?;
        Ok(false)
    }

    /// Does the rows that were noted since, and keeps others away from then on.
    pub(super) fn last_batch(&mut self, operations: &Operations, batches: &Batches) -> Result<(), Stop> {
        let dialect = self.session.database.dialect();
        let capture = capture(dialect)?;
        // Nobody writes from here on, and what triggers do about the tool's own writes is no news.
        self.statements(&[(capture.bar)(batches), (capture.end)(&batches.table)].concat())?;
        let notes = HistoryTable {
            schema: batches.table.schema.clone().map(Into::into),
            name: HistoryTable::CHANGED_ROWS.into(),
        };
        let is_there = !self.session.database.rows(&Statements::is_there(&notes, dialect))?.is_empty();
        if is_there {
            while self.noted_by_itself(operations, batches, capture)? > 0 {}
        }
        self.statements(&(capture.forget)(&batches.table))
    }

    /// Does some of the rows that were noted, in a transaction of its own where none is open.
    fn noted_by_itself(&mut self, operations: &Operations, batches: &Batches, capture: &Capture) -> Result<u64, Stop> {
        let some = (FEW_NOTED, capture.lock.map_or("", |it| it.waits));
        if self.session.database.is_transactional() {
            return self.noted(operations, batches, some);
        }
        self.session.database.begin_rows()?;
        self.statements(&(capture.own)(batches).0)?;
        let taken = self.noted(operations, batches, some)?;
        self.session.database.perform(&Work::Commit)?;
        Ok(taken)
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

fn capture(dialect: Dialect) -> Result<&'static Capture, Stop> {
    offline(dialect).map(|it| &it.capture).ok_or_else(|| Stop::refused(format!("this build has no {dialect}")))
}
