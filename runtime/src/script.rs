//! Revisions as a script for the database's own client.

use std::fmt::Write;
use std::time::Duration;

use migratable_core::Dialect;

use crate::dialect::{self, Database, Offline, Work};
use crate::error::Error;
use crate::history::{self, Position};
use crate::migrator::{Direction, Migrator, Revision};
use crate::plan;

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
    let start = graph.resolve(if from.is_empty() { "base" } else { from }, &[])?;
    let applied = graph.ancestors(start.iter().map(String::as_str));
    let order = graph.in_order(&applied);
    let position = Position { applied, order, unknown: Vec::new() };
    let end = match (to, direction) {
        ("", Direction::Upgrade) => "head",
        ("", Direction::Downgrade) => "base",
        (to, _) => to,
    };
    let target = graph.target(end, &start.iter().map(String::as_str).collect::<Vec<_>>())?;
    let path = plan::path(&graph, &position, &target, direction);
    if path.is_empty() && start != target.revisions {
        let way = if direction == Direction::Upgrade { "behind" } else { "before" };
        return Err(wrong(format!("`{end}` does not come {way} `{from}`")));
    }
    let mut script = Script { offline, text: String::new() };
    let mut replay = migrator.replay(&graph, position.order.iter())?;
    script.begin(&history::stands_elsewhere(dialect, &start, &position.applied));
    let mut endangered = false;
    for revision in migrator.find_all(&path) {
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
        script.statement(&match direction {
            Direction::Upgrade => {
                let ordinal = "(SELECT coalesce(max(ordinal), 0) + 1 FROM migratable_revisions)";
                history::insert(dialect, revision, ordinal, Duration::ZERO)
            }
            Direction::Downgrade => history::delete(dialect, revision.id),
        });
    }
    script.end(endangered);
    Ok(script.text)
}

struct Script {
    offline: &'static Offline,
    text: String,
}

impl Script {
    /// Begins with a check that the database stands where the range begins.
    fn begin(&mut self, (stops_if, number): &(String, String)) {
        self.text.push_str("-- Written by migratable.\n");
        self.offline.before.iter().for_each(|line| self.line(line));
        self.statement(history::CREATE);
        self.statement(&(self.offline.guard)(stops_if, number));
    }

    fn end(&mut self, endangered: bool) {
        self.text.push('\n');
        if endangered {
            let check = Work::CheckReferences { at_end: true };
            (self.offline.statements)(&check).iter().for_each(|sql| self.statement(sql));
        }
        self.offline.after.iter().for_each(|line| self.line(line));
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
