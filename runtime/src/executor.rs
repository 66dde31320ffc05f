//! Running revisions: sessions, transactions, the history row beside what it records.

mod session;

use std::any::Any;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use migratable_core::Dialect;
use migratable_core::graph::{Graph, Target};
use migratable_core::replay::Replay;

use crate::dialect::{Database, Work};
use crate::error::{Cause, Error, Failure, Stop};
use crate::event::{Event, Observer};
use crate::given::Given;
use crate::history::{self, Position, Standing, Statements};
use crate::journal::{self, Journal, Unfinished};
use crate::migrator::{Direction, Migrator, Revision};
use crate::plan::{self, Piece};
use crate::revision::{Operations, Step};
use crate::settings::Transaction;
use crate::takeover;

pub(crate) use self::session::Session;
use self::session::cannot_begin;

/// How revisions are run.
#[derive(Clone, Debug, Default)]
pub struct Options<'a> {
    /// What is one transaction, if not what the migrator's settings say.
    pub transaction: Transaction,
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
    /// How the database stands to the program now.
    pub standing: Standing,
}

impl Report {
    /// Nothing was to be done.
    pub(crate) fn nothing(standing: Standing) -> Report {
        Report { done: Vec::new(), taken_over: Vec::new(), resumed: Vec::new(), standing }
    }
}

pub(crate) fn run<Db: Database>(
    migrator: &Migrator<Db>,
    database: &mut Db,
    target: &str,
    direction: Direction,
    options: &Options<'_>,
) -> Result<Report, Error> {
    let graph = migrator.graph()?;
    let settings = migrator.settings();
    let session = Session::open(database, settings)?;
    let position = migrator.position(&graph, history::read(session.database, settings)?, options.strict)?;
    let mut run = Run {
        migrator,
        graph,
        target: Target::default(),
        direction,
        options,
        session,
        done: Vec::new(),
        taken_over: Vec::new(),
        resumed: Vec::new(),
        stays: false,
    };
    let path = run.path(&position, Some(target))?;
    let unfinished = journal::read(run.session.database, settings)?;
    run.stays = unfinished.is_some();
    let is_done = path.is_empty() && position.taken_over.is_empty() && unfinished.is_none();
    let ended = if is_done { Ok(run.standing(&position)) } else { run.transactions(target) };
    let is_unfinished = ended.is_err() && run.stays;
    if !is_done && !is_unfinished {
        // An empty journal that is left does no harm.
        drop(journal::forget(run.session.database, settings));
    }
    let standing = ended.inspect_err(|error| {
        let revision = match error {
            Error::Failed(failure) => Some(failure.revision.as_str()),
            Error::Plan { revision, .. } => Some(revision.as_str()),
            _ => None,
        };
        options.observer.tell(&Event::Failed { revision, error: &error.to_string() });
    })?;
    Ok(Report { done: run.done, taken_over: run.taken_over, resumed: run.resumed, standing })
}

struct Run<'a, Db: Database> {
    migrator: &'a Migrator<Db>,
    graph: Graph,
    target: Target,
    direction: Direction,
    options: &'a Options<'a>,
    session: Session<'a, Db>,
    done: Vec<Done>,
    taken_over: Vec<String>,
    resumed: Vec<String>,
    /// Whether a part of the revision that is run is done and cannot be taken back.
    stays: bool,
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

impl<Db: Database> Run<'_, Db> {
    /// The revisions to run. A target given here is what the run goes to from now on.
    fn path(&mut self, position: &Position, target: Option<&str>) -> Result<Vec<String>, Error> {
        if self.direction == Direction::Downgrade && !position.unknown.is_empty() {
            return Err(Error::Ahead { unknown: position.unknown.clone() });
        }
        if let Some(target) = target {
            self.target = plan::target(&self.graph, &position.applied, target)?;
        }
        let path = plan::path(&self.graph, position, &self.target, self.direction);
        plan::reversible(self.migrator, &path, self.direction)?;
        if !path.is_empty() && !position.unknown.is_empty() {
            return Err(Error::Diverged { unknown: position.unknown.clone(), pending: path });
        }
        Ok(path)
    }

    fn standing(&self, position: &Position) -> Standing {
        if !position.unknown.is_empty() {
            return Standing::Ahead(position.unknown.clone());
        }
        let is_pending = |id: &&String| !position.applied.contains(*id);
        let pending: Vec<String> = self.graph.order().iter().filter(is_pending).cloned().collect();
        if pending.is_empty() { Standing::Current } else { Standing::Behind(pending) }
    }

    /// Runs transactions until nothing is left to do. Each begins by seeing what others have done in between.
    fn transactions(&mut self, target: &str) -> Result<Standing, Error> {
        let mut known: Option<State<Db::Facts>> = None;
        let mut is_first = true;
        loop {
            self.session.begin()?;
            let version = self.session.database.version(&self.session.settings.history).map_err(cannot_begin)?;
            let mut state = match known.take() {
                Some(state) if state.version == version => state,
                earlier => self.look(version, earlier.is_none().then_some(target))?,
            };
            let Some(first) = state.path.pop_front() else {
                if state.position.taken_over.is_empty() {
                    self.session.database.rollback();
                } else {
                    let committed = self.session.commit();
                    committed
                        .map_err(|source| Error::Database { doing: "write the history of the database", source })?;
                    self.options.observer.tell(&Event::Committed { revisions: 0 });
                }
                return Ok(self.standing(&state.position));
            };
            let together = match self.transaction() {
                Transaction::Usual => self.session.database.dialect() == Dialect::Sqlite,
                Transaction::All => self.session.database.is_transactional(),
                Transaction::Revision => false,
            };
            let rest = if together { state.path.len() } else { 0 };
            let revisions: Vec<&Revision> = std::iter::once(first).chain(state.path.drain(..rest)).collect();
            let finished = self.run(&mut state, &revisions)?;
            self.done.extend(finished);
            if state.path.is_empty() {
                return Ok(self.standing(&state.position));
            }
            if std::mem::take(&mut is_first) {
                self.session.database.expect_many(&mut self.session.before);
            }
            known = Some(state);
        }
    }

    fn transaction(&self) -> Transaction {
        match self.options.transaction {
            Transaction::Usual => self.session.settings.transaction,
            asked => asked,
        }
    }

    /// Reads where the database stands, inside of a transaction.
    fn look(&mut self, version: i64, target: Option<&str>) -> Result<State<Db::Facts>, Error> {
        let database = &mut *self.session.database;
        let settings = self.migrator.settings();
        history::create(database, settings)?;
        let rows = history::read(database, settings)?;
        let ordinal = rows.last().map_or(0, |row| row.ordinal);
        let position = self.migrator.position(&self.graph, rows, self.options.strict)?;
        let mut path: VecDeque<_> = self.migrator.find_all(&self.path(&position, target)?).into();
        let unfinished = journal::read(self.session.database, settings)?;
        if let Some(unfinished) = &unfinished {
            self.goes_on_first(unfinished, &position, &mut path)?;
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

    /// Puts a revision in front that is in the middle of its work.
    fn goes_on_first(
        &self,
        unfinished: &Unfinished,
        position: &Position,
        path: &mut VecDeque<&'static Revision>,
    ) -> Result<(), Error> {
        let Some(revision) = self.migrator.revisions().iter().find(|it| it.id == unfinished.revision) else {
            return Err(unfinished.refused("this program does not know it"));
        };
        if unfinished.direction != self.direction {
            return Err(unfinished.refused("nothing can go the other way before"));
        }
        let node = self.graph.node(revision.id);
        let mut before = node.into_iter().flat_map(|node| node.after.iter().chain(&node.depends_on));
        if let Some(missing) = before.find(|id| !position.applied.contains(*id)) {
            return Err(unfinished.refused(format!("{missing} was put in front of it since, and is not applied")));
        }
        path.retain(|it| it.id != revision.id);
        path.push_front(revision);
        Ok(())
    }

    /// Runs some revisions and ends the transaction that they are in.
    fn run(&mut self, state: &mut State<Db::Facts>, revisions: &[&Revision]) -> Result<Vec<Done>, Error> {
        let mut finished = Vec::new();
        let mut endangered = false;
        let mut last = None;
        let observer = self.options.observer;
        let of = self.done.len() + revisions.len() + state.path.len();
        for &revision in revisions {
            let begun = Instant::now();
            let (direction, number) = (self.direction, self.done.len() + finished.len() + 1);
            let (id, message) = (revision.id, revision.message);
            observer.tell(&Event::Begins { direction, revision: id, message, number, of });
            endangered |= self.revision(state, revision)?;
            let duration = begun.elapsed();
            observer.tell(&Event::Ended { direction, revision: id, message, duration });
            finished.push(Done { revision: id.to_owned(), message: message.to_owned(), duration });
            last = Some(revision);
        }
        if let Some(last) = last {
            if endangered {
                let checked = self.session.database.perform(&Work::CheckReferences { at_end: true });
                checked.map_err(|stop| self.failure(last, Vec::new(), stop))?;
            }
            let committed = self.session.commit();
            committed.map_err(|error| self.failure(last, Vec::new(), Stop::at("COMMIT", error)))?;
            observer.tell(&Event::Committed { revisions: finished.len() });
        }
        Ok(finished)
    }

    /// Runs a revision and writes its row. Gives back whether a reference may have come to point nowhere.
    fn revision(&mut self, state: &mut State<Db::Facts>, revision: &Revision) -> Result<bool, Error> {
        let begun = Instant::now();
        let recorded = plan::record(&state.replay, &self.graph, revision, self.direction);
        let operations = &recorded.operations;
        let planned = Db::plan(&state.facts, &operations.operations, &mut state.replay.schema, self.direction)
            .map_err(|refusal| refusal.in_revision(revision, &operations.operations))?;
        recorded.note(&mut state.replay, &self.graph, revision, self.direction);
        let broken_before = match planned.endangers_dependents {
            true => {
                let found = self.session.database.broken_dependents();
                Some(found.map_err(|error| self.failure(revision, Vec::new(), error.into()))?)
            }
            false => None,
        };
        let begun_before = state.unfinished.take();
        self.stays = begun_before.is_some();
        self.work(revision, operations, &planned.pieces, begun_before.as_ref())?;
        if let Some(before) = broken_before {
            let after = self.session.database.broken_dependents();
            let after = after.map_err(|error| self.failure(revision, Vec::new(), error.into()))?;
            let newly: Vec<String> = after
                .into_iter()
                .filter(|(name, _)| !before.contains_key(name))
                .map(|(name, error)| format!("the {name} would no longer work: {error}"))
                .collect();
            if !newly.is_empty() {
                let advice = "drop it in the revision by `op.execute(..)`, and make it anew behind the change";
                let stop = Stop::refused(format!("{}; {advice}", newly.join("; ")));
                let all = operations.operations.iter().map(ToString::to_string).collect();
                return Err(self.failure(revision, all, stop));
            }
        }
        if planned.endangers_references {
            let facts = self.session.database.facts();
            state.facts = facts.map_err(|error| self.failure(revision, Vec::new(), error.into()))?;
        }
        self.record(state, revision, begun.elapsed())?;
        Ok(planned.endangers_references)
    }

    /// Does the pieces of a revision, where nothing is taken back only those that are still to be done.
    fn work(
        &mut self,
        revision: &Revision,
        operations: &Operations,
        pieces: &[Piece],
        begun_before: Option<&Unfinished>,
    ) -> Result<(), Error> {
        let (mut journal, first) = match self.session.database.is_transactional() {
            true => (None, 0),
            false => {
                let (of, work) = ((revision, self.direction), (pieces, &operations.operations[..]));
                let opened = Journal::open(self.session.database, self.session.settings, of, work, begun_before);
                let (journal, first) = opened.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
                (Some(journal), first)
            }
        };
        if begun_before.is_some() {
            self.resumed.push(revision.id.to_owned());
            self.options.observer.tell(&Event::Resumes { revision: revision.id, done: first, of: pieces.len() });
        }
        for piece in journal.iter().flat_map(|journal| journal.again(first)) {
            drop(self.session.database.perform(&pieces[piece].work));
        }
        for (number, piece) in pieces.iter().enumerate().skip(first) {
            let found = piece.operations.iter().filter_map(|&at| operations.operations.get(at));
            let lines: Vec<String> = found.map(ToString::to_string).collect();
            let (id, operation, of) = (revision.id, lines.join("; "), pieces.len());
            self.options.observer.tell(&Event::Progresses { revision: id, operation: &operation, done: number, of });
            let done = self.piece(operations, piece, number, journal.as_mut());
            done.map_err(|stop| self.failure(revision, lines, stop))?;
        }
        if let Some(journal) = &journal {
            let ended = self.session.database.begin_rows().map_err(Stop::from);
            let ended = ended.and_then(|()| journal.end(self.session.database));
            ended.map_err(|stop| self.failure(revision, Vec::new(), stop))?;
        }
        Ok(())
    }

    fn piece(
        &mut self,
        operations: &Operations,
        piece: &Piece,
        number: usize,
        mut journal: Option<&mut Journal<'_>>,
    ) -> Result<(), Stop> {
        let database = &mut *self.session.database;
        if let Some(journal) = &mut journal {
            journal.before(database, number)?;
            self.stays |= journal.may_be_halved(number);
        }
        let done = match &piece.work {
            Work::Step { at, name } => {
                let missing = || Stop::refused(format!("nothing was compiled for the step `{name}`"));
                let step = operations.step(*at).ok_or_else(missing);
                let _given = self.options.given.during();
                step.and_then(|step| call(database, step, name))
            }
            work => database.perform(work),
        };
        let Some(journal) = journal else { return done };
        if let Err(stop) = done {
            journal.refused(database, number);
            self.stays = (self.stays || stop.ended) && !stop.undone;
            return Err(stop);
        }
        self.stays |= journal.stays_at_once(number);
        journal.after(database, number)?;
        self.stays |= journal.stays(number);
        Ok(())
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

    fn failure(&self, revision: &Revision, operations: Vec<String>, stop: Stop) -> Error {
        Error::Failed(Box::new(Failure {
            revision: revision.id.to_owned(),
            message: revision.message.to_owned(),
            operations,
            statement: stop.statement,
            cause: stop.cause,
            ended: stop.ended,
            done: self.done.clone(),
            stays: self.stays,
        }))
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
