//! Running revisions: sessions, transactions, the history row beside what it records.

mod batches;
mod retries;
mod session;
mod work;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use migratable_core::graph::{Graph, Target};
use migratable_core::replay::Replay;
use migratable_core::{Dialect, Operation};

use crate::backup::{self, Backup};
use crate::dialect::{Database, Work};
use crate::error::{Cause, Error, Failure, Stop};
use crate::event::{Event, Observer};
use crate::given::Given;
use crate::history::{self, Position, Standing};
use crate::journal::{self, Unfinished};
use crate::migrator::{Direction, Migrator, Revision};
use crate::parts::has_boundary;
use crate::plan;
use crate::settings::Transaction;
use crate::takeover;

use self::retries::Retries;
pub(crate) use self::session::{Session, cannot_begin};

/// How revisions are run.
#[derive(Clone, Debug, Default)]
pub struct Options<'a> {
    /// What is one transaction, if not what the migrator's settings say.
    pub transaction: Transaction,
    /// Where a SQLite database is copied to before anything is changed, if not where the migrator's settings say; on
    /// other databases this is refused.
    pub backup: Option<Backup>,
    /// Refuses a database whose applied revisions had their data steps edited since.
    pub strict: bool,
    /// Who is told what happens.
    pub observer: Observer<'a>,
    /// What the data steps are given.
    pub given: Given,
}

/// A revision that was applied or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// How long it took.
    pub duration: Duration,
}

/// What an upgrade or a downgrade has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The revisions, in the order in which they were run.
    pub done: Vec<Done>,
    /// The revisions that were recorded, without being run, in the place of those for which they stand.
    pub taken_over: Vec<String>,
    /// The revisions that had been stopped in the middle, and were gone on with.
    pub resumed: Vec<String>,
    /// The copy of the database as it was before.
    pub backup: Option<PathBuf>,
    /// How the database stands to the program now.
    pub standing: Standing,
    /// The revisions at which it stands.
    pub current: Vec<String>,
}

impl Report {
    /// Nothing was to be done.
    pub(crate) fn nothing((standing, current): (Standing, Vec<String>)) -> Report {
        Report { done: Vec::new(), taken_over: Vec::new(), resumed: Vec::new(), backup: None, standing, current }
    }
}

pub(crate) fn run<Db: Database>(
    migrator: &Migrator<Db>,
    database: &mut Db,
    target: &str,
    direction: Direction,
    options: &Options<'_>,
) -> Result<Report, Error> {
    backup::check(options.backup.as_ref(), database.dialect())?;
    let graph = migrator.graph()?;
    let settings = migrator.settings();
    let (rows, unfinished) = match history::read_all(database, settings) {
        Ok(read) => read,
        // A connection that cannot be migrated on is the better reason.
        Err(error) => return Session::open(database, settings).and(Err(error)),
    };
    let position = migrator.position(&graph, rows, options.strict)?;
    let wanted = allowed(&position, direction).and_then(|()| plan::target(&graph, &position.applied, target))?;
    let path = path(migrator, &graph, &position, &wanted, direction)?;
    if path.is_empty() && position.taken_over.is_empty() && unfinished.is_none() {
        return Ok(Report::nothing(standing(&graph, &position)));
    }
    let session = Session::open(database, settings)?;
    let mut run = Run {
        migrator,
        graph,
        target: wanted,
        direction,
        options,
        session,
        open: Vec::new(),
        endangered: false,
        done: Vec::new(),
        taken_over: Vec::new(),
        resumed: Vec::new(),
        worked_on: BTreeSet::new(),
        backup: None,
        is_alone: false,
        stays: false,
        has_journal: false,
    };
    let ended = run.transactions();
    let is_unfinished = ended.is_err() && run.stays;
    if run.has_journal && !is_unfinished {
        // An empty journal that is left does no harm.
        drop(journal::forget(run.session.database, settings));
    }
    let (standing, current) = ended.inspect_err(|error| {
        let revision = match error {
            Error::Failed(failure) => Some(failure.revision.as_str()),
            Error::Plan { revision, .. } => Some(revision.as_str()),
            _ => None,
        };
        options.observer.tell(&Event::Failed { revision, error: &error.to_string() });
    })?;
    let Run { done, taken_over, resumed, backup, .. } = run;
    Ok(Report { done, taken_over, resumed, backup, standing, current })
}

/// Whether a database may go a way: not back from revisions that nobody knows.
fn allowed(position: &Position, direction: Direction) -> Result<(), Error> {
    match direction {
        Direction::Downgrade if !position.unknown.is_empty() => Err(Error::Ahead { unknown: position.unknown.clone() }),
        _ => Ok(()),
    }
}

/// The revisions that lead to a target, if they may be run.
fn path<Db: Database>(
    migrator: &Migrator<Db>,
    graph: &Graph,
    position: &Position,
    target: &Target,
    direction: Direction,
) -> Result<Vec<String>, Error> {
    let path = plan::path(graph, position, target, direction);
    plan::reversible(migrator, &path, direction)?;
    if !path.is_empty() && !position.unknown.is_empty() {
        return Err(Error::Diverged { unknown: position.unknown.clone(), pending: path });
    }
    Ok(path)
}

/// How a database stands to the program, and at which revisions.
fn standing(graph: &Graph, position: &Position) -> (Standing, Vec<String>) {
    let is_pending = |id: &&String| !position.applied.contains(*id);
    let pending: Vec<String> = graph.order().iter().filter(is_pending).cloned().collect();
    let standing = match () {
        () if !position.unknown.is_empty() => Standing::Ahead(position.unknown.clone()),
        () if pending.is_empty() => Standing::Current,
        () => Standing::Behind(pending),
    };
    (standing, graph.tips(&position.applied).into_iter().map(str::to_owned).collect())
}

struct Run<'a, Db: Database> {
    migrator: &'a Migrator<Db>,
    graph: Graph,
    target: Target,
    direction: Direction,
    options: &'a Options<'a>,
    session: Session<'a, Db>,
    /// The revisions that were run in the transaction that is open.
    open: Vec<Done>,
    /// Whether a reference may have come to point nowhere in it.
    endangered: bool,
    done: Vec<Done>,
    taken_over: Vec<String>,
    resumed: Vec<String>,
    /// The revisions that this process has worked on.
    worked_on: BTreeSet<&'static str>,
    backup: Option<PathBuf>,
    /// Whether the revision that is run is a transaction by itself, or several.
    is_alone: bool,
    /// Whether a part of the revision that is run is done and cannot be taken back.
    stays: bool,
    /// Whether the journal is that of a revision that was run, not one that others have left.
    has_journal: bool,
}

/// What is known of the database while nobody else changes it.
struct State<Facts> {
    version: i64,
    facts: Facts,
    position: Position,
    path: VecDeque<&'static Revision>,
    replay: Replay,
    /// The last number in the history.
    ordinal: u64,
    /// The revision that is in the middle of its work; it is the first of the path.
    unfinished: Option<Unfinished>,
}

/// How some work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// It is done.
    Whole,
    /// Another process has gone on with it between two transactions.
    Overtaken,
}

impl<Db: Database> Run<'_, Db> {
    /// The revisions to run. The target is what it was when the run began: of two that take a step back from the same
    /// place at once, the second finds nothing to do.
    fn path(&self, position: &Position) -> Result<Vec<String>, Error> {
        allowed(position, self.direction)?;
        path(self.migrator, &self.graph, position, &self.target, self.direction)
    }

    /// Runs transactions until nothing is left to do. Each begins by seeing what others have done in between.
    fn transactions(&mut self) -> Result<(Standing, Vec<String>), Error> {
        let mut known: Option<State<Db::Facts>> = None;
        let mut is_first = true;
        let mut retries = Retries::new(self.session.settings);
        loop {
            let taken_over = self.taken_over.len();
            self.session.begin()?;
            let version = self.session.database.version().map_err(cannot_begin)?;
            let mut state = match known.take() {
                Some(state) if state.version == version => state,
                _ => self.look(version)?,
            };
            let together = self.together(&state)?;
            if self.backup.is_none() && (together > 0 || !state.position.taken_over.is_empty()) {
                self.back_up()?;
            }
            if together == 0 {
                if state.position.taken_over.is_empty() {
                    self.session.database.rollback();
                } else {
                    let committed = self.session.commit();
                    committed
                        .map_err(|source| Error::Database { doing: "write the history of the database", source })?;
                    self.options.observer.tell(&Event::Committed { revisions: 0 });
                }
                return Ok(standing(&self.graph, &state.position));
            }
            let revisions: Vec<&'static Revision> = state.path.drain(..together).collect();
            if !state.path.is_empty() {
                self.session.hold().map_err(cannot_begin)?;
            }
            match self.run(&mut state, &revisions) {
                Ok(Ended::Whole) => retries = Retries::new(self.session.settings),
                Ok(Ended::Overtaken) => {
                    self.session.database.rollback();
                    continue;
                }
                Err(error) if self.may_be_repeated(&error, &revisions) => {
                    self.session.database.rollback();
                    if !retries.wait(revisions[0].id, &error, self.options.observer) {
                        return Err(error);
                    }
                    self.open.clear();
                    self.endangered = false;
                    self.taken_over.truncate(taken_over);
                    continue;
                }
                Err(error) => return Err(error),
            }
            if state.path.is_empty() {
                return Ok(standing(&self.graph, &state.position));
            }
            if std::mem::take(&mut is_first) {
                self.session.database.expect_many(&mut self.session.before);
            }
            known = Some(state);
        }
    }

    /// Copies the database, if it is to be.
    fn back_up(&mut self) -> Result<(), Error> {
        let wanted = self.options.backup.as_ref().or(self.session.settings.backup.as_ref());
        let Some(wanted) = wanted else { return Ok(()) };
        self.backup = self.session.database.back_up(wanted)?;
        if let Some(file) = &self.backup {
            self.options.observer.tell(&Event::BackedUp { file });
        }
        Ok(())
    }

    /// Whether a transaction has failed for others only, and all that it did is taken back: not what Rust has done.
    fn may_be_repeated(&self, error: &Error, revisions: &[&Revision]) -> bool {
        let Error::Failed(failure) = error else { return false };
        let runs_rust = |revision: &&Revision| {
            revision
                .operations(self.direction)
                .iter()
                .any(|it| matches!(it, Operation::Run { .. } | Operation::MapRows { .. }))
        };
        let is_whole = self.session.database.is_transactional() && !failure.stays && !failure.ended;
        is_whole && self.is_contended(&failure.cause) && !revisions.iter().any(runs_rust)
    }

    /// Whether something failed because others hold a lock.
    fn is_contended(&self, cause: &Cause) -> bool {
        matches!(cause, Cause::Database(error) if self.session.database.is_contended(error))
    }

    /// How many revisions are the next transaction, unless one of them is more than one.
    fn together(&mut self, state: &State<Db::Facts>) -> Result<usize, Error> {
        let is_one = match self.transaction() {
            Transaction::Usual => self.session.database.dialect() == Dialect::Sqlite,
            Transaction::All => self.session.database.is_transactional(),
            Transaction::Revision | Transaction::None => false,
        };
        if !is_one || state.unfinished.is_some() {
            return Ok(1.min(state.path.len()));
        }
        let (mut alike, mut before) = (0, Vec::new());
        for revision in &state.path {
            if self.stands_alone(revision) || self.goes_in_batches(&state.replay, revision, &before)? {
                break;
            }
            before.extend(revision.operations(self.direction));
            alike += 1;
        }
        Ok(alike.max(1).min(state.path.len()))
    }

    /// Whether a revision may be another number of transactions than one.
    fn stands_alone(&self, revision: &Revision) -> bool {
        let dialect = self.session.database.dialect();
        revision.transaction.is_some() || has_boundary(&revision.operations(self.direction), dialect)
    }

    /// What is one transaction, of revisions that do not say so themselves.
    fn transaction(&self) -> Transaction {
        match self.options.transaction {
            Transaction::Usual => self.session.settings.transaction,
            asked => asked,
        }
    }

    /// Reads where the database stands, inside of a transaction.
    fn look(&mut self, version: i64) -> Result<State<Db::Facts>, Error> {
        let database = &mut *self.session.database;
        let settings = self.migrator.settings();
        history::create(database, settings)?;
        let rows = history::read(database, settings)?;
        let ordinal = rows.last().map_or(0, |row| row.ordinal);
        let position = self.migrator.position(&self.graph, rows, self.options.strict)?;
        let mut path: VecDeque<_> = self.migrator.find_all(&self.path(&position)?).into();
        let unfinished = journal::read(self.session.database, settings)?;
        if let Some(unfinished) = &unfinished {
            unfinished.goes_on_first(self.migrator.revisions(), (&self.graph, &position), self.direction, &mut path)?;
        }
        if !position.taken_over.is_empty() {
            self.session.database.begin_rows().map_err(cannot_begin)?;
            takeover::write(self.session.database, settings, &position.taken_over)?;
            if !self.session.database.is_transactional() {
                self.session.commit().map_err(cannot_begin)?;
            }
        }
        for revision in &position.taken_over {
            let Revision { id, replaces, .. } = revision;
            self.options.observer.tell(&Event::TookOver { revision: id, replaces });
            self.taken_over.push((*id).to_owned());
        }
        let replay = self.migrator.replay(&self.graph, position.order.iter())?;
        let facts = self.session.database.facts();
        let facts = facts.map_err(|source| Error::Database { doing: "look at the tables", source })?;
        Ok(State { version, facts, position, path, replay, ordinal, unfinished })
    }

    /// Runs some revisions and ends the transaction that they are in.
    fn run(&mut self, state: &mut State<Db::Facts>, revisions: &[&'static Revision]) -> Result<Ended, Error> {
        let observer = self.options.observer;
        let of = self.done.len() + revisions.len() + state.path.len();
        self.is_alone = revisions.len() == 1;
        for &revision in revisions {
            let begun = Instant::now();
            let (direction, number) = (self.direction, self.done.len() + self.open.len() + 1);
            let (id, message) = (revision.id, revision.message);
            observer.tell(&Event::Begins { direction, revision: id, message, number, of });
            if self.revision(state, revision)? == Ended::Overtaken {
                return Ok(Ended::Overtaken);
            }
            let duration = begun.elapsed();
            observer.tell(&Event::Ended { direction, revision: id, message, duration });
            self.open.push(Done { revision: id.to_owned(), message: message.to_owned(), duration });
        }
        if let Some(last) = revisions.last() {
            self.commit(last, true)?;
        }
        Ok(Ended::Whole)
    }

    /// Ends the transaction, at the end of a revision or in its middle.
    fn commit(&mut self, revision: &Revision, at_end: bool) -> Result<(), Error> {
        if self.endangered {
            let checked = self.session.database.perform(&Work::CheckReferences { at_end });
            checked.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
            self.endangered = !at_end;
        }
        let committed = self.session.commit().map_err(|error| self.session.lost(Stop::at("COMMIT", error)));
        committed.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
        self.options.observer.tell(&Event::Committed { revisions: self.open.len() });
        self.done.append(&mut self.open);
        Ok(())
    }

    fn failure(&self, revision: &Revision, operations: Vec<String>, stop: Stop) -> Error {
        Error::Failed(Box::new(Failure {
            revision: revision.id.to_owned(),
            message: revision.message.to_owned(),
            operations,
            statement: stop.statement,
            cause: stop.cause,
            ended: stop.ended,
            unknown: stop.unknown,
            done: self.done.clone(),
            stays: self.stays,
        }))
    }
}
