//! A statement that can be in no transaction, between two of them.

use super::Planned;
use crate::dialect::statement::Statement;
use crate::dialect::{Database, Trace, Work};
use crate::error::{Error, Stop};
use crate::executor::retries::Retries;
use crate::executor::{Ended, Run};
use crate::journal::{Parts, Place};

impl<Db: Database> Run<'_, Db> {
    /// Does a piece that can be in no transaction. The journal says before that it was begun; what became of it then, the
    /// catalogue tells.
    pub(super) fn outside(
        &mut self,
        work: &Planned<'_>,
        journal: &mut Parts<'_>,
        place: &Place,
    ) -> Result<Ended, Error> {
        let piece = &work.pieces[place.piece];
        let Work::Statement(sql) = &piece.work else { return Ok(Ended::Whole) };
        let failed = |run: &Self, stop| run.failure(work.revision, work.lines(piece), stop);
        let mut was_begun = place.is_begun;
        self.progresses(work, place.piece);
        let mut theirs = Vec::new();
        if !was_begun {
            theirs = self.left_by_others(sql).map_err(|stop| failed(self, stop))?;
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
        while let Err(stop) = self.perform_outside(&piece.work, sql, was_begun, &theirs) {
            was_begun = true;
            let stop = self.session.lost(stop);
            let may_be_repeated = self.is_contended(&stop.cause)
                && matches!(self.session.database.trace(sql), Ok(Trace::NotDone | Trace::InPart(_)));
            let error = failed(self, stop);
            if !may_be_repeated || !retries.wait(work.revision.id, &error, self.options.observer) {
                // The database has refused it: it was not done, whatever a person does to the tables before the next run.
                // Where the connection is gone with it, the catalogue must tell.
                drop(self.take_back(sql, &theirs).and_then(|_| self.refused(journal, place)));
                return Err(error);
            }
        }
        self.begin_again(journal)
    }

    /// What would take away what looks as if the statement had left it, before it is tried at all.
    fn left_by_others(&mut self, sql: &str) -> Result<Vec<String>, Stop> {
        let Trace::InPart(theirs) = self.session.database.trace(sql)? else { return Ok(Vec::new()) };
        let leaves = Statement::read(sql).is_some_and(|mut it| it.takes("CREATE") && it.has("EXISTS"));
        match leaves {
            true => Err(Stop::refused(
                "something of that name is there in part, such as an invalid index, and IF NOT EXISTS leaves it as it is: \
                 drop it first",
            )),
            false => Ok(theirs),
        }
    }

    /// Does a statement that can be in no transaction, or what is left of it.
    fn perform_outside(&mut self, work: &Work, sql: &str, was_begun: bool, theirs: &[String]) -> Result<(), Stop> {
        match was_begun && self.take_back(sql, theirs)? == Trace::Done {
            true => Ok(()),
            false => self.session.database.perform(work),
        }
    }

    /// Takes back what a statement has done in part, but nothing of others; gives back what was left of it.
    fn take_back(&mut self, sql: &str, theirs: &[String]) -> Result<Trace, Stop> {
        let trace = self.session.database.trace(sql)?;
        if let Trace::InPart(undo) = &trace {
            let mut own = undo.iter().filter(|sql| !theirs.contains(sql));
            own.try_for_each(|sql| self.session.database.execute(sql).map_err(|error| Stop::at(sql, error)))?;
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
}
