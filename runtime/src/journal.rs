//! How far a revision has come whose work is more than one transaction.
//!
//! The journal is a table of one row: the revision that is being run, and the piece of its work at which it is. It is
//! there as long as such a revision is run or unfinished. The row moves on in the transaction of what was done. Where
//! changes of tables are in none, the row says before each of them what the tables are like, so that after a kill they
//! tell themselves whether it was done; the server does one statement whole or not at all. What stands outside of
//! transactions elsewhere leaves a trace in the catalogue.

mod nature;
mod parts;
mod rest;

use std::collections::{BTreeSet, VecDeque};

use diesel::result::QueryResult;
use migratable_core::graph::Graph;
use migratable_core::hash::hex;
use migratable_core::{Dialect, Operation, TableName};

use self::nature::{Nature, natures, sets_session};
pub(crate) use self::parts::{Parts, Place};
pub(crate) use self::rest::Rest;
use crate::batches::Key;
use crate::dialect::{Database, Work, literal_for, offline};
use crate::error::{Error, Stop};
use crate::history::{self, Position, Statements, in_transactions};
use crate::migrator::{Direction, Revision};
use crate::parts::written;
use crate::plan::Piece;
use crate::settings::Settings;

/// A revision that was begun and did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The revision.
    pub revision: String,
    /// Whether it was being applied or taken back.
    pub direction: Direction,
    /// The piece of its work at which it is, from 0: that many are done, and it may be this one too.
    pub done: usize,
    /// How many there are.
    pub of: usize,
    /// When it was begun, in UTC.
    pub begun_at: String,
    /// The version of this crate that began it.
    pub tool_version: String,
    /// The checksum of its operations.
    checksum: String,
    /// The digest of the pieces.
    plan: String,
    /// The digest of the tables before the piece that is next, if it is one that changes them.
    catalogue: Option<String>,
    /// What planning knew of the database when it was begun.
    facts: Option<String>,
    /// How far the piece that is next has come, if it is done batch by batch.
    pub(crate) progress: Option<Progress>,
    /// The table whose rows it works on, or has worked on last, batch by batch.
    rows_of: Option<TableName>,
    /// The checksum of the data steps that did it.
    steps: Option<String>,
}

/// How far work on the rows of a table has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The table.
    pub(crate) table: TableName,
    /// The last key that is done.
    pub(crate) after: Option<Key>,
    /// How many rows are done.
    pub(crate) rows: u64,
}

/// The table whose rows are worked on, in the journal.
fn works_on(table: &TableName, dialect: Dialect) -> String {
    format!("rows_of = {}", literal_for(dialect, &table.to_string()))
}

/// What stands between the values of a key in the journal.
const BETWEEN: char = '\u{1}';

impl Progress {
    /// Nothing is done of a table yet.
    pub(crate) fn of(table: &TableName) -> Progress {
        Progress { table: table.clone(), after: None, rows: 0 }
    }

    fn read(after: Option<String>, rows: Option<String>, table: Option<&TableName>) -> Option<Progress> {
        let after = after?;
        let key = (!after.is_empty()).then(|| after.split(BETWEEN).map(unescaped).collect());
        Some(Progress {
            after: key,
            rows: rows.and_then(|it| it.parse().ok()).unwrap_or_default(),
            ..Progress::of(table?)
        })
    }

    /// The values of its columns in the journal. The table stays there: what stands beside it is taken away later.
    fn sets(progress: Option<&Progress>, dialect: Dialect) -> String {
        let Some(progress) = progress else { return "done_key = NULL, done_rows = 0".to_owned() };
        let values: Vec<String> = progress.after.iter().flatten().map(|it| escaped(it)).collect();
        let key = literal_for(dialect, &values.join(&BETWEEN.to_string()));
        format!("done_key = {key}, done_rows = {}, {}", progress.rows, works_on(&progress.table, dialect))
    }
}

impl Unfinished {
    /// The error of a run that cannot go on with it.
    pub(crate) fn refused(&self, why: impl Into<String>) -> Error {
        Error::Unfinished { revision: self.revision.clone(), direction: self.direction, why: why.into() }
    }

    /// Puts its revision in front of those to be run, if it can be gone on with.
    pub(crate) fn goes_on_first(
        &self,
        revisions: &'static [Revision],
        (graph, position): (&Graph, &Position),
        direction: Direction,
        path: &mut VecDeque<&'static Revision>,
    ) -> Result<(), Error> {
        let Some(revision) = revisions.iter().find(|it| it.id == self.revision) else {
            return Err(self.refused("this program does not know it"));
        };
        if self.direction != direction {
            return Err(self.refused("nothing can go the other way before"));
        }
        if position.applied.contains(revision.id) == (direction == Direction::Upgrade) {
            return Err(self.refused("the history says that nothing of it is left to do"));
        }
        let node = graph.node(revision.id);
        let mut before = node.into_iter().flat_map(|node| node.after.iter().chain(&node.depends_on));
        if let Some(missing) = before.find(|id| !position.applied.contains(*id)) {
            return Err(self.refused(format!("{missing} was put in front of it since, and is not applied")));
        }
        path.retain(|it| it.id != revision.id);
        path.push_front(revision);
        Ok(())
    }

    /// What takes away that which the tool has put beside a table while it worked on the rows.
    pub(crate) fn clears(&self, dialect: Dialect) -> Vec<String> {
        let capture = offline(dialect).map(|it| &it.capture);
        capture.zip(self.rows_of.as_ref()).map_or(Vec::new(), |(capture, table)| capture.clear(table))
    }

    /// The facts that it was planned with; what was not noted is as it is now.
    pub(crate) fn known<Db: Database>(&self, database: &Db, now: &Db::Facts) -> Option<Db::Facts> {
        database.noted(self.facts.as_deref()?.split(BROKEN).next()?, now)
    }

    /// The views and triggers that did not work before it.
    pub(crate) fn broken(&self) -> BTreeSet<String> {
        self.facts.iter().flat_map(|note| note.split(BROKEN).skip(1)).map(str::to_owned).collect()
    }

    /// Whether the data steps of the revision are still those that began it.
    pub(crate) fn steps_are_of(&self, revision: &Revision) -> bool {
        self.steps.as_deref() == revision.steps_checksum
    }

    /// The piece with which rows are mapped anew, because the function was edited since: where it stands, or just behind.
    fn mapped_anew(&self, revision: &Revision, pieces: &[Piece]) -> Option<usize> {
        let is_map =
            |at: usize| matches!(&pieces.get(at)?.work, Work::Batches(it) if it.filled().is_none()).then_some(at);
        let edited = !self.steps_are_of(revision);
        let behind = || self.done.checked_sub(1).and_then(is_map);
        is_map(self.done).or_else(behind).filter(|_| edited)
    }

    /// Stops if its work is not that of the revision as it is now.
    fn is_of(&self, revision: &Revision, plan: &str) -> Result<(), Stop> {
        if self.plan.is_empty() {
            return Err(Stop::refused("its repair was stopped before it was recorded: run `repair` again"));
        }
        if self.checksum != revision.checksum {
            return Err(Stop::refused(
                "it was edited since it was begun; undo the edit, or bring the tables to where the revision begins or \
                 ends, and record that by `repair`",
            ));
        }
        if self.plan != plan {
            return Err(Stop::refused(format!(
                "its work is planned in other pieces now than when it was begun, by version {} of this tool: go on with \
                 that version, or see what was changed in the database beside it (types, views, triggers)",
                self.tool_version
            )));
        }
        Ok(())
    }
}

/// What stands before the name of each view and trigger that did not work before a revision.
const BROKEN: &str = "\u{1}";

/// What is noted of a database: the facts, and what does not work in it.
pub(crate) fn noted(facts: Option<String>, broken: Option<&BTreeSet<String>>) -> Option<String> {
    let names = broken.into_iter().flatten().map(|name| format!("{BROKEN}{name}"));
    Some(names.fold(facts?, |note, name| note + &name))
}

fn escaped(value: &str) -> String {
    value.replace('~', "~0").replace(BETWEEN, "~1")
}

fn unescaped(value: &str) -> String {
    value.replace("~1", &BETWEEN.to_string()).replace("~0", "~")
}

/// The revision that a database has in the middle of its work.
pub(crate) fn read<Db: Database>(database: &mut Db, settings: &Settings) -> Result<Option<Unfinished>, Error> {
    let (dialect, table) = (database.dialect(), settings.history.journal());
    if history::query(database, settings, &table, &Statements::is_there(&table, dialect))?.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT revision, direction, piece, pieces, CAST(begun_at AS CHAR(19)), tool_version, checksum, plan, catalogue, \
         facts, done_key, done_rows, rows_of, steps FROM {}",
        table.sql(dialect)
    );
    let rows = history::query(database, settings, &table, &sql)?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut values = row.into_iter();
    let mut text = || values.next().flatten();
    let mut unfinished = Unfinished {
        revision: text().unwrap_or_default(),
        direction: if text().as_deref() == Some("downgrade") { Direction::Downgrade } else { Direction::Upgrade },
        done: text().and_then(|it| it.parse().ok()).unwrap_or_default(),
        of: text().and_then(|it| it.parse().ok()).unwrap_or_default(),
        begun_at: text().unwrap_or_default(),
        tool_version: text().unwrap_or_default(),
        checksum: text().unwrap_or_default(),
        plan: text().unwrap_or_default(),
        catalogue: text(),
        facts: text(),
        progress: None,
        rows_of: None,
        steps: None,
    };
    let (key, rows) = (text(), text());
    unfinished.rows_of = text().map(|it| TableName::parse(&it));
    unfinished.progress = Progress::read(key, rows, unfinished.rows_of.as_ref());
    unfinished.steps = text();
    Ok(Some(unfinished))
}

fn create(table: &str, dialect: Dialect) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (
    revision VARCHAR(64) NOT NULL PRIMARY KEY,
    direction VARCHAR(9) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    plan VARCHAR(64) NOT NULL,
    piece BIGINT NOT NULL,
    pieces BIGINT NOT NULL,
    catalogue VARCHAR(64),
    facts TEXT,
    done_key TEXT,
    done_rows BIGINT,
    rows_of TEXT,
    steps VARCHAR(64),
    begun_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tool_version VARCHAR(32) NOT NULL
){}",
        in_transactions(dialect)
    )
}

/// What begins the journal of a revision.
fn begins(
    table: &str,
    dialect: Dialect,
    (revision, direction): (&Revision, Direction),
    (plan, pieces): (&str, usize),
    facts: Option<&str>,
) -> Vec<String> {
    let values = [
        literal_for(dialect, revision.id),
        literal_for(dialect, direction.word()),
        literal_for(dialect, revision.checksum),
        literal_for(dialect, plan),
        "0".to_owned(),
        pieces.to_string(),
        "CURRENT_TIMESTAMP".to_owned(),
        literal_for(dialect, env!("CARGO_PKG_VERSION")),
        facts.map_or("NULL".to_owned(), |facts| literal_for(dialect, facts)),
        revision.steps_checksum.map_or("NULL".to_owned(), |steps| literal_for(dialect, steps)),
    ];
    let begins = format!(
        "INSERT INTO {table} (revision, direction, checksum, plan, piece, pieces, begun_at, tool_version, facts, \
         steps) \
         VALUES ({})",
        values.join(", ")
    );
    vec![create(table, dialect), begins]
}

/// Takes away what stands beside a table whose rows were worked on, because a person says what the table is like now.
/// From then on nobody can go on with what was begun.
pub(crate) fn give_up<Db: Database>(database: &mut Db, settings: &Settings, begun: &Unfinished) -> QueryResult<()> {
    let dialect = database.dialect();
    let ends = format!("UPDATE {} SET plan = ''", settings.history.journal().sql(dialect));
    [ends].iter().chain(&begun.clears(dialect)).try_for_each(|sql| database.execute(sql))
}

/// Takes what was begun away, for whoever writes in the same transaction what came of it.
pub(crate) fn clear<Db: Database>(database: &mut Db, settings: &Settings) -> QueryResult<()> {
    let table = settings.history.journal().sql(database.dialect());
    // A table that goes would end the transaction.
    let word = if database.is_transactional() { "DROP TABLE" } else { "DELETE FROM" };
    database.execute(&format!("{word} {table}"))
}

/// Takes the journal away, where that is a change of tables that would keep what is open.
pub(crate) fn forget<Db: Database>(database: &mut Db, settings: &Settings) -> QueryResult<()> {
    if database.is_transactional() {
        return Ok(());
    }
    database.rollback();
    let table = settings.history.journal().sql(database.dialect());
    database.execute(&format!("DROP TABLE IF EXISTS {table}"))
}

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
    natures: Vec<Nature>,
    pieces: &'a [Piece],
    operations: &'a [Operation],
    /// What begins it, or begins it anew, as soon as something else is done than to look at rows.
    begins: Vec<String>,
    /// Whether the piece that was begun last is done for good, though that may not be written yet.
    is_done: bool,
}

impl<'a> Journal<'a> {
    /// The journal of a revision, and the piece with which its work begins, or goes on if it was begun.
    pub(crate) fn open<Db: Database>(
        database: &mut Db,
        settings: &Settings,
        (revision, direction): (&Revision, Direction),
        (pieces, operations): (&'a [Piece], &'a [Operation]),
        facts: Option<&str>,
        begun: Option<&Unfinished>,
        in_batches: bool,
    ) -> Result<(Journal<'a>, usize), Stop> {
        let dialect = database.dialect();
        let table = settings.history.journal().sql(dialect);
        let natures = natures(pieces, operations, in_batches);
        let mut journal = Journal { table, dialect, natures, pieces, operations, begins: Vec::new(), is_done: false };
        let mut texts = Vec::new();
        for piece in pieces {
            texts.extend(database.preview(&piece.work)?);
            texts.extend(piece.work.batches().map(|it| it.digest()));
        }
        let plan = hex(&texts.join("\n"), 32);
        if let Some(begun) = begun {
            let first = journal.resumes_at(database, begun, revision, &plan)?;
            let anew = begun.mapped_anew(revision, pieces);
            if let Some(piece) = anew {
                let steps = revision.steps_checksum.map_or("NULL".to_owned(), |steps| literal_for(dialect, steps));
                journal.begins = vec![format!("{}, steps = {steps}", journal.moves(piece, None))];
            }
            return Ok((journal, anew.unwrap_or(first)));
        }
        journal.begins = begins(&journal.table, dialect, (revision, direction), (&plan, pieces.len()), facts);
        Ok((journal, 0))
    }

    /// The piece with which work that was stopped goes on.
    fn resumes_at<Db: Database>(
        &self,
        database: &mut Db,
        begun: &Unfinished,
        revision: &Revision,
        plan: &str,
    ) -> Result<usize, Stop> {
        begun.is_of(revision, plan)?;
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
            () if now.len() == before.len() && own(&now) != own(before) => Ok(true),
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
        let is_of_rows = matches!(self.nature(piece), Nature::Rows | Nature::Halves);
        let written = self.pieces.get(piece).and_then(|piece| written(piece, self.operations));
        if let (Some(sql), true) = (written, is_of_rows)
            && !database.takes_rows_back(sql)?
        {
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
            Nature::Rows => Ok(database.begin_rows()?),
            Nature::Commit => self.at(database, piece + 1, None),
            _ => Ok(()),
        }
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

    /// Writes that a piece is to be done again, with all that is behind it.
    pub(crate) fn goes_back<Db: Database>(&self, database: &mut Db, piece: usize) -> Result<(), Stop> {
        self.at(database, piece, None)
    }

    /// Writes on the rows of which table work begins: what is put beside it stays, whatever becomes of the work.
    pub(crate) fn works_on<Db: Database>(&self, database: &mut Db, table: &TableName) -> Result<(), Stop> {
        self.write(database, &format!("UPDATE {} SET {}", self.table, works_on(table, self.dialect)))
    }

    /// Writes how far a piece has come that is done batch by batch, in the transaction that brought it there.
    pub(crate) fn progress<Db: Database>(&self, database: &mut Db, progress: &Progress) -> Result<(), Stop> {
        let sets = Progress::sets(Some(progress), self.dialect);
        self.write(database, &format!("UPDATE {} SET {sets}", self.table))
    }

    /// What is to be written when the database has refused a piece: that it was not done, whatever a person does to the
    /// tables before the next run. Gives back whether something of it may stay all the same; where the connection is gone
    /// with it, the tables must tell.
    pub(crate) fn refused<Db: Database>(&self, database: &mut Db, piece: usize) -> bool {
        database.rollback();
        match self.nature(piece) {
            Nature::Table | Nature::Written => self.at(database, piece, None).is_err(),
            Nature::Halves | Nature::Rows => {
                let stays = format!("SELECT 1 FROM {} WHERE catalogue IS NOT NULL", self.table);
                database.rows(&stays).map_or(true, |rows| !rows.is_empty())
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
        let is_sql = matches!(self.pieces.get(piece).map(|it| &it.work), Some(Work::Statement(_) | Work::Verify(_)));
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
        self.write(database, &self.moves(piece, catalogue))
    }

    fn moves(&self, piece: usize, catalogue: Option<&str>) -> String {
        let catalogue = catalogue.map_or("NULL".to_owned(), |text| literal_for(self.dialect, text));
        let sets = Progress::sets(None, self.dialect);
        format!("UPDATE {} SET piece = {piece}, catalogue = {catalogue}, {sets}", self.table)
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
