//! Revisions as a script for the database's own client.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use migratable_core::Dialect;
use migratable_core::graph::Graph;

use crate::dialect::{self, Database, Offline, Work};
use crate::error::Error;
use crate::history::{Position, Statements};
use crate::migrator::{Direction, Migrator, Revision};
use crate::plan;
use crate::settings::{Settings, Transaction};

/// Writes a script for a range of revisions.
pub(crate) fn write<Db: Database>(
    migrator: &Migrator<Db>,
    dialect: Dialect,
    range: &str,
    direction: Direction,
) -> Result<String, Error> {
    let wrong = |message: String| Error::Range { text: range.to_owned(), message };
    let offline = dialect::offline(dialect)
        .ok_or_else(|| wrong(format!("this program was built without {dialect}; turn on the feature")))?;
    let graph = migrator.graph()?;
    let (from, to) = match (range.split_once(':'), direction) {
        (Some((from, to)), _) => (from.trim(), to.trim()),
        (None, Direction::Upgrade) => ("", range.trim()),
        (None, Direction::Downgrade) => {
            return Err(wrong("without a database a downgrade needs both ends, as in `head:base`".to_owned()));
        }
    };
    let start = resolve(&graph, if from.is_empty() { "base" } else { from }, &[])?;
    let applied = graph.ancestors(start.iter().map(String::as_str));
    let order = graph.order().iter().filter(|id| applied.contains(*id)).cloned().collect();
    let position = Position { applied, order, unknown: Vec::new() };
    let end = match (to, direction) {
        ("", Direction::Upgrade) => "head",
        ("", Direction::Downgrade) => "base",
        (to, _) => to,
    };
    let targets = resolve(&graph, end, &start)?;
    let path = plan::path(&graph, &position, &targets, direction);
    if path.is_empty() && start != targets {
        let way = if direction == Direction::Upgrade { "behind" } else { "before" };
        return Err(wrong(format!("`{end}` does not come {way} `{from}`")));
    }
    let settings = migrator.settings();
    let history = Statements::of(&settings.history, dialect);
    let each = settings.transaction == Transaction::Revision;
    let mut script = Script { offline, settings, history, text: String::new() };
    let mut replay = migrator.replay(&graph, position.order.iter())?;
    script.head(each);
    script.begin(&start, &position.applied);
    let mut applied = position.applied;
    let mut endangered = false;
    let mut revisions = path.iter().filter_map(|id| migrator.find(id)).peekable();
    while let Some(revision) = revisions.next() {
        let recorded = plan::record(&replay, &graph, revision, direction);
        let operations = &recorded.operations;
        let planned = (offline.plan)(&operations.operations, &mut replay.schema, direction)
            .map_err(|refusal| refusal.in_revision(revision, &operations.operations))?;
        recorded.note(&mut replay, &graph, revision, direction);
        script.heading(revision, direction);
        endangered |= planned.endangers_references;
        let mut said = Vec::new();
        for piece in &planned.pieces {
            if let Work::Step { name, .. } = &piece.work {
                return Err(Error::NotOffline { revision: revision.id.to_owned(), step: name.clone() });
            }
            if piece.operations != said {
                piece.operations.iter().for_each(|&at| script.comment(&operations.operations[at].to_string()));
                said.clone_from(&piece.operations);
            }
            (offline.statements)(&piece.work).iter().for_each(|sql| script.statement(sql));
        }
        script.record(revision, direction);
        match direction {
            Direction::Upgrade => applied.insert(revision.id.to_owned()),
            Direction::Downgrade => applied.remove(revision.id),
        };
        if each && !offline.commit.is_empty() && revisions.peek().is_some() {
            script.commit(std::mem::take(&mut endangered));
            script.text.push('\n');
            let at: Vec<String> = graph.tips(&applied).into_iter().map(str::to_owned).collect();
            script.begin(&at, &applied);
        }
    }
    script.commit(endangered);
    offline.after.iter().for_each(|line| script.line(line));
    Ok(script.text)
}

fn resolve(graph: &Graph, text: &str, current: &[String]) -> Result<Vec<String>, Error> {
    let current: Vec<&str> = current.iter().map(String::as_str).collect();
    Ok(graph.resolve(text, &current)?)
}

struct Script<'a> {
    offline: &'static Offline,
    settings: &'a Settings,
    history: Statements,
    text: String,
}

impl Script<'_> {
    fn head(&mut self, each: bool) {
        self.text.push_str(match (self.offline.commit.is_empty(), each) {
            (true, _) => "-- Written by migratable.\n",
            (false, true) => "-- Written by migratable. What fails takes its revision back; those before it stay.\n",
            (false, false) => "-- Written by migratable. Whatever fails takes everything back.\n",
        });
        (self.offline.before)(self.settings).iter().for_each(|line| self.line(line));
    }

    /// Begins a transaction, with a check that the database stands where it is meant to.
    fn begin(&mut self, at: &[String], applied: &BTreeSet<String>) {
        (self.offline.begin)(self.settings).iter().for_each(|line| self.line(line));
        self.history.create().iter().for_each(|sql| self.statement(sql));
        let (stops_if, number) = self.history.stands_elsewhere(at, applied);
        self.statement(&(self.offline.guard)(&stops_if, &number));
    }

    fn record(&mut self, revision: &Revision, direction: Direction) {
        self.statement(&match direction {
            Direction::Upgrade => self.history.insert(revision, &self.history.next_ordinal(), Duration::ZERO),
            Direction::Downgrade => self.history.delete(revision.id),
        });
    }

    fn commit(&mut self, endangered: bool) {
        self.text.push('\n');
        if endangered {
            let check = Work::CheckReferences { at_end: true };
            (self.offline.statements)(&check).iter().for_each(|sql| self.statement(sql));
        }
        self.offline.commit.iter().for_each(|line| self.line(line));
    }

    fn heading(&mut self, revision: &Revision, direction: Direction) {
        self.text.push('\n');
        let verb = if direction == Direction::Upgrade { "upgrade" } else { "downgrade" };
        self.comment(&format!("{verb} {}: {}", revision.id, revision.message));
    }

    fn comment(&mut self, text: &str) {
        comments(text).for_each(|line| self.line(&line));
    }

    fn line(&mut self, line: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// Ends a statement with a semicolon, on a line of its own if it ends in a comment.
    fn statement(&mut self, sql: &str) {
        let sql = sql.trim_end();
        if sql.starts_with("-- ") && !sql.contains('\n') {
            return self.line(sql);
        }
        self.line(&terminated(sql));
    }
}

/// A text as comments. To some clients a comment ends at either half of a line break.
pub(crate) fn comments(text: &str) -> impl Iterator<Item = String> {
    text.split(['\r', '\n']).filter(|line| !line.is_empty()).map(|line| format!("-- {line}"))
}

/// A statement with a semicolon behind it, on a line of its own if the statement ends in a comment.
pub(crate) fn terminated(sql: &str) -> String {
    let ends = sql.ends_with(';');
    let in_comment = sql.lines().next_back().is_some_and(|line| line.contains("--"));
    let semicolon = match (ends, in_comment) {
        (true, false) => "",
        (false, false) => ";",
        (_, true) => "\n;",
    };
    format!("{sql}{semicolon}")
}
