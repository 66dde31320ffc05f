//! The revisions of a program, and what can be done with them on a database.

use std::collections::HashMap;
use std::marker::PhantomData;

use migratable_core::graph::{Graph, Node};
use migratable_core::replay::Replay;
use migratable_core::{Dialect, Operation, Schema};

use crate::dialect::Database;
use crate::error::Error;
use crate::executor::{self, Options, Report};
use crate::history::{self, Applied, Position, Standing, Status};
use crate::journal;
use crate::plan::{self, PlannedRevision};
use crate::repair::{self, RepairOptions, Repaired};
use crate::revision::Operations;
use crate::script::{self, RevisionScript, ScriptOptions};
use crate::settings::{Settings, Transaction};
use crate::stamp::{self, StampOptions, Stamped};
use crate::takeover;

/// A revision, as it is compiled into a program.
#[derive(Debug)]
pub struct Revision {
    /// The identifier.
    pub id: &'static str,
    /// The revisions that it follows.
    pub after: &'static [&'static str],
    /// Revisions of other branches that must be applied before it.
    pub depends_on: &'static [&'static str],
    /// Names of the branch that begins here.
    pub labels: &'static [&'static str],
    /// Revisions that are gone and for which it stands, in their order.
    pub replaces: &'static [&'static str],
    /// What it does, in the words of its author.
    pub message: &'static str,
    /// The file that it stands in.
    pub file: &'static str,
    /// The checksum of its operations.
    pub checksum: &'static str,
    /// The checksum of its data steps, if it has any.
    pub steps_checksum: Option<&'static str>,
    /// What is one transaction of its work, if it is not what is set for all: [`Transaction::Revision`] or
    /// [`Transaction::None`].
    pub transaction: Option<Transaction>,
    /// Records what it does.
    pub upgrade: fn(&mut Operations),
    /// Records what takes it back.
    pub downgrade: fn(&mut Operations),
}

/// Which way revisions are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the heads.
    Upgrade,
    /// Towards the base.
    Downgrade,
}

impl Direction {
    /// The word of the command that goes this way.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Upgrade => "upgrade",
            Direction::Downgrade => "downgrade",
        }
    }
}

impl Revision {
    /// What the revision does, or what takes it back.
    pub fn operations(&self, direction: Direction) -> Vec<Operation> {
        self.record(direction).operations.clone()
    }

    pub(crate) fn record(&self, direction: Direction) -> Operations {
        let mut operations = Operations::default();
        match direction {
            Direction::Upgrade => (self.upgrade)(&mut operations),
            Direction::Downgrade => (self.downgrade)(&mut operations),
        }
        operations
    }
}

/// The revisions of a program, to be run on connections of one type.
#[derive(Debug)]
pub struct Migrator<Db> {
    revisions: &'static [Revision],
    settings: Settings,
    connection: PhantomData<fn(&mut Db)>,
}

impl<Db> Clone for Migrator<Db> {
    fn clone(&self) -> Self {
        Migrator { revisions: self.revisions, settings: self.settings.clone(), connection: PhantomData }
    }
}

impl<Db: Database> Migrator<Db> {
    /// A migrator for some revisions, each behind all that it follows.
    pub const fn new(revisions: &'static [Revision]) -> Migrator<Db> {
        Migrator { revisions, settings: Settings::USUAL, connection: PhantomData }
    }

    /// The same revisions for databases for which something else is set.
    pub fn with_settings(self, settings: Settings) -> Migrator<Db> {
        Migrator { settings, ..self }
    }

    /// What is set for the databases.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The revisions, each behind all that it follows.
    pub const fn revisions(&self) -> &'static [Revision] {
        self.revisions
    }

    /// What follows what.
    ///
    /// # Errors
    /// If the revisions do not hang together.
    pub fn graph(&self) -> Result<Graph, Error> {
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        let node = |revision: &Revision| Node {
            id: revision.id.to_owned(),
            after: owned(revision.after),
            depends_on: owned(revision.depends_on),
            labels: owned(revision.labels),
            replaces: owned(revision.replaces),
        };
        Ok(Graph::new(self.revisions.iter().map(node).collect())?)
    }

    /// Applies every revision that the database lacks, in one transaction where the database can.
    ///
    /// # Errors
    /// If a revision cannot be applied, or the history of the database is not one of this program. Nothing is then
    /// changed.
    pub fn upgrade(&self, database: &mut Db) -> Result<Report, Error> {
        let (rows, has_journal) = history::read_checksums(database, &self.settings)?;
        let seen = takeover::checksums(self.revisions, rows);
        let standing = seen.and_then(|(rows, is_due)| Ok((history::ensure_current(self.revisions, &rows)?, is_due)));
        match standing {
            Ok((standing, false)) if !has_journal => Ok(Report::nothing((standing, history::heads(self.revisions)))),
            _ => self.upgrade_to(database, "heads", &Options::default()),
        }
    }

    /// Applies what leads to a revision: an identifier or its beginning, `head`, `heads`, `+1`…
    ///
    /// # Errors
    /// If a revision cannot be applied, or the history of the database is not one of this program.
    pub fn upgrade_to(&self, database: &mut Db, target: &str, options: &Options<'_>) -> Result<Report, Error> {
        executor::run(self, database, target, Direction::Upgrade, options)
    }

    /// Takes back everything behind a revision: an identifier or its beginning, `base`, `-1`…
    ///
    /// # Errors
    /// If a revision cannot be taken back, or the history of the database is not one of this program.
    pub fn downgrade(&self, database: &mut Db, target: &str, options: &Options<'_>) -> Result<Report, Error> {
        executor::run(self, database, target, Direction::Downgrade, options)
    }

    /// Records that the database stands at some revisions, in one transaction, and runs nothing: what they are and what
    /// comes before them is in the history then, and nothing else.
    ///
    /// # Errors
    /// If a target names no revision; [`Error::Unstampable`] if the history has a revision that this program does not
    /// know, or that was edited since it was applied, and is not to be emptied. Nothing is then changed.
    pub fn stamp(&self, database: &mut Db, targets: &[&str], options: &StampOptions) -> Result<Stamped, Error> {
        stamp::run(self, database, targets, options)
    }

    /// Takes a database for what a person says it is: a revision that was edited since it was applied counts as it is
    /// now, one that was begun and left unfinished counts as applied or as not applied. Nothing is run, and the reason is
    /// kept. Gives back the revision, and what was repaired.
    ///
    /// # Errors
    /// If the text names no revision; [`Error::NotRepaired`] if there is nothing to repair about it. Nothing is then
    /// changed.
    pub fn repair(
        &self,
        database: &mut Db,
        revision: &str,
        options: &RepairOptions,
    ) -> Result<(String, Repaired), Error> {
        repair::run(self, database, revision, options)
    }

    /// Checks, in one query, that the database has every revision of this program.
    ///
    /// # Errors
    /// [`Error::Behind`] if it has not; [`Error::Changed`] if one was edited since it was applied;
    /// [`Error::Unfinished`] if one was begun and did not come to its end.
    pub fn ensure_current(&self, database: &mut Db) -> Result<Standing, Error> {
        let (rows, has_journal) = history::read_checksums(database, &self.settings)?;
        let unfinished = if has_journal { journal::read(database, &self.settings)? } else { None };
        if let Some(unfinished) = unfinished.filter(|it| self.revisions.iter().any(|own| own.id == it.revision)) {
            return Err(unfinished.refused("the tables are neither as before it nor as after it"));
        }
        let (rows, _) = takeover::checksums(self.revisions, rows)?;
        history::ensure_current(self.revisions, &rows)
    }

    /// The revisions at which the database stands; none at the base.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn current(&self, database: &mut Db) -> Result<Vec<String>, Error> {
        Ok(self.status(database)?.current)
    }

    /// The history of the database, in the order in which it was made.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn applied(&self, database: &mut Db) -> Result<Vec<Applied>, Error> {
        history::read(database, &self.settings)
    }

    /// Where the database stands beside this program.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn status(&self, database: &mut Db) -> Result<Status, Error> {
        let graph = self.graph()?;
        let (rows, unfinished) = history::read_all(database, &self.settings)?;
        Ok(history::status(self.revisions, &graph, rows, unfinished))
    }

    /// The revisions at which the database stands, and the schema that they lead to.
    ///
    /// # Errors
    /// If the history cannot be read, or is not one of this program.
    pub fn expected(&self, database: &mut Db) -> Result<(Vec<String>, Schema), Error> {
        let graph = self.graph()?;
        let position = self.position(&graph, history::read(database, &self.settings)?, false)?;
        if !position.unknown.is_empty() {
            return Err(Error::Ahead { unknown: position.unknown });
        }
        let current = graph.tips(&position.applied).into_iter().map(str::to_owned).collect();
        Ok((current, self.replay(&graph, position.order.iter())?.schema))
    }

    /// What an upgrade or a downgrade would do to this database, without doing it.
    ///
    /// # Errors
    /// If the target names no revision, the history is not one of this program, or a revision cannot be planned.
    pub fn plan(&self, database: &mut Db, target: &str, direction: Direction) -> Result<Vec<PlannedRevision>, Error> {
        plan::preview(self, database, target, direction)
    }

    /// An upgrade as a script for the database's own client: to a revision from the base, or over a range `a:b`. In a
    /// database that is not where the range begins it stops, and changes nothing. It ends at a step in Rust, loudly.
    ///
    /// # Errors
    /// If the range names no revisions, or one of them cannot be planned for the dialect.
    pub fn upgrade_sql(&self, dialect: Dialect, range: &str) -> Result<String, Error> {
        Ok(self.script(dialect, range, Direction::Upgrade, &ScriptOptions::default())?.sql)
    }

    /// A downgrade as a script for the database's own client, over a range `a:b` from `a` down to `b`. In a database that
    /// is not where the range begins it stops, and changes nothing. It ends at a step in Rust, loudly.
    ///
    /// # Errors
    /// If the range names no revisions, or one of them cannot be planned for the dialect.
    pub fn downgrade_sql(&self, dialect: Dialect, range: &str) -> Result<String, Error> {
        Ok(self.script(dialect, range, Direction::Downgrade, &ScriptOptions::default())?.sql)
    }

    /// An upgrade or a downgrade as a script for the database's own client, over a range `a:b`, and where it stops
    /// because a step is Rust.
    ///
    /// # Errors
    /// If the range names no revisions, or one of them cannot be planned for the dialect.
    pub fn script(
        &self,
        dialect: Dialect,
        range: &str,
        direction: Direction,
        options: &ScriptOptions,
    ) -> Result<RevisionScript, Error> {
        script::write(self, dialect, range, direction, options)
    }

    /// The same as [`stamp`](Self::stamp) as a script for the database's own client.
    ///
    /// # Errors
    /// If a target names no revision, or counts from where a database stands.
    pub fn stamp_sql(&self, dialect: Dialect, targets: &[&str], options: &StampOptions) -> Result<String, Error> {
        stamp::script(self, dialect, targets, options)
    }

    /// Makes the table of the history where it is missing.
    ///
    /// # Errors
    /// If the database refuses that.
    pub fn ensure_history(&self, database: &mut Db) -> Result<(), Error> {
        stamp::ensure(self, database)
    }

    /// The same as [`ensure_history`](Self::ensure_history) as a script for the database's own client.
    ///
    /// # Errors
    /// If this build cannot write for the dialect.
    pub fn ensure_history_sql(&self, dialect: Dialect) -> Result<String, Error> {
        stamp::ensure_script(self, dialect)
    }

    /// The revisions of these identifiers.
    pub(crate) fn find_all<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Vec<&'static Revision> {
        let known: HashMap<&str, &'static Revision> = self.revisions.iter().map(|it| (it.id, it)).collect();
        ids.into_iter().filter_map(|id| known.get(id.as_str()).copied()).collect()
    }

    /// What some revisions lead to, which are in the order in which they were applied.
    pub(crate) fn replay<'a>(&self, graph: &Graph, applied: impl Iterator<Item = &'a String>) -> Result<Replay, Error> {
        let mut replay = Replay::default();
        for revision in self.find_all(applied) {
            let operations = &revision.record(Direction::Upgrade).operations;
            replay.apply(graph, revision.id, operations).map_err(|misfit| Error::Plan {
                revision: revision.id.to_owned(),
                operation: misfit.operation.to_string(),
                message: misfit.error.message,
            })?;
        }
        Ok(replay)
    }

    /// Where the database stands, if its history is one that this program can go on from.
    pub(crate) fn position(&self, graph: &Graph, rows: Vec<Applied>, strict: bool) -> Result<Position, Error> {
        history::written_by_known(&rows, None)?;
        history::position(self.revisions, graph, rows, strict)
    }
}
