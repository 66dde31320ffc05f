//! How far a revision has come whose work is more than one transaction.
//!
//! The journal is a table of one row: the revision that is being run, and the piece of its work at which it is. It is
//! there as long as such a revision is run or unfinished. The row moves on in the transaction of what was done. Where
//! changes of tables are in none, the row says before each of them what the tables are like, so that after a kill they
//! tell themselves whether it was done; the server does one statement whole or not at all. What stands outside of
//! transactions elsewhere leaves a trace in the catalogue.

mod nature;
mod parts;
mod plan;
mod progress;
mod rest;
mod table;
mod unfinished;

use migratable_core::hash::hex;
use migratable_core::{Dialect, Operation, TableName};

use self::nature::{Nature, natures, sets_session};
pub(crate) use self::parts::{Parts, Place};
use self::plan::Plan;
pub(crate) use self::progress::Progress;
use self::progress::works_on;
pub(crate) use self::rest::Rest;
use self::table::{begins, is_of};
pub(crate) use self::table::{clear, forget, give_up, read};
pub use self::unfinished::Unfinished;
pub(crate) use self::unfinished::noted;
use crate::dialect::{Database, Work, literal_for};
use crate::error::Stop;
use crate::migrator::{Direction, Revision};
use crate::plan::Piece;
use crate::settings::Settings;

/// What stands in the place of digests where SQL may be done in part.
const IN_PART: &str = "part";

/// How long a digest is.
const DIGEST: usize = 32;

/// Why a revision cannot be gone on with that has set something for the session that was stopped.
const SESSION_IS_OVER: &str = "it was stopped behind SQL that sets something for the session, which is over; bring the \
                               tables to where the revision begins or ends, and record that by `repair`";

/// The journal of a revision that is run where changes of tables are in no transaction.
pub(crate) struct Journal<'a> {
    table: String,
    dialect: Dialect,
    revision: &'a Revision,
    plan: Plan,
    natures: Vec<Nature>,
    pieces: &'a [Piece],
    operations: &'a [Operation],
    /// What begins it, or begins it anew, as soon as something else is done than to look at rows.
    begins: Vec<String>,
    /// Whether the piece that was begun last is done for good, though that may not be written yet.
    is_done: bool,
}

impl<'a> Journal<'a> {
    /// The journal of a revision, and where its work begins, or goes on if it was begun.
    pub(crate) fn open<Db: Database>(
        database: &mut Db,
        settings: &Settings,
        (revision, direction): (&'a Revision, Direction),
        (pieces, operations): (&'a [Piece], &'a [Operation]),
        facts: Option<&str>,
        begun: Option<&Unfinished>,
        in_batches: bool,
    ) -> Result<(Journal<'a>, Place), Stop> {
        let dialect = database.dialect();
        let table = settings.history.journal().sql(dialect);
        let natures = natures(pieces, operations, in_batches);
        let mut texts = Vec::new();
        for piece in pieces {
            let batches = piece.work.batches().map(|it| it.digest());
            texts.push(database.preview(&piece.work)?.into_iter().chain(batches).collect());
        }
        let plan = Plan::of(pieces, &texts);
        let (begins_with, is_done) = (Vec::new(), false);
        let mut journal =
            Journal { table, dialect, revision, plan, natures, pieces, operations, begins: begins_with, is_done };
        if let Some(begun) = begun {
            let first = journal.resumes_at(database, begun)?;
            let Some((piece, progress)) = begun.anew(revision, pieces) else {
                return Ok((journal, Place { progress: begun.progress.clone(), ..Place::at(first) }));
            };
            journal.begins = vec![journal.moves(piece, None, progress.as_ref())];
            return Ok((journal, Place { progress, ..Place::at(piece) }));
        }
        let of = (journal.plan.at(0), pieces.len());
        journal.begins = begins(&journal.table, dialect, (revision, direction), of, facts);
        Ok((journal, Place::at(0)))
    }

    /// The piece with which work that was stopped goes on.
    fn resumes_at<Db: Database>(&self, database: &mut Db, begun: &Unfinished) -> Result<usize, Stop> {
        begun.is_of(self.revision, self.pieces, &self.plan)?;
        let mut first = begun.done;
        if let Some(before) = &begun.catalogue {
            first += usize::from(self.was_done(database, first, before)?);
        }
        if self.nature(first) == Nature::EndOfSession {
            first += 1;
        }
        if self.pieces.iter().take(first).any(|piece| sets_session(piece, self.operations)) {
            return Err(Stop::refused(SESSION_IS_OVER));
        }
        Ok(first)
    }

    /// Whether a piece that was begun was done, as far as that can be told by what it changes: another thing may have been
    /// changed by anybody.
    fn was_done<Db: Database>(&self, database: &mut Db, piece: usize, before: &str) -> Result<bool, Stop> {
        if before == IN_PART {
            return Err(Stop::refused(
                "it was stopped inside of SQL that may be done in part, and only a person can tell how much of it was; \
                 bring the tables to where the revision begins or ends, and record that by `repair`",
            ));
        }
        let now = self.catalogue(database, piece)?;
        let own = |digests: &str| digests.get(..DIGEST).map(str::to_owned);
        match () {
            () if now == before => Ok(false),
            () if now.len() == before.len() && own(&now) != own(before) => {
                let of_tool = match self.pieces.get(piece).map(|it| &it.work) {
                    Some(Work::Statement(sql)) if self.nature(piece) == Nature::Table => Some(sql),
                    _ => None,
                };
                // Others may have changed the same table.
                let is_undone = of_tool.map_or(Ok(false), |sql| database.is_undone(sql))?;
                Ok(!is_undone)
            }
            () => Err(Stop::refused(
                "it was stopped inside of a statement, and the database has changed since, but not in what that statement \
                 names: only a person can tell whether it was done; bring the tables to where the revision begins or ends, \
                 and record that by `repair`",
            )),
        }
    }

    /// The pieces in front of one that are done again when the work goes on with it, for what they set lasts no longer
    /// than the session. What they read may be gone, and then nothing needs them any more.
    pub(crate) fn again(&self, first: usize) -> impl Iterator<Item = usize> + '_ {
        (0..first).filter(|&piece| self.nature(piece) == Nature::Session)
    }

    fn nature(&self, piece: usize) -> Nature {
        self.natures.get(piece).copied().unwrap_or(Nature::Look)
    }

    /// What is to be written before a piece is done.
    pub(crate) fn before<Db: Database>(&mut self, database: &mut Db, piece: usize) -> Result<(), Stop> {
        self.is_done = false;
        if self.nature(piece) != Nature::Look {
            for sql in &self.begins {
                self.write(database, sql)?;
            }
            self.begins.clear();
        }
        if self.may_stay(database, piece)? {
            self.at(database, piece, Some(IN_PART))?;
        }
        match self.nature(piece) {
            Nature::Table => {
                let catalogue = self.catalogue(database, piece)?;
                self.at(database, piece, Some(&catalogue))
            }
            // The transaction that is open takes back what is written here, unless the piece ends it.
            Nature::Written => {
                let catalogue = self.catalogue(database, piece)?;
                database.begin_rows()?;
                self.at(database, piece, Some(&catalogue))
            }
            Nature::Halves => {
                database.begin_rows()?;
                self.at(database, piece, Some(IN_PART))
            }
            Nature::Rows => {
                // Whether it may be mended is told by where the work is.
                if self.pieces.get(piece).and_then(|it| it.work.batches()).is_some() {
                    self.at(database, piece, None)?;
                }
                Ok(database.begin_rows()?)
            }
            Nature::Commit => self.at(database, piece + 1, None),
            _ => Ok(()),
        }
    }

    /// Whether a piece, or what is in one transaction with it from there on, changes rows that no transaction takes back.
    fn may_stay<Db: Database>(&self, database: &mut Db, piece: usize) -> Result<bool, Stop> {
        let of_rows = match self.nature(piece) {
            Nature::Rows | Nature::Halves => 1,
            Nature::Begin => self.natures[piece..].iter().take_while(|it| **it != Nature::Commit).count(),
            _ => 0,
        };
        for piece in self.pieces.iter().skip(piece).take(of_rows) {
            let is_taken_back = match &piece.work {
                Work::Statement(sql) => database.takes_rows_back(Some(sql))?,
                Work::Step { .. } => database.takes_rows_back(None)?,
                _ => true,
            };
            if !is_taken_back {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The piece with which the transaction of a piece begins.
    fn begin_of(&self, piece: usize) -> usize {
        let begin = self.natures.get(..=piece).and_then(|natures| natures.iter().rposition(|it| *it == Nature::Begin));
        begin.filter(|_| matches!(self.nature(piece), Nature::Inside | Nature::Commit)).unwrap_or(piece)
    }

    /// What is to be written when a piece was done.
    pub(crate) fn after<Db: Database>(&mut self, database: &mut Db, piece: usize) -> Result<(), Stop> {
        self.is_done = matches!(self.nature(piece), Nature::Table | Nature::Written | Nature::Halves);
        match self.nature(piece) {
            Nature::Table => self.at(database, piece + 1, None),
            Nature::Rows | Nature::Written | Nature::Halves => {
                self.at(database, piece + 1, None)?;
                database.perform(&Work::Commit)
            }
            Nature::Again => self.at(database, piece + 1, None),
            _ => Ok(()),
        }
    }

    /// Writes that work on rows has come so far, and all that is behind it is to be done again.
    pub(crate) fn goes_back<Db: Database>(
        &self,
        database: &mut Db,
        piece: usize,
        progress: &Progress,
    ) -> Result<(), Stop> {
        self.write(database, &self.moves(piece, None, Some(progress)))
    }

    /// Writes with which piece work on the rows of a table begins: what is put beside it stays, whatever becomes of the
    /// work.
    pub(crate) fn works_on<Db: Database>(
        &self,
        database: &mut Db,
        piece: usize,
        table: &TableName,
    ) -> Result<(), Stop> {
        let sets = format!("piece = {piece}, {}, {}", self.is_of(piece), works_on(table, self.dialect));
        self.write(database, &format!("UPDATE {} SET {sets}", self.table))
    }

    /// Writes how far a piece has come that is done batch by batch, in the transaction that brought it there.
    pub(crate) fn progress<Db: Database>(&self, database: &mut Db, progress: &Progress) -> Result<(), Stop> {
        let sets = Progress::sets(Some(progress), self.dialect);
        self.write(database, &format!("UPDATE {} SET {sets}", self.table))
    }

    /// What is to be written when the database has refused a piece: that it was not done, whatever a person does to the
    /// tables before the next run. Gives back whether something of it may stay all the same; where the connection is gone
    /// with it, the tables must tell.
    pub(crate) fn refused<Db: Database>(&self, database: &mut Db, piece: usize, in_part: bool) -> bool {
        let taken_back = if in_part { Some(false) } else { database.rollback_whole() };
        match self.nature(piece) {
            Nature::Table | Nature::Written => self.at(database, piece, None).is_err(),
            Nature::Halves | Nature::Rows | Nature::Begin | Nature::Inside | Nature::Commit => {
                let stays = format!("SELECT 1 FROM {} WHERE catalogue IS NOT NULL", self.table);
                let may_stay = database.rows(&stays).map_or(true, |rows| !rows.is_empty());
                match taken_back {
                    // A trigger has written where nobody looked. What a table of the session keeps goes with that.
                    Some(false) if !may_stay && !database.takes_rows_back(None).unwrap_or(false) => {
                        drop(self.at(database, self.begin_of(piece), Some(IN_PART)));
                        true
                    }
                    Some(true) if may_stay && self.nature(piece) != Nature::Halves => {
                        self.at(database, self.begin_of(piece), None).is_err()
                    }
                    _ => may_stay,
                }
            }
            _ => false,
        }
    }

    /// Whether it says that the revision was begun.
    pub(crate) fn is_begun(&self) -> bool {
        self.begins.is_empty()
    }

    /// Whether a piece that was refused has done nothing, so that it can be tried again.
    pub(crate) fn may_be_repeated(&self, piece: usize) -> bool {
        let is_sql = self.pieces.get(piece).is_some_and(|it| it.work.is_sql());
        self.nature(piece) == Nature::Again
            || is_sql
                && !self.is_done
                && matches!(self.nature(piece), Nature::Look | Nature::Rows | Nature::Table | Nature::Written)
    }

    /// Whether what a piece has done stays at once, before that is written.
    pub(crate) fn stays_at_once(&self, piece: usize) -> bool {
        matches!(self.nature(piece), Nature::Table | Nature::Written | Nature::Halves | Nature::Again)
    }

    /// Whether a piece that is done leaves something that cannot be taken back.
    pub(crate) fn stays(&self, piece: usize) -> bool {
        use Nature::{Again, Commit, Halves, Rows, Table, Written};
        matches!(self.nature(piece), Rows | Table | Written | Halves | Commit | Again)
    }

    /// The end of the journal, in the transaction that writes the history.
    pub(crate) fn end<Db: Database>(&self, database: &mut Db) -> Result<(), Stop> {
        match self.is_begun() {
            true => self.write(database, &format!("DELETE FROM {}", self.table)),
            false => Ok(()),
        }
    }

    /// Writes where the work is, and what the tables are like before a piece that changes them.
    fn at<Db: Database>(&self, database: &mut Db, piece: usize, catalogue: Option<&str>) -> Result<(), Stop> {
        self.write(database, &self.moves(piece, catalogue, None))
    }

    fn moves(&self, piece: usize, catalogue: Option<&str>, progress: Option<&Progress>) -> String {
        let catalogue = catalogue.map_or("NULL".to_owned(), |text| literal_for(self.dialect, text));
        let sets = format!("{}, {}", Progress::sets(progress, self.dialect), self.is_of(piece));
        format!("UPDATE {} SET piece = {piece}, catalogue = {catalogue}, {sets}", self.table)
    }

    /// By what the work is known again that is at a piece.
    fn is_of(&self, piece: usize) -> String {
        is_of(self.revision, self.plan.at(piece), self.dialect)
    }

    /// A digest of what a piece changes, and of everything else if that may be changed too.
    fn catalogue<Db: Database>(&self, database: &mut Db, piece: usize) -> Result<String, Stop> {
        let Some(piece) = self.pieces.get(piece) else { return Ok(String::new()) };
        let operations: Vec<&Operation> = piece.operations.iter().filter_map(|&at| self.operations.get(at)).collect();
        let statement = if let Work::Statement(sql) = &piece.work { sql } else { "" };
        let texts = database.catalogue(&operations, statement)?;
        Ok(texts.iter().map(|text| hex(text, DIGEST)).collect())
    }

    fn write<Db: Database>(&self, database: &mut Db, sql: &str) -> Result<(), Stop> {
        database.execute(sql).map_err(|error| Stop::at(sql, error))
    }
}
