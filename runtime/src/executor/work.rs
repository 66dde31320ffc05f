//! The work of one revision: planned, cut into transactions, done, and recorded.

mod journaled;
mod outside;
mod parts;

use std::any::Any;
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use migratable_core::Operation;

use super::{Ended, Run, State};
use crate::dialect::{Database, Work};
use crate::error::{Cause, Error, Stop};
use crate::event::Event;
use crate::history::Statements;
use crate::journal::{Unfinished, noted};
use crate::migrator::{Direction, Revision};
use crate::parts::{PartKind, parts};
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
        let of = (self.migrator, &self.graph);
        recorded.note(&mut state.replay, of, (revision, self.direction), &mut state.position.order)?;
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
        let ended = self.work(&work, begun_before.as_ref())?;
        self.worked_on.insert(revision.id);
        if ended == Ended::Overtaken {
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
                step.and_then(|step| call(database, &self.session.before, step, name))
            }
            work => {
                database.perform_in(&self.session.before, work)?;
                let operations = piece.operations.iter().filter_map(|&at| operations.operations.get(at));
                match operations.into_iter().any(|it| matches!(it, Operation::Execute { .. })) {
                    true => database.after_sql(&self.session.before),
                    false => Ok(()),
                }
            }
        }
    }

    /// Tells that a revision goes on which another process has begun: once, also where both work on it in turn.
    fn resumes(&mut self, work: &Planned<'_>, done: usize) {
        let id = work.revision.id;
        if self.worked_on.contains(id) {
            return;
        }
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
fn call<Db: Database>(database: &mut Db, session: &Db::Session, step: &Step, name: &str) -> Result<(), Stop> {
    database.before_step()?;
    let outcome = step(database as &mut dyn Any);
    let after = database.after_step(session, name);
    outcome
        .map_err(|error| Stop { ended: after.as_ref().is_err_and(|stop| stop.ended), ..Cause::Step(error).into() })?;
    after
}
