//! The work of a revision where no transaction takes changes of tables back: the journal says how far it has come.

use super::Planned;
use crate::batches::Batches;
use crate::dialect::{Database, Work};
use crate::error::{Error, Stop};
use crate::executor::batches::Turn;
use crate::executor::retries::Retries;
use crate::executor::{Ended, Run};
use crate::journal::{Journal, Progress, Unfinished};
use crate::plan::Piece;

impl<Db: Database> Run<'_, Db> {
    /// Does the pieces of a revision where nothing is taken back; only those that are still to be done.
    pub(super) fn journaled(&mut self, work: &Planned<'_>, begun_before: Option<&Unfinished>) -> Result<(), Error> {
        let Planned { revision, pieces, .. } = *work;
        let parts = (pieces, &work.operations.operations[..]);
        let of = (revision, self.direction);
        let Planned { facts, in_batches, .. } = *work;
        let (database, settings) = (&mut *self.session.database, self.session.settings);
        let opened = Journal::open(database, settings, of, parts, facts, begun_before, in_batches);
        let (mut journal, place) = opened.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
        let first = place.piece;
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
                let progress = place.progress.clone().filter(|_| at == first);
                self.journaled_batches(work, (at, batches), &mut journal, progress)?;
                continue;
            }
            let mut retries = Retries::new(self.session.settings);
            while let Err(stop) = self.journaled_piece(work, piece, at, &mut journal) {
                let stop = if journal.is_begun() { self.session.lost(stop) } else { stop };
                self.stays |= stop.unknown;
                let is_gone = stop.undone || stop.in_part;
                let may_be_repeated = journal.may_be_repeated(at) && !is_gone && self.is_contended(&stop.cause);
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
        let begun = begun.and_then(|()| journal.works_on(self.session.database, at, &batches.table));
        begun.map_err(|stop| failed(self, stop))?;
        self.stays = true;
        if progress.as_ref().is_some_and(|it| it.after.is_some()) {
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

    /// Lets others write again to a table that could not become what the revision says, and notes what they write. Not
    /// where a change was made already.
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
            && let Ok(progress) = self.notes_again(batches)
            && journal.goes_back(self.session.database, first, &progress).is_ok()
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
            let in_part = journal.refused(self.session.database, at, stop.in_part);
            self.stays |= in_part || stop.ended;
            self.stays &= !stop.undone;
            return Err(Stop { in_part, ..stop });
        }
        self.stays |= journal.stays_at_once(at);
        if let Err(stop) = journal.after(self.session.database, at) {
            self.session.database.rollback();
            return Err(stop);
        }
        self.stays |= journal.stays(at);
        Ok(())
    }
}
