//! What is to be done for a revision, before it is done.

use std::collections::{BTreeSet, VecDeque};

use diesel::result::QueryResult;
use migratable_core::graph::{Graph, Target};
use migratable_core::operation::conversion;
use migratable_core::replay::{Detour, Replay};
use migratable_core::{Operation, Schema, TableName};

use crate::batches::{goes_in_batches, shown};
use crate::dialect::{Database, Work};
use crate::error::{Error, Failure, Stop};
use crate::history::{self, Position};
use crate::impact::{Impact, PlannedStatement, Situation};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::inspect::Losses;
use crate::journal::Rest;
use crate::migrator::{Direction, Migrator, Revision};
use crate::parts::parts;
use crate::revision::Operations;
use crate::settings::Transaction;

/// What a revision would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRevision {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// Its operations, each in a line.
    pub operations: Vec<String>,
    /// The statements that would be run.
    pub statements: Vec<PlannedStatement>,
    /// How far it has come, if it was stopped in the middle; the statements are what is left of it then.
    pub resumes: Option<Resumed>,
}

/// How far a revision has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// How many parts of its work are done.
    pub done: usize,
    /// How many there are.
    pub of: usize,
}

/// What operations are planned for: what rows get that lack a value, and what becomes of values that no longer fit.
#[cfg(any(feature = "postgres", feature = "mysql"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A revision forwards. Rows get nothing: a person decides.
    Upgrade,
    /// A revision backwards. Rows get neutral values: nobody knows the ones that were.
    Downgrade,
    /// A script between two databases. Rows get neutral values, and values are converted.
    Difference(Losses),
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Mode {
    /// Whether rows get neutral values where nothing else is known, instead of standing in the way.
    pub(crate) fn fills(self) -> bool {
        self != Mode::Upgrade
    }

    /// Whether this is a script between two databases.
    pub(crate) fn is_difference(self) -> bool {
        matches!(self, Mode::Difference(_))
    }

    /// Whether values that the new type does not hold stand in the way.
    pub(crate) fn refuses_losses(self) -> bool {
        self != Mode::Difference(Losses::Allowed)
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl From<Direction> for Mode {
    fn from(direction: Direction) -> Mode {
        match direction {
            Direction::Upgrade => Mode::Upgrade,
            Direction::Downgrade => Mode::Downgrade,
        }
    }
}

/// A part of a revision's work.
pub struct Piece {
    /// The places of the operations that it does.
    pub(crate) operations: Vec<usize>,
    /// What is done.
    pub(crate) work: Work,
}

/// All of a revision's work.
#[derive(Default)]
pub struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    /// Whether a view or trigger may stop working by it.
    pub(crate) endangers_dependents: bool,
    /// Whether a reference may come to point nowhere by it.
    pub(crate) endangers_references: bool,
}

impl Pieces {
    /// Adds work of the operation at a place.
    pub(crate) fn add(&mut self, operation: usize, work: impl IntoIterator<Item = Work>) {
        self.pieces.extend(work.into_iter().map(|work| Piece { operations: vec![operation], work }));
    }
}

/// Why operations cannot be planned.
#[derive(Debug)]
pub struct Refusal {
    /// The place of the operation.
    pub(crate) operation: usize,
    /// Why not.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn in_revision(self, revision: &Revision, operations: &[Operation]) -> Error {
        Error::Plan {
            revision: revision.id.to_owned(),
            operation: operations.get(self.operation).map(ToString::to_string).unwrap_or_default(),
            message: self.message,
        }
    }
}

/// The revisions that lead to a target, in the order in which they are run.
pub(crate) fn path(graph: &Graph, position: &Position, target: &Target, direction: Direction) -> Vec<String> {
    match direction {
        Direction::Upgrade => graph.upgrade_path(&position.applied, target),
        Direction::Downgrade => graph.downgrade_path(&position.applied, target),
    }
}

/// What a text names for a database with these revisions.
pub(crate) fn target(graph: &Graph, applied: &BTreeSet<String>, text: &str) -> Result<Target, Error> {
    Ok(graph.target(text, &graph.tips(applied))?)
}

/// What a revision does to a database where these are replayed, with the renames around it.
///
/// # Errors
/// If what maps rows does not fit what stands beside it.
pub(crate) fn record(
    replay: &Replay,
    graph: &Graph,
    revision: &Revision,
    direction: Direction,
) -> Result<Recorded, Error> {
    let recorded = revision.record(direction);
    let own = recorded.operations.clone();
    let detour = replay.detour(graph, revision.id, &own);
    let refused = |at: usize, message: String| Refusal { operation: at, message }.in_revision(revision, &own);
    let lowered = if own.iter().any(|it| matches!(it, Operation::MapRows { .. })) {
        let mut met = replay.schema.clone();
        for operation in &detour.before {
            operation.apply(&mut met).map_err(|error| refused(0, error.message))?;
        }
        let mut mapped = own.clone();
        keep_what_is_not_known(&mut mapped, &recorded, &met);
        conversion::lower(&mapped, &met).map_err(|it| refused(it.at, it.error.message))?
    } else {
        own.clone()
    };
    let operations = detour.before.iter().cloned().chain(lowered).chain(detour.behind.iter().cloned()).collect();
    Ok(Recorded { own, operations: recorded.with(operations), detour })
}

/// Leaves columns as they are that the rows of the revision do not have: revisions of other branches have added them.
fn keep_what_is_not_known(operations: &mut [Operation], recorded: &Operations, met: &Schema) {
    for at in 0..operations.len() {
        let (before, rest) = operations.split_at_mut(at);
        let Operation::MapRows { table, step, kept } = &mut rest[0] else { continue };
        let mut name = table.clone();
        for operation in before.iter().rev() {
            match operation {
                Operation::RenameTable { from, to } if *to == name => name.clone_from(from),
                _ => {}
            }
        }
        let (Some(table), Some(mapper)) = (met.tables.get(&name), recorded.mapper(step)) else { continue };
        let is_known = |column: &str| mapper.before.iter().any(|field| field.column == column);
        let others = table.columns.iter().filter(|it| !is_known(&it.name));
        kept.extend(others.map(|it| (it.name.clone(), it.name.clone())));
    }
}

/// A revision as it is run.
pub(crate) struct Recorded {
    /// What its file says.
    own: Vec<Operation>,
    detour: Detour,
    /// What is run.
    pub(crate) operations: Operations,
}

impl Recorded {
    /// Notes that it was planned, which the schema shows already. `order` has the revisions that are applied.
    ///
    /// # Errors
    /// If those that are left do not fit one another.
    pub(crate) fn note<Db: Database>(
        &self,
        replay: &mut Replay,
        (migrator, graph): (&Migrator<Db>, &Graph),
        (revision, direction): (&Revision, Direction),
        order: &mut Vec<String>,
    ) -> Result<(), Error> {
        if direction == Direction::Upgrade {
            replay.note(graph, revision.id, &self.own, &self.detour);
            return Ok(());
        }
        order.retain(|id| id != revision.id);
        match self.operations.operations.iter().any(appends) {
            // What comes back stands behind the others here, but not to a process that goes on with the next revision.
            true => *replay = migrator.replay(graph, order.iter())?,
            false => replay.forget(graph, revision.id),
        }
        Ok(())
    }
}

/// Whether an operation puts something behind what is there.
fn appends(operation: &Operation) -> bool {
    match operation {
        Operation::CreateTable(_)
        | Operation::AddColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::CreateUnique { .. }
        | Operation::CreateCheck { .. }
        | Operation::CreateForeignKey { .. }
        | Operation::SetTableOption { .. } => true,
        Operation::Execute { effect, .. } => effect.iter().any(appends),
        _ => false,
    }
}

/// Refuses a way back over a revision that says that it cannot be taken back.
pub(crate) fn reversible<Db>(migrator: &Migrator<Db>, path: &[String], direction: Direction) -> Result<(), Error>
where
    Db: Database,
{
    if direction == Direction::Upgrade {
        return Ok(());
    }
    for revision in migrator.find_all(path) {
        for operation in revision.operations(direction) {
            if let Operation::Irreversible { reason } = operation {
                let (revision, message) = (revision.id.to_owned(), revision.message.to_owned());
                return Err(Error::Irreversible { revision, message, reason });
            }
        }
    }
    Ok(())
}

/// What some of a piece's work means for those who use the database meanwhile.
fn impact<Db: Database>(database: &mut Db, work: &Work, sql: &str, around: &mut Situation) -> QueryResult<Impact> {
    match work {
        Work::Verify(verify) => {
            Ok(Impact { rows: around.count(database, &TableName::parse(&verify.table))?, ..Impact::none() })
        }
        Work::Step { .. } => Ok(Impact::default()),
        Work::Batches(batches) if sql.starts_with("-- ") => {
            Ok(Impact { rows: around.count(database, &batches.table)?, ..Impact::default() })
        }
        Work::LastBatch(_) if sql.starts_with("-- ") => Ok(Impact { rows: None, ..Impact::none() }),
        Work::CheckReferences { .. } if sql.starts_with("-- ") => Ok(Impact { rows: None, ..Impact::none() }),
        _ => database.impact(sql, around),
    }
}

/// The error of a run that could not go on with a revision.
fn cannot_go_on(revision: &Revision, stop: Stop) -> Error {
    Error::Failed(Box::new(Failure {
        revision: revision.id.to_owned(),
        message: revision.message.to_owned(),
        operations: Vec::new(),
        statement: stop.statement,
        cause: stop.cause,
        ended: false,
        unknown: false,
        done: Vec::new(),
        stays: true,
    }))
}

/// What would be done to a database.
pub(crate) fn preview<Db: Database>(
    migrator: &Migrator<Db>,
    database: &mut Db,
    target: &str,
    direction: Direction,
) -> Result<Vec<PlannedRevision>, Error> {
    let graph = migrator.graph()?;
    let (rows, mut unfinished) = history::read_all(database, migrator.settings())?;
    let mut position = migrator.position(&graph, rows, false)?;
    let target = self::target(&graph, &position.applied, target)?;
    let mut replay = migrator.replay(&graph, position.order.iter())?;
    let reading = |source| Error::Database { doing: "look at the tables", source };
    let facts = database.facts().map_err(reading)?;
    let mut planned = Vec::new();
    let mut around = Situation::default();
    let path = path(&graph, &position, &target, direction);
    reversible(migrator, &path, direction)?;
    let mut path: VecDeque<_> = migrator.find_all(&path).into();
    if let Some(it) = &unfinished {
        it.goes_on_first(migrator.revisions(), (&graph, &position), direction, &mut path)?;
    }
    // Rows are counted where they are now.
    let (mut many, mut before) = (BTreeSet::new(), Vec::new());
    for revision in &path {
        let (settings, of) = (migrator.settings(), (*revision, direction));
        if goes_in_batches(database, (settings, settings.transaction), of, (&replay, &graph), &before)? {
            many.insert(revision.id);
        }
        before.extend(revision.operations(direction));
    }
    for revision in path {
        let recorded = record(&replay, &graph, revision, direction)?;
        let operations = &recorded.operations.operations;
        around.schema.clone_from(&replay.schema);
        let begun = unfinished.take();
        let before = begun.as_ref().and_then(|it| it.known(database, &facts));
        let pieces = Db::plan(before.as_ref().unwrap_or(&facts), operations, &mut replay.schema, direction)
            .map_err(|refusal| refusal.in_revision(revision, operations))?
            .pieces;
        recorded.note(&mut replay, (migrator, &graph), (revision, direction), &mut position.order)?;
        let in_batches = begun.is_some() || many.contains(revision.id);
        if database.is_transactional() {
            let each = revision.transaction.unwrap_or(migrator.settings().transaction) == Transaction::None;
            parts(&pieces, operations, each, in_batches, database.dialect())
                .map_err(|refusal| refusal.in_revision(revision, operations))?;
        }
        let rest = match &begun {
            None => Rest::all(&pieces),
            Some(begun) => Rest::of(begun, database, migrator.settings(), (revision, direction), (&pieces, operations))
                .map_err(|stop| cannot_go_on(revision, stop))?,
        };
        let mut statements = Vec::new();
        for sql in rest.undo {
            let impact = database.impact(&sql, &mut around).map_err(reading)?;
            statements.push(PlannedStatement { sql, impact });
        }
        let done = rest.pieces.start;
        let was_begun = begun.as_ref().is_some_and(|it| it.progress.is_some());
        let mut operations_behind = operations.iter().enumerate().peekable();
        for at in rest.again.iter().copied().chain(rest.pieces) {
            let piece = &pieces[at];
            let first = piece.operations.first().copied().unwrap_or_default();
            while let Some((_, operation)) = operations_behind.next_if(|(at, _)| *at < first) {
                // Planning has applied it already.
                drop(operation.apply(&mut around.schema));
            }
            let shown = match shown(&piece.work, database.dialect(), in_batches, was_begun && at == done) {
                Some(shown) => shown,
                None => database.preview(&piece.work).map_err(reading)?,
            };
            for sql in shown {
                let impact = impact(database, &piece.work, &sql, &mut around).map_err(reading)?;
                statements.push(PlannedStatement { sql, impact });
            }
        }
        planned.push(PlannedRevision {
            revision: revision.id.to_owned(),
            message: revision.message.to_owned(),
            operations: operations.iter().map(ToString::to_string).collect(),
            statements,
            resumes: begun.map(|_| Resumed { done, of: pieces.len() }),
        });
    }
    Ok(planned)
}
