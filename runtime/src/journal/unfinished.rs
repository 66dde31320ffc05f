//! A revision that was begun, as the journal says it, and whether it can be gone on with.

use std::collections::{BTreeSet, VecDeque};

use migratable_core::graph::Graph;
use migratable_core::{Dialect, TableName};

use super::Progress;
use super::plan::{Plan, fill_at};
use crate::dialect::{Database, Work, offline};
use crate::error::{Error, Stop};
use crate::history::{Position, written_by_known};
use crate::migrator::{Direction, Revision};
use crate::plan::Piece;

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
    pub(super) checksum: String,
    /// The digest of the pieces.
    pub(super) plan: String,
    /// The digest of the tables before the piece that is next, if it is one that changes them.
    pub(super) catalogue: Option<String>,
    /// What planning knew of the database when it was begun.
    pub(super) facts: Option<String>,
    /// How far the piece that is next has come, if it is done batch by batch.
    pub(crate) progress: Option<Progress>,
    /// The table whose rows it works on, or has worked on last, batch by batch.
    pub(super) rows_of: Option<TableName>,
    /// The checksum of the data steps that did it.
    pub(super) steps: Option<String>,
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
        written_by_known(&[], Some(self))?;
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

    /// The piece with which work on rows begins anew, because the function or the fill was edited since: where it stands,
    /// or just behind. And how far it has come then, if something is to be known of what was done before.
    pub(super) fn anew(&self, revision: &Revision, pieces: &[Piece]) -> Option<(usize, Option<Progress>)> {
        if self.is_mended(revision, pieces) {
            let fill = fill_at(pieces, self.done)?;
            let overwrites = self.progress.is_some() || fill < self.done;
            let of = pieces[fill].work.batches()?;
            return Some((fill, Some(Progress { overwrites, ..Progress::of(&of.table) })));
        }
        let is_map = |at: usize| matches!(&pieces.get(at)?.work, Work::Batches(it) if !it.is_fill()).then_some(at);
        let edited = !self.steps_are_of(revision);
        let behind = || self.done.checked_sub(1).and_then(is_map);
        is_map(self.done).or_else(behind).filter(|_| edited).map(|piece| (piece, None))
    }

    /// Whether it was edited where that is allowed: in what a column is filled with, while it is filled.
    fn is_mended(&self, revision: &Revision, pieces: &[Piece]) -> bool {
        self.checksum != revision.checksum && fill_at(pieces, self.done).is_some()
    }

    /// Stops if its work is not that of the revision as it is now.
    pub(super) fn is_of(&self, revision: &Revision, pieces: &[Piece], plan: &Plan) -> Result<(), Stop> {
        if self.plan.is_empty() {
            return Err(Stop::refused("its repair was stopped before it was recorded: run `repair` again"));
        }
        let plan = plan.at(self.done);
        if self.checksum != revision.checksum && !(self.is_mended(revision, pieces) && self.plan == plan) {
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
