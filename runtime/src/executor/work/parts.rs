//! The parts of a revision where transactions take changes of tables back, each in one of its own.

use std::ops::Range;

use super::Planned;
use crate::dialect::{Database, Work};
use crate::error::{Error, Stop};
use crate::executor::batches::Turn;
use crate::executor::retries::Retries;
use crate::executor::session::cannot_begin;
use crate::executor::{Ended, Run};
use crate::journal::{Parts, Place, Unfinished};
use crate::parts::{Part, PartKind};

impl<Db: Database> Run<'_, Db> {
    /// Does the parts of a revision, each in a transaction of its own with the row that says that it is done; those that
    /// can be in none between two. The last transaction stays open.
    pub(super) fn parts(
        &mut self,
        work: &Planned<'_>,
        parts: &[Part],
        begun_before: Option<&Unfinished>,
    ) -> Result<Ended, Error> {
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

    pub(super) fn begin_again(&mut self, journal: &Parts<'_>) -> Result<Ended, Error> {
        self.session.begin()?;
        Ok(if journal.is_own(self.session.database)? { Ended::Whole } else { Ended::Overtaken })
    }
}
