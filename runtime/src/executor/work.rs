//! The work of one revision: planned, cut into transactions, done, and recorded.

use std::any::Any;
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use migratable_core::Operation;

use super::batches::Turn;
use super::retries::Retries;
use super::session::cannot_begin;
use super::{Ended, Run, State};
use crate::batches::Batches;
use crate::dialect::{Database, Trace, Work};
use crate::error::{Cause, Error, Stop};
use crate::event::Event;
use crate::history::Statements;
use crate::journal::{Journal, Parts, Place, Progress, Unfinished, noted};
use crate::migrator::{Direction, Revision};
use crate::parts::{Part, PartKind, parts};
use crate::plan::{self, Piece};
use crate::revision::{Operations, Step};
use crate::settings::Transaction;

/// A revision that is planned.
pub(super) struct Planned<'p> {
    pub(super) revision: &'static Revision,
    pub(super) operations: &'p Operations,
    pub(super) pieces: &'p [Piece],
    /// What was known of the database, as a text.
    facts: Option<&'p str>,
    /// Whether rows are worked on batch by batch.
    in_batches: bool,
}

impl Planned<'_> {
    /// The operations of a piece, each in a line.
    pub(super) fn lines(&self, piece: &Piece) -> Vec<String> {
        let found = piece.operations.iter().filter_map(|&at| self.operations.operations.get(at));
        found.map(ToString::to_string).collect()
    }
}

impl<Db: Database> Run<'_, Db> {
    /// Runs a revision and writes its row.
    pub(super) fn revision(
        &mut self,
        state: &mut State<Db::Facts>,
        revision: &'static Revision,
    ) -> Result<Ended, Error> {
        let begun = Instant::now();
        let recorded = plan::record(&state.replay, &self.graph, revision, self.direction)?;
        let operations = &recorded.operations;
        // Of one that was begun, the tables are neither as before nor as behind it.
        let is_new = state.unfinished.is_none();
        let many = is_new && self.is_alone && self.goes_in_batches(&state.replay, revision, &[])?;
        let begun_before = state.unfinished.take();
        let before = begun_before.as_ref().and_then(|it| it.known(self.session.database, &state.facts));
        let facts = before.as_ref().unwrap_or(&state.facts);
        let note = self.session.database.note(facts);
        let planned = Db::plan(facts, &operations.operations, &mut state.replay.schema, self.direction)
            .map_err(|refusal| refusal.in_revision(revision, &operations.operations))?;
        recorded.note(&mut state.replay, &self.graph, revision, self.direction);
        let broken_before = match planned.endangers_dependents {
            true => Some(self.broken(revision, begun_before.as_ref())?),
            false => None,
        };
        let note = noted(note, broken_before.as_ref());
        self.stays = begun_before.is_some();
        self.endangered |= planned.endangers_references;
        let works_on_rows = planned.pieces.iter().any(|it| it.work.batches().is_some());
        let in_batches = works_on_rows && (begun_before.is_some() || many);
        let work = Planned { revision, operations, pieces: &planned.pieces, facts: note.as_deref(), in_batches };
        if self.work(&work, begun_before.as_ref())? == Ended::Overtaken {
            return Ok(Ended::Overtaken);
        }
        if let Some(before) = broken_before {
            let after = self.session.database.broken_dependents();
            let after = after.map_err(|error| self.failure(revision, Vec::new(), error.into()))?;
            let newly: Vec<String> = after
                .into_iter()
                .filter(|(name, _)| !before.contains(name))
                .map(|(name, error)| format!("the {name} would no longer work: {error}"))
                .collect();
            if !newly.is_empty() {
                let advice = "drop it in the revision by `op.execute(..)`, and make it anew behind the change";
                let stop = Stop::refused(format!("{}; {advice}", newly.join("; ")));
                let all = operations.operations.iter().map(ToString::to_string).collect();
                return Err(self.failure(revision, all, stop));
            }
        }
        if planned.endangers_references || operations.operations.iter().any(Operation::is_data) {
            let facts = self.session.database.facts();
            state.facts = facts.map_err(|error| self.failure(revision, Vec::new(), error.into()))?;
        }
        self.record(state, revision, begun.elapsed())?;
        Ok(Ended::Whole)
    }

    /// The views and triggers that did not work before the revision, by name.
    fn broken(&mut self, revision: &Revision, begun_before: Option<&Unfinished>) -> Result<BTreeSet<String>, Error> {
        if let Some(begun) = begun_before {
            return Ok(begun.broken());
        }
        let found = self.session.database.broken_dependents();
        Ok(found.map_err(|error| self.failure(revision, Vec::new(), error.into()))?.into_keys().collect())
    }

    fn work(&mut self, work: &Planned<'_>, begun_before: Option<&Unfinished>) -> Result<Ended, Error> {
        if !self.session.database.is_transactional() {
            return self.journaled(work, begun_before).map(|()| Ended::Whole);
        }
        let each = work.revision.transaction.unwrap_or_else(|| self.transaction()) == Transaction::None;
        let dialect = self.session.database.dialect();
        let operations = &work.operations.operations;
        let parts = parts(work.pieces, operations, each, work.in_batches, dialect)
            .map_err(|refusal| refusal.in_revision(work.revision, operations))?;
        let is_one = parts.len() <= 1 && parts.iter().all(|part| part.kind == PartKind::Inside);
        match begun_before {
            None if is_one => self.pieces(work, 0..work.pieces.len()).map(|()| Ended::Whole),
            _ => self.parts(work, &parts, begun_before),
        }
    }

    /// Does pieces in the transaction that is open.
    fn pieces(&mut self, work: &Planned<'_>, pieces: Range<usize>) -> Result<(), Error> {
        for at in pieces {
            self.progresses(work, at);
            let done = self.piece(work, &work.pieces[at]);
            done.map_err(|stop| self.failure(work.revision, work.lines(&work.pieces[at]), stop))?;
        }
        Ok(())
    }

    /// Does the parts of a revision, each in a transaction of its own with the row that says that it is done; those that
    /// can be in none between two. The last transaction stays open.
    fn parts(&mut self, work: &Planned<'_>, parts: &[Part], begun_before: Option<&Unfinished>) -> Result<Ended, Error> {
        let revision = work.revision;
        let (settings, dialect) = (self.session.settings, self.session.database.dialect());
        let of = (revision, self.direction);
        let opened =
            Parts::open(settings, dialect, of, (work.pieces, &work.operations.operations), work.facts, begun_before);
        let (mut journal, mut place) = opened.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
        self.session.hold().map_err(cannot_begin)?;
        if begun_before.is_some() {
            self.resumes(work, place.piece);
        }
        let done = place.piece;
        for part in parts.iter().filter(|part| part.pieces.end > done) {
            let ended = match part.kind {
                PartKind::Inside => self.inside(work, &journal, place.piece..part.pieces.end),
                PartKind::Outside => self.outside(work, &mut journal, &place),
                PartKind::Batches => self.batches(work, &mut journal, &place),
            };
            if ended? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
            let goes_on = part.pieces.end < work.pieces.len();
            place = Place::at(part.pieces.end);
            if goes_on && self.between(work, &mut journal, place.clone())? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
        }
        let ended = journal.end(self.session.database);
        ended.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
        Ok(Ended::Whole)
    }

    /// Does pieces in the transaction that is open; where others stand in the way of one behind the first, it is tried
    /// again, unless Rust would be run twice.
    fn inside(&mut self, work: &Planned<'_>, journal: &Parts<'_>, pieces: Range<usize>) -> Result<Ended, Error> {
        let is_rust = work.pieces[pieces.clone()].iter().any(|it| matches!(it.work, Work::Step { .. }));
        let mut retries = Retries::new(self.session.settings);
        loop {
            let error = match self.pieces(work, pieces.clone()) {
                Ok(()) => return Ok(Ended::Whole),
                Err(error) => error,
            };
            let in_the_way = matches!(&error, Error::Failed(it) if !it.ended && self.is_contended(&it.cause));
            let may_be_repeated = self.stays && in_the_way && !is_rust;
            if !may_be_repeated || !retries.wait(work.revision.id, &error, self.options.observer) {
                return Err(error);
            }
            self.session.database.rollback();
            if self.begin_again(journal)? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
        }
    }

    /// Does a piece batch by batch, each in a transaction of its own.
    fn batches(&mut self, work: &Planned<'_>, journal: &mut Parts<'_>, place: &Place) -> Result<Ended, Error> {
        let Work::Batches(batches) = &work.pieces[place.piece].work else { return Ok(Ended::Whole) };
        self.progresses(work, place.piece);
        // References are looked at when all rows are done.
        let endangered = std::mem::take(&mut self.endangered);
        let mut turn = |run: &mut Self, turn: Turn<'_>| {
            let failed = |run: &Self, stop| run.failure(work.revision, Vec::new(), stop);
            match turn {
                Turn::Save(progress, between) => {
                    let reached = Place { progress: Some(progress.clone()), ..Place::at(place.piece) };
                    journal.at(run.session.database, reached).map_err(|stop| failed(run, stop))?;
                    let committed = run.session.commit();
                    let committed = committed.map_err(|error| run.session.lost(Stop::at("COMMIT", error)));
                    committed.map_err(|stop| failed(run, stop))?;
                    run.stays = true;
                    between();
                }
                Turn::Again => run.session.database.rollback(),
            }
            run.begin_again(journal)
        };
        let ended = self.in_batches(work, (place.piece, batches), place.progress.clone(), &mut turn);
        self.endangered = endangered;
        ended
    }

    /// Ends a transaction in the middle of a revision, and begins the next one.
    fn between(&mut self, work: &Planned<'_>, journal: &mut Parts<'_>, place: Place) -> Result<Ended, Error> {
        let failed = |run: &Self, stop| run.failure(work.revision, Vec::new(), stop);
        journal.at(self.session.database, place).map_err(|stop| failed(self, stop))?;
        self.commit(work.revision, false)?;
        self.stays = true;
        self.begin_again(journal)
    }

    fn begin_again(&mut self, journal: &Parts<'_>) -> Result<Ended, Error> {
        self.session.begin()?;
        Ok(if journal.is_own(self.session.database)? { Ended::Whole } else { Ended::Overtaken })
    }

    /// Does a piece that can be in no transaction. The journal says before that it was begun; what became of it then, the
    /// catalogue tells.
    fn outside(&mut self, work: &Planned<'_>, journal: &mut Parts<'_>, place: &Place) -> Result<Ended, Error> {
        let piece = &work.pieces[place.piece];
        let Work::Statement(sql) = &piece.work else { return Ok(Ended::Whole) };
        let failed = |run: &Self, stop| run.failure(work.revision, work.lines(piece), stop);
        let mut was_begun = place.is_begun;
        self.progresses(work, place.piece);
        if !was_begun {
            journal
                .at(self.session.database, Place { is_begun: true, ..place.clone() })
                .map_err(|stop| failed(self, stop))?;
        }
        self.commit(work.revision, false)?;
        self.stays = true;
        if was_begun {
            let trace = self.session.database.trace(sql).map_err(Stop::from);
            trace.and_then(Trace::known).map_err(|stop| failed(self, stop))?;
        }
        let mut retries = Retries::new(self.session.settings);
        while let Err(stop) = self.perform_outside(&piece.work, sql, was_begun) {
            was_begun = true;
            let stop = self.session.lost(stop);
            let may_be_repeated = self.is_contended(&stop.cause)
                && matches!(self.session.database.trace(sql), Ok(Trace::NotDone | Trace::InPart(_)));
            let error = failed(self, stop);
            if !may_be_repeated || !retries.wait(work.revision.id, &error, self.options.observer) {
                // The database has refused it: it was not done, whatever a person does to the tables before the next run.
                // Where the connection is gone with it, the catalogue must tell.
                drop(self.take_back(sql).and_then(|_| self.refused(journal, place)));
                return Err(error);
            }
        }
        self.begin_again(journal)
    }

    /// Does a statement that can be in no transaction, or what is left of it.
    fn perform_outside(&mut self, work: &Work, sql: &str, was_begun: bool) -> Result<(), Stop> {
        match was_begun && self.take_back(sql)? == Trace::Done {
            true => Ok(()),
            false => self.session.database.perform(work),
        }
    }

    /// Takes back what a statement has done in part; gives back what was left of it.
    fn take_back(&mut self, sql: &str) -> Result<Trace, Stop> {
        let trace = self.session.database.trace(sql)?;
        if let Trace::InPart(undo) = &trace {
            undo.iter().try_for_each(|sql| self.session.database.execute(sql).map_err(|error| Stop::at(sql, error)))?;
        }
        Ok(trace)
    }

    /// Notes that a statement is still to be done, unless another process has gone on with the work meanwhile.
    fn refused(&mut self, journal: &mut Parts<'_>, place: &Place) -> Result<(), Stop> {
        let ended = self.begin_again(journal).map_err(|error| Stop::refused(error.to_string()))?;
        if ended == Ended::Overtaken {
            self.session.database.rollback();
            return Ok(());
        }
        journal.at(self.session.database, Place { is_begun: false, ..place.clone() })?;
        Ok(self.session.commit()?)
    }

    /// Does the pieces of a revision where nothing is taken back; only those that are still to be done.
    fn journaled(&mut self, work: &Planned<'_>, begun_before: Option<&Unfinished>) -> Result<(), Error> {
        let Planned { revision, pieces, .. } = *work;
        let parts = (pieces, &work.operations.operations[..]);
        let of = (revision, self.direction);
        let Planned { facts, in_batches, .. } = *work;
        let (database, settings) = (&mut *self.session.database, self.session.settings);
        let opened = Journal::open(database, settings, of, parts, facts, begun_before, in_batches);
        let (mut journal, first) = opened.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
        self.has_journal = true;
        if begun_before.is_some() {
            self.resumes(work, first);
        }
        for piece in journal.again(first) {
            drop(self.session.database.perform(&pieces[piece].work));
        }
        for (at, piece) in pieces.iter().enumerate().skip(first) {
            self.progresses(work, at);
            if let (Work::Batches(batches), true) = (&piece.work, in_batches) {
                let is_there = |it: &&Unfinished| at == first && it.steps_are_of(revision);
                let progress = begun_before.filter(is_there).and_then(|it| it.progress.clone());
                self.journaled_batches(work, (at, batches), &mut journal, progress)?;
                continue;
            }
            let mut retries = Retries::new(self.session.settings);
            while let Err(stop) = self.journaled_piece(work, piece, at, &mut journal) {
                let stop = if journal.is_begun() { self.session.lost(stop) } else { stop };
                self.stays |= stop.unknown;
                let may_be_repeated = journal.may_be_repeated(at) && !stop.undone && self.is_contended(&stop.cause);
                let error = self.failure(revision, work.lines(piece), stop);
                if !may_be_repeated || !retries.wait(revision.id, &error, self.options.observer) {
                    self.let_in(work, at, &mut journal);
                    return Err(error);
                }
                for piece in journal.again(at) {
                    drop(self.session.database.perform(&pieces[piece].work));
                }
            }
        }
        let ended = self.session.database.begin_rows().map_err(Stop::from);
        let ended = ended.and_then(|()| journal.end(self.session.database));
        ended.map_err(|stop| self.failure(revision, Vec::new(), stop))
    }

    /// Does a piece batch by batch, each in a transaction of its own with the row that says how far it has come.
    fn journaled_batches(
        &mut self,
        work: &Planned<'_>,
        (at, batches): (usize, &Batches),
        journal: &mut Journal<'_>,
        progress: Option<Progress>,
    ) -> Result<(), Error> {
        let failed = |run: &Self, stop| run.failure(work.revision, work.lines(&work.pieces[at]), stop);
        let begun = journal.before(self.session.database, at);
        let begun = begun.and_then(|()| journal.works_on(self.session.database, &batches.table));
        begun.map_err(|stop| failed(self, stop))?;
        self.stays = true;
        if progress.is_some() {
            self.session.database.begin_rows().map_err(|error| failed(self, error.into()))?;
        }
        let mut turn = |run: &mut Self, turn: Turn<'_>| {
            let database = &mut *run.session.database;
            let saved = match turn {
                Turn::Save(progress, between) => {
                    let saved = journal.progress(database, progress).and_then(|()| database.perform(&Work::Commit));
                    saved.map(|()| between())
                }
                Turn::Again => {
                    database.rollback();
                    Ok(())
                }
            };
            let saved = saved.and_then(|()| Ok(database.begin_rows()?));
            saved.map(|()| Ended::Whole).map_err(|stop| failed(run, stop))
        };
        self.in_batches(work, (at, batches), progress, &mut turn)?;
        let ended = journal.after(self.session.database, at);
        let ended = ended.and_then(|()| self.session.database.perform(&Work::Commit));
        ended.map_err(|stop| failed(self, stop))
    }

    /// Lets others write again to a table that could not become what the revision says: its rows are worked on anew then.
    /// Not where a change was made already.
    fn let_in(&mut self, work: &Planned<'_>, at: usize, journal: &mut Journal<'_>) {
        let pieces = &work.pieces[..=at];
        let last = pieces.iter().rposition(|it| matches!(it.work, Work::LastBatch(_)));
        let Some(last) = last.filter(|_| work.in_batches) else { return };
        let (Work::LastBatch(batches), true) =
            (&pieces[last].work, pieces[last + 1..].iter().all(|it| it.work.only_looks()))
        else {
            return;
        };
        let begins = |it: &Piece| matches!(&it.work, Work::Batches(of) if of.table == batches.table);
        if let Some(first) = pieces[..last].iter().rposition(begins)
            && journal.goes_back(self.session.database, first).is_ok()
        {
            drop(self.end_batches(batches));
        }
    }

    fn journaled_piece(
        &mut self,
        work: &Planned<'_>,
        piece: &Piece,
        at: usize,
        journal: &mut Journal<'_>,
    ) -> Result<(), Stop> {
        if let Err(stop) = journal.before(self.session.database, at) {
            self.session.database.rollback();
            return Err(stop);
        }
        if let Err(stop) = self.piece(work, piece) {
            self.stays |= journal.refused(self.session.database, at) || stop.ended;
            self.stays &= !stop.undone;
            return Err(stop);
        }
        self.stays |= journal.stays_at_once(at);
        if let Err(stop) = journal.after(self.session.database, at) {
            self.session.database.rollback();
            return Err(stop);
        }
        self.stays |= journal.stays(at);
        Ok(())
    }

    fn piece(&mut self, work: &Planned<'_>, piece: &Piece) -> Result<(), Stop> {
        let Planned { operations, in_batches, .. } = *work;
        let database = &mut *self.session.database;
        match &piece.work {
            Work::Batches(batches) => self.in_one_go(operations, batches),
            Work::LastBatch(batches) if in_batches => self.last_batch(operations, batches),
            Work::EndBatches(batches) if in_batches => self.end_batches(batches),
            Work::LastBatch(_) | Work::EndBatches(_) => Ok(()),
            Work::Step { name } => {
                let missing = || Stop::refused(format!("nothing was compiled for the step `{name}`"));
                let step = operations.step(name).ok_or_else(missing);
                let _given = self.options.given.during();
                step.and_then(|step| call(database, step, name))
            }
            work => database.perform_in(&self.session.before, work),
        }
    }

    fn resumes(&mut self, work: &Planned<'_>, done: usize) {
        let id = work.revision.id;
        self.resumed.push(id.to_owned());
        self.options.observer.tell(&Event::Resumes { revision: id, done, of: work.pieces.len() });
    }

    fn progresses(&self, work: &Planned<'_>, at: usize) {
        let (revision, operation) = (work.revision.id, work.lines(&work.pieces[at]).join("; "));
        let of = work.pieces.len();
        self.options.observer.tell(&Event::Progresses { revision, operation: &operation, done: at, of });
    }

    /// Writes or takes away the row of a revision, in the transaction that runs it.
    fn record(&mut self, state: &mut State<Db::Facts>, revision: &Revision, duration: Duration) -> Result<(), Error> {
        let statements = Statements::of(&self.session.settings.history, self.session.database.dialect());
        let sql = match self.direction {
            Direction::Upgrade => {
                state.ordinal += 1;
                state.position.applied.insert(revision.id.to_owned());
                statements.insert(revision, &state.ordinal.to_string(), duration)
            }
            Direction::Downgrade => {
                state.position.applied.remove(revision.id);
                statements.delete(revision.id)
            }
        };
        let written = self.session.database.execute(&sql);
        written.map_err(|error| self.failure(revision, Vec::new(), Stop::at(&sql, error)))
    }
}

/// Calls a step, and sees that it leaves the transaction as it found it, also where it fails.
fn call<Db: Database>(database: &mut Db, step: &Step, name: &str) -> Result<(), Stop> {
    database.before_step()?;
    let outcome = step(database as &mut dyn Any);
    let after = database.after_step(name);
    outcome
        .map_err(|error| Stop { ended: after.as_ref().is_err_and(|stop| stop.ended), ..Cause::Step(error).into() })?;
    after
}
